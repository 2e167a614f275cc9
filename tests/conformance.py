"""Cases that say what a platform counts or finds, each with our answer: for the tests, and for the
table in docs/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from publisher.text.measure import count, entities, validity

SPECS = Path(__file__).resolve().parents[1].parent / "shared" / "specs" / "twitter-text"
MISSING_SPECS = (
    f"twitter-text's cases are not in {SPECS.relative_to(SPECS.parents[2])} beside the repository"
)

V1 = count.Weights(
    limit=140, scale=1, default_weight=1, light_weight=1, light=((0, 0x10FFFF),), emoji=False
)
"""twitter-text's config/v1.json, for which its oldest cases are written."""


@dataclass(frozen=True, slots=True)
class Case:
    """`plain` is what len() would answer, where the answer is a length."""

    source: str
    section: str
    description: str
    expected: object
    actual: object
    plain: int | None = None
    length: int | None = None

    @property
    def passes(self) -> bool:
        return self.actual == self.expected

    @property
    def len_passes(self) -> bool:
        return self.plain == self.length


def twitter_text() -> Iterator[Case]:
    """The cases of twitter-text 3.1.0 that this project answers: all of validate.yml and tlds.yml;
    of extract.yml URLs, mentions, lists and hashtags. None where the files aren't there."""
    if not SPECS.is_dir():
        return
    for source, sections in (
        ("validate.yml", _VALIDATE),
        ("extract.yml", _EXTRACT),
        ("tlds.yml", _TLDS),
    ):
        tests = yaml.safe_load((SPECS / source).read_text("utf-8"))["tests"]
        for section, answer in sections.items():
            for case in tests[section]:
                yield answer(source, section, case)


Answer = Callable[[str, str, dict[str, Any]], Case]


def _judged(judge: Callable[[str], bool]) -> Answer:
    def answer(source: str, section: str, case: dict[str, Any]) -> Case:
        return Case(source, section, case["description"], case["expected"], judge(case["text"]))

    return answer


def _weighed(weights: count.Weights) -> Answer:
    def answer(source: str, section: str, case: dict[str, Any]) -> Case:
        text, expected = case["text"], case["expected"]
        measured = count.measure_twitter(text, weights)
        actual = {
            "weightedLength": count.twitter(text, weights),
            "valid": measured.valid,
            "permillage": measured.permillage,
            "displayRangeStart": 0,
            "displayRangeEnd": measured.display_end,
            "validRangeStart": 0,
            "validRangeEnd": measured.valid_end,
        }
        length = expected["weightedLength"]
        return Case(source, section, case["description"], expected, actual, len(text), length)

    return answer


Find = Callable[[str], tuple[entities.Span, ...]]


def _found(find: Find, skip: int = 0) -> Answer:
    """The texts found, without their first `skip` characters."""

    def answer(source: str, section: str, case: dict[str, Any]) -> Case:
        text = case["text"]
        expected = [item["url"] if isinstance(item, dict) else item for item in case["expected"]]
        actual = [text[span.start + skip : span.end] for span in find(text)]
        return Case(source, section, case["description"], expected, actual)

    return answer


def _placed(find: Find, key: str, skip: int = 0) -> Answer:
    """The texts found, and where, in code points."""

    def answer(source: str, section: str, case: dict[str, Any]) -> Case:
        text = case["text"]
        actual = [
            {key: text[span.start + skip : span.end], "indices": [span.start, span.end]}
            for span in find(text)
        ]
        return Case(source, section, case["description"], case["expected"], actual)

    return answer


def _mentions_or_lists(source: str, section: str, case: dict[str, Any]) -> Case:
    text = case["text"]
    spans = sorted(
        [*entities.twitter_mentions(text), *entities.twitter_lists(text)],
        key=lambda span: span.start,
    )
    actual = []
    for span in spans:
        name, slash, rest = text[span.start + 1 : span.end].partition("/")
        actual.append(
            {"screen_name": name, "list_slug": slash + rest, "indices": [span.start, span.end]}
        )
    return Case(source, section, case["description"], case["expected"], actual)


