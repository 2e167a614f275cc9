"""What platforms over HTTP have in common: routes, ids, faults' answers, what is live."""

from __future__ import annotations

import html
import re
import threading
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from random import Random
from typing import Any, ClassVar

from publisher.sandbox.faults import HTTP_FAULTS
from publisher.sandbox.stand_in import StandIn, Surroundings
from publisher.sandbox.traffic import over_http
from publisher.sandbox.web import Answer, Request, Server

MAX_POSTS = 20_000
MAX_FILES = 200
LAG = 20.0
"""Seconds: a replica that is far behind."""


Action = Callable[[Any, Request, Mapping[str, str]], Answer]


class Route:
    """A method and a path such as "/2/tweets/{id}"; a name in braces stands for one segment."""

    def __init__(self, method: str, path: str, action: Action) -> None:
        self.method = method
        self.path = path
        self.action = action
        self._pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The names in braces, if this is the route of such a request."""
        found = self._pattern.fullmatch(path) if method == self.method else None
        return found.groupdict() if found else None


class Stop(Exception):
    """Raised anywhere in an action: this is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Platform(StandIn):
    """One platform. All state is guarded by `lock`; `posts` is what is live, oldest first."""

    kinds = HTTP_FAULTS
    routes: ClassVar[tuple[Route, ...]]
    epoch: ClassVar[int] = 0
    """Milliseconds since 1970 at which the platform's ids begin."""
    shift: ClassVar[int] = 22
    """Bits of an id below its milliseconds."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.url = ""
        self._server: Server | None = None
        self.lag = 0.0
        """Seconds for which a new post is missing from lists: a replica that is behind."""
        self.lock = threading.RLock()
        self.posts: dict[str, dict[str, Any]] = {}
        self.files: dict[str, Any] = {}
        self._last_id = 0
        self._touched = False
        self._window = (0, 0)

    # What a platform says for itself.

    @abstractmethod
    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        """What `received()` says of a post."""

    @abstractmethod
    def not_found(self) -> Answer:
        """The answer where there is no such path."""

    @abstractmethod
    def failure(self, status: int) -> Answer:
        """The platform's own 500 or 503."""

    @abstractmethod
    def too_many(self, seconds: float) -> Answer:
        """The platform's own 429, without Retry-After."""

    @abstractmethod
    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        """The rate-limit headers of an ordinary answer."""

    def vary(self, random: Random) -> None:
        """Set its switches as one of the servers that there are has them."""
        self.lag = random.choice((0.0, LAG))

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.posts.clear()
            self.files.clear()
            self.past.clear()

    # What all share.

    def listen(self, port: int = 0) -> None:
        def told(request: Request, fault: str, answer: Answer | None) -> None:
            self.surroundings.told(over_http(request, fault, answer, self.signature))

        self._server = Server(
            self.name,
            port,
            faults=self.surroundings.faults,
            now=self.clock.now,
            log=self.surroundings.log,
            told=told,
            handle=self.handle,
            begin=self.begin,
            instead=self.instead,
        )
        self.url = self._server.url

    def start(self) -> None:
        if self._server is not None:
            self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = None

    def begin(self, request: Request) -> Callable[[], Answer]:
        """A request that takes a while: what is found out at once, and then what is done."""
        return partial(self.handle, request)

    def handle(self, request: Request) -> Answer:
        with self.lock:
            answer = self._act(request)
            touched, self._touched = self._touched, False
        if touched:  # outside of the lock: whoever is told looks at the other platforms too
            self.changed()
        return answer

    def _act(self, request: Request) -> Answer:
        path = request.path.rstrip("/") or "/"
        for route in self.routes:
            names = route.match(request.method, path)
            if names is None:
                continue
            try:
                answer = route.action(self, request, names)
            except Stop as stop:
                answer = stop.answer
            return answer.plus(self._limits())
        return self.not_found()

    def instead(self, kind: str, seconds: float) -> Answer:
        """What a fault answers in place of the platform."""
        if kind.startswith("429"):
            answer = self.too_many(seconds)
            if kind == "429":
                return answer.plus({"Retry-After": str(whole(seconds))})
            if kind == "429-date":
                at = self.clock.now() + timedelta(seconds=whole(seconds))
                return answer.plus({"Retry-After": format_datetime(at, usegmt=True)})
            return answer
        if kind == "html":
            return page("Welcome", "<p>Please log in to this network first.</p>")
        if kind == "redirect":
            return Answer(307, b"", {"Location": f"{self.pages}/elsewhere"})
        if kind in ("502", "504"):
            said = "Bad Gateway" if kind == "502" else "Gateway Timeout"
            return page(f"{kind} {said}", "<hr><p>nginx</p>", status=int(kind))
        answer = self.failure(int(kind))
        return (
            answer.plus({"Retry-After": str(whole(seconds))})
            if kind == "503" and seconds
            else answer
        )

    @property
    def place(self) -> str:
        """Its address, for people."""
        return self.url

    def received(self, last: int = MAX_POSTS) -> list[dict[str, Any]]:
        with self.lock:
            return [self.entry(post) for post in list(self.posts.values())[-last:]]

    def new_id(self) -> str:
        """An id that holds the time, as a snowflake does; each is larger than the one before."""
        milliseconds = int(self.clock.now().timestamp() * 1000) - self.epoch
        self._last_id = max(milliseconds << self.shift, self._last_id + 1)
        return str(self._last_id)

    def keep(self, post_id: str, post: dict[str, Any]) -> None:
        if post_id in self.posts:
            self.past.replaced(self.entry(self.posts[post_id]), self.clock.now())
        self.posts[post_id] = post
        if len(self.posts) > MAX_POSTS:
            del self.posts[next(iter(self.posts))]
        self._touched = True

    def drop(self, post_id: str) -> None:
        self.past.deleted(self.entry(self.posts[post_id]), self.clock.now())
        del self.posts[post_id]
        self._touched = True

    def keep_file(self, file_id: str, file: Any) -> None:
        self.files[file_id] = file
        if len(self.files) > MAX_FILES:
            del self.files[next(iter(self.files))]

    def listable(self) -> list[dict[str, Any]]:
        """Posts that a list shows by now, newest first."""
        horizon = self.clock.now() - timedelta(seconds=self.lag)
        shown = [post for post in self.posts.values() if self.lag == 0 or post["at"] <= horizon]
        return sorted(shown, key=lambda post: int(post["id"]), reverse=True)

    def _limits(self) -> dict[str, str]:
        """Rate-limit headers that count down; windows of 15 minutes, aligned. Nothing is refused by
        them."""
        now = int(self.clock.now().timestamp())
        window = now // 900
        self._window = (window, self._window[1] + 1 if self._window[0] == window else 1)
        return self.limits(
            max(1, 300 - self._window[1]), datetime.fromtimestamp((window + 1) * 900, UTC)
        )


def whole(seconds: float) -> int:
    """Seconds, rounded up: a server never asks for less than it means."""
    return -int(-seconds // 1)


def iso(at: datetime) -> str:
    """As the platforms write it: 2026-11-23T03:14:42.000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}"
    "header,footer{color:#666;font-size:85%}:root{color-scheme:light dark}"
)


def page(title: str, body: str, *, status: int = 200) -> Answer:
    """A page for people. `title` is escaped here, `body` is HTML already."""
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{html.escape(title)}</title><style>{STYLE}</style>'
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(status, text.encode(), headers)


def picture(where: str, alt: str | None) -> str:
    return f'<p><img alt="{html.escape(alt or "")}" src="{html.escape(where)}" width="400"></p>'


def plain(text: str) -> str:
    """Text as HTML that shows it unchanged."""
    return f'<pre dir="auto">{html.escape(text)}</pre>'
