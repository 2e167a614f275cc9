"""Which pictures a post names, in its front matter and its text, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from publisher.hosts import parts_of
from publisher.text.tree import Element

_MARKDOWN = re.compile(r"!\[(?P<alt>.*)\]\(\s*<?(?P<src>[^\s>]+)>?\s*\)", re.DOTALL)
_FOCUS = re.compile(r"\s*(-?[01](?:\.\d+)?)\s*,\s*(-?[01](?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Reference:
    """One picture as a post names it.

    src      as the post's text has it once its links are resolved
    address  where it is on the web; empty where that isn't known
    file     the file on this machine, where there is one
    alt      its text for those who don't see it
    focus    "x,y" from -1 to 1, or empty
    line     of the post's file, where it is named
    in_text  whether only the post's text names it, and no front matter
    data     the picture itself, where it stands in the text
    missing  whether a path from the post's folder names it, and no file is there
    """

    src: str
    address: str = ""
    file: Path | None = None
    alt: str = ""
    focus: str = ""
    line: int | None = None
    in_text: bool = False
    missing: bool = False
    data: bytes = b""

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, and no network is needed for it."""
        return self.file is not None or bool(self.data)

    @property
    def key(self) -> str:
        """What two references to one picture have in common."""
        return str(self.file.resolve()) if self.file else self.address or self.src


@dataclass(frozen=True, slots=True)
class Places:
    """Where a post's pictures may lie: beside `post`, in the site's static folder, or in the site
    itself.

    `absolute` makes an address of what a post writes, as far as it can be known. `shown` says where
    the site shows a file that has this text, and is empty where its generator gives it a name that
    isn't known; None where nothing is known of the site.
    """

    post: Path
    root: Path
    static: str
    base_url: str
    absolute: Callable[[str], str]
    shown: Callable[[Path, str], str] | None = None

    def reference(
        self, written: str, alt: str = "", focus: str = "", line: int | None = None
    ) -> Reference:
        """What is meant by `written`, a path or an address."""
        src = self.absolute(written)
        address = src if re.match("https?://", src) and parts_of(src) else ""
        file = self.file(written)
        if self.shown is not None and file is not None and not re.match("https?://", written):
            address = self.shown(file, " ".join(alt.split()))
        return Reference(
            src,
            address,
            file,
            " ".join(alt.split()),
            focus,
            line,
            missing=file is None and _is_beside(written),
        )

    def file(self, written: str) -> Path | None:
        """The file that `written` names, if there is one. That it lies where it may is checked when
        it is read."""
        base = self.base_url.rstrip("/")
        if base and written.startswith(base + "/"):
            written = written.removeprefix(base)
        try:
            parts = urlsplit(written)
            if parts.scheme or parts.netloc or not parts.path:
                return None
            path = unquote(parts.path)
            folders = (
                [self.root / self.static, self.root] if path.startswith("/") else [self.post.parent]
            )
            return next(
                (file for folder in folders if (file := folder / path.lstrip("/")).is_file()), None
            )
        except (OSError, ValueError):  # a name that is too long, or no name at all
            return None


def _is_beside(written: str) -> bool:
    """Whether it is a path from the post's own folder: what begins with a slash may be something
    that only the site has."""
    parts = parts_of(written)
    return parts is not None and not (parts.scheme or parts.netloc or parts.path.startswith("/"))


def references(
    places: Places,
    text: str,
    cover: Reference | None,
    body: Element,
    embedded: Mapping[str, bytes],
) -> tuple[Reference, ...]:
    """The pictures of a post, its cover first, each once. `text` is its whole file, `body` its text
    as written."""
    named = [cover] if cover else []
    for image in body.walk():
        written = image.attrs.get("src", "").strip() if image.name == "img" else ""
        alt = " ".join(image.attrs.get("alt", "").split())
        if written in embedded:
            named.append(Reference(written, alt=alt, in_text=True, data=embedded[written]))
        elif written and not written.startswith("data:"):
            at = text.find(written)
            line = text.count("\n", 0, at) + 1 if at >= 0 else None
            reference = places.reference(written, image.attrs.get("alt", ""), line=line)
            named.append(replace(reference, in_text=True))
    found: dict[str, Reference] = {}
    for one in named:
        first = found.setdefault(one.key, one)
        if one.alt and not first.alt:  # the cover is shown in the text, too, and described there
            found[one.key] = replace(first, alt=one.alt)
    return tuple(found.values())


def chosen(
    places: Places, images: Iterable[str], of_the_post: Iterable[Reference]
) -> tuple[Reference, ...]:
    """The pictures that `images: […]` names for a channel: paths, addresses, or Markdown,
    `![alt](path)`.

    One without a text has that of the same picture in the post.
    """
    known = {one.key: one for one in of_the_post}
    found = []
    for written in images:
        markdown = _MARKDOWN.fullmatch(written.strip())
        one = (
            places.reference(markdown["src"], markdown["alt"])
            if markdown
            else places.reference(written.strip())
        )
        described = one if one.alt else known.get(one.key, one)
        found.append(replace(described, in_text=False))
    return tuple({one.key: one for one in found}.values())


def cover_of(places: Places, cover: Any, line: int | None) -> Reference | None:
    """As Hugo's themes, Jekyll's and Astro write it: an address, or a table with one, a text and a
    focal point."""
    if isinstance(cover, str) and cover.strip():
        return places.reference(cover.strip(), line=line)
    if isinstance(cover, Mapping):
        for key in ("image", "src", "url", "path", "relative"):
            if isinstance(cover.get(key), str) and cover[key].strip():
                alt = cover.get("alt")
                focus = _FOCUS.fullmatch(str(cover.get("focus") or ""))
                return places.reference(
                    cover[key].strip(),
                    alt if isinstance(alt, str) else "",
                    f"{focus[1]},{focus[2]}" if focus else "",
                    line,
                )
    return None
