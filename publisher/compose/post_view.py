"""What a template sees of a post: its text as the channel writes it, made only when it is asked
for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Self

from markupsafe import Markup

from publisher.adapter import Adapter, Picture, Rule
from publisher.dates import day_in
from publisher.post.post import Post
from publisher.text import lead, tree
from publisher.text.cut import fit
from publisher.text.cut.sentences import sentence_ends
from publisher.text.flavour import Flavour, Setting
from publisher.text.marks import Mark, Text, concat
from publisher.text.measure import mentions
from publisher.text.render import html, mail

OPENING = 1000
"""Characters of a text that are made at first: more than most channels show, a fraction of what
posts have."""

THIN, THIN_WITH_ROOM = 100, 300
"""Columns of a description (Chinese and Japanese characters have two) that alone is too little for
a post; and for one that has room for 2,000 characters."""

BROKEN = 150
"""Characters of a description that nobody writes without a full stop."""

PREVIEW = 150
"""Characters: most inboxes show fewer."""

SAME = 40
"""Letters that a description and a lead have in common at their beginning where one repeats the
other."""


class PostView:
    """`post` in a template. `text` is the body as this channel writes it; `excerpt` what is before
    <!--more-->.

    What a template doesn't ask for isn't made. `shortened`: where the whole would be too much, the
    lead stands for the text.
    """

    def __init__(
        self,
        post: Post,
        adapter: Adapter,
        rule: Rule,
        pictures: Sequence[Picture] = (),
        *,
        shortened: bool = False,
    ) -> None:
        self._post = post
        self._shortened = shortened
        self._images = (
            {picture.src: _shown_as(picture) for picture in pictures} if adapter.html else {}
        )
        # What is attached need not be told; in a mail that shows its pictures the plain part still
        # tells.
        self._attached = (
            frozenset() if adapter.html else frozenset(picture.src for picture in pictures)
        )
        self._rule = rule
        self._flavour = adapter.flavour
        self._pings = adapter.pings
        self._known = known_mentions(post, adapter.name)
        self._is_html = adapter.html
        self.title = str(self._said(post.title))
        self.url = post.url
        self.date = post.date
        self.updated = post.updated
        self.authors = post.authors
        self.tags = post.tags
        self.language = post.language
        self.slug = post.slug
        self.image = post.image

    @cached_property
    def text(self) -> Text:
        if self._shortened:
            return self._said(self._written(_lead(self._post)))
        return self._body(short=False)

    @cached_property
    def excerpt(self) -> Text:
        return self._body(short=True)

    @cached_property
    def description(self) -> str:
        """As the channel writes it: on Discord `__init__` would be underlined, else."""
        if self._is_html or not self._post.description:
            return str(self._said(self._post.description))
        words = tree.Element("body", {}, (self._post.description,))
        return str(self._said(self._written(words)))

    @cached_property
    def heading(self) -> str:
        """The title as the channel writes it: for templates in which it is a part of the text."""
        words = tree.Element("body", {}, (self._post.title,))
        return str(self._said(self._written(words)))

    @cached_property
    def lead(self) -> Teaser:
        """What a person would quote of the text's beginning, without addresses."""
        body = _lead(self._post)
        return Teaser.of(self._said(self._written(body)))

    @cached_property
    def teaser(self) -> Teaser:
        """The description; with the lead after it where it is thin, and instead of it where the
        lead says it, too."""
        description = _without_broken_end(self.description, self.language)
        lead = tree.bare(self.lead)
        if _is_said(tree.bare(description), lead):
            return self.lead
        if not lead or mail.columns(description) >= self._thin():
            return Teaser(description)
        return Teaser.of(concat((description, "\n\n", self.lead)))

    def _thin(self) -> int:
        """Columns below which a description leaves room that a lead may fill."""
        return THIN if (self._rule.limit or 0) < 2_000 else THIN_WITH_ROOM

    @cached_property
    def intro(self) -> str:
        """The description, where the text doesn't begin with it: a mail's first paragraph."""
        described = _without_broken_end(self.description, self.language)
        lead = tree.bare(tree.text_of(_lead(self._post)))
        return "" if _is_said(tree.bare(described), lead) else described

    @cached_property
    def preview(self) -> str:
        """What an inbox shows beside the subject: the description, else the lead's beginning."""
        words = self.description or " ".join(tree.text_of(_lead(self._post)).split())
        shown = fit.fit(
            words, lambda text: len(text) <= PREVIEW, language=self.language, teaser=True
        )
        return shown or ""

    @cached_property
    def byline(self) -> str:
        """Its day, as its language writes it, and who wrote it."""
        day = day_in(self.date, self.language) if self.date else ""
        return " · ".join(each for each in (day, ", ".join(self.authors)) if each)

    @cached_property
    def html(self) -> Markup:
        body = _lead(self._post) if self._shortened else self._post.body
        return Markup(html.html(body, self._images))  # noqa: S704 - made by our own allow-list

    @cached_property
    def cover(self) -> Markup:
        """The post's own picture, where its text doesn't show it: for channels that show pictures
        within the text."""
        src = self._post.image
        if not src or any(
            image.name == "img" and image.attrs.get("src") == src
            for image in self._post.body.walk()
        ):
            return Markup("")
        alt = next((one.alt for one in self._post.pictures if one.src == src), "")
        image = tree.Element("img", {"src": src, "alt": alt})
        return Markup(html.html(tree.Element("body", {}, (image,)), self._images))  # noqa: S704 - as above

    def _body(self, *, short: bool) -> Text:
        """The whole text; or only its opening, where that alone is longer than this channel allows.

        What comes after can't be shown then, whatever the template does with it, and most posts are
        far longer.
        """
        if self._rule.limit is not None:
            size = max(OPENING, self._rule.limit * 5 // 4)
            opening, complete = _rendered(self._post, self._flavour, self._attached, short, size)
            said = self._said(opening)
            if complete:
                return said
            if not self._rule.fits(said):
                return Opening(said, said.marks, lambda: self._said(self._all(short)))
        return self._said(self._all(short))

    def _written(self, part: tree.Element) -> Text:
        return _in_flavour(part, self._flavour, self._post, self._attached)

    def _all(self, short: bool) -> Text:
        return _rendered(self._post, self._flavour, self._attached, short)[0]

    def _said(self, text: str) -> Text:
        return mentions.mentions(text, self._pings, self._known)


def _is_said(description: str, lead: str) -> bool:
    """Whether a lead says what the description says, or begins like it; or there is no description.
    Both bare."""
    return not description or description[:SAME] == lead[:SAME] or description in lead


def _without_broken_end(description: str, language: str) -> str:
    """Some blogs make a description of so many characters of the text: it ends with its last whole
    sentence, or says nothing."""
    if len(description) < BROKEN or not description[-1].isalnum():
        return description
    ends = sentence_ends(description, language)
    before = [end for end in ends if end < len(description)]
    return description[: before[-1]] if before else ""


VIEW = (
    "title",
    "heading",
    "description",
    "teaser",
    "lead",
    "text",
    "excerpt",
    "intro",
    "preview",
    "byline",
    "html",
    "cover",
    "url",
    "date",
    "updated",
    "authors",
    "tags",
    "language",
    "slug",
    "image",
)


class Teaser(Text):
    """A text that the address of the whole follows: a cut at a sentence needs no sign."""

    @classmethod
    def of(cls, text: Text) -> Self:
        return cls(text, text.marks)


class Opening(Text):
    """The beginning of a text that is too long to be shown as it is; `whole` makes the rest,
    too."""

    whole: Callable[[], Text]

    def __new__(cls, text: str, marks: Iterable[Mark], whole: Callable[[], Text]) -> Self:
        made = super().__new__(cls, text, marks)
        made.whole = whole
        return made


@lru_cache(maxsize=8)
def _rendered(
    post: Post, flavour: Flavour, attached: frozenset[str], short: bool, size: int = 0
) -> tuple[Text, bool]:
    """A post's text, made once for all channels that write alike: its first `size` characters or
    so, or all of it (0), and whether that is all."""
    body = _excerpt(post) if short else post.body
    if short and body is post.body:
        return _rendered(post, flavour, attached, False, size)
    part = tree.beginning(body, size) if size else body
    if size and part is body:
        return _rendered(post, flavour, attached, short)
    return _in_flavour(part, flavour, post, attached), part is body


def _in_flavour(part: tree.Element, flavour: Flavour, post: Post, attached: frozenset[str]) -> Text:
    skip = (post.url,) if post.url else ()
    return flavour(part, Setting(post.language, skip, attached))


@lru_cache(maxsize=1)
def _lead(post: Post) -> tree.Element:
    return lead.lead(post.body, post.title, post.language)


@lru_cache(maxsize=1)
def _excerpt(post: Post) -> tree.Element:
    return tree.excerpt(post.body)


def known_mentions(post: Post, adapter: str) -> dict[str, str]:
    return {name: table[adapter] for name, table in post.mentions.items() if adapter in table}


WIDTH = 600
"""Pixels that a picture has at most in a mail: Outlook shows it as wide as it says, whatever the
style."""


def cid(picture: Picture) -> str:
    """What a mail's HTML calls a picture that travels with it (RFC 2392)."""
    return f"{picture.hash[:32]}@pictures"


def _shown_as(picture: Picture) -> dict[str, str]:
    shown = {"src": f"cid:{cid(picture)}"} if picture.hash else {}
    if picture.width and picture.height:
        width = min(picture.width, WIDTH)
        shown |= {"width": str(width), "height": str(round(picture.height * width / picture.width))}
    return shown
