"""How X lets a person sign in an application by a PIN: OAuth 1.0a, "oob".

https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth (read 2026-11). The page
has a button, as the real one; nobody has to sign in.
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from publisher.sandbox.oauth import parameters, signed_by
from publisher.sandbox.platform import Route, Stop, page
from publisher.sandbox.twitter_rules import USER_ID, USERNAME
from publisher.sandbox.web import Answer, Request, as_json

if TYPE_CHECKING:
    from publisher.sandbox.twitter import Twitter


@dataclass(frozen=True, slots=True)
class Pending:
    """A request token: its secret, and the PIN once a person has agreed."""

    secret: str
    pin: str = ""


def request_token(server: Twitter, request: Request, _: Mapping[str, str]) -> Answer:
    if not signed_by(request, server.consumer_key, server.consumer_secret, "", ""):
        return _not_authenticated()
    if parameters(request).get("oauth_callback") != "oob":
        return as_json(
            403,
            {"errors": [{"code": 415, "message": "Callback URL not approved for this client"}]},
        )
    token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(20)
    server.pending[token] = Pending(secret)
    return _form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")


def ask(server: Twitter, request: Request, _: Mapping[str, str]) -> Answer:
    token = request.argument("oauth_token")
    _known(server, token)
    body = (
        "<p>An application would like to read and write posts of the sandbox's account.</p>"
        f'<form method="post" action="/oauth/authorize"><input type="hidden" name="oauth_token" '
        f'value="{html.escape(token)}"><button>Authorize app</button></form>'
    )
    return page("Authorize an application to access your account?", body)


def decide(server: Twitter, request: Request, _: Mapping[str, str]) -> Answer:
    token = dict(request.form()).get("oauth_token", "")
    pending = _known(server, token)
    pin = f"{secrets.randbelow(10_000_000):07d}"
    server.pending[token] = replace(pending, pin=pin)
    return page("Enter this PIN in the application", f"<p><code>{pin}</code></p>")


def access_token(server: Twitter, request: Request, _: Mapping[str, str]) -> Answer:
    """The account's own tokens: X gives the same ones as long as nobody revokes them."""
    given = parameters(request)
    token = given.get("oauth_token", "")
    pending = server.pending.pop(token, None)
    if pending is None or not pending.pin:
        return _not_authenticated()
    keys = (server.consumer_key, server.consumer_secret, token, pending.secret)
    if not signed_by(request, *keys) or given.get("oauth_verifier") != pending.pin:
        return _not_authenticated()
    return _form(
        oauth_token=server.access_token,
        oauth_token_secret=server.access_token_secret,
        user_id=USER_ID,
        screen_name=USERNAME,
    )


def _known(server: Twitter, token: str) -> Pending:
    if token not in server.pending:
        words = "<p>The request token for this page is invalid, or was used already.</p>"
        raise Stop(page("Whoa there!", words, status=403))
    return server.pending[token]


def _not_authenticated() -> Answer:
    error = {"code": 32, "message": "Could not authenticate you."}
    return as_json(401, {"errors": [error]})


def _form(**values: str) -> Answer:
    return Answer(200, urlencode(values).encode(), {"Content-Type": "text/html; charset=utf-8"})


ROUTES = (
    Route("POST", "/oauth/request_token", request_token),
    Route("GET", "/oauth/authorize", ask),
    Route("POST", "/oauth/authorize", decide),
    Route("POST", "/oauth/access_token", access_token),
)
