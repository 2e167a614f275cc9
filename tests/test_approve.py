"""With `approve = true` a post goes out as a person approved it, or not at all; and it is said what differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import RECENT, Publish, edit, live, texts
from tests.picture_files import halves, saved
from tests.test_ci import event as event
from tests.test_ci import summary
from tests.test_github import Api
from tests.test_github import api as api

CHANNELS = "mastodon,discord"
MASTODON = r"^\[channels.mastodon\]\n"
UNLISTED = "publish: {mastodon: {visibility: unlisted}}"
PICTURES = "its pictures, or what they are said to show, on mastodon"
SETTINGS = "its visibility, or another setting, on mastodon"


@pytest.fixture
def house(project: Path, publish: Publish) -> Path:
    """A site whose posts have to be approved, and a new one with a picture. Mastodon's limits are
    known."""
    configure(project, r"^\[site\]\n", "[site]\napprove = true\n")
    (project / "lamp.png").write_bytes(saved(halves(), "PNG"))
    (project / "post.md").write_text(f"{RECENT}\n![A lit lamp](lamp.png)\n", "utf-8")
    assert publish("check", "--channels", CHANNELS).status == 0
    return project


def configure(project: Path, pattern: str, by: str) -> None:
    text = (project / "publish.toml").read_text("utf-8")
    changed = re.sub(pattern, by, text, count=1, flags=re.MULTILINE)
    assert changed != text
    (project / "publish.toml").write_text(changed, "utf-8")


@pytest.fixture
def preview(event: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The job is that of a pull request, for these channels."""

    def pull() -> None:
        event()
        monkeypatch.setenv("INPUT_CHANNELS", CHANNELS)

    return pull


def approve(publish: Publish, *more: str) -> str:
    """Approves, and returns the digest."""
    ran = publish("approve", "post.md", *(more or ("--channels", CHANNELS)))
    assert ran.status == 0, ran.err
    found = re.search(r"post\.md\.approved: ([0-9a-f]{16}), for ", ran.out)
    assert found
    return found[1]


def why(publish: Publish, channels: str = CHANNELS) -> set[str]:
    """Runs, and says why what is held is held."""
    ran = publish("post.md", "--channels", channels, "--json")
    held = [each for each in ran.json["results"] if each["reason"] == "approval?"]
    assert (ran.status == 1) == bool(held)
    return {each["error"]["message"] for each in held}


def test_what_is_not_approved_is_held(house: Path, sandbox: Sandbox, publish: Publish) -> None:
    assert why(publish) == {"it isn't approved"}
    hint = publish("post.md", "--channels", CHANNELS).out
    assert "publish approve post.md, and commit post.md.approved" in hint
    assert sandbox.received() == []


def test_what_is_approved_goes_out(house: Path, sandbox: Sandbox, publish: Publish) -> None:
    approve(publish)
    assert sandbox.received() == []
    assert why(publish) == set()
    assert len(live(sandbox, "mastodon")) == len(live(sandbox, "discord")) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda house: edit(house, "twice as fast", "three times as fast"), "its text on mastodon"),
        (lambda house: (house / "lamp.png").write_bytes(saved(halves((50, 40)), "PNG")), PICTURES),
        (lambda house: edit(house, "A lit lamp", "A dark lamp"), PICTURES),
        (lambda house: edit(house, "title:", f"{UNLISTED}\ntitle:"), SETTINGS),
        (lambda house: configure(house, MASTODON, r"\g<0>max_characters = 450\n"), "the limit of characters on mastodon"),
    ],
)  # fmt: skip
def test_what_differs_is_said_and_nothing_is_sent(
    house: Path, sandbox: Sandbox, publish: Publish, change: Callable[[Path], object], words: str
) -> None:
    approve(publish)
    change(house)
    (message,) = why(publish)
    assert message.startswith(words)
    assert sandbox.received() == []
    approve(publish)
    assert why(publish) == set()


