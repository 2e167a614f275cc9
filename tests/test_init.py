"""From nothing to a channel that is signed in: `publish init`, at a pseudo-terminal, against the
sandbox's pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mail import Mail
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.conftest import Publish
from tests.newcomer import BROWSER, NO_SITE, host, pressed, settings, which
from tests.newcomer import empty as empty
from tests.pages import in_folder
from tests.terminals import Answer, talk

# Mastodon


def test_mastodon_by_a_browser_that_comes_back(empty: Path, sandbox: Sandbox) -> None:
    answers = [NO_SITE, which("mastodon"), ("Your instance", host(sandbox))]
    status, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    assert status == 0, shown
    assert "signed in as @demo" in shown
    assert settings(empty)["channels"]["mastodon"] == {
        "api_base_url": sandbox[Mastodon].url,
        "access_token": {"env": "MASTODON_ACCESS_TOKEN"},
    }
    (token,) = sandbox[Mastodon].tokens
    assert f"MASTODON_ACCESS_TOKEN='{token}'" in (empty / ".env").read_text("utf-8")
    assert (empty / ".env").stat().st_mode & 0o777 == 0o600
    assert token not in shown
    assert token not in (empty / "publish.toml").read_text("utf-8")
    assert (empty / ".gitignore").read_text("utf-8") == ".env\n.publish/\n"
    assert sandbox[Mastodon].tokens[token] == frozenset(
        "write:statuses write:media read:statuses profile".split()
    )
    asked = next(one for one in sandbox.requests if one.path == "/oauth/authorize")
    assert asked.argument("code_challenge_method") == "S256"
    assert len(asked.argument("state")) > 20


def test_mastodon_by_a_pasted_code_where_there_is_no_browser(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    answers = [
        NO_SITE,
        which("mastodon"),
        ("Your instance", f"@me@{host(sandbox)}"),
        ("The code", pressed),
    ]
    status, shown = talk(["init", "--no-browser"], answers, empty, BROWSER=BROWSER)
    assert status == 0, shown
    assert "signed in as @demo" in shown
    (empty / "hello.md").write_text("# Hello\n\nThis is my first post.\n", "utf-8")
    assert publish("hello.md").status == 0
    assert [item["channel"] for item in sandbox.received()] == ["mastodon"]


@pytest.mark.parametrize("software", ["mastodon-4.2", "gotosocial", "takahe"])
def test_a_server_without_the_scope_profile_is_asked_for_the_older_one(
    software: Any, empty: Path, sandbox: Sandbox
) -> None:
    sandbox[Mastodon].software = software
    try:
        answers = [NO_SITE, which("mastodon"), ("Your instance", host(sandbox))]
        status, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    finally:
        sandbox[Mastodon].software = "mastodon"
    assert status == 0, shown
    (scopes,) = sandbox[Mastodon].tokens.values()
    assert "read:accounts" in scopes
    assert "profile" not in scopes


def test_an_address_with_a_path_is_asked_again(empty: Path, sandbox: Sandbox) -> None:
    answers = [
        NO_SITE,
        which("mastodon"),
        ("Your instance", f"{sandbox[Mastodon].url}/@demo"),
        (f"write {sandbox[Mastodon].url}", host(sandbox)),
    ]
    status, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    assert status == 0, shown


def test_a_server_that_isn_t_there_can_be_tried_again_or_left_out(
    empty: Path, sandbox: Sandbox
) -> None:
    answers = [
        NO_SITE,
        which("mastodon", "discord"),
        ("Your instance", "127.0.0.1:9"),
        ("again?", "n"),
        ("webhook's address (it", sandbox[Discord].webhook_url),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "no connection to 127.0.0.1" in shown
    assert set(settings(empty)["channels"]) == {"discord"}


# The others


def test_discord_is_looked_at_at_once(empty: Path, sandbox: Sandbox) -> None:
    wrong = sandbox[Discord].webhook_url[:-3] + "xyz"
    answers = [
        NO_SITE,
        which("discord"),
        ("webhook's address (it", "https://example.org/"),
        ("webhook's address (it", wrong),
        ("again?", "y"),
        ("webhook's address (it", sandbox[Discord].webhook_url),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "discord: good" in shown
    assert sandbox[Discord].webhook_url not in shown


def test_x_says_its_price_first_and_takes_a_pin(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    x = sandbox[Twitter]
    answers: list[tuple[str, Answer]] = [
        NO_SITE,
        ("Set it up?", "y"),
        ("API Key (", x.consumer_key),
        ("API Key Secret (", x.consumer_secret),
        ("The PIN", pressed),
    ]
    arguments = ["init", "--channels", "x", "--set", f"twitter.api_url={x.url}"]
    status, shown = talk(arguments, answers, empty)
    assert status == 0, shown
    assert shown.index("$0.20") < shown.index("Set it up?")
    assert "twitter: good: signed in as @demo" in shown
    for secret in (x.consumer_key, x.consumer_secret, x.access_token, x.access_token_secret):
        assert secret not in shown
        assert secret in (empty / ".env").read_text("utf-8")


def test_x_may_be_too_dear(empty: Path, sandbox: Sandbox) -> None:
    answers: list[tuple[str, Answer]] = [NO_SITE, ("Set it up?", "n"), ("again?", "n")]
    _, shown = talk(["init", "--channels", "x"], answers, empty)
    assert "left out" in shown
    assert not [one for one in sandbox.requests if one.channel == "twitter"]


def test_email_signs_in_and_encodes_the_password(empty: Path, sandbox: Sandbox) -> None:
    server = urlsplit(sandbox[Mail].url)
    answers: list[tuple[str, Answer]] = [
        NO_SITE,
        which("email"),
        ("Your provider", "15"),
        ("Its host", "127.0.0.1"),
        ("Its port", str(server.port)),
        ("want a login?", "y"),
        ("User", str(server.username)),
        ("Password", str(server.password)),
        ("Who it is from", "Ada <ada@example.org>"),
        ("Who gets it", "grace@example.org, radia@example.org"),
        ("How to leave", "mailto:leave@example.org"),
        ("test mail to yourself?", "y"),
        ("Your address", "me@example.org"),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "2 recipients" in shown
    assert str(server.password) not in shown
    (mail,) = sandbox.received()
    assert mail["to"] == ["me@example.org"]
    assert settings(empty)["channels"]["email"]["recipients"] == [
        "grace@example.org",
        "radia@example.org",
    ]


# Where secrets go


def test_the_keyring_is_offered_where_there_is_one(
    empty: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("keyring") / "keyring.json"
    kept = {
        "PYTHON_KEYRING_BACKEND": "tests.keyring_backend.FileKeyring",
        "TEST_KEYRING": str(file),
    }
    answers = [
        NO_SITE,
        which("mastodon"),
        ("Your instance", host(sandbox)),
        ("secrets be kept", "1"),
    ]
    status, shown = talk(["init"], answers, empty, BROWSER=BROWSER, **kept)
    assert status == 0, shown
    assert "mastodon: good" in shown
    assert not (empty / ".env").exists()
    place = settings(empty)["channels"]["mastodon"]["access_token"]
    assert place == {"keyring": "mastodon.access_token"}
    assert f"mastodon {host(sandbox)} / mastodon.access_token" in file.read_text("utf-8")


# Again


MINE = """# mine
[site]
base_url = "https://ada.example/"

