"""`publish new`: a post where the site's posts are, as they are, which reads as one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config import of_run
from publisher.errors import UsageError
from publisher.generators.find_site import _MARKS
from publisher.generators.generator import Generator
from publisher.post.reader import read
from publisher.site import new_post
from tests.conftest import Publish
from tests.pages import in_folder

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
YEAR, MONTH = TODAY.split("-")[:2]
SITES = {
    "hugo": {"hugo.toml": 'baseURL = "https://ada.example/"\n'},
    "zola": {"config.toml": 'base_url = "https://ada.example"\n'},
    "hexo": {"_config.yml": "url: https://ada.example\nsource_dir: source\n"},
    "jekyll": {"_config.yml": "url: https://ada.example\n"},
    "astro": {"astro.config.mjs": 'export default { site: "https://ada.example" };\n'},
    "docusaurus": {
        "docusaurus.config.js": 'module.exports = { url: "https://ada.example", baseUrl: "/" };\n'
    },
    "mkdocs": {"mkdocs.yml": "site_url: https://ada.example\nplugins: [blog]\n"},
    "pelican": {"pelicanconf.py": 'SITEURL = "https://ada.example"\n'},
    "nikola": {
        "conf.py": 'SITE_URL = "https://ada.example/"\nPOSTS = (("posts/*.md", "posts", "post.tmpl"),)\n'
    },
    "quarto": {"_quarto.yml": "website:\n  site-url: https://ada.example\n"},
    "eleventy": {"eleventy.config.js": "module.exports = function () {};\n"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()  # the search for a site ends here
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(ran_out: str) -> Path:
    return Path(ran_out.partition(": written")[0])


def test_every_generator_is_tried() -> None:
    assert set(SITES) == set(_MARKS)


@pytest.mark.parametrize("name", SITES)
def test_a_first_post_is_read_as_what_was_asked_for(
    name: str, folder: Path, publish: Publish
) -> None:
    in_folder(folder, SITES[name])
    ran = publish("new", "Ada’s lamp: “2.0”")
    assert ran.status == 0, ran.err
    file = made(ran.out)
    config = of_run(None, folder)
    assert config.generator is not None
    assert config.generator.name.lower() == name
    post = read(file, config)
    assert post.title == "Ada’s lamp: “2.0”"
    assert f"{post.date:%Y-%m-%d}" == TODAY
    assert not post.notes
    has_drafts = config.generator.first_post.draft is not None
    assert post.draft == has_drafts
    assert ("It is a draft" in ran.out) == has_drafts
    again = publish("new", "Ada’s lamp: “2.0”")
    assert again.status == 2
    assert "is there already" in again.err


@pytest.mark.parametrize("name", SITES)
def test_without_a_draft_it_is_none(name: str, folder: Path, publish: Publish) -> None:
    in_folder(folder, SITES[name])
    file = made(publish("new", "Lamp", "--no-draft").out)
    assert not read(file, of_run(None, folder)).draft


def test_where_nothing_is_known_it_is_a_file_here(folder: Path, publish: Publish) -> None:
    ran = publish("new", "Hello, World!")
    assert (folder / "hello-world.md").read_text("utf-8") == (
        f'---\ntitle: "Hello, World!"\ndate: {TODAY}\n---\n\nWrite here what is new.\n'
    )
    assert "publish hello-world.md --dry-run" in ran.out
    assert publish("hello-world.md", "--dry-run").status == 0


@pytest.mark.parametrize(
    ("old", "text", "new"),
    [
        (
            "content/news/2026/03/lamp.md",
            "---\ntitle: Lamp\ndate: 2026-03-05\nauthor: Ada\ntags: [light]\nslug: lamp\n---\nHi.\n",
            f"content/news/{YEAR}/{MONTH}/fan.md",
        ),
        (
            "content/blog/2026-03-05-lamp/index.md",
            '+++\ntitle = "Lamp"\ndate = 2026-03-05T10:00:00Z\nauthor = "Ada"\ntags = ["light"]\n+++\nHi.\n',
            f"content/blog/{TODAY}-fan/index.md",
        ),
    ],
)
def test_it_takes_after_the_newest_post(
    old: str, text: str, new: str, folder: Path, publish: Publish
) -> None:
    in_folder(folder, {**SITES["hugo"], old: text})
    ran = publish("new", "Fan")
    assert ran.status == 0, ran.err
    written = (folder / new).read_text("utf-8")
    assert written.startswith(text[:3])
    post = read(folder / new, of_run(None, folder))
    assert post.title == "Fan"
    assert post.authors == ("Ada",)
    assert post.tags == ()
    assert post.draft
    assert "slug" not in written
    assert ("T" in re.findall("date.*", written)[0]) == ("T" in re.findall("date.*", text)[0])


@given(title=st.text(min_size=1, max_size=80))
def test_any_title_makes_a_file_s_name_or_an_error(title: str) -> None:
    shape = new_post.Shape("posts/{slug}.md")
    try:
        path = new_post.place(shape, title, datetime.now(UTC))
    except UsageError:
        return
    assert path.parts[0] == "posts"
    assert len(path.parts) == 2
    assert not path.name.startswith((".", "-"))


@pytest.mark.parametrize("name", SITES)
def test_each_generator_says_where_its_first_post_goes(name: str) -> None:
    module = import_module(f"publisher.generators.{name}")
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Generator) and kind is not Generator
    ]
    assert any("first_post" in vars(kind) for kind in kinds)
