"""Bluesky, killed at every step: while a thread is sent, while an edited post is deleted and put anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Runner
from tests.reliability.world import World


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(adapters=("bluesky",)) as sandbox:
        yield sandbox


def world(folder: Path, box: Sandbox, runner: Runner, *, pictures: int = 0) -> World:
    tag = folder.name.replace("_", "")
    made = World(folder, box, runner, tag, channels=("bluesky",), pictures=pictures)
    made.write_config(made.config + 'edit = "replace"\npublication_url = "https://example.org"\n')
    return made


def test_a_thread_goes_on_where_it_was_cut_off(
    tmp_path: Path, box: Sandbox, runner: Runner
) -> None:
    steps = 0
    while True:
        mine = world(tmp_path / f"thread{steps}", box, runner)
        template = mine.folder / "templates" / "bluesky.txt.j2"
        template.write_text("{{ post.text | thread }}", "utf-8")
        run = mine.publish(how="kill", hit=steps + 1, channel="bluesky").wait()
        again = mine.publish().wait()
        assert again.status == 0, again.err
        texts = [each["text"] for each in box.received() if mine.tag in each["text"]]
        assert len(texts) == 3, steps
        assert [f"-p{part + 1}" in text for part, text in enumerate(texts)] == [True] * 3
        if not run.killed:
            break
        steps += 1
    assert steps > 20


@pytest.mark.parametrize("pictures", [0, 1])
def test_an_edit_is_done_however_often_it_is_cut_off(
    pictures: int, tmp_path: Path, box: Sandbox, runner: Runner
) -> None:
    steps = 0
    while True:
        mine = world(tmp_path / f"edit{pictures}x{steps}", box, runner, pictures=pictures)
        assert mine.publish().wait().status == 0
        (first,) = [each["id"] for each in box.received() if mine.tag in each["text"]]
        mine.edit()
        run = mine.publish(how="kill", hit=steps + 1, channel="bluesky").wait()
        again = mine.publish().wait()
        assert again.status == 0, again.err
        ((copy, count),) = mine.live().items()
        assert (copy.version, count) == (2, 1), steps
        assert mine.entry(copy)["id"] == first
        if not run.killed:
            break
        steps += 1
    assert steps > 10
