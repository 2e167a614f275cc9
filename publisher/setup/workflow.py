"""The workflow file of a repository on GitHub, as docs/workflows has it for the site's
generator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from publisher.generators.generator import Generator
from publisher.setup.settings_file import cannot_write

BRANCH = """\
[ledger]
# A job keeps nothing: what was sent is noted on this branch of the repository.
branch = "publish-ledger"
"""
_PATH = re.compile(r"(?<=^          path: ).*(?=\n        env:)", re.MULTILINE)
_SECRETS = re.compile(
    r"(?<=^        env:\n)(?:          [A-Z_]+: \$\{\{ secrets\.\w+ \}\}\n?)+", re.MULTILINE
)


def repository(folder: Path) -> Path | None:
    """The top of the repository that `folder` lies in, where it is one on GitHub."""
    for each in (folder, *folder.parents):
        settings = each / ".git" / "config"
        if settings.is_file():
            is_theirs = "github.com" in settings.read_text("utf-8", "replace")
            return each if is_theirs else None
    return None


def has_any(top: Path) -> bool:
    """Whether there are workflows already: one that builds the site must not get a second beside
    it."""
    folder = top / ".github" / "workflows"
    return folder.is_dir() and any(folder.glob("*.y*ml"))


def text_for(generator: Generator, posts: str, names: Sequence[str]) -> str:
    """Build the site, deploy it, announce what is new in `posts`, with the secrets of these
    names."""
    file = resources.files("publisher.docs") / "workflows" / f"{generator.name.lower()}.yml"
    lines = "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in names)
    text = _PATH.sub(lambda _: posts, file.read_text("utf-8"))
    return _SECRETS.sub(lambda _: lines, text)


def write(top: Path, text: str) -> Path:
    """Raises ConfigError."""
    path = top / ".github" / "workflows" / "publish.yml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise cannot_write(path, problem) from None
    return path
