"""The values of a file's front matter, each as the kind that is wanted. Everything that is wrong is
gathered, and told together."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.config import Config
from publisher.dates import parse_date
from publisher.errors import PostError, PublishError

SIZE_LIMIT = 5_000_000
"""Bytes. The longest of 6,910 real posts has a fifth of that."""

NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff]")
"""Control characters, which a terminal would obey; noncharacters, some of which are marks here; and
a byte order mark, of which X says that it is no text."""


class FrontValues:
    """The front matter of one file. `text` is the whole file, `data` its keys in small letters;
    `errors` is what is wrong so far."""

    def __init__(self, file: Path, config: Config, text: str, data: Mapping[str, Any]) -> None:
        self.file = file
        self.config = config
        self.text = text
        self.data = data
        self.errors: list[PublishError] = []

    def problem(self, message: str, hint: str, key: str) -> None:
        self.errors.append(PostError(message, hint=hint, file=self.file, line=self.line(key)))

    def line(self, key: str) -> int | None:
        """Where a front matter key stands in the file; at the beginning of a line, if there is such
        a place."""
        named = rf"""["']?{re.escape(key)}["']?\s*[:=]"""
        for pattern in (rf"\s*{named}", rf"""[^#]*[\s{{,]{named}"""):
            for number, line in enumerate(self.text.split("\n"), 1):
                if re.match(pattern, line, re.IGNORECASE):
                    return number
        return None

    def string(self, *keys: str) -> str:
        """The first of these keys that is there, as one line of text."""
        for key in keys:
            value = self.data.get(key)
            if value is None or value == "" or value is False:
                continue
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return one_line(str(value))
            self.problem(f"{key} is not a text", "write it in quotes", key)
        return ""

    def moment(self, *keys: str) -> dt.datetime | None:
        """The first of these dates that is there."""
        for key in keys:
            value = self.data.get(key)
            if value is None or value in ("", True, False):
                continue
            # "Never" is written as a year far away.
            date = parse_date(value, self.config.site.timezone, latest=9999)
            if date is None:
                self.wrong_date(key, value)
            return date
        return None

    def wrong_date(self, key: str, value: object) -> None:
        self.problem(
            f"{key} {str(value)!r} is not a date",
            "write for example 2026-11-23 or 2026-11-23T18:00:00+01:00",
            key,
        )


def one_line(text: str) -> str:
    """White space folded, control characters gone: fit for a header, a title, a terminal."""
    return " ".join(
        "".join(c if unicodedata.category(c) != "Cc" else " " for c in only_text(text)).split()
    )


def only_text(text: str) -> str:
    """Without what is no text: an escape in front matter ("\\e", "\\ud800") makes it of harmless
    characters."""
    return NOT_TEXT.sub("", text).encode("utf-8", "ignore").decode()
