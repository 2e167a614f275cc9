"""POST arguments → files: a folder stands for the Markdown files in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher import config
from publisher.errors import UsageError

_SUFFIXES = (".md", ".markdown", ".mdx", ".qmd")
_NOT_POSTS = frozenset(
    {"_index", "readme", "changelog", "contributing", "license", "code_of_conduct"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file, and whether it was named by itself or found in a folder."""

    file: Path
    named: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """What to read, in order, and what in the folders is no post: (file, why)."""

    files: tuple[Source, ...]
    passed_over: tuple[tuple[Path, str], ...]

    def folder(self) -> Path:
        """The innermost folder that has all files in it."""
        return Path(os.path.commonpath([source.file.parent.resolve() for source in self.files]))


def collect(arguments: Sequence[str]) -> Sources:
    """Raises UsageError for an argument that isn't there."""
    files: dict[Path, Source] = {}
    passed_over: list[tuple[Path, str]] = []
    for argument in arguments:
        path = Path(argument)
        if not path.is_dir():
            files.setdefault(path.resolve(), Source(path, named=True))
            continue
        found = False
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() not in _SUFFIXES or not file.is_file():
                continue
            found = True
            if any(part.startswith(".") for part in file.relative_to(path).parts):
                passed_over.append((file, "hidden"))
            elif file.stem.lower() in _NOT_POSTS:
                passed_over.append((file, "not a post"))
            else:
                files.setdefault(file.resolve(), Source(file, named=False))
        if not found:
            raise UsageError(
                f"there is no Markdown file in {path}", hint="name a folder with .md files"
            )
    return Sources(tuple(files.values()), tuple(passed_over))


def by_configuration(sources: Sources, given: str | None) -> list[Sources]:
    """The files of each site: those that one configuration is nearest to. All, where one is
    `given`."""
    if given:
        return [Sources(sources.files, ())]
    nearest = {
        folder: config.find(folder) for folder in {each.file.parent for each in sources.files}
    }
    sites: dict[Path | None, list[Source]] = {}
    for source in sources.files:
        sites.setdefault(nearest[source.file.parent], []).append(source)
    return [Sources(tuple(files), ()) for files in sites.values()]
