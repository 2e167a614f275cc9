"""post.md → Post: everything that a file says of itself, checked, and its text as a tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from publisher.config import Config
from publisher.errors import PostError, Problems, PublishError
from publisher.files import read_text
from publisher.markdown import shortcodes
from publisher.markdown.dialects import as_commonmark
from publisher.markdown.to_html import to_html
from publisher.post.covers import cover_in
from publisher.post.embedded import with_names
from publisher.post.front_values import NOT_TEXT, SIZE_LIMIT, FrontValues, one_line, only_text
from publisher.post.frontmatter import split
from publisher.post.head import Head
from publisher.post.links import Links
from publisher.post.pictures import Places, references
from publisher.post.post import Post
from publisher.post.words import description_words, title_words
from publisher.text import boxes, tree
from publisher.text.emoji_names import emoji_in
from publisher.text.tree import Element

UNREAD = {
    ".rst": "reStructuredText", ".adoc": "AsciiDoc", ".asciidoc": "AsciiDoc", ".txt": "plain text",
    ".ipynb": "a Jupyter notebook", ".org": "Org", ".html": "HTML", ".htm": "HTML", ".docx": "Word", ".odt": "OpenDocument",
    ".pdf": "PDF", ".tex": "LaTeX", ".textile": "Textile", ".rmd": "R Markdown",
}  # fmt: skip
"""Formats of which people name files, by the file's ending."""


def read(file: Path, config: Config, is_enough: Callable[[Post], bool] | None = None) -> Post:
    """Raises PostError (or Problems, where there are several) with one clear line each. The text is
    left unread where the front matter alone `is_enough` to know that nothing is to be done."""
    head, first_line = _head(file, config)
    post = head.post()
    if is_enough is not None and not head.values.errors and is_enough(post):
        return post
    post = _whole(head, post, first_line)
    if head.values.errors:
        raise (
            head.values.errors[0] if len(head.values.errors) == 1 else Problems(head.values.errors)
        )
    return post


def _head(file: Path, config: Config) -> tuple[Head, int]:
    """Its front matter, and the line on which its text begins. Raises PostError."""
    text = NOT_TEXT.sub("", read_text(file, SIZE_LIMIT, PostError))
    if str(file) != only_text(str(file)):
        raise PostError("the file's name is not UTF-8", hint="rename it", file=only_text(str(file)))
    if format := UNREAD.get(file.suffix.lower()):
        raise PostError(
            f"is {format}, which can't be read here",
            hint="write the announcement as Markdown, in a file that ends in .md",
            file=file,
        )
    if not text.strip():
        raise PostError("the file is empty", hint="write the announcement first", file=file)
    data, source, first_line = split(text, file)
    return Head(FrontValues(file, config, text, data), source), first_line


def _whole(head: Head, post: Post, first_line: int) -> Post:
    """With the text, and what only that says."""
    site = head.config.site
    generator = head.config.generator
    inner = head.below_site(generator) if generator else PurePosixPath(head.file.name)
    links = Links(head.file, inner, post.url, head.config, lambda file: _page_of(file, head.config))
    expanded, notes = shortcodes.expand(
        as_commonmark(_with_excerpt_marked(head), links.note),
        links.named,
        first_line=first_line,
        values=site.values,
    )
    body = boxes.labelled(
        tree.parse(to_html(expanded, file=head.file, first_line=first_line)), post.language
    )
    body, embedded = with_names(body)
    if ":" in head.source:
        body = emoji_in(body)
    title = post.title or title_words(_first_heading(body), site.title)
    places = Places(
        head.file,
        head.config.root,
        site.static,
        site.base_url,
        links.absolute,
        None if generator is None else links.shown,
    )
    found = cover_in(places, head.data, head.values.line)
    cover = found.picture
    written = body
    body = tree.resolve(tree.without_title(body, title), links.absolute)
    if not (title or tree.text_of(body).strip() or any(part.name == "img" for part in body.walk())):
        head.values.problem(
            "says nothing: it has neither title nor text",
            "write the announcement first",
            "title",
        )
    return replace(
        post,
        title=title,
        body=body,
        description=description_words(head.description, title),
        image=cover.src if cover else "",
        pictures=references(places, head.values.text, cover, written, embedded),
        places=places,
        notes=(
            *notes,
            *([found.note] if found.note else []),
            *_told(links.unknown),
            *post.notes,
        ),
        whole=True,
    )


def _with_excerpt_marked(head: Head) -> str:
    """What ends an excerpt on this site, by the post (Jekyll's `excerpt_separator`) or the site's
    settings, is what `<!--more-->` is elsewhere."""
    generator = head.config.generator
    site = generator.facts.separator if generator else ""
    separator = head.values.string("excerpt_separator") or site
    if not re.fullmatch("<!--.*-->", separator):
        return head.source
    return head.source.replace(separator, "<!--more-->", 1)


def _page_of(file: Path, config: Config) -> str:
    """The address of another post's page; empty where it has none, or can't be read."""
    try:
        return _head(file, config)[0].page()
    except PublishError:
        return ""


def _told(unknown: Sequence[str]) -> list[str]:
    return [
        f"the link to {target} is left out: which page that is isn't known"
        for target in dict.fromkeys(unknown)
    ]


def _first_heading(body: Element) -> str:
    """A file without a title is called what its first line calls it, if that is a top heading."""
    for child in body.children:
        if isinstance(child, Element):
            return one_line(tree.text_of(child)) if child.name == "h1" else ""
        if child.strip():
            return ""
    return ""
