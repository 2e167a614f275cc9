"""How a person lets `publish` send their newsletter: their provider's server, user and password.

Hosts and ports as they are in use in 2026-11; the guide signs in at once, so one that has changed
shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from publisher.hosts import is_loopback
from publisher.setup.desk import Desk, Prepared

from ._smtp import Session, parse_url
from .email import wrong_recipients, wrong_sender, wrong_unsubscribe


@dataclass(frozen=True, slots=True)
class Provider:
    """`port` 465 is TLS from the first byte, 587 STARTTLS; `note` is what its users trip over."""

    name: str
    host: str
    port: int
    note: str = ""


_FOR_PROGRAMS = "It wants a password made for programs (“app password”), not the usual one."
_KEY = "User and password are those of its SMTP page, not your login."

PROVIDERS = (
    Provider("Gmail, Google Workspace", "smtp.gmail.com", 465, _FOR_PROGRAMS),
    Provider("Microsoft 365", "smtp.office365.com", 587, "SMTP AUTH must be on for the mailbox."),
    Provider("iCloud", "smtp.mail.me.com", 587, _FOR_PROGRAMS),
    Provider("Yahoo", "smtp.mail.yahoo.com", 465, _FOR_PROGRAMS),
    Provider("Fastmail", "smtp.fastmail.com", 465, _FOR_PROGRAMS),
    Provider("mailbox.org", "smtp.mailbox.org", 465),
    Provider("Posteo", "posteo.de", 465),
    Provider("GMX", "mail.gmx.net", 465, "POP3 and IMAP must be allowed in its settings."),
    Provider("Infomaniak", "mail.infomaniak.com", 465),
    Provider("OVH", "ssl0.ovh.net", 465),
    Provider("Gandi", "mail.gandi.net", 465),
    Provider("Brevo", "smtp-relay.brevo.com", 587, _KEY),
    Provider("Mailgun", "smtp.mailgun.org", 587, _KEY),
    Provider("Postmark", "smtp.postmarkapp.com", 587, _KEY),
)


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the server can't be reached, or doesn't let in."""
    desk.say("Email: by the server that your mail provider has for sending.")
    url = _server(desk)
    session = Session(parse_url(url), url)
    try:
        session.check()
    finally:
        session.close()
    desk.say(f"  Good: {session.server} lets you in.")
    sender = desk.ask(
        "sender", "Who it is from (The collective <news@example.org>)", "", wrong_sender
    )
    people = desk.ask(
        "recipients",
        "Who gets it: a CSV file with a column email, or addresses with commas between them",
        check=lambda text: wrong_recipients(_recipients(text)),
    )
    leave = desk.ask(
        "unsubscribe",
        "How to leave the list: mailto:leave@example.org, or a page's https address",
        check=wrong_unsubscribe,
    )
    settings = {"sender": sender, "recipients": _listed(people), "unsubscribe": leave}
    return Prepared(settings, {"smtp_url": url})


def _server(desk: Desk) -> str:
    names = [*(provider.name for provider in PROVIDERS), "another one"]
    number = desk.choose("Your provider", names)
    if number < len(PROVIDERS):
        provider = PROVIDERS[number]
        if provider.note:
            desk.say(f"  {provider.note}")
    else:
        host = desk.ask("host", "Its host (mail.example.org)", check=_wrong_host)
        port = desk.ask("port", "Its port: 465 (TLS) or 587 (STARTTLS)", "465", _wrong_port)
        provider = Provider("", host, int(port))
    if is_loopback(provider.host) and not desk.agree("Does it want a login?", default=False):
        return url_of(provider, "", "")
    user = desk.ask("user", "User (mostly your whole address)")
    return url_of(provider, user, desk.ask_secret("Password"))


def url_of(provider: Provider, user: str, password: str) -> str:
    """smtps:// for port 465, else smtp://; user and password percent-encoded."""
    scheme = "smtps" if provider.port == 465 else "smtp"
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return f"{scheme}://{login}{provider.host}:{provider.port}"


def _recipients(answer: str) -> list[str]:
    return [word.strip() for word in answer.split(",") if word.strip()]


def _listed(answer: str) -> str | list[str]:
    """A file's name stays a text; addresses are a list."""
    return _recipients(answer) if "@" in answer else answer


def _wrong_host(text: str) -> str | None:
    try:
        parse_url(f"smtps://{text}")
    except ValueError as problem:
        return str(problem)
    return None


def _wrong_port(text: str) -> str | None:
    is_port = text.isascii() and text.isdigit() and 0 < int(text) < 65536
    return None if is_port else "is no port"
