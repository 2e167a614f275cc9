"""Random faults, kills, edits and processes side by side: exactly one copy of everything, and no
false word.

A few seeds here; `python benchmarks/reliability.py storm --seeds 1-300` for more, `--seed N` to see
one again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.faults import HTTP_FAULTS, SMTP_FAULTS
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Runner
from tests.reliability.storm import SOFTWARE, Storm, replay_line, script
from tests.reliability.world import CHANNELS, EVERYWHERE

SEEDS = range(10_001, 10_025)


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> Iterator[Storm]:
    with Sandbox(adapters=EVERYWHERE) as sandbox:
        storm = Storm(sandbox, runner, tmp_path_factory.mktemp("storm"))
        yield storm
        storm.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_copy_of_everything_after_the_storm(seed: int, storm: Storm) -> None:
    wrong = storm.run(script(seed))
    assert not wrong, "\n".join([*script(seed).lines(), *storm.events, *wrong, replay_line(seed)])


def test_a_seed_always_means_the_same() -> None:
    assert [script(seed) for seed in range(50)] == [script(seed) for seed in range(50)]


def test_the_storm_has_everything_in_it() -> None:
    steps = [step for seed in range(1, 301) for step in script(seed).steps]
    struck: dict[str, set[str]] = {}
    for strike in (strike for step in steps for strike in step.strikes):
        struck.setdefault(strike.platform, set()).add(strike.kind)
    assert set(struck) == set(EVERYWHERE)
    for platform in CHANNELS:
        assert struck[platform] == set(SMTP_FAULTS if platform == "email" else HTTP_FAULTS)
    others = set(EVERYWHERE) - set(CHANNELS)
    assert set.union(*(struck[platform] for platform in others)) == set(HTTP_FAULTS)
    ends = {death.kind for step in steps for death in step.deaths}
    assert ends == {"", "point", "time", "disk"}
    assert any(len(step.deaths) == 2 for step in steps)
    assert any(step.edit for step in steps)
    assert any(step.closed for step in steps)
    scripts = [script(seed) for seed in range(1, 301)]
    assert {each.software for each in scripts} == set(SOFTWARE)
    assert any(each.private and "mastodon" in each.channels for each in scripts)
    assert any(each.branch and len(step.deaths) == 2 for each in scripts for step in each.steps)
    assert any(each.pictures for each in scripts)
