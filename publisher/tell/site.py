"""What is known of the site that posts lie in, and what each of its settings means for one of them."""

from __future__ import annotations

import os
from pathlib import Path

from publisher.config import Config
from publisher.generators.generator import Generator
from publisher.post.address import built_after
from publisher.post.post import Post
from publisher.tell.console import clean

SOURCES = {
    "front matter": "its front matter says so",
    "configuration": "by the permalink in publish.toml",
    "built site": "as the built site has it",
}
"""Who says where a post's page is, by `url_source`; else it is a generator's name."""


def page(post: Post) -> str:
    """Where the post's own page is, and who says so; empty where it has none."""
    if not post.url:
        return ""
    source = SOURCES.get(post.url_source, f"as {post.url_source} makes it")
    return f"{clean(str(post.file))}: its page is {clean(post.url)} ({source})"


def settings(config: Config, example: Post | None) -> list[str]:
    """One line for the generator, and one for each setting: its value, who says it, and what comes of
    it for `example`. Empty where nothing is known of the site."""
    generator, site = config.generator, config.site
    if generator is None:
        return []
    values = {
        "base_url": site.base_url,
        "title": site.title,
        "language": site.language,
        "timezone": str(site.timezone),
        "static": site.static,
        "separator": generator.facts.separator,
        "built": _built(config),
    }
    head = f"{generator.name} builds this site: {clean(from_here(generator.file))}"
    shown = f"; below, what that means for {clean(from_here(example.file))}" if example else ""
    lines = [head + shown]
    for name, value in values.items():
        meaning = _meaning(name, example, config) if example and value else ""
        source = _source(name, generator, config)
        line = f"  {name}: {clean(value) or 'none'} ({source})"
        lines.append(f"{line}: {clean(meaning)}" if meaning else line)
    return lines


def _source(name: str, generator: Generator, config: Config) -> str:
    if name in config.site.own:
        return "publish.toml"
    if name in ("static", "built"):
        return f"as {generator.name} has it"
    return generator.file.name if getattr(generator.facts, name) else "not said there"


def _built(config: Config) -> str:
    folder = config.built()
    return from_here(folder) if folder is not None and folder.is_dir() else ""


def _meaning(name: str, post: Post, config: Config) -> str:
    """What comes of one setting for one post."""
    site = config.site
    if name == "base_url":
        return f"its page is {post.url}" if post.url else ""
    if name == "title":
        return f"it is called “{post.title}”"
    if name == "language":
        return f"it is in {post.language}" if post.language else ""
    if name == "timezone":
        date = post.date
        return f"its date is {date.astimezone(site.timezone):%Y-%m-%d %H:%M %Z}" if date else ""
    if name == "static":
        return _static(post, config)
    if name == "separator" and config.generator is not None:
        text = post.file.read_text("utf-8", "replace")
        return "its lead ends there" if config.generator.facts.separator in text else ""
    if name == "built":
        is_asked = built_after(config.built(), post.file) is not None
        return (
            "newer than the post, and asked" if is_asked else "older than the post, and not asked"
        )
    return ""


def _static(post: Post, config: Config) -> str:
    """Which file of the static folder a picture of its is."""
    folder = (config.root / config.site.static).resolve()
    for one in post.pictures:
        if one.file is not None and one.file.resolve().is_relative_to(folder):
            return f"its picture {one.address or one.src} is {from_here(one.file)}"
    return ""


def from_here(path: Path) -> str:
    return os.path.relpath(path)
