"""The sandbox's Mastodon and X let an application in as the real ones do, seen through the
libraries that people use for it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import mastodon
import pytest
import requests
from requests_oauthlib import OAuth1Session

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.pressing_browser import code_in, press

NATIVE = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["write:statuses", "write:media", "read:statuses", "profile"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def registered(sandbox: Sandbox, redirect: str = NATIVE) -> tuple[str, str]:
    made = mastodon.Mastodon.create_app(
        "lamp", scopes=SCOPES, redirect_uris=redirect, api_base_url=sandbox[Mastodon].url
    )
    return str(made[0]), str(made[1])


def client_of(sandbox: Sandbox) -> mastodon.Mastodon:
    app, secret = registered(sandbox)
    return mastodon.Mastodon(
        client_id=app, client_secret=secret, api_base_url=sandbox[Mastodon].url
    )


def test_an_application_is_let_in_and_may_do_what_was_agreed(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    code = code_in(press(client.auth_request_url(scopes=SCOPES)))
    token = client.log_in(code=code, scopes=SCOPES)
    assert token
    assert client.me().acct == "demo"
    assert client.status_post("Hello").id
    narrow = client.auth_request_url(scopes=["profile"])
    client.log_in(code=code_in(press(narrow)), scopes=["profile"])
    with pytest.raises(mastodon.MastodonAPIError, match="scopes"):
        client.status_post("Hello again")


def test_a_code_is_good_for_one_token(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    code = code_in(press(client.auth_request_url(scopes=SCOPES)))
    client.log_in(code=code, scopes=SCOPES)
    with pytest.raises(mastodon.MastodonIllegalArgumentError):
        client.log_in(code=code, scopes=SCOPES)


def test_nobody_is_sent_to_an_address_that_was_not_registered(sandbox: Sandbox) -> None:
    app, _ = registered(sandbox)
    query = {
        "client_id": app,
        "response_type": "code",
        "redirect_uri": "https://evil.example/",
        "scope": "profile",
    }
    for method in ("GET", "POST"):
        said = requests.request(
            method,
            f"{sandbox[Mastodon].url}/oauth/authorize",
            params=query if method == "GET" else None,
            data=query if method == "POST" else None,
            allow_redirects=False,
            timeout=30,
        )
        assert said.status_code == 400
        assert "Location" not in said.headers


@pytest.mark.parametrize("verifier", ["", "another"])
def test_who_began_with_a_challenge_must_prove_it(verifier: str, sandbox: Sandbox) -> None:
    app, secret = registered(sandbox)
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
    asked = (
        f"{sandbox[Mastodon].url}/oauth/authorize?client_id={app}&redirect_uri={NATIVE}"
        f"&response_type=code&scope=profile&code_challenge={challenge}&code_challenge_method=S256"
    )
    form = {
        "grant_type": "authorization_code",
        "client_id": app,
        "client_secret": secret,
        "redirect_uri": NATIVE,
    }
    where = f"{sandbox[Mastodon].url}/oauth/token"
    code = code_in(press(asked))
    bad = requests.post(where, data={**form, "code": code, "code_verifier": verifier}, timeout=30)
    assert bad.status_code == 400
    assert bad.json()["error"] == "invalid_grant"
    right = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    code = code_in(press(asked))
    good = requests.post(where, data={**form, "code": code, "code_verifier": right}, timeout=30)
    assert good.json()["scope"] == "profile"


def test_denying_leads_back_with_the_reason(sandbox: Sandbox) -> None:
    redirect = f"{sandbox.url}/nowhere"
    app, _ = registered(sandbox, redirect)
    said = requests.post(
        f"{sandbox[Mastodon].url}/oauth/authorize",
        data={
            "client_id": app,
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": "profile",
            "state": "s",
            "answer": "deny",
        },
        allow_redirects=False,
        timeout=30,
    )
    brought = parse_qs(urlsplit(said.headers["Location"]).query)
    assert brought["error"] == ["access_denied"]
    assert brought["state"] == ["s"]
    assert "code" not in brought


def test_before_4_3_there_is_no_scope_profile(sandbox: Sandbox) -> None:
    sandbox[Mastodon].software = "mastodon-4.2"
    said = requests.post(
        f"{sandbox[Mastodon].url}/api/v1/apps",
        json={"client_name": "lamp", "redirect_uris": NATIVE, "scopes": "profile"},
        timeout=30,
    )
    assert said.status_code == 422


def test_x_signs_in_by_a_pin(sandbox: Sandbox) -> None:
    x = sandbox[Twitter]
    session = OAuth1Session(x.consumer_key, x.consumer_secret, callback_uri="oob")
    asked = session.fetch_request_token(f"{x.url}/oauth/request_token")
    assert asked["oauth_callback_confirmed"] == "true"
    pin = code_in(press(session.authorization_url(f"{x.url}/oauth/authorize")))
    given = session.fetch_access_token(f"{x.url}/oauth/access_token", verifier=pin)
    assert given["oauth_token"] == x.access_token
    assert given["screen_name"] == "demo"


@pytest.mark.parametrize("fault", ["no page was pressed", "a wrong PIN", "a wrong secret"])
def test_x_gives_no_token_for(fault: str, sandbox: Sandbox) -> None:
    x = sandbox[Twitter]
    secret = "wrong" if fault == "a wrong secret" else x.consumer_secret
    session = OAuth1Session(x.consumer_key, secret, callback_uri="oob")
    with pytest.raises(ValueError, match="Could not authenticate"):
        session.fetch_request_token(f"{x.url}/oauth/request_token")
        pin = "0000000"
        if fault == "a wrong PIN":
            right = code_in(press(session.authorization_url(f"{x.url}/oauth/authorize")))
            pin = f"{(int(right) + 1) % 10_000_000:07d}"
        session.fetch_access_token(f"{x.url}/oauth/access_token", verifier=pin)


def test_what_an_application_calls_itself_runs_no_script(sandbox: Sandbox) -> None:
    name = '<script>alert("lamp")</script>'
    made = requests.post(
        f"{sandbox[Mastodon].url}/api/v1/apps",
        json={"client_name": name, "redirect_uris": NATIVE, "scopes": "profile"},
        timeout=30,
    ).json()
    page = requests.get(
        f"{sandbox[Mastodon].url}/oauth/authorize",
        params={
            "client_id": made["client_id"],
            "redirect_uri": NATIVE,
            "response_type": "code",
            "scope": "profile",
            "state": '"><script>',
        },
        timeout=30,
    )
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
