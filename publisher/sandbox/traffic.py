"""What went over the wire, as text: each request, the fault that struck it, and the answer."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from re import Pattern

from publisher.sandbox.web import Answer, Request

MAX_EXCHANGES = 1_000
MAX_BODY = 20_000
"""Bytes of a body that are kept: enough for a post, not for a picture."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what became of it.

    first     what it was, in one line: "POST /api/v1/statuses", "RCPT TO:<ada@example.org>"
    asked     all of it, without what signs it
    fault     the kind of fault that struck it, if any
    answered  all of the answer; "" where the connection was closed without one
    """

    channel: str
    at: datetime
    first: str
    asked: str
    fault: str
    answered: str


class Traffic:
    """The last exchanges, oldest first. `number` is how many there have been."""

    def __init__(self) -> None:
        self.number = 0
        self.counts: Counter[str] = Counter()
        """How many of each method or command."""
        self._kept: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)

    def add(self, exchange: Exchange) -> None:
        self._kept.append(exchange)
        self.counts[exchange.first.partition(" ")[0]] += 1
        self.number += 1

    def last(self, most: int) -> list[Exchange]:
        return list(self._kept.copy())[-most:]

    def clear(self) -> None:
        self._kept.clear()
        self.counts.clear()
        self.number += 1


def over_http(
    request: Request, fault: str, answer: Answer | None, signature: Pattern[str] | None = None
) -> Exchange:
    first = f"{request.method} {unsigned_path(request, signature)}"
    headers = "\n".join(f"{name}: {value}" for name, value in unsigned(request).items())
    asked = f"{first}\n{headers}\n\n{_text(request.body)}"
    answered = "" if answer is None else _answer(answer)
    return Exchange(request.channel, request.at, first, asked, fault, answered)


def unsigned(request: Request) -> dict[str, str]:
    """The headers without what signs the request: someone may point real credentials here by
    mistake."""
    headers = dict(request.headers)
    if "authorization" in headers:
        headers["authorization"] = headers["authorization"].partition(" ")[0] + " …"
    return headers


def unsigned_path(request: Request, signature: Pattern[str] | None) -> str:
    """The path without what signs the request: a token, on a platform that has it there."""
    return signature.sub("…", request.path) if signature else request.path


def _answer(answer: Answer) -> str:
    try:
        said = HTTPStatus(answer.status).phrase
    except ValueError:
        said = ""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{answer.status} {said}\n{headers}\n\n{_text(answer.body)}"


def _text(body: bytes) -> str:
    text = body[:MAX_BODY].decode("utf-8", "replace")
    return text if len(body) <= MAX_BODY else f"{text}\n… ({len(body):,} bytes in all)"
