"""The address that a post is announced with is that of the page which the site's generator really
builds, with nothing in publish.toml but a channel; and what has no page has no address."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher import config as configuration
from publisher.config import Config
from publisher.errors import ConfigError, PostError, PublishError
from publisher.generators.find_site import find_site
from publisher.generators.generator import Generator, is_address
from publisher.generators.listing import _ask
from publisher.generators.page import NoAddress, Page
from publisher.generators.unknown import UNKNOWN
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.sandbox import Sandbox
from tests.audit import TASTE, audit
from tests.conftest import SHARED, Publish
from tests.pages import ROOT
from tests.sites import HOST, RECORDED, SITES, Site, posts, write

GIVEN = SHARED / "sites"
BUILT = json.loads(RECORDED.read_text("utf-8"))
"""What the generators made of the posts of tests/sites.py; `.ci/run` holds it to them."""
DEPENDS = ("depends on the time zone", "made by code", "depends on Hugo")
"""Why a page that is built may have no address here: it can't be known, and that is said."""


MORE_SETTINGS = (
    "module", "contentdir", "frontmatter", "defaults", "collections_dir", "plugins", "trailingSlash", "build",
    "PATH_METADATA",
    "ARTICLE_PATHS", "STATIC_PATHS", "DEFAULT_METADATA", "permalink_defaults", "i18n", "slugify", "srcDir", "PAGE_PATHS",
)  # fmt: skip
WORKFLOWS = sorted((ROOT / "docs" / "workflows").glob("*.yml"))


def config_of(file: Path) -> Config:
    return configuration.of_run(None, file.parent)


