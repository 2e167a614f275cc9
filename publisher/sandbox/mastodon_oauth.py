"""How an application is registered at Mastodon, and a person lets it in: OAuth 2 with PKCE.

https://docs.joinmastodon.org/methods/apps/ and /methods/oauth/ (read 2026-11); errors as
doorkeeper's locale has them in mastodon v4.5. The page has a button, as the real one; nobody has to
sign in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urlsplit

from publisher.sandbox.mastodon_entities import parameters
from publisher.sandbox.platform import Route, Stop, page
from publisher.sandbox.web import Answer, Request, as_json

if TYPE_CHECKING:
    from publisher.sandbox.mastodon import Mastodon

NATIVE = "urn:ietf:wg:oauth:2.0:oob"
"""In place of an address: the code is shown, and copied by hand."""
SCOPES = frozenset(
    "read write follow push profile read:accounts read:statuses write:media write:statuses".split()
)
"""Those that are of any use here."""
MAX_KEPT = 1_000
"""Applications, codes and tokens, of each."""


@dataclass(frozen=True, slots=True)
class Application:
    id: str
    secret: str
    name: str
    redirects: tuple[str, ...]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Code:
    """What a person agreed to; good for one token."""

    application: str
    redirect: str
    scopes: frozenset[str]
    challenge: str


def register(server: Mastodon, request: Request, _: Mapping[str, str]) -> Answer:
    given = parameters(request)
    redirects = given.get("redirect_uris") or ""
    listed = redirects if isinstance(redirects, list) else str(redirects).split("\n")
    addresses = tuple(str(each).strip() for each in listed if str(each).strip())
    scopes = frozenset(str(given.get("scopes") or "read").split())
    if not str(given.get("client_name") or "").strip():
        return as_json(422, {"error": "Validation failed: Name can't be blank"})
    if not addresses or not all(each == NATIVE or urlsplit(each).scheme for each in addresses):
        return as_json(422, {"error": "Validation failed: Redirect URI must be an absolute URI."})
    if not scopes <= known_scopes(server):
        return as_json(
            422, {"error": "Validation failed: Scopes doesn't match configured on the server."}
        )
    made = Application(
        id=secrets.token_urlsafe(24),
        secret=secrets.token_urlsafe(24),
        name=str(given["client_name"]),
        redirects=addresses,
        scopes=scopes,
    )
    keep(server.applications, made.id, made)
    return as_json(
        200,
        {
            "id": str(len(server.applications)),
            "name": made.name,
            "website": given.get("website"),
            "scopes": sorted(made.scopes),
            "redirect_uri": "\n".join(made.redirects),
            "redirect_uris": list(made.redirects),
            "client_id": made.id,
            "client_secret": made.secret,
            "client_secret_expires_at": 0,
        },
    )


def known_scopes(server: Mastodon) -> frozenset[str]:
    """`profile` came with 4.3."""
    return SCOPES - {"profile"} if server.software == "mastodon-4.2" else SCOPES


def ask(server: Mastodon, request: Request, _: Mapping[str, str]) -> Answer:
    """The page on which a person decides."""
    wanted = {name: values[-1] for name, values in request.query.items()}
    application, scopes = _checked(server, wanted)
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in wanted.items()
    )
    may = "".join(f"<li><code>{html.escape(scope)}</code></li>" for scope in sorted(scopes))
    body = (
        f"<p><strong>{html.escape(application.name)}</strong> would like to use the sandbox's"
        f' account. It may:</p><ul>{may}</ul><form method="post" action="/oauth/authorize">{hidden}'
        '<button name="answer" value="authorize">Authorize</button> '
        '<button name="answer" value="deny">Deny</button></form>'
    )
    return page("Authorization required", body)


def decide(server: Mastodon, request: Request, _: Mapping[str, str]) -> Answer:
    """What the page's buttons do: back to the application, or the code for the hand."""
    wanted = dict(request.form())
    application, scopes = _checked(server, wanted)
    redirect, state = wanted["redirect_uri"], wanted.get("state", "")
    if wanted.get("answer") != "authorize":
        refusal = {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
        }
        return _back(redirect, {**refusal, "state": state})
    code = secrets.token_urlsafe(24)
    granted = Code(application.id, redirect, scopes, wanted.get("code_challenge", ""))
    keep(server.codes, code, granted)
    if redirect == NATIVE:
        words = "Copy this code and paste it to the application."
        return page("Authorization code", f"<p>{words}</p><p><code>{code}</code></p>")
    return _back(redirect, {"code": code, "state": state})


def _checked(server: Mastodon, wanted: Mapping[str, str]) -> tuple[Application, frozenset[str]]:
    """Raises Stop with the page that says what is wrong: nobody is sent to an address that wasn't
    registered."""
    application = server.applications.get(wanted.get("client_id", ""))
    if application is None:
        raise Stop(page("Unknown client", "<p>Client authentication failed.</p>", status=401))
    scopes = frozenset(wanted.get("scope", "read").split())
    if wanted.get("redirect_uri") not in application.redirects:
        raise Stop(page("Error", "<p>The redirect uri included is not valid.</p>", status=400))
    if wanted.get("response_type") != "code" or not scopes <= application.scopes:
        raise Stop(page("Error", "<p>The requested scope is invalid or unknown.</p>", status=400))
    return application, scopes


def _back(redirect: str, said: Mapping[str, str]) -> Answer:
    query = urlencode({name: value for name, value in said.items() if value})
    joint = "&" if urlsplit(redirect).query else "?"
    return Answer(302, b"", {"Location": f"{redirect}{joint}{query}"})


def token(server: Mastodon, request: Request, _: Mapping[str, str]) -> Answer:
    given = {name: str(value) for name, value in parameters(request).items()}
    application = server.applications.get(given.get("client_id", ""))
    if application is None or given.get("client_secret") != application.secret:
        return as_json(
            401,
            {
                "error": "invalid_client",
                "error_description": "Client authentication failed due to unknown client, no client"
                " authentication included, or unsupported authentication method.",
            },
        )
    code = server.codes.pop(given.get("code", ""), None)
    is_good = (
        code is not None
        and given.get("grant_type") == "authorization_code"
        and code.application == application.id
        and code.redirect == given.get("redirect_uri")
        and _proves(given.get("code_verifier", ""), code.challenge)
    )
    if code is None or not is_good:
        return as_json(
            400,
            {
                "error": "invalid_grant",
                "error_description": "The provided authorization grant is invalid, expired,"
                " revoked, does not match the redirection URI used in the authorization request, or was"
                " issued to another client.",
            },
        )
    made = secrets.token_urlsafe(32)
    keep(server.tokens, made, code.scopes)
    return as_json(
        200,
        {
            "access_token": made,
            "token_type": "Bearer",
            "scope": " ".join(sorted(code.scopes)),
            "created_at": int(server.clock.now().timestamp()),
        },
    )


def _proves(verifier: str, challenge: str) -> bool:
    """PKCE with S256 (RFC 7636, section 4.6); who began without it ends without it."""
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


_Kept = TypeVar("_Kept")


def keep(kept: dict[str, _Kept], name: str, value: _Kept) -> None:
    kept[name] = value
    if len(kept) > MAX_KEPT:
        del kept[next(iter(kept))]


ROUTES = (
    Route("POST", "/api/v1/apps", register),
    Route("GET", "/oauth/authorize", ask),
    Route("POST", "/oauth/authorize", decide),
    Route("POST", "/oauth/token", token),
)
