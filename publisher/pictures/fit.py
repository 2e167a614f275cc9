"""One picture made to fit what a platform takes: kind, bytes, pixels; the right way up, and without
where it was taken.

Pure: bytes in, bytes out, the same for the same bytes and the same Pillow. Pillow is imported when
it is needed, and pi-heif, an extra, for a HEIC only. One picture is worked on at a time: 40
megapixels take up to 400 MB as it is.
"""

from __future__ import annotations

import importlib
import io
import math
import re
import threading
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from publisher.adapter import PictureRule
from publisher.errors import PictureError
from publisher.pictures.pixels import decoded, on_white, sample, scaled
from publisher.pictures.strip import stripped

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

PIXELS = 50_000_000
"""Of a picture that is decoded: telephones make 50 million. One that says it has more is not looked
at."""
FRAMES = 1_000_000_000
"""Pixels of all frames of an animation together: 36 seconds of 1280 x 720 at 30 frames a second."""
SIDE, SMALLEST = 65_500, 16
"""Pixels of the longer side: what a JPEG can have (libjpeg), and what is no picture any more."""
QUALITIES = ((95, 0), (90, 2), (85, 2), (80, 2), (75, 2))
"""Of a JPEG, best first, with its chroma subsampling: 0 is 4:4:4, which keeps red lettering sharp;
2 is 4:2:0."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
_KINDS = {form: f"image/{form.lower()}" for form in _FORMATS} | {
    "MPO": "image/jpeg",
    "HEIF": "image/heic",
}
_SUFFIXES = {"image/jpeg": "jpg"}
_READ = "export it as a PNG or a JPEG; GIF, WebP, AVIF, HEIC, TIFF and BMP are read, too"
_MAGIC = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM")
_SVG = re.compile(rb"<(\w+:)?svg[\s>]", re.IGNORECASE)
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture as it is sent. `kind` is its MIME type, `note` says for people what was done to it,
    or is empty."""

    data: bytes
    name: str
    kind: str
    width: int
    height: int
    note: str


def fit(data: bytes, name: str, rule: PictureRule) -> Fitted:
    """`data` as `rule` wants it: the same bytes where nothing is to be done, else the best that
    fits.

    What remains of `name` is its stem, in ASCII letters, digits, "-" and "_". Never left in: EXIF,
    XMP, IPTC, comments, thumbnails, what follows the end of the picture. Its colour profile stays.
    16 bits a channel become 8, CMYK becomes RGB, and of an animation that isn't taken the first
    frame is left.

    Raises PictureError, whose message is what to say after the picture's name: "is an SVG".
    """
    with _opened(data, name) as image:
        form, frames = str(image.format), _frames(image)
        pixels = image.width * image.height
        if pixels > PIXELS:
            raise _too_many_pixels(image.size)
        if frames > 1 and form != "TIFF" and pixels * frames > FRAMES:
            raise PictureError(
                f"has {frames} frames of {_size(image.size)}", hint="export a shorter one"
            )
        orientation = _orientation(image)
        before = _upright(image.size, orientation)
        kind, notes = _KINDS[form], []
        if frames > 1:
            notes.append(
                "first page of several" if form == "TIFF" else "first frame of an animation"
            )
        kept = _animation(image, data, frames, rule) or _as_it_is(
            image, data, kind, frames, orientation, rule
        )
        if kept:
            return Fitted(
                kept, _name(name, kind), kind, *before, ", ".join(notes if form != "GIF" else [])
            )
        graphic = form in ("PNG", "GIF", "BMP") or image.mode in ("1", "P")
        plain, profile = decoded(image, _within(image.size, rule), orientation)
        had_alpha = plain.mode == "RGBA"
        done, new, size = _encoded(plain, profile, graphic=graphic or had_alpha, rule=rule)
        if size != before:
            notes.append(f"scaled from {_size(before)}")
        if new != kind:
            notes.append(f"turned into a {new.removeprefix('image/').upper()}")
        if had_alpha and new == "image/jpeg":
            notes.append("transparency made white")
        return Fitted(done, _name(name, new), new, *size, ", ".join(notes))


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as it is shown, from its header alone. Raises PictureError as
    `fit` does."""
    with _opened(data, "") as image:
        return _upright(image.size, _orientation(image))


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[ImageFile]:
    """The picture, its header read. Whatever Pillow raises on it meanwhile is a PictureError.

    Pillow warns of what it reads all the same, through a filter that belongs to the whole process:
    hence the lock.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _open(data, name) as image:
                yield image
        except PictureError:
            raise
        except Exception as error:
            raise PictureError(
                f"is broken, or cut off ({type(error).__name__})",
                hint="open it, and export it anew",
            ) from error


