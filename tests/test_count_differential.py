"""No difference to npm's twitter-text, over thousands of real and generated texts.

Needs node and npm, and a package registry once. Where they aren't there it skips and says so; with
CI=true it fails.
"""

from __future__ import annotations

import os
import re

import pytest

from tests import differential

# Delegated since twitter-text's list was made, in 2021.
NEWER_DOMAIN = re.compile(
    r"\.(?:amazon|kids|merck|music|spa|web|ישראל|アマゾン|亚马逊)(?![0-9a-z@+-])", re.IGNORECASE
)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    if reason := differential.missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the differential test can't run: {reason}")
        pytest.skip(f"the differential test can't run: {reason}")
    return [*differential.generated(5000), *differential.real(2000)]


def test_our_reading_is_twitter_text_s(texts: list[str]) -> None:
    assert len(texts) >= 5000
    theirs = differential.theirs(texts)
    assert len({reading[0] for reading in theirs}) > 100, "these texts prove little"
    different = [
        (text, ours, reading)
        for text, reading in zip(texts, theirs, strict=True)
        if (ours := differential.ours(text)) != reading
    ]
    assert different == []


def test_with_its_own_domains_it_differs_only_on_newer_ones(texts: list[str]) -> None:
    ours, own = differential.theirs(texts), differential.theirs(texts, own_domains=True)
    different = [
        text
        for text, with_ours, with_own in zip(texts, ours, own, strict=True)
        if with_ours != with_own
    ]
    assert different, "no text has a newer domain: this proves nothing"
    assert [text for text in different if not NEWER_DOMAIN.search(text)] == []
