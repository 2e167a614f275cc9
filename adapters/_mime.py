"""One recipient's copy of a newsletter, as bytes.

Headers are folded here, not by the standard library: its policy turns an address of 77 characters
or more in List-Unsubscribe into encoded words (CPython issue 85725, open; seen in 3.11.7, 3.12.1
and 3.13.0), and Gmail then shows no button for leaving the list.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from publisher.adapter import Picture
from publisher.compose.post_view import cid

from ._addresses import Mailbox, on_the_wire, sender

_LINE = 76
"""Characters a header line should have at most (RFC 2047, section 2; RFC 5322, section 2.1.1, says
78)."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What goes over the wire: the envelope and the message. `utf8`: the server must speak
    SMTPUTF8."""

    sender: str
    recipient: str
    data: bytes
    utf8: bool
    message_id: str


class _Wrapped(BaseHeader):
    """A header whose value is on the wire as it stands: broken at spaces, never encoded."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = value  # the library would decode the encoded words again

    def fold(self, *, policy: Any) -> str:
        lines: list[str] = [f"{self.name}:"]
        for word in str(self).split(" "):
            # Never right after the colon: a first line without a value is read badly by old
            # software.
            if len(lines[-1]) + 1 + len(word) > _LINE and not lines[-1].endswith(":"):
                lines.append("")
            lines[-1] += f" {word}"
        return str(policy.linesep.join(lines) + policy.linesep)


_REGISTRY = HeaderRegistry()
for _name in (
    "from",
    "to",
    "subject",
    "message-id",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
):
    _REGISTRY.map_to_type(_name, _Wrapped)
_POLICY = SMTP.clone(header_factory=_REGISTRY)


def build(
    payload: Mapping[str, Any],
    pictures: Sequence[tuple[Picture, bytes]] = (),
    *,
    recipient: str,
    key: str,
    began: datetime,
) -> Mail:
    """The same bytes whenever it is built from the same.

    The Message-ID is made of `key` (the post's and the account's) and the recipient, so that a
    mailbox which knows the first copy drops a second; the Date is `began`, when this copy was first
    meant to be sent.
    """
    box = sender(payload["from"])
    from_address, to_address = on_the_wire(box.address), on_the_wire(recipient)
    utf8 = not (from_address + to_address).isascii()
    digest = hashlib.sha256(f"{key}\0{recipient}".encode()).hexdigest()
    message_id = f"<{digest[:32]}@{from_address.rpartition('@')[2]}>"

    message = EmailMessage(policy=_POLICY.clone(utf8=utf8))
    message["From"] = _from(box, from_address)
    message["To"] = to_address
    message["Subject"] = encoded(payload["subject"], "Subject")
    message["Date"] = format_datetime(began)
    message["Message-ID"] = message_id
    message["List-Id"] = f"<{payload['list_id']}>"
    if payload["unsubscribe"]:
        message["List-Unsubscribe"] = f"<{payload['unsubscribe']}>"
        # No List-Unsubscribe-Post: the address is one for all, so that a POST to it wouldn't say
        # who leaves (RFC 8058, section 3.1).
    # Not in any standard, but what keeps out-of-office replies away.
    message["Precedence"] = "bulk"
    message.set_content(payload["text"] + "\n", cte="quoted-printable")
    if payload["html"]:
        message.add_alternative(payload["html"] + "\n", subtype="html", cte="quoted-printable")
        # "=_" can't be in quoted-printable text; the library's own boundary is drawn by lot.
        message.set_boundary(f"=_{digest[32:]}")
        page = message.get_payload(1)
        if pictures and isinstance(page, EmailMessage):
            for picture, data in pictures:
                main, _, sub = picture.kind.partition("/")
                page.add_related(
                    data,
                    main,
                    sub,
                    cid=f"<{cid(picture)}>",
                    filename=picture.name,
                    disposition="inline",
                )
            page.set_boundary(f"=_{digest[32:48]}.related")
    if payload["language"]:
        message["Content-Language"] = payload[
            "language"
        ]  # last: add_alternative moves Content-* into the first part
    return Mail(from_address, to_address, message.as_bytes(), utf8, message_id)


def encoded(text: str, header: str) -> str:
    """`text` as a header's value: itself where it is plain, else encoded words (RFC 2047) and
    spaces."""
    if (
        text.isascii()
        and "=?" not in text
        and all(len(word) < _LINE - len(header) for word in text.split(" "))
    ):
        return text
    return " ".join(
        Header(text, "utf-8", maxlinelen=_LINE - 1, header_name=header).encode(linesep="\n").split()
    )


def _from(box: Mailbox, address: str) -> str:
    if not box.name:
        return address
    name = encoded(box.name, "From")
    if name == box.name and not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+", name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"
