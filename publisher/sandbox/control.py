"""The sandbox's own pages: an index for people, what came as JSON, and faults on demand."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from publisher.sandbox.faults import FAULTS
from publisher.sandbox.platform import Platform, Route, Stop, page
from publisher.sandbox.web import Answer, Request, as_json

if TYPE_CHECKING:
    from publisher.sandbox.box import Sandbox

LOCAL = ("127.0.0.1", "localhost")


class Control(Platform):
    """Also a platform, of no channel: it has routes and answers, and nothing is live on it."""

    name = "control"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox.clock, lambda: None)
        self._sandbox = sandbox

    def handle(self, request: Request) -> Answer:
        """Without the lock: these look at the other platforms. Only for those who call this host by
        its name, so that no page in a browser gets here by a name of its own that leads to
        127.0.0.1.
        """
        if urlsplit(request.url).hostname not in LOCAL:
            return as_json(403, {"error": "ask for 127.0.0.1"})
        return self._act(request)

    def index(self, _: Request, __: Mapping[str, str]) -> Answer:
        box = self._sandbox
        places = {
            "Mastodon": box.mastodon_url,
            "X": box.twitter_url,
            "Discord": box.discord.url,
            "SMTP": f"smtp://127.0.0.1:{box.mail.port}",
            "What came, as JSON": f"{box.url}/_sandbox/received",
            "Each request, as JSON": f"{box.url}/_sandbox/requests",
        }
        rows = "".join(
            f"<li>{html.escape(name)}: {_link(url)}</li>" for name, url in places.items()
        )
        came = "".join(
            f"<li>{html.escape(entry['channel'])} {_link(entry['url'])} "
            f"<span dir=auto>{html.escape((entry['text'] or entry.get('subject', ''))[:120])}</span></li>"
            for entry in box.received()[-200:]
        )
        return page("The sandbox", f"<ul>{rows}</ul><h2>What came</h2><ol>{came}</ol>")

    def listed(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, self._sandbox.received())

    def clear(self, _: Request, __: Mapping[str, str]) -> Answer:
        self._sandbox.clear()
        return Answer(204)

    def requests(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, [_shown(request) for request in self._sandbox.requests])

    def kinds(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, FAULTS)

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

    def mail(self, _: Request, names: Mapping[str, str]) -> Answer:
        number, dot, ending = names["name"].partition(".")
        if not number.isdigit() or len(number) > 9 or (dot and ending != "html"):
            return self.not_found()
        return self._sandbox.mail.page(int(number), as_html=bool(dot)) or self.not_found()

    def astray(self, _: Request, __: Mapping[str, str]) -> Answer:
        """Where the fault "redirect" leads. What arrives here should have been kept back."""
        return as_json(200, {"id": "1"})

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
        Route("GET", "/_sandbox/received", listed),
        Route("DELETE", "/_sandbox/received", clear),
        Route("GET", "/_sandbox/requests", requests),
        Route("GET", "/_sandbox/faults", kinds),
        Route("POST", "/_sandbox/faults", fault),
        Route("DELETE", "/_sandbox/faults", no_faults),
        Route("GET", "/mail/{name}", mail),
        Route("GET", "/elsewhere", astray),
        Route("POST", "/elsewhere", astray),
    )


def _link(url: str) -> str:
    shown = html.escape(url)
    return f'<a href="{shown}">{shown}</a>' if url.startswith("http") else shown


def _shown(request: Request) -> dict[str, Any]:
    """A request without what signs it: someone may point real credentials here by mistake."""
    headers = dict(request.headers)
    if "authorization" in headers:
        headers["authorization"] = headers["authorization"].partition(" ")[0] + " …"
    return {
        "channel": request.channel,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": headers,
        "body": request.body[:100_000].decode("utf-8", "replace"),
        "at": request.at.isoformat(),
    }
