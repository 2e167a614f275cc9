"""A picture made to fit: what is kept, what is taken out, and what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageChops

from publisher.adapter import PictureRule
from publisher.pictures.fit import Fitted, fit, size_of
from publisher.pictures.pixels import scaled
from tests import picture_files as make

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("image/jpeg", "image/png", "image/gif", "image/webp")
RULE = PictureRule(4, KINDS, 16 * 2**20, pixels=33_177_600, animation=(16 * 2**20, 1280 * 720))
PLAIN = PictureRule(4, ("image/jpeg", "image/png"), 5_000_000)


def has_no_secret(done: Fitted) -> None:
    assert [secret for secret in make.SECRETS if secret in done.data] == []
    with Image.open(io.BytesIO(done.data)) as image:
        assert not dict(image.getexif())
        assert not {"exif", "xmp", "comment", "photoshop", "Author", "XML:com.adobe.xmp"} & set(
            image.info
        )


# What is taken as it is.


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_right_already_is_sent_byte_for_byte(form: str) -> None:
    data = make.saved(make.halves(), form)
    done = fit(data, f"lamp.{form.lower()}", RULE)
    assert done.data == data
    assert (done.width, done.height, done.note) == (64, 32, "")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_alone_is_no_reason_to_touch_a_picture(form: str) -> None:
    data = make.saved(make.halves(), form, icc_profile=make.srgb())
    assert fit(data, "lamp", RULE).data == data


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_a_camera_and_an_editor_wrote_is_taken_out_and_no_pixel_changes(form: str) -> None:
    data = make.labelled(form)
    assert any(secret in data for secret in make.SECRETS)
    done = fit(data, "lamp", RULE)
    has_no_secret(done)
    with make.opened(done.data) as after, make.opened(data) as before:
        assert after.tobytes() == before.tobytes()
        assert after.info["icc_profile"] == make.srgb()


def test_a_film_behind_a_jpeg_and_a_second_picture_in_it_are_left_out() -> None:
    both = make.saved(make.halves(), "MPO", save_all=True, append_images=[make.halves((32, 32))])
    done = fit(both, "phone.jpg", RULE)
    assert done.data.count(b"\xff\xd8\xff") == 1
    assert make.opened(done.data).format == "JPEG"
    assert done.note == ""


def test_what_was_cropped_away_but_is_still_behind_a_png_is_left_out() -> None:
    data = make.saved(make.halves(), "PNG")
    assert fit(data + b"what was cropped", "shot.png", RULE).data == data


def test_a_progressive_jpeg_that_calls_itself_png_is_sent_as_the_jpeg_it_is() -> None:
    data = make.saved(make.halves(), "JPEG", progressive=True)
    done = fit(data, "export.png", RULE)
    assert (done.data, done.name, done.kind) == (data, "export.jpg", "image/jpeg")


@pytest.mark.parametrize("form", ["AVIF", "WEBP", "TIFF", "BMP"])
def test_what_a_platform_does_not_take_becomes_a_jpeg_or_a_png(form: str) -> None:
    done = fit(make.saved(make.halves(), form), "lamp", PLAIN)
    assert done.kind == ("image/png" if form == "BMP" else "image/jpeg")
    assert "turned into a" in done.note
    with make.opened(done.data) as image:
        assert make.near(image.getpixel((8, 16)), make.RED) and make.near(
            image.getpixel((56, 16)), make.BLUE
        )


def test_an_avif_is_sent_as_it_is_where_it_is_taken_and_says_nothing_else() -> None:
    rule = replace(PLAIN, kinds=("image/jpeg", "image/avif"))
    data = make.saved(make.halves(), "AVIF")
    assert fit(data, "lamp.avif", rule).data == data
    has_no_secret(fit(make.labelled("AVIF"), "lamp.avif", rule))


def test_a_heic_becomes_a_jpeg() -> None:
    pytest.importorskip("pi_heif")
    done = fit(make.HEIC, "IMG_0001.HEIC", RULE)
    assert (done.name, done.width, done.height, done.note) == (
        "IMG_0001.jpg",
        64,
        32,
        "turned into a JPEG",
    )
    has_no_secret(done)
    with make.opened(done.data) as image:
        assert make.near(image.getpixel((8, 16)), make.RED) and make.near(
            image.getpixel((56, 16)), make.BLUE
        )


# The right way up.

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip
"""What a camera did to the picture that is to be undone."""


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_sent_the_right_way_up_and_says_no_more_how_it_lay(
    form: str, orientation: int
) -> None:
    upright = make.halves((64, 32))
    upright.paste(make.GREEN, (0, 0, 16, 16))
    lying = upright.transpose(TURNS[orientation]) if orientation > 1 else upright
    options = {"quality": 95} if form in ("JPEG", "WEBP", "AVIF") else {}
    data = make.saved(lying, form, exif=make.exif(orientation), **options)
    assert size_of(data) == (64, 32)
    done = fit(data, "lamp", PLAIN)
    assert (done.width, done.height) == (64, 32)
    has_no_secret(done)
    with make.opened(done.data) as image:
        assert image.size == (64, 32)
        picture = image.convert("RGB")
    assert make.near(picture.getpixel((8, 8)), make.GREEN, 60)
    assert make.near(picture.getpixel((8, 26)), make.RED, 60)
    assert make.near(picture.getpixel((56, 8)), make.BLUE, 60)


def test_broken_exif_is_no_reason_to_refuse_a_picture() -> None:
    data = make.saved(make.halves(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert fit(data, "lamp.jpg", RULE).width == 64


# Small enough.


def test_a_picture_with_too_many_pixels_is_scaled_and_the_note_says_from_what() -> None:
    done = fit(make.saved(make.photo(1200, 800), "JPEG"), "lamp.jpg", replace(RULE, pixels=240_000))
    assert (done.width, done.height) == (600, 400)
    assert done.note == "scaled from 1200×800"
    assert make.opened(done.data).size == (600, 400)


def test_a_picture_that_is_too_long_is_scaled() -> None:
    done = fit(make.saved(make.photo(1200, 800), "PNG"), "lamp.png", replace(RULE, side=300))
    assert (done.kind, done.width, done.height) == ("image/png", 300, 200)


def test_too_many_bytes_cost_quality_before_they_cost_pixels() -> None:
    data = make.saved(make.photo(1200, 800), "JPEG", quality=98)
    done = fit(data, "lamp.jpg", replace(RULE, bytes=len(data) // 2))
    assert len(data) // 4 < len(done.data) <= len(data) // 2
    assert (done.width, done.height, done.note) == (1200, 800, "")


@pytest.mark.parametrize("limit", [100_000, 50_000, 8_000, 2_000])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_no_picture_has_more_bytes_than_are_taken(form: str, limit: int) -> None:
    done = fit(make.saved(make.noise(700, 500), form), "noise", replace(RULE, bytes=limit))
    assert len(done.data) <= limit
    assert done.note.startswith("scaled from 700×500")
    assert make.opened(done.data).size == (done.width, done.height)


def test_where_only_png_is_taken_a_png_is_scaled_until_it_fits() -> None:
    rule = PictureRule(1, ("image/png",), 60_000)
    done = fit(make.saved(make.noise(400, 300), "JPEG"), "noise.jpg", rule)
    assert done.kind == "image/png" and len(done.data) <= 60_000


def test_scaling_in_strips_is_what_pillow_does_in_one_go() -> None:
    for mode in ("L", "RGB", "CMYK", "RGBA"):
        image = make.noise(333, 1300, mode)
        if mode == "RGBA":
            image.putalpha(200)
        plain = image.convert("RGBa") if mode == "RGBA" else image
        whole = plain.resize((333, 777), Image.Resampling.LANCZOS).resize(
            (200, 777), Image.Resampling.LANCZOS
        )
        difference = ImageChops.difference(whole.convert(mode), scaled(image, (200, 777)))
        assert max(difference.tobytes()) <= 2


# Graphics stay sharp, and clear where they can.


def test_a_transparent_png_stays_one_where_it_fits_even_when_scaled() -> None:
    clear = make.halves((400, 200), "RGBA")
    clear.putalpha(Image.linear_gradient("L").resize((400, 200)))
    done = fit(make.saved(clear, "PNG"), "logo.png", replace(RULE, side=200))
    with make.opened(done.data) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (200, 100))


def test_transparency_is_white_where_only_a_jpeg_fits() -> None:
    clear = make.noise(400, 300, "RGBA")
    clear.putalpha(0)
    done = fit(make.saved(clear, "PNG"), "logo.png", PictureRule(1, ("image/jpeg",), 1_000_000))
    assert done.note == "turned into a JPEG, transparency made white"
    with make.opened(done.data) as image:
        assert make.near(image.getpixel((200, 150)), make.WHITE, 3)


def test_colours_that_cannot_be_seen_do_not_bleed_into_those_that_can() -> None:
    image = Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 101, 200))
    done = fit(make.saved(image, "PNG"), "logo.png", replace(RULE, side=50))
    with make.opened(done.data) as small:
        pixels = small.tobytes()
    assert all(red < 30 for red, alpha in zip(pixels[::4], pixels[3::4], strict=True) if alpha > 60)


# Modes that no browser shows.


@pytest.mark.parametrize("profile", [True, False])
def test_a_cmyk_jpeg_becomes_rgb_with_colours_that_look_the_same(profile: bool) -> None:
    data = make.saved(
        make.halves(mode="CMYK"), "JPEG", **({"icc_profile": _ink()} if profile else {})
    )
    done = fit(data, "print.jpg", RULE)
    with make.opened(done.data) as image:
        assert image.mode == "RGB"
        assert "icc_profile" not in image.info
        assert make.near(image.getpixel((8, 16)), make.RED, 40) and make.near(
            image.getpixel((56, 16)), make.BLUE, 40
        )


def _ink() -> bytes:
    """What calls itself a profile of inks, and is none."""
    return bytes(16) + b"CMYK" + bytes(200)


@pytest.mark.parametrize("grey", [False, True])
def test_a_png_of_16_bits_becomes_one_of_8(grey: bool) -> None:
    done = fit(make.png16(64, 32, grey=grey), "raw.png", RULE)
    assert done.data[24] == 8
    with make.opened(done.data) as image:
        assert image.mode == ("L" if grey else "RGB")
        left, right = (
            image.convert("RGB").getpixel((8, 16)),
            image.convert("RGB").getpixel((56, 16)),
        )
    assert make.near(left, (0x50,) * 3 if grey else make.RED) and make.near(
        right, (0xC0,) * 3 if grey else make.BLUE
    )


@pytest.mark.parametrize(
    ("mode", "form"),
    [("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("L", "JPEG"), ("P", "BMP"), ("I", "TIFF"), ("F", "TIFF"),
     ("I;16", "TIFF"), ("CMYK", "TIFF"), ("YCbCr", "JPEG"), ("RGBA", "TIFF"), ("P", "GIF")],
)  # fmt: skip
def test_every_mode_of_pixels_can_be_scaled_and_sent(mode: str, form: str) -> None:
    grey = Image.linear_gradient("L").resize((120, 80))
    image = (
        make.halves((120, 80), mode)
        if mode not in ("I", "F", "I;16")
        else grey.convert("I").convert(mode)
    )
    done = fit(make.saved(image, form), "odd", replace(PLAIN, side=60))
    with make.opened(done.data) as small:
        assert small.size == (60, 40)
        assert small.mode in ("L", "RGB", "RGBA", "P")


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 3.7e6])
def test_numbers_instead_of_colours_are_spread_over_what_can_be_seen(top: float) -> None:
    image = Image.linear_gradient("L").convert("F").point(lambda value: value * (top / 255) + 0)
    done = fit(make.saved(image, "TIFF"), "field.tif", PLAIN)
    with make.opened(done.data) as shown:
        low, high = shown.getextrema()
        assert isinstance(low, int) and low < 10
        assert isinstance(high, int) and high > 245


def test_a_palette_that_is_clear_in_one_colour_stays_clear() -> None:
    image = make.halves(mode="RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    clear = image.getpixel((0, 0))
    done = fit(make.saved(image, "PNG", transparency=clear), "logo.png", replace(RULE, side=32))
    with make.opened(done.data) as small:
        assert small.convert("RGBA").getpixel((2, 8)) == (0, 0, 0, 0)


# What moves.


def test_an_animated_gif_is_sent_byte_for_byte_where_it_is_taken() -> None:
    data = make.moving()
    done = fit(data, "demo.gif", RULE)
    assert (done.data, done.kind, done.note) == (data, "image/gif", "")


def test_comments_are_taken_out_of_an_animation_and_it_still_moves() -> None:
    done = fit(make.moving(comment=b"by somebody"), "demo.gif", RULE)
    assert b"somebody" not in done.data
    with Image.open(io.BytesIO(done.data)) as image:
        assert getattr(image, "n_frames", 1) == 5
        assert image.info["loop"] == 0


@pytest.mark.parametrize("animation", [None, (100, 10**6), (10**6, 100)])
def test_of_an_animation_that_is_not_taken_the_first_frame_is_sent(
    animation: tuple[int, int] | None,
) -> None:
    done = fit(make.moving(), "demo.gif", replace(RULE, animation=animation))
    assert (done.name, done.kind) == ("demo.png", "image/png")
    assert done.note == "first frame of an animation, turned into a PNG"
    with make.opened(done.data) as image:
        assert make.near(image.convert("RGB").getpixel((3, 3)), make.RED)


def test_a_gif_of_one_frame_is_a_still_picture() -> None:
    """As a GIF it would be taken for an animation, and those don't stand beside other pictures."""
    done = fit(make.saved(make.halves(), "GIF"), "old.gif", RULE)
    assert (done.name, done.kind, done.note) == ("old.png", "image/png", "turned into a PNG")
    with make.opened(done.data) as image:
        assert make.near(image.convert("RGB").getpixel((3, 3)), make.RED)


