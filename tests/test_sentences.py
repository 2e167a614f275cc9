"""Sentences end where a reader of that language thinks they do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from publisher.text.cut.sentences import sentence_ends


def sentences(text: str, language: str = "") -> list[str]:
    ends = [0, *sentence_ends(text, language)]
    return [text[start:end].strip() for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ["It works.", "Does it?", "Yes!", "Good."]),
        ("en", ["We ship it on 3.5 GB of disk, e.g. on a USB key, i.e. anywhere.", "Next."]),
        ("en", ["Mr. Smith and Dr. J. R. Lee of the U.S. team wrote p. 12 and fig. 3.", "Thanks."]),
        ("en", ["It runs on node.js and v1.2.3 of example.org.", "Try it."]),
        ("en", ["She said “It is done.”", "He agreed (at last.)", "Fine."]),
        ("en", ["Bring pens, paper, etc.", "We have tables."]),
        ("en", ["We wait... and wait.", "Then it came…", "At last."]),
        ("en", ["“Really?” she asked.", "Yes."]),
        ("fr", ["Prenez un outil libre, p. ex. Inkscape, etc. pour dessiner.", "C’est tout."]),
        ("fr", ["M. Dupont et Mme Martin arrivent à 9 h.", "Venez\u202f!", "Tout est prêt."]),
        ("fr", ["Vraiment\u00a0?", "«\u00a0Oui\u00a0!\u00a0»", "Elle part."]),
        ("fr", ["«\u00a0Quoi\u00a0?\u00a0» demande-t-elle.", "Rien."]),
        ("fr", ["Voir cf. la page, c.-à-d. le n° 3 du 5 janv. 2024.", "Bonne lecture."]),
        ("zh", ["我们发布了新版本。", "它更快！", "“真的吗？”", "是的。"]),
        ("zh", ["支持3.5版。", "请看 example.org 了解更多。"]),
        ("ja", ["新しい版です。", "「速い！」", "ぜひ試してください。"]),
        ("ar", ["صدر الإصدار الجديد.", "هل جربته؟", "إنه أسرع!"]),
        ("de", ["Wir treffen uns am 3. Mai, z. B. in Bonn.", "Kommt!"]),
    ],
)  # fmt: skip
def test_sentences(language: str, wanted: list[str]) -> None:
    between = "" if language in ("zh", "ja") else " "
    assert sentences(between.join(wanted), language) == wanted


def test_a_number_that_begins_a_line_is_no_sentence() -> None:
    assert sentences("1. Install it.\n2. Run it.", "en") == ["1. Install it.", "2. Run it."]


def test_a_text_without_an_end_has_none() -> None:
    assert sentence_ends("what comes next", "en") == []
