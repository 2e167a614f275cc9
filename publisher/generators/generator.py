"""What every site generator can be asked."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

from publisher.generators.page import Facts, NotBuilt, Page

MARKDOWN = (".md", ".markdown", ".mdx", ".qmd", ".mkd", ".mdown")


@dataclass(frozen=True, slots=True)
class FirstPost:
    """A post as a generator's documentation shows it.

    path      below the site's folder, with {slug} and {date}
    form      of its front matter
    draft     the key and the value that hold it back; None where the generator has no drafts
    has_date  whether its front matter has a date: else its name has
    clock     whether that date has a time
    """

    path: str
    form: Literal["yaml", "toml", "lines", "nikola"] = "yaml"
    draft: tuple[str, Any] | None = ("draft", True)
    has_date: bool = True
    clock: bool = False


class Generator(ABC):
    """One site, as its own files say it.

    root   the site's folder
    file   where its settings are
    facts  what it says of itself
    """

    name: ClassVar[str]
    builds_drafts: ClassVar[bool] = False
    """Whether what `publish` takes for a draft may have a page all the same."""
    built: ClassVar[tuple[str, str]]
    """The setting that names the folder of the built site, and that folder where it doesn't."""
    links: ClassVar[Sequence[str]] = ()
    """How a link to a source file begins, where it isn't simply its path."""
    first_post: ClassVar[FirstPost] = FirstPost("posts/{slug}.md")
    """What a new post is like, where the site has none to take after."""
    placeholders: ClassVar[Sequence[str]] = ()
    """Base addresses that a new site has until its author writes the real one."""

    def __init__(self, root: Path, file: Path, settings: dict[str, Any]) -> None:
        self.root = root
        self.file = file
        self.settings = settings
        facts = self.read_facts()
        base = facts.base_url.rstrip("/")
        is_said = is_address(base) and base.lower() not in self.placeholders
        self.facts = replace(facts, base_url=base if is_said else "")

    @abstractmethod
    def read_facts(self) -> Facts:
        """What the settings say of the site, as they say it."""

    @abstractmethod
    def path(self, page: Page) -> str:
        """Where the page is below the site's address: unquoted, beginning with a slash. Raises
        NoAddress."""

    def base_for(self, page: Page) -> str:
        """The address that `path` is below; most sites have one for all pages."""
        return self.facts.base_url

    def output(self) -> Path | None:
        """The folder that the site is built into; None where its pages lie there in another way than
        on their hosts."""
        setting, default = self.built
        return self.root / (self.text(setting).removeprefix("./") or default)

    def sources(self) -> Iterator[Path]:
        """The Markdown files of the site's folder: what it was built into and what it is built with
        aside."""
        output = self.output()
        for folder, folders, names in os.walk(self.root.resolve()):
            here = Path(folder)
            folders[:] = sorted(
                each
                for each in folders
                if each != "node_modules" and each[:1] != "." and here / each != output
            )
            for file in map(here.joinpath, sorted(names)):
                if file.suffix.lower() in MARKDOWN and file.is_file():
                    yield file

    def language(self, path: PurePosixPath) -> str:
        """The language that a file's name or folder says; empty where it says none."""
        return ""

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """The source file that a link in `page` names in this generator's own way; None where it
        names none."""
        return None

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """Where a picture that `page` names is: "/…" below the site's address, "…" below the page's
        own; None where the generator gives it a name that can't be known."""
        inner = below(file, self.facts.static) if self.facts.static else None
        return f"/{inner}" if inner is not None else None

    def existing(self, *names: PurePosixPath | str) -> Path | None:
        """The first of these files, below the site's folder, that is there and lies in it."""
        top = self.root.resolve()
        for name in names:
            file = (self.root / name).resolve()
            if file.is_relative_to(top) and file.is_file():
                return file
        return None

    def text(self, *keys: str) -> str:
        """The first of these settings that is a text or a number."""
        for key in keys:
            value = self.settings.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return str(value).strip()
        return ""

    def listed(self, key: str) -> list[Any]:
        value = self.settings.get(key)
        return value if isinstance(value, list) else []

    def table(self, key: str) -> dict[str, Any]:
        value = self.settings.get(key)
        return value if isinstance(value, dict) else {}


def below(path: PurePosixPath, folder: str) -> PurePosixPath | None:
    """`path` as seen from `folder`; None where it lies elsewhere."""
    top = PurePosixPath(folder or ".")
    if top in (PurePosixPath("."), PurePosixPath()):
        return path
    return path.relative_to(top) if path.is_relative_to(top) else None


def inside(path: PurePosixPath, folder: str) -> PurePosixPath:
    """`path` as seen from the folder that the generator builds. Raises NoAddress."""
    found = below(path, folder)
    if found is None:
        raise NotBuilt(f"the site doesn't build this post: it lies outside {folder}")
    return found


def is_address(text: str) -> bool:
    return re.match("https?://", text, re.IGNORECASE) is not None
