"""`publish help [TOPIC]`: the documentation, as it came with this version."""

from __future__ import annotations

import argparse
import sys
from importlib import resources

from publisher import registry
from publisher.errors import UsageError, did_you_mean
from publisher.tell.console import Console

DESCRIPTION = "Show the documentation. Without a topic: which topics there are."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", nargs="?", help="such as first-post, or mastodon")


def run(arguments: argparse.Namespace, console: Console) -> int:
    pages = topics()
    if not arguments.topic:
        width = max(map(len, pages))
        for name, page in pages.items():
            console.out(f"{name:<{width}}  {_heading(page)}")
        return 0
    word = arguments.topic.lower().removesuffix(".md")
    text = pages.get(_name(word, pages)) or _of_command(word)
    if not text:
        raise UsageError(
            f"there is no page about {arguments.topic!r}", hint=did_you_mean(word, pages)
        )
    if sys.stdout.isatty() and console.interactive():
        import pydoc

        pydoc.pager(text)
    else:
        console.out(text.rstrip())
    return 0


def topics() -> dict[str, str]:
    """The pages of the documentation: their texts, by their names."""
    folder = resources.files("publisher.docs")
    files = {each.name: each for each in folder.iterdir() if each.name.endswith(".md")}
    return {name.removesuffix(".md"): files[name].read_text("utf-8") for name in sorted(files)}


def _name(word: str, pages: dict[str, str]) -> str:
    """The page that a word means: its own, or that of the channel that people call so."""
    if word in pages:
        return word
    aliases = {alias: name for name in registry.names() for alias in registry.load(name).aliases}
    return aliases.get(word, word)


def _of_command(word: str) -> str:
    """What the command of this name says of itself; empty where there is none."""
    from publisher.cli import COMMANDS, parser

    return parser(word).format_help() if word in COMMANDS else ""


def _heading(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")
