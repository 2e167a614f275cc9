"""From nothing to a channel that is signed in: `publish init`, at a pseudo-terminal and without one,
against the sandbox's pages."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from publisher.sandbox import Sandbox
from publisher.setup import settings_file
from publisher.setup.loopback import Redirect
from tests import pressing_browser
from tests.conftest import Publish
from tests.pages import ROOT, in_folder
from tests.pressing_browser import code_in, press
from tests.terminals import Answer, talk

email_guide: Any = import_module("publisher.adapters._email_guide")
mastodon_guide: Any = import_module("publisher.adapters._mastodon_guide")
smtp: Any = import_module("publisher.adapters._smtp")
BROWSER = f"{sys.executable} {pressing_browser.__file__} %s"
ORDER = ("mastodon", "twitter", "discord", "email")


@pytest.fixture
def empty(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it, which is the current one, and no secret anywhere."""
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here
    for name in (*sandbox.environment(), "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "publish.toml").read_text("utf-8"))


def which(*channels: str) -> tuple[str, Answer]:
    return ("numbers", " ".join(str(ORDER.index(name) + 1) for name in channels))


NO_SITE: tuple[str, Answer] = ("pages on a site?", "n")


def host(sandbox: Sandbox) -> str:
    return urlsplit(sandbox.mastodon_url).netloc


def page_in(shown: str) -> str:
    """The last address that was shown by itself."""
    return str(re.findall(r"^  (http\S+)\s*$", shown, re.MULTILINE)[-1])


def pressed(shown: str) -> str:
    return code_in(press(page_in(shown)))


# Mastodon


def test_mastodon_by_a_browser_that_comes_back(empty: Path, sandbox: Sandbox) -> None:
    answers = [NO_SITE, which("mastodon"), ("Your instance", host(sandbox))]
    status, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    assert status == 0, shown
    assert "signed in as @demo" in shown
    assert settings(empty)["channels"]["mastodon"] == {
        "api_base_url": sandbox.mastodon_url,
        "access_token": {"env": "MASTODON_ACCESS_TOKEN"},
    }
    (token,) = sandbox.mastodon.tokens
    assert f"MASTODON_ACCESS_TOKEN='{token}'" in (empty / ".env").read_text("utf-8")
    assert (empty / ".env").stat().st_mode & 0o777 == 0o600
    assert token not in shown
    assert token not in (empty / "publish.toml").read_text("utf-8")
    assert (empty / ".gitignore").read_text("utf-8") == ".env\n.publish/\n"
    assert sandbox.mastodon.tokens[token] == frozenset(
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
    sandbox.mastodon.software = software
    try:
        answers = [NO_SITE, which("mastodon"), ("Your instance", host(sandbox))]
        status, shown = talk(["init"], answers, empty, BROWSER=BROWSER)
    finally:
        sandbox.mastodon.software = "mastodon"
    assert status == 0, shown
    (scopes,) = sandbox.mastodon.tokens.values()
    assert "read:accounts" in scopes
    assert "profile" not in scopes


def test_an_address_with_a_path_is_asked_again(empty: Path, sandbox: Sandbox) -> None:
    answers = [
        NO_SITE,
        which("mastodon"),
        ("Your instance", f"{sandbox.mastodon_url}/@demo"),
        (f"write {sandbox.mastodon_url}", host(sandbox)),
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
        ("webhook's address (it", sandbox.discord_webhook_url),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "no connection to 127.0.0.1" in shown
    assert set(settings(empty)["channels"]) == {"discord"}


# The others


def test_discord_is_looked_at_at_once(empty: Path, sandbox: Sandbox) -> None:
    wrong = sandbox.discord_webhook_url[:-3] + "xyz"
    answers = [
        NO_SITE,
        which("discord"),
        ("webhook's address (it", "https://example.org/"),
        ("webhook's address (it", wrong),
        ("again?", "y"),
        ("webhook's address (it", sandbox.discord_webhook_url),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "discord: good" in shown
    assert sandbox.discord_webhook_url not in shown


def test_x_says_its_price_first_and_takes_a_pin(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    x = sandbox.twitter
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
    server = urlsplit(sandbox.smtp_url)
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
        ("webhook's address (it", sandbox.discord_webhook_url),
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
        ("webhook's address (it", sandbox.discord_webhook_url),
    ]
    older = sandbox.discord_webhook_url[:-3] + "old"
    status, shown = talk(["init"], answers, empty, DISCORD_WEBHOOK_URL=older)
    assert status == 1, "the check signs in with what the shell says"
    assert "unset DISCORD_WEBHOOK_URL" in shown


def test_leaving_in_the_middle_leaves_no_file(empty: Path) -> None:
    status, shown = talk(["init"], [NO_SITE, ("numbers", "\x04")], empty)
    assert status == 2, shown
    assert "no answer" in shown
    assert not (empty / "publish.toml").exists()


# Without a terminal


def test_without_a_terminal_it_asks_for_flags(empty: Path, publish: Publish) -> None:
    ran = publish("init")
    assert ran.status == 2
    assert "--yes" in ran.err
    ran = publish("init", "--yes")
    assert ran.status == 2
    assert "--channels" in ran.err


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
        f"mastodon.api_base_url={sandbox.mastodon_url}",
        "--set",
        f"twitter.api_url={sandbox.twitter_url}",
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
    address = f"mastodon.api_base_url={sandbox.mastodon_url}"
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
        ("webhook's address (it", sandbox.discord_webhook_url),
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
    monkeypatch.setenv("DISCORD_WEBHOOK_URL", sandbox.discord_webhook_url)
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
    address = f"mastodon.api_base_url={sandbox.mastodon_url}"
    publish("init", "--yes", "--channels", "mastodon", "--set", address)
    text = (empty / "publish.toml").read_text("utf-8")
    assert "# Your instance: https://mastodon.social.\napi_base_url = " in text
    assert "# visibility: who sees it" in text


@pytest.mark.parametrize("form", ["channels.discord = { webhook_url = 'x' }\n", "[channels]\n"])
def test_a_section_in_another_form_is_never_overwritten(form: str) -> None:
    text = form if "=" in form else f"{form}discord = {{ webhook_url = 'x' }}\n"
    with pytest.raises(Exception, match="can't be replaced"):
        settings_file.with_section(text, "discord", "[channels.discord]\n")


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
    assert not sandbox.mastodon.tokens


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
        ("numbers", "5"),
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
    address = ["--set", f"mastodon.api_base_url={sandbox.mastodon_url}"]
    more = ["--set", "mastodon.visibility=unlisted"]
    status, shown = talk([*arguments, *address, *more], [], empty, BROWSER=BROWSER)
    assert status == 0, shown
    assert "Your instance" not in shown
    assert settings(empty)["channels"]["mastodon"]["visibility"] == "unlisted"
    assert settings(empty)["site"]["base_url"] == "https://ada.example/"


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
