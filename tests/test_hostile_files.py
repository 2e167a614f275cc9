"""In a folder, what is wrong with one file is no other's fault; what is named is all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import RECENT, Publish, live

HOSTILE = {
    "binary.md": b"\x00\x01\x02" * 100,
    "latin.md": "---\ntitle: Caf\u00e9\n---\nTexte.\n".encode("latin-1"),
    "empty.md": b"",
    "open.md": b"---\ntitle: Never closed\ndraft: true\n\nText.\n",
    "js.md": b"---js\n{title: 'x'}\n---\nText.\n",
    "twice.md": b"---\ntitle: One\ntitle: Two\n---\nText.\n",
    "date.md": b"---\ntitle: Soon\ndate: tomorrow\n---\nText.\n",
    "mistyped.md": b"---\ntitle: Where\npublsh: {channels: [mastodon]}\n---\nText.\n",
    "nowhere.md": b"---\ntitle: Where\npublish: {channels: [myspace]}\n---\nText.\n",
    "hole.md": b"---\ntitle: Hole\nlayout: post\n---\nGet {{ release.tag }} now.\n",
    "long.md": b"---\ntitle: Long\npublish: {mastodon: {text: '"
    + b"x" * 600
    + b"'}}\n---\nText.\n",
    "brackets.md": b"---\ntitle: Brackets\n---\nSee [https://lamps.example] and [http://[::1] and (http://]).\n",
    "cover.md": b"---\ntitle: Cover\nimage: 'https://[lamp'\n---\nText.\n",
    "host.md": "---\ntitle: Host\ncanonical_url: https://lamps\u2100.example/\n---\nText.\n".encode(),
    "deep.md": b"---\ntitle: Deep\n---\n" + b"> " * 300 + b"x\n",
    "nothing.md": b"---\nlang: fr\n---\n",
}


@pytest.fixture
def posts(project: Path) -> Path:
    config = project / "publish.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("[site]\n", "[site]\nundated = true\n", 1), "utf-8")
    folder = project / "posts"
    folder.mkdir()
    (folder / "good.md").write_text(RECENT, "utf-8")
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_one_bad_file_in_a_folder_stops_no_other(
    name: str, posts: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (posts / name).write_bytes(HOSTILE[name])
    ran = publish("posts", "--channels", "mastodon", "--json")
    assert "Lamp 2.0" in "".join(item["text"] for item in live(sandbox, "mastodon")), ran.err
    assert "Traceback" not in ran.err
    if name == "brackets.md":
        assert ran.status == 0
        return
    assert ran.status == 1
    assert any(name in (error["file"] or "") for error in ran.json["errors"]), ran.json["errors"]
    assert f"posts/{name}" in ran.err
    assert len(live(sandbox, "mastodon")) == 1


def test_all_of_them_at_once_and_each_is_named(
    posts: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for name, data in HOSTILE.items():
        (posts / name).write_bytes(data)
    for arguments in (("posts", "--dry-run", "--json"), ("posts", "--json")):
        ran = publish(*arguments, "--channels", "mastodon")
        assert ran.status == 1
        told = {Path(error["file"]).name for error in ran.json["errors"]}
        assert told == set(HOSTILE) - {"brackets.md"}
    assert publish("posts", "--channels", "mastodon").status == 1
    assert len(live(sandbox, "mastodon")) == 2, "the good one, and the one with brackets: each once"


def test_what_is_named_is_all_or_nothing(posts: Path, sandbox: Sandbox, publish: Publish) -> None:
    (posts / "twice.md").write_bytes(HOSTILE["twice.md"])
    ran = publish("posts/good.md", "posts/twice.md", "--channels", "mastodon")
    assert ran.status == 2
    assert sandbox.received() == []