@pytest.mark.parametrize("form", ["WEBP", "PNG", "AVIF"])
def test_of_other_animations_the_first_frame_is_sent(form: str) -> None:
    done = fit(make.moving(form=form), "demo", replace(RULE, kinds=(*KINDS, "image/avif")))
    assert done.note.startswith("first frame of an animation")
    with make.opened(done.data) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert make.near(image.convert("RGB").getpixel((3, 3)), make.RED, 60)


# Names.


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("lamp.jpeg", "lamp.png"), ("../../etc/passwd", "passwd.png"), ("C:\\mine\\lamp.png", "lamp.png"),
     ("à la carte.png", "a-la-carte.png"), ("图.png", "picture.png"), ("", "picture.png"), ("..", "picture.png"),
     ("a\r\nb;c=\"d\".png", "a-b-c-d.png"), ("x" * 300 + ".png", "x" * 80 + ".png")],
)  # fmt: skip
def test_what_remains_of_a_name_is_safe_everywhere(given_name: str, name: str) -> None:
    assert fit(make.saved(make.halves(), "PNG"), given_name, RULE).name == name


def test_the_same_picture_gives_the_same_bytes() -> None:
    data = make.saved(make.photo(900, 600), "TIFF")
    assert fit(data, "lamp", PLAIN) == fit(data, "lamp", PLAIN)


def test_a_dry_run_without_pictures_does_not_import_pillow() -> None:
    script = "import publisher.pictures.fit, publisher.pictures.gather, sys; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_the_kind_of_place_in_a_sample_is_really_there() -> None:
    with Image.open(io.BytesIO(make.labelled())) as image:
        assert image.getexif().get_ifd(ExifTags.IFD.GPSInfo)


@pytest.mark.parametrize("case", make.REAL_SIZES)
def test_pictures_of_real_sizes_stay_under_400_megabytes(case: str, tmp_path: Path) -> None:
    name, maker = make.REAL_SIZES[case]
    path = tmp_path / name
    path.write_bytes(maker())
    values = {
        "count": 4,
        "kinds": KINDS,
        "bytes": RULE.bytes,
        "pixels": RULE.pixels,
        "animation": RULE.animation,
    }
    command = [sys.executable, "-c", make.MEASURED + make.PEAK, str(path), json.dumps(values)]
    said = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    )
    assert said["peak"] < 400_000_000
    if case == "decompression bomb":
        assert said["error"] == "has far too many pixels: up to 50 million are read"
    else:
        assert said["size"] <= RULE.bytes
