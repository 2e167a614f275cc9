"""What a run leaves alone though it isn't live: no archive goes out by accident, nothing that
isn't a post, and no post a second time because its file was renamed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from publisher.config import Site
from publisher.delivery.plan import Delivery
from publisher.identity import Identity
from publisher.ledger.row import Row, is_digest
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post

LEFT_ALONE = frozenset(("too old", "undated"))
"""Reasons of which a run tells how many posts they concern, not each post on each channel."""
ALIKE = 0.6
"""From what share of their groups of three letters in common on two texts are taken for one that was
edited. Two teasers of one series, with another speaker each, have about 0.4."""


def reason_of(post: Post, site: Site, now: datetime, *, in_bulk: bool) -> str | None:
    """Why nobody means a post that isn't live to go out now: "archived" (dated before `since`),
    "too old", "undated"; or None. `in_bulk`: nobody named it by itself."""
    date = post.not_before
    if date is None:
        is_page = in_bulk and not site.undated
        return "undated" if is_page or site.since is not None else None
    if site.since is not None and date < site.since:
        return "archived"
    return "too old" if in_bulk and date < now - site.max_age else None


def over(states: Collection[str]) -> str | None:
    """Why there is nothing to be done about what the ledger knows, whatever the post says now:
    "archived" or "retracted"; or None."""
    ends = [state for state in ("retracted", "archived") if state in states]
    return ends[0] if ends and set(states) <= {"retracted", "archived"} else None


class Vanished:
    """The posts that the ledger knows and whose files are gone: what is new may be one of them,
    under another name. `present` are the keys of the posts that this run has read."""

    def __init__(self, ledger: Ledger, root: Path, present: Collection[str]) -> None:
        self._ledger = ledger
        self._root = root
        self._present = frozenset(present)

    def renamed_to(self, new: Sequence[Delivery]) -> Identity | None:
        """The vanished post that a new one is like: it has the same title, or mostly the same
        words. Two different ids are two posts. `new` is nowhere live yet."""
        if not new or not self._posts or self._ledger.find(new[0].post.identity) is not None:
            return None
        post = new[0].post
        for key, identity in self._posts.items():
            if identity.id and post.identity.id and identity.id != post.identity.id:
                continue
            if any(_is_like(delivery, row) for row in self._rows[key] for delivery in new):
                return identity
        return None

    @cached_property
    def _posts(self) -> Mapping[str, Identity]:
        """Of those that were sent: what they said is known."""
        return {
            key: identity
            for key, identity in self._ledger.posts().items()
            if key not in self._present
            and not (self._root / identity.path).is_file()
            and self._rows_of(key)
        }

    @cached_property
    def _rows(self) -> Mapping[str, list[Row]]:
        return {key: self._rows_of(key) for key in self._posts}

    def _rows_of(self, key: str) -> list[Row]:
        """One row a channel: its first part, of one recipient's copies."""
        first: dict[str, Row] = {}
        for row in self._ledger.rows(key):
            was_tried = row.state != "pending" or row.tried is not None
            if was_tried and row.part == 0 and row.payload and not is_digest(row.payload):
                first.setdefault(row.channel, row)
        return list(first.values())


def _is_like(delivery: Delivery, row: Row) -> bool:
    """Whether what was sent is what would be sent. Words are compared on one channel."""
    if row.channel != delivery.channel:
        return False
    adapter, payload = delivery.adapter, delivery.rows[0].payload
    old = adapter.text_of(row.payload)
    fields = adapter.fields_of(row.payload).values()
    alike = likeness(_own_words(old), _own_words(adapter.text_of(payload))) >= ALIKE
    return alike or _is_said(delivery.post.title, (old, *fields))


def _own_words(text: str) -> str:
    """Without what all texts of a channel have in common: lines with an address, and a mail's
    signature (RFC 3676, section 4.3)."""
    unsigned = text.partition("\n-- \n")[0]
    return "\n".join(line for line in unsigned.split("\n") if "://" not in line)


def _is_said(title: str, texts: Collection[str]) -> bool:
    """Whether a title is a line of one of these texts, as templates put it."""
    wanted = _plain(title)
    return bool(wanted) and any(
        _plain(line) == wanted for text in texts for line in text.split("\n")
    )


def likeness(one: str, other: str) -> float:
    """How much two texts have in common, from 0 to 1, in any language: by their groups of three
    characters."""
    mine, theirs = _groups(one), _groups(other)
    total = mine.total() + theirs.total()
    return 2 * (mine & theirs).total() / total if total else 0.0


def _groups(text: str) -> Counter[str]:
    plain = _plain(text)
    return Counter(plain[at : at + 3] for at in range(len(plain) - 2))


def _plain(text: str) -> str:
    """Letters and numbers alone, in small letters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
