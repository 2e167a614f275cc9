"""Text on Bluesky: plain, with facets beside it that say which bytes are a link, a mention, a tag.

https://docs.bsky.app/docs/advanced-guides/post-richtext and the lexicon app.bsky.richtext.facet (read
2026-11). What the flavour writes carries its links within, between noncharacters, which Unicode keeps
for a program's own use; `shown` makes text and facets of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import regex

from publisher.text.flavour import NON_JOINER, Pings, Setting
from publisher.text.marks import Mark, Text, concat
from publisher.text.measure.entities import count_graphemes
from publisher.text.render.blocks import Flow, one_line
from publisher.text.render.line import Inline, with_mark
from publisher.text.render.link_targets import canonical, says_address
from publisher.text.tree import Element, text_of

from ._bluesky_names import HANDLE

GRAPHEMES, BYTES = 300, 3000
"""Of a post's text; the lexicon app.bsky.feed.post has both, and a PDS enforces both."""
TAG, TAG_BYTES = 64, 640
PATH = 24
"""Characters of an address's path that are shown. Bluesky's own app shows 15."""

_WORDS, _LEADS, _END, _INERT = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_OURS = f"{_WORDS}{_LEADS}{_END}{_INERT}"
_OWN = re.compile(f"[{_OURS}]")
_UNSEEN = "\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2"
_ENTITY = regex.compile(
    rf"{_WORDS}(?P<words>[^{_WORDS}{_LEADS}{_END}]*){_LEADS}(?P<to>[^{_OURS}]*){_END}"
    rf'|(?<!\w)(?P<url>https?://[^\s<>"“”«»、。，；：！？（）「」『』【】{_OURS}]+)'
    # As Bluesky's app finds them (@atproto/api, src/rich-text/util.ts).
    rf"|(?<!\S)[#＃](?!\ufe0f)(?P<tag>[^\s{_UNSEEN}{_OURS}]*[^\d\s\p{{P}}{_UNSEEN}{_OURS}][^\s{_UNSEEN}{_OURS}]*)"
    rf"|(?<![\w/@=.-])@(?P<handle>{HANDLE})(?![\w@-])"
)
_AFTER_TAG = regex.compile(r"\p{P}+$")
_ACTIVE = re.compile(r"(?=://)|(?<=[#＃@])")
_SHORT = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_HALF = re.compile(r"%[0-9A-Fa-f]?$")
_CLOSERS = {")": "(", "]": "[", "}": "{"}

PINGS = Pings(inert=NON_JOINER, in_code=False)
"""A facet is what notifies somebody, and only an "@handle" that stays whole becomes one."""


class Span(NamedTuple):
    """What text[start:end] is: a link to `value`, the tag `value`, a mention of the handle `value`."""

    start: int
    end: int
    kind: Literal["link", "tag", "mention"]
    value: str


def bluesky(part: Element, setting: Setting) -> Text:
    """A post as plain text, in which the words of a link lead where it leads."""
    return Rich("", setting.skip_urls, setting.attached, language=setting.language).render(part)


class Rich(Flow):
    def __init__(
        self,
        _: str,
        skip_urls: Collection[str],
        attached: Collection[str],
        *,
        language: str = "",
    ) -> None:
        super().__init__(language, skip_urls, attached)

    def escape(self, text: str, line: Inline) -> str:
        return _OWN.sub("", text)

    def code(self, text: Text, language: str) -> Text:
        return super().code(Text(_inert(text)), language)

    def code_span(self, element: Element, line: Inline) -> None:
        text = _inert(" ".join(text_of(element).split()))
        if text:
            line.mark(with_mark(text, Mark(0, len(text), "code")), Mark(0, len(text), "atom"))

    def link_out(self, element: Element, address: str, words: Text, line: Inline) -> None:
        http = address.lower().startswith(("http://", "https://"))
        told = canonical(address) in self.own or says_address(words, address)
        if http and words.strip() and not told:
            line.write(_linked(one_line(words), address))
        else:
            super().link_out(element, address, words, line)


def _inert(code: str) -> str:
    """Code in which nothing is a link, a mention or a tag."""
    return _ACTIVE.sub(_INERT, _OWN.sub("", code))


def _linked(words: Text, address: str) -> Text:
    whole = concat((_WORDS, words, f"{_LEADS}{_OWN.sub('', address)}{_END}"))
    link = Mark(1, 1 + len(words), "link", href=address)
    return with_mark(with_mark(whole, link), Mark(0, len(whole), "atom"))


