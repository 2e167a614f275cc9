"""`.gitignore`: secrets and the ledger don't belong into a repository."""

from __future__ import annotations

from pathlib import Path

from publisher.setup.settings_file import cannot_write

LINES = (".env", ".publish/")


def add(folder: Path) -> list[str]:
    """Add what isn't ignored yet, and say which lines those were. Raises ConfigError."""
    path = folder / ".gitignore"
    try:
        old = path.read_text("utf-8") if path.exists() else ""
        there = {line.strip().strip("/") for line in old.splitlines()}
        new = [line for line in LINES if line.strip("/") not in there]
        if new:
            begin = f"{old.rstrip()}\n" if old.strip() else ""
            path.write_text(begin + "\n".join(new) + "\n", "utf-8")
    except OSError as problem:
        raise cannot_write(path, problem) from None
    return new
