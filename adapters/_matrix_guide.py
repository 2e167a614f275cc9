"""How a person lets `publish` post on Matrix: an account of its own signs in once, on a device that
is kept."""

from __future__ import annotations

from typing import Any

from publisher.adapter import Channel
from publisher.errors import DeliveryError, Refused
from publisher.hosts import check_url
from publisher.setup.desk import Desk, Prepared

from .matrix import Matrix, wrong_room

DEVICE = "ANNOUNCEMENTS"
STEPS = """\
Matrix: an account of its own posts in your room. Make one where you have yours, and invite it into
the room; sign in with it once in any client to accept. It signs in here once, too: its password
isn't kept, only the token of that device.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the account can't sign in, or may not write in the room."""
    desk.say(STEPS)
    account = desk.ask("account", "The account (@announcements:example.org)", "", _wrong_account)
    found = desk.given.get("api_base_url") or server_of(account)
    server = desk.ask("api_base_url", "Its server", found, check_url)
    room = desk.ask("room", "The room (#news:example.org)", "", wrong_room)
    token = sign_in(server, account, desk.ask_secret("The account's password"))
    settings = {"api_base_url": server, "room": room}
    matrix = Matrix(Channel(Matrix.name, Matrix.name, settings), {"access_token": token})
    desk.say(f"  Good: {matrix.check()}.")
    return Prepared(settings, {"access_token": token})


def _wrong_account(value: str) -> str | None:
    good = value.startswith("@") and ":" in value
    return None if good else "is not an account such as @announcements:example.org"


def server_of(account: str) -> str:
    """Where an account's server is: its domain says, or is it itself
    (https://spec.matrix.org/v1.16/client-server-api/#server-discovery)."""
    from publisher.http import Session, sorted_errors

    domain = account.partition(":")[2]
    try:
        with sorted_errors(), Session() as session:
            told: Any = session.request("GET", f"https://{domain}/.well-known/matrix/client").json()
        return str(told["m.homeserver"]["base_url"]).rstrip("/")
    except (DeliveryError, KeyError, TypeError):
        return f"https://{domain}"


def sign_in(server: str, account: str, password: str) -> str:
    """The token of a device that is always the same. Raises Refused."""
    from publisher.http import Session, sorted_errors

    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": account},
        "password": password,
        "device_id": DEVICE,
        "initial_device_display_name": "publish",
    }
    with sorted_errors(), Session(secrets=[password]) as session:
        address = f"{server.rstrip('/')}/_matrix/client/v3/login"
        told: Any = session.request("POST", address, json=body).json()
    if not isinstance(told, dict) or not told.get("access_token"):
        raise Refused("what answers there is no Matrix server")
    return str(told["access_token"])
