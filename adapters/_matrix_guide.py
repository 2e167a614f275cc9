"""How a person lets `publish` post on Matrix: an account signs in once, on a device of its own.

https://spec.matrix.org/v1.16/client-server-api/#well-known-uris and /#login (read 2026-11-27).
"""

from __future__ import annotations

from typing import Any

from publisher.adapter import Channel
from publisher.errors import DeliveryError, Refused
from publisher.hosts import check_url, is_loopback
from publisher.setup.desk import Desk, Prepared

from ._matrix_rooms import CLIENT, wrong_room
from .matrix import DEVICE, Matrix

STEPS = """\
Matrix: an account posts in one room. Make one for it (in Element: "Create account"), and invite it
into the room. It signs in here once, as a device of its own; its password isn't kept.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the account can't sign in, or may not write in the room."""
    desk.say(STEPS)
    account = desk.ask("account", "The account (@news:example.org)", check=wrong_account)
    found = desk.given.get("api_base_url") or server_of(account)
    server = desk.ask("api_base_url", "Its server", found, check_url)
    room = desk.ask("room", "The room (#news:example.org)", check=wrong_room)
    ways = ("sign in with its password", "paste a token (its server has no passwords)")
    token = (
        desk.ask_secret("The token")
        if desk.choose("How does it sign in?", ways)
        else sign_in(server, account, desk.ask_secret("Its password"))
    )
    settings = {"api_base_url": server, "room": room}
    matrix = Matrix(Channel(Matrix.name, Matrix.name, settings), {"access_token": token})
    desk.say(f"  Good: {matrix.check()}.")
    return Prepared(settings, {"access_token": token})


def wrong_account(value: str) -> str | None:
    if value.startswith("@") and value.partition(":")[2]:
        return None
    return "is not an account such as @news:example.org"


def server_of(account: str) -> str:
    """What the account's domain says its server is; the domain itself, where it says nothing."""
    from publisher.http import Session, sorted_errors

    domain = account.partition(":")[2]
    scheme = "http" if is_loopback(domain.partition(":")[0]) else "https"
    try:
        with sorted_errors(), Session() as session:
            address = f"{scheme}://{domain}/.well-known/matrix/client"
            told: Any = session.request("GET", address).json()
        found = str(told["m.homeserver"]["base_url"]).rstrip("/")
    except (DeliveryError, KeyError, TypeError):
        return f"{scheme}://{domain}"
    return found if check_url(found) is None else f"{scheme}://{domain}"


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
        answer = session.request("POST", f"{server.rstrip('/')}{CLIENT}/login", json=body)
        told: Any = answer.json()
    if not isinstance(told, dict) or not told.get("access_token"):
        raise Refused("what answers there is not a Matrix server", hint="check the address")
    return str(told["access_token"])
