"""The whole road, as its user goes it: files in, posts out, through the command line and real
sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.mail import Mail
from tests.conftest import CHANNELS, POST, Publish, live


def counts(sandbox: Sandbox) -> dict[str, int]:
    return {channel: len(live(sandbox, channel)) for channel in CHANNELS}


ONCE = {"mastodon": 1, "twitter": 1, "discord": 1, "email": 3}


def test_one_file_goes_to_all_four_channels(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("post.md")
    assert ran.status == 0
    assert counts(sandbox) == ONCE
    assert live(sandbox, "mastodon")[0]["text"] == (
        "Lamp 2.0 is out\n\n"
        "Lamp 2.0 is here. It starts twice as fast, and remembers what you had open.\n\n"
        "https://example.org/news/post/\n\n"
        "#FreeSoftware #release"
    )
    assert "http://127.0.0.1" in ran.out, "results come with links"


def test_a_second_run_sends_nothing(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md")
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert set(ran.statuses().values()) == {"unchanged"}
    assert counts(sandbox) == ONCE


def test_what_is_previewed_is_what_is_sent(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    previewed = publish("post.md", "--dry-run", "--json").json
    assert previewed["dry_run"] is True
    assert {result["status"] for result in previewed["results"]} == {"planned"}
    assert counts(sandbox) == dict.fromkeys(CHANNELS, 0)
    sent = publish("post.md", "--json").json
    texts = [[part["text"] for part in result["parts"]] for result in previewed["results"]]
    assert texts == [[part["text"] for part in result["parts"]] for result in sent["results"]]
    assert texts[0] == [live(sandbox, "mastodon")[0]["text"]]


def test_a_dry_run_reads_no_secret_touches_no_network_and_writes_no_file(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in sandbox.environment():
        monkeypatch.delenv(name)
    before = sorted(project.rglob("*"))
    ran = publish("post.md", "--dry-run")
    assert ran.status == 0
    assert sorted(project.rglob("*")) == before
    assert not sandbox.requests


def test_without_any_configuration_a_dry_run_shows_all_four(
    tmp_path: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "post.md").write_text(POST, "utf-8")
    monkeypatch.chdir(tmp_path)
    ran = publish("post.md", "--dry-run", "--json")
    assert ran.status == 0
    assert tuple(ran.statuses()) == CHANNELS


def test_a_configuration_without_channels_previews_all_four(
    project: Path, publish: Publish
) -> None:
    (project / "publish.toml").write_text('[site]\nbase_url = "https://example.org/"\n', "utf-8")
    ran = publish("post.md", "--dry-run", "--json")
    assert ran.status == 0
    assert tuple(ran.statuses()) == CHANNELS
    ran = publish("post.md")
    assert ran.status == 2
    assert "[channels.mastodon]" in ran.err


def test_without_any_configuration_a_real_run_says_what_to_do(
    tmp_path: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "post.md").write_text(POST, "utf-8")
    monkeypatch.chdir(tmp_path)
    ran = publish("post.md")
    assert ran.status == 2
    assert "publish.toml" in ran.err


def test_only_the_channels_that_are_asked_for(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    assert publish("post.md", "--channels", "discord,mastodon").status == 0
    assert counts(sandbox) == {"mastodon": 1, "twitter": 0, "discord": 1, "email": 0}


def test_the_front_matter_names_its_channels(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(
        POST.replace("tags:", "publish: {channels: [discord]}\ntags:"), "utf-8"
    )
    assert publish("post.md").status == 0
    assert counts(sandbox) == {"mastodon": 0, "twitter": 0, "discord": 1, "email": 0}


def test_overrides_of_one_channel(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    overrides = (
        'publish: {mastodon: {text: "My own words.", visibility: unlisted, spoiler_text: News}}\n'
    )
    (project / "post.md").write_text(POST.replace("tags:", overrides + "tags:"), "utf-8")
    assert publish("post.md", "--channels", "mastodon").status == 0
    (item,) = live(sandbox, "mastodon")
    assert item["text"] == "My own words."
    assert item["object"]["visibility"] == "unlisted"
    assert item["object"]["spoiler_text"] == "News"


def test_a_second_account_of_the_same_kind(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    path = project / "publish.toml"
    section = path.read_text("utf-8").split("[channels.mastodon]")[1].split("[channels.twitter]")[0]
    path.write_text(
        path.read_text("utf-8") + '\n[channels.mastodon-fr]\nadapter = "mastodon"\n' + section,
        "utf-8",
    )
    (project / "templates").mkdir()
    (project / "templates" / "mastodon-fr.txt.j2").write_text(
        "En français : {{ post.title }}", "utf-8"
    )
    assert publish("post.md", "--channels", "mastodon,mastodon-fr").status == 0
    assert sorted(item["text"].split("\n")[0] for item in live(sandbox, "mastodon")) == [
        "En français : Lamp 2.0 is out",
        "Lamp 2.0 is out",
    ]


FAULTS_SETTLED_BY_THEMSELVES = [
    "429",
    "429-date",
    "500",
    "502",
    "503",
    "lost",
    "lost-503",
    "late",
    "drop",
    "cut",
    "html",
    "latency",
]


@pytest.mark.parametrize("kind", FAULTS_SETTLED_BY_THEMSELVES)
@pytest.mark.parametrize("channel", ["mastodon", "twitter"])
def test_one_post_exit_status_0_no_person_asked(
    kind: str, channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault(channel, kind, seconds=0.2)
    ran = publish("post.md", "--channels", channel, "--json")
    assert ran.status == 0
    assert ran.statuses() == {channel: "sent"}
    again = publish("post.md", "--channels", channel, "--json")
    assert (again.status, again.statuses()) == (0, {channel: "unchanged"})
    assert len(live(sandbox, channel)) == 1


@pytest.mark.parametrize(
    ("kind", "copies"),
    [("500", 0), ("503", 0), ("drop", 0), ("lost", 1), ("lost-503", 1), ("cut", 1)],
)
def test_discord_says_unknown_and_holds_until_a_person_looked(
    kind: str, copies: int, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("discord", kind)
    for _ in range(2):
        ran = publish("post.md", "--channels", "discord", "--json")
        assert (ran.status, ran.statuses()) == (3, {"discord": "unknown"})
        assert len(live(sandbox, "discord")) == copies
    answer = "--sent" if copies else "--not-sent"
    assert publish("resolve", "post.md", "discord", answer).status == 0
    ran = publish("post.md", "--channels", "discord", "--json")
    assert (ran.status, ran.statuses()) == (0, {"discord": "unchanged" if copies else "sent"})
    assert len(live(sandbox, "discord")) == 1


@pytest.mark.parametrize(("kind", "copies"), [("drop", 2), ("lost", 3)])
def test_email_holds_the_one_recipient_whose_copy_is_unknown(
    kind: str, copies: int, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("email", kind)
    ran = publish("post.md", "--channels", "email", "--json")
    assert ran.status == 3
    assert ran.json["results"][0]["recipients"] == {"sent": 2, "refused": 0, "unknown": 1}
    assert publish("post.md", "--channels", "email").status == 3
    assert len(live(sandbox, "email")) == copies
    publish("resolve", "post.md", "email", "--sent" if copies == 3 else "--not-sent")
    assert publish("post.md", "--channels", "email").status == 0
    assert sorted(item["to"][0] for item in live(sandbox, "email")) == sorted(
        ["ada@example.org", "grace@example.com", "radia@example.net"]
    )


def test_a_wrong_password_is_tried_once_and_the_right_one_reaches_everybody(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", sandbox[Mail].url.replace("@", "x@"))
    ran = publish("post.md", "--channels", "email", "--json")
    assert (ran.status, ran.statuses()) == (1, {"email": "failed"})
    assert "535" in ran.json["results"][0]["error"]["message"]
    monkeypatch.setenv("SMTP_URL", sandbox[Mail].url)
    assert publish("post.md", "--channels", "email").status == 0
    assert counts(sandbox)["email"] == 3


def test_a_refused_recipient_stops_no_other(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("email", "550-rcpt")
    ran = publish("post.md", "--channels", "email", "--json")
    assert ran.status == 1
    assert ran.json["results"][0]["recipients"] == {"sent": 2, "refused": 1, "unknown": 0}


def test_a_deferred_recipient_is_tried_again(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("email", "451-rcpt")
    ran = publish("post.md", "--channels", "email", "--json")
    assert ran.status == 0
    assert ran.json["results"][0]["recipients"] == {"sent": 3, "refused": 0, "unknown": 0}


def test_one_channel_s_failure_stops_no_other(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("mastodon", "redirect")
    ran = publish("post.md", "--json")
    assert ran.status == 1
    assert ran.statuses() == {
        "mastodon": "failed",
        "twitter": "sent",
        "discord": "sent",
        "email": "sent",
    }
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert ran.statuses()["mastodon"] == "sent"
    assert counts(sandbox) == ONCE


def test_what_can_t_be_edited_is_said_to_be_outdated(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    (project / "post.md").write_text(POST.replace("twice", "three times"), "utf-8")
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert ran.statuses() == {
        "mastodon": "sent",
        "twitter": "outdated",
        "discord": "sent",
        "email": "outdated",
    }
    assert len(ran.json["warnings"]) == 2
    assert counts(sandbox) == ONCE
    ran = publish("post.md", "--json")
    assert ran.statuses() == {
        "mastodon": "unchanged", "twitter": "outdated", "discord": "unchanged", "email": "outdated",
    }  # fmt: skip


def test_a_renamed_file_with_an_id_is_the_same_post(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    text = POST.replace("tags:", "id: lamp-2\ntags:")
    (project / "post.md").write_text(text, "utf-8")
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").rename(project / "renamed.md")
    ran = publish("renamed.md", "--channels", "mastodon", "--json")
    assert ran.status == 0
    assert len(live(sandbox, "mastodon")) == 1


def test_two_files_that_claim_one_identity(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(POST.replace("tags:", "id: same\ntags:"), "utf-8")
    (project / "other.md").write_text(POST.replace("tags:", "id: same\ntags:"), "utf-8")
    ran = publish("post.md", "other.md")
    assert ran.status == 2
    assert "post.md" in ran.err
    assert "other.md" in ran.err
    assert not sandbox.received()


def test_who_joins_the_list_later_does_not_get_the_archive(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    path = project / "publish.toml"
    path.write_text(
        path.read_text("utf-8").replace(
            'recipients = ["ada@example.org", "grace@example.com", "radia@example.net"]',
            'recipients = "list.csv"',
        ),
        "utf-8",
    )
    (project / "list.csv").write_text("email\nada@example.org\n", "utf-8")
    publish("post.md", "--channels", "email")
    (project / "list.csv").write_text("email\nada@example.org\nnew@example.org\n", "utf-8")
    assert publish("post.md", "--channels", "email").status == 0
    assert [item["to"] for item in live(sandbox, "email")] == [["ada@example.org"]]


def test_no_secret_in_any_output_or_file(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    secrets = [value for value in sandbox.environment().values() if not value.startswith("smtp")]
    for platform in ("mastodon", "twitter", "discord"):
        sandbox.fault(platform, "500")
    outputs = [
        publish("post.md", "--json"),
        publish("post.md"),
        publish("status"),
        publish("check"),
    ]
    written = b"".join(
        file.read_bytes() for file in (project / ".publish").rglob("*") if file.is_file()
    )
    everything = "".join(ran.out + ran.err for ran in outputs) + written.decode("utf-8", "replace")
    assert not [secret for secret in secrets if secret in everything]
