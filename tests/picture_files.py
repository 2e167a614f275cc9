"""Pictures for tests, made when they are needed: none lies in the repository."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops, ImageCms, ImageDraw, PngImagePlugin

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 180, 60), (20, 20, 220), (255, 255, 255)
MAKER = "Cameramaker"
SECRETS = (
    b"Cameramaker",
    b"Exif",
    b"photoshop",
    b"xmpmeta",
    b"somebody",
    b"tEXt",
    b"iTXt",
    b"eXIf",
)
"""What no picture that is sent may have in its bytes, where `labelled` or `text_in` put it."""

HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB4gABAAAAAAAAAGUAAgAAAAACRwABAAAAAAAAAGwAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/"
    "/wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAIAAAAAEAAAAAAAAAAv///+AAAAACAAAAEHBpeGkAAAAA"
    "AwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAA2W1kYXQAAABhKAGvE4D4EOGn//wfqP/4d88P"
    "y3q5if/4yzkf1lUP/y7JDu72ExTA8Wqw4HvHDmwSYsNhLjRiGViZO4faoB/5H4aTFNyE8CFAq4gVbkCIKVP0+ctzL4Akf1ryq2LcDz779wAAAAZF"
    "eGlmAABNTQAqAAAACAACAQ8AAgAAAAYAAAAmiCUABAAAAAEAAAAsAAAAAE1ha2VyAAACAAEAAgAAAAJOAAAAAAIABQAAAAMAAABKAAAAAAAAADAA"
    "AAABAAAAMwAAAAEAAAAYAAAAAQ=="
)
"""64 x 32 pixels, red on the left and blue on the right, with a place in its EXIF. Made with
pillow-heif 1.8.1 from the picture that `halves()` draws, for pi-heif reads a HEIC and can't write
one."""

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>'


def halves(size: tuple[int, int] = (64, 32), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right: which way up it is can be seen."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image.convert(mode)


def photo(width: int, height: int, *, detail: float = 0.35) -> Image.Image:
    """As a camera sees it: light and colour that change slowly, with edges and grain. The same each
    time."""
    small = Image.effect_noise(
        (width // 64 + 2, height // 64 + 2), 90
    )  # its noise differs: see `_seeded`
    small.putdata(_seeded(small.width * small.height, 1))
    slow = small.resize((width, height), Image.Resampling.BICUBIC)
    small.close()
    tile = Image.frombytes("L", (512, 512), bytes(_seeded(512 * 512, 2)))
    grain = Image.new("L", (width, height))
    for top in range(0, height, 512):
        for left in range(0, width, 512):
            grain.paste(tile, (left, top))
    bands = []
    for turn in (None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM):
        turned = slow if turn is None else slow.transpose(turn)
        bands.append(Image.blend(turned, grain, detail / 2))
    image = Image.merge("RGB", bands)
    pen = ImageDraw.Draw(image)
    for step in range(40):
        left, top = width * step // 40, height * (step * 7 % 40) // 40
        pen.ellipse(
            (left, top, left + width // 12, top + height // 12),
            outline=(step * 6, 255 - step * 6, 128),
            width=5,
        )
    return image


def noise(width: int, height: int, mode: str = "RGB", seed: int = 3) -> Image.Image:
    """What no coding makes small. The same each time."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(
        mode, (width, height), random.Random(seed).randbytes(width * height * bands)
    )