def test_another_channel_is_not_approved(house: Path, sandbox: Sandbox, publish: Publish) -> None:
    approve(publish, "--channels", "discord")
    assert why(publish) == {"it isn't approved for mastodon"}
    assert sandbox.received() == [], "all of a post, or nothing"


def test_an_edit_has_to_be_approved_too(house: Path, sandbox: Sandbox, publish: Publish) -> None:
    approve(publish)
    why(publish)
    edit(house, "twice as fast", "three times as fast")
    (message,) = why(publish)
    assert "its text" in message
    assert "twice as fast" in texts(sandbox, "mastodon")[0]
    approve(publish)
    assert why(publish) == set()
    assert "three times as fast" in texts(sandbox, "mastodon")[0]
    assert why(publish) == set(), "and what is as it was needs nothing"


def test_a_preview_says_how_to_approve_by_the_same_digest(
    house: Path,
    publish: Publish,
    api: Api,
    preview: Callable[[], None],
) -> None:
    preview()
    ran = publish("ci")
    assert ran.status == 0, "a preview is there to be looked at"
    found = re.search(
        r"to be approved, as ([0-9a-f]{16})", summary(house).replace("\\", "").replace("\u2060", "")
    )
    assert found
    assert found[1] in api.comments[0]["body"].replace("\u2060", "")
    assert approve(publish) == found[1]
    (house / "GITHUB_STEP_SUMMARY").unlink()
    assert publish("ci").status == 0
    assert "approved" in summary(house)
    assert "to be approved" not in summary(house)
    assert "post.md: approved" in publish("post.md", "--dry-run", "--channels", CHANNELS).out


def test_a_limit_that_is_not_known_can_not_be_approved(project: Path, publish: Publish) -> None:
    configure(project, r"^\[site\]\n", "[site]\napprove = true\n")
    ran = publish("approve", "post.md", "--channels", "mastodon")
    assert ran.status == 2
    assert "the limits of mastodon's server aren't known here" in ran.err
    assert not (project / "post.md.approved").exists()
    assert "can't be approved" in publish("post.md", "--dry-run", "--channels", "mastodon").out


def test_a_picture_that_is_not_here_can_not_be_approved(
    house: Path,
    publish: Publish,
    api: Api,
    preview: Callable[[], None],
) -> None:
    edit(house, "(lamp.png)", "(https://pictures.example/lamp.png)")
    preview()
    publish("ci")
    said = summary(house).replace("\\", "").replace("\u2060", "")
    assert "can't be approved: the picture lamp.png isn't here" in said


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"channels": {"mastodon": 1}}', '{"channels": []}']
)
def test_an_approval_that_can_not_be_read_approves_nothing(
    house: Path, sandbox: Sandbox, publish: Publish, text: str
) -> None:
    (house / "post.md.approved").write_text(text, "utf-8")
    ran = publish("post.md", "--channels", CHANNELS)
    assert ran.status == 2
    assert "can't be read as an approval" in ran.err
    assert sandbox.received() == []


def test_an_approval_that_is_a_link_is_none(house: Path, publish: Publish) -> None:
    approve(publish)
    (house / "post.md.approved").rename(house / "elsewhere")
    (house / "post.md.approved").symlink_to(house / "elsewhere")
    assert why(publish) == {"it isn't approved"}


def test_nothing_is_asked_where_approve_is_not_set(project: Path, publish: Publish) -> None:
    assert publish("post.md", "--channels", "discord").status == 0


def test_an_approval_is_read_by_a_person_too(house: Path, publish: Publish) -> None:
    digest = approve(publish)
    value = json.loads((house / "post.md.approved").read_text("utf-8"))
    assert value["digest"] == digest
    assert set(value["channels"]) == {"mastodon", "discord"}
    assert set(value["channels"]["mastodon"]) == {"text", "settings", "pictures", "limit"}
