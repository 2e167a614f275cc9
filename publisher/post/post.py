"""One announcement, as its file says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publisher.identity import Identity
from publisher.post.pictures import Places, Reference
from publisher.text.tree import Element

NOBODY = "none"
"""The `url_source` of a post whose author says that it has no page."""


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """One announcement, as its file says it. `date` is aware; `url` absolute, or empty where
    nothing says it.

    `channels` is None where the post names none. `overrides` are the tables below `publish:`, by
    channel or adapter. `body` is the whole text as a tree, without a first heading that repeats the
    title. `pictures` are those it names, the cover first; `places` is where others would lie.
    `not_before` is when it may go out, `expires` when its page is taken down: both aware.
    `digest` is that of what the author wrote, without what `publish` itself writes into the file.
    `updated` is when its page was last changed, as its author says. `aliases` are addresses that it had
    before, whole. `authors` are names as they are written.
    `url_source` says where `url` is from ("front matter", "configuration", a generator's name, "built
    site"); `url_problem` why a site that is known gives it none: then it isn't sent.
    `whole` is false where only its front matter was read: then it has no body, and isn't composed.
    """

    file: Path
    identity: Identity
    title: str
    body: Element
    description: str = ""
    date: dt.datetime | None = None
    updated: dt.datetime | None = None
    draft: bool = False
    not_before: dt.datetime | None = None
    expires: dt.datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    slug: str = ""
    url: str = ""
    url_source: str = ""
    url_problem: str = ""
    aliases: tuple[str, ...] = ()
    image: str = ""
    pictures: tuple[Reference, ...] = ()
    places: Places | None = None
    digest: str = ""
    channels: tuple[str, ...] | None = None
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mentions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    whole: bool = True

    @property
    def needs_address(self) -> bool:
        """Nothing says where its page is, and nobody has said that it has none."""
        return not self.url and self.url_source != NOBODY

    def override(self, channel: str, adapter: str) -> dict[str, Any]:
        """What `publish:` says for a channel: its adapter's table, with the channel's own laid over
        it."""
        return {**self.overrides.get(adapter, {}), **self.overrides.get(channel, {})}
