"""Only what is meant goes out: every form of front matter is read or refused, and every tool's way
to hold a post back is understood. What isn't understood is held, and said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.config import Config, Site
from publisher.delivery.planning import held_back
from publisher.errors import PostError, Problems
from publisher.post.keys import DECIDING, DESCRIBING, KNOWN, is_near, near_misses
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.sandbox import Sandbox
from publisher.text.tree import text_of
from tests.conftest import SHARED, Publish

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def post(folder: Path, text: str, name: str = "post.md", **site: object) -> Post:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return read(path, Config(root=folder, site=Site(**site)))  # type: ignore[arg-type]


def refused(folder: Path, text: str, name: str = "post.md") -> PostError:
    with pytest.raises((PostError, Problems)) as caught:
        post(folder, text, name)
    error = caught.value
    first = error.errors[0] if isinstance(error, Problems) else error
    assert isinstance(first, PostError)
    return first


# Front matter


@pytest.mark.parametrize(
    "head",
    [
        "\n\n---\ntitle: Doors\nlang: fr\n---\n",
        "<!-- a note -->\n---\ntitle: Doors\nlang: fr\n---\n",
        "---\n\ntitle: Doors\nlang: fr\n\n---\n",
        '---json\n{"title": "Doors", "lang": "fr"}\n---\n',
        '--- json\n{\n"TITLE": "Doors",\n"lang": "fr"\n}\n---\n',
        "---yaml\ntitle: Doors\nlang: fr\n---\n",
        '---toml\ntitle = "Doors"\nlang = "fr"\n---\n',
        "---\nTitle: Doors\nLANG: fr\n...\n",
        ';;;\n"title": "Doors",\n"lang": "fr"\n;;;\n',
        ';;;\n"title": "Doors",\n"lang": "fr",\n;;;\n',
        "title: Doors\nlang: fr\ntags:\n  - one\n  - two\n---\n",
        "Title: Doors\nLang: fr\nSummary: It goes on\n    in the next line\n\n",
        ".. title: Doors\n.. slug: doors\n.. lang: fr\n\n",
        "<!--\n.. title: Doors\n.. date: 2026-01-20 10:00:00 UTC+01:00\n.. lang: fr\n-->\n".replace(
            " UTC+01:00", ""
        ),
    ],
)
def test_every_tool_s_front_matter_is_read(head: str, tmp_path: Path) -> None:
    found = post(tmp_path, f"{head}\nCome in.\n")
    assert (found.title, found.language) == ("Doors", "fr")
    assert text_of(found.body).strip() == "Come in."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---js\n{title: 'Doors'}\n---\nText.\n", "js"),
        ("---coffee\ntitle: 'Doors'\n---\nText.\n", "coffee"),
        ('---ziggy\n.title = "Doors",\n---\nText.\n', "ziggy"),
        ("---\ntitle: Doors\ndraft: true\n\nText.\n", "never closed"),
        ("\n\n---\ntitle: Doors\ndraft: true\n\nText.\n", "never closed"),
        ("+++\ntitle = 'Doors'\nText.\n", "never closed"),
        ("A line.\n", ""),
        ("---\nlang: fr\n---\n---\ntitle: Doors\ndraft: true\n---\nText.\n", "begins like"),
        ("---\nlang: fr\n---\ntitle: Doors\ndraft: true\n\nText.\n", "begins like"),
        ("---\ntitle: One\ndraft: true\nTitle: Two\n---\nText.\n", "lines 2 and 4"),
        ("\n---\ntitle: One\na: {b: 1, B: 2}\n---\nText.\n", "given twice"),
        ('{"title": "One", "draft": true, "draft": false}\nText.\n', "given twice"),
        ("Title: One\nStatus: draft\nstatus: published\n\nText.\n", "given twice"),
    ],
)
def test_what_can_not_be_read_is_refused_and_never_text(
    text: str, words: str, tmp_path: Path
) -> None:
    if not words:
        assert post(tmp_path, text).title == ""
        return
    error = refused(tmp_path, text)
    assert words in error.message
    assert error.line


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA rule stands at the top, and then a text.\n\n---\n\nAnd another.\n",
        "Update: the doors are open.\n\nCome in.\n",
        "When: Friday, 7 pm\nWhere: the main hall\n\nCome in.\n",
        "A heading\n---\n\nCome in.\n",
        "---\ntitle: Doors\n---\nNote: bring a lamp.\n",
        "---\ntitle: Doors\n---\n\n---\n\nAfter a rule.\n",
        "https://example.org/\n\nCome in.\n",
    ],
)
def test_what_is_text_stays_text(text: str, tmp_path: Path) -> None:
    words = text_of(post(tmp_path, text).body)
    assert len(words.strip()) > 10


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.rst", "reStructuredText"), ("a.adoc", "AsciiDoc"), ("a.txt", "plain text"), ("a.ipynb", "Jupyter"),
     ("a.org", "Org"), ("a.html", "HTML")],
)  # fmt: skip
def test_other_formats_are_named(name: str, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, "Doors\n=====\n\nCome in.\n", name).message


# Drafts


@pytest.mark.parametrize(
    "line",
    [
        "draft: true", "draft: yes", "draft: 'True'", "draft: 1", "DRAFT: on", "published: false", "published: no",
        "publish: false", "status: draft", "status: Private", "status: hidden", "status: pending", "unlisted: true",
        "headless: true", "hidden: yes", "private: true", "_build: {render: never}", "build: {render: false}",
        "eleventyExcludeFromCollections: true", "permalink: false",
    ],
)  # fmt: skip
def test_every_tool_s_draft_is_held(line: str, tmp_path: Path) -> None:
    found = post(tmp_path, f"---\ntitle: Doors\n{line}\n---\nCome in.\n")
    assert held_back(found, NOW) == "draft"


@pytest.mark.parametrize(
    "name", ["_drafts/doors.md", "content/drafts/doors.md", "Drafts/x/doors.md"]
)
def test_a_folder_of_drafts_is_one(name: str, tmp_path: Path) -> None:
    assert held_back(post(tmp_path, "---\ntitle: Doors\n---\nCome in.\n", name), NOW) == "draft"


@pytest.mark.parametrize(
    "line",
    ["draft: false", "published: true", "published: 2026-01-20", "status: published", "status: done", "hidden: no",
     "build: {list: never}", "permalink: /doors/", "expiryDate: 9999-12-31", "draft: ''"],
)  # fmt: skip
def test_what_holds_nothing_back(line: str, tmp_path: Path) -> None:
    found = post(tmp_path, f"---\ntitle: Doors\n{line}\n---\nCome in.\n")
    assert held_back(found, NOW) is None


@pytest.mark.parametrize(
    "line", ["draft: maybe", "hidden: soon", "private: members", "published: 'never'"]
)
def test_neither_true_nor_false_is_an_error(line: str, tmp_path: Path) -> None:
    error = refused(tmp_path, f"---\ntitle: Doors\n{line}\n---\nCome in.\n")
    assert "neither true nor false" in error.message
    assert error.line == 3


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("publishDate: 2031-01-01", "future"), ("date: 2026-01-01\npublish_date: 2031-01-01", "future"),
        ("published_at: '2031-01-01T10:00:00Z'", "future"), ("pubDate: 1 Feb 2031", "future"),
        ("date: {created: 2031-01-01}", "future"), ("publishDate: 2999-01-01", "future"),
        ("date: 2031-01-01\npublishDate: 2020-01-01", "future"), ("expiryDate: 2026-01-01", "expired"),
        ("expires: 25 Nov 2026", "expired"), ("publishDate: 2026-01-01", None), ("expiryDate: 2031-01-01", None),
    ],
)  # fmt: skip
def test_what_is_not_its_time_is_held(lines: str, reason: str | None, tmp_path: Path) -> None:
    assert held_back(post(tmp_path, f"---\ntitle: Doors\n{lines}\n---\nCome in.\n"), NOW) == reason


@pytest.mark.parametrize("word", ["Last Modified", "git Created", "created", "git last modified"])
def test_what_eleventy_fills_in_is_no_date(word: str, tmp_path: Path) -> None:
    assert post(tmp_path, f"---\ntitle: Doors\ndate: {word}\n---\nCome in.\n").date is None


def test_a_short_date_in_a_name(tmp_path: Path) -> None:
    found = post(tmp_path, "---\ntitle: Doors\n---\nCome in.\n", "2026-1-9-the-doors.md")
    assert (found.date, found.slug) == (datetime(2026, 1, 9, tzinfo=UTC), "the-doors")


# Mistyped keys


@pytest.mark.parametrize(
    "line",
    ["drafts: true", "darft: true", "draf: true", "publsh: {channels: [mastodon]}", "pubished: false", "chanels: [x]",
     "channels: [mastodon]", "expirydat: 2020-01-01", "publishdat: 2031-01-01", "hiden: true", "statsu: draft"],
)  # fmt: skip
def test_a_mistyped_key_that_decides_something_is_an_error(line: str, tmp_path: Path) -> None:
    text = f"---\ntitle: Doors\n{line}\n---\nCome in.\n"
    error = refused(tmp_path, text)
    assert "did you mean" in error.hint
    assert error.line == 3
    key = line.partition(":")[0]
    assert post(tmp_path, text, ignore_keys=frozenset([key])).title == "Doors"


def test_a_mistyped_key_that_describes_is_a_note(tmp_path: Path) -> None:
    found = post(tmp_path, "---\ntitel: Doors\ndescripton: About doors.\n---\nCome in.\n")
    assert len(found.notes) == 2
    assert "did you mean 'title'" in found.notes[0]


def test_what_other_tools_know_is_no_near_miss() -> None:
    assert near_misses(sorted(KNOWN)) == ({}, {})
    assert near_misses((*DECIDING, *DESCRIBING)) == ({}, {})


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
def test_real_posts_have_no_near_misses() -> None:
    files = [*(SHARED / "posts").rglob("*.md"), *(SHARED / "posts").rglob("*.markdown")]
    assert len(files) > 400
    for file in files:
        found = read(file, Config(root=SHARED))
        assert not [note for note in found.notes if "did you mean" in note], file


# Whatever is mistyped


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def slips(draw: st.DrawFn, word: str) -> str:
    """The word with one letter more, less, another, or two that changed places."""
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(LETTERS))
    kind = draw(st.sampled_from(["more", "less", "other", "swapped"]))
    if kind == "more":
        return word[:at] + letter + word[at:]
    if kind == "less":
        return word[:at] + word[at + 1 :]
    if kind == "other":
        return word[:at] + letter + word[at + 1 :]
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_slip_of_a_finger_sends_what_was_to_be_held(data: st.DataObject, tmp_path: Path) -> None:
    """A draft or a future post whose front matter is mutated is held, or refused; but for a key that
    another tool gives a meaning of its own."""
    holds = data.draw(
        st.sampled_from(
            [
                "draft: true",
                "published: false",
                "publishDate: 2031-05-01",
                "unlisted: true",
                "hidden: true",
            ]
        )
    )
    key, _, value = holds.partition(":")
    mutation = data.draw(
        st.sampled_from(["key", "fence", "case", "other tool's keys", "blank lines"])
    )
    if mutation == "key":
        slipped = data.draw(slips(key.lower()))
        if (
            slipped in KNOWN
            or slipped in (*DECIDING, *DESCRIBING)
            or not is_near(slipped, key.lower())
        ):
            return
        holds = f"{slipped}:{value}"
    if mutation == "case":
        holds = f"{key.upper()}:{value}"
    more = data.draw(st.sampled_from(["", "layout: post\n", "author: Ada\ntoc: true\n"]))
    theirs = more if mutation == "other tool's keys" else ""
    front = f"title: Doors\n{theirs}{holds}\n"
    opening, closing = "---\n", "---\n"
    if mutation == "fence":
        opening, closing = data.draw(
            st.sampled_from(
                [
                    ("", "---\n"),
                    ("---\n", "...\n"),
                    ("---\n", ""),
                    ("----\n", "---\n"),
                    ("", "\n"),
                    ("+++\n", "---\n"),
                ]
            )
        )
    if mutation == "blank lines":
        opening = data.draw(st.sampled_from(["\n---\n", "\n\n---\n\n", "<!-- x -->\n---\n"]))
    try:
        found = post(tmp_path, f"{opening}{front}{closing}\nCome in.\n")
    except (PostError, Problems):
        return
    assert held_back(found, NOW) is not None


@pytest.mark.parametrize(
    "rule", ["***", "* * *", "___", "_ _ _", "- - -", "-----", "=====", "  ***"]
)
def test_any_rule_above_what_looks_like_metadata_is_an_error(
    rule: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(f"{rule}\ntitle: The lamp\n{rule}\nLit.\n", "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert "post.md:2:" in ran.err
    assert sandbox.received() == []
    (project / "post.md").write_text(f"{rule}\n\nHello: world.\n", "utf-8")
    assert publish("post.md", "--dry-run").status == 0
