"""Email, by SMTP: one message a recipient, nobody sees another.

Documentation: RFC 5321 (SMTP), 5322 (message), 2369 and 2919 (List-Unsubscribe, List-Id).
Limits: none of ours; a server says its own size in EHLO, and Gmail clips HTML over
about 102 kB.

What isn't needed for a dry run is imported where it is used: the standard library's mail modules
take 60 ms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    PictureRule,
    Receipt,
    Rule,
    pictures_of,
)  # fmt: skip
from publisher.errors import ConfigError, Refused, TemplateError
from publisher.text.flavour import mail_text

from ._addresses import clean, on_the_wire, sender
from ._recipients import Recipients, read

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

    from ._smtp import Session

MAX_UNSUBSCRIBE = 900
"""Characters: the address must not be broken, and a line has at most 998 (RFC 5322, section
2.1.1)."""
PICTURES, PICTURE_BYTES, PICTURE_SIDE = 20, 500_000, 1200
"""Of those that travel with a mail: twice the pixels that are shown, and no more than a reader
waits for."""
PAGE_LIMIT = 102_000
"""Bytes of HTML of which Gmail shows the beginning alone (seen 2026-11; it says so nowhere)."""
MAX_SUBJECT = 100
"""Characters of a post's first line that stand in for a title; most inboxes show 40 to 80."""


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but tab and line feed."""
_NO_HEADER = re.compile(r"[\x00-\x20\x7f-\x9f]+")
"""Runs of these become one space. A no-break space stays: French has it before "!"."""
_SIGNATURE = re.compile(r"^--(?=(?:\n.+)+\Z)", re.MULTILINE)
"""What a signature follows needs a space at its end (RFC 3676, section 4.3), where composing leaves
none."""


def _wrong_url(value: str) -> str | None:
    from ._smtp import parse_url

    try:
        parse_url(value)
    except ValueError as problem:
        return str(problem)
    return None


def wrong_sender(value: str) -> str | None:
    try:
        sender(value)
    except ValueError as problem:
        return str(problem)
    return None


def wrong_recipients(value: Sequence[str]) -> str | None:
    return None if any(item.strip() for item in value) else "is empty"


def wrong_unsubscribe(value: str) -> str | None:
    if not value.isascii() or re.search(r"[^!-~]|[<>\"]", value):
        return "has a space, or a letter that must be percent-encoded"
    if len(value) > MAX_UNSUBSCRIBE:
        return f"is longer than {MAX_UNSUBSCRIBE} characters"
    try:
        parts = urlsplit(value)
        if parts.scheme == "mailto":
            clean(parts.path)
        elif parts.scheme != "https" or not parts.hostname:
            return "is neither a mailto: nor an https: address"
    except ValueError:
        return "is no address that can be written to"
    return None


def _wrong_logo(value: str) -> str | None:
    return (
        None if re.fullmatch(r"https?://[^\s/]+/\S+", value) else "is not the address of a picture"
    )


class Email(Adapter):
    name = "email"
    title = "Email"
    options = (
        Option(
            "smtp_url",
            "text",
            "the mail server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465",
            required=True,
            secret=True,
            check=_wrong_url,
            env="SMTP_URL",
        ),
        Option(
            "sender", "text", "who it is from: Name <address>", required=True, check=wrong_sender
        ),
        Option(
            "recipients",
            "list",
            "who gets it: a CSV file with a column email, or a list of addresses",
            required=True,
            check=wrong_recipients,
        ),
        # Required: a list that can't be left breaks the law in many countries, and is junk to
        # Gmail.
        Option(
            "unsubscribe",
            "text",
            "how to leave the list: mailto:address or https://address",
            required=True,
            check=wrong_unsubscribe,
        ),
        Option(
            "postal_address",
            "text",
            "where the sender is, at the end of each message: some laws ask for it",
        ),
        Option(
            "logo",
            "text",
            "the address of a picture that stands at the top in the place of the site's name",
            check=_wrong_logo,
        ),
        Option(
            "ignore_columns",
            "list",
            "columns of the CSV that sound as if they said who left the list, and don't",
        ),
        Option("subject", "text", "the subject, where it isn't the post's title", in_post=True),
    )
    flavour = staticmethod(mail_text)
    html = True
    page_limit = PAGE_LIMIT
    announces = True
    _session: Session | None = None
    _recipients: Recipients | None = None

    @classmethod
    def guide(cls) -> Guide:
        from ._email_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.mail import Mail

        return Mail

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule("email", None, "default", len)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        """A picture that has an address is shown from there: mail stays light, and shows no paper
        clip."""
        side = PICTURE_SIDE
        return PictureRule(
            PICTURES, ("image/jpeg", "image/png", "image/gif"), PICTURE_BYTES, side=side,
            animation=(PICTURE_BYTES, side * side), alt=None, hosted=True,
        )  # fmt: skip

    def payload(self, message: Message, index: int) -> Payload:
        """Everything but what differs by recipient (To, Message-ID) and the date."""
        part = message.parts[index]
        options = message.options
        from_line = _line(options.get("sender", ""))
        text = _SIGNATURE.sub("-- ", _body(part.text))
        embedded = [picture.as_value() for picture in message.pictures if picture.hash]
        return {
            **({"pictures": embedded} if embedded else {}),
            "subject": _subject(
                options.get("subject") or message.title or message.description, text
            ),
            "from": from_line,
            "text": text,
            "html": self.finished(part.html),
            "language": _language(message.language),
            "unsubscribe": options.get("unsubscribe", ""),
            "list_id": _list_id(message.channel, from_line),
        }

    def finished(self, page: str) -> str:
        return _body(_inlined(page)) if page else ""

    def text_of(self, payload: Payload) -> str:
        return str(payload["text"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {name: str(payload[name]) for name in ("from", "subject") if payload[name]}

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        from ._mime import build

        try:
            mail = build(
                payload,
                [(picture, attempt.bytes_of(picture.hash)) for picture in pictures_of(payload)],
                recipient=attempt.recipient,
                key=attempt.key,
                began=attempt.began,
            )
        except ValueError as problem:
            raise Refused(f"no message can be made: the sender or recipient {problem}") from None
        self._connection().send(mail, attempt.leaving)
        return Receipt(id=mail.message_id)

    def check(self) -> str:
        session = self._connection()
        session.check()
        server, count = session.server, len(self.recipients())
        # Some providers use one token as user and password both.
        secret = not server.user or server.user == server.password
        who = (
            "no login"
            if not server.user
            else "signed in"
            if secret
            else f"signed in as {server.user}"
        )
        return f"{server}, {who}, {count} recipient{'' if count == 1 else 's'}"

    def recipients(self) -> tuple[str, ...]:
        return self._list().addresses

    def left_out(self) -> int:
        return self._list().left

    def _list(self) -> Recipients:
        setting = self.settings.get("recipients")
        if not setting:
            raise ConfigError(
                f"[channels.{self.channel.name}] recipients is missing",
                hint='name a CSV file with a column email, or write a list: ["ada@example.org"]',
            )
        if self._recipients is None:
            self._recipients = read(
                setting,
                self.channel.root,
                confined=self.channel.confined,
                ignored=self.settings.get("ignore_columns", ()),
            )
        return self._recipients

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connection(self) -> Session:
        if self._session is None:
            from ._smtp import Session, parse_url

            url = self.secrets.get("smtp_url", "")
            try:
                server = parse_url(url)
            except ValueError as problem:
                raise Refused(
                    f"smtp_url {problem}", hint="run `publish check` after mending it"
                ) from None
            self._session = Session(server, url)
        return self._session


def _line(text: str) -> str:
    """One line fit for a header: no separators but the space, no control characters or lone
    surrogates."""
    return _NO_HEADER.sub(" ", " ".join(_valid(text).splitlines())).strip(" ")


def _body(text: str) -> str:
    """Without what mail can't carry, or a terminal would obey; line breaks are "\\n"."""
    return _CONTROLS.sub("", _valid(text).replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def _valid(text: str) -> str:
    """Without lone surrogates, which JSON front matter can hold and UTF-8 can't."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def _subject(title: str, text: str) -> str:
    """The title, else the beginning of the text. Raises TemplateError where there is neither."""
    subject = _line(title)
    if subject:
        return subject
    first = next((line for line in map(_line, text.split("\n")) if line), "")
    if not first:
        raise TemplateError(
            "there is no title, and no text to take one from", hint="give the post a title"
        )
    if len(first) <= MAX_SUBJECT:
        return first
    head = first[: MAX_SUBJECT - 1]
    return (head.rpartition(" ")[0] or head) + "…"


def _language(tag: str) -> str:
    tag = tag.replace("_", "-")
    return tag if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) else ""


def _list_id(section: str, from_line: str) -> str:
    """What clients know a list by (RFC 2919, section 3): "email.news.example.org"; "" without a
    sender."""
    try:
        local, _, domain = on_the_wire(sender(from_line).address).rpartition("@")
    except ValueError:
        return ""
    labels = (re.sub(r"[^a-z0-9-]+", "-", word.lower()).strip("-") for word in (section, local))
    return ".".join([*(label for label in labels if label), domain])


@lru_cache(maxsize=2)
def _inlined(html: str) -> str:
    """The rules of its <style> on each element, where mail clients look for them; @media stays
    where it is.

    Opens no file and no connection.
    """
    import css_inline  # 30 ms

    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html)
