"""The pictures of one post on one channel: had, checked, described, and made to fit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from publisher.adapter import Adapter, Facts, Picture, PictureRule
from publisher.config import Config
from publisher.errors import AltMissing, ConfigError, PictureError, PictureMissing, PublishError
from publisher.files import inside
from publisher.hosts import parts_of
from publisher.post.pictures import Reference, chosen
from publisher.post.post import Post
from publisher.text.cut import fit as fitting
from publisher.text.render.elements import is_file_name

if TYPE_CHECKING:
    from publisher.pictures.fit import Fitted

FILE_LIMIT = 100_000_000
"""Bytes of a picture's file: more than a camera makes."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """`errors` keep the post from being sent; `warnings` don't, but for AltMissing where that is
    asked for."""

    pictures: tuple[Picture, ...] = ()
    errors: tuple[PublishError, ...] = ()
    warnings: tuple[PublishError, ...] = ()


@dataclass(slots=True)
class Gatherer:
    """Gathers for one run: what was read, downloaded and fitted once is not again.

    `fitted` has the bytes of what is to be sent, by their hash.
    """

    config: Config
    fitted: dict[str, bytes] = field(default_factory=dict)
    _data: dict[str, bytes | PictureError] = field(default_factory=dict)
    _made: dict[tuple[str, PictureRule], Fitted | PictureError] = field(default_factory=dict)

    def gather(
        self,
        post: Post,
        adapter: Adapter,
        options: Mapping[str, Any],
        facts: Facts,
        *,
        download: bool,
    ) -> Gathered:
        """The pictures that go with `post`. Without `download` those that are only on the web stay
        unread: no network.

        `options` are the channel's settings with the post's own laid over them.
        """
        rule = adapter.pictures(options, facts)
        if rule is None:
            return Gathered()
        named = references_of(post, options)
        if len(named) > 1 and rule.alone:
            rule = replace(rule, animation=None)
        pictures: list[Picture] = []
        errors: list[PublishError] = []
        warnings: list[PublishError] = []
        if not rule.hosted:
            for reference in named:
                if unshown := _why_left_out(reference, post):
                    must_have_alt = self.config.pictures.require_alt
                    is_error = must_have_alt and isinstance(unshown, AltMissing)
                    (errors if is_error else warnings).append(unshown)
            named = tuple(one for one in named if not _why_left_out(one, post))
        for reference in named[: rule.count]:
            try:
                picture = self._picture(reference, rule, download=download)
            except PictureError as error:
                words = f"{adapter.channel.name}: the picture {_name(reference)} {error.message}"
                hint = error.hint or "mend it"
                hint += f"; or leave it out: publish: {{{adapter.channel.name}: {{images: []}}}}"
                is_missing = isinstance(error, PictureMissing)
                kind = PictureMissing if is_missing else PictureError
                errors.append(kind(words, hint=hint, file=post.file, line=reference.line))
                continue
            if not picture.alt:
                missing = AltMissing(
                    f"the picture {_name(reference)} has no alternative text, for those who can't see it",
                    hint="say what it shows, between the brackets: ![the new library](library.jpg)",
                    file=post.file,
                    line=reference.line,
                )
                (errors if self.config.pictures.require_alt else warnings).append(missing)
            elif rule.alt is not None and len(picture.alt) > rule.alt:
                picture, before = (
                    replace(picture, alt=_shortened(picture.alt, rule.alt)),
                    len(picture.alt),
                )
                warnings.append(
                    PictureError(
                        f"the alternative text of {_name(reference)} has {before} characters, and"
                        f" {adapter.channel.name} takes {rule.alt}: it is cut",
                        hint="shorten it",
                        file=post.file,
                        line=reference.line,
                    )
                )
            pictures.append(picture)
        if len(named) > rule.count and not rule.hosted:
            words = f"{adapter.channel.name} takes {rule.count} of its {len(named)} pictures: the others stay out"
            hint = (
                f"choose them: publish: {{{adapter.channel.name}: {{images: [one.png, two.png]}}}}"
            )
            warnings.append(PictureError(words, hint=hint, file=post.file))
        return Gathered(tuple(pictures), tuple(errors), tuple(warnings))

    def _picture(self, reference: Reference, rule: PictureRule, *, download: bool) -> Picture:
        """Raises PictureError."""
        alt = "" if is_file_name(reference.alt) else reference.alt
        here = Picture(
            "", _digest(reference.address), _name(reference), "", alt,
            src=reference.src, address=reference.address, focus=reference.focus, cover=not reference.in_text,
        )  # fmt: skip
        if reference.missing or not (reference.file or reference.address or reference.data):
            raise PictureMissing(
                "isn't there", hint="check its path, from the post's folder or the static folder"
            )
        if rule.hosted and reference.address:
            if reference.file is not None:
                width, height = self._size(reference.file)
                here = replace(here, width=width, height=height)
            return here
        if not reference.is_here and not download:
            return replace(here, note="downloaded when it is sent")
        data = self._read(reference)
        fitted = self._fit(data, here.name, rule)
        digest = _digest(fitted.data)
        self.fitted[digest] = fitted.data
        return replace(
            here,
            hash=digest,
            # What an address leads to may be re-encoded from one day to the next: that is no change
            # of the post.
            source=_digest(data) if reference.is_here else here.source,
            name=fitted.name,
            kind=fitted.kind,
            size=len(fitted.data),
            before=len(data),
            width=fitted.width,
            height=fitted.height,
            note=fitted.note,
        )

    def _read(self, reference: Reference) -> bytes:
        if reference.key not in self._data:
            try:
                self._data[reference.key] = self._bytes(reference)
            except PictureError as error:
                self._data[reference.key] = error
        found = self._data[reference.key]
        if isinstance(found, PictureError):
            raise found
        return found

    def _bytes(self, reference: Reference) -> bytes:
        if reference.data:
            return reference.data
        if reference.file is not None:
            return self._file(reference.file)
        return self._download(reference.address)

    def _file(self, file: Path) -> bytes:
        try:
            path = inside(self.config.root, file.absolute())
            if path.stat().st_size > FILE_LIMIT:
                raise PictureError(
                    f"has more than {FILE_LIMIT // 1_000_000} MB", hint="export a smaller one"
                )
            return path.read_bytes()
        except ConfigError as error:
            raise PictureError(
                error.message.removeprefix(f"{file.absolute()} "), hint=error.hint
            ) from None
        except OSError as error:
            raise PictureError(
                f"can't be read: {error.strerror}", hint="check its rights"
            ) from None

    def _download(self, address: str) -> bytes:
        from publisher.pictures.fetch import fetch

        own = urlsplit(self.config.site.base_url).hostname
        return fetch(address, hosts=self.config.pictures.hosts | ({own} if own else frozenset()))

    def _fit(self, data: bytes, name: str, rule: PictureRule) -> Fitted:
        from publisher.pictures.fit import fit

        key = (_digest(data), rule)
        if key not in self._made:
            try:
                self._made[key] = fit(data, name, rule)
            except PictureError as error:
                self._made[key] = error
        found = self._made[key]
        if isinstance(found, PictureError):
            raise found
        return found

    def _size(self, file: Path) -> tuple[int, int]:
        """Width and height for an address's sake: a picture that can't be read is shown without."""
        from publisher.pictures.fit import size_of

        try:
            return size_of(self._file(file))
        except PictureError:
            return 0, 0


def references_of(post: Post, options: Mapping[str, Any]) -> tuple[Reference, ...]:
    """The pictures that a post names for a channel, whose settings with the post's own laid over
    them are `options`."""
    images = options.get("images")
    if not isinstance(images, list | str) or post.places is None:
        return post.pictures
    return chosen(post.places, [images] if isinstance(images, str) else images, post.pictures)


_DRAWN = re.compile(r"\.svg(?:[?#]|$)|//img\.shields\.io/|/badges?[/.]", re.IGNORECASE)


def _why_left_out(reference: Reference, post: Post) -> PictureError | None:
    """A picture takes the place of the post's preview. One of the text does so only where somebody
    has said what it shows; the post's own always does."""
    if not reference.in_text:
        return None
    name = _name(reference)
    if _DRAWN.search(reference.src):
        return PictureError(
            f"the picture {name} is a drawing or a badge in the text: it stays out",
            hint="to attach it, export a PNG and name it in `image` or `images`",
            file=post.file,
            line=reference.line,
        )
    if reference.alt and not is_file_name(reference.alt):
        return None
    return AltMissing(
        f"the picture {name} has no alternative text, for those who can't see it: it stays out",
        hint="say what it shows, between the brackets: ![the new library](library.jpg)",
        file=post.file,
        line=reference.line,
    )


def _name(reference: Reference) -> str:
    if reference.file is not None:
        return reference.file.name[:80]
    parts = parts_of(reference.src)
    path = unquote(parts.path) if parts else reference.src
    return path.rstrip("/").rpartition("/")[2][:80] or "picture"


def _digest(value: str | bytes) -> str:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


def _shortened(alt: str, limit: int) -> str:
    short = fitting.fit(alt, lambda text: len(text) <= limit)
    return short or re.sub(r"\s+\S*$", "", alt[: limit - 1]) + "…"
