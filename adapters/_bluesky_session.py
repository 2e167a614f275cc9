"""One account at its server: signing in, tokens, and calls of the AT Protocol's methods (XRPC).

https://docs.bsky.app/docs/api/com-atproto-server-create-session and -refresh-session (read 2026-11).
A server allows 30 sessions in five minutes and 300 a day, so the tokens are kept where they may be,
in a file that nobody else can read. An access token lasts two hours, a refresh token 90 days. One that
is over is answered with 400, and the one before the last refresh still works (tried on PDS 0.4.217).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from publisher.errors import NotSent, Refused, Unknown

CREATE, REFRESH = "com.atproto.server.createSession", "com.atproto.server.refreshSession"
RESOLVE = "com.atproto.identity.resolveHandle"
_NAMED = re.compile(r"answered \d+: ([A-Z][A-Za-z]+)(?::|$)")
_OVER = ("ExpiredToken", "InvalidToken")

SIGN_IN_HINTS = {
    "AuthenticationRequired": "make an app password: Settings → Privacy and security → App passwords",
    "AuthFactorTokenRequired": "the account's own password wants a code by mail each time: make an app"
    " password, Settings → Privacy and security → App passwords",
    "AccountTakedown": "the account is suspended: look into the app",
}


def name_of(error: Refused) -> str:
    """What the protocol calls a refusal: "InvalidSwap"; empty where it says no name."""
    found = _NAMED.search(error.message)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Tokens:
    did: str
    handle: str
    access: str
    refresh: str


class Account:
    """`keep` is the folder that tokens may lie in; None: each run signs in anew."""

    def __init__(self, base: str, identifier: str, password: str, keep: Path | None) -> None:
        from publisher.http import Session

        self._base = base.rstrip("/")
        self._identifier = identifier.removeprefix("@")
        self._password = password
        self._keep = keep
        self._tokens: Tokens | None = None
        self._session = Session(secrets=(password,))
        self._session.headers["User-Agent"] = "announcement-publisher"

    @property
    def tokens(self) -> Tokens:
        """Raises NotSent, Refused."""
        if self._tokens is not None:
            return self._tokens
        tokens = self._read() or self.sign_in()
        self._use(tokens)
        return tokens

    def clock(self) -> timedelta | None:
        return self._session.clock(f"{self._base}/xrpc/_health")

    def sign_in(self) -> Tokens:
        """A new session, by the password. Raises NotSent, Refused."""
        body = {"identifier": self._identifier, "password": self._password}
        try:
            made = self._request("POST", CREATE, json=body)
        except Refused as error:
            error.hint = SIGN_IN_HINTS.get(name_of(error), error.hint)
            raise
        except Unknown as error:
            raise _not_signed_in(error) from None
        tokens = _tokens(made)
        if tokens is None:
            raise Refused("what answers there is no PDS", hint="check api_base_url")
        self._use(tokens)
        self._write(tokens)
        return tokens

    def get(self, method: str, **query: str) -> Any:
        """Whoever asks may read it. Raises NotSent, Refused."""
        return self._request("GET", method, params=query)

    def post(self, method: str, **kwargs: Any) -> Any:
        """As the account. A token that is over is renewed once. Raises NotSent, Refused, Unknown."""
        try:
            return self._request("POST", method, token=self.tokens.access, **kwargs)
        except Refused as error:
            if name_of(error) not in _OVER:
                raise
        self._use(self._renewed(self.tokens))
        return self._request("POST", method, token=self.tokens.access, **kwargs)

    def did_of(self, handle: str) -> str:
        """Raises Refused for one that nobody has."""
        try:
            found = self.get(RESOLVE, handle=handle)
        except Refused as error:
            if name_of(error) != "InvalidRequest":
                raise
            words = f"nobody on Bluesky is called @{handle}"
            raise Refused(words, hint="check how the name is written") from None
        did = found.get("did") if isinstance(found, dict) else None
        if not isinstance(did, str) or not did.startswith("did:"):
            raise NotSent(f"the server doesn't say who @{handle} is")
        return did

    def _renewed(self, old: Tokens) -> Tokens:
        try:
            tokens = _tokens(self._request("POST", REFRESH, token=old.refresh))
        except Refused:
            tokens = None
        except Unknown as error:
            raise _not_signed_in(error) from None
        if tokens is None or tokens.did != old.did:
            return self.sign_in()
        self._write(tokens)
        return tokens

    def _use(self, tokens: Tokens) -> None:
        from publisher.secrets import Redactor

        self._tokens = tokens
        self._session.redact = Redactor((self._password, tokens.access, tokens.refresh))

    def _request(self, http: str, method: str, *, token: str = "", **kwargs: Any) -> Any:
        from publisher.http import sorted_errors

        headers = dict(kwargs.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with sorted_errors():
            address = f"{self._base}/xrpc/{method}"
            answer = self._session.request(http, address, headers=headers, **kwargs)
            return answer.json() if answer.content else None

    # The file. What goes wrong with it costs one more sign-in.

    def _file(self) -> Path | None:
        """Of this account and this password: who changes one of them is not who signed in."""
        if self._keep is None:
            return None
        salt = f"{self._base} {self._identifier}".encode()
        digest = hashlib.scrypt(self._password.encode(), salt=salt, n=4096, r=8, p=1, dklen=16)
        return self._keep / f"bluesky-{digest.hex()}.json"

    def _read(self) -> Tokens | None:
        file = self._file()
        if file is None:
            return None
        try:
            status = file.stat()
            if status.st_mode & 0o077 or status.st_uid != os.getuid():
                return None
            return Tokens(**json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def _write(self, tokens: Tokens) -> None:
        file = self._file()
        if file is None:
            return
        new = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (file.parent / ".gitignore").write_text("*\n", "ascii")
            new.unlink(missing_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                json.dump(asdict(tokens), opened)
            new.replace(file)


def _tokens(answer: Any) -> Tokens | None:
    if not isinstance(answer, dict):
        return None
    values = [answer.get(name) for name in ("did", "handle", "accessJwt", "refreshJwt")]
    if not all(isinstance(value, str) and value for value in values):
        return None
    return Tokens(*values)  # type: ignore[arg-type]


def _not_signed_in(error: Unknown) -> NotSent:
    """Nothing was posted, whatever became of the session."""
    return NotSent(error.message, status=error.status, whole=True)
