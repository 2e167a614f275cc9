"""The whole command on every channel: whatever becomes of an answer, an edit, a retraction. What is
to be expected is what the channel's certificate says.

The four that a post goes to by itself have tests of their own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher import certificate, registry
from publisher.sandbox import Sandbox
from tests.conftest import CHANNELS, POST, Publish, edit
from tests.one_channel import on
from tests.reliability.world import EVERYWHERE
from tests.test_mutants import suite_of

OTHERS = [name for name in EVERYWHERE if name not in CHANNELS]
KINDS = ["500", "502", "503", "drop", "reset", "html", "lost", "lost-500", "lost-503", "lost-html", "cut"]  # fmt: skip


def kept(name: str) -> certificate.Certificate:
    found = certificate.load(registry.load(name))
    assert found is not None
    return found


@pytest.fixture
def here(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on(name, tmp_path, monkeypatch) as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OTHERS)
def test_whatever_becomes_of_an_answer_it_is_live_once_or_held(
    name: str, kind: str, here: Sandbox, publish: Publish
) -> None:
    here.fault(name, kind, when=suite_of(name).makes_live)
    ran = publish("post.md", "--json")
    live = len(here.received())
    if kind in kept(name).asks:
        assert (ran.status, ran.statuses()) == (3, {name: "unknown"}), ran.err
        assert publish("post.md", "--json").status == 3
        assert len(here.received()) == live
    else:
        assert (ran.status, ran.statuses()) == (0, {name: "sent"}), ran.err
        assert live == 1
        assert publish("post.md", "--json").statuses() == {name: "unchanged"}
        assert len(here.received()) == 1


@pytest.mark.parametrize("name", OTHERS)
def test_an_edit_follows_the_file_where_it_can(
    name: str, here: Sandbox, publish: Publish, tmp_path: Path
) -> None:
    publish("post.md", "--json")
    edit(tmp_path, "twice as fast", "at once")
    ran = publish("post.md", "--json")
    (live,) = here.received()
    assert ran.statuses() == {name: "sent" if kept(name).edits else "outdated"}
    assert ("at once" in live["text"]) is kept(name).edits


@pytest.mark.parametrize("name", OTHERS)
def test_a_retraction_takes_it_down_where_it_can(
    name: str, here: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--json")
    ran = publish("retract", "post.md", "--yes")
    assert ran.status == 0, ran.err
    assert ("can't be called back" in ran.out) is not kept(name).deletes
    assert len(here.received()) == (0 if kept(name).deletes else 1)


@pytest.mark.parametrize(
    ("argv", "loaded"),
    [
        (["--help"], set()),
        (["post.md", "--dry-run"], set(CHANNELS)),
        (["post.md", "--dry-run", "--channels", "telegram"], {"telegram"}),
    ],
)
def test_only_what_is_used_is_imported(argv: list[str], loaded: set[str], tmp_path: Path) -> None:
    """However many adapters are installed."""
    code = (
        "import contextlib, io, sys; from publisher import cli\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    cli.main(sys.argv[1:])\n"
        "print(*[name for name in sys.modules if name.startswith('publisher.adapters.')])"
    )
    (tmp_path / ".git").mkdir()
    (tmp_path / "post.md").write_text(POST, "utf-8")
    command = [sys.executable, "-c", code, *argv]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = {name.rpartition(".")[2] for name in ran.stdout.split()}
    assert {name for name in modules if not name.startswith("_")} == loaded
