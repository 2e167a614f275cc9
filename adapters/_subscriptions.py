"""Who of a list has left it, as the columns of newsletter services say.

The names and values are those of the exports of Ghost, Buttondown, Mailchimp, listmonk, Substack,
Brevo, MailerLite and Kit (their help pages and exports, read 2026-11). Who is left out wrongly misses
an issue; who is written to after having left may go to court.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

_WANTS = frozenset(
    "subscribed subscribedtoemails subscribedtonewsletter issubscribed optin optedin emailoptin doubleoptin"
    " marketingoptin consent emailconsent marketingconsent gdprconsent hasconsent consented confirmed"
    " isconfirmed emailconfirmed acceptsmarketing acceptsemailmarketing emailmarketingconsent".split()
)
"""Columns that say yes for those who want it. Empty is no."""
_LEFT = frozenset(
    "unsubscribed isunsubscribed unsubscribedat unsubscribedon unsubscribedate unsubscribeddate"
    " unsubscriptiondate unsubscribetime unsubscribereason unsubtime unsubreason unsubreasonother"
    " unsubcampaigntitle unsubcampaignid optout optedout emailoptout optoutdate optouttime optedoutat bounced"
    " isbounced bouncedat bouncedate hardbounced complained complainedat complaint spamcomplaint"
    " blocklisted blacklisted isblocklisted isblacklisted emailblacklisted emailblocklisted suppressed"
    " suppressedat cleaned cleantime deleted deletedat emaildisabled disabled donotemail donotcontact"
    " donotmail".split()
)
"""Columns that say yes, or when, or why, for those who left. Empty is no."""
_STATES = frozenset(
    "status state subscriptionstatus substatus emailstatus subscribertype subscriberstatus memberstatus"
    " membershipstatus contactstatus emailmarketingstatus subscriptionstate subscriberstate".split()
)
"""Columns that say in which state somebody is."""
_NOTHING = frozenset(
    "subscribedat subscribedon subscriptiondate subscribedate subscribeddate optintime optinip optindate"
    " optinsource confirmtime confirmip confirmedat subscriptionid subscriberid subscriptioncreatedat"
    " subscriptionsource subscriptionexpiry activesubscription subscriptionplan subscriptiontier"
    " subscriptiontype subscribersource statusupdatedat statuschangedat statusreason".split()
)
"""Columns that sound like one of these, and say nothing of who left."""
_SOUNDS = re.compile(
    r"subscri|unsub|opt(?:ed)?-?_? ?(?:in|out)\b|optin|optout|consent|bounce|complain|black-?_?list"
    r"|block-?_?list|suppress|do-?_? ?not-?_? ?(?:e?mail|contact)|status|permission|gdpr"
    r"|ab(?:ge)?meld|ab(?:ge)?bestell|ausgetragen|austragung|einwillig|widerruf"
    r"|desabonn|desinscri|\bbaja\b|suscri|descadastr|disiscri|iscritt|uitgeschreven|afgemeld|afmeld"
    r"|wypisan|avregistr|avanmal|отпис|подпис|配信停止|購読|退订|退訂|订阅|訂閱|수신거부|구독",
    re.IGNORECASE,
)
"""What a column sounds like that may say so, in the languages that lists are kept in; without
accents."""

_YES = frozenset("true yes y t 1 on x subscribed confirmed optin optedin ja oui si sí".split())
_NO = frozenset(
    "false no n f 0 off none null - unsubscribed unconfirmed optout optedout nein non".split()
)
_GETS = frozenset(
    "subscribed active enabled confirmed regular verified optin optedin valid true yes 1 free paid"
    " premium comped gifted member".split()
)
_GETS_NOT = frozenset(
    "unsubscribed inactive disabled blocklisted blocked blacklisted bounced hardbounced softbounced"
    " complained complaint cleaned pending unconfirmed unactivated removed deleted junk spam suppressed"
    " cancelled canceled nonsubscribed notsubscribed archived transactional undeliverable invalid optout"
    " optedout false no 0 left churned paused".split()
)


class UnknownColumn(ValueError):
    """A column that may say who left, and isn't known. `column` is its name."""

    def __init__(self, column: str) -> None:
        super().__init__(f"the column {column!r} may say who left the list, and isn't known")
        self.column = column


@dataclass(frozen=True, slots=True)
class Column:
    """One that says who left: where it stands, its name, and how its values are read."""

    index: int
    name: str
    read: Callable[[str], bool | None]

    def wants(self, row: Sequence[str]) -> bool | None:
        """Whether this row's person gets a copy, as far as this column says; None where its value
        says neither."""
        return self.read(self.value(row))

    def value(self, row: Sequence[str]) -> str:
        return row[self.index].strip() if self.index < len(row) else ""


def columns(header: Sequence[str], ignored: Collection[str]) -> list[Column]:
    """The columns that say who left. Raises UnknownColumn."""
    ignored = {_letters(name) for name in ignored}
    found = []
    for index, name in enumerate(header):
        letters = _letters(name)
        if letters in ignored or letters in _NOTHING:
            continue
        read = next((read for names, read in _READERS.items() if letters in names), None)
        if read is not None:
            found.append(Column(index, name.strip(), read))
        elif _SOUNDS.search(_plain(name)) or _SOUNDS.search(_plain(letters)):
            raise UnknownColumn(name.strip())
    return found


def _wants(value: str) -> bool | None:
    word = _word(value)
    if not value or word in _NO:
        return False
    return True if word in _YES or _is_date(value) else None


def _has_not_left(value: str) -> bool | None:
    """A date, or a reason, is as good as yes."""
    return not value or _word(value) in _NO - {"unsubscribed", "optout", "optedout"}


def _is_in(value: str) -> bool | None:
    word = _word(value)
    if word in _GETS:
        return True
    return False if not value or word in _GETS_NOT else None


_READERS: Mapping[frozenset[str], Callable[[str], bool | None]] = {
    _WANTS: _wants,
    _LEFT: _has_not_left,
    _STATES: _is_in,
}


def _is_date(value: str) -> bool:
    return bool(re.match(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}", value))


def _word(value: str) -> str:
    return "".join(letter for letter in value.casefold() if letter.isalnum()) or value.strip()


def _plain(name: str) -> str:
    """Words apart, and no accents."""
    apart = unicodedata.normalize("NFD", name.replace("_", " ").replace("-", " "))
    bare = "".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f")
    return unicodedata.normalize("NFC", bare)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalpha())
