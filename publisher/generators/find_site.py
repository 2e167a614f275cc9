"""Which generator builds the site that a post lies in."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from publisher.errors import ConfigError
from publisher.files import home
from publisher.generators.generator import Generator

_MARKS = {
    "hugo": ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml",
        "config.yaml", "config.yml", "config.json", "config/_default"),
    "zola": ("zola.toml", "config.toml"),
    "hexo": ("_config.yml",),
    "jekyll": ("_config.yml", "_config.yaml", "_config.toml"),
    "astro": tuple(f"astro.config.{kind}" for kind in ("mjs", "js", "ts", "mts", "cjs")),
    "docusaurus": tuple(f"docusaurus.config.{kind}" for kind in ("js", "ts", "mjs", "cjs", "mts")),
    "mkdocs": ("mkdocs.yml", "mkdocs.yaml"),
    "pelican": ("pelicanconf.py",),
    "nikola": ("conf.py",),
    "quarto": ("_quarto.yml", "_quarto.yaml"),
    "eleventy": (".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs",
        "eleventy.config.ts", "package.json"),
}  # fmt: skip
"""The files by which a generator knows its site, in the order in which they are asked."""
_OTHERS_TOO = frozenset(
    ("config.toml", "config.yaml", "config.yml", "config.json", "conf.py", "package.json")
)


def find_site(folder: Path) -> Generator | None:
    """The nearest site above `folder`, up to the repository's root, or home. Raises ConfigError where
    its settings can't be read."""
    folder = folder.resolve()
    top = home()
    while True:
        for name, marks in _MARKS.items():
            if any((folder / mark).exists() for mark in marks):
                found = _ask(name, folder)
                if found is not None:
                    return found
        if (folder / ".git").exists() or folder in (top, folder.parent):
            return None
        folder = folder.parent


def _ask(name: str, folder: Path) -> Generator | None:
    """The site, if it is this generator's. Files that others have, too, may be written in a form
    that nobody knows here: then they are others'."""
    # Late: most runs need none of them, and one at most.
    find = import_module(f"publisher.generators.{name}").find
    try:
        found: Generator | None = find(folder)
    except ConfigError as error:
        if error.file is not None and Path(error.file).name in _OTHERS_TOO:
            return None
        raise
    return found
