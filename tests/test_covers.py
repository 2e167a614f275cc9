"""A post's own picture and its text, whatever its theme calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.config import Config, Site
from publisher.post.covers import ALTS, OWN, THEIRS
from publisher.post.post import Post
from publisher.post.reader import read
from tests.pages import ROOT
from tests.picture_files import halves, saved


def post(folder: Path, **head: object) -> Post:
    (folder / "static" / "img").mkdir(parents=True, exist_ok=True)
    for name in ("lamp.png", "static/img/lit.png"):
        (folder / name).write_bytes(saved(halves(), "PNG"))
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items())
    (folder / "post.md").write_text(f"---\ntitle: The lamp\n{lines}---\nText.\n", "utf-8")
    site = Site(base_url="https://ada.example", permalink="/news/{slug}/")
    return read(folder / "post.md", Config(folder, site=site))


@pytest.mark.parametrize("key", [*OWN, *THEIRS, "heroImage", "featuredImage"])
@pytest.mark.parametrize("written", ["lamp.png", "/img/lit.png", "https://elsewhere.example/x.png"])
def test_any_key_of_a_picture_is_the_cover(key: str, written: str, tmp_path: Path) -> None:
    value: object = [written] if key == "images" else written
    (picture,) = post(tmp_path, **{key: value}).pictures
    assert picture.file or picture.address == written


@pytest.mark.parametrize("key", ALTS)
def test_its_text_may_stand_beside_it(key: str, tmp_path: Path) -> None:
    (picture,) = post(tmp_path, **{"heroImage": "lamp.png", key: "A  lamp"}).pictures
    assert picture.alt == "A lamp"


def test_a_text_of_its_own_comes_first(tmp_path: Path) -> None:
    cover = {"src": "lamp.png", "alt": "Lit"}
    assert post(tmp_path, cover=cover, image_alt="Other").pictures[0].alt == "Lit"


def test_a_table_of_a_header_s(tmp_path: Path) -> None:
    (picture,) = post(tmp_path, header={"image": "/img/lit.png", "teaser": "/img/no.png"}).pictures
    assert picture.file == tmp_path / "static" / "img" / "lit.png"


def test_the_author_s_own_key_comes_before_a_theme_s(tmp_path: Path) -> None:
    (picture,) = post(tmp_path, thumbnail="/img/lit.png", image="lamp.png").pictures
    assert picture.file == tmp_path / "lamp.png"


@pytest.mark.parametrize(
    "written", ["../assets/gone.png", "~/assets/gone.png", "gone.png", "/img/gone.png"]
)
def test_a_theme_s_picture_that_is_elsewhere_is_left_out_and_said(
    written: str, tmp_path: Path
) -> None:
    found = post(tmp_path, heroImage=written)
    assert found.pictures == ()
    assert "the picture of heroimage is left out" in found.notes[0]


def test_the_page_has_every_key() -> None:
    """In the spelling that people use: heroImage for heroimage."""
    page = (ROOT / "docs" / "posts.md").read_text("utf-8").lower().replace("_", "")
    for key in (*OWN, *THEIRS):
        assert f"`{key.replace('_', '')}`" in page, key
