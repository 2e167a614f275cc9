"""Addresses, mentions and hashtags in running text, as each platform finds them; and what a reader
calls a character.

Spans are in code points, leftmost first. X's are those of twitter-text 3.1.0 (2021-10-21);
Mastodon's those of app/lib/extractor.rb and app/validators/status_length_validator.rb (4.6.5). Pure
functions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex

from publisher.text.measure.tlds import end_of_name
from publisher.text.measure.urls import (
    LATIN_ACCENTS,
    LATIN_ANY_CASE,
    Link,
    links,
    mastodon_grammar,
    twitter_grammar,
)

_LONGEST_URL = 4096
_LONGEST_LABEL = 63
_LONGEST_TCO_SLUG = 40


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end], in code points."""

    start: int
    end: int


# Characters


_CLUSTER = regex.compile(r"\X")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{2}(?=[\U0001f1e6-\U0001f1ff])")


def graphemes(text: str) -> list[str]:
    """The text's extended grapheme clusters, in order: "é" in two code points is one, so is a
    family emoji."""
    clusters: list[str] = []
    # At each letter of a row of flags, regex counts those before it: after a pair, there is always
    # a boundary.
    start = 0
    for pair in _FLAGS.finditer(text):
        clusters += _CLUSTER.findall(text[start : pair.end()])
        start = pair.end()
    return clusters + _CLUSTER.findall(text[start:])


def count_graphemes(text: str) -> int:
    """len(graphemes(text))."""
    return len(text) - text.count("\r\n") if text.isascii() else len(graphemes(text))


# X


@dataclass(frozen=True, slots=True)
class TwitterUrl(Span):
    """An address as X finds it, and what of the text its fixed length stands for:
    text[start:counted].

    That is all of it, but where a host mixes scripts ("b.org日.jp/path"): there twitter-text skips
    as many UTF-16 units as "b.org/path" has, and where that tears a character of two units
    (`torn`), counts its second half.
    """

    counted: int
    torn: bool


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_BARE_DOMAIN_RUN = re.compile(rf"[\-.A-Za-z0-9{LATIN_ANY_CASE}]+")
_PUNYCODE_TLD = re.compile(r"[xX][nN]--[\-0-9A-Za-z]+")
_TCO = re.compile(
    r"https?://t\.co/([a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?",
    re.ASCII | re.IGNORECASE,
)
_IDEOGRAPHIC_DOTS = re.compile("[\u3002\uff0e\uff61]")
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")


def twitter_urls(text: str) -> tuple[Span, ...]:
    """The addresses that X shortens: with a protocol, or bare ("example.org") where the host is in
    ASCII."""
    return tuple(Span(url.start, url.end) for url in twitter_urls_counted(text))


def twitter_urls_counted(text: str) -> tuple[TwitterUrl, ...]:
    """As twitter_urls, with what counting needs beside."""
    if "." not in text:
        return ()
    units, back = _utf16(text)
    return tuple(
        TwitterUrl(
            back(start),
            back(end),
            back(start + length),
            back(start + length) == back(start + length + 1),
        )
        for link in links(units, twitter_grammar())
        for start, end, length in _twitter_url(units, link)
    )


def _utf16(text: str) -> tuple[str, Callable[[int], int]]:
    """The text as JavaScript sees it, a character for each UTF-16 unit, and how to get from its
    offsets to ours.

    It matters: a host may begin in the middle of an emoji there.
    """
    positions = [match.start() for match in _ASTRAL.finditer(text)]
    if not positions:
        return text, lambda offset: offset
    units = _ASTRAL.sub(_surrogates, text)
    middles = [position + index + 1 for index, position in enumerate(positions)]
    return units, lambda offset: offset - bisect_left(middles, offset)


def _surrogates(match: re.Match[str]) -> str:
    above = ord(match.group()) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def _twitter_url(units: str, link: Link) -> Iterator[tuple[int, int, int]]:
    """(start, end, counted length) of the addresses that this link is; in UTF-16 units."""
    host = units[link.host : link.host_end]
    if (
        not _is_twitter_host(host)
        or max(link.host - link.start, 8) + link.end - link.start > _LONGEST_URL
    ):
        return
    if link.has_protocol:
        tco = _TCO.match(units, link.start, link.end)
        if tco is None:
            yield link.start, link.end, link.end - link.start
        elif len(tco.group(1)) <= _LONGEST_TCO_SLUG:
            yield link.start, tco.end(), tco.end() - link.start
        return
    if link.before and link.before in "-_./":
        return
    found = list(_bare_domains(host))
    for index, (begin, end) in enumerate(found):
        start = link.host + begin
        if link.has_path and index == len(found) - 1:
            yield start, link.end, end - begin + link.end - link.host_end
        else:
            yield start, link.host + end, end - begin


