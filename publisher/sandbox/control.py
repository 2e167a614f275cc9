"""The sandbox's own pages: the window for people, what came as JSON, and faults on demand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from re import Pattern
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from publisher.sandbox.faults import Faults
from publisher.sandbox.platform import Platform, Route, Stop, page
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.traffic import unsigned, unsigned_path
from publisher.sandbox.web import Answer, Request, as_json

if TYPE_CHECKING:
    from publisher.sandbox.box import Sandbox

LOCAL = ("127.0.0.1", "localhost")


class Control(Platform):
    """Also a platform, of no channel: it has routes and answers, and nothing is live on it."""

    name = "control"
    title = "The sandbox"

    def __init__(self, sandbox: Sandbox) -> None:
        nobody = Surroundings(
            clock=sandbox.clock,
            changed=lambda: None,
            faults=Faults(),
            log=lambda request: None,
            told=lambda exchange: None,
        )
        super().__init__(nobody)
        self._sandbox = sandbox

    def handle(self, request: Request) -> Answer:
        """Without the lock: these look at the other platforms. Only for those who call this host by
        its name, so that no page in a browser gets here by a name of its own that leads to
        127.0.0.1.
        """
        if urlsplit(request.url).hostname not in LOCAL:
            return as_json(403, {"error": "ask for 127.0.0.1"})
        if request.method != "GET" and not self._is_own(request.headers.get("origin")):
            return as_json(403, {"error": "another site's page may not ask for this"})
        return self._act(request)

    def index(self, _: Request, __: Mapping[str, str]) -> Answer:
        from publisher.sandbox.window.page import live

        return live(self._sandbox)

    def window(self, request: Request, _: Mapping[str, str]) -> Answer:
        """All that the window shows, or 304 where the visitor has it already."""
        from publisher.sandbox.window.state import state, tag

        headers = {"ETag": tag(self._sandbox), "Cache-Control": "no-store"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Answer(304, b"", headers)
        return as_json(200, state(self._sandbox), headers)

    def picture(self, request: Request, _: Mapping[str, str]) -> Answer:
        from publisher.sandbox.window.page import picture

        return picture(request.argument("of"), self._sandbox) or self.not_found()

    def config(self, _: Request, __: Mapping[str, str]) -> Answer:
        return _as_text(self._sandbox.config())

    def environment(self, _: Request, __: Mapping[str, str]) -> Answer:
        pairs = self._sandbox.environment().items()
        return _as_text("".join(f"export {name}='{value}'\n" for name, value in pairs))

    def listed(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, self._sandbox.received())

    def clear(self, _: Request, __: Mapping[str, str]) -> Answer:
        self._sandbox.clear()
        return Answer(204)

    def requests(self, _: Request, __: Mapping[str, str]) -> Answer:
        signatures = {each.name: each.signature for each in self._sandbox.platforms}
        shown = [_shown(one, signatures.get(one.channel)) for one in self._sandbox.requests]
        return as_json(200, shown)

    def catalogue(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, self._sandbox.kinds())

    def fault(self, request: Request, _: Mapping[str, str]) -> Answer:
        if request.content_type != "application/json":
            return as_json(415, {"error": "send JSON"})
        try:
            self._sandbox.fault(**request.json())
        except (TypeError, ValueError) as problem:
            return as_json(422, {"error": str(problem)})
        return as_json(201, {"waiting": self._sandbox.faults.waiting()})

    def no_faults(self, _: Request, __: Mapping[str, str]) -> Answer:
        self._sandbox.faults.clear()
        return Answer(204)

    def hosted(self, _: Request, names: Mapping[str, str]) -> Answer:
        """What a platform without pages of its own shows to people."""
        for platform in self._sandbox.platforms:
            if platform.name == names["platform"]:
                return platform.shown(names["name"]) or self.not_found()
        return self.not_found()

    def astray(self, _: Request, __: Mapping[str, str]) -> Answer:
        """Where the fault "redirect" leads. What arrives here should have been kept back."""
        return as_json(200, {"id": "1"})

    def _is_own(self, origin: str | None) -> bool:
        """No browser sent it, or one that shows the window itself."""
        port = urlsplit(self.url).port
        return origin is None or origin in [f"http://{host}:{port}" for host in LOCAL]

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return post

    def not_found(self) -> Answer:
        return page("Not found", "<p>See <a href='/'>the index</a>.</p>", status=404)

    def failure(self, status: int) -> Answer:
        raise Stop(self.not_found())

    def too_many(self, seconds: float) -> Answer:
        raise Stop(self.not_found())

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/", index),
        Route("GET", "/_sandbox/window", window),
        Route("GET", "/_sandbox/picture", picture),
        Route("GET", "/_sandbox/publish.toml", config),
        Route("GET", "/_sandbox/environment", environment),
        Route("GET", "/_sandbox/received", listed),
        Route("DELETE", "/_sandbox/received", clear),
        Route("GET", "/_sandbox/requests", requests),
        Route("GET", "/_sandbox/faults", catalogue),
        Route("POST", "/_sandbox/faults", fault),
        Route("DELETE", "/_sandbox/faults", no_faults),
        Route("GET", "/elsewhere", astray),
        Route("POST", "/elsewhere", astray),
        Route("GET", "/{platform}/{name}", hosted),
    )


def _as_text(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _shown(request: Request, signature: Pattern[str] | None) -> dict[str, Any]:
    """A request without what signs it."""
    return {
        "channel": request.channel,
        "method": request.method,
        "path": unsigned_path(request, signature),
        "query": request.query,
        "headers": unsigned(request),
        "body": request.body[:100_000].decode("utf-8", "replace"),
        "at": request.at.isoformat(),
    }
