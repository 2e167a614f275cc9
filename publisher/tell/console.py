"""What a person sees: words, colours, progress, the one question. Results go to stdout, everything
else to stderr."""

from __future__ import annotations

import os
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from publisher.errors import Problems, PublishError

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


def clean(text: str) -> str:
    """No text from a post or a server may move the cursor or ring the bell: control characters
    become visible."""
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) != "Cc":
        return character
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


class Console:
    def __init__(self) -> None:
        self._lock = threading.Lock()

    def out(self, text: str = "") -> None:
        _write(sys.stdout, text + "\n")

    def err(self, text: str = "") -> None:
        with self._lock:
            _tell(text + "\n")

    def prompt(self, text: str) -> None:
        """Words after which somebody types."""
        _write(sys.stderr, text)

    def flush(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()

    def colour(self, text: str, name: str, stream: TextIO | None = None) -> str:
        stream = stream or sys.stdout
        if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        return f"\033[{_COLOURS[name]}m{text}\033[0m"

    def interactive(self) -> bool:
        """Whether there is a person to ask."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, question: str) -> bool:
        _write(sys.stderr, f"{question} [y/N] ")
        return sys.stdin.readline().strip().lower() in ("y", "yes", "o", "oui")

    def problem(self, error: PublishError, level: str = "error") -> None:
        for each in error.errors if isinstance(error, Problems) else (error,):
            self.err(
                f"{self.colour(level, 'red' if level == 'error' else 'yellow', sys.stderr)}: {describe(each)}"
            )


def describe(error: PublishError) -> str:
    """One line: where, what, and what to do."""
    where = (
        f"{error.file}:{error.line}: "
        if error.file and error.line
        else f"{error.file}: "
        if error.file
        else ""
    )
    words = clean(f"{where}{error.message}").replace("\n", " ")
    return f"{words} ({clean(error.hint)})" if error.hint else words


def _write(stream: TextIO, text: str) -> None:
    """A terminal that can't show a character gets a stand-in, not a traceback."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _tell(text: str) -> None:
    """To stderr. That nobody listens any more is no reason to stop sending half-way."""
    with suppress(OSError, ValueError):
        _write(sys.stderr, text)


SECONDS_LIVE, SECONDS_PLAIN = 0.1, 10.0
"""Between two counts: on a terminal, and in a log, where each is a line that stays."""


class Progress:
    """One line a channel, rewritten in place on a terminal; plain lines elsewhere."""

    def __init__(self, console: Console, channels: Sequence[str]) -> None:
        self._console = console
        self._lines = dict.fromkeys(channels, "sending")
        self._width = max((len(name) for name in channels), default=0)
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._drawn = False
        self._counted = time.monotonic()
        self._lock = threading.Lock()
        if self._live and channels:
            self._draw()

    def count(self, channel: str, words: str) -> None:
        """Show how far a channel is, where that was not done a moment ago."""
        every = SECONDS_LIVE if self._live else SECONDS_PLAIN
        if time.monotonic() - self._counted >= every:
            self._counted = time.monotonic()
            self.tell(channel, words)

    def tell(self, channel: str, words: str) -> None:
        words = clean(words).replace("\n", " ")
        with self._lock:
            if not self._live:
                self._console.err(f"{channel:<{self._width}}  {words}")
                return
            self._lines[channel] = words
            self._draw()

    def _draw(self) -> None:
        columns = _columns()
        up = f"\033[{len(self._lines)}F" if self._drawn else ""
        body = "".join(
            f"\033[2K{f'{name:<{self._width}}  {words}'[: columns - 1]}\n"
            for name, words in self._lines.items()
        )
        _tell(up + body)
        self._drawn = True


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
