"""The sandbox's window, without a browser: what it tells, to whom, and what it leaves behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from tests.picture_files import labelled
from tests.sandbox_clients import hook, mail, toots, tweets

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def window(sandbox: Sandbox, exchanges: int = 0) -> dict[str, Any]:
    """Once so many exchanges are over: a client may have its answer before that is noted."""
    while len(sandbox.traffic.last(exchanges)) < exchanges:
        time.sleep(0.01)
    state = requests.get(f"{sandbox.url}/_sandbox/window", timeout=5).json()
    assert isinstance(state, dict)
    return state


def test_it_shows_each_platform_s_entries_by_what_received_tells(sandbox: Sandbox) -> None:
    toots(sandbox).status_post("One", spoiler_text="Warned")
    mail(sandbox)
    state = window(sandbox)
    assert [each["title"] for each in state["platforms"]] == ["Mastodon", "X", "Discord", "Email"]
    toot, message = state["entries"]
    assert toot["text"] == "One"
    assert toot["facts"]["spoiler text"] == "Warned"
    assert json.loads(toot["source"])["visibility"] == "public"
    assert message["html"] == "<p>Rich</p>\n"
    assert "Subject: " in message["headers"]
    assert "MIME-Version" in message["source"]


def test_an_edit_keeps_what_was_there_before_and_a_deletion_all_of_it(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    status = client.status_post("First")
    client.status_update(status["id"], status="Second")
    client.status_update(status["id"], status="Third")
    (entry,) = window(sandbox)["entries"]
    assert (entry["text"], [each["text"] for each in entry["earlier"]], entry["gone"]) == (
        "Third",
        ["First", "Second"],
        "",
    )
    client.status_delete(status["id"])
    (entry,) = window(sandbox)["entries"]
    assert entry["gone"]
    assert entry["text"] == "Third"
    assert sandbox.received() == []
    sandbox.clear()
    assert window(sandbox)["entries"] == []


def test_each_request_stands_beside_its_answer_and_the_fault_that_struck_it(
    sandbox: Sandbox,
) -> None:
    sandbox.fault("discord", "503")
    hook(sandbox, {"content": "x"})
    sandbox.fault("discord", "lost")
    with pytest.raises(requests.ConnectionError):
        hook(sandbox, {"content": "y"})
    state = window(sandbox, exchanges=2)
    lost, refused = state["exchanges"]
    assert (refused["fault"], refused["answered"].split("\n")[0]) == (
        "503",
        "503 Service Unavailable",
    )
    assert '{"content": "x"}' in refused["asked"]
    assert (lost["fault"], lost["answered"]) == ("lost", "")
    assert [each["times"] for each in state["faults"]] == [0, 0]
    assert [len(each["hits"]) for each in state["faults"]] == [1, 1]


def test_what_signs_a_request_is_not_shown(sandbox: Sandbox) -> None:
    toots(sandbox).status_post("x")
    tweets(sandbox).create_tweet(text="x")
    text = json.dumps(window(sandbox))
    assert sandbox[Mastodon].token not in text
    assert "oauth_signature" not in text


def test_a_mail_s_recipients_are_told_with_their_faults(sandbox: Sandbox) -> None:
    mail(sandbox)
    told = [(each["first"], each["answered"]) for each in window(sandbox)["exchanges"]]
    assert told[-1][0].startswith("RCPT TO:<")
    assert told[0][1].startswith("250 2.0.0 OK")


def test_who_has_seen_all_is_told_so_in_a_few_bytes(sandbox: Sandbox) -> None:
    where = f"{sandbox.url}/_sandbox/window"
    tag = requests.get(where, timeout=5).headers["ETag"]
    for _ in range(2):  # to look is no news
        again = requests.get(where, headers={"If-None-Match": tag}, timeout=5)
        assert (again.status_code, again.content) == (304, b"")
    for news in (
        lambda: hook(sandbox, {"content": "x"}),
        lambda: sandbox.fault("email", "421"),
        sandbox.clear,
    ):
        news()
        answer = requests.get(where, headers={"If-None-Match": tag}, timeout=5)
        assert answer.status_code == 200
        tag = answer.headers["ETag"]


@pytest.mark.parametrize("path", ["/", "/_sandbox/window", "/_sandbox/environment"])
def test_no_name_but_this_machine_s_own_leads_there(sandbox: Sandbox, path: str) -> None:
    own = {"Host": f"localhost:{sandbox.url.rpartition(':')[2]}"}
    assert requests.get(sandbox.url + path, headers=own, timeout=5).status_code == 200
    other = requests.get(sandbox.url + path, headers={"Host": "rebound.example"}, timeout=5)
    assert other.status_code == 403


def test_another_site_s_page_can_neither_ask_for_faults_nor_clear(sandbox: Sandbox) -> None:
    hook(sandbox, {"content": "x"})
    fault = {"platform": "discord", "kind": "500"}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        headers = {"Origin": origin}
        asked = requests.post(
            f"{sandbox.url}/_sandbox/faults", json=fault, headers=headers, timeout=5
        )
        cleared = requests.delete(f"{sandbox.url}/_sandbox/received", headers=headers, timeout=5)
        assert (asked.status_code, cleared.status_code) == (403, 403), origin
    assert len(sandbox.received()) == 1
    own = {"Origin": sandbox.url}
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, headers=own, timeout=5)
    assert answer.status_code == 201


def test_the_policy_lets_only_the_page_s_own_script_run(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.url, timeout=5)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    (scripts,) = re.findall(r"script-src ([^;]+)", policy)
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", scripts)


def test_a_picture_is_shown_without_a_request_that_a_fault_could_strike(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    media = client.media_post(labelled(), "image/jpeg", description="A lamp")
    client.status_post("x", media_ids=[media["id"]])
    asked = len(sandbox.requests)
    sandbox.fault("mastodon", "500", when="*")
    (picture,) = window(sandbox)["entries"][0]["pictures"]
    assert picture["alt"] == "A lamp"
    where = f"{sandbox.url}/_sandbox/picture"
    shown = requests.get(where, params={"of": picture["url"]}, timeout=5)
    assert shown.headers["Content-Type"].startswith("image/")
    assert len(sandbox.requests) == asked
    elsewhere = requests.get(where, params={"of": "https://example.org/a.png"}, timeout=5)
    assert elsewhere.status_code == 404


def test_the_commands_that_it_shows_lead_to_it(sandbox: Sandbox) -> None:
    config = requests.get(f"{sandbox.url}/_sandbox/publish.toml", timeout=5)
    exports = requests.get(f"{sandbox.url}/_sandbox/environment", timeout=5)
    assert config.text == sandbox.config()
    pairs = re.findall(r"^export (\w+)='(.*)'$", exports.text, re.MULTILINE)
    assert dict(pairs) == sandbox.environment()


def test_what_it_showed_can_be_read_after_it_has_ended(tmp_path: Path) -> None:
    with Sandbox(keep=tmp_path) as sandbox:
        client = toots(sandbox)
        media = client.media_post(labelled(), "image/jpeg", description="A lamp")
        client.status_post(EVIL, media_ids=[media["id"]])
        url = sandbox.received()[0]["url"]
    page = (tmp_path / "received.html").read_text("utf-8")
    (data,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL
    )
    (entry,) = json.loads(data)["still"]["entries"]
    assert (entry["text"], entry["url"]) == (EVIL, url)
    assert entry["pictures"][0]["url"].startswith("data:image/jpeg;base64,")
    assert page.count("<script") == 2
    assert "<img src=x" not in page


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_however_the_command_ends_it_leaves_the_page(tmp_path: Path, number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "publisher", "sandbox", "--keep", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Ctrl-C stops it" in line:
            break
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == 0
    assert str(tmp_path / "received.html") in said
    assert "Nothing has arrived yet" in (tmp_path / "received.html").read_text("utf-8")
