"""A post that the ledger knows, by any of its names: its file may be gone, or may not be readable."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from publisher.config import Config
from publisher.errors import PublishError, UsageError
from publisher.files import path_below
from publisher.identity import Identity
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.tree import Element


def known_as(name: str, config: Config, ledger: Ledger) -> str:
    """The key of the post that a person means by `name`: a path, as the ledger has it or as seen
    from here, an id, an address, or where it is live. Raises UsageError."""
    here = path_below(Path(name), config.names_from())
    for key, identity in ledger.posts().items():
        if name in (key, identity.id, identity.address, identity.path) or here == identity.path:
            return key
    by_link = next((row.post for row in ledger.rows() if row.url == name), None)
    if by_link is None:
        raise UsageError(f"no post is known as {name}", hint="see `publish status`")
    return by_link


def post_of(identity: Identity, config: Config) -> Post:
    """What can be said of a post by its names alone."""
    file = config.names_from() / identity.path
    here = Path.cwd().resolve()
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    return Post(shown, identity, title="", body=Element("div"), url=identity.address)


def named(name: str, config: Config, ledger: Ledger) -> tuple[str, Post]:
    """The post that a person names, and its key. Its file is read, if it is there and can be; where
    not, what it is known by is enough. Raises UsageError."""
    with suppress(PublishError):
        if Path(name).is_file():
            post = read(Path(name), config)
            return ledger.find(post.identity) or post.identity.key, post
    key = known_as(name, config, ledger)
    return key, post_of(ledger.posts()[key], config)


def folder_of(name: str) -> Path:
    """Where the search for the configuration begins: beside what is named, as far as that is still
    there."""
    path = Path(name)
    if path.is_dir():
        return path
    return next((each for each in path.absolute().parents if each.is_dir()), Path.cwd())