[channels.discord]  # the club's
webhook_url = { env = "MINE" }
colour = "#5865f2"

[pictures]
require_alt = true
"""


def test_an_existing_file_is_extended_and_nothing_of_it_is_lost(
    empty: Path, sandbox: Sandbox
) -> None:
    (empty / "publish.toml").write_text(MINE, "utf-8")
    answers = [
        which("mastodon", "discord"),
        ("Your instance", host(sandbox)),
        ("anew?", ""),
    ]
    _, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    assert "discord: left as it is" in shown
    text = (empty / "publish.toml").read_text("utf-8")
    assert text.startswith(MINE.rstrip())
    assert set(settings(empty)["channels"]) == {"discord", "mastodon"}


def test_a_section_is_replaced_if_you_say_so(empty: Path, sandbox: Sandbox) -> None:
    (empty / "publish.toml").write_text(MINE, "utf-8")
    answers = [
        which("discord"),
        ("anew?", "y"),
        ("webhook's address (it", sandbox[Discord].webhook_url),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    now = settings(empty)
    assert now["channels"]["discord"] == {
        "webhook_url": {"env": "DISCORD_WEBHOOK_URL"},
        "colour": "#5865f2",
    }
    assert now["pictures"] == {"require_alt": True}
    assert (empty / "publish.toml").read_text("utf-8").startswith("# mine\n")


def test_an_older_secret_in_the_shell_is_named(empty: Path, sandbox: Sandbox) -> None:
    answers = [
        NO_SITE,
        which("discord"),
        ("webhook's address (it", sandbox[Discord].webhook_url),
    ]
    older = sandbox[Discord].webhook_url[:-3] + "old"
    status, shown = talk(["init"], answers, empty, DISCORD_WEBHOOK_URL=older)
    assert status == 1, "the check signs in with what the shell says"
    assert "unset DISCORD_WEBHOOK_URL" in shown


def test_leaving_in_the_middle_leaves_no_file(empty: Path) -> None:
    status, shown = talk(["init"], [NO_SITE, ("numbers", "\x04")], empty)
    assert status == 2, shown
    assert "no answer" in shown
    assert not (empty / "publish.toml").exists()


# Somebody else's channel


LAMP = """
from publisher.adapter import Adapter, Option, Receipt, Rule

