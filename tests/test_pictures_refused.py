"""What is no picture, or a broken or dangerous one: refused in one clear line, whatever its
bytes."""

from __future__ import annotations

import io
import struct
import sys
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from publisher.adapter import PictureRule
from publisher.errors import PictureError
from publisher.pictures import fit as fitting
from publisher.pictures.fit import fit, size_of
from publisher.pictures.strip import stripped
from tests import picture_files as make

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("image/jpeg", "image/png", "image/gif", "image/webp")
RULE = PictureRule(4, KINDS, 16 * 2**20, pixels=33_177_600, animation=(16 * 2**20, 1280 * 720))
PLAIN = PictureRule(4, ("image/jpeg", "image/png"), 5_000_000)


def refused(data: bytes, name: str = "picture.png", rule: PictureRule = RULE) -> PictureError:
    with pytest.raises(PictureError) as caught:
        fit(data, name, rule)
    assert caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint
    return caught.value


# What is refused.


@pytest.mark.parametrize(
    "data",
    [make.SVG, b"\xef\xbb\xbf" + make.SVG, make.SVG.decode().encode("utf-16"), b"<!-- mine -->\n<svg>",
     b'<!DOCTYPE svg PUBLIC "x"><svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>'],
)  # fmt: skip
@pytest.mark.parametrize("name", ["logo.svg", "logo.png", "logo"])
def test_an_svg_is_refused_however_it_is_named(data: bytes, name: str) -> None:
    error = refused(data, name)
    assert error.message.startswith("is an SVG")
    assert error.hint == "export a PNG"
    with pytest.raises(PictureError, match="SVG"):
        size_of(data)


def test_a_packed_svg_is_refused_as_one() -> None:
    assert refused(zlib.compress(make.SVG, wbits=31), "logo.svgz").message.startswith("is an SVG")


def test_a_web_page_in_place_of_a_picture_is_called_that() -> None:
    assert "is a page" in refused(b"<!doctype html><html><body><svg></svg></body></html>").message


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", bytes(1000), b"\0\0\0\x18ftypisom" + bytes(100)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refused(data).message.startswith("is ")


def test_an_animation_that_is_cut_off_is_refused() -> None:
    assert "cut off" in refused(make.moving()[:-40], "demo.gif").message


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.9])
def test_a_picture_that_is_cut_off_is_refused(form: str, kept: float) -> None:
    data = make.saved(make.photo(300, 200), form)
    error = refused(data[: int(len(data) * kept)], "lamp")
    assert "cut off" in error.message
    assert "export" in error.hint


def test_a_damaged_png_is_refused() -> None:
    data = bytearray(make.saved(make.photo(300, 200), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert "broken" in refused(bytes(data)).message


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (12_000, 10_000), (9_000, 9_000), (8_000, 6_300)]
)
def test_more_pixels_than_are_ever_decoded_are_refused_from_the_header(
    width: int, height: int
) -> None:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + make.chunk(b"IHDR", header)
        + make.chunk(b"IDAT", b"")
        + make.chunk(b"IEND", b"")
    )
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    error = refused(data)
    assert "50 million" in error.message
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


def test_an_animation_of_too_many_frames_is_refused_before_one_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "FRAMES", 64 * 48 * 4)
    assert refused(make.moving(), "demo.gif").message == "has 5 frames of 64×48"


def test_a_heic_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert "pip install 'announcement-publisher[images]'" in refused(make.HEIC).hint


def test_what_cannot_be_made_small_enough_is_one_clear_error() -> None:
    error = refused(make.saved(make.noise(300, 300), "JPEG"), rule=replace(RULE, bytes=100))
    assert error.message == "can't be made smaller than 100 bytes"


# Whatever comes.


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_whatever_do_more_than_be_refused(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP",
                                       b"II*\0", b"BM", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif"]))  # fmt: skip
    _fitted_or_refused(start + data.draw(st.binary(max_size=400)))


_SAMPLES = [
    *(make.labelled(form, (24, 16)) for form in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")),
    make.moving((16, 16), 3, comment=b"x"),
    make.saved(make.halves((24, 16)), "JPEG", progressive=True),
    make.png16(24, 16),
    make.HEIC,
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(_SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_no_damage_whatever_does_more_than_be_refused(
    sample: bytes, damage: list[tuple[float, int]]
) -> None:
    broken = bytearray(sample)
    for place, value in damage:
        broken[min(int(place * len(broken)), len(broken) - 1)] = value
    _fitted_or_refused(bytes(broken))


def _fitted_or_refused(data: bytes) -> None:
    for rule in (RULE, replace(PLAIN, side=20, bytes=3000)):
        try:
            done = fit(data, "any", rule)
        except PictureError:
            continue
        assert 0 < len(done.data) <= rule.bytes
        with Image.open(io.BytesIO(done.data)) as image:
            assert image.width > 0


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(KINDS), st.sampled_from(_SAMPLES))
def test_taking_out_never_reads_past_the_end(junk: bytes, kind: str, sample: bytes) -> None:
    for data in (junk, sample[: len(junk)], sample + junk):
        try:
            once = stripped(data, kind)
        except ValueError:
            continue
        assert stripped(once, kind) == once