def shown(text: str) -> tuple[str, tuple[Span, ...]]:
    """What a reader sees of a composed text, and what in it is more than text.

    Addresses are shown short, and led to in full. What is shown reads the same when it is shown
    once more.
    """
    pieces: list[str] = []
    spans: list[Span] = []
    at = length = 0

    def add(piece: str) -> None:
        nonlocal length
        pieces.append(piece)
        length += len(piece)

    for words, span, start, end in _entities(text):
        add(_plain(text[at:start]))
        before = length
        add(words)
        if span is not None and words.strip():
            spans.append(span._replace(start=before, end=length))
        at = end
    add(_plain(text[at:]))
    return "".join(pieces), tuple(spans)


def _entities(text: str) -> Iterator[tuple[str, Span | None, int, int]]:
    """Words, what they are, and where they come from, in order."""
    for found in _ENTITY.finditer(text):
        start, end = found.span()
        if found["words"] is not None:
            yield _plain(found["words"]), Span(0, 0, "link", found["to"]), start, end
        elif found["url"]:
            url = _without_punctuation(found["url"])
            yield short(url), Span(0, 0, "link", url), start, start + len(url)
        elif found["tag"]:
            tag = _AFTER_TAG.sub("", found["tag"])
            span = Span(0, 0, "tag", tag) if _is_tag(tag) else None
            yield text[start] + tag, span, start, start + 1 + len(tag)
        else:
            yield found[0], Span(0, 0, "mention", found["handle"]), start, end


def _plain(text: str) -> str:
    return _OWN.sub("", text).replace(f"@{NON_JOINER}", "@")


def _without_punctuation(url: str) -> str:
    """The address without what ends the sentence around it."""
    while url:
        last = url[-1]
        opener = _CLOSERS.get(last)
        unbalanced = opener is not None and url.count(last) > url.count(opener)
        if not (unbalanced or last in ".,;:!?'…"):
            break
        url = url[:-1]
    return url


def short(url: str) -> str:
    """An address as it is shown: host and the beginning of its path."""
    found = _SHORT.fullmatch(url)
    if found is None or not found[1]:
        return url
    path = found[2] if found[2] != "/" else ""
    if len(path) > PATH:
        path = _HALF.sub("", path[: PATH - 1]) + "…"
    return found[1] + path


def _is_tag(tag: str) -> bool:
    return 0 < count_graphemes(tag) <= TAG and len(tag.encode()) <= TAG_BYTES


def is_hashtag(word: str) -> bool:
    text, spans = shown(word)
    return len(spans) == 1 and spans[0] == Span(0, len(text), "tag", text[1:])


def count(text: str) -> int:
    """Graphemes that a reader sees; a tenth of its bytes, rounded up, where that is more. Both are
    limits, of 300 and 3,000."""
    seen, _ = shown(text)
    return max(count_graphemes(seen), -(-len(seen.encode()) // (BYTES // GRAPHEMES)))


_FEATURES = {"link": "uri", "tag": "tag", "mention": "handle"}


def facets(text: str, spans: Iterable[Span]) -> list[dict[str, Any]]:
    """The spans as facets, by bytes of UTF-8. A mention has a handle, of which sending makes a DID."""
    made = []
    for span in spans:
        start = len(text[: span.start].encode())
        end = start + len(text[span.start : span.end].encode())
        feature = {
            "$type": f"app.bsky.richtext.facet#{span.kind}",
            _FEATURES[span.kind]: span.value,
        }
        made.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    return made


def hidden_addresses(record: dict[str, Any]) -> list[str]:
    """Where links lead whose words don't say it in full."""
    data = record["text"].encode()
    found = []
    for facet in record.get("facets") or ():
        address = facet["features"][0].get("uri", "")
        words = data[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        if address and canonical(words) != canonical(address):
            found.append(address)
    return found


_URI = re.compile(r"\w+:(?://)?[^\s/]\S*")


def wrong(text: str, facets: Iterable[dict[str, Any]]) -> str:
    """What is wrong with the first facet of which anything is; empty where all are right.

    A PDS takes a facet that ends after the text or within a character, and an app then shows none
    (tried on PDS 0.4.217), so nobody else would notice.
    """
    data, before = text.encode(), 0
    for facet in facets:
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        (feature,) = facet["features"]
        if not before <= start < end <= len(data):
            return f"a facet from byte {start} to {end} of {len(data)}"
        try:
            words = data[start:end].decode()
        except UnicodeDecodeError:
            return f"a facet that cuts a character, from byte {start} to {end}"
        if not _says(words, feature):
            return f"a {feature['$type'].rpartition('#')[2]} at {words!r}"
        before = end
    return ""


def _says(words: str, feature: dict[str, Any]) -> bool:
    """Whether these words may be what the feature says they are."""
    if "uri" in feature:
        return _URI.fullmatch(feature["uri"]) is not None and bool(words.strip())
    if "tag" in feature:
        return words[0] in "#＃" and words[1:] == feature["tag"]
    return words == f"@{feature['handle']}"
