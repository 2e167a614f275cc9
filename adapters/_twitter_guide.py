"""How a person lets `publish` post on X: an app of their own in the developer portal, and a PIN.

https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth (read 2026-11): a PIN of
about seven digits, good for one try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from publisher.errors import Refused, UsageError
from publisher.setup.desk import Desk, Prepared

from .twitter import API_URL, COST, COST_WITH_LINK

if TYPE_CHECKING:
    from publisher.http import Session

PRICE = f"""\
X charges for posting: ${COST:.3f} a post, ${COST_WITH_LINK:.2f} one with a link, from credits that you buy
in its developer portal (as of 2026-04-20).\
"""
STEPS = """\
  1. https://console.x.com: sign in with the account that shall post, and make an app.
  2. User authentication settings: "Read and write", type "Web App, Automated App or Bot"; any
     address of yours will do as callback.
  3. Keys and tokens: copy the API Key and the API Key Secret.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError."""
    from publisher.http import Session

    desk.say(PRICE)
    if not desk.agree("Set it up?", default=True):
        raise UsageError("X is left out", hint="publish init --channels x, when you want it")
    desk.say(STEPS)
    key = desk.ask_secret("API Key")
    secret = desk.ask_secret("API Key Secret")
    api = desk.given.get("api_url", API_URL).rstrip("/")
    session = Session(secrets=(key, secret))
    asked = _signed(session, f"{api}/oauth/request_token", key, secret, callback_uri="oob")
    desk.say("Open this page with the account that shall post, agree, and note the PIN:")
    desk.open(f"{api}/oauth/authorize?{urlencode({'oauth_token': asked['oauth_token']})}")
    pin = desk.ask_secret("The PIN")
    given = _signed(
        session,
        f"{api}/oauth/access_token",
        key,
        secret,
        resource_owner_key=asked["oauth_token"],
        resource_owner_secret=asked["oauth_token_secret"],
        verifier=pin,
    )
    desk.say(f"  Good: signed in as @{given.get('screen_name', '')}.")
    return Prepared(
        {"api_url": api} if api != API_URL else {},
        {
            "consumer_key": key,
            "consumer_secret": secret,
            "access_token": given["oauth_token"],
            "access_token_secret": given["oauth_token_secret"],
        },
    )


def _signed(session: Session, url: str, key: str, secret: str, **more: Any) -> dict[str, str]:
    """What X answers to a signed request, whose answer is a form. Raises DeliveryError."""
    from requests_oauthlib import OAuth1

    try:
        answer = session.request("POST", url, auth=OAuth1(key, secret, **more), form=True)
    except Refused as error:
        if error.status not in (401, 403):
            raise
        raise Refused(
            error.message,
            hint="copy the keys and the PIN again; is the app's permission Read and write?",
            status=error.status,
        ) from None
    values = {name: words[-1] for name, words in parse_qs(answer.text).items()}
    if "oauth_token" not in values or "oauth_token_secret" not in values:
        raise Refused("what answers there is not X", hint="check api_url")
    return values
