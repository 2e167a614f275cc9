"""`publish preview`: one file that shows what a dry run would send, and asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.delivery.result import Result
from publisher.preview import page as page_of
from publisher.preview.card import Card, card
from publisher.preview.page import linked, marked
from publisher.registry import names
from publisher.sandbox import Sandbox
from publisher.testing.bench import png
from tests.conftest import Publish, edit
from tests.pages import ROOT


def shown(project: Path) -> str:
    return (project / ".publish" / "preview.html").read_text("utf-8")


def texts_of(page: str) -> str:
    """What a reader of the page reads, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def words_of(text: str) -> str:
    """Its letters and digits: Discord's marks are shown as what they mean."""
    return re.sub(r"\W|_", "", re.sub(r"\]\(\S+?\)", "", text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`a **b** c`", "<code>a **b** c</code>"),
        ("```sh\nmake *all*\n```", "<code>make *all*</code>"),
        (r"a \*star\* b", "a *star* b"),
        (r"1 \> 0 and \`x\`", "1 &gt; 0 and `x`"),
        ("**bold** and *so*, ~~not~~", "<strong>bold</strong> and <em>so</em>, <s>not</s>"),
        ("> said\n# Head", '<span class="quote">said</span>\n<strong>Head</strong>'),
        ("[a <b>](https://a.org/x)", '<a href="https://a.org/x" rel="noreferrer">a &lt;b&gt;</a>'),
    ],
)
def test_marks_are_what_they_mean_but_not_in_code(text: str, shown: str) -> None:
    assert str(marked(text)) == shown


def test_it_shows_what_a_dry_run_would_send(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("preview", "post.md", "--no-open")
    assert (ran.status, ran.out.strip()) == (0, ".publish/preview.html: written")
    assert (project / ".publish" / ".gitignore").read_text("utf-8") == "*\n"
    page = texts_of(shown(project))
    results = publish("post.md", "--dry-run", "--json").json["results"]
    assert len(results) == 4
    for result in results:
        for part in result["parts"]:
            assert words_of(part["text"]) in words_of(page)
            if part["limit"]:
                assert f"{part['length']:,} of {part['limit']:,}" in page
    assert not sandbox.received()


def test_it_is_written_where_somebody_says(project: Path, publish: Publish) -> None:
    assert publish("preview", "post.md", "--out", "there/page.html", "--no-open").status == 0
    assert "<h1" in (project / "there" / "page.html").read_text("utf-8")
    (project / "file").write_text("", "utf-8")
    ran = publish("preview", "post.md", "--out", "file/page.html", "--no-open")
    assert ran.status == 2
    assert "can't be written" in ran.err


def test_it_asks_nobody_for_anything_and_runs_no_script(project: Path, publish: Publish) -> None:
    hostile = '<script>alert(1)</script> <img src=https://elsewhere.example/x onerror=alert(1) alt=x> "><b>'
    edit(project, "title: ", f"description: '{hostile}'\ntitle: ")
    with (project / "post.md").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{hostile}\n\n![A lamp](https://elsewhere.example/lamp.png)\n")
    assert publish("preview", "post.md", "--no-open").status == 0
    page = shown(project)
    assert "default-src 'none'" in page
    outside_of_frames = re.sub(r'srcdoc="[^"]*"', "", page)
    assert not re.findall(r"<(?:script|link|object|embed|base)\b", outside_of_frames)
    assert not re.findall(r"<[^>]+\son\w+=", outside_of_frames)
    assert not re.findall(r"<img[^>]+src=\"(?!data:)", outside_of_frames)
    assert re.findall(r'<iframe[^>]+sandbox="" srcdoc=', page)


def test_pictures_are_in_the_page_with_their_words(project: Path, publish: Publish) -> None:
    (project / "lamp.png").write_bytes(png(20, 10))
    with (project / "post.md").open("a", encoding="utf-8") as file:
        file.write("\n\n![A lamp that burns](lamp.png)\n")
    assert publish("preview", "post.md", "--no-open").status == 0
    page = shown(project)
    assert re.search(r'<img src="data:image/png;base64,[^"]+" alt="A lamp that burns"', page)
    assert "cid:" not in page


def test_an_edit_shows_what_is_live_beside_it(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    assert publish("post.md", "--channels", "mastodon").status == 0
    edit(project, "twice as fast", "three times as fast")
    assert publish("preview", "post.md", "--channels", "mastodon", "--no-open").status == 0
    page = texts_of(shown(project))
    assert "twice as fast" in page[page.index("what is live now") :]
    assert "three times as fast" in page[: page.index("what is live now")]


@pytest.mark.parametrize("look", sorted((ROOT / "publisher" / "preview" / "looks").glob("*.j2")))
def test_each_look_is_of_an_adapter_or_for_all(look: Path) -> None:
    assert look.name.partition(".")[0] in {*names(), "general", "parts"}


def test_without_a_look_of_its_own_a_channel_is_shown_all_the_same(
    project: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_s(result: Result, fitted: Mapping[str, bytes]) -> Card:
        return replace(card(result, fitted), look="somebody-s")

    monkeypatch.setattr(page_of, "card", somebody_s)
    assert publish("preview", "post.md", "--channels", "mastodon", "--no-open").status == 0
    (result,) = publish("post.md", "--channels", "mastodon", "--dry-run", "--json").json["results"]
    assert " ".join(result["parts"][0]["text"].split()) in texts_of(shown(project))


def test_the_page_is_small(project: Path, publish: Publish) -> None:
    assert publish("preview", str(ROOT / "examples" / "lantern-2.md"), "--no-open").status == 0
    assert len(shown(project).encode()) < 300_000


def test_several_posts_stand_below_each_other(project: Path, publish: Publish) -> None:
    (project / "other.md").write_text("# Another one\n\nIts own words.\n", "utf-8")
    assert publish("preview", "post.md", "other.md", "--no-open").status == 0
    page = shown(project)
    assert page.count("<h1") == 2
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r'srcdoc="[^"]*"', "", page))
    assert len(ids) == len(set(ids)) == 2 * 5
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)


@given(st.text(max_size=80))
def test_marks_and_links_let_no_markup_through(text: str) -> None:
    for made in (linked(text), marked(text)):
        assert not re.findall(r"<(?!/?(?:a|span|strong|em|s|code)\b)", made)
