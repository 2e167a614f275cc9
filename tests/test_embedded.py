"""A picture that stands in the text itself, as a `data:` address, is a picture."""

from __future__ import annotations

import base64
import email
from email import policy
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import Publish, edit
from tests.picture_files import halves, saved

PNG = base64.b64encode(saved(halves(), "PNG")).decode()


def embed(project: Path, address: str, alt: str = "A lamp, lit") -> None:
    edit(project, "**Lamp 2.0** is", f"![{alt}]({address})\n\n**Lamp 2.0** is")


def test_it_is_attached_and_a_mail_carries_it(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    embed(project, f"data:image/png;base64,{PNG}")
    ran = publish("post.md", "--json")
    assert ran.status == 0, ran.err
    by_channel = {each["channel"]: each for each in ran.json["results"]}
    for channel in ("mastodon", "twitter", "discord"):
        (picture,) = by_channel[channel]["parts"][0]["attachments"]
        assert (picture["alt"], picture["kind"]) == ("A lamp, lit", "image/png")
        assert PNG[:40] not in str(by_channel[channel])
    mail = next(item for item in sandbox.received() if item["channel"] == "email")
    message = email.message_from_bytes(mail["raw"].encode(), policy=policy.default)
    kinds = [part.get_content_type() for part in message.walk()]
    assert "image/png" in kinds
    (html,) = [part for part in message.walk() if part.get_content_type() == "text/html"]
    assert 'src="cid:' in html.get_content()
    assert "embedded:" not in html.get_content()


def test_it_has_the_same_name_in_each_run(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    embed(project, f"data:image/png;base64,{PNG}")
    assert publish("post.md", "--channels", "mastodon").status == 0
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert ran.statuses() == {"mastodon": "unchanged"}
    other = base64.b64encode(saved(halves(), "GIF")).decode()
    edit(project, PNG, other)
    ran = publish("post.md", "--channels", "mastodon", "--json", "--dry-run")
    assert ran.json["results"][0]["action"] == "update"


@pytest.mark.parametrize(
    "address",
    [
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,%%%",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:,x",
    ],
)
def test_what_is_no_picture_that_can_be_sent_stays_out(
    project: Path, sandbox: Sandbox, publish: Publish, address: str
) -> None:
    embed(project, address)
    ran = publish("post.md", "--channels", "mastodon,discord", "--json")
    assert ran.status == 0, ran.err
    assert all(not each["parts"][0]["attachments"] for each in ran.json["results"])


def test_a_broken_one_is_an_error_that_names_it(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    embed(project, f"data:image/png;base64,{base64.b64encode(b'no picture').decode()}")
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 2
    assert ".png" in ran.err
    assert sandbox.received() == []
