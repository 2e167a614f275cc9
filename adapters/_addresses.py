"""Email addresses: what may stand in a list, in a header and on the wire.

Not a library's job here, though one exists: email-validator costs 30 to 60 ms to import, on dry
runs too, and only the server behind an address can say whether there is a mailbox. What has to be
sure is that nothing but one plain address ever reaches an SMTP command or a header; typing errors
are told early besides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LOCAL = re.compile(r"""[^\x00-\x20()<>\[\]:;@\\,."\x7f]+(\.[^\x00-\x20()<>\[\]:;@\\,."\x7f]+)*""")
"""RFC 5322, section 3.2.3 (dot-atom), and the non-ASCII letters that RFC 6531, section 3.3, adds to
it."""
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_LOCAL_OCTETS, _DOMAIN_OCTETS, _LABEL_OCTETS, _ADDRESS_OCTETS = 64, 255, 63, 254
"""RFC 5321, section 4.5.3.1 (a path has 256 octets, two of them brackets); RFC 1035, section
2.3.4."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A sender: `Name <address>`, both halves clean."""

    name: str
    address: str


def clean(text: str) -> str:
    """The one address that `text` is: trimmed, NFC, its domain in lower case.

    Raises ValueError with what is wrong, as the end of a sentence ("has no @").
    """
    address = unicodedata.normalize("NFC", text.strip())
    if not address:
        raise ValueError("is empty")
    if any(unicodedata.category(letter)[0] in "CZ" for letter in address):
        raise ValueError("has a space or an invisible character in it")
    local, at, domain = address.rpartition("@")
    if not at:
        raise ValueError("has no @")
    if not local:
        raise ValueError("has nothing before the @")
    if "@" in local:
        raise ValueError("has more than one @")
    if not _LOCAL.fullmatch(local) or len(local.encode()) > _LOCAL_OCTETS:
        raise ValueError("is no address before the @")
    domain = domain.lower()
    ascii_domain(domain)
    if len(address.encode()) > _ADDRESS_OCTETS:
        raise ValueError(f"is longer than {_ADDRESS_OCTETS} bytes")
    return f"{local}@{domain}"


def ascii_domain(domain: str) -> str:
    """The domain as the wire has it ("bücher.example" is "xn--bcher-kva.example").

    Raises ValueError for what is no domain.
    """
    if not domain.isascii():
        import idna  # 15 ms, for the few lists that need it

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError("has a domain that can't exist") from None
    labels = domain.split(".")
    if (
        len(domain) > _DOMAIN_OCTETS
        or not all(_LABEL.fullmatch(label) and len(label) <= _LABEL_OCTETS for label in labels)
        or labels[-1].isdigit()
    ):
        raise ValueError("has a domain that can't exist")
    if len(labels) == 1 and domain != "localhost":
        raise ValueError("has a domain without a dot")
    return domain


def on_the_wire(address: str) -> str:
    """A clean address with its domain in ASCII. The part before the @ may still need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def same_as(address: str) -> str:
    """What two spellings of one address have in common."""
    return on_the_wire(address).casefold()


def sender(text: str) -> Mailbox:
    """`Name <address>`, `"Name" <address>` or a bare address.

    Raises ValueError with what is wrong, as the end of a sentence.
    """
    head, bracket, tail = text.strip().rpartition("<")
    if not bracket:
        return Mailbox("", clean(text))
    if not tail.endswith(">"):
        raise ValueError("lacks the closing >")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in head):
        raise ValueError("has a line break or control character in it")
    name = re.sub(" +", " ", head).strip()
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1]).strip()
    return Mailbox(name, clean(tail[:-1]))
