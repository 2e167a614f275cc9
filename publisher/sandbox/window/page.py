"""The window's page: a live one, and a still one for a folder.

No script of a post runs on it, in three ways: the page puts content into text nodes only, a mail's
HTML stands in a frame without any rights, and the policy lets no script run but the page's own, by
its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.sandbox.platform import Platform
from publisher.sandbox.web import Answer, Request
from publisher.sandbox.window.state import state

if TYPE_CHECKING:
    from publisher.sandbox.box import Sandbox

MAX_STILL = 2 * 2**20
"""Bytes of a picture that is put into the still page itself."""


def live(box: Sandbox) -> Answer:
    """The page that asks for what is new, twice a second."""
    policy = _policy("img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'")
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Answer(200, _page("", {"base": box.url}).encode(), headers)


def still(box: Sandbox) -> str:
    """The same page with all that it would show in it, to be read after the sandbox has ended."""
    shown = state(box)
    for entry in shown["entries"]:
        for picture in entry["pictures"]:
            picture["url"] = _embedded(picture["url"], box)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy("img-src data:")}">'
    return _page(meta, {"still": shown})


def picture(url: str, box: Sandbox) -> Answer | None:
    """A post's picture, had without a request, which would be listed, and might be struck by a
    fault. None: there is none there."""
    path = urlsplit(url).path
    for platform in box.platforms:
        if isinstance(platform, Platform) and url == f"{platform.url}{path}":
            now = box.clock.now()
            answer = platform.handle(Request(platform.name, "GET", path, {}, {}, b"", now, url))
            return answer if answer.headers.get("Content-Type", "").startswith("image/") else None
    return None


def _embedded(url: str, box: Sandbox) -> str:
    """A picture as a data: address; "" where it is gone or too large."""
    answer = picture(url, box)
    if answer is None or len(answer.body) > MAX_STILL:
        return ""
    data = base64.b64encode(answer.body).decode()
    return f"data:{answer.headers['Content-Type']};base64,{data}"


def _policy(more: str) -> str:
    """A mail's HTML, in its frame, inherits this policy, and has its styles in itself."""
    own = base64.b64encode(hashlib.sha256(_file("page.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{own}'; style-src 'unsafe-inline'; {more};"
        " base-uri 'none'; form-action 'none'"
    )


def _page(meta: str, data: Mapping[str, Any]) -> str:
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    pieces = {
        "meta": meta,
        "style": _file("page.css"),
        "script": _file("page.js"),
        "data": written,
    }
    before, *rest = _file("page.html").split("{{")
    page = [before]
    for piece in rest:
        name, _, after = piece.partition("}}")
        page += [pieces[name], after]
    return "".join(page)


@cache
def _file(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
