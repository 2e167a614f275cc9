"""Taking out of a picture's file what isn't picture: where and when it was taken, with what, and by
whom.

Bytes are copied, never decoded, so that nothing is lost and a large picture costs no memory. What
follows a picture's end goes, too: phones put a film there, with the place in it.
"""

from __future__ import annotations

import re

_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""The next segment after coded data, in which 0xFF is followed by 0 or a restart marker (T.81,
B.1.1.5)."""

_PNG_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT".split(
        b" "
    )
)
"""Without eXIf, tEXt, zTXt, iTXt and tIME, and without those of an animation: what is left is its
still picture."""

_GIF_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""How often it repeats, and its colours. Photoshop's XMP is an application's block as well."""

_WEBP_CHUNKS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"))


def stripped(data: bytes, kind: str) -> bytes:
    """`data`, a JPEG, PNG, GIF or still WebP, with nothing in it but the picture and its colour
    profile.

    The same bytes where there is nothing else in it. Raises ValueError for another kind, and for a
    file that isn't made as such a file is.
    """
    strip = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp}.get(
        kind
    )
    if strip is None:
        raise ValueError(f"{kind} isn't known here")
    try:
        return b"".join(strip(data))
    except IndexError:
        raise ValueError("it is cut off") from None


def _slice(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) != length:
        raise ValueError("it is cut off")
    return part


def _jpeg(data: bytes) -> list[bytes]:
    kept, at = [data[:2]], 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a segment is missing")
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == 0xD9:
            return [*kept, b"\xff\xd9"]
        length = int.from_bytes(_slice(data, at, 2), "big")
        segment = _slice(data, at, length)
        if length < 2:
            raise ValueError("a segment has no length")
        at += length
        if _is_picture(marker, segment[2:]):
            kept.append(bytes((0xFF, marker)) + segment)
        if marker == 0xDA:
            end = _JPEG_MARKER.search(data, at)
            if end is None:
                raise ValueError("it is cut off")
            kept.append(data[at : end.start()])
            at = end.start()


def _is_picture(marker: int, content: bytes) -> bool:
    """Whether a JPEG's segment is needed to show it: no comment, and of what applications add only
    these three."""
    if (
        marker == 0xE0
    ):  # one with a thumbnail in it is longer: it may show more than the picture does
        return content.startswith(b"JFIF\0") and len(content) == 14
    if marker == 0xE2:
        return content.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:  # how its colours are coded
        return content.startswith(b"Adobe")
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def _png(data: bytes) -> list[bytes]:
    kept, at = [data[:8]], 8
    while True:
        length = int.from_bytes(_slice(data, at, 4), "big")
        chunk = _slice(data, at, length + 12)
        at += length + 12
        if chunk[4:8] in _PNG_CHUNKS:
            kept.append(chunk)
        if chunk[4:8] == b"IEND":
            return kept


def _gif(data: bytes) -> list[bytes]:
    at = 13 + _gif_colours(data[10])
    kept = [_slice(data, 0, at)]
    while True:
        start, introducer = at, data[at]
        if introducer == 0x3B:
            return [*kept, b";"]
        if introducer == 0x2C:  # an image: its place, its colours, how it is coded
            at = _gif_blocks_end(data, at + 10 + _gif_colours(data[at + 9]) + 1)
        elif introducer == 0x21:
            at = _gif_blocks_end(data, at + 2)
            label, name = data[start + 1], data[start + 3 : start + 14]
            if label != 0xF9 and not (label == 0xFF and name in _GIF_APPLICATIONS):
                continue
        else:
            raise ValueError("a block is missing")
        kept.append(data[start:at])


def _gif_colours(flags: int) -> int:
    """Bytes of the table of colours that `flags` announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> list[bytes]:
    end = 8 + int.from_bytes(_slice(data, 4, 4), "little")
    kept, at = [b"WEBP"], 12
    while at < end:
        length = int.from_bytes(_slice(data, at + 4, 4), "little")
        chunk = _slice(data, at, 8 + length + length % 2)
        at += len(chunk)
        if chunk[:4] in (b"ANIM", b"ANMF"):
            raise ValueError("it is animated")
        if chunk[:4] == b"VP8X":  # no longer announces EXIF (8) and XMP (4)
            chunk = chunk[:8] + bytes((chunk[8] & ~0x0C,)) + chunk[9:]
        if chunk[:4] in _WEBP_CHUNKS:
            kept.append(chunk)
    return [b"RIFF" + sum(map(len, kept)).to_bytes(4, "little"), *kept]
