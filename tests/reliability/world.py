"""One post, one folder, one sandbox: what is published there, and what is really live.

Every text carries a mark, `tag-v1-p2`, so that a copy can be told from any other: which world it is
from, which version of the post, which part of the thread.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from publisher import registry
from publisher.ledger.branch_files import known_of
from publisher.ledger.git_branch import Snapshot
from publisher.ledger.row import Row, is_digest
from publisher.ledger.sqlite import Ledger
from publisher.sandbox import Sandbox
from publisher.testing.bench import png
from tests.git_repositories import clone, git, remote
from tests.reliability.child import TIMING, Job
from tests.reliability.runner import Process, Run, Runner

CHANNELS = ("mastodon", "twitter", "discord", "email")
EVERYWHERE = tuple(name for name in registry.names() if registry.load(name).platform())
"""All that have a platform in the sandbox."""
THREADED = tuple(
    name
    for name in EVERYWHERE
    if registry.load(name).replies and not registry.load(name).has_recipients()
)
"""Where a post of three parts is three, each a reply."""
RECIPIENTS = ("ada@example.org", "grace@example.com", "radia@example.net")
PARTS = 3
REQUEST = {"mastodon": 1, "twitter": 2, "discord": 1, "email": 1}
"""Which request of a channel's thread makes the first post live: X is asked for its clock before;
Mastodon has said it with its limits."""

POST = """---
title: Lantern 2 is out
date: 2026-01-20
slug: {tag}
tags: [free software]
---

Our lamp starts twice as fast, and remembers where you were: {tag}-v{version}-p1 is what we tell the world.

<!-- thread -->

It reads the old files as they are; nobody has to convert anything, and {tag}-v{version}-p2 says so.

<!-- thread -->

