"""A post, published into faults and deaths: exactly one copy of everything is live in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.rehearsal.rehearsal import Rehearsal, Verdict
from publisher.rehearsal.rehearse import staged
from publisher.rehearsal.stage import Stage
from publisher.testing.bench import Bench

POST = """---
title: Lamp 2 is out
date: 2026-11-20
slug: lamp-2
tags: [release]
---

Our lamp starts twice as fast, and remembers where you were.
"""


class Disasters(Bench):
    disasters = 100
    """So many in a storm."""
    asks = True
    """Whether it may be that a person has to look what is live."""

    @pytest.fixture
    def stage(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
        """With one post, for this channel alone."""
        monkeypatch.chdir(self.folder)
        (self.folder / ".git").mkdir()  # the search for a configuration ends here
        (self.folder / "post.md").write_text(POST, "utf-8")
        with staged("post.md", config=None, names=self.adapter) as stage:
            yield stage

    def test_killed_anywhere_it_is_live_once(self, stage: Stage) -> None:
        verdict = Rehearsal(stage).die_everywhere()
        assert verdict.disasters > 5
        self.judge(verdict)

    def test_in_a_storm_it_is_live_once(self, stage: Stage) -> None:
        self.judge(Rehearsal(stage).perform(self.disasters, 1, lambda struck: None))

    def judge(self, verdict: Verdict) -> None:
        assert verdict.wrong == []
        assert (verdict.twice, verdict.lost) == (0, 0)
        assert self.asks or not verdict.asked