class Lamp(Adapter):
    name = "lamp"
    title = "Lamp"
    options = (
        Option("room", "text", "which room", required=True),
        Option("watts", "integer", "how bright", required=True),
        Option("key", "text", "the key", required=True, secret=True),
    )
    def rule(self, options, facts): return Rule("lamp", None, "default", len)
    def payload(self, message, index): return {"text": message.parts[index].text}
    def text_of(self, payload): return payload["text"]
    def send(self, payload, attempt): return Receipt("1")
    def check(self): return f"lit by {len(self.secrets['key'])} letters"
"""


def test_a_channel_without_a_guide_is_asked_for_by_its_options(
    empty: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = in_folder(
        tmp_path_factory.mktemp("site"),
        {
            "publish_lamp.py": LAMP,
            "publish_lamp-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: publish-lamp\nVersion: 1\n",
            "publish_lamp-1.dist-info/entry_points.txt": "[publisher.adapters]\nlamp = publish_lamp:Lamp\n",
        },
    )
    answers = [
        NO_SITE,
        ("numbers", lambda shown: re.findall(r"(\d+)  Lamp", shown)[-1]),
        ("room, which room", "kitchen"),
        ("watts, how bright", "many"),
        ("watts, how bright", "40"),
        ("key, the key (it", "s3cret"),
    ]
    status, shown = talk(["init"], answers, empty, PYTHONPATH=str(package))
    assert status == 0, shown
    assert "lamp: good: lit by 6 letters" in shown
    assert settings(empty)["channels"]["lamp"] == {
        "room": "kitchen",
        "watts": 40,
        "key": {"env": "LAMP_KEY"},
    }


def test_an_answer_of_the_command_line_isn_t_asked_again(empty: Path, sandbox: Sandbox) -> None:
    arguments = ["init", "--channels", "mastodon", "--set", "site.base_url=https://ada.example/"]
    address = ["--set", f"mastodon.api_base_url={sandbox[Mastodon].url}"]
    more = ["--set", "mastodon.visibility=unlisted"]
    status, shown = talk([*arguments, *address, *more], [], empty, BROWSER=BROWSER)
    assert status == 0, shown
    assert "Your instance" not in shown
    assert settings(empty)["channels"]["mastodon"]["visibility"] == "unlisted"
    assert settings(empty)["site"]["base_url"] == "https://ada.example/"
