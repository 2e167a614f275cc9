"""A run on a sandbox of its own: every channel leads to platforms on this machine."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import config as configuration
from publisher import registry
from publisher.adapter import Channel
from publisher.config import Config
from publisher.errors import UsageError
from publisher.secrets import Secret
from publisher.tell.console import Console, clean

if TYPE_CHECKING:
    from publisher.sandbox import Sandbox


LAST_PORT = 65_535


@contextmanager
def sandboxed(config: Config, console: Console) -> Iterator[Config]:
    """The same configuration, but every channel leads to a sandbox that lasts as long as this run.

    What it received is told at the end, and kept in .publish/sandbox, so that there is something to
    look at.
    """
    keep = config.root / ".publish" / "sandbox"
    adapters = [channel.adapter for channel in config.channels.values()]
    used = tuple(dict.fromkeys(adapters)) or registry.USUAL
    with tempfile.TemporaryDirectory() as scratch, running(0, keep, used) as sandbox:
        yield leading_to(sandbox, config, Path(scratch))
        _tell(sandbox, keep, console)


def leading_to(sandbox: Sandbox, config: Config, scratch: Path) -> Config:
    """The same configuration, but every channel leads to `sandbox`, and the ledger is in the folder
    `scratch`. Channels that the sandbox doesn't know are left out."""
    file = scratch / "publish.toml"
    file.write_text(sandbox.config(), "utf-8")
    # The secrets are the sandbox's own and open nothing else: in the clear, they stay out of
    # the environment.
    values = sandbox.environment()
    theirs = configuration.load(file)
    channels: dict[str, Channel] = {}
    secrets: dict[str, dict[str, Secret]] = {}
    for name, channel in (config.channels or theirs.channels).items():
        if channel.adapter not in theirs.channels:
            continue
        settings = {**channel.settings, **theirs.channels[channel.adapter].settings}
        channels[name] = replace(channel, settings=settings, root=config.root)
        secrets[name] = {
            option: Secret(clear=values[secret.env])
            for option, secret in theirs.secrets[channel.adapter].items()
        }
    site = config.site
    if not site.base_url:
        site = replace(site, base_url=theirs.site.base_url)
    return replace(
        config,
        site=site,
        ledger=scratch / "ledger.db",
        branch="",
        channels=channels,
        secrets=secrets,
        path=config.path or file,
    )


def demand_sandbox() -> None:
    """Raises UsageError where the extra isn't installed."""
    try:
        import aiosmtpd  # noqa: F401 - the extra's only package
    except ImportError:
        raise UsageError(
            "the sandbox is not installed", hint="pip install 'announcement-publisher[sandbox]'"
        ) from None


@contextmanager
def running(port: int, keep: Path | None, adapters: Sequence[str]) -> Iterator[Sandbox]:
    """A sandbox of these adapters' platforms that is stopped at the end. Raises UsageError where
    the extra isn't installed, a port is taken, or `keep` can't be written."""
    demand_sandbox()
    from publisher.sandbox import Sandbox

    highest = LAST_PORT - len(adapters)
    if not 0 <= port <= highest:
        raise UsageError(f"{port} is no port", hint=f"choose one from 1024 to {highest}")
    try:
        sandbox = Sandbox(port, keep, adapters)
        sandbox.start()
    except OSError as problem:
        raise _cannot_start(port, port + len(adapters), keep, problem) from None
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _cannot_start(port: int, last: int, keep: Path | None, problem: OSError) -> UsageError:
    if problem.errno == errno.EADDRINUSE:
        return UsageError(
            f"a port from {port} to {last} is taken",
            hint="choose another one; or stop the sandbox that runs there",
        )
    where = keep if keep and problem.filename else "a port"
    return UsageError(
        f"the sandbox can't use {where}: {problem.strerror}",
        hint="check the folder's rights" if where == keep else "choose another one",
    )


def _tell(sandbox: Sandbox, keep: Path, console: Console) -> None:
    received = sandbox.received()
    if not received:
        return
    console.err("")
    for channel in dict.fromkeys(item["channel"] for item in received):
        mine = [item for item in received if item["channel"] == channel]
        console.err(f"{channel} received {len(mine)}:")
        for item in mine:
            console.err(f"  {clean(_first_line(item))}")
    console.err(
        f"look at all of it in {clean(os.path.relpath(keep))}: received.html in a browser,"
        " received.json, and each mail as .eml and .html"
    )


def _first_line(item: Mapping[str, Any]) -> str:
    if "to" in item:
        return f"to {', '.join(item['to'])}: {item['subject']}"
    return str(item["text"]).split("\n")[0]
