"""What is looked for is what was made since it was tried: by the platform's clock, whatever this
machine's said then and says now."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher import clock
from publisher.delivery import side_by_side
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.conftest import Publish, live

HOUR = timedelta(hours=1)


class Clocks:
    """This machine's clock and the platforms', each set off from what is so."""

    def __init__(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox = sandbox
        self.ours = timedelta()
        monkeypatch.setattr(clock, "other", self)
        monkeypatch.setattr(sandbox.clock, "skew", timedelta())

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ours

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait(seconds)

    def set(self, *, ours: timedelta, theirs: timedelta) -> None:
        self.ours = ours
        self.sandbox.clock.skew = theirs


@pytest.fixture
def clocks(sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    monkeypatch.setattr(sandbox[Mastodon], "software", "gotosocial")
    return Clocks(sandbox, monkeypatch)


def lose(sandbox: Sandbox, channel: str, publish: Publish) -> None:
    """It is live, and this machine doesn't know: neither from the answer nor by looking."""
    sandbox[Twitter].posts.clear()
    sandbox.fault(channel, "lost")
    sandbox.fault(channel, "500", times=500, when="GET")
    assert publish("post.md", "--channels", channel).status == 3
    sandbox.faults.clear()
    assert len(live(sandbox, channel)) == 1


@pytest.mark.parametrize("channel", ["mastodon", "twitter"])
@pytest.mark.parametrize(
    ("then", "now", "theirs"),
    [
        (HOUR, 2 * HOUR, 2 * HOUR),  # it was an hour ahead, and was set right
        (HOUR, 2 * HOUR, timedelta(0)),  # it is ahead more and more, and nobody has noticed
        (-HOUR, HOUR, HOUR),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_clock_that_was_set_meanwhile_hides_nothing(
    channel: str,
    then: timedelta,
    now: timedelta,
    theirs: timedelta,
    clocks: Clocks,
    sandbox: Sandbox,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a Mastodon without keys, and an X that has forgotten what is a duplicate."""
    clocks.set(ours=then, theirs=timedelta(0))
    lose(sandbox, channel, publish)
    for post in sandbox[Twitter].posts.values():
        post["same"] = ""
    clocks.set(ours=now, theirs=theirs)
    assert publish("post.md", "--channels", channel).status == 0
    assert len(live(sandbox, channel)) == 1


@pytest.mark.usefixtures("project")
def test_what_was_begun_in_the_platform_s_future_is_held(
    clocks: Clocks, sandbox: Sandbox, publish: Publish
) -> None:
    """Its clock was set back: its list is no proof."""
    lose(sandbox, "mastodon", publish)
    clocks.set(ours=HOUR, theirs=-HOUR)
    assert publish("post.md", "--channels", "mastodon").status == 3
    assert len(live(sandbox, "mastodon")) == 1


@pytest.mark.parametrize("ours", [HOUR, -HOUR])
@pytest.mark.usefixtures("project")
def test_a_clock_that_was_set_makes_no_list_believable_sooner(
    ours: timedelta,
    clocks: Clocks,
    sandbox: Sandbox,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Set ahead, more time seems to have passed since it was tried; set back, the attempt lies in the
    future."""
    sandbox.fault("mastodon", "drop")
    sandbox.fault("mastodon", "500", times=500, when="GET")
    assert publish("post.md", "--channels", "mastodon").status == 3
    sandbox.faults.clear()
    clocks.set(ours=ours, theirs=timedelta(0))
    monkeypatch.setattr(side_by_side, "TIMING", replace(side_by_side.TIMING, settle=600.0))
    before = len(sandbox.requests)
    assert publish("post.md", "--channels", "mastodon").status == 3
    assert "POST" not in [each.method for each in sandbox.requests[before:]]


def test_the_server_s_time_is_in_the_ledger_and_travels(
    project: Path, clocks: Clocks, sandbox: Sandbox, publish: Publish
) -> None:
    clocks.set(ours=HOUR, theirs=timedelta(0))
    assert publish("post.md", "--channels", "mastodon").status == 0
    exported = publish("ledger", "export").out
    (line,) = [line for line in exported.splitlines() if '"row"' in line]
    assert '"server":"' in line
    (project / "exported").write_text(exported, "utf-8")
    (project / ".publish" / "sandbox.db").unlink()
    assert publish("ledger", "import", "exported").status == 0
    assert publish("ledger", "export").out == exported