def _seeded(count: int, seed: int) -> list[int]:
    return list(random.Random(seed).randbytes(count))


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def exif(orientation: int = 1) -> bytes:
    """With a maker, a place, and which way up it is."""
    made = Image.Exif()
    made[0x010F] = MAKER
    made[0x0112] = orientation
    place = made.get_ifd(0x8825)
    place[1], place[2] = "N", (48.0, 51.0, 24.0)
    return made.tobytes()


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def labelled(form: str = "JPEG", size: tuple[int, int] = (64, 32), **options: Any) -> bytes:
    """`halves()` with everything that a camera and an editor leave in a file."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>somebody</x:xmpmeta>"
    given: dict[str, Any] = {"exif": exif(), "icc_profile": srgb(), **options}
    if form == "JPEG":
        given |= {"comment": b"by somebody", "xmp": xmp, "quality": 95}
        data = saved(halves(size), form, **given)
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x50\0\x03who"
        return (
            data[:2]
            + b"\xff\xed"
            + struct.pack(">H", len(iptc) + 2)
            + iptc
            + data[2:]
            + b"a film, by somebody"
        )
    if form == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", "somebody")
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return saved(halves(size), form, pnginfo=text, **given) + b"left over by somebody"
    if form == "WEBP":
        given |= {"xmp": xmp, "lossless": True}
    return saved(halves(size), form, **given)


def moving(
    size: tuple[int, int] = (64, 48),
    frames: int = 5,
    form: str = "GIF",
    comment: bytes = b"",
    **options: Any,
) -> bytes:
    """An animation: a square that wanders over noise-free ground."""
    pictures = []
    for number in range(frames):
        frame = Image.new("RGB", size, GREEN)
        left = number * max(1, size[0] - 8) // frames
        frame.paste(RED, (left, 0, left + 8, 8))
        pictures.append(frame)
    given: dict[str, Any] = {
        "save_all": True,
        "append_images": pictures[1:],
        "duration": 40,
        "loop": 0,
        **options,
    }
    if comment:
        given["comment"] = comment
    return saved(pictures[0], form, **given)


def filmed(size: tuple[int, int], frames: int) -> bytes:
    """A GIF as a screen recorder makes it: every frame differs in most places."""
    ground = photo(*size).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    pictures = [ImageChops.offset(ground, number * 7, number * 3) for number in range(frames)]
    for picture in pictures:
        picture.putpalette(ground.getpalette() or [])
    return saved(
        pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=1000 // 25, loop=0
    )


def png16(width: int, height: int, *, grey: bool = False, rough: bool = True) -> bytes:
    """A PNG with 16 bits a channel, which Pillow can't write in colour. Red on the left, blue on
    the right."""
    channels = 1 if grey else 3
    pick = random.Random(4)
    low = pick.randbytes(width * channels) if rough else bytes(width * channels)
    left, right = (
        ((0x5000,), (0xC000,)) if grey else ((0xDC00, 0x1400, 0x1400), (0x1400, 0x1400, 0xDC00))
    )
    row = bytearray(b"\0")
    for column in range(width):
        for channel, value in enumerate(left if column < width // 2 else right):
            row += (value | low[column * channels + channel]).to_bytes(2, "big")
    packer = zlib.compressobj(1)
    packed = b"".join([*(packer.compress(bytes(row)) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if grey else 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of few bytes that says it has many pixels, all of them there: one bit each, all
    white."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def opened(data: bytes) -> Image.Image:
    """Decoded, with nothing left open."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        copy = image.copy()
        copy.format = image.format
        return copy


def near(pixel: object, colour: tuple[int, ...], by: int = 30) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=False))


def _large(mode: str = "RGB", **options: Any) -> bytes:
    """40 megapixels, as a JPEG."""
    image = photo(8000, 5000)
    return saved(
        image if mode == "RGB" else image.convert(mode),
        "JPEG",
        **{"quality": 92, "exif": exif(), **options},
    )


REAL_SIZES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "40 MP JPEG": ("camera.jpg", _large),
    "40 MP JPEG, on its side": ("portrait.jpg", lambda: _large(exif=exif(6))),
    "40 MP JPEG, progressive 4:4:4": ("web.png", lambda: _large(progressive=True, subsampling=0)),
    "40 MP CMYK JPEG": ("print.jpg", lambda: _large("CMYK", quality=85)),
    "24 MP progressive JPEG, as .png": (
        "export.png",
        lambda: saved(photo(6000, 4000), "JPEG", quality=90, progressive=True),
    ),
    "20 MB PNG": (
        "screen.png",
        lambda: saved(photo(3840, 2560, detail=0.6), "PNG", compress_level=4),
    ),
    "40 MP PNG, transparent": (
        "drawing.png",
        lambda: saved(_clear(8000, 5000), "PNG", compress_level=1),
    ),
    "12 MP 16-bit PNG": ("raw.png", lambda: png16(4000, 3000)),
    "5 s GIF": ("demo.gif", lambda: filmed((640, 360), 125)),
    "decompression bomb": ("bomb.png", bomb),
}
"""A name, and what makes it: what people really attach, and one thing that nobody should."""

MEASURED = """
import json, sys, time
from pathlib import Path
from publisher.adapter import PictureRule
from publisher.errors import PictureError
from publisher.pictures.fit import fit

path, rule = Path(sys.argv[1]), PictureRule(**json.loads(sys.argv[2]))
data = path.read_bytes()
start = time.perf_counter()
try:
    done = fit(data, path.name, rule)
    said = {"kind": done.kind, "size": len(done.data), "pixels": [done.width, done.height], "note": done.note}
except PictureError as error:
    said = {"error": error.message}
said["seconds"] = time.perf_counter() - start
"""
"""A script that fits one file, in a process of its own. `PEAK` ends it."""

PEAK = """
import json, resource, sys
from pathlib import Path

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss is inherited: it may be that of the process which started this one
    peak = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({**said, "peak": peak}))
"""


def _clear(width: int, height: int) -> Image.Image:
    image = photo(width, height, detail=0.05)
    image.putalpha(Image.linear_gradient("L").resize((width, height)))
    return image