def _open(data: bytes, name: str) -> ImageFile:
    from PIL import Image, UnidentifiedImageError

    head = data[:4096].replace(b"\0", b"")  # UTF-16 reads as ASCII then
    if not data:
        raise PictureError("is empty", hint="export it anew")
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        if not re.search(rb"<!doctype html|<html", head, re.IGNORECASE) and _SVG.search(head):
            raise _svg()
        if not name.lower().endswith(".svg"):
            raise PictureError(
                "is a page or a text, no picture", hint="name the address of the picture itself"
            )
    brands = {data[at : at + 4] for at in range(8, min(int.from_bytes(data[:4], "big"), 128), 4)}
    avif = data[4:8] == b"ftyp" and bool(brands & {b"avif", b"avis"})
    if data[4:8] == b"ftyp" and brands & _HEIC and not avif:
        return _open_heic(data)
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        if avif or data.startswith(_MAGIC):
            raise PictureError(
                "is broken, or cut off", hint="open it, and export it anew"
            ) from None
        if name.lower().endswith((".svg", ".svgz")):
            raise _svg() from None
        raise PictureError("is no picture that can be read", hint=_READ) from None


def _open_heic(data: bytes) -> ImageFile:
    try:
        heif = importlib.import_module("pi_heif")
    except ImportError:
        hint = "pip install 'announcement-publisher[images]', or export it as a JPEG"
        raise PictureError("is a HEIC, and what reads those isn't installed", hint=hint) from None
    image: ImageFile = heif.HeifImageFile(io.BytesIO(data))
    return image


def _svg() -> PictureError:
    return PictureError(
        "is an SVG, which may read local files when it is drawn", hint="export a PNG"
    )


def _too_many_pixels(size: tuple[int, int] | None = None) -> PictureError:
    said = f"has {_size(size)} pixels" if size else "has far too many pixels"
    return PictureError(
        f"{said}: up to {PIXELS // 1_000_000} million are read", hint="export a smaller one"
    )


def _frames(image: ImageFile) -> int:
    """How many, without decoding one. A telephone's JPEG with another in it (MPO), and a HEIC, are
    one picture."""
    return (
        1 if image.format in ("JPEG", "MPO", "HEIF", "BMP") else int(getattr(image, "n_frames", 1))
    )


def _orientation(image: ImageFile) -> int:
    """EXIF's: 1 is upright, 5 to 8 lie on their side. Pillow turns a TIFF, libheif a HEIC, when it
    is decoded."""
    if image.format in ("TIFF", "HEIF") or (image.format == "PNG" and "exif" not in image.info):
        return 1
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # broken EXIF is no reason to refuse a good picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation >= 5 else size


def _animation(image: ImageFile, data: bytes, frames: int, rule: PictureRule) -> bytes | None:
    """An animated GIF that is taken as one, without its comments."""
    if image.format != "GIF" or frames == 1 or rule.animation is None:
        return None
    size, pixels = rule.animation
    if image.width * image.height > pixels:
        return None
    kept = stripped(data, "image/gif")
    if len(kept) > size:
        return None
    image.load()
    return kept


