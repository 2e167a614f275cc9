"""A channel's adapter, signed in to a sandbox of its own, and messages for it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from publisher import config, registry
from publisher.adapter import Adapter, Attempt, Message, Part, Payload, Receipt, Rule
from publisher.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SENTENCE = (
    "Lamp 2.0 is out: it starts twice as fast. Größer, schöner — naïve café, 日本語, مرحبا 👩🏽‍🚀!"
)


POST = """---
title: Lamp 2 is out for everyone
date: 2026-11-20
slug: lamp-2
tags: [release]
---

Our lamp starts twice as fast, and remembers where you were.
"""


def png(width: int, height: int) -> bytes:
    """A picture without a library: made in no time, and the same each time."""
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def filled(script: str, rule: Rule) -> str:
    """A text of exactly as much as the rule allows: as often this as fits, then letters."""
    assert rule.limit is not None
    low, high = 0, rule.limit + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rule.fits(script * middle) else (low, middle)
    text = (script * low).rstrip()
    if rule.fits(f"{text} a"):
        text += " "  # else what follows an address would be a part of it
    for _ in range(rule.limit):
        if not rule.fits(text + "a"):
            break
        text += "a"
    return text


class Bench:
    """`adapter` is its name; `recipient` whom a copy is for, where it has recipients. `makes_live`
    is the request that does: a method, or a method and the beginning of a path."""

    adapter: ClassVar[str]
    recipient: ClassVar[str] = ""
    makes_live: ClassVar[str] = "POST"

    @pytest.fixture(scope="class")
    @classmethod
    def own_sandbox(cls) -> Iterator[Sandbox]:
        """With this channel's platform alone."""
        with Sandbox(adapters=(cls.adapter,)) as sandbox:
            yield sandbox

    @pytest.fixture
    def sandbox(self, own_sandbox: Sandbox) -> Sandbox:
        own_sandbox.clear()
        return own_sandbox

    @pytest.fixture
    def channel(self, sandbox: Sandbox) -> Adapter:
        return self.signed_in(sandbox)

    def signed_in(self, sandbox: Sandbox) -> Adapter:
        """The adapter, with the account that it has in the sandbox."""
        path = self.folder / "publish.toml"
        path.write_text(sandbox.config(), "utf-8")
        loaded = config.load(path)
        values = sandbox.environment()
        secrets = {
            name: values[secret.env] for name, secret in loaded.secrets[self.adapter].items()
        }
        return registry.load(self.adapter)(loaded.channels[self.adapter], secrets)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    folder: Path

    def message(self, adapter: Adapter, text: str = SENTENCE, **changes: Any) -> Message:
        values: dict[str, Any] = {
            "channel": self.adapter,
            "title": "Lamp 2.0 is out",
            "description": "",
            "url": "https://example.org/news/lamp/",
            "language": "en",
            "date": NOW,
            "options": dict(adapter.settings),
            "rule": adapter.rule(adapter.settings, {}),
            "parts": (Part(text, f"<p>{text}</p>" if adapter.html else ""),),
        }
        return Message(**{**values, **changes})

    def attempt(self, key: str = "key-1", reply_to: str | None = None) -> Attempt:
        return Attempt(key, datetime.now(UTC), reply_to, self.recipient)

    def live(self, sandbox: Sandbox) -> list[dict[str, Any]]:
        return [item for item in sandbox.received() if item["channel"] == self.adapter]

    def ready(self, channel: Adapter, payload: Payload, attempt: Attempt) -> Attempt:
        """With its draft made, where the platform publishes in two steps."""
        if not channel.drafts:
            return attempt
        draft = channel.draft(payload, attempt)
        assert draft.ready or channel.is_drafted(draft.id)
        return replace(attempt, draft=draft.id)

    def send(self, channel: Adapter, payload: Payload, attempt: Attempt) -> Receipt:
        return channel.send(payload, self.ready(channel, payload, attempt))

    def fault(self, sandbox: Sandbox, kind: str, seconds: float = 0.0) -> None:
        """Let it strike what makes a post live."""
        sandbox.fault(self.adapter, kind, seconds=seconds, when=self.makes_live)
