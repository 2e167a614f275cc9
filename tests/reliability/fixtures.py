"""Fixtures of the reliability tests. Imported by name, since only those files need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.sandbox import Sandbox
from tests.reliability.runner import Runner
from tests.reliability.world import World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of the test's own: its switches and faults are nobody else's."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def make(tmp_path: Path, box: Sandbox, runner: Runner) -> MakeWorld:
    """Makes worlds, each in a folder of its own."""
    made: list[World] = []

    def make(**how: Any) -> World:
        name = f"world{len(made)}"
        made.append(World(tmp_path / name, box, runner, name, **how))
        return made[-1]

    return make
