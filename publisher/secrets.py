"""Secrets: where they come from, and keeping them out of everything that is shown or written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from publisher.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Secret:
    """Where one secret is to be found: exactly one of the four is set. Its repr never shows a
    value.

    `bound_to`: the adapter and the host that an entry of the keyring was made for.
    """

    env: str = ""
    file: Path | None = None
    clear: str = ""
    keyring: str = ""
    bound_to: str = ""

    def __repr__(self) -> str:
        return f"Secret({self.where()})"

    def where(self) -> str:
        if self.env:
            return f"environment variable {self.env}"
        if self.keyring:
            return f"the system's keyring, {self.keyring}"
        return f"file {self.file}" if self.file else "in the clear"

    def present(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Whether there is something to read; doesn't read it. What is in the keyring is taken to
        be there, because asking may unlock it."""
        if self.env:
            return bool(environ.get(self.env))
        return self.file is None or self.file.is_file()

    def read(self, environ: Mapping[str, str] = os.environ) -> str:
        """The value. Raises ConfigError where it is missing or empty."""
        if self.env:
            value = environ.get(self.env, "").strip()
            if not value:
                raise ConfigError(
                    f"the environment variable {self.env} is not set",
                    hint=f"{assignment(self.env)} and run again; or publish init",
                )
            return value
        if self.keyring:
            from publisher import system_keyring

            return system_keyring.read(self.keyring, self.bound_to)
        if self.file:
            try:
                value = self.file.read_text("utf-8").strip() if self.file.is_file() else ""
            except (OSError, UnicodeDecodeError):
                value = ""
            if not value:
                raise ConfigError(
                    f"the secret's file {self.file} is missing or empty",
                    hint="write the secret into it",
                )
            return value
        return self.clear


def assignment(variable: str, value: str = "…") -> str:
    """How a person sets an environment variable in their shell; in PowerShell, on Windows."""
    shown = value if value == "…" else f"'{value}'"
    return f"$env:{variable} = {shown}" if os.name == "nt" else f"export {variable}={shown}"


class Redactor:
    """Takes known secrets out of a text, in whichever form they may turn up there."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for value in values:
            forms |= _forms(value)
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "***")
        return text


def _forms(value: str) -> set[str]:
    """A secret and its parts: the password and user of an address, and the path that a webhook's
    secret is."""
    forms = {value}
    if "://" in value:
        try:
            parts = urlsplit(value)
            password, path = parts.password, parts.path.strip("/")
        except ValueError:
            return forms
        if password:
            forms |= {password, unquote(password)}
        if path:
            forms |= {path, path.rsplit("/", 1)[-1]}
    forms |= {quote(form, safe="") for form in forms}  # as it stands in OAuth's header
    return {form for form in forms if len(form) >= 4}
