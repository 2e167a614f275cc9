"""`publish init` without a terminal, what it finds of a site, and what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from publisher.setup import settings_file
from tests.conftest import Publish
from tests.newcomer import empty as empty
from tests.newcomer import settings, which
from tests.terminals import talk

# Without a terminal


def test_without_a_terminal_it_asks_for_flags(empty: Path, publish: Publish) -> None:
    ran = publish("init")
    assert ran.status == 2
    assert "--yes" in ran.err
    ran = publish("init", "--yes")
    assert ran.status == 2
    assert "--channels" in ran.err
    ran = publish("init", "--yes", "--channels", "discord", "--secrets", "keyring")
    assert ran.status == 2
    assert "leave --secrets out" in ran.err


def test_all_of_it_goes_by_flags(
    empty: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, secret in sandbox.environment().items():
        monkeypatch.setenv(name, secret)
    ran = publish(
        "init",
        "--yes",
        "--channels",
        "mastodon,x,discord,email",
        "--set",
        "site.base_url=https://ada.example/",
        "--set",
        f"mastodon.api_base_url={sandbox[Mastodon].url}",
        "--set",
        f"twitter.api_url={sandbox[Twitter].url}",
        "--set",
        "email.sender=Ada <ada@example.org>",
        "--set",
        "email.recipients=grace@example.org,radia@example.org",
        "--set",
        "email.unsubscribe=mailto:leave@example.org",
    )
    assert ran.status == 0, ran.err
    assert ran.out.count("good") == 5
    assert not (empty / ".env").exists(), "the secrets stay where they are"
    (empty / "hello.md").write_text("# Hello\n\nThis is my first post.\n", "utf-8")
    assert publish("hello.md").status == 0
    assert len(sandbox.received()) == 5


def test_what_is_missing_then_is_said(empty: Path, sandbox: Sandbox, publish: Publish) -> None:
    address = f"mastodon.api_base_url={sandbox[Mastodon].url}"
    ran = publish("init", "--yes", "--channels", "mastodon", "--set", address)
    assert ran.status == 0
    assert "export MASTODON_ACCESS_TOKEN=" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mastodon"], "not SECTION.KEY=VALUE"),
        (["mastodon.api_base_ur=x"], "did you mean 'api_base_url'"),
        (["mastodon.access_token=x"], "export MASTODON_ACCESS_TOKEN"),
        (["mastodon.api_base_url=x"], "is not an https:// address"),
        (["mastodon.api_base_url=https://m.example", "mastodn.visibility=public"], "'mastodon'"),
        ([], "--set mastodon.api_base_url="),
    ],
)
def test_a_flag_that_makes_no_sense_writes_nothing(
    words: list[str], said: str, empty: Path, publish: Publish
) -> None:
    flags = [part for word in words for part in ("--set", word)]
    ran = publish("init", "--yes", "--channels", "mastodon", *flags)
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (empty / "publish.toml").exists()


def test_a_read_only_folder_is_told_before_anything_is_asked(
    empty: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    ran = publish("init", "--yes", "--channels", "discord")
    assert ran.status == 2
    assert "read-only" in ran.err
    assert len(ran.err.splitlines()) == 1


# The site


def hugo(folder: Path) -> None:
    (folder / "hugo.toml").write_text('baseURL = "https://ada.example/"\ntitle = "Ada"\n', "utf-8")
    posts = folder / "content" / "posts"
    posts.mkdir(parents=True)
    for number in range(5):
        text = f"---\ntitle: Lamp {number}\ndate: 2026-01-0{number + 1}\n---\nHello.\n"
        (posts / f"lamp-{number}.md").write_text(text, "utf-8")


def test_the_site_is_found_and_shown_by_a_real_post(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    hugo(empty)
    answers = [
        which("discord"),
        ("webhook's address (it", sandbox[Discord].webhook_url),
        ("as an archive", "y"),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "Hugo builds this site" in shown
    assert "https://ada.example/posts/lamp-4/" in shown
    assert "5 of 5 posts are marked" in shown
    assert 'Next: publish new "The title' in shown
    assert "base_url" not in settings(empty)["site"]
    assert "lamp-3.md" in publish("status").out


def test_the_workflow_has_the_channels_secrets_and_the_posts_folder(
    empty: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    hugo(empty)
    (empty / ".git" / "config").write_text(
        '[remote "origin"]\nurl = git@github.com:ada/lamp.git\n', "utf-8"
    )
    monkeypatch.setenv("DISCORD_WEBHOOK_URL", sandbox[Discord].webhook_url)
    ran = publish("init", "--yes", "--channels", "discord", "--workflow")
    assert ran.status == 0, ran.err
    text = (empty / ".github/workflows/publish.yml").read_text("utf-8")
    assert "          path: content/posts\n        env:\n          DISCORD_WEBHOOK_URL:" in text
    assert "MASTODON" not in text
    assert settings(empty)["ledger"] == {"branch": "publish-ledger"}
    assert "publish ledger init" in ran.out
    again = publish("init", "--yes", "--channels", "discord", "--workflow")
    assert "There are workflows" in again.err


def test_a_workflow_for_each_generator_is_there() -> None:
    from publisher.generators.find_site import _MARKS
    from publisher.setup import workflow

    for name in _MARKS:
        generator: Any = type("Site", (), {"name": name.capitalize()})
        text = workflow.text_for(generator, "my/posts", ["A_TOKEN", "B_TOKEN"])
        assert text.count("          path: my/posts\n        env:\n") == 1
        assert text.count("secrets.") == 2, name


# publish.toml


def test_what_is_written_has_a_comment_for_each_key(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    address = f"mastodon.api_base_url={sandbox[Mastodon].url}"
    publish("init", "--yes", "--channels", "mastodon", "--set", address)
    text = (empty / "publish.toml").read_text("utf-8")
    assert "# Your instance: https://mastodon.social.\napi_base_url = " in text
    assert "# visibility: who sees it" in text


@pytest.mark.parametrize("form", ["channels.discord = { webhook_url = 'x' }\n", "[channels]\n"])
def test_a_section_in_another_form_is_never_overwritten(form: str) -> None:
    text = form if "=" in form else f"{form}discord = {{ webhook_url = 'x' }}\n"
    with pytest.raises(Exception, match="can't be replaced"):
        settings_file.with_section(text, "discord", "[channels.discord]\n")
