"""What is unknown is settled at once where the server knows two requests by their key, and waited
for where it doesn't."""

from __future__ import annotations

import importlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import http
from publisher.delivery import side_by_side
from publisher.delivery.work import Timing
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon, Software
from publisher.sandbox.platform import page
from tests.conftest import Publish, live

mastodon: Any = importlib.import_module("publisher.adapters.mastodon")

WAITING = Timing(settle=600.0, look_again=0.05, deadline=20.0, longest_wait=0.2)
"""Whoever waits until a list may be believed is over the deadline, and gives up at once."""

OVER = ("503",)
LOST = ("500", "502", "504", "drop", "reset", "html")


@pytest.fixture
def box(sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(side_by_side, "TIMING", WAITING)
    monkeypatch.setattr(sandbox[Mastodon], "software", "mastodon")
    monkeypatch.setattr(sandbox[Mastodon], "lag", 0.0)
    return sandbox


def posted(publish: Publish) -> tuple[int, str]:
    ran = publish("post.md", "--channels", "mastodon", "--json")
    return ran.status, ran.statuses()["mastodon"]


@pytest.mark.parametrize(
    ("software", "kind"),
    [("mastodon", kind) for kind in OVER] + [("mastodon-4.6", kind) for kind in (*OVER, *LOST)],
)
@pytest.mark.usefixtures("project")
def test_it_is_sent_again_at_once(
    software: Software, kind: str, box: Sandbox, publish: Publish
) -> None:
    box[Mastodon].software = software
    box.fault("mastodon", kind, times=2)
    assert posted(publish) == (0, "sent")
    assert len(live(box, "mastodon")) == 1


@pytest.mark.parametrize(
    ("software", "kind"),
    [("mastodon", kind) for kind in LOST]
    + [(other, kind) for other in ("gotosocial", "takahe") for kind in (*OVER, "drop")],
)
@pytest.mark.usefixtures("project")
def test_it_is_waited_for(software: Software, kind: str, box: Sandbox, publish: Publish) -> None:
    box[Mastodon].software = software
    box.fault("mastodon", kind)
    assert posted(publish) == (3, "unknown")
    assert live(box, "mastodon") == []


@pytest.mark.usefixtures("project")
def test_a_503_by_a_proxy_proves_nothing(
    box: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box[Mastodon], "failure", lambda status: page("Busy", "", status=status))
    box.fault("mastodon", "503")
    assert posted(publish) == (3, "unknown")


@pytest.mark.parametrize("software", ["mastodon", "mastodon-4.6"])
@pytest.mark.parametrize("kind", ["lost-503", "lost", "lost-500", "cut"])
@pytest.mark.usefixtures("project")
def test_what_is_live_and_not_listed_yet_becomes_no_second_one(
    software: Software, kind: str, box: Sandbox, publish: Publish
) -> None:
    box[Mastodon].software, box[Mastodon].lag = software, 0.5
    box.fault("mastodon", kind)
    knows = software == "mastodon-4.6" or kind == "lost-503"
    assert posted(publish) == ((0, "sent") if knows else (3, "unknown"))
    assert len(live(box, "mastodon")) == 1


@pytest.mark.parametrize("software", ["mastodon", "mastodon-4.6"])
@pytest.mark.usefixtures("project")
def test_what_arrives_late_becomes_no_second_one(
    software: Software, box: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up while the server is still at it."""
    monkeypatch.setattr(http, "READ_TIMEOUT", 0.3)
    box[Mastodon].software = software
    box.fault("mastodon", "latency", seconds=1.5)
    assert posted(publish) == ((0, "sent") if software == "mastodon-4.6" else (3, "unknown"))
    end = time.monotonic() + 60
    while not live(box, "mastodon") and time.monotonic() < end:
        time.sleep(0.05)
    assert len(live(box, "mastodon")) == 1


def test_what_the_server_was_yesterday_proves_nothing(
    project: Path, box: Sandbox, publish: Publish
) -> None:
    """Its limits are kept for a day; another program may have moved in since."""
    box[Mastodon].software = "mastodon-4.6"
    assert posted(publish) == (0, "sent")
    (project / "other.md").write_text("---\ntitle: Another\n---\nOther words.\n", "utf-8")
    box[Mastodon].software = "gotosocial"
    box.fault("mastodon", "drop")
    ran = publish("other.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (3, {"mastodon": "unknown"})


@pytest.mark.usefixtures("project")
def test_a_key_that_may_be_forgotten_is_not_relied_upon(
    box: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mastodon, "KEY_FRESH", timedelta(0))
    box[Mastodon].software = "mastodon-4.6"
    box.fault("mastodon", "drop")
    assert posted(publish) == (3, "unknown")