_VALIDATE: dict[str, Answer] = {
    "tweets": _judged(lambda text: count.measure_twitter(text, V1).valid),
    "usernames": _judged(validity.is_twitter_username),
    "lists": _judged(validity.is_twitter_list),
    "hashtags": _judged(validity.is_twitter_hashtag),
    "urls": _judged(validity.is_twitter_url),
    "urls_without_protocol": _judged(lambda text: validity.is_twitter_url(text, protocol=False)),
    "WeightedTweetsCounterTest": _weighed(count.V2),
    "WeightedTweetsWithDiscountedEmojiCounterTest": _weighed(count.V3),
    "UnicodeDirectionalMarkerCounterTest": _weighed(count.V3),
}
_EXTRACT: dict[str, Answer] = {
    "urls": _found(entities.twitter_urls),
    "urls_with_indices": _placed(entities.twitter_urls, "url"),
    "urls_with_directional_markers": _placed(entities.twitter_urls, "url"),
    "tco_urls_with_params": _found(entities.twitter_urls),
    "mentions": _found(entities.twitter_mentions, 1),
    "mentions_with_indices": _placed(entities.twitter_mentions, "screen_name", 1),
    "mentions_or_lists_with_indices": _mentions_or_lists,
    "hashtags": _found(entities.twitter_hashtags, 1),
    "hashtags_from_astral": _found(entities.twitter_hashtags, 1),
    "hashtags_with_indices": _placed(entities.twitter_hashtags, "hashtag", 1),
}
_TLDS: dict[str, Answer] = {
    "country": _found(entities.twitter_urls),
    "generic": _found(entities.twitter_urls),
}


_LONG = "https://forge.example.org/collectif/atelier/releases/v2.0"

MASTODON: tuple[tuple[str, str, str, int], ...] = (
    # (what it shows, text, content warning, length)
    ("plain text counts its characters", "Le collectif ouvre son atelier.", "", 31),
    ("an empty text counts nothing", "", "", 0),
    ("a text of spaces alone counts nothing", " \n ", "", 0),
    ("the content warning counts too", "Salut", "Mise à jour", 16),
    ("an address with a protocol counts 23", _LONG, "", 23),
    ("a short one as well", "http://t.co", "", 23),
    ("a bare domain counts in full", "forge.example.org", "", 17),
    ("an unknown top-level domain counts in full", "http://atelier.notatld/x", "", 24),
    ("localhost counts in full", "http://localhost/x", "", 18),
    ("an IP address counts in full", "http://10.0.0.1", "", 15),
    ("addresses of the content warning count in full", "", _LONG, 57),
    ("the stop after an address isn't its", f"Voir {_LONG}.", "", 29),
    ("nor is the parenthesis around it", f"({_LONG})", "", 25),
    ("two addresses", f"{_LONG} {_LONG}", "", 47),
    ("gemini is a protocol that counts", "gemini://capsule.example.org/journal/", "", 23),
    ("ftp isn't", "ftp://ftp.example.org/pub", "", 25),
    ("a host in Cyrillic", "https://пример.рф/новости/выпуск", "", 23),
    ("a path in Japanese belongs to the address", "https://example.jp/新着情報/自由", "", 23),
    ("a mention counts without its host", "@ada@example.social merci", "", 10),
    ("a local mention", "@ada merci", "", 10),
    ("the dot after a mention isn't its", "Merci @ada@example.social.", "", 11),
    ("an e-mail address is no mention", "ada@example.org", "", 15),
    ("a mention right before a letter with an accent is none", "@adaé@example.social", "", 20),
    (
        "a profile's address is an address, not a mention",
        "https://example.social/@ada@other.example",
        "",
        23,
    ),
    ("a family is one", "👨‍👩‍👧‍👦 réunie", "", 8),
    ("a flag is one", "🇫🇷", "", 1),
    ("a letter and its combining accent are one", "e\u0301te\u0301", "", 3),
    ("Chinese characters are one each", "自由软件发布", "", 6),
    ("Arabic with its vowel signs", "مُجْتَمَع", "", 5),
    ("a line break of two characters is one", "a\r\nb", "", 3),
)


def mastodon() -> Iterator[Case]:
    for description, text, warning, expected in MASTODON:
        actual = count.mastodon(text, warning)
        yield Case(
            "ours", "Mastodon", description, expected, actual, len(text) + len(warning), expected
        )
