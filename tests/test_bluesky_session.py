"""Signing in to Bluesky: seldom, by tokens that nobody else can read."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import registry
from publisher.adapter import Adapter, Attempt, Channel
from publisher.errors import NotSent, Refused
from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import ACCESS, PASSWORD, REFRESH, Bluesky
from publisher.testing.bench import NOW


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(adapters=("bluesky",)) as sandbox:
        yield sandbox


@pytest.fixture
def keep(tmp_path: Path) -> Path:
    return tmp_path / ".publish" / "sessions"


def channel(sandbox: Sandbox, keep: Path | None, password: str = PASSWORD) -> Adapter:
    settings = sandbox[Bluesky].settings()
    made = Channel("bluesky", "bluesky", settings, keep=keep)
    return registry.load("bluesky")(made, {"app_password": password})


def post(adapter: Adapter, text: str = "x") -> None:
    payload = {"record": {"$type": "app.bsky.feed.post", "text": text}}
    adapter.send(payload, Attempt(text, NOW))


def kept(keep: Path) -> Path:
    (file,) = keep.glob("*.json")
    return file


def signed_in(sandbox: Sandbox) -> list[str]:
    return [each.path.rpartition(".")[2] for each in sandbox.requests if ".server." in each.path]


def test_two_runs_sign_in_once(sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    post(channel(sandbox, keep), "two")
    assert signed_in(sandbox) == ["createSession"]


def test_without_a_place_for_tokens_each_run_signs_in(sandbox: Sandbox) -> None:
    post(channel(sandbox, None), "one")
    post(channel(sandbox, None), "two")
    assert signed_in(sandbox) == ["createSession", "createSession"]


def test_nobody_else_can_read_the_tokens_and_no_repository_takes_them(
    sandbox: Sandbox, keep: Path
) -> None:
    post(channel(sandbox, keep))
    file = kept(keep)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(keep.stat().st_mode) == 0o700
    assert (keep / ".gitignore").read_text() == "*\n"
    assert PASSWORD not in file.read_text() + file.name


def test_tokens_that_others_can_read_are_not_believed(sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    file = kept(keep)
    file.chmod(0o644)
    post(channel(sandbox, keep), "two")
    assert signed_in(sandbox) == ["createSession", "createSession"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("broken", ["", "{}", "[1]", '{"did": 1}', "\udcff"])
def test_a_broken_file_costs_one_sign_in(broken: str, sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    file = kept(keep)
    file.write_bytes(broken.encode("utf-8", "surrogateescape"))
    post(channel(sandbox, keep), "two")
    assert len(sandbox.received()) == 2


def test_a_token_that_is_over_is_renewed(sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    sandbox.clock.skew = ACCESS + timedelta(minutes=1)
    post(channel(sandbox, keep), "two")
    post(channel(sandbox, keep), "three")
    assert signed_in(sandbox) == ["createSession", "refreshSession"]


def test_after_half_a_year_it_signs_in_anew(sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    sandbox.clock.skew = REFRESH * 2
    post(channel(sandbox, keep), "two")
    assert signed_in(sandbox) == ["createSession", "refreshSession", "createSession"]


@pytest.mark.parametrize("kind", ["lost", "500", "html", "cut", "429"])
@pytest.mark.parametrize("method", ["createSession", "refreshSession"])
def test_who_was_not_signed_in_has_sent_nothing(
    method: str, kind: str, sandbox: Sandbox, keep: Path
) -> None:
    if method == "refreshSession":
        post(channel(sandbox, keep), "one")
        sandbox.clock.skew = ACCESS + timedelta(minutes=1)
    sandbox.fault("bluesky", kind, when=f"POST /xrpc/com.atproto.server.{method}")
    with pytest.raises(NotSent):
        post(channel(sandbox, keep), "two")
    post(channel(sandbox, keep), "two")
    assert [item["text"] for item in sandbox.received()][-1] == "two"


def test_another_password_is_another_session(sandbox: Sandbox, keep: Path) -> None:
    post(channel(sandbox, keep), "one")
    with pytest.raises(Refused) as caught:
        post(channel(sandbox, keep, "wrong-password"), "two")
    assert "app password" in caught.value.hint
    assert "wrong-password" not in caught.value.message


def test_checking_is_by_the_password_even_where_there_is_a_session(
    sandbox: Sandbox, keep: Path
) -> None:
    post(channel(sandbox, keep))
    assert channel(sandbox, keep).check().startswith("signed in as @demo.test on http://127")
    sandbox[Bluesky].password = "taken back"
    with pytest.raises(Refused):
        channel(sandbox, keep).check()


def test_tokens_are_taken_out_of_what_a_server_is_quoted_with(sandbox: Sandbox, keep: Path) -> None:
    mine = channel(sandbox, keep)
    post(mine, "one")
    file = kept(keep)
    access = json.loads(file.read_text())["access"]
    sandbox[Bluesky].called = "else.test"
    answer: Any = sandbox[Bluesky].too_many

    def telling(seconds: float) -> Any:
        return replace(answer(seconds), body=json.dumps({"error": f"no {access} today"}).encode())

    sandbox[Bluesky].too_many = telling  # type: ignore[method-assign]
    sandbox.fault("bluesky", "429")
    with pytest.raises(NotSent) as caught:
        post(mine, "two")
    assert "today" in caught.value.message
    assert access not in caught.value.message


def test_what_is_no_pds_is_said(sandbox: Sandbox) -> None:
    sandbox.fault("bluesky", "html", when="POST /xrpc/com.atproto.server.")
    with pytest.raises(NotSent):
        channel(sandbox, None).check()
