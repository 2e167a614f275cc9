"""A file system that is really full when the answer comes: what is live is told, and the next run
goes on from there."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.reliability.fixtures import MakeWorld
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import make as make
from tests.reliability.fixtures import runner as runner


class Disk:
    """A file system of 2 MB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        with suppress(OSError), self._filling.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 512)

    def clear(self) -> None:
        self._filling.unlink()


@pytest.fixture
def disks() -> Iterator[list[Path]]:
    """The folders where one is mounted, to be taken away in the end."""
    mounted: list[Path] = []
    yield mounted
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(folder: Path, disks: list[Path]) -> Disk:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system can't be mounted here: {done.stderr.strip()}")
    disks.append(folder)
    return Disk(folder)


@pytest.mark.parametrize("channel", ["mastodon", "twitter", "discord"])
def test_what_is_live_is_told_and_goes_out_once(
    channel: str, make: MakeWorld, box: Sandbox, disks: list[Path]
) -> None:
    world = make(channels=(channel,))
    disk = mount(world.folder / ".publish", disks)
    box.fault(channel, "late", seconds=2.0)
    process = world.publish()
    end = time.monotonic() + 60
    while not world.live() and time.monotonic() < end:
        time.sleep(0.01)
    disk.fill()
    run = process.wait()
    (entry,) = [entry for entry in world.received() if entry["channel"] == channel]
    (result,) = run.json["results"]
    assert run.status == 3
    assert "could not be written down" in result["error"]["message"]
    assert entry["id"] in result["error"]["message"], "the address, or the id, of what is live"
    assert "publish resolve post.md" in result["error"]["hint"]
    disk.clear()
    again = world.publish().wait()
    if channel == "discord":  # which can't be asked: the person says what the first run told
        assert again.status == 3
        told = ("--sent", entry["url"])
        assert world.run("resolve", "post.md", channel, *told).status == 0
    assert world.publish().wait().status == 0
    assert world.faults() == []


def test_a_disk_that_is_full_before_sends_nothing(
    make: MakeWorld, box: Sandbox, disks: list[Path]
) -> None:
    world = make(channels=("mastodon", "discord", "email"))
    disk = mount(world.folder / ".publish", disks)
    disk.fill()
    run = world.publish().wait()
    assert run.status != 0
    assert not world.live()
    assert not any(request.method == "POST" for request in box.requests)
    disk.clear()
    assert world.publish().wait().status == 0
    assert world.faults() == []
