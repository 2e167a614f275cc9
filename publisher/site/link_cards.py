"""The link card that a platform makes of a page: what it would show, and what the page lacks for
it.

Mastodon: app/services/fetch_link_card_service.rb and app/lib/link_details_extractor.rb (v4.6.5):
oEmbed, then Open Graph, then <title>. X: "Cards" of its developers' pages (read 2026-11):
twitter:card decides, the rest falls back to Open Graph. Discord shows Open Graph; here its embed is
made of the post itself, and no card is asked for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

TITLE = 70
"""Characters of a title that X shows at most."""
PAGE = 2_000_000
"""Characters of a page that are looked at: what is said of it stands in its head."""
_CARDS = ("summary", "summary_large_image", "app", "player")


@dataclass(frozen=True, slots=True)
class Card:
    """`kind` is "summary", "summary_large_image" and the like, or "link" where there is no more
    than an address.

    `missing` says in words what would make it better.
    """

    platform: str
    kind: str
    title: str
    description: str
    image: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    said: dict[str, str]
    url: str

    def first(self, *names: str) -> str:
        return next((self.said[name] for name in names if self.said.get(name)), "")

    def image(self, *names: str) -> tuple[str, list[str]]:
        written = self.first(*names)
        if not written:
            return "", ["og:image is missing: the card has no picture"]
        image = urljoin(self.url, written)
        if urlsplit(image).scheme not in ("http", "https"):
            return "", [f"the picture's address {written[:60]!r} leads nowhere"]
        return image, [] if urlsplit(written).scheme else [
            "og:image is a relative address, which not every platform reads"
        ]


def read(html: str, url: str) -> tuple[Card, ...]:
    """What Mastodon and X would show of the page `html`, found at `url`; and Discord, of a bare
    link."""
    page = _page(html[:PAGE], url)
    return _open_graph("Mastodon", page), _x(page), _open_graph("Discord", page)


def _open_graph(platform: str, page: _Page) -> Card:
    title = page.first("og:title", "twitter:title") or page.title
    description = page.first("og:description", "description", "twitter:description")
    image, missing = page.image("og:image", "og:image:url", "og:image:secure_url", "twitter:image")
    if not page.first("og:title"):
        missing.insert(
            0,
            "og:title is missing: the page's <title> is shown"
            if title
            else "there is no title: no card",
        )
    if not description:
        missing.append("og:description is missing")
    if image and not page.first("og:image:alt", "twitter:image:alt"):
        missing.append("og:image:alt is missing, for those who can't see the picture")
    return Card(platform, "link", title, description, image, tuple(missing))


def _x(page: _Page) -> Card:
    kind = page.first("twitter:card").lower()
    title = page.first("twitter:title", "og:title")
    description = page.first("twitter:description", "og:description")
    image, missing = page.image(
        "twitter:image", "twitter:image:src", "og:image", "og:image:url", "og:image:secure_url"
    )
    if kind not in _CARDS:
        # With og:type, title and description X makes a small card of its own accord.
        known = (
            kind and f"twitter:card {kind[:30]!r} is none that X knows"
        ) or "twitter:card is missing"
        small = bool(page.first("og:type") and title and description)
        missing.insert(0, f"{known}: X shows {'a small card' if small else 'a bare link'}")
        kind = "summary" if small else "link"
    if not title:
        missing.append("twitter:title and og:title are missing: there is no card")
    elif len(title) > TITLE:
        missing.append(f"the title has {len(title)} characters, and X shows about {TITLE}")
    return Card("X", kind, title, description, image, tuple(missing))


def _page(html: str, url: str) -> _Page:
    from selectolax.lexbor import LexborHTMLParser

    parsed = LexborHTMLParser(html or "<html></html>")
    said: dict[str, str] = {}
    for meta in parsed.css("meta"):
        name = (
            (meta.attributes.get("property") or meta.attributes.get("name") or "").strip().lower()
        )
        content = _line(meta.attributes.get("content") or "")
        if name and content:
            said.setdefault(name, content)
    title = parsed.css_first("title")
    return _Page(_line(title.text() if title is not None else ""), said, url)


def _line(text: str) -> str:
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    return re.sub(r"\s+", " ", kept).strip()[:1000]