def read_in(folder: Path, name: str) -> Post:
    return read(folder / name, config_of(folder / name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "publish.toml").write_text(
        '[channels.discord]\nwebhook_url = { env = "WEBHOOK" }\n', "utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_page_has_the_address_that_the_generator_gives_it(site: Site, folder: Path) -> None:
    write(site, folder)
    wrong = {}
    for name, address in BUILT[site.name].items():
        post = read_in(folder, name)
        unknown = any(words in post.url_problem for words in DEPENDS)
        if post.url != (address or "") and not (unknown and not post.url):
            wrong[name] = (address, post.url or post.url_problem)
    assert wrong == {}
    assert set(BUILT[site.name]) == {name for name in BUILT[site.name] if (folder / name).is_file()}


@pytest.mark.skipif(not GIVEN.is_dir(), reason="../shared/sites is not there")
@pytest.mark.parametrize("name", sorted(each.name for each in GIVEN.glob("*")))
def test_the_given_sites_are_right(name: str, folder: Path) -> None:
    """What Jekyll calls `baseurl` is part of every address that it writes (absolute_url), and of none
    of its files: the given address of such a site is that of the file."""
    shutil.copytree(GIVEN / name, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    (folder / ".git").mkdir()
    if not config_of(folder / "x.md").site.base_url:
        config = (folder / "publish.toml").read_text("utf-8")
        (folder / "publish.toml").write_text(f'[site]\nbase_url = "{HOST}/"\n{config}', "utf-8")
    base = "/b" if name == "jek-title" else ""
    given = json.loads((folder / "real.json").read_text("utf-8"))
    wanted = {
        file: address.replace(HOST, HOST + base) if address else ""
        for file, address in given.items()
    }
    assert {file: read_in(folder, file).url for file in given} == wanted


def test_a_site_is_found_from_where_its_posts_lie(folder: Path) -> None:
    """The configuration may be above the site, or in a folder of it."""
    site = folder / "web"
    (site / "content" / "posts").mkdir(parents=True)
    (site / "hugo.toml").write_text('baseURL = "https://ada.example/"\n', "utf-8")
    file = site / "content" / "posts" / "hello.md"
    file.write_text("---\ntitle: Hello\n---\nHello.\n", "utf-8")
    assert read(file, config_of(file)).url == "https://ada.example/posts/hello/"
    shutil.move(folder / "publish.toml", file.parent / "publish.toml")
    (folder / ".git").mkdir()
    assert read(file, config_of(file)).url == "https://ada.example/posts/hello/"


def test_what_publish_toml_says_comes_first(folder: Path) -> None:
    (folder / "hugo.toml").write_text(
        'baseURL = "https://ada.example/"\ntitle = "Ada"\nlanguageCode = "fr"\n'
        'timeZone = "Asia/Tokyo"\n',
        "utf-8",
    )
    site = config_of(folder / "x.md").site
    assert (site.base_url, site.title, site.language) == ("https://ada.example", "Ada", "fr")
    assert str(site.timezone) == "Asia/Tokyo"
    (folder / "publish.toml").write_text(
        '[site]\nbase_url = "https://b.example/"\ntitle = "B"\nlanguage = "de"\ntimezone = "UTC"\n',
        "utf-8",
    )
    own = config_of(folder / "x.md").site
    assert (own.base_url, own.title, own.language) == ("https://b.example/", "B", "de")
    assert str(own.timezone) == "UTC"


def test_a_new_site_s_placeholder_is_no_address(folder: Path) -> None:
    (folder / "hugo.toml").write_text('baseURL = "https://example.org/"\n', "utf-8")
    (folder / "content").mkdir()
    (folder / "content" / "x.md").write_text("---\ntitle: X\n---\nX.\n", "utf-8")
    post = read_in(folder, "content/x.md")
    assert post.url == ""
    assert "hugo.toml doesn't say it" in post.url_problem


@pytest.fixture
def hugo(project: Path) -> Path:
    """A site of Hugo's around the sandbox's configuration, and a post that it doesn't build."""
    config = (project / "publish.toml").read_text("utf-8")
    config = re.sub(r"(?ms)^\[site\].*?(?=^\[)", "", config)
    (project / "publish.toml").write_text(config, "utf-8")
    (project / "hugo.toml").write_text('baseURL = "https://ada.example/"\n', "utf-8")
    return project


def test_a_post_that_is_not_built_is_held(hugo: Path, sandbox: Sandbox, publish: Publish) -> None:
    ran = publish("post.md", "--json")
    assert ran.status == 1
    assert {each["reason"] for each in ran.json["results"]} == {"address?"}
    assert (
        "the site doesn't build this post: it lies outside content"
        in ran.json["results"][0]["error"]["message"]
    )
    assert ran.json["posts"][0]["url"] is None
    assert sandbox.received() == []


@pytest.mark.parametrize(
    ("said", "address"),
    [("none", None), ("https://ada.example/there/", "https://ada.example/there/")],
)
def test_the_author_settles_it(
    hugo: Path, sandbox: Sandbox, publish: Publish, said: str, address: str | None
) -> None:
    text = (hugo / "post.md").read_text("utf-8")
    head, rest = text.split("---\n", 2)[1:]
    head = "".join(
        line + "\n" for line in head.splitlines() if not line.startswith(("canonical_url", "url"))
    )
    (hugo / "post.md").write_text(f"---\n{head}publish: {{url: '{said}'}}\n---\n{rest}", "utf-8")
    ran = publish("post.md", "--json", "--channels", "mastodon")
    assert ran.status == 0, ran.err
    assert ran.json["posts"][0]["url"] == address
    (received,) = sandbox.received()
    assert ("https://ada.example/there/" in received["text"]) is bool(address)


def test_what_is_live_stays_whatever_its_site_says_now(
    hugo: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """Only creations are held: an address that isn't known any more takes nothing down."""
    (hugo / "hugo.toml").rename(hugo / "later.toml")
    assert publish("post.md", "--channels", "discord").status == 0
    (hugo / "later.toml").rename(hugo / "hugo.toml")
    ran = publish("post.md", "--channels", "discord", "--json")
    assert ran.status == 0
    assert ran.json["results"][0]["status"] in ("unchanged", "outdated")
    assert len(sandbox.received()) == 1


def test_the_dry_run_shows_the_address_and_who_says_so(hugo: Path, publish: Publish) -> None:
    (hugo / "content").mkdir()
    shutil.move(hugo / "post.md", hugo / "content" / "My Post.md")
    text = (hugo / "content" / "My Post.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("canonical_url", "url:"))]
    (hugo / "content" / "My Post.md").write_text("\n".join(lines), "utf-8")
    ran = publish("content/My Post.md", "--dry-run")
    assert ran.out.count("https://ada.example/my-post/ (as Hugo makes it)") == 1
    said = publish("content/My Post.md", "--dry-run", "--json").json["posts"]
    assert said == [
        {
            "post": "content/My Post.md",
            "url": "https://ada.example/my-post/",
            "url_source": "Hugo",
            "url_problem": None,
            "notes": [],
        }
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pelicanconf.py", "import os\nos.system('touch ran')\nSITEURL = os.environ['HOME']\n"),
        ("astro.config.mjs", "import fs from 'fs';\nfs.writeFileSync('ran', '');\n"
         "export default { site: process.env.HOME };\n"),
        ("_config.yml", "url: !ruby/object:Gem::Installer {i: x}\n"),
        ("mkdocs.yml", "site_url: !!python/object/apply:os.system ['touch ran']\nsite_name: x\n"),
    ],
)  # fmt: skip
def test_a_site_s_settings_are_never_run(
    name: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / name).write_text(text, "utf-8")
    config = config_of(folder / "x.md")
    assert config.generator is not None
    assert config.site.base_url == ""
    assert not (folder / "ran").exists()
    assert os.environ["HOME"] not in str(config)


@pytest.mark.parametrize("name", ["hugo.toml", "_config.yml", "mkdocs.yml", "pelicanconf.py"])
def test_settings_that_can_not_be_read_are_said(
    name: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / name).write_text("a = [\n: {", "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert f"{name}: can't be read" in ran.err
    assert sandbox.received() == []


def test_check_shows_what_was_found_and_where(hugo: Path, publish: Publish) -> None:
    (hugo / "content").mkdir()
    (hugo / "content" / "x.md").write_text("---\ntitle: X\ndate: 2026-03-05\n---\nX.\n", "utf-8")
    ran = publish("check", "content/x.md")
    assert ran.status == 0
    assert "Hugo builds this site: hugo.toml" in ran.out
    assert "base_url: https://ada.example (hugo.toml)" in ran.out
    assert "content/x.md: its page is https://ada.example/x/ (as Hugo makes it)" in ran.out
    held = publish("check", "post.md")
    assert held.status == 1
    assert "it lies outside content" in held.out


def test_check_shows_what_each_setting_means_for_the_newest_post(
    hugo: Path, publish: Publish
) -> None:
    (hugo / "hugo.toml").write_text(
        'baseURL = "https://ada.example/"\ntitle = "Ada"\nlanguageCode = "fr"\n'
        'timeZone = "Asia/Tokyo"\n',
        "utf-8",
    )
    for name, day in {
        "old": "2025-01-01",
        "new": "2026-03-05T20:00:00Z",
        "future": "2099-01-01",
    }.items():
        (hugo / "content").mkdir(exist_ok=True)
        text = f"---\ntitle: {name}\ndate: {day}\n---\n![A lamp](/img/l%20.png)\n"
        (hugo / "content" / f"{name}.md").write_text(text, "utf-8")
    (hugo / "content" / "broken.md").write_text("---\ntitle: [\n---\n", "utf-8")
    (hugo / "static" / "img").mkdir(parents=True)
    (hugo / "static" / "img" / "l .png").write_bytes(b"")
    (hugo / "public").mkdir()
    (hugo / "public" / "index.html").write_text("", "utf-8")
    os.utime(hugo / "public" / "index.html", (1_700_000_000, 1_700_000_000))
    ran = publish("check")
    assert "what that means for content/new.md" in ran.out
    for line in (
        "base_url: https://ada.example (hugo.toml): its page is https://ada.example/new/",
        "title: Ada (hugo.toml): it is called “new”",
        "language: fr (hugo.toml): it is in fr",
        "timezone: Asia/Tokyo (hugo.toml): its date is 2026-03-06 05:00 JST",
        "static: static (as Hugo has it): its picture https://ada.example/img/l%20.png is static/img/l .png",
        "built: public (as Hugo has it): older than the post, and not asked",
    ):
        assert f"  {line}\n" in ran.out


@pytest.mark.parametrize("name", ["hugo.toml", "_config.yml", "mkdocs.yml", "astro.config.mjs"])
def test_settings_that_are_a_link_are_not_read(
    name: str, project: Path, tmp_path_factory: pytest.TempPathFactory, publish: Publish
) -> None:
    """What a stranger's pull request brings can't show what lies elsewhere."""
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text('baseURL = "https://secret.example/"\nurl: https://secret.example\n', "utf-8")
    (project / name).symlink_to(secret)
    ran = publish("post.md", "--dry-run")
    assert ran.status == 2
    assert f"{name}: is a link" in ran.err
    assert "secret.example" not in ran.out + ran.err


@pytest.mark.parametrize("name", ["package.json", "conf.py", "config.yaml"])
def test_files_that_others_have_too_stop_nothing(name: str, folder: Path) -> None:
    (folder / name).write_text("{ // a comment\n: [", "utf-8")
    assert config_of(folder / "x.md").generator is None


def built(site: Path, name: str, title: str) -> None:
    """A page of the built site."""
    file = site / "public" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"<html><title>{title} | Ada</title><body><h1>Ada</h1></body></html>", "utf-8")


@pytest.fixture
def site(folder: Path) -> Path:
    (folder / "hugo.toml").write_text('baseURL = "https://ada.example/"\n', "utf-8")
    (folder / "content").mkdir()
    file = folder / "content" / "x.md"
    file.write_text("---\ntitle: The Lamp’s Day\n---\nX.\n", "utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    built(folder, "index.html", "Home")
    return folder


def test_the_built_site_agrees(site: Path) -> None:
    built(site, "x/index.html", "Whatever")
    post = read_in(site, "content/x.md")
    assert (post.url, post.url_source) == ("https://ada.example/x/", "Hugo")


@pytest.mark.parametrize(
    ("canonical", "is_right"),
    [
        ("https://ada.example/x/", True), ("https://ada.example/x", True), ("https://ada.example/x/index.html", True),
        ("https://ada.example/blog/x/", False), ("http://localhost:1313/blog/x/", True), ("/x/", True),
    ],
)  # fmt: skip
def test_a_page_that_calls_itself_otherwise_is_held(
    canonical: str, is_right: bool, site: Path
) -> None:
    built(site, "x/index.html", f"X</title><link href='{canonical}' rel='canonical'><title>")
    post = read_in(site, "content/x.md")
    assert post.url == ("https://ada.example/x/" if is_right else "")
    assert is_right or canonical in post.url_problem


def test_what_is_disputed_is_held_with_both_addresses(site: Path) -> None:
    built(site, "elsewhere/index.html", "The Lamp&rsquo;s day")
    post = read_in(site, "content/x.md")
    assert post.url == ""
    assert "https://ada.example/x/" in post.url_problem
    assert "https://ada.example/elsewhere/" in post.url_problem


def test_a_post_that_was_not_built_is_held(site: Path) -> None:
    assert "has no /x/" in read_in(site, "content/x.md").url_problem


def test_a_built_site_that_is_older_than_the_post_is_not_asked(site: Path) -> None:
    os.utime(site / "content" / "x.md", (4_000_000_000, 4_000_000_000))
    assert read_in(site, "content/x.md").url == "https://ada.example/x/"


def test_where_the_rules_say_nothing_the_built_site_does(site: Path) -> None:
    (site / "content" / "_index.md").write_text("---\ncascade: {url: /z/}\n---\n", "utf-8")
    assert "cascade" in read_in(site, "content/x.md").url_problem
    built(site, "é à/index.html", "The Lamp’s day")
    built(site, "index.html", "Home")
    post = read_in(site, "content/x.md")
    assert (post.url, post.url_source) == ("https://ada.example/%C3%A9%20%C3%A0/", "built site")
    built(site, "twice/index.html", "The Lamp’s Day")
    built(site, "index.html", "Home")
    assert read_in(site, "content/x.md").url == ""


def test_of_two_pages_of_one_title_that_of_the_post_s_day_is_its_page(site: Path) -> None:
    file = site / "content" / "x.md"
    file.write_text(
        "---\ntitle: News\ndate: 2026-03-05T23:30:00+01:00\nurl: /:x/\n---\nX.\n", "utf-8"
    )
    os.utime(file, (1_700_000_000, 1_700_000_000))
    (site / "content" / "_index.md").write_text("---\ncascade: {url: /z/}\n---\n", "utf-8")
    built(
        site, "old/index.html", 'News</title><time datetime="2025-03-05T10:00:00Z"></time><title>'
    )
    built(site, "new/index.html", "News</title><time datetime=2026-03-05T22:30:00Z></time><title>")
    built(site, "index.html", "Home")
    post = read_in(site, "content/x.md")
    assert (post.url, post.url_source) == ("https://ada.example/new/", "built site")


ELEVENTY = {
    "eleventy.config.js": "export default function () {}",
    "posts/x.md": "---\ntitle: The Lamp & I\ndate: 2026-03-05\n---\nX.\n",
}
FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://a.example/b/feed.xml"/>
<entry><title>Other</title><link href="https://a.example/b/other/"/><updated>2026-03-05T00:00:00Z</updated></entry>
<entry><title type="html">The Lamp &amp;amp; I</title><link rel="alternate" href="https://a.example/b/posts/x/"/>
<published>2026-03-05T00:00:00Z</published></entry></feed>"""
RSS = """<rss><channel><item><title><![CDATA[The Lamp & I]]></title><link>https://a.example/b/posts/x/</link>
<pubDate>Thu, 05 Mar 2026 00:00:00 +0000</pubDate></item></channel></rss>"""
MAP = """<urlset><url><loc>https://a.example/b/posts/</loc></url>
<url><loc>https://a.example/b/posts/x/</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sitemap.xml", MAP), ("sitemap-0.xml", MAP), ("feed.xml", FEED), ("feed/feed.xml", FEED), ("blog/rss.xml", RSS),
        ("posts/x/index.html", "<link rel=canonical href=https://a.example/b/posts/x/>"),
    ],
)  # fmt: skip
def test_a_site_that_does_not_say_its_own_address_may_be_built_with_it(
    name: str, text: str, folder: Path
) -> None:
    """By the page's own words, or by a list of the site's pages; a machine's own address is none."""
    for file, content in ELEVENTY.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content, "utf-8")
    os.utime(folder / "posts/x.md", (1_700_000_000, 1_700_000_000))
    assert "isn't known" in read_in(folder, "posts/x.md").url_problem
    files = {
        "index.html": "",
        "posts/x/index.html": "<link rel=canonical href=http://localhost:8080/posts/x/>",
    }
    for file, content in {**files, name: text}.items():
        (folder / "_site" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "_site" / file).write_text(content, "utf-8")
    post = read_in(folder, "posts/x.md")
    assert (post.url, post.url_source) == ("https://a.example/b/posts/x/", "built site")


def test_a_feed_that_knows_another_address_is_a_dispute(site: Path) -> None:
    """But where the page has the post's title: the feed may know a translation of that name alone."""
    file = site / "content" / "x.md"
    file.write_text("---\ntitle: The Lamp & I\ndate: 2026-03-05\n---\nX.\n", "utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    built(site, "x/index.html", "A list of lamps")
    (site / "public" / "index.xml").write_text(
        RSS.replace("a.example/b/posts", "ada.example"), "utf-8"
    )
    assert read_in(site, "content/x.md").url == "https://ada.example/x/"
    (site / "public" / "index.xml").write_text(RSS.replace("a.example", "ada.example"), "utf-8")
    built(site, "index.html", "Home")
    assert (
        "the site's feed has it at https://ada.example/b/posts/x/"
        in read_in(site, "content/x.md").url_problem
    )
    built(site, "x/index.html", "The Lamp &amp; I")
    built(site, "index.html", "Home")
    assert read_in(site, "content/x.md").url == "https://ada.example/x/"


def test_a_page_of_the_same_title_is_not_that_of_a_post_that_is_not_built(site: Path) -> None:
    built(site, "there/index.html", "The Lamp’s Day")
    (site / "x.md").write_text("---\ntitle: The Lamp’s Day\n---\nX.\n", "utf-8")
    os.utime(site / "x.md", (1_700_000_000, 1_700_000_000))
    assert read_in(site, "x.md").url == ""


def test_the_sandbox_stands_in_for_a_site_that_has_not_said_its_address(
    hugo: Path, publish: Publish
) -> None:
    (hugo / "hugo.toml").write_text('title = "Ada"\n', "utf-8")
    (hugo / "content").mkdir()
    (hugo / "content" / "x.md").write_text("---\ntitle: X\ndate: 2026-03-05\n---\nX.\n", "utf-8")
    assert publish("content/x.md", "--channels", "discord").status == 1
    ran = publish("content/x.md", "--channels", "discord", "--sandbox", "--json")
    assert ran.status == 0
    assert ran.json["posts"][0]["url"].endswith("/x/")


BY_DOCUMENTATION = (
    Site("zola-plain", "zola", {
        "config.toml": f'base_url = "{HOST}"\n',
        "content/blog/2026-03-05-hello-world.md": "+++\ntitle = 'Hello'\n+++\nHello.\n",
        "content/blog/own/index.md": "+++\nslug = 'other'\n+++\nHello.\n",
        "content/path.md": "+++\npath = 'a/b'\n+++\nHello.\n",
    }),
    Site("quarto-plain", "quarto", {
        "_quarto.yml": f"website:\n  site-url: {HOST}\n",
        "posts/hello/index.qmd": "---\ntitle: Hello\n---\nHello.\n",
        "posts/plain.qmd": "---\ntitle: P\n---\nHello.\n",
    }),
)  # fmt: skip
"""Of generators that can't be had here: what their documentation says."""


@pytest.mark.parametrize(
    ("number", "name", "path"),
    [
        (0, "content/blog/2026-03-05-hello-world.md", "/blog/hello-world/"),
        (0, "content/blog/own/index.md", "/blog/other/"),
        (0, "content/path.md", "/a/b/"), (1, "posts/hello/index.qmd", "/posts/hello/"),
        (1, "posts/plain.qmd", "/posts/plain.html"),
    ],
)  # fmt: skip
def test_by_the_documentation_alone(number: int, name: str, path: str, folder: Path) -> None:
    write(BY_DOCUMENTATION[number], folder)
    assert read_in(folder, name).url == f"{HOST}{path}"


def test_each_generator_has_a_workflow_and_a_section() -> None:
    generators = {site.generator for site in SITES} | {"zola", "quarto"}
    assert {file.stem for file in WORKFLOWS} == generators
    page = (ROOT / "docs" / "sites.md").read_text("utf-8")
    for name in generators:
        assert f"(workflows/{name}.yml)" in page


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_announces_after_it_has_deployed_what_it_built(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text("utf-8"))
    build, announce = workflow["jobs"]["site"], workflow["jobs"]["announce"]
    assert announce["needs"] == "site"
    (folder,) = [
        step["with"]["path"] for step in build["steps"] if "upload" in step.get("uses", "")
    ]
    names = (f"{file.stem}-plain", f"{file.stem}-date")
    (site,) = [each for each in (*SITES, *BY_DOCUMENTATION) if each.name in names]
    (ours,) = [step for step in announce["steps"] if "publisher" in step["uses"]]
    assert any(name.startswith(ours["with"]["path"] + "/") for name in site.files)
    with tempfile.TemporaryDirectory() as scratch:
        generator = find_site(write(site, Path(scratch)))
        assert generator is not None
        assert generator.output() == Path(scratch).resolve() / folder


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_security_audit_finds_nothing_in_a_workflow(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / ".github" / "workflows" / file.name
    copy.parent.mkdir(parents=True)
    shutil.copyfile(file, copy)
    assert audit(tmp_path) - TASTE == set()


JUNK: tuple[Any, ...] = (
    None, 5, 3.5, True, False, [], {}, "", "x", "{", "%", "/:", "[[", ["a"], [1, 2], [["a", {}]], {"a": 1}, {"en": 5},
    UNKNOWN,
    {"page": {"posts": 3}}, [{"scope": 1}], [{"scope": {"path": 3}, "values": {"permalink": 7}}], dt.date(2026, 1, 1),
)  # fmt: skip
"""What nobody means by any setting."""
IN_FRONT = tuple(
    "permalink url path slug categories category layout outputs build date status lang save_as".split()
)


@pytest.fixture(scope="module")
def generators(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Generator]:
    found = {}
    for site in SITES:
        generator = find_site(write(site, tmp_path_factory.mktemp("site")))
        assert generator is not None
        found[site.name] = generator
    return found


@given(st.data())
def test_settings_and_front_matter_of_any_form_end_in_an_address_or_a_reason(
    generators: dict[str, Generator], data: st.DataObject
) -> None:
    site = data.draw(st.sampled_from(SITES))
    generator = generators[site.name]
    every = {key for each in generators.values() for key in each.settings} | set(MORE_SETTINGS)
    junk = st.sampled_from(JUNK)
    settings = data.draw(st.dictionaries(st.sampled_from(sorted(every)), junk, max_size=2))
    own = data.draw(st.dictionaries(st.sampled_from(IN_FRONT), junk, max_size=2))
    changed = type(generator)(generator.root, generator.file, {**generator.settings, **settings})
    path = PurePosixPath(data.draw(st.sampled_from(posts(site))))
    day = data.draw(st.sampled_from((None, dt.datetime(2026, 3, 5, tzinfo=dt.UTC))))
    page = Page(path, {"title": "T", **own}, "T é", "H", day)
    with suppress(NoAddress):
        assert is_address(made := changed.path(page)) or made.startswith("/")
    with suppress(NoAddress):
        changed.language(path)
        changed.base_for(page)
        changed.linked("x", path)
        changed.asset(PurePosixPath("a/b.png"), path)
        changed.output()


def test_a_post_that_is_live_gets_an_address_and_is_neither_posted_again_nor_edited(
    hugo: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """As on the first run of a version that knows the site."""
    (hugo / "hugo.toml").rename(hugo / "later.toml")
    (hugo / "content").mkdir()
    file = hugo / "content" / "x.md"
    file.write_text("---\ntitle: X\ndate: 2026-03-05\n---\nX.\n", "utf-8")
    assert publish("content/x.md", "--channels", "mastodon,discord").status == 0
    (hugo / "later.toml").rename(hugo / "hugo.toml")
    for arguments in (("content/x.md",), ("content",)):
        ran = publish(*arguments, "--channels", "mastodon,discord", "--json")
        assert ran.status == 0, ran.err
        assert {each["status"] for each in ran.json["results"]} <= {"unchanged", "outdated"}
    assert ran.json["posts"][0]["url"] == "https://ada.example/x/"
    assert len(sandbox.received()) == 2
    assert not any("ada.example" in str(each["text"]) for each in sandbox.received())


def listing(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `hugo` that answers so."""
    _ask.cache_clear()
    program = folder / "bin" / "hugo"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    config = '[site]\nbuild_list = "hugo"\n[channels.discord]\nwebhook_url = { env = "WEBHOOK" }\n'
    (folder / "publish.toml").write_text(config, "utf-8")


ROWS = "path,slug,title,date,expiryDate,publishDate,draft,permalink"


@pytest.mark.parametrize(
    ("rows", "address", "why"),
    [
        ("content/x.md,,X,,,,false,https://ada.example/x/", "https://ada.example/x/", ""),
        (
            "content/x.md,,X,,,,false,https://ada.example/y/",
            "",
            "by its list https://ada.example/y/",
        ),
        (
            "content/z.md,,X,,,,false,https://ada.example/z/",
            "",
            "it isn't in the list of its pages",
        ),
    ],
)
def test_the_generator_s_own_list_is_asked_where_it_is_wanted(
    rows: str, address: str, why: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(site / "public")
    listing(site, f"printf '%s\\n%s\\n' '{ROWS}' '{rows}'", monkeypatch)
    post = read_in(site, "content/x.md")
    assert post.url == address
    assert why in post.url_problem


def test_a_list_knows_no_secret_and_is_not_made_for_a_stranger(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(site / "public")
    monkeypatch.setenv("WEBHOOK", "a-secret")
    listing(site, f"env > seen; printf '%s\\n' '{ROWS}'", monkeypatch)
    confined = configuration.of_run(None, site / "content", preview=True, confined=True)
    assert read(site / "content" / "x.md", confined).url == "https://ada.example/x/"
    assert not (site / "seen").exists()
    read_in(site, "content/x.md")
    assert "a-secret" not in (site / "seen").read_text("utf-8")


@pytest.mark.parametrize("script", ["exit 1", "echo nothing of use", "printf '\\377'"])
def test_a_list_that_can_not_be_had_is_said(
    script: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(site, script, monkeypatch)
    with pytest.raises(ConfigError if script == "exit 1" else PublishError) as caught:
        post = read_in(site, "content/x.md")
        raise PostError(post.url_problem)
    assert "list of" in caught.value.message
