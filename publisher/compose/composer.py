"""Post + channel → Composed, once in a run: what was composed is not composed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher.adapter import Adapter, Facts, Message
from publisher.compose.compose import compose, options_of
from publisher.config import Config
from publisher.errors import PostError
from publisher.pictures.gather import Gathered, Gatherer
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Composed:
    """What one channel will show of a post, and the pictures that go with it.

    `download`: pictures that are only on the web were fetched for it, too.
    """

    message: Message
    gathered: Gathered
    download: bool


@dataclass(slots=True)
class Composer:
    """Composes for one run. `facts` are what the servers said of their limits, by channel.

    It depends on nothing that a ledger knows: what is planned again, under a lock, is composed
    already.
    """

    config: Config
    facts: Mapping[str, Facts]
    gatherer: Gatherer
    _composed: dict[tuple[Path, str], Composed] = field(default_factory=dict)

    def compose(self, post: Post, adapter: Adapter, *, download: bool) -> Composed:
        """With `download`, also what needs the network. Raises what `compose` raises."""
        if not post.whole:
            raise PostError(
                "has changed its state while this ran", hint="run again", file=post.file
            )
        name = adapter.channel.name
        known = self._composed.get((post.file, name))
        if known is not None and (known.download or not download):
            return known
        facts = self.facts.get(name, {})
        options = options_of(post, adapter)
        gathered = self.gatherer.gather(post, adapter, options, facts, download=download)
        if known is not None and known.gathered.pictures == gathered.pictures:
            message = known.message
        else:
            message = compose(post, adapter, self.config, facts, gathered.pictures)
        composed = Composed(message, gathered, download)
        self._composed[post.file, name] = composed
        return composed
