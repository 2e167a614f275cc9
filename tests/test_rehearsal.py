"""`publish rehearse`: what it promises, and that it sees ten ways of breaking that."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher import cli, clock, failpoints, http
from publisher.adapter import Attempt
from publisher.delivery import follow
from publisher.delivery.create import Creation
from publisher.delivery.rounds import Rounds
from publisher.delivery.work import Work
from publisher.errors import NotSent
from publisher.ledger import locks
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.rehearsal import together
from tests.conftest import Ran

CONFIG = """
[site]
base_url = "https://lamp.example/"
permalink = "/news/{slug}/"

[channels.mastodon]
api_base_url = "https://social.example"
access_token = { env = "NOBODY_SETS_THIS" }

[channels.twitter]
consumer_key = { env = "NOBODY_SETS_THIS" }
consumer_secret = { env = "NOBODY_SETS_THIS" }
access_token = { env = "NOBODY_SETS_THIS" }
access_token_secret = { env = "NOBODY_SETS_THIS" }

[channels.discord]
webhook_url = { env = "NOBODY_SETS_THIS" }

[channels.email]
smtp_url = { env = "NOBODY_SETS_THIS" }
sender = "Lamp <news@lamp.example>"
recipients = ["ada@lamp.example", "grace@lamp.example"]
unsubscribe = "mailto:leave@lamp.example"
"""

POST = """---
title: Lamp 2.0 is out
slug: lamp-2
tags: [release]
---

Our lamp starts twice as fast.

<!-- thread -->

It reads the old files as they are.

<!-- thread -->