Thanks to everybody who sent a patch or a picture. You are named in {tag}-v{version}-p3, one after the other.
"""

THREAD = "{{ post.text | thread }}"
SINGLE = "{{ post.title }}\n\n{{ post.text | fit }}\n\n{{ post.url }}"


MARK = re.compile(r"([\w.]+)-v(\d+)-p(\d+)")


@dataclass(frozen=True, order=True)
class Copy:
    """One thing that is live, or is meant to be. `part` counts from 0."""

    channel: str
    version: int
    part: int = 0
    recipient: str = ""


class World:
    """A project folder whose configuration leads to `sandbox`. `threads`: where parts reply to each
    other, there are three."""

    mixed: frozenset[str] = frozenset()
    """Channels where a thread that was cut off may go on with the words of today."""

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        runner: Runner,
        tag: str,
        *,
        channels: tuple[str, ...] = CHANNELS,
        threads: bool = False,
        recipients: int = 1,
        pictures: int = 0,
        visibility: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.sandbox, self.runner, self.tag = folder, sandbox, runner, tag
        self.channels, self.threads, self.recipients = channels, threads, RECIPIENTS[:recipients]
        self.pictures = pictures
        self.version = 0
        self._runs = 0
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "HOME": str(folder),
            **sandbox.environment(),
            **(environment or {}),
        }
        self._make_folder()
        (folder / "templates").mkdir()
        for channel in THREADED:
            (folder / "templates" / f"{channel}.txt.j2").write_text(
                THREAD if threads else SINGLE, "utf-8"
            )
        config = sandbox.config().replace(
            'language = "en"\n', 'language = "en"\npermalink = "/news/{slug}/"\n'
        )
        if visibility:
            section = "[channels.mastodon]\n"
            config = config.replace(section, f'{section}visibility = "{visibility}"\n')
        config = re.sub(
            r"recipients = .*", f"recipients = {list(self.recipients)}".replace("'", '"'), config
        )
        self.write_config(config)
        self.edit()

    def _make_folder(self) -> None:
        (self.folder / ".git").mkdir(parents=True)

    def write_config(self, text: str) -> None:
        (self.folder / "publish.toml").write_text(text, "utf-8")

    @property
    def config(self) -> str:
        return (self.folder / "publish.toml").read_text("utf-8")

    def edit(self) -> None:
        """Write the next version of the post, with its pictures, one pixel larger each time."""
        self.version += 1
        text = POST.format(tag=self.tag, version=self.version)
        for number in range(self.pictures):
            name = f"picture-{number}.png"
            (self.folder / name).write_bytes(png(8 + self.version, 8 + number))
            text += f"\n![Picture {number}]({name})\n"
        (self.folder / "post.md").write_text(text, "utf-8")

    # Runs

    def start(self, *argv: str, **how: Any) -> Process:
        """Start `publish ARGV`. `how`: the fields of `Job` that make it die, wait or tell."""
        self._runs += 1
        out = self.folder / f"run-{self._runs}"
        told = {
            "folder": str(self.folder),
            "environment": self.environment,
            "timing": TIMING,
            **how,
        }
        return self.runner.start(Job(argv, out=f"{out}.out", err=f"{out}.err", **told))

    def next_attempt(self) -> None:
        """Whoever ran before is over."""

    def publish(self, **how: Any) -> Process:
        return self.start("post.md", "--channels", ",".join(self.channels), "--json", **how)

    def run(self, *argv: str, **how: Any) -> Run:
        return self.start(*argv, **how).wait()

    # What is live

    def received(self) -> list[dict[str, Any]]:
        """All that the platforms show, as the sandbox tells it. Overridden where they are others'
        servers."""
        return self.sandbox.received()

    def live(self) -> Counter[Copy]:
        """Everything of this world that the platforms show."""
        found: Counter[Copy] = Counter()
        for entry in self.received():
            copy = self._copy(entry["channel"], entry["text"], entry)
            if copy is not None:
                found[copy] += 1
        return found

    def entry(self, copy: Copy) -> dict[str, Any]:
        """A live copy as the sandbox tells it."""
        return next(
            entry
            for entry in self.received()
            if self._copy(entry["channel"], entry["text"], entry) == copy
        )

    def _copy(self, channel: str, text: str, entry: Mapping[str, Any]) -> Copy | None:
        mark = MARK.search(text)
        if mark is None or mark[1] != self.tag:
            return None
        threaded = self.threads and channel in THREADED
        recipient = entry["to"][0] if channel == "email" else ""
        return Copy(channel, int(mark[2]), int(mark[3]) - 1 if threaded else 0, recipient)

    def wanted(self, channel: str, version: int) -> set[Copy]:
        """What one version of the post is on a channel."""
        if channel == "email":
            return {Copy(channel, version, 0, recipient) for recipient in self.recipients}
        parts = PARTS if self.threads and channel in THREADED else 1
        return {Copy(channel, version, part) for part in range(parts)}

    def duplicates(self) -> int:
        """Copies beyond the first of each part, whatever its version; a second version of a part is
        one too."""
        parts: Counter[tuple[str, int, str]] = Counter()
        for copy, count in self.live().items():
            parts[copy.channel, copy.part, copy.recipient] += count
        return sum(count - 1 for count in parts.values())

    def losses(self) -> int:
        """Parts and recipients' copies that aren't live, on the channels of this world."""
        live = {(copy.channel, copy.part, copy.recipient) for copy in self.live()}
        wanted = {
            (c.channel, c.part, c.recipient)
            for channel in self.channels
            for c in self.wanted(channel, 1)
        }
        return len(wanted - live)

    def faults(self) -> list[str]:
        """What is wrong, in words, once everything is said to be live. Empty: exactly one copy of
        everything."""
        wrong: list[str] = []
        live = self.live()
        for channel in self.channels:
            mine = {copy: count for copy, count in live.items() if copy.channel == channel}
            versions = {copy.version for copy in mine}
            if channel in self.mixed:
                mine = {replace(copy, version=1): count for copy, count in mine.items()}
            if not any(
                set(mine) == self.wanted(channel, version) for version in range(1, self.version + 1)
            ):
                wrong.append(f"{channel}: live are {sorted(mine)}, of versions {sorted(versions)}")
            wrong += [
                f"{channel}: {count} copies of {copy}" for copy, count in mine.items() if count > 1
            ]
        wrong += self._chains()
        for entry in self.received():
            copy = self._copy(entry["channel"], entry["text"], entry)
            if copy is not None and copy.channel in ("mastodon", "twitter") and self.pictures:
                shown = entry.get("object", entry)
                media = shown["media_attachments"] if copy.channel == "mastodon" else entry["media"]
                texts = [each.get("description") or each.get("alt") for each in media]
                wanted = self.pictures if copy.part == 0 else 0
                if texts != [f"Picture {number}" for number in range(wanted)]:
                    wrong.append(f"{copy}: its pictures are {texts}")
        known = {(row.channel, row.part, row.recipient): row for row in self.rows()}
        for copy in live:
            row = known.get((copy.channel, copy.part, copy.recipient))
            if row is not None and row.state == "sent" and is_digest(row.payload):
                continue  # live by a person's word, where the text isn't kept
            if row is None or row.state != "sent" or f"-v{copy.version}-" not in str(row.payload):
                wrong.append(f"the ledger doesn't know {copy}: {row}")
        return wrong

    def _chains(self) -> list[str]:
        """Each part of a thread replies to the one before; where there is one level only, to the
        first."""
        wrong = []
        for channel in sorted(set(THREADED) & set(self.channels)):
            flat = registry.load(channel).flat
            ids: dict[int, tuple[str, str | None]] = {}
            for entry in self.received():
                copy = self._copy(entry["channel"], entry["text"], entry)
                if copy is not None and copy.channel == channel:
                    ids[copy.part] = (str(entry["id"]), entry["in_reply_to_id"])
            for part, (_, parent) in ids.items():
                before = 0 if flat and part else part - 1
                if parent != (ids[before][0] if before in ids else None):
                    wrong.append(f"{channel}: part {part} replies to {parent}: {ids}")
        return wrong

    # What the ledger says

    def rows(self) -> list[Row]:
        path = self.folder / ".publish" / "sandbox.db"
        if not path.is_file():
            return []
        with Ledger(path, readonly=True) as ledger:
            return ledger.rows()

    def _meant(self, row: Row, live: Mapping[Copy, int]) -> Copy:
        """What a row stands for. One of which only a digest is kept is whatever version is live."""
        said = re.search(r"-v(\d+)-", str(row.payload))
        if said is not None:
            return Copy(row.channel, int(said[1]), row.part, row.recipient)
        return next(
            (copy for copy in live if (copy.channel, copy.part) == (row.channel, row.part)),
            Copy(row.channel, self.version, row.part),
        )

    def resolve(self) -> list[str]:
        """Look at the platforms as a person would, and say `publish resolve` for everything that is
        open."""
        told = []
        live = self.live()
        for row in self.rows():
            nameless = row.state == "sent" and row.remote_id is None and not row.recipient
            if row.state not in ("unknown", "intent") and not nameless:
                continue
            copy = self._meant(row, live)
            argv = ["resolve", "post.md", row.channel, "--part", str(row.part + 1)]
            if row.recipient:
                argv += ["--recipient", row.recipient]
            if live[copy]:
                argv += ["--sent"] if row.recipient else ["--sent", self.entry(copy)["url"]]
            else:
                argv += ["--not-sent"]
            run = self.run(*argv)
            told.append(" ".join(argv[2:]))
            if run.status:
                raise AssertionError(f"publish {' '.join(argv)} ended with {run.status}: {run.err}")
        return told


class BranchWorld(World):
    """The same, with its ledger on a branch. Each run is a job in a fresh clone. Jobs that run at
    once are two of one workflow run; one that comes later has a higher attempt, and takes over."""

    attempt = 0
    mixed = frozenset(THREADED)

    def __init__(self, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        made = self.run("ledger", "init")
        if made.status:
            raise AssertionError(made.err)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True)
        self.bare = remote(self.folder)

    def write_config(self, text: str) -> None:
        ledger = re.sub(r'path = ".*"', 'branch = "publish-ledger"', text)
        super().write_config(
            re.sub(r"\[channels\.email\].*?(?=\n\[|\Z)", "", ledger, flags=re.DOTALL)
        )

    def start(self, *argv: str, **how: Any) -> Process:
        job = clone(self.bare, f"job-{self._runs + 1}")
        for name in ("publish.toml", "post.md"):
            shutil.copy(self.folder / name, job / name)
        for picture in self.folder.glob("*.png"):
            shutil.copy(picture, job)
        shutil.copytree(self.folder / "templates", job / "templates")
        environment = {
            **self.environment,
            "GITHUB_RUN_ID": self.tag,
            "GITHUB_RUN_ATTEMPT": str(self.attempt),
        }
        return super().start(*argv, folder=str(job), environment=environment, **how)

    def next_attempt(self) -> None:
        self.attempt += 1

    def rows(self) -> list[Row]:
        if not git(self.bare, "branch", "--list", "publish-ledger"):
            return []
        names = git(self.bare, "ls-tree", "-r", "--name-only", "publish-ledger").splitlines()
        texts = {name: git(self.bare, "show", f"publish-ledger:{name}") for name in names}
        return list(known_of(Snapshot("", texts)).rows.values())
