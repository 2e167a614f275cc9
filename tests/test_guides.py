"""What guides ask with: the browser's way back, and what they make of an answer."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from publisher import registry
from publisher.adapter import Channel
from publisher.errors import Refused
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.setup.desk import Desk, Prepared
from publisher.setup.loopback import Redirect
from publisher.tell.console import Console
from tests import pressing_browser
from tests.newcomer import NO_SITE, host, which
from tests.newcomer import empty as empty
from tests.terminals import talk

email_guide: Any = import_module("publisher.adapters._email_guide")
mastodon_guide: Any = import_module("publisher.adapters._mastodon_guide")
smtp: Any = import_module("publisher.adapters._smtp")

# The browser's way back


def visited(redirect: Redirect, query: str) -> requests.Response:
    return requests.get(f"{redirect.url}?{query}", timeout=30)


def test_only_who_was_asked_comes_back(empty: Path) -> None:
    with Redirect() as redirect:
        assert visited(redirect, "code=stolen&state=guessed").status_code == 404
        assert visited(redirect, "code=stolen").status_code == 404
        assert visited(redirect, f"code=right&state={redirect.state}").status_code == 200
        assert visited(redirect, f"code=late&state={redirect.state}").status_code == 404
        assert redirect.wait()["code"] == "right"


def test_what_comes_back_runs_no_script(empty: Path) -> None:
    with Redirect() as redirect:
        page = visited(redirect, f"error=%3Cscript%3E&state={redirect.state}")
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_who_denies_it_is_asked_whether_to_try_again(empty: Path, sandbox: Sandbox) -> None:
    denying = f"{sys.executable} {pressing_browser.__file__} %s deny"
    answers = [
        NO_SITE,
        which("mastodon"),
        ("Your instance", host(sandbox)),
        ("again?", "n"),
    ]
    _, shown = talk(["init"], answers, empty, BROWSER=denying)
    assert "said no: The resource owner" in shown
    assert not sandbox[Mastodon].tokens


# What the guides make of an answer


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)


@given(user=PRINTABLE, password=PRINTABLE)
def test_any_password_gets_through(user: str, password: str) -> None:
    for provider in email_guide.PROVIDERS:
        server = smtp.parse_url(email_guide.url_of(provider, user, password))
        assert (server.host, server.port) == (provider.host, provider.port)
        assert (server.user, server.password) == (user, password)
        assert server.tls == (provider.port == 465)


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("https://mastodon.social/", "https://mastodon.social"),
        ("@ada@lamp.example", "https://lamp.example"),
        ("ada@lamp.example", "https://lamp.example"),
        (" lamp.example:3000 ", "https://lamp.example:3000"),
        ("127.0.0.1:8401", "http://127.0.0.1:8401"),
        ("localhost:3000", "http://localhost:3000"),
    ],
)
def test_an_instance_is_understood_as_people_write_it(answer: str, address: str) -> None:
    assert mastodon_guide.address_of(answer) == address


# Guides that ask for a secret and a place, and look at once whether they are good


GUIDED = ["bluesky", "linkedin", "mattermost", "slack", "telegram"]


def guided(name: str, sandbox: Sandbox, secret: str, patch: pytest.MonkeyPatch) -> Prepared:
    """What the guide comes back with, where everything but the secret is said already."""
    (platform,) = sandbox.platforms
    given = {key: str(value) for key, value in platform.settings().items()}
    patch.setattr("getpass.getpass", lambda question: secret)
    guide = registry.load(name).guide()
    assert guide is not None
    return guide(Desk(Console(), given, browser=False))


@pytest.mark.parametrize("name", GUIDED)
def test_a_guide_ends_with_a_section_that_works(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(adapters=(name,)) as sandbox:
        (secret,) = sandbox.platforms[0].secrets().values()
        prepared = guided(name, sandbox, secret, monkeypatch)
        channel = Channel(name, name, prepared.settings)
        adapter = registry.load(name)(channel, prepared.secrets)
        assert adapter.check()
        adapter.close()
    assert secret not in str(dict(prepared.settings))
    assert secret not in capsys.readouterr().err


@pytest.mark.parametrize("name", GUIDED)
def test_a_guide_refuses_a_secret_that_is_no_good(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(adapters=(name,)) as sandbox:
        (secret,) = sandbox.platforms[0].secrets().values()
        wrong = secret[:-1] + ("x" if secret[-1] != "x" else "y")
        with pytest.raises(Refused) as caught:
            guided(name, sandbox, wrong, monkeypatch)
    assert wrong not in f"{caught.value.message} {caught.value.hint}"