def _is_twitter_host(host: str) -> bool:
    """Whether each label, in the DNS's encoding, has 1 to 63 characters."""
    if host.startswith("xn--") and not any(True for _ in _bare_domains(host)):
        return False
    return all(_encoded_length(label) <= _LONGEST_LABEL for label in host.split("."))


def _encoded_length(label: str) -> int:
    """The length of a label in punycode, or one that is too long. 1 or more."""
    if len(label) > 2 * _LONGEST_LABEL:
        return len(label)
    joined = label.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    parts = _IDEOGRAPHIC_DOTS.sub(".", joined).split(".")
    return sum(
        len(part.encode("punycode")) + 4 if _NOT_PRINTABLE_ASCII.search(part) else len(part)
        for part in parts
    ) + (len(parts) - 1)


def _bare_domains(host: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a host that are domains by themselves, all of ASCII and accented Latin
    letters, are."""
    matched = after = 0
    for run in _BARE_DOMAIN_RUN.finditer(host):
        labels = run.group().split(".")
        starts = [run.start()]
        for label in labels[:-1]:
            starts.append(starts[-1] + len(label) + 1)
        ends = [_end_of_bare(host, start) for start in starts[1:]]
        last = [-1] * (
            len(labels) + 1
        )  # for a domain that begins in labels[i], its last before the top-level domain
        for index in range(len(ends) - 1, -1, -1):
            if labels[index]:
                last[index] = (
                    last[index + 1] if last[index + 1] >= 0 else index if ends[index] >= 0 else -1
                )
        index = 0
        while index < len(ends):
            start, chosen = max(starts[index], matched), last[index]
            if chosen < 0 or start >= starts[index] + len(labels[index]):
                index += 1
                continue
            matched = ends[chosen]
            # twitter-text looks the domain up again by its text, and so may find it earlier than it
            # was.
            domain = host[start:matched]
            begin = host.find(domain, after)
            after = begin + len(domain)
            yield begin, after
            index = chosen + 1


def _end_of_bare(host: str, start: int) -> int:
    end = end_of_name(host, start)
    if end < 0 and (punycode := _PUNYCODE_TLD.match(host, start)):
        return punycode.end()
    return end


_TWITTER_MENTION = re.compile(
    r"(?:^|[^a-zA-Z0-9_!#$%&*@＠]|(?:^|[^a-zA-Z0-9_+~.\-])[rR][tT]:?)"
    r"([@＠][a-zA-Z0-9_]{1,20})(/[a-zA-Z][a-zA-Z0-9_\-]{0,24})?"
)
_AFTER_MENTION = re.compile(f"[@＠{LATIN_ACCENTS}]|://")


def twitter_mentions(text: str) -> tuple[Span, ...]:
    """Each "@name", with its "@"; lists ("@name/list") are not among them."""
    return tuple(
        Span(match.start(1), match.end(1))
        for match in _twitter_mentions(text)
        if not match.group(2)
    )


def twitter_lists(text: str) -> tuple[Span, ...]:
    """Each "@name/list", with its "@"."""
    return tuple(
        Span(match.start(1), match.end(2)) for match in _twitter_mentions(text) if match.group(2)
    )


def _twitter_mentions(text: str) -> Iterator[re.Match[str]]:
    if "@" not in text and "＠" not in text:
        return
    for match in _TWITTER_MENTION.finditer(text):
        if not _AFTER_MENTION.match(text, match.end()):
            yield match


_AFTER_HASHTAG = re.compile("[#＃]|://")


@lru_cache(maxsize=1)
def _twitter_hashtag() -> re.Pattern[str]:
    text = Path(__file__).with_name("hashtag_letters.txt").read_text("utf-8")
    rows = [line for line in text.split("\n") if not line.startswith("#")]
    middle = rows.index("others")
    letter, other = _character_class(rows[1:middle]), _character_class(rows[middle + 1 :])
    inside = f"[{letter}{other}]"
    return re.compile(
        rf"(?:(?<=[\ufe0e\ufe0f])|(?<![&{letter}{other}]))[#＃](?![\ufe0f\u20e3]){inside}*[{letter}]{inside}*"
    )


def _character_class(rows: Iterable[str]) -> str:
    ranges = (bounds.partition("-") for row in rows for bounds in row.split())
    return "".join(
        chr(int(low, 16)) + (dash + chr(int(high, 16)) if dash else "")
        for low, dash, high in ranges
    )


def twitter_hashtags(text: str) -> tuple[Span, ...]:
    """Each hashtag, with its "#", that doesn't overlap an address."""
    if "#" not in text and "＃" not in text:
        return ()
    tags = []
    end = 0
    for match in _twitter_hashtag().finditer(text):
        # What stands before a tag, if anything, is part of what twitter-text matches: it can't be
        # an earlier tag's.
        if match.start() > end or not match.start():
            end = match.end()
            if not _AFTER_HASHTAG.match(text, end):
                tags.append(Span(match.start(), end))
    if not tags:
        return ()
    urls = set(twitter_urls(text))
    return tuple(span for span in _without_overlaps([*tags, *urls]) if span not in urls)


def _without_overlaps(spans: Iterable[Span]) -> Iterator[Span]:
    """Of spans that overlap, the one that starts first."""
    end = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start >= end:
            yield span
            end = span.end


# Mastodon


_WORD = r"\p{L}\p{M}\p{Nd}\p{Pc}"
_MASTODON_TCO = re.compile("https?://t\\.co/([a-z0-9]+)", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=1)
def _mastodon_mention() -> regex.Pattern[str]:
    user = r"[a-zA-Z0-9_]++(?:[.\-]++[a-zA-Z0-9_]+)*"
    return regex.compile(rf"(?<![=/{_WORD}])@(?P<user>{user})(?:@[{_WORD}]+(?:[.\-]+[{_WORD}]+)*)?")


@dataclass(frozen=True, slots=True)
class MastodonMention(Span):
    """text[start:end] is "@user" or "@user@host", text[start:user_end] the "@user" of it."""

    user_end: int


def mastodon_urls(text: str) -> tuple[Span, ...]:
    """The addresses that Mastodon counts at a fixed length: with a protocol, and a known top-level
    domain."""
    if ":" not in text or "." not in text:
        return ()
    return tuple(
        Span(link.start, end)
        for link in links(text, mastodon_grammar())
        if link.has_protocol
        and (end := _end_of_mastodon_url(text, link))
        and _is_idna(text[link.host : link.host_end])
    )


def _end_of_mastodon_url(text: str, link: Link) -> int:
    """Where it ends; 0 if it is too long to be one."""
    tco = _MASTODON_TCO.match(text, link.start, link.end)
    end = tco.end() if tco else link.end
    if end - link.start > _LONGEST_URL or (tco and len(tco.group(1)) > _LONGEST_TCO_SLUG):
        return 0
    return end


def _is_idna(host: str) -> bool:
    """Whether libidn's ToASCII (IDNA 2003, unassigned code points refused) takes it, as Mastodon
    asks."""
    if host.isascii():
        return all(0 < len(label) <= _LONGEST_LABEL for label in host.split("."))
    from encodings.idna import ToASCII
    from stringprep import in_table_a1

    if any(in_table_a1(character) for character in host):
        return False
    try:
        return all(ToASCII(label) for label in _IDEOGRAPHIC_DOTS.sub(".", host).split("."))
    except UnicodeError:
        return False


def mastodon_mentions(text: str) -> tuple[MastodonMention, ...]:
    """Each "@user" and "@user@host" that Mastodon tries to resolve."""
    if "@" not in text:
        return ()
    return tuple(
        MastodonMention(match.start(), match.end(), match.end("user"))
        for match in _mastodon_mention().finditer(text)
        if not _AFTER_MENTION.match(text, match.end())
    )


def mastodon_entities(text: str) -> tuple[Span, ...]:
    """Addresses and mentions; of two that overlap, the one that starts first."""
    return tuple(_without_overlaps([*mastodon_urls(text), *mastodon_mentions(text)]))
