"""How a person lets `publish` post on Mastodon: the application is registered, and they agree in
their browser.

https://docs.joinmastodon.org/client/authorized/ and /methods/apps/ (read 2026-11). Doorkeeper wants
exactly the redirect address that was registered, so an application is registered for each try.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from publisher.errors import Refused, UsageError
from publisher.hosts import is_loopback
from publisher.setup.desk import Desk, Prepared

from ._mastodon_instance import instance_of, is_mastodon, wrong_instance

if TYPE_CHECKING:
    from publisher.http import Session

NATIVE = "urn:ietf:wg:oauth:2.0:oob"
"""In place of an address: the page shows a code."""
SCOPES = ("write:statuses", "write:media", "read:statuses")
PROFILE, BEFORE_4_3 = "profile", "read:accounts"
"""Whose account it is; the first came with Mastodon 4.3 (its release notes, 2024-10)."""


@dataclass(frozen=True, slots=True)
class _Application:
    address: str
    id: str
    secret: str
    redirect: str
    scopes: str


def guide(desk: Desk) -> Prepared:
    """Raises PublishError."""
    from publisher.http import Session

    desk.say("Mastodon: sign in to your instance in the browser, and allow `publish` to post.")
    answer = desk.ask(
        "api_base_url",
        "Your instance, or your address there (mastodon.social, @me@mastodon.social)",
        check=lambda text: wrong_instance(address_of(text)),
    )
    address = address_of(answer)
    session = Session()
    scopes = _scopes(address, session)
    agreed = _by_redirect if desk.has_browser() else _by_code
    token = agreed(desk, address, scopes, session)
    return Prepared({"api_base_url": address}, {"access_token": token})


def address_of(answer: str) -> str:
    """https://mastodon.social, of that, of mastodon.social, or of @me@mastodon.social."""
    text = answer.strip()
    if named := re.fullmatch(r"@?[\w.+-]+@([^@/\s]+)", text):
        text = named[1]
    if "://" not in text:
        host = text.partition("/")[0].partition(":")[0]
        text = f"{'http' if is_loopback(host) else 'https'}://{text}"
    return text.rstrip("/")


def _scopes(address: str, session: Session) -> str:
    instance = instance_of(address, session)
    version = str(instance.get("version", ""))
    found = re.match(r"(\d+)\.(\d+)", version)
    is_new = (
        found is not None
        and (int(found[1]), int(found[2])) >= (4, 3)
        and is_mastodon(version, str(instance.get("source_url") or ""))
    )
    return " ".join((*SCOPES, PROFILE if is_new else BEFORE_4_3))


def _by_redirect(desk: Desk, address: str, scopes: str, session: Session) -> str:
    from publisher.setup.loopback import Redirect

    with Redirect() as redirect:
        application = _registered(address, redirect.url, scopes, session)
        verifier = secrets.token_urlsafe(48)
        desk.open(_page(application, state=redirect.state, verifier=verifier))
        desk.say("Waiting for your browser … (no browser? Ctrl-C, then publish init --no-browser)")
        brought = redirect.wait()
    if "code" not in brought:
        said = brought.get("error_description") or brought.get("error") or "no code"
        raise UsageError(f"{urlsplit(address).netloc} said no: {said}", hint="try again")
    return _token(application, brought["code"], verifier, session)


def _by_code(desk: Desk, address: str, scopes: str, session: Session) -> str:
    application = _registered(address, NATIVE, scopes, session)
    verifier = secrets.token_urlsafe(48)
    desk.say("Open this page in a browser, agree, and copy the code that it shows:")
    desk.open(_page(application, state="", verifier=verifier))
    code = desk.ask_secret("The code")
    return _token(application, code, verifier, session)


def _registered(address: str, redirect: str, scopes: str, session: Session) -> _Application:
    body = {"client_name": "publish", "redirect_uris": redirect, "scopes": scopes}
    made = session.request("POST", f"{address}/api/v1/apps", json=body).json()
    if not isinstance(made, dict) or not made.get("client_id"):
        raise _no_mastodon()
    return _Application(
        address, str(made["client_id"]), str(made["client_secret"]), redirect, scopes
    )


def _page(application: _Application, *, state: str, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": application.id,
        "redirect_uri": application.redirect,
        "scope": application.scopes,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"state": state} if state else {}),
    }
    return f"{application.address}/oauth/authorize?{urlencode(query)}"


def _token(application: _Application, code: str, verifier: str, session: Session) -> str:
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": application.id,
        "client_secret": application.secret,
        "redirect_uri": application.redirect,
        "scope": application.scopes,
        "code_verifier": verifier,
    }
    made: Any = session.request("POST", f"{application.address}/oauth/token", json=body).json()
    if not isinstance(made, dict) or not made.get("access_token"):
        raise _no_mastodon()
    return str(made["access_token"])


def _no_mastodon() -> Refused:
    return Refused("what answers there is not Mastodon", hint="check the instance's address")
