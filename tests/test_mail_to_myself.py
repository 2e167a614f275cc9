"""`publish test-mail`: one mail to one address, and nothing is noted of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.mail import Mail
from tests.conftest import Publish, live
from tests.picture_files import halves, saved


def test_a_sample_goes_to_one_address(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    ran = publish("test-mail", "me@example.org")
    assert ran.status == 0, ran.err
    (mail,) = sandbox.received()
    assert mail["to"] == ["me@example.org"]
    assert mail["subject"] == "A test"
    assert "your newsletter will arrive" in mail["text"]
    assert ["List-Unsubscribe", "<mailto:leave@example.org>"] in [
        list(header) for header in mail["headers"]
    ]
    assert not (project / ".publish" / "sandbox.db").exists()


def test_a_post_goes_as_its_readers_will_get_it(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    assert publish("test-mail", "me@example.org", "post.md").status == 0
    (test,) = sandbox.received()
    publish("post.md", "--channels", "email")
    real = live(sandbox, "email")[1:]
    assert [mail["to"] for mail in real] == [
        ["ada@example.org"],
        ["grace@example.com"],
        ["radia@example.net"],
    ]
    for mail in real:
        assert (mail["subject"], mail["text"], mail["html"]) == (
            test["subject"],
            test["text"],
            test["html"],
        )


def test_a_picture_goes_along(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    settings = (project / "publish.toml").read_text("utf-8")
    without_site = settings[: settings.index("[site]")] + settings[settings.index("[ledger]") :]
    (project / "publish.toml").write_text(without_site, "utf-8")
    (project / "lamp.png").write_bytes(saved(halves(), "PNG"))
    text = (project / "post.md").read_text("utf-8")
    (project / "post.md").write_text(f"{text}\n![A lamp](lamp.png)\n", "utf-8")
    assert publish("test-mail", "me@example.org", "post.md").status == 0
    (mail,) = sandbox.received()
    assert "Content-Type: image/" in mail["raw"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "no address"),
        (["me@example.org", "--channel", "mastodon"], "one of: email"),
    ],
)
def test_what_makes_no_sense_is_told(
    arguments: list[str], words: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("test-mail", *arguments)
    assert ran.status == 2
    assert words in ran.err
    assert not sandbox.received()


def test_without_a_channel_for_mail_it_leads_to_init(project: Path, publish: Publish) -> None:
    (project / "publish.toml").write_text(
        '[channels.discord]\nwebhook_url = { env = "DISCORD_WEBHOOK_URL" }\n', "utf-8"
    )
    ran = publish("test-mail", "me@example.org")
    assert ran.status == 2
    assert "publish init" in ran.err


def test_a_server_that_refuses_is_told_without_the_password(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", sandbox[Mail].url.replace("://", "://x", 1))
    ran = publish("test-mail", "me@example.org")
    assert ran.status == 2
    assert "sandbox" not in ran.err.replace("sandbox-", "")
    assert not sandbox.received()
