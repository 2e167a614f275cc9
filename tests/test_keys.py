"""The table of docs/posts.md is what the code does: every key in it is asked for and has the effect that
it says, and no other key has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.config import Config, Site
from publisher.post import reader
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.lead import lead
from publisher.text.tree import text_of
from tests.pages import ROOT
from tests.picture_files import halves, saved

FUTURE = datetime.fromisoformat("2099-01-02T00:00:00+00:00")
HOST = "https://ada.example"
ADDRESS = f"{HOST}/elsewhere/"
WORDS = "A sentence of its own."

MEANINGS: Mapping[str, tuple[Any, str, object]] = {
    "title": ("A title", "title", "A title"),
    "description": (WORDS, "description", WORDS),
    "date": (date(2099, 1, 2), "date", FUTURE),
    "draft": (True, "draft", True),
    "published": (False, "draft", True),
    "status": ("draft", "draft", True),
    "build": ({"render": "never"}, "draft", True),
    "publishdate": (date(2099, 1, 2), "not_before", FUTURE),
    "expirydate": (date(2099, 1, 2), "expires", FUTURE),
    "updated": (date(2099, 1, 2), "updated", FUTURE),
    "authors": ([{"name": "Ada"}, "Grace"], "authors", ("Ada", "Grace")),
    "tags": (["free software", "x"], "tags", ("free software", "x")),
    "lang": ("pt_BR", "language", "pt-BR"),
    "canonical_url": (ADDRESS, "url", ADDRESS),
    "permalink": ("/elsewhere/", "url", ADDRESS),
    "aliases": (["/elsewhere/"], "aliases", (ADDRESS,)),
    "slug": ("other", "slug", "other"),
    "id": ("lamp", "identity.id", "lamp"),
    "mentions": ({"@ada": {"mastodon": "@ada@a.example"}}, "mentions", {"@ada": {"mastodon": "@ada@a.example"}}),
    "image": ("lamp.png", "image", f"{HOST}/lamp.png"),
    "coverimage": ("lamp.png", "image", f"{HOST}/lamp.png"),
    "image_alt": ("A lamp", "pictures.0.alt", "A lamp"),
    "excerpt_separator": ("<!--stop-->", "lead", "Hello."),
    "publish": ({"channels": ["discord"]}, "channels", ("discord",)),
}  # fmt: skip
"""The first key of each row of the table: a value, and what a post has of it, where."""
OTHER_VALUES: Mapping[str, Any] = {
    "taxonomies": {"tags": ["free software", "x"]},
    "header": {"image": "lamp.png"},
    "images": ["lamp.png"],
    "canonicalurl": ADDRESS,
    "author": [{"name": "Ada"}, {"name": "Grace"}],
}
"""Of keys whose values are of another form than the first one's of their row."""


def rows() -> list[list[str]]:
    """The keys of each row, in small letters."""
    page = (ROOT / "docs" / "posts.md").read_text("utf-8")
    table = page[page.index("| Key | Meaning |") : page.index("## What is read")]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [[key.lower() for key in re.findall(r"`([^`]+)`", cell)] for cell in first]


def read_with(folder: Path, head: Mapping[str, Any]) -> Post:
    (folder / "lamp.png").write_bytes(saved(halves(), "PNG"))
    (folder / "x.md").write_text(
        f"---\n{yaml.safe_dump(dict(head))}---\nHello.\n\n<!--stop-->\n\nWorld.\n", "utf-8"
    )
    return read(folder / "x.md", Config(folder, site=Site(base_url=HOST)))


def seen(post: Post, path: str) -> object:
    """What lies at `path`: names of attributes, and numbers of items; `lead` is that of its text."""
    if path == "lead":
        return text_of(lead(post.body)).strip()
    found: Any = post
    for name in path.split("."):
        found = found[int(name)] if name.isdigit() else getattr(found, name)
    return found


@pytest.mark.parametrize("keys", rows(), ids=lambda keys: str(keys[0]))
def test_each_key_of_the_table_means_what_its_row_says(keys: list[str], tmp_path: Path) -> None:
    value, path, wanted = MEANINGS[keys[0]]
    for key in keys:
        more = {"image": "lamp.png"} if keys[0] == "image_alt" else {}
        post = read_with(tmp_path, {**more, key: OTHER_VALUES.get(key, value)})
        assert seen(post, path) == wanted, key


class Recorded(dict[str, Any]):
    """A front matter that keeps which keys it was asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def test_no_other_key_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Recorded] = []
    from publisher.post.frontmatter import split

    def recording(text: str, file: Path) -> tuple[Recorded, str, int]:
        data, source, line = split(text, file)
        kept.append(Recorded(data))
        return kept[-1], source, line

    monkeypatch.setattr(reader, "split", recording)
    read_with(tmp_path, {"image": "lamp.png"})
    read_with(tmp_path, {})
    known = {key for row in rows() for key in row}
    endings = ("_alt", "alt")
    asked = {
        key
        for one in kept
        for key in one.asked
        if not (key.endswith(endings) and key.removesuffix("alt").removesuffix("_") in known)
    }
    assert asked <= known
    assert len(asked) > 60
