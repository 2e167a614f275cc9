"""How a channel writes a post: the tree as text, and what a reader would be pinged by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern

from publisher.text import tree
from publisher.text.marks import Text
from publisher.text.render import mail, plain


@dataclass(frozen=True, slots=True)
class Setting:
    """What a text is written for.

    language   of the post, as BCP 47 has it; or empty
    skip_urls  addresses that are said elsewhere
    attached   pictures that are attached, as the text names them: they need not be told
    """

    language: str = ""
    skip_urls: tuple[str, ...] = ()
    attached: frozenset[str] = frozenset()


Flavour = Callable[[tree.Element, Setting], Text]
"""Writes a post's tree, or a part of it. Pure. Marks what may not be cut (`publisher.text.marks`)."""


def plain_text(part: tree.Element, setting: Setting) -> Text:
    """For channels without markup."""
    return plain.plain(
        part,
        language=setting.language,
        skip_urls=setting.skip_urls,
        attached=setting.attached,
    )


def mail_text(part: tree.Element, setting: Setting) -> Text:
    """Wrapped, with the links' addresses at the end."""
    return mail.mail(part, language=setting.language)


NON_JOINER = "\u200c"
"""After an "@" it ends what could be a mention, takes no room on the screen, no grapheme on
Mastodon, and one of X's 280. X counts the usual word joiner (U+2060) as two."""


@dataclass(frozen=True, slots=True)
class Pings:
    """What notifies somebody on a platform, when it stands in a text.

    candidate  what looks like a mention: its group `name`, and `host` after a second "@". Where it
               matches without a name, it is always one
    inert      an invisible character that keeps it from being one, put after its "@"; empty where
               nothing in a text pings anybody
    only       the beginnings of the names that ping; empty: all do
    in_code    whether code pings, too: it is left out then, since an invisible character would be
               copied along with a command
    """

    candidate: Pattern[str] = re.compile(
        r"(?<![\w/@=])@(?P<name>\w+(?:[.-]+\w+)*)(?P<host>@[\w.-]+\w)?"
    )
    inert: str = ""
    only: tuple[str, ...] = ()
    in_code: bool = True


NOBODY = Pings()
