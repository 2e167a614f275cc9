"""Pictures, from the file to the platform: the bytes that arrive are opened, their text and order
read back."""

from __future__ import annotations

import io
import json
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from PIL import Image

from publisher.sandbox import Sandbox
from publisher.sandbox.mail import Mail
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from publisher.text import tree
from tests.conftest import RECENT, Publish
from tests.picture_files import exif, halves, moving, photo, saved

HEAD = "---\ntitle: The new lamp\ndate: 2026-11-20\n{more}---\n\nIt is here.\n\n{body}\n"


def write(project: Path, body: str = "", more: str = "", name: str = "post.md") -> None:
    (project / name).write_text(HEAD.format(body=body, more=more), "utf-8")


def put(project: Path, name: str, data: bytes) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def four(project: Path) -> None:
    """A post with a cover and three pictures, one of each common kind, each of another size."""
    put(project, "cover.jpg", saved(halves((90, 60)), "JPEG", exif=exif(6)))
    put(project, "static/img/chart.png", saved(halves((80, 50), "RGBA"), "PNG"))
    put(project, "pictures/third.webp", saved(halves((70, 40)), "WEBP"))
    put(project, "pictures/fourth.bmp", saved(halves((61, 31)), "BMP"))
    write(
        project,
        "![A chart](/img/chart.png)\n\n![The third](pictures/third.webp) ![The fourth](pictures/fourth.bmp)",
        'image: {src: cover.jpg, alt: "A lamp, lit", focus: "0.2,-0.3"}\n',
    )


def got(url: str) -> bytes:
    with urlopen(url) as answer:  # loopback
        data = answer.read()
        assert isinstance(data, bytes)
        return data


def of(sandbox: Sandbox, channel: str) -> dict[str, Any]:
    (item,) = [item for item in sandbox.received() if item["channel"] == channel]
    return item


def arrived(sandbox: Sandbox, channel: str) -> list[tuple[bytes, str]]:
    """The pictures of the one post on a channel, in order: bytes and text."""
    item = of(sandbox, channel)
    if channel == "mastodon":
        return [
            (got(one["url"]), one["description"]) for one in item["object"]["media_attachments"]
        ]
    if channel == "discord":
        return [
            (got(one["url"]), one.get("description", "")) for one in item["object"]["attachments"]
        ]
    return [(got(f"{sandbox[Twitter].url}/media/{one['id']}"), one["alt"]) for one in item["media"]]


