"""A run on a sandbox of its own: every channel leads to platforms on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import config as configuration
from publisher.adapter import Channel
from publisher.config import Config
from publisher.errors import UsageError
from publisher.secrets import Secret
from publisher.tell.console import Console, clean

if TYPE_CHECKING:
    from publisher.sandbox import Sandbox


@contextmanager
def sandboxed(config: Config, console: Console) -> Iterator[Config]:
    """The same configuration, but every channel leads to a sandbox that lasts as long as this run.

    What it received is told at the end, and kept in .publish/sandbox, so that there is something to
    look at.
    """
    keep = config.root / ".publish" / "sandbox"
    with tempfile.TemporaryDirectory() as scratch, start(0, keep) as sandbox:
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


def start(port: int, keep: Path | None) -> Sandbox:
    """Raises UsageError where the extra isn't installed."""
    demand_sandbox()
    from publisher.sandbox import Sandbox

    return Sandbox(port, keep)


def demand_sandbox() -> None:
    """Raises UsageError where the extra isn't installed."""
    try:
        import aiosmtpd  # noqa: F401 - the extra's only package
    except ImportError:
        raise UsageError(
            "the sandbox is not installed", hint="pip install 'announcement-publisher[sandbox]'"
        ) from None


def _tell(sandbox: Sandbox, keep: Path, console: Console) -> None:
    received = sandbox.received()
    if not received:
        return
    console.err("")
    for channel in dict.fromkeys(item["channel"] for item in received):
        mine = [item for item in received if item["channel"] == channel]
        console.err(f"{channel} received {len(mine)}:")
        for item in mine:
            head = (
                f"to {', '.join(item['to'])}: {item['subject']}"
                if channel == "email"
                else item["text"].split("\n")[0]
            )
            console.err(f"  {clean(head)}")
    console.err(
        f"look at all of it in {clean(os.path.relpath(keep))}: received.html in a browser,"
        " received.json, and each mail as .eml and .html"
    )
