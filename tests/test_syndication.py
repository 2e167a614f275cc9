"""Writing the links back changes nothing else in the file."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.adapter import Channel
from publisher.config import Config, Site
from publisher.delivery.result import untouched
from publisher.delivery.write_back import write_back
from publisher.errors import ConfigError, PostError
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.post.frontmatter import split
from publisher.post.reader import read
from publisher.registry import load
from publisher.site.syndication import ACCOUNT, LIST, Link, write_file, write_front_matter

MASTODON = Link("mastodon", "mastodon", "https://social.example/@ada/117", "117")
X = Link("twitter", "twitter", "https://x.com/i/web/status/21", "21")

YAML = """---
# The head of it
title:   "Lamp 2.0: it's out"   # in quotes
date: 2026-11-20
tags: [ free software,  release ]
nested:
    four:  spaces
    list:
    - "a"
    -   b

weight: 0o17
---

Text with --- in it.

---
More.
"""
TOML = """+++
# The head of it
title   = 'Lamp 2.0'
date = 2026-11-20

[taxonomies]
tags = [
  "a", # one
]
[extra]
x = 1
+++
Text.
"""
JSON = '{\n    "title": "Läm­p",\n    "tags": [\n        "a"\n    ]\n}\n\nText.\n'


def put(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "post.md"
    file.write_bytes(text.encode())
    return file


def data(file: Path) -> dict[str, Any]:
    return split(file.read_bytes().decode().replace("\r\n", "\n").removeprefix("\ufeff"), file)[0]


@pytest.mark.parametrize("text", [YAML, TOML, JSON], ids=["YAML", "TOML", "JSON"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_other_line_stays_as_it_was(text: str, newline: str, tmp_path: Path) -> None:
    before = text.replace("\n", newline)
    file = put(tmp_path, before)
    old = data(file)
    assert write_front_matter(file, [MASTODON, X])
    after = file.read_bytes().decode()
    new = data(file)
    assert new == {
        **old,
        "syndication": [MASTODON.url, X.url],
        "mastodon": {"id": "117", "url": MASTODON.url},
    }
    lines = iter(after.split(newline))
    for line in before.split(newline):
        assert any(line.rstrip(",") == other.rstrip(",") for other in lines), line
    assert ("\r" in after) == (newline == "\r\n")
    assert not write_front_matter(file, [MASTODON, X]), "a second time there is nothing to do"
    assert file.read_bytes().decode() == after


@pytest.mark.parametrize("text", [YAML, TOML, JSON], ids=["YAML", "TOML", "JSON"])
def test_what_was_written_is_replaced_and_taken_out_again(text: str, tmp_path: Path) -> None:
    file = put(tmp_path, text)
    write_front_matter(file, [MASTODON, X])
    other = Link("mastodon", "mastodon", "https://social.example/@ada/118", "118")
    assert write_front_matter(file, [other], known=[MASTODON.url, X.url])
    assert data(file)["syndication"] == [other.url]
    assert data(file)["mastodon"] == {"id": "118", "url": other.url}
    assert write_front_matter(file, [], known=[other.url])
    assert file.read_bytes().decode() == text


def test_links_of_others_stay(tmp_path: Path) -> None:
    file = put(
        tmp_path, "---\nsyndication:\n  - https://news.example/1 # mine\nid: x\n---\nText.\n"
    )
    write_front_matter(file, [X])
    assert data(file) == {"syndication": ["https://news.example/1", X.url], "id": "x"}
    write_front_matter(file, [], known=[X.url])
    assert data(file)["syndication"] == ["https://news.example/1"]


def test_a_post_without_front_matter_gets_one(tmp_path: Path) -> None:
    file = put(tmp_path, "# A title\n\nText.\n")
    write_front_matter(file, [X])
    assert file.read_text("utf-8") == f"---\nsyndication:\n  - {X.url}\n---\n\n# A title\n\nText.\n"


def test_a_byte_order_mark_rights_and_a_symlink_stay(tmp_path: Path) -> None:
    file = put(tmp_path, "\ufeff" + YAML)
    file.chmod(0o640)
    link = tmp_path / "link.md"
    link.symlink_to(file)
    write_front_matter(link, [X])
    assert link.is_symlink()
    assert file.read_bytes().startswith(b"\xef\xbb\xbf---\n")
    assert file.stat().st_mode & 0o777 == 0o640


def test_what_can_t_be_kept_is_left_alone(tmp_path: Path) -> None:
    file = put(tmp_path, '{\n"title": "x",   "tags": ["a"]\n}\nText.\n')
    before = file.read_bytes()
    with pytest.raises(PostError) as caught:
        write_front_matter(file, [X])
    assert caught.value.hint
    assert file.read_bytes() == before


WORDS = st.text(string.ascii_letters + "éß日 :#'\"-", min_size=1, max_size=20)
KEYS = st.text(string.ascii_lowercase, min_size=2, max_size=8).filter(
    lambda key: key not in (LIST, ACCOUNT, "title")  # which stands there already
)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        KEYS, WORDS | st.lists(WORDS, max_size=3) | st.integers() | st.booleans(), max_size=5
    ),
    WORDS,
)
def test_any_front_matter_keeps_its_lines(
    tmp_path_factory: pytest.TempPathFactory, values: Any, body: str
) -> None:
    lines = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)} # note\n" for key, value in values.items()
    )
    before = f"---\ntitle: x\n{lines}---\n{body}\n"
    file = put(tmp_path_factory.mktemp("any"), before)
    write_front_matter(file, [MASTODON])
    after = file.read_bytes().decode()
    assert (
        after.replace(after[len(before.split("---\n", 2)[1]) + 4 : after.index("---\n", 4)], "", 1)
        == before
    )


def test_a_data_file_holds_every_post_and_drops_those_without_links(tmp_path: Path) -> None:
    path = tmp_path / "data" / "syndication.json"
    assert not write_file(path, "a.md", [])
    assert write_file(path, "b.md", [X])
    assert write_file(path, "a.md", [MASTODON])
    assert not write_file(path, "a.md", [MASTODON])
    assert json.loads(path.read_text("utf-8")) == {
        "a.md": [{"channel": "mastodon", "url": MASTODON.url, "id": "117"}],
        "b.md": [{"channel": "twitter", "url": X.url, "id": "21"}],
    }
    assert write_file(path, "b.md", [])
    assert list(json.loads(path.read_text("utf-8"))) == ["a.md"]


@pytest.mark.parametrize("content", ["[1]", "{ broken", "\udcff"])
def test_a_data_file_that_is_none_is_not_overwritten(content: str, tmp_path: Path) -> None:
    path = tmp_path / "syndication.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError):
        write_file(path, "a.md", [X])
    assert path.read_bytes() == content.encode("utf-8", "surrogateescape")


def test_in_the_data_file_a_post_has_its_path_in_the_site(tmp_path: Path) -> None:
    """Also where the ledger is on a branch, which knows posts by their paths in the repository."""
    (tmp_path / ".git").mkdir()
    root = tmp_path / "site"
    (root / "posts").mkdir(parents=True)
    (root / "posts" / "lamp.md").write_text("# A lamp\n", "utf-8")
    channel = Channel("mastodon", "mastodon", {}, root)
    site = Site(syndication="file")
    config = Config(root, site=site, branch="ledger", channels={"mastodon": channel})
    post = read(root / "posts" / "lamp.md", config)
    adapter = load("mastodon")(channel)
    with Ledger(tmp_path / "ledger.db") as ledger:
        key = post.identity.key
        assert key == "site/posts/lamp.md"
        row = Row(key, "mastodon", 0, {}, state="sent", url="https://example.social/1")
        ledger.prepare(post.identity, key, "mastodon", [row])
        result = untouched(post, adapter, key, "archived")
        assert write_back([result], config, ledger) == []
    told = json.loads((root / "data" / "syndication.json").read_text("utf-8"))
    assert list(told) == ["posts/lamp.md"]