def _as_it_is(
    image: ImageFile, data: bytes, kind: str, frames: int, orientation: int, rule: PictureRule
) -> bytes | None:
    """The picture's own coding, where that is what is wanted; decoded only to see whether it is
    whole.

    Never a GIF: platforms take each for an animation, which can't stand beside other pictures.
    """
    deep = image.format == "PNG" and data[24] == 16  # bits a channel
    moves = (
        frames > 1 and image.format != "PNG"
    )  # an animated PNG is a still one, with chunks that are dropped
    if (
        kind not in rule.kinds
        or kind == "image/gif"
        or orientation != 1
        or deep
        or moves
        or image.mode == "CMYK"
    ):
        return None
    if _within(image.size, rule) != image.size:
        return None
    if kind in ("image/avif", "image/heic"):
        if any(image.info.get(key) for key in ("exif", "xmp", "metadata")):
            return None
        kept = data
    else:
        try:
            kept = stripped(data, kind)
        except ValueError:
            return None
    if len(kept) > rule.bytes:
        return None
    if kind == "image/jpeg":
        image.draft(image.mode, (image.width // 8, image.height // 8))
    image.load()
    return kept


def _within(size: tuple[int, int], rule: PictureRule) -> tuple[int, int]:
    """`size`, or as much of it as the rule allows."""
    width, height = size
    factor = min(1.0, min(rule.side or SIDE, SIDE) / max(size))
    if rule.pixels is not None:
        factor = min(factor, math.sqrt(rule.pixels / (width * height)))
    if factor == 1:
        return size
    width = max(1, int(width * factor))
    height = max(1, int(height * factor))
    if rule.pixels is not None:
        height = max(1, min(height, rule.pixels // width))
    return width, height


def _encoded(
    image: Image, profile: bytes, *, graphic: bool, rule: PictureRule
) -> tuple[bytes, str, tuple[int, int]]:
    """The best coding that has few enough bytes, its MIME type, and its size in pixels."""
    png = "image/png" in rule.kinds
    jpeg = "image/jpeg" in rule.kinds or not png
    as_png: list[dict[str, Any]] = [{"format": "PNG"}]
    as_jpeg = [
        {"format": "JPEG", "quality": quality, "subsampling": chroma}
        for quality, chroma in QUALITIES
    ]
    if png and (graphic or not jpeg):
        done, _ = _first_that_fits(image, profile, as_png, rule.bytes)
        if done:
            return done, "image/png", image.size
    if jpeg and image.mode == "RGBA":
        image = on_white(image)
    while max(image.size) >= SMALLEST:
        done, estimate = _first_that_fits(image, profile, as_jpeg if jpeg else as_png, rule.bytes)
        if done:
            return done, "image/jpeg" if jpeg else "image/png", image.size
        factor = 0.95 * math.sqrt(max(0, rule.bytes - len(profile)) / estimate)
        factor = min(0.9, max(0.1, factor))
        image = scaled(
            image, (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
        )
    raise PictureError(
        f"can't be made smaller than {rule.bytes:,} bytes", hint="choose another picture"
    )


def _first_that_fits(
    image: Image, profile: bytes, codings: list[dict[str, Any]], limit: int
) -> tuple[bytes | None, float]:
    """The first coding within `limit` bytes, if any, and how many bytes (without profile) a
    middling one may take.

    Encoding 40 megapixels five times takes seconds: what a sixteenth of the rows says won't fit
    isn't tried.
    """
    with sample(image) as strips:
        share = image.height / strips.height
        estimates = [len(_saved(strips, b"", coding)) * share for coding in codings]
    for coding, estimate in zip(codings, estimates, strict=True):
        if estimate + len(profile) <= 1.1 * limit:
            done = _saved(image, profile, coding)
            if len(done) <= limit:
                return done, estimate
    return None, estimates[len(estimates) // 2]


def _saved(image: Image, profile: bytes, coding: dict[str, Any]) -> bytes:
    written = io.BytesIO()
    image.save(written, icc_profile=profile or None, **coding)
    return written.getvalue()


def _name(name: str, kind: str) -> str:
    stem = PurePosixPath(name.replace("\\", "/")).stem
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_only)[:80].strip("-")
    return f"{stem or 'picture'}.{_SUFFIXES.get(kind, kind.removeprefix('image/'))}"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"