@pytest.mark.parametrize("channel", ["mastodon", "twitter", "discord"])
def test_four_pictures_arrive_in_order_upright_without_exif_and_with_their_texts(
    channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    ran = publish("post.md", "--channels", channel, "--json")
    assert ran.status == 0, ran.err
    pictures = arrived(sandbox, channel)
    assert [text for _, text in pictures] == ["A lamp, lit", "A chart", "The third", "The fourth"]
    opened = [Image.open(io.BytesIO(data)) for data, _ in pictures]
    assert [image.size for image in opened] == [(60, 90), (80, 50), (70, 40), (61, 31)], (
        "the cover is turned"
    )
    assert not any(dict(image.getexif()) for image in opened)
    assert not any(b"Exif" in data for data, _ in pictures)
    assert [image.format for image in opened[:3]] == ["JPEG", "PNG", "WEBP"]
    assert opened[3].format in ("JPEG", "PNG"), "no platform takes a BMP"
    for image in opened:
        image.close()
    told = ran.json["results"][0]["parts"][0]["attachments"]
    assert [each["size"] for each in told] == [len(data) for data, _ in pictures]
    assert "A chart" not in of(sandbox, channel)["text"], "what is attached need not be told"


def test_the_focal_point_arrives(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    four(project)
    publish("post.md", "--channels", "mastodon")
    media = of(sandbox, "mastodon")["object"]["media_attachments"]
    assert media[0]["meta"]["focus"] == {"x": 0.2, "y": -0.3}


def test_discord_s_embed_shows_the_first_picture(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    publish("post.md", "--channels", "discord")
    message = of(sandbox, "discord")["object"]
    assert (
        message["embeds"][0]["image"]["url"]
        == f"attachment://{message['attachments'][0]['filename']}"
    )


def test_a_mail_shows_hosted_pictures_from_where_they_are_with_their_size(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    publish("post.md", "--channels", "email")
    (raw, html), *_ = sandbox[Mail].mails()
    assert b"multipart/related" not in raw
    shown = {
        image["src"]: (image.get("alt"), image.get("width"), image.get("height"))
        for image in (element.attrs for element in tree.parse(html).walk() if element.name == "img")
    }
    assert shown["https://example.org/news/post/cover.jpg"] == ("A lamp, lit", "60", "90")
    assert shown["https://example.org/img/chart.png"] == ("A chart", "80", "50")
    assert len(shown) == 4


def test_a_mail_carries_a_picture_that_has_no_address(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    lines = [line for line in config.splitlines() if not line.startswith(("base_url", "permalink"))]
    (project / "publish.toml").write_text("\n".join(lines), "utf-8")
    four(project)
    ran = publish("post.md", "--channels", "email")
    assert ran.status == 0, ran.err
    for raw, html in sandbox[Mail].mails():
        message = BytesParser(policy=policy.default).parsebytes(raw)
        related = [part for part in message.walk() if part.get_content_type().startswith("image/")]
        assert len(related) == 4
        assert {part.get_content_type() for part in related} <= {
            "image/jpeg",
            "image/png",
            "image/gif",
        }
        for part in related:
            assert f'src="cid:{part["Content-ID"][1:-1]}"' in html
            assert part.get_content_disposition() == "inline"
            Image.open(io.BytesIO(part.get_content())).close()
        assert [part.get_content_type() for part in message.iter_parts()] == [
            "text/plain",
            "multipart/related",
        ]


def test_what_was_uploaded_is_not_uploaded_again(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    sandbox.fault("mastodon", "500", after=2)  # the third upload fails, and is tried again
    assert publish("post.md", "--channels", "mastodon").status == 0
    uploads = [each for each in sandbox.requests if each.path == "/api/v2/media"]
    assert len(uploads) == 5
    assert len(arrived(sandbox, "mastodon")) == 4


def test_a_run_that_died_after_uploading_is_gone_on_with(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    sandbox.fault(
        "mastodon", "429", after=4, times=50, seconds=30
    )  # the pictures are there, the post isn't
    assert publish("post.md", "--channels", "mastodon").status == 1
    assert not sandbox.received()
    before = len([each for each in sandbox.requests if each.path == "/api/v2/media"])
    sandbox.faults.clear()
    assert publish("post.md", "--channels", "mastodon").status == 0
    assert len([each for each in sandbox.requests if each.path == "/api/v2/media"]) == before == 4
    assert [text for _, text in arrived(sandbox, "mastodon")] == [
        "A lamp, lit",
        "A chart",
        "The third",
        "The fourth",
    ]


def test_an_answer_that_is_lost_makes_no_second_post_with_pictures(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    for channel in ("mastodon", "twitter"):
        uploads = 4 if channel == "mastodon" else 8
        sandbox.fault(channel, "lost-503", after=uploads)
        assert publish("post.md", "--channels", channel).status == 0
        assert len(arrived(sandbox, channel)) == 4


def test_an_animation_goes_alone_or_as_a_still_picture(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "moving.gif", moving((60, 40), frames=5))
    write(project, "![It turns](moving.gif)")
    assert publish("post.md", "--channels", "mastodon,twitter,discord").status == 0
    for channel in ("mastodon", "twitter", "discord"):
        ((data, text),) = arrived(sandbox, channel)
        assert (data, text) == ((project / "moving.gif").read_bytes(), "It turns")
    sandbox.clear()
    put(project, "still.png", saved(halves(), "PNG"))
    put(project, "still.gif", saved(halves(), "GIF"))
    write(
        project,
        "![It turns](moving.gif) ![It stands](still.png) ![So does this](still.gif)",
        name="other.md",
    )
    ran = publish("other.md", "--channels", "mastodon", "--dry-run")
    assert "first frame" in ran.out
    assert publish("other.md", "--channels", "mastodon,twitter,discord").status == 0
    for channel in ("mastodon", "twitter", "discord"):
        assert [text for _, text in arrived(sandbox, channel)] == [
            "It turns",
            "It stands",
            "So does this",
        ]


def test_mastodon_takes_its_time_with_an_animation_and_is_waited_for(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "moving.gif", moving((60, 40), frames=5))
    write(project, "![It turns](moving.gif)")
    sandbox[Mastodon].processing = sandbox[Twitter].processing = 1.2
    try:
        ran = publish("post.md", "--channels", "mastodon,twitter")
    finally:
        sandbox[Mastodon].processing = sandbox[Twitter].processing = 0.0
    assert ran.status == 0, ran.err
    assert "still being processed" in ran.err
    assert len(arrived(sandbox, "mastodon")) == len(arrived(sandbox, "twitter")) == 1


def test_more_than_a_platform_takes_is_told(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for number in range(6):
        put(project, f"{number}.png", saved(halves((40 + number, 30)), "PNG"))
    write(project, " ".join(f"![Number {number}]({number}.png)" for number in range(6)))
    ran = publish("post.md", "--channels", "mastodon,discord")
    assert ran.status == 0
    assert "mastodon takes 4 of its 6 pictures" in ran.err
    assert len(arrived(sandbox, "mastodon")) == 4
    assert len(arrived(sandbox, "discord")) == 6


def test_a_post_may_choose_its_pictures_for_a_channel(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    four(project)
    put(project, "square.png", saved(halves((50, 50)), "PNG"))
    more = 'publish: {mastodon: {images: ["![A square](square.png)", cover.jpg]}, discord: {images: []}}\n'
    post = (project / "post.md").read_text("utf-8").replace("date:", f"{more}date:")
    (project / "post.md").write_text(post, "utf-8")
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    assert [text for _, text in arrived(sandbox, "mastodon")] == ["A square", "A lamp, lit"]
    assert arrived(sandbox, "discord") == []


def test_a_picture_without_a_text_is_a_warning_in_a_dry_run_and_an_error_to_check(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "one.png", saved(halves(), "PNG"))
    write(project, "![](one.png)")
    ran = publish("post.md", "--dry-run")
    assert ran.status == 0
    assert "post.md:8: the picture one.png has no alternative text" in ran.err
    ran = publish("check", "post.md")
    assert ran.status == 1
    assert "no alternative text" in ran.out
    config = project / "publish.toml"
    config.write_text(config.read_text("utf-8") + "\n[pictures]\nrequire_alt = true\n", "utf-8")
    assert publish("post.md", "--dry-run").status == 2
    assert publish("post.md").status == 2
    assert not sandbox.received()
    write(project, "![Half red, half blue](one.png)")
    assert publish("check", "post.md").status == 0


def test_a_long_text_is_cut_at_a_sentence_with_a_warning(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "one.png", saved(halves(), "PNG"))
    write(project, f"![{'A sentence about what is to be seen there. ' * 30}](one.png)")
    ran = publish("post.md", "--channels", "twitter,mastodon")
    assert "twitter takes 1000: it is cut" in ran.err
    ((_, text),) = arrived(sandbox, "twitter")
    assert 700 < len(text) <= 1000
    assert text.rstrip("…").rstrip().endswith(".")
    ((_, whole),) = arrived(sandbox, "mastodon")
    assert len(whole) > 1000


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "export a PNG"),
        ("broken.png", b"\x89PNG\r\n\x1a\n and then nothing", "broken"),
        ("words.jpg", b"these are words", "no picture"),
    ],
)
def test_what_can_t_be_sent_stops_the_run_before_anything_is_sent(
    name: str, data: bytes, said: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, name, data)
    write(project, f"![What it shows]({name})")
    assert publish("post.md", "--dry-run").status == 0
    ran = publish("post.md", "--json")
    assert ran.status == 2
    assert any(said in f"{error['message']} {error['hint']}" for error in ran.json["errors"])
    assert {error["line"] for error in ran.json["errors"]} == {8}
    assert not sandbox.received()


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("![](lamp.png)", "has no alternative text"),
        ("![lamp.png](lamp.png)", "has no alternative text"),
        ("[![Tests](badge.svg)](https://ci.example.org/)", "is a drawing or a badge"),
        ("![Build](https://img.shields.io/lamp)", "is a drawing or a badge"),
    ],
)
def test_a_picture_of_the_text_that_says_nothing_stays_out_and_stops_nothing(
    image: str, why: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "lamp.png", saved(halves(), "PNG"))
    put(project, "badge.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    write(project, f"{image}\n\nThe lamp is out.")
    ran = publish("post.md", "--channels", "mastodon,discord")
    assert ran.status == 0, ran.err
    assert why in ran.err
    assert arrived(sandbox, "mastodon") == []
    assert arrived(sandbox, "discord") == []


@pytest.mark.parametrize("named", ["../outside.png", ".hidden/one.png"])
def test_pictures_come_from_the_folder_of_the_configuration_only(
    named: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "publish.toml").write_text((project / "publish.toml").read_text("utf-8"), "utf-8")
    put(project, "outside.png", saved(halves(), "PNG"))
    put(project, "inner/.hidden/one.png", saved(halves(), "PNG"))
    (inner / "post.md").write_text(HEAD.format(body=f"![Something]({named})", more=""), "utf-8")
    ran = publish("inner/post.md", "--channels", "mastodon", "--config", "inner/publish.toml")
    assert ran.status == 2
    assert "outside" in ran.err or "hidden" in ran.err
    assert not sandbox.received()


def test_a_picture_on_a_private_host_is_only_fetched_where_the_configuration_names_it(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "one.png", saved(halves(), "PNG"))
    write(project, "![Half and half](one.png)")
    publish("post.md", "--channels", "mastodon")
    (where,) = [one["url"] for one in of(sandbox, "mastodon")["object"]["media_attachments"]]
    write(project, f"![From elsewhere]({where})", name="other.md")
    dry = publish("other.md", "--channels", "mastodon", "--dry-run")
    assert "downloaded when it is sent" in dry.out
    ran = publish("other.md", "--channels", "mastodon")
    assert ran.status == 2
    assert "no public address" in ran.err
    config = project / "publish.toml"
    config.write_text(config.read_text("utf-8") + '\n[pictures]\nhosts = ["127.0.0.1"]\n', "utf-8")
    assert publish("other.md", "--channels", "mastodon").status == 0
    assert len([item for item in sandbox.received() if item["channel"] == "mastodon"]) == 2


def test_a_picture_too_large_for_x_is_made_to_fit(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    put(project, "large.png", saved(photo(3000, 2000), "PNG"))
    assert (project / "large.png").stat().st_size > 5_000_000
    write(project, "![A large one](large.png)")
    ran = publish("post.md", "--channels", "twitter", "--json")
    assert ran.status == 0
    ((data, _),) = arrived(sandbox, "twitter")
    assert len(data) <= 5_000_000
    (told,) = ran.json["results"][0]["parts"][0]["attachments"]
    assert (told["size_before"], told["size"]) == (
        (project / "large.png").stat().st_size,
        len(data),
    )


def test_a_request_of_each_kind_is_as_the_documentation_describes(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    from tests import specs

    four(project)
    publish("post.md", "--channels", "twitter,discord")
    bodies = {
        each.path: json.loads(each.body)
        for each in sandbox.requests
        if each.path.startswith("/2/") and each.body
    }
    specs.check_request("twitter", "POST", "/2/media/upload", bodies["/2/media/upload"])
    specs.check_request("twitter", "POST", "/2/media/metadata", bodies["/2/media/metadata"])
    specs.check_request("twitter", "POST", "/2/tweets", bodies["/2/tweets"])
    (sent,) = [each for each in sandbox.requests if each.content_type == "multipart/form-data"]
    body = json.loads(dict(sent.form())["payload_json"])
    specs.check_request("discord", "POST", "/webhooks/{webhook_id}/{webhook_token}", body)


@pytest.mark.parametrize("written", ["lamp.png", "img/lamp.png", "./lamp%20one.png"])
@pytest.mark.parametrize("where", ["![A lamp]({})", "<img src='{}' alt='A lamp'>"])
def test_a_file_that_isn_t_there_is_the_same_error_everywhere(
    project: Path, sandbox: Sandbox, publish: Publish, written: str, where: str
) -> None:
    """Though the site has an address, at which it might be: it isn't beside the post."""
    (project / "post.md").write_text(f"{RECENT}\n{where.format(written)}\n", "utf-8")
    told = [
        publish("post.md", "--channels", "mastodon,discord", "--dry-run"),
        publish("post.md", "--channels", "mastodon,discord"),
        publish("check", "post.md", "--channels", "mastodon,discord"),
    ]
    assert [ran.status for ran in told] == [2, 2, 1]
    name = written.rpartition("/")[2].replace("%20", " ")
    for ran in told:
        assert f"mastodon: the picture {name} isn't there" in ran.err + ran.out
    assert "Lamp 2.0 is here" in told[0].out
    assert sandbox.received() == []
