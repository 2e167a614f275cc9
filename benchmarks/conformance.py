"""How exactly this project counts: cases passed of cases run, as a table. Run: python
benchmarks/conformance.py

The last rows need node and npm, and once a package registry; without them they say why they are
missing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import conformance, differential

ROWS = (
    ("X: weighted length, config v2", ("WeightedTweetsCounterTest",)),
    (
        "X: weighted length, config v3",
        ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"),
    ),
    ("X: valid posts, names, lists, hashtags", ("tweets", "usernames", "lists", "hashtags")),
    ("X: valid addresses", ("urls", "urls_without_protocol")),
    (
        "X: addresses found",
        ("urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params"),
    ),
    ("X: mentions found", ("mentions", "mentions_with_indices", "mentions_or_lists_with_indices")),
    ("X: hashtags found", ("hashtags", "hashtags_from_astral", "hashtags_with_indices")),
    ("X: top-level domains", ("country", "generic")),
)
SOURCES = (
    "validate.yml",
    "validate.yml",
    "validate.yml",
    "validate.yml",
    *("extract.yml",) * 3,
    "tlds.yml",
)


def main() -> int:
    cases = list(conformance.twitter_text())
    failed = 0
    print("| What | Cases from | Cases | Passed | `len()` |")
    print("| --- | --- | ---: | ---: | ---: |")
    for (title, sections), source in zip(ROWS, SOURCES, strict=True):
        chosen = [case for case in cases if case.source == source and case.section in sections]
        failed += row(title, f"twitter-text {source}", chosen)
    failed += row("Mastodon: length", "tests/conformance.py", conformance.mastodon())
    failed += against_npm()
    if not cases:
        print(f"\n{conformance.MISSING_SPECS}: those rows are empty.")
    return 1 if failed else 0


def row(title: str, source: str, cases: Iterable[conformance.Case]) -> int:
    cases = list(cases)
    passed = sum(case.passes for case in cases)
    plain = (
        sum(case.len_passes for case in cases)
        if any(case.length is not None for case in cases)
        else "–"
    )
    print(f"| {title} | {source} | {len(cases)} | {passed} | {plain} |")
    return len(cases) - passed


def against_npm() -> int:
    if reason := differential.missing():
        print(f"| X: all of it | npm twitter-text 3.1.0: {reason} | – | – | – |")
        return 0
    failed = 0
    for title, texts in (
        ("generated", list(differential.generated(20_000))),
        ("real", differential.real()),
    ):
        readings = differential.theirs(texts) if texts else []
        pairs = list(zip(texts, readings, strict=True))
        passed = sum(differential.ours(text) == reading for text, reading in pairs)
        plain = sum(len(text) == reading[0] for text, reading in pairs)
        print(
            f"| X: all of it, {title} texts | npm twitter-text 3.1.0 | {len(texts)} | {passed} | {plain} |"
        )
        failed += len(texts) - passed
    return failed


if __name__ == "__main__":
    sys.exit(main())
