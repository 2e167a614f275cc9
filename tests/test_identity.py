"""A post is one post by its id, its address and its path, whatever becomes of the others; and no
outcome is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import POST, Publish


def write(path: Path, **changes: str) -> None:
    """POST, with these front matter keys added."""
    lines = "".join(f"{key}: {value}\n" for key, value in changes.items())
    path.write_text(POST.replace("tags:", lines + "tags:"), "utf-8")


def test_moved_and_then_given_a_new_address_it_is_still_the_same(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project / "a.md", canonical_url="https://example.org/one/")
    publish("a.md", "--channels", "mastodon")
    (project / "a.md").rename(project / "b.md")
    publish("b.md", "--channels", "mastodon")
    write(project / "b.md", canonical_url="https://example.org/two/")
    assert publish("b.md", "--channels", "mastodon").status == 0
    assert len(sandbox.received()) == 1


def test_given_an_id_and_then_moved_it_is_still_the_same(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    write(project / "post.md", id="lamp")
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").unlink()
    write(project / "moved.md", id="lamp")
    assert publish("moved.md", "--channels", "mastodon").status == 0
    assert len(sandbox.received()) == 1


def test_one_address_claimed_by_a_post_with_an_id_and_one_without(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project / "one.md", id="one", canonical_url="https://example.org/same/")
    write(project / "two.md", canonical_url="https://example.org/same/")
    ran = publish("one.md", "two.md")
    assert ran.status == 2
    assert "one.md" in ran.err
    assert not sandbox.received()


def test_a_post_for_no_channel_goes_nowhere(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    write(project / "post.md", publish="{channels: []}")
    assert publish("post.md").status == 0
    assert not sandbox.received()


def test_a_configuration_without_a_channel_is_an_error(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "publish.toml").write_text('[site]\nbase_url = "https://example.org/"\n', "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert "no channel" in ran.err


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_nobody_listening_stops_nothing_and_changes_no_status(
    closed: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("discord", "redirect")
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "publisher", "post.md"],
        cwd=project,
        check=False,
        stdout=writing if closed == "stdout" else subprocess.DEVNULL,
        stderr=writing if closed == "stderr" else subprocess.DEVNULL,
    )
    os.close(writing)
    assert ran.returncode == 1, "Discord failed, whoever hears it"
    assert {item["channel"] for item in sandbox.received()} == {"mastodon", "twitter", "email"}


def test_a_dead_address_taken_out_of_the_list_is_no_longer_waited_for(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    path = project / "publish.toml"
    listed = 'recipients = ["ada@example.org", "grace@example.com", "radia@example.net"]'
    path.write_text(path.read_text("utf-8").replace(listed, 'recipients = "list.csv"'), "utf-8")
    (project / "list.csv").write_text("email\nada@example.org\nrefused@example.org\n", "utf-8")
    assert publish("post.md", "--channels", "email").status == 1
    (project / "list.csv").write_text("email\nada@example.org\n", "utf-8")
    ran = publish("post.md", "--channels", "email", "--json")
    assert (ran.status, ran.statuses()) == (0, {"email": "unchanged"})
    assert len(sandbox.received()) == 1


def test_a_discord_thread_goes_on_after_a_part_that_a_person_confirmed(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "discord.txt.j2").write_text("{{ post.text | thread }}", "utf-8")
    (project / "post.md").write_text("# Two\n\nOne.\n\n<!-- thread -->\n\nTwo.\n", "utf-8")
    sandbox.fault("discord", "lost")
    assert publish("post.md", "--channels", "discord").status == 3
    publish("resolve", "post.md", "discord", "--sent")
    assert publish("post.md", "--channels", "discord").status == 0
    assert len(sandbox.received()) == 2


@pytest.mark.parametrize(
    "piece",
    [
        "{{ post.tags | fit }}",
        "{{ post.date | fit }}",
        "{{ post.text | fit('x') }}",
        "{{ post.text | fit(0) }}",
        "{{ post.text | thread(parts='a') }}",
        "{{ post.text | thread(parts=0) }}",
        "{{ post.text | thread(number=3) }}",
        "{{ post.text | thread(number='{part}') }}",
        "{{ post.text | thread(number='{n') }}",
        "{% set t = post.text | fit %}{{ t }} {{ t }}",
        "{% set t = post.text | fit %}Nothing.",
    ],
)
def test_fit_and_thread_used_wrongly_are_one_clear_line(
    piece: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "mastodon.txt.j2").write_text(piece, "utf-8")
    ran = publish("post.md", "--json")
    assert ran.status == 2
    assert "mastodon.txt.j2" in ran.err
    assert "Traceback" not in ran.err
    assert ran.json["errors"]
    assert not sandbox.received()


@pytest.mark.parametrize(
    "head",
    [
        '---\ntitle: "Bad \\uFDD07\\uFDD1 title"\n---\n',
        '---\ntitle: x\npublish: {mastodon: {text: "hi \\e[31mred"}}\n---\n',
        '{\n"title": "x \\ud800 y"\n}\n',
    ],
)
def test_escapes_in_front_matter_bring_nothing_in_that_is_no_text(
    head: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(head + "\nText.\n", "utf-8")
    assert publish("post.md").status == 0
    for item in sandbox.received():
        assert not [
            c
            for c in item["text"]
            if c == "\x1b" or 0xD800 <= ord(c) < 0xE000 or 0xFDD0 <= ord(c) < 0xFDF0
        ]


def test_a_post_that_says_nothing_is_not_sent(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for text in ("---\ndate: 2026-01-01\n---\n\n", '---\ntitle: ""\n---\n<!-- nothing -->\n'):
        (project / "post.md").write_text(text, "utf-8")
        assert publish("post.md").status == 2
    assert not sandbox.received()


@pytest.mark.parametrize("permalink", ["/{slug.foo}/", "/{slgu}/", "/{slug"])
def test_a_permalink_that_can_t_be_filled_in_is_the_configuration_s_error(
    permalink: str, project: Path, publish: Publish
) -> None:
    path = project / "publish.toml"
    path.write_text(path.read_text("utf-8").replace("/news/{slug}/", permalink), "utf-8")
    ran = publish("post.md", "--dry-run")
    assert ran.status == 2
    assert "permalink" in ran.err
    assert "publish.toml:" in ran.err


def test_an_export_that_can_t_be_written(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    ran = publish("ledger", "export", "nowhere/x.jsonl")
    assert ran.status == 2
    assert "Traceback" not in ran.err
    (project / "open.jsonl").touch(0o644)
    publish("ledger", "export", "open.jsonl")
    assert (project / "open.jsonl").stat().st_mode & 0o077 == 0
