"""What can be made to go wrong on the sandbox's platforms, and the queues of what shall."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

HTTP_FAULTS: dict[str, str] = {
    "latency": "waits so many seconds, then acts and answers, even if the client has gone by then",
    "late": "acts at once; the answer comes so many seconds later",
    "429": "refuses with 429, Retry-After in seconds, and the platform's own headers; nothing is live",
    "429-date": "the same, with Retry-After as an HTTP date",
    "429-bare": "the same, with the platform's own headers only, no Retry-After",
    "500": "answers 500 before acting; nothing is live",
    "502": "answers 502 before acting, as a proxy would, in HTML; nothing is live",
    "503": "answers 503 before acting; nothing is live",
    "504": "answers 504 before acting, as a proxy would, in HTML; nothing is live",
    "drop": "reads the request and closes the connection; nothing is live",
    "reset": "reads the request and resets the connection (RST); nothing is live",
    "html": "answers 200 with a page of HTML, as a captive portal does; nothing is live",
    "redirect": "answers 307, leading to another port; nothing is live",
    "lost": "acts - it is live - and closes the connection without an answer",
    "lost-500": "acts - it is live - but answers 500",
    "lost-502": "acts - it is live - but answers 502, as a proxy would, in HTML",
    "lost-503": "acts - it is live - but answers 503",
    "lost-504": "acts - it is live - but answers 504, as a proxy would, in HTML",
    "lost-html": "acts - it is live - but answers 200 with a page of HTML",
    "cut": "acts - it is live - and closes the connection in the middle of the answer",
    "hangup": "acts and answers in full, then closes the connection without having said so",
    "early": "says 103 (Early Hints) first, then acts and answers",
    "slow": "acts; the answer comes a byte now and then, and never ends",
    "endless": "acts; the answer goes on and on",
}
"""Kind of fault on an HTTP platform → what the platform does."""

SMTP_FAULTS: dict[str, str] = {
    "latency": "waits so many seconds after the final dot, then keeps it, even if the client has gone",
    "late": "keeps the message; the answer to the final dot comes so many seconds later",
    "421": "greets with 421 and closes; nothing is kept",
    "451-rcpt": "defers a recipient: 451 after RCPT TO",
    "550-rcpt": "refuses a recipient for good: 550 after RCPT TO",
    "drop-rcpt": "closes the connection at RCPT TO; nothing is kept",
    "451-data": "defers the message: 451 after the final dot; nothing is kept",
    "554-data": "refuses the message for good: 554 after the final dot; nothing is kept",
    "drop": "closes the connection at the final dot, without an answer; nothing is kept",
    "lost": "keeps the message and closes the connection at the final dot, without an answer",
    "slow": "keeps the message; the answer comes a byte now and then, and never ends",
    "endless": "keeps the message; the answer goes on and on",
}
"""Kind of fault on the SMTP server → what the server does."""

SMTP_STAGES = {"421": "CONNECT", "451-rcpt": "RCPT", "550-rcpt": "RCPT", "drop-rcpt": "RCPT"}
"""Where in an SMTP session a kind strikes, and is counted; all others: "DATA", at the final dot."""

MAX_USED_UP = 100
"""So many faults that struck are still told."""


@dataclass(slots=True)
class Fault:
    """One kind of fault for the next `times` matching requests, once `after` of them have passed
    unharmed.

    when     "POST": any request of that method; "POST /2/tweets": only where the path begins so;
             "*": any. On the SMTP server it is the stage: "CONNECT", "RCPT" or "DATA".
    seconds  how long to wait, or what Retry-After asks for
    hits     the requests that it has struck
    """

    platform: str
    kind: str
    times: int
    after: int
    seconds: float
    when: str
    hits: list[str] = field(default_factory=list)

    def matches(self, method: str, path: str) -> bool:
        wanted, _, start = self.when.partition(" ")
        return wanted in ("*", method) and path.startswith(start)


class Faults:
    """The faults still to come. Of those that match a request, only the one asked for first is
    considered."""

    def __init__(self) -> None:
        self.number = 0
        """Goes up with each change."""
        self._lock = threading.Lock()
        self._queue: list[Fault] = []
        self._used_up: deque[Fault] = deque(maxlen=MAX_USED_UP)

    def add(
        self,
        platform: str,
        kind: str,
        *,
        times: int = 1,
        after: int = 0,
        seconds: float = 0.0,
        when: str = "POST",
    ) -> None:
        """Ask for a fault; see Fault. Raises ValueError for numbers that make no sense."""
        if times < 1 or after < 0 or not 0 <= seconds <= 3600:
            raise ValueError(
                "times must be at least 1, after at least 0, seconds between 0 and 3600"
            )
        with self._lock:
            self._queue.append(Fault(platform, kind, times, after, seconds, when))
            self.number += 1

    def take(self, platform: str, method: str, path: str = "") -> Fault | None:
        """The fault that strikes this request, if any; it is used up by that."""
        with self._lock:
            for fault in self._queue:
                if fault.platform != platform or not fault.matches(method, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    return None
                fault.times -= 1
                fault.hits.append(f"{method} {path}".strip())
                self.number += 1
                if fault.times == 0:
                    self._queue.remove(fault)
                    self._used_up.append(fault)
                return fault
        return None

    def clear(self) -> None:
        """Let nothing more be struck. What was struck is still told."""
        with self._lock:
            self._used_up.extend(fault for fault in self._queue if fault.hits)
            self._queue.clear()
            self.number += 1

    def forget(self) -> None:
        """As if none had ever been asked for."""
        with self._lock:
            self._queue.clear()
            self._used_up.clear()
            self.number += 1

    def told(self) -> list[dict[str, Any]]:
        """Each fault that waits or struck, oldest first; "times" is how often it still will."""
        with self._lock:
            return [asdict(fault) for fault in (*self._used_up, *self._queue)]

    def waiting(self) -> int:
        """How many requests are still to be struck."""
        with self._lock:
            return sum(fault.times for fault in self._queue)
