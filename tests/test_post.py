"""post.md → Post: the keys of five site generators, and what each means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.config import Config, Site
from publisher.errors import PostError
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.tree import text_of

SITE = Site(base_url="https://example.org/", language="en", permalink="/news/{slug}/")


def post(folder: Path, text: str, name: str = "post.md", site: Site = SITE) -> Post:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return read(path, Config(root=folder, site=site))


def links(found: Post) -> list[str]:
    return [element.attrs["href"] for element in found.body.walk() if element.name == "a"]


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: Hello\ntags: [one, two]\nlang: fr\n---\n",
        '+++\ntitle = "Hello"\ntags = ["one", "two"]\nlanguage = "fr"\n+++\n',
        '+++\ntitle = "Hello"\nlang = "fr"\n[taxonomies]\ntags = ["one", "two"]\n+++\n',
        '{\n"title": "Hello",\n"tags": "one, two",\n"lang": "fr"\n}\n',
        '{"title": "Hello", "tags": ["one", "two"], "lang": "fr"}\n',
        '{ "title": "Hello",\n  "tags": ["one", "two"], "lang": "fr" }',
        "\ufeff---\ntitle: Hello\ntags: one two\nlang: fr\n---\n",
        "---\r\ntitle: Hello\r\ntags:\r\n  - one\r\n  - two\r\nlang: fr\r\n---\r\n",
    ],
    ids=[
        "YAML",
        "TOML",
        "Zola",
        "JSON",
        "JSON on a line",
        "JSON on two lines",
        "byte order mark",
        "Windows",
    ],
)
def test_front_matter_in_every_form(head: str, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_bytes((head + "\nText.\n").encode())
    found = read(tmp_path / "post.md", Config(root=tmp_path, site=SITE))
    assert (found.title, found.tags, found.language) == ("Hello", ("one", "two"), "fr")
    assert text_of(found.body).strip() == "Text."


def test_no_front_matter_is_a_post_too(tmp_path: Path) -> None:
    found = post(tmp_path, "# A title\n\nText.\n")
    assert found.title == "A title"
    assert text_of(found.body).strip() == "Text."


def test_a_leading_rule_is_a_rule(tmp_path: Path) -> None:
    found = post(tmp_path, "---\n\nFirst.\n\n---\n\nSecond.\n")
    assert "First." in text_of(found.body)
    assert "Second." in text_of(found.body)


def test_a_first_heading_that_repeats_the_title_is_not_said_twice(tmp_path: Path) -> None:
    found = post(tmp_path, "---\ntitle: Lamp 2.0 is out\n---\n\n# Lamp 2.0 is out\n\nText.\n")
    assert text_of(found.body).strip() == "Text."


@pytest.mark.parametrize(
    ("head", "name", "url"),
    [
        ("", "post.md", "https://example.org/news/post/"),
        ("slug: hello", "post.md", "https://example.org/news/hello/"),
        ("url: /2026/hello/", "post.md", "https://example.org/2026/hello/"),
        ("permalink: /2026/hello.html", "post.md", "https://example.org/2026/hello.html"),
        ("permalink: /:year/:title/", "post.md", "https://example.org/news/post/"),
        ("canonical_url: https://other.example/x", "post.md", "https://other.example/x"),
        ("path: 2026/hello", "post.md", "https://example.org/2026/hello/"),
        ("", "2026-11-23-jekyll.md", "https://example.org/news/jekyll/"),
        ("", "hello/index.md", "https://example.org/news/hello/"),
        ("", "été.md", "https://example.org/news/%C3%A9t%C3%A9/"),
    ],
)
def test_a_post_s_own_address(head: str, name: str, url: str, tmp_path: Path) -> None:
    assert post(tmp_path, f"---\ntitle: x\n{head}\n---\nText.\n", name).url == url


def test_a_permalink_with_a_date(tmp_path: Path) -> None:
    site = Site(base_url="https://example.org/blog/", permalink="/{year}/{month}/{day}/{slug}/")
    assert (
        post(tmp_path, "---\ndate: 2026-01-02\n---\nx", site=site).url
        == "https://example.org/blog/2026/01/02/post/"
    )
    with pytest.raises(PostError):
        post(tmp_path, "---\ntitle: x\n---\nx", site=site)


def test_a_post_without_an_address_has_none(tmp_path: Path) -> None:
    assert post(tmp_path, "Text.", site=Site()).url == ""


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("other-post.md", "https://example.org/news/other-post/"),
        ("other-post.md#top", "https://example.org/news/other-post/#top"),
        ("2026-01-02-dated.md", "https://example.org/news/dated/"),
        ("/about/", "https://example.org/about/"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("https://other.example/", "https://other.example/"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
        ("#below", "#below"),
        ("_index.md", "https://example.org/news/"),
    ],
)
def test_relative_links_become_absolute(link: str, address: str, tmp_path: Path) -> None:
    assert links(post(tmp_path, f"[words]({link})\n")) == [address]


def test_pictures_become_absolute(tmp_path: Path) -> None:
    found = post(tmp_path, "![alt](../img/x.png)\n")
    assert [e.attrs["src"] for e in found.body.walk() if e.name == "img"] == [
        "https://example.org/news/img/x.png"
    ]


def test_the_date_in_a_jekyll_file_s_name(tmp_path: Path) -> None:
    assert post(tmp_path, "Text.", "2026-11-23-hello.md").date == datetime(2026, 11, 23, tzinfo=UTC)


def test_identity_is_the_id_else_the_address_else_the_path(tmp_path: Path) -> None:
    assert post(tmp_path, "---\nid: lamp\n---\nx").identity.key == "lamp"
    assert post(tmp_path, "x").identity.key == "https://example.org/news/post/"
    assert post(tmp_path, "x", "news/e\u0301te.md", site=Site()).identity.key == "news/éte.md", (
        "in composed form"
    )


def test_shortcodes_never_reach_a_reader_and_leave_a_note(tmp_path: Path) -> None:
    found = post(tmp_path, "Before.\n\n{{< unknown-thing a=1 >}}\n\nAfter.\n")
    assert "{{" not in text_of(found.body)
    assert any("unknown-thing" in note for note in found.notes)


def test_the_description_is_one_line(tmp_path: Path) -> None:
    assert post(tmp_path, "---\nsummary: |\n  Two\n  lines.\n---\nx").description == "Two lines."


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("**Lamp 2.0** is [out](https://example.org/)", "Lamp 2.0 is out"),
        ("Hello: the lamp is out.", "the lamp is out."),
        ("Hello!", ""),
        ("Hello. It is out.", "It is out."),
        ("Hello Is it out?", "Hello Is it out?"),
        ("Hellos from the lamp", "Hellos from the lamp"),
        ("Hello is a lamp.", "Hello is a lamp."),
        (".NET 9 is supported", ".NET 9 is supported"),
        ("2 * 3 * 4 < 5 & more", "2 * 3 * 4 < 5 & more"),
    ],
)
def test_a_description_is_words(description: str, words: str, tmp_path: Path) -> None:
    assert (
        post(tmp_path, f'---\ntitle: Hello\ndescription: "{description}"\n---\nx').description
        == words
    )


def test_an_alert_s_mark_is_a_word_of_the_post_s_language(tmp_path: Path) -> None:
    body = post(tmp_path, "---\nlang: de\n---\n> [!NOTE]\n> Bring a chair.\n").body
    assert text_of(body).strip() == "Hinweis: Bring a chair."
    assert "[!NOTE]" in text_of(post(tmp_path, "Write `[!NOTE]` to get a box.\n").body)


@pytest.mark.parametrize(
    "permalink",
    [
        "/:year/:month/:title/", "/blog/:slug.html", "/{{ title | slugify }}/",
        "/news/{{ page.date | date: '%Y' }}/", "/{% if x %}a{% endif %}/", "/{slug}/", "/blog/[slug]/",
        "/<%= slug %>/", "https://example.org/{{ slug }}/", "https://example.org/:year/:title/",
    ],
)  # fmt: skip
def test_a_pattern_is_no_address(tmp_path: Path, permalink: str) -> None:
    """The site makes one of it; as it stands, it would lead nowhere."""
    found = post(tmp_path, f"---\ntitle: T\npermalink: {json.dumps(permalink)}\n---\nText.\n")
    assert found.url == "https://example.org/news/post/"


@pytest.mark.parametrize("address", ["/a:b/", "/12:30/", "https://example.org:8080/x/", "/@ada/x/"])
def test_an_address_with_a_colon_is_one(tmp_path: Path, address: str) -> None:
    found = post(tmp_path, f"---\ntitle: T\npermalink: {json.dumps(address)}\n---\nText.\n")
    assert found.url.endswith(address)
