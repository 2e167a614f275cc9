"""A post, published into faults and deaths: exactly one copy of everything is live in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir, contextmanager

import pytest

from publisher import certificate, registry
from publisher.rehearsal.rehearsal import Rehearsal, Verdict
from publisher.rehearsal.rehearse import staged
from publisher.rehearsal.stage import Stage
from publisher.testing.bench import POST, Bench
from publisher.testing.certify import certify


class Disasters(Bench):
    disasters = 100
    """So many in a storm."""

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        with self.staged() as stage:
            yield stage

    @contextmanager
    def staged(self) -> Iterator[Stage]:
        """With one post, for this channel alone."""
        (self.folder / ".git").mkdir()  # the search for a configuration ends here
        (self.folder / "post.md").write_text(POST, "utf-8")
        with chdir(self.folder), staged("post.md", config=None, names=self.adapter) as stage:
            yield stage

    def test_killed_anywhere_it_is_live_once(self, stage: Stage) -> None:
        verdict = Rehearsal(stage).die_everywhere()
        assert verdict.disasters > 5
        self.judge(verdict)

    def test_in_a_storm_it_is_live_once(self, stage: Stage) -> None:
        self.judge(Rehearsal(stage).perform(self.disasters, 1, lambda struck: None))

    def test_its_certificate_says_what_happens(self) -> None:
        """Anew: python -m publisher.testing NAME"""
        assert certificate.load(registry.load(self.adapter)) == certify(self.adapter)

    def judge(self, verdict: Verdict) -> None:
        assert verdict.wrong == []
        assert (verdict.twice, verdict.lost) == (0, 0)
        kept = certificate.load(registry.load(self.adapter))
        assert not verdict.asked or (kept and (kept.asks or kept.varies))
