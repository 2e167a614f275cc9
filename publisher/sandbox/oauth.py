"""Is a request signed as OAuth 1.0a (RFC 5849) asks, by HMAC-SHA1 and with the right secrets?"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from publisher.sandbox.web import Request

FORM = "application/x-www-form-urlencoded"
TOLERANCE = 300
"""Seconds by which a signature's time may be off; X refuses one that is minutes away."""


def signed_by(
    request: Request, consumer_key: str, consumer_secret: str, token: str, token_secret: str
) -> bool:
    from oauthlib.common import Request as Signed
    from oauthlib.oauth1.rfc5849.signature import collect_parameters, verify_hmac_sha1

    header = {"Authorization": request.headers.get("authorization", "")}
    if not header["Authorization"].startswith("OAuth "):
        return False
    query = urlsplit(request.url).query
    try:
        form = request.body.decode() if request.content_type == FORM else None
        given = dict(collect_parameters(query, form, header, exclude_oauth_signature=False))
        signed: Any = Signed(request.url)  # its types don't know of what is set here
        signed.http_method = request.method
        signed.params = collect_parameters(query, form, header)
        signed.signature = given.get("oauth_signature", "")
        fresh = abs(time.time() - int(given.get("oauth_timestamp", "0"))) <= TOLERANCE
        ours = (
            given.get("oauth_consumer_key") == consumer_key
            and given.get("oauth_token", "") == token
        )
        complete = given.get("oauth_signature_method") == "HMAC-SHA1" and bool(
            given.get("oauth_nonce")
        )
        right = bool(verify_hmac_sha1(signed, consumer_secret, token_secret))
    except ValueError:
        return False
    return fresh and ours and complete and right


def parameters(request: Request) -> dict[str, str]:
    """What a signed request says in its header, its query and its form."""
    from oauthlib.oauth1.rfc5849.signature import collect_parameters

    header = {"Authorization": request.headers.get("authorization", "")}
    form = request.body.decode("utf-8", "replace") if request.content_type == FORM else None
    try:
        return dict(collect_parameters(urlsplit(request.url).query, form, header))
    except ValueError:
        return {}