Thanks to everybody who sent a patch.
"""

ENOUGH, TIMES = 150, 6
"""Disasters of a rehearsal, and rehearsals, in which each of the ten bugs shows: which of them does
depends on the order of the threads, too."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOBODY_SETS_THIS", raising=False)
    (tmp_path / "publish.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "post.md").write_text(POST, "utf-8")
    (tmp_path / "templates").mkdir()
    for name in ("mastodon", "twitter"):
        template = tmp_path / "templates" / f"{name}.txt.j2"
        template.write_text("{{ post.text | thread }}", "utf-8")
    return tmp_path


def rehearse(capsys: pytest.CaptureFixture[str], *argv: str) -> Ran:
    status = cli.main(["rehearse", "post.md", *argv])
    said = capsys.readouterr()
    return Ran(status, said.out, said.err)


def test_a_rehearsal_ends_in_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = rehearse(capsys, "--disasters", "60", "--seed", "1")
    assert ran.status == 0, ran.err
    assert re.fullmatch(
        r"\d\d disasters: 0 twice, 0 lost, \d+ where a person would be asked( \([\w, ]+\))?\n",
        ran.out,
    )
    assert int(ran.out.split()[0]) >= 60
    assert ran.err == ""


def test_a_text_that_other_servers_count_longer_is_not_lost(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For Mastodon an address has 23 characters; servers such as GoToSocial count each one."""
    front = "---\ntitle: Long address\ndate: 2026-11-20\n---\n\n"
    text = f"All of it: https://example.org/{'long/' * 80} {'And so on. ' * 25}"
    (here / "post.md").write_text(f"{front}{text}\n", "utf-8")
    (here / "templates" / "mastodon.txt.j2").write_text("{{ post.text }}", "utf-8")
    ran = rehearse(capsys, "--disasters", "40", "--seed", "1", "--channels", "mastodon")
    assert ran.status == 0, ran.err
    assert " 0 lost" in ran.out


def test_nothing_of_it_stays_and_nothing_leaves_the_machine(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "post.md").write_text(POST + "\n![A lamp](https://lamp.example/a.png)\n", "utf-8")
    before = {file: file.read_bytes() for file in here.rglob("*") if file.is_file()}
    reached: set[Any] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        reached.add(address[0])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    ran = rehearse(capsys, "--disasters", "20", "--seed", "2")
    assert ran.status == 0, ran.err
    assert reached == {"127.0.0.1"}
    assert {file: file.read_bytes() for file in here.rglob("*") if file.is_file()} == before
    assert (clock.other, failpoints.hook) == (None, None)


def test_a_draft_is_rehearsed_too_and_only_the_channels_that_are_asked_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "post.md").write_text(POST.replace("slug:", "draft: true\nslug:"), "utf-8")
    ran = rehearse(capsys, "--channels", "discord", "--disasters", "20", "--seed", "3")
    assert ran.status == 0, ran.err
    assert "(discord)" in ran.out


def test_two_channels_of_one_platform_are_two_accounts(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = (
        CONFIG
        + '\n[channels.second]\nadapter = "twitter"\n'
        + "".join(
            f'{name} = {{ env = "NOBODY_SETS_THIS" }}\n'
            for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        )
    )
    (here / "publish.toml").write_text(more, "utf-8")
    ran = rehearse(capsys, "--channels", "twitter,second", "--disasters", "30", "--seed", "4")
    assert ran.status == 0, ran.err


def test_what_is_wrong_with_the_post_is_said_as_ever(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "post.md").write_text("---\ntitle: [\n---\nx\n", "utf-8")
    ran = rehearse(capsys)
    assert ran.status == 2
    assert "post.md" in ran.err
    assert rehearse(capsys, "--disasters", "0").status == 2


# Ten bugs


def resend_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Creation, "settle", lambda self, index: False)


def a_5xx_taken_for_not_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(http, "Unknown", NotSent)


def intent_not_written(patch: pytest.MonkeyPatch) -> None:
    write = Ledger.record

    def record(self: Ledger, row: Row) -> None:
        if row.state != "intent":
            write(self, row)

    patch.setattr(Ledger, "record", record)


def key_without_generation(patch: pytest.MonkeyPatch) -> None:
    make = Work._key
    patch.setattr(Work, "_key", lambda self, row: make(self, replace(row, generation=1)))


def lock_ignored(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def hold(ledger: Path, posts: Any) -> Iterator[Mapping[str, str]]:
        yield {}

    patch.setattr(locks, "hold", hold)


def outcome_lost(patch: pytest.MonkeyPatch) -> None:
    write = Ledger.record

    def record(self: Ledger, row: Row) -> None:
        if row.state != "sent":
            write(self, row)

    patch.setattr(Ledger, "record", record)


def thread_reply_to_the_wrong_part(patch: pytest.MonkeyPatch) -> None:
    make = Work.attempt

    def attempt(self: Work, index: int, row: Row | None = None) -> Attempt:
        made = make(self, index, row)
        return replace(made, reply_to=self.row(0).remote_id) if made.reply_to else made

    patch.setattr(Work, "attempt", attempt)


def recipient_skipped(patch: pytest.MonkeyPatch) -> None:
    advance = Rounds._advance

    def skip(self: Rounds, index: int) -> None:
        row = self._work.row(index)
        if row.recipient and index == 1:
            self._work.record(index, row.with_state("sent"))
        else:
            advance(self, index)

    patch.setattr(Rounds, "_advance", skip)


def edit_that_creates(patch: pytest.MonkeyPatch) -> None:
    def update(work: Work, index: int) -> None:
        row = work.row(index)
        receipt = work.adapter.send(row.payload, work.attempt(index, row))
        work.record(index, row.with_state("sent", op="create", live=None, remote_id=receipt.id))

    patch.setattr(follow, "update", update)


def a_list_s_lag_believed(patch: pytest.MonkeyPatch) -> None:
    look = Creation.settle

    def settle(self: Creation, index: int) -> bool:
        try:
            return look(self, index)
        except NotSent as error:
            if "looking once more" in error.message:
                return False
            raise

    patch.setattr(Creation, "settle", settle)


@pytest.mark.parametrize(
    "bug",
    [
        resend_without_looking,
        a_5xx_taken_for_not_sent,
        intent_not_written,
        key_without_generation,
        lock_ignored,
        outcome_lost,
        thread_reply_to_the_wrong_part,
        recipient_skipped,
        edit_that_creates,
        a_list_s_lag_believed,
    ],
)
def test_a_bug_is_seen(
    bug: Any, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bug(monkeypatch)
    for turn in range(TIMES):
        ran = rehearse(capsys, "--disasters", str(ENOUGH), "--seed", str(1 + turn * ENOUGH))
        if ran.status:
            break
    assert ran.status == 1, ran.out
    assert "a promise was broken" in ran.err
    assert re.search(r"--disasters 1 --seed \d+\n$", ran.err)


def test_a_long_one_is_shared_among_processes(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "SHARE", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    ran = rehearse(capsys, "--channels", "discord", "--disasters", "20", "--seed", "5")
    assert ran.status == 0, ran.err
    assert int(ran.out.split()[0]) >= 20
    (here / "templates" / "discord.txt.j2").write_text("{{ nothing.of.that.name }}", "utf-8")
    wrong = rehearse(capsys, "--channels", "discord", "--disasters", "20")
    assert wrong.status == 2
    assert "discord.txt.j2" in wrong.err


def test_ctrl_c_ends_all_of_it(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    scratch = tmp_path_factory.mktemp("scratch")
    process = subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, "--disasters", "1000000"],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(scratch.glob("*/*/*/ledger.db")):  # until the players play
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.startswith("error: stopped")
    assert list(scratch.iterdir()) == []


IMPATIENT = """
import signal, sys
from publisher import cli

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(cli.main(["rehearse", "post.md", *sys.argv[1:]]))
"""
