"""Where a person answers: what a channel's guide may ask, and what it comes back with.

A guide is an adapter's own (`Adapter.guide`). It asks by the names of its options, so that what the
command line says already (`--set mastodon.api_base_url=…`) isn't asked again.
"""

from __future__ import annotations

import getpass
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from publisher.errors import PublishError, UsageError
from publisher.tell.console import Console, clean

Check = Callable[[Any], str | None]
"""Gets an answer and returns what is wrong with it, as the end of a sentence; None: nothing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a section of publish.toml will say, and its secrets' values, by the options' names."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """A terminal with a person at it. `given` are answers that the command line has, by option;
    `browser` is false where no browser is to be opened."""

    console: Console
    given: Mapping[str, str] = field(default_factory=dict)
    browser: bool = True

    def say(self, text: str) -> None:
        self.console.err(clean(text))

    def ask(self, name: str, question: str, default: str = "", check: Check | None = None) -> str:
        """An answer that nothing is wrong with; asked again until it is one."""
        if name in self.given:
            return _demand_good(name, self.given[name], check)
        shown = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            answer = self._line(shown) or default
            wrong = "is empty" if not answer else check(answer) if check else None
            if not wrong:
                return answer
            self.say(f"  That {wrong}.")

    def ask_secret(self, question: str, check: Check | None = None) -> str:
        """Never shown as it is typed, and never from the command line, which others can read."""
        while True:
            self.console.flush()
            try:
                answer = getpass.getpass(f"{question} (it is not shown): ").strip()
            except EOFError:
                raise _ended() from None
            wrong = "is empty" if not answer else check(answer) if check else None
            if not wrong:
                return answer
            self.say(f"  That {wrong}.")

    def agree(self, question: str, *, default: bool) -> bool:
        shown = f"{question} [{'Y/n' if default else 'y/N'}] "
        answer = self._line(shown).lower()
        return answer in ("y", "yes", "o", "oui", "j", "ja") if answer else default

    def choose(self, question: str, choices: Sequence[str]) -> int:
        """The index of one of the choices."""
        self._list(choices)
        while True:
            answer = self._line(f"{question} (a number): ")
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices):
                return int(answer) - 1
            self.say(f"  Type a number from 1 to {len(choices)}.")

    def choose_several(self, question: str, choices: Sequence[str]) -> list[int]:
        """The indexes of some of the choices, at least one."""
        self._list(choices)
        while True:
            words = self._line(f"{question} (numbers, such as 1 3): ").replace(",", " ").split()
            numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
            in_range = all(1 <= number <= len(choices) for number in numbers)
            if numbers and in_range and len(numbers) == len(words):
                return [number - 1 for number in dict.fromkeys(numbers)]
            self.say(f"  Type numbers from 1 to {len(choices)}, with spaces between them.")

    def open(self, url: str) -> None:
        """Show an address, and open it where there is a browser."""
        self.say(f"\n  {url}\n")
        if self.has_browser():
            # Aside: some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    def has_browser(self) -> bool:
        """Whether a browser on this machine can be opened, and come back to it. One in the
        terminal, or on a machine that somebody is connected to from elsewhere, can't."""
        if not self.browser:
            return False
        if os.environ.get("BROWSER"):
            return True
        if os.environ.get("SSH_CONNECTION"):
            return False
        has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        return bool(has_screen) or sys.platform in ("darwin", "win32")

    def _list(self, choices: Sequence[str]) -> None:
        width = len(str(len(choices)))
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number:>{width}}  {choice}")

    def _line(self, shown: str) -> str:
        self.console.prompt(clean(shown))
        line = sys.stdin.readline()
        if not line:
            raise _ended()
        return line.strip()


def _demand_good(name: str, value: str, check: Check | None) -> str:
    wrong = check(value) if check else None
    if wrong:
        raise UsageError(f"--set {name}: {value!r} {wrong}", hint="write another one")
    return value


def _ended() -> PublishError:
    return UsageError(
        "there was no answer", hint="run publish init again: each step can be taken again"
    )


Guide = Callable[[Desk], Prepared]
"""Leads a person through what one section needs. Raises PublishError."""
