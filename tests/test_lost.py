"""The dry run says what a channel's reader won't get; and what is lost and what is told agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from publisher import registry
from publisher.adapter import Channel, Message
from publisher.compose.compose import compose
from publisher.compose.lost import lost
from publisher.config import Config, Site
from publisher.errors import PublishError
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.render.elements import is_notes
from publisher.text.tree import Element, transform
from tests.conftest import SHARED, Publish
from tests.picture_files import halves, saved

SITE = Site(base_url="https://example.org/", permalink="/{path}/", language="en")
WHOLE = "{{ post.text | fit }}"

POST = """---
title: Lamps
---
The lamp is lit, and all evening long it stays so for whoever comes by. <iframe src="https://v.example/1"></iframe>

![A lit lamp](lamp.png)

We mend [lamps](https://lamps.example/mend) of every kind, also the old ones that nobody else wants to touch.[^1]

| Lamp | Price |
|---|---|
| Small ones | eleven crowns |

```
light --all --until morning
```

![A dark lamp](dark.png)

## Opening hours

The door is open every evening from seven until ten, and on Sundays for children from three in the afternoon.

[^1]: With the help of Rosa, who knows how glass is blown.
"""


def composed(post: Post, config: Config, name: str) -> tuple[Message, dict[str, tuple[int, int]]]:
    """What a channel shows, and what is told that it doesn't."""
    adapter = registry.load(name)(Channel(name, name, {}, config.root))
    message = compose(post, adapter, config, {})
    return message, {each.kind: (each.count, each.of) for each in lost(post, adapter, message)}


def told(folder: Path, text: str, name: str, template: str = "") -> dict[str, tuple[int, int]]:
    for picture in ("lamp.png", "dark.png"):
        (folder / picture).write_bytes(saved(halves(), "PNG"))
    (folder / "post.md").write_text(text, "utf-8")
    if template:
        (folder / "templates").mkdir()
        (folder / "templates" / f"{name}.txt.j2").write_text(template, "utf-8")
    config = Config(root=folder, site=SITE)
    return composed(read(folder / "post.md", config), config, name)[1]


def test_a_teaser_leaves_out_what_a_page_shows(tmp_path: Path) -> None:
    found = told(tmp_path, POST, "twitter")
    assert {kind: count for kind, (count, _) in found.items() if kind != "characters"} == {
        "table": 1, "picture": 2, "code": 1, "footnote": 1, "media": 1, "link": 1,
    }  # fmt: skip


def test_a_whole_text_loses_no_word(tmp_path: Path) -> None:
    found = told(tmp_path, POST, "discord", WHOLE)
    assert found.keys() == {"picture", "media"}


def test_a_video_whose_address_is_said_is_not_lost(tmp_path: Path) -> None:
    text = '---\ntitle: A\n---\nSee it:\n\n<video src="https://v.example/lamp.mp4"></video>\n'
    assert "media" not in told(tmp_path, text, "discord", WHOLE)
    assert told(tmp_path, text, "mastodon")["media"] == (1, 1)


def test_a_mail_shows_all_but_what_needs_a_browser(tmp_path: Path) -> None:
    assert told(tmp_path, POST, "email") == {"media": (1, 1)}


@pytest.mark.parametrize("words", ["abcdefghij", "灯笼修理工坊每天晚上"])
def test_what_is_cut_is_counted(words: str, tmp_path: Path) -> None:
    """Whatever addresses and signs stand between the words there."""
    numbers = (f"{number:04}" for number in range(1000, 1200))
    sentences = ["".join(words[int(digit)] for digit in each) * 3 for each in numbers]
    text = " ".join(f"{each} [{each}](https://a.example/{each})." for each in sentences)
    found = told(tmp_path, f"---\ntitle: A\n---\n{text}\n", "discord", "{{ post.text | fit }}")
    gone, whole = found["characters"]
    links, of = found["link"]
    assert of == 200
    assert abs(gone / whole - links / of) < 0.05


def test_a_short_text_is_lost_sentence_by_sentence(tmp_path: Path) -> None:
    text = "---\ntitle: A\n---\nIt is out. Get it [here](https://a.example/get), as a file or on a stick.\n"
    found = told(tmp_path, text, "mastodon")
    gone, whole = found["characters"]
    assert whole == len("It is out.Get it here, as a file or on a stick.")
    assert gone == len("Get it here, as a file or on a stick.")


def test_a_footnote_s_number_is_no_loss_of_its_sentence(tmp_path: Path) -> None:
    text = "---\ntitle: A\n---\nUn texte[^1] avec une note.\n\n[^1]: Elle dit ceci et cela.\n"
    assert told(tmp_path, text, "mastodon") == {"footnote": (1, 1)}


def test_a_box_in_few_signs_is_lost_too(tmp_path: Path) -> None:
    text = "---\ntitle: 夜\nlang: ja\n---\n> [!TIP]\n> 傘を持ってきてください。\n\n今夜は雨です。\n"
    assert told(tmp_path, text, "mastodon")["characters"][0] > 10


def test_a_text_of_the_channel_s_own_is_what_its_author_wants(tmp_path: Path) -> None:
    own = POST.replace("title: Lamps", "title: Lamps\npublish: {mastodon: {text: Come and see!}}")
    assert told(tmp_path, own, "mastodon") == {}


def test_the_dry_run_says_it_in_one_line(project: Path, publish: Publish) -> None:
    (project / "lamp.png").write_bytes(saved(halves(), "PNG"))
    (project / "post.md").write_text(
        POST.replace("dark.png", "https://pictures.example/dark.png"), "utf-8"
    )
    ran = publish("post.md", "--dry-run", "--channels", "mastodon,email")
    lines = [line for line in ran.out.splitlines() if line.startswith("  not here: ")]
    assert lines == [
        "  not here: a table, a piece of code, a footnote, a video or other medium, a link"
        ", 122 of 272 characters",
        "  not here: a video or other medium",
    ]
    (mastodon, email) = publish(
        "post.md", "--dry-run", "--json", "--channels", "mastodon,email"
    ).json["results"]
    kinds = [each["kind"] for each in mastodon["lost"]]
    assert kinds == ["table", "code", "footnote", "media", "link", "characters"]
    assert [each["kind"] for each in email["lost"]] == ["media"]


def test_the_json_has_the_notes_of_a_post(project: Path, publish: Publish) -> None:
    (project / "post.md").write_text("---\ntitel: Lamps\n---\nText.\n", "utf-8")
    (post,) = publish("post.md", "--dry-run", "--json", "--channels", "mastodon").json["posts"]
    assert post["notes"] == ["the key 'titel' is not known; did you mean 'title'?"]


def test_pictures_that_are_attached_are_not_lost(project: Path, publish: Publish) -> None:
    names = [f"{number}.png" for number in range(6)]
    for number, name in enumerate(names):
        (project / name).write_bytes(saved(halves((400 + number, 300)), "PNG"))
    pictures = "\n\n".join(f"![Lamp {name}]({name})" for name in names)
    (project / "post.md").write_text(f"---\ntitle: L\n---\nAll lamps.\n\n{pictures}\n", "utf-8")
    results = publish("post.md", "--dry-run", "--json").json["results"]
    assert {each["channel"]: each["lost"] for each in results} == {
        "mastodon": [{"kind": "picture", "count": 2, "of": 6}],
        "twitter": [{"kind": "picture", "count": 2, "of": 6}],
        "discord": [],
        "email": [],
    }


def marked(post: Post) -> tuple[Post, dict[str, list[list[str]]]]:
    """The post with words of its own in each cell of a table, each piece of code and each footnote: by
    kind, the words of each one."""
    marks: dict[str, list[list[str]]] = {"table": [], "code": [], "footnote": []}
    count = 0

    def word() -> str:
        nonlocal count
        count += 1
        return "qx" + "".join(chr(ord("a") + int(digit)) for digit in f"{count:06}") + "jzkvqx"

    def change(element: Element) -> Element:
        if element.name in ("td", "th", "pre") or is_notes(element):
            return replace_words(element)
        return element

    def replace_words(element: Element) -> Element:
        if element.name in ("td", "th"):
            return replace(element, children=(word(),))
        if element.name == "pre":
            return replace(element, children=(word(),))
        items = [child for child in element.children if isinstance(child, Element)]
        new = [replace(item, children=(word(),)) for item in items]
        marks["footnote"] += [[str(item.children[0])] for item in new]
        return replace(element, children=tuple(new))

    body = transform(post.body, change)
    for element in body.walk():
        if element.name == "table":
            cells = [cell for cell in element.walk() if cell.name in ("td", "th")]
            marks["table"].append([str(cell.children[0]) for cell in cells])
        elif element.name == "pre":
            marks["code"].append([str(element.children[0])])
    return replace(post, body=body), marks


def quarters(post: Post) -> Iterator[str]:
    """The running text in pieces of a few words, without what is inside of other elements."""
    for element in post.body.walk():
        if element.name in ("p", "li") and not any(
            isinstance(each, Element) for each in element.children
        ):
            words = "".join(map(str, element.children)).split()
            for at in range(0, len(words) - 5, 6):
                yield " ".join(words[at : at + 6])


@pytest.mark.skipif(not (SHARED / "posts").is_dir(), reason="../shared/posts is not there")
@pytest.mark.parametrize("name", ["mastodon", "twitter", "discord"])
def test_of_real_posts_what_is_lost_and_what_is_told_agree(name: str) -> None:
    """Tables, code and footnotes are found by words of their own; the running text by pieces of it."""
    config = Config(root=SHARED, site=SITE)
    wrong: list[tuple[object, ...]] = []
    seen = 0
    for source in collect([str(SHARED / "posts")]).files:
        try:
            post, marks = marked(read(source.file, config))
            message, found = composed(post, config, name)
        except PublishError:
            continue
        shown = "\n".join(part.text for part in message.parts)
        for kind, each in marks.items():
            gone = sum(1 for words in each if not all(word in shown for word in words))
            seen += gone
            if found.get(kind, (0, 0))[0] != gone:
                wrong.append((source.file.name, kind, gone, found.get(kind)))
        pieces = list(quarters(post))
        missing = sum(piece not in " ".join(shown.split()) for piece in pieces)
        gone, whole = found.get("characters", (0, 1))
        is_most = sum(map(len, pieces)) > whole / 2
        if is_most and len(pieces) > 40 and abs(missing / len(pieces) - gone / whole) > 0.15:
            wrong.append((source.file.name, "characters", missing, len(pieces), gone, whole))
    assert wrong == []
    assert seen > 100


@pytest.mark.skipif(not (SHARED / "posts").is_dir(), reason="../shared/posts is not there")
def test_of_real_posts_a_mail_loses_nothing_but_what_needs_a_browser() -> None:
    config = Config(root=SHARED, site=SITE)
    wrong = {}
    for source in collect([str(SHARED / "posts")]).files:
        with suppress(PublishError):
            message, found = composed(read(source.file, config), config, "email")
            if found.keys() - {"media"} and not message.notes:
                wrong[source.file.name] = found
    assert wrong == {}
