"""How a person lets `publish` post on LinkedIn: an app, and a token from LinkedIn's own page."""

from __future__ import annotations

from datetime import timedelta

from publisher.adapter import Channel
from publisher.clock import now
from publisher.setup.desk import Desk, Prepared

from .linkedin import LinkedIn, wrong_author

LIFE = timedelta(days=60)
"""https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow (read
2026-11-27)."""
STEPS = """\
LinkedIn: an app of yours posts for you. Its token lives 60 days.
  1. https://www.linkedin.com/developers/apps → Create app. It asks for a company page.
  2. Products: request "Share on LinkedIn" and "Sign In with LinkedIn using OpenID Connect"
     (for a company page: "Community Management API", which LinkedIn has to approve).
  3. https://www.linkedin.com/developers/tools/oauth/token-generator → your app, the scopes
     openid, profile and w_member_social (w_organization_social) → Request access token.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the token isn't good."""
    desk.say(STEPS)
    token = desk.ask_secret("The access token")
    given = {"api_base_url": desk.given["api_base_url"]} if "api_base_url" in desk.given else {}
    secrets = {"access_token": token}
    someone = LinkedIn(Channel(LinkedIn.name, LinkedIn.name, given), secrets)
    me = f"urn:li:person:{someone.whoami()['sub']}"
    author = desk.ask("author", "Who posts", me, wrong_author)
    last = (now() + LIFE).date().isoformat()
    settings = {**given, "author": author, "token_expires": last}
    account = LinkedIn(Channel(LinkedIn.name, LinkedIn.name, settings), secrets)
    desk.say(f"  Good: {account.check()}.")
    return Prepared(settings, secrets)
