"""`.env`: secrets in a file beside publish.toml, for who has neither a keyring nor a shell profile.

Its values are read by their names and handed on; they never enter the environment, so no other
program that is started from here sees them. Nothing in it is expanded: a secret may contain a `$`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from publisher.errors import ConfigError
from publisher.files import read_text

NAME = ".env"
SIZE_LIMIT = 100_000
"""Bytes; some dozens of secrets have two thousand."""
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_SECONDS = 10.0
"""That git may take to say whether it knows a file."""


def read(folder: Path, names: Collection[str]) -> dict[str, str]:
    """The values that `.env` in `folder` has of these names; empty where there is no such file.

    Raises ConfigError for one that others can read, or that git tracks, and for a line that can't
    be read.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    _demand_private(path)
    found: dict[str, str] = {}
    for number, line in enumerate(read_text(path, SIZE_LIMIT, ConfigError).split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _LINE.fullmatch(line)
        value = _unquoted(pair[2]) if pair else None
        if pair is None or value is None:
            raise ConfigError("is not NAME=value", hint="mend the line", file=path, line=number)
        if pair[1] in names:
            found[pair[1]] = value
    return found


def write(folder: Path, values: Mapping[str, str]) -> Path:
    """Set these names in `.env`, which only its owner can read from its first moment on; other
    lines stay.

    Raises ConfigError for one that is refused when it is read; OSError.
    """
    path = folder / NAME
    lines: list[str] = []
    if path.exists():
        _demand_private(path)
        old = read_text(path, SIZE_LIMIT, ConfigError).rstrip("\n")
        lines = [line for line in old.split("\n") if not _sets(line, values)] if old else []
    lines += [f"{name}={_quoted(value)}" for name, value in values.items()]
    new = path.with_name(f"{NAME}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    new.replace(path)
    return path


def is_tracked(path: Path) -> bool:
    """Whether git has this file in its index. Without git, or outside of a repository, it has
    not."""
    # A repository's own settings may name a program that git runs to watch files.
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "--error-unmatch", "--", path.name]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and a name of ours
            command,
            cwd=path.parent,
            env=environ,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _demand_private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigError(
            "others can read it, and secrets are in it",
            hint=f"chmod 600 {NAME}",
            file=path,
        )
    if is_tracked(path):
        raise ConfigError(
            "git tracks it, and secrets are in it",
            hint=f"git rm --cached {NAME}, add it to .gitignore, and make new secrets where it was"
            " pushed",
            file=path,
        )


def _sets(line: str, names: Collection[str]) -> bool:
    pair = _LINE.fullmatch(line)
    return pair is not None and pair[1] in names


def _quoted(value: str) -> str:
    if "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(text: str) -> str | None:
    """A value as it was meant; None where a quote isn't closed, or something follows it."""
    if text[:1] == "'":
        found = re.fullmatch(r"'([^']*)'(?:\s+#.*)?", text)
        return found[1] if found else None
    if text[:1] == '"':
        found = re.fullmatch(r'"((?:[^"\\]|\\.)*)"(?:\s+#.*)?', text)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else None
    return re.sub(r"\s+#.*", "", text)
