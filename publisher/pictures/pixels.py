"""A picture's pixels: decoded, scaled, turned, and as colours of a screen, in as little memory as
Pillow allows.

Each function closes the picture it was given when it makes another of it.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

MEMORY = 300_000_000
"""Bytes that decoding may take; a progressive JPEG that needs more is decoded at half its size."""
_ROWS = 64
_LANCZOS = 3
"""Pixels to each side that make one of the new ones (times the factor)."""


def decoded(image: ImageFile, target: tuple[int, int], orientation: int) -> tuple[Image, bytes]:
    """The picture as L, RGB or RGBA, upright, no larger than `target` (before it is turned); and
    its colour profile.

    It is scaled before it is turned, and each step lets go of the one before it: memory.
    """
    from PIL import Image

    if image.format in ("JPEG", "MPO"):
        room = (target[0] * 2, target[1] * 2)
        if _needs(image) > MEMORY:
            room = (min(room[0], image.width // 2), min(room[1], image.height // 2))
        image.draft(image.mode, room)
    image.load()
    profile = image.info.get("icc_profile") or b""
    plain = _plain(image)
    target = (min(target[0], plain.width), min(target[1], plain.height))
    picture = scaled(plain, target)
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)  # fmt: skip
    if turn is not None:
        lying, picture = picture, picture.transpose(turn)
        lying.close()
    if picture.mode == "CMYK":
        ink, picture = picture, _rgb(picture, profile)
        ink.close()
    # A profile describes a kind of colours: an ink's says nothing of RGB.
    fits = profile[16:20] == (b"GRAY" if picture.mode == "L" else b"RGB ")
    return picture, profile if fits else b""


def _needs(image: ImageFile) -> int:
    """Bytes to decode a JPEG: four a pixel; a progressive one is kept whole as coefficients of two
    bytes meanwhile."""
    pixels = image.width * image.height
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    if not image.info.get("progressive") or not layers:
        return 4 * pixels
    densest = max(across * down for _, across, down, _ in layers)
    return 4 * pixels + 2 * pixels * sum(across * down for _, across, down, _ in layers) // densest


def _plain(image: Image) -> Image:
    """With 8 bits a channel, as L, RGB, RGBA or CMYK, and with nothing beside the pixels."""
    from PIL import Image as Images

    if image.mode.startswith("I;16"):
        high = 0 if image.mode.endswith("B") else 1
        plain = Images.frombytes("L", image.size, image.tobytes()[high::2])
    elif image.mode in ("I", "F"):
        # Pillow's own conversion cuts off what is above 255.
        low, top = (float(value) if math.isfinite(value) else 0.0 for value in image.getextrema())  # type: ignore[arg-type]
        top = next((full for full in (1.0, 255.0, 65535.0) if low >= 0 and top <= full), top)
        factor = 255.0 / ((top - min(low, 0.0)) or 1.0)
        offset = -min(low, 0.0) * factor
        plain = image.point(lambda value: value * factor + offset).convert("L")
    elif image.has_transparency_data:
        plain = image if image.mode == "RGBA" else image.convert("RGBA")
        if plain.getchannel("A").getextrema()[0] == 255:
            clear, plain = plain, plain.convert("RGB")
            clear.close()
    elif image.mode in ("L", "RGB", "CMYK"):
        plain = image
    else:
        plain = image.convert("L" if image.mode == "1" else "RGB")
    if plain is not image:
        image.close()
    plain.info = {}  # Pillow writes some of it into the new file
    return plain


def scaled(image: Image, size: tuple[int, int]) -> Image:
    """In strips: in one go, Pillow needs a second picture as large as the first on the way.

    First in height, then in width: Pillow's own choice would depend on how high a strip is.
    """
    from PIL import Image as Images

    if image.size == size:
        return image
    factor = image.height / size[1]
    reach = math.ceil(_LANCZOS * max(1.0, factor)) + 1
    scaled = Images.new(image.mode, size)
    for top in range(0, size[1], _ROWS):
        bottom = min(top + _ROWS, size[1])
        first, last = factor * top, min(image.height, factor * bottom)
        above, below = max(0, math.floor(first) - reach), min(image.height, math.ceil(last) + reach)
        strip = image.crop((0, above, image.width, below))
        if (
            image.mode == "RGBA"
        ):  # with its colours multiplied, so that what can't be seen doesn't bleed into what can
            strip = strip.convert("RGBa")
        box = (0, first - above, image.width, last - above)
        strip = strip.resize((image.width, bottom - top), Images.Resampling.LANCZOS, box)
        strip = strip.resize((size[0], bottom - top), Images.Resampling.LANCZOS)
        scaled.paste(strip.convert(image.mode), (0, top))
    image.close()
    return scaled


def _rgb(image: Image, profile: bytes) -> Image:
    """Inks as colours of the screen: by their profile where there is one."""
    if profile[16:20] == b"CMYK":
        from PIL import ImageCms

        try:
            return ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            ) or image.convert("RGB")
        except (
            ImageCms.PyCMSError,
            OSError,
        ):  # a broken profile is no reason to refuse a good picture
            pass
    return image.convert("RGB")


def on_white(image: Image) -> Image:
    from PIL import Image as Images

    with image, image.getchannel("A") as alpha:
        white = Images.new("RGB", image.size, "white")
        white.paste(image, mask=alpha)
    return white


def sample(image: Image) -> Image:
    """Strips from all over a large picture; a small one as it is."""
    from PIL import Image as Images

    strips, rows = 16, 16
    if image.height <= strips * rows * 4:
        return image.copy()
    taken = Images.new(image.mode, (image.width, strips * rows))
    for number in range(strips):
        top = (image.height - rows) * number // (strips - 1)
        taken.paste(image.crop((0, top, image.width, top + rows)), (0, number * rows))
    return taken
