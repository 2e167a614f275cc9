"""Plain text for channels without markup: Mastodon and X."""

from __future__ import annotations

from collections.abc import Collection

from publisher.text.marks import Text
from publisher.text.render.blocks import Flow
from publisher.text.tree import Element


def plain(
    root: Element,
    *,
    language: str = "",
    skip_urls: Collection[str] = (),
    attached: Collection[str] = (),
) -> Text:
    """A post as somebody would type it where there is no markup.

    Paragraphs stand apart by an empty line, list items have "• " or their number, quotations the
    quotation marks of `language` (a BCP 47 tag). A link is its words, then its address in
    parentheses: only once, and not where the words say it, it is in `skip_urls`, or it leads
    nowhere outside the page. An image is its alternative text, unless its `src` is among
    `attached`.

    In right-to-left text the address stands in parentheses too, without isolates around it:
    Mastodon would take a U+2069 for the address's last character, and X counts each as two.
    """
    return Flow(language, skip_urls, attached).render(root)
