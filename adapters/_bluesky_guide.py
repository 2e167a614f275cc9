"""How a person lets `publish` post on Bluesky: they make an app password, and paste it."""

from __future__ import annotations

from publisher.adapter import Channel
from publisher.hosts import check_url
from publisher.setup.desk import Desk, Prepared

from ._bluesky_options import SERVER, wrong_identifier
from .bluesky import Bluesky

STEPS = """\
Bluesky: an app password lets `publish` post, and can be taken back without changing your own.
  In the app: Settings → Privacy and security → App passwords → Add App Password
  It is shown once, in the form abcd-efgh-ijkl-mnop.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the server doesn't take it."""
    desk.say(STEPS)
    identifier = desk.ask("identifier", "Your handle (lamp.bsky.social)", check=wrong_identifier)
    server = desk.ask("api_base_url", "Your account's server", SERVER, check_url)
    password = desk.ask_secret("The app password")
    settings = {"api_base_url": server.rstrip("/"), "identifier": identifier.removeprefix("@")}
    secrets = {"app_password": password}
    account = Bluesky(Channel(Bluesky.name, Bluesky.name, settings), secrets)
    desk.say(f"  Good: {account.check()}.")
    return Prepared(settings, secrets)
