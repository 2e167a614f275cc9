"""A post's own page is waited for, and `publish check --online` says what would be made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from publisher.site import pages
from tests.conftest import POST, Publish, live
from tests.test_cards import WHOLE
from tests.web_servers import Answering, Server, says


def site(project: Path, server: Server, *more: str) -> None:
    """The post's page is on this server."""
    config = project / "publish.toml"
    text = config.read_text("utf-8").replace("https://example.org/", server.url("/"), 1)
    config.write_text(text.replace("[site]\n", "\n".join(["[site]", *more, ""]), 1), "utf-8")


def there_after(looks: int) -> Answering:
    left = [says("404 Not Found", b"")] * looks

    def answer(head: bytes, write: Callable[[bytes], None]) -> None:
        (left.pop() if left else says("200 OK", WHOLE.encode()))(head, write)

    return answer


def test_a_post_s_page_is_waited_for(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    config = project / "publish.toml"
    text = config.read_text("utf-8").replace("https://example.org/", f"{sandbox.url}/nowhere/", 1)
    config.write_text(text.replace("[site]\n", '[site]\nwait_for_page = "1s"\n', 1), "utf-8")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (1, {"mastodon": "failed"})
    assert "404" in ran.json["results"][0]["error"]["message"]
    assert not sandbox.received()
    text = config.read_text("utf-8").replace(f"{sandbox.url}/nowhere/", f"{sandbox.url}/", 1)
    config.write_text(text.replace('permalink = "/news/{slug}/"', 'permalink = "/"'), "utf-8")
    assert publish("post.md", "--channels", "mastodon").status == 0
    assert len(live(sandbox, "mastodon")) == 1


def test_nothing_is_sent_before_the_page_is_there(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAUSE", 0.05)
    live_by_then: list[int] = []
    page = there_after(3)

    def answer(head: bytes, write: Callable[[bytes], None]) -> None:
        live_by_then.append(len(sandbox.received()))
        page(head, write)

    with Server(answer) as server:
        site(project, server, 'wait_for_page = "10m"')
        ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 0
    assert live_by_then == [0, 0, 0, 0]
    assert f"waiting for {server.url('/news/post/')}, 600 s at most" in ran.err
    assert len(live(sandbox, "mastodon")) == 1


def test_a_page_on_a_private_host_that_isn_t_the_site_s_is_not_asked_for(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    with Server(there_after(0)) as server:
        site(project, server, 'wait_for_page = "1s"')
        (project / "post.md").write_text(
            POST.replace("tags:", f"canonical_url: {server.url(host='localhost')}\ntags:"), "utf-8"
        )
        ran = publish("post.md", "--channels", "mastodon", "--json")
        assert server.connections == 0
    assert ran.statuses() == {"mastodon": "failed"}
    assert not sandbox.received()


def test_the_card_of_each_platform_is_shown_with_what_it_lacks(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    with Server(there_after(0)) as server:
        site(project, server)
        ran = publish("check", "post.md", "--online")
    assert ran.status == 0
    for words in (
        "the card on Mastodon (link)",
        "the card on X (summary_large_image)",
        "the card on Discord",
    ):
        assert words in ran.out
    assert ran.out.count("  title: Lamp 2.0 is out\n") == 3
    assert ran.out.count("  image: https://example.org/lamp.png\n") == 3
    with Server(says("200 OK", b"<title>Lamp</title>")) as server:
        site_again = (project / "publish.toml").read_text("utf-8")
        (project / "publish.toml").write_text(
            site_again.replace(site_again.split('base_url = "')[1].split('"')[0], server.url("/")),
            "utf-8",
        )
        ran = publish("check", "post.md", "--online")
    assert ran.status == 0
    assert "note: twitter:card is missing" in ran.out
    assert "note: og:image is missing" in ran.out


def test_a_page_that_isn_t_there_is_an_error_to_check(project: Path, publish: Publish) -> None:
    with Server(says("404 Not Found", b"")) as server:
        site(project, server)
        ran = publish("check", "post.md", "--online")
    assert ran.status == 1
    assert f"failed: the page {server.url('/news/post/')} answers 404" in ran.out


def with_a_map(head: bytes, write: Callable[[bytes], None]) -> None:
    """A site whose post has another address than was thought."""
    path = head.split(b" ")[1]
    host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))[
        5:
    ].strip()
    pages_ = b"".join(
        b"<url><loc>http://%s%s</loc></url>" % (host, each) for each in (b"/", b"/blog/post/")
    )
    body, status = (pages_, b"200 OK") if path == b"/sitemap.xml" else (b"", b"404 Not Found")
    write(
        b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        % (status, len(body), body)
    )


def test_a_wrong_address_comes_with_the_nearest_one_of_the_site_s_map(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    with Server(with_a_map) as server:
        site(project, server, 'wait_for_page = "1s"')
        checked = publish("check", "post.md", "--online")
        ran = publish("post.md", "--channels", "mastodon", "--json")
    near = f"the site's map has {server.url('/blog/post/')}: is that it?"
    assert checked.status == 1
    assert near in checked.out
    assert ran.json["results"][0]["error"]["hint"] == near
    assert not sandbox.received()


def test_what_was_waited_for_in_vain_is_looked_for_once_by_later_runs(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """An hourly run doesn't wait ten minutes for the same wrong address."""
    with Server(says("404 Not Found", b"")) as server:
        site(project, server, 'wait_for_page = "1s"')
        assert publish("post.md", "--channels", "mastodon,email").status == 1
        text = (project / "publish.toml").read_text("utf-8").replace('"1s"', '"10m"')
        (project / "publish.toml").write_text(text, "utf-8")
        before = server.connections
        ran = publish("post.md", "--channels", "mastodon,email", "--json")
        assert ran.statuses() == {"mastodon": "failed", "email": "failed"}
        assert server.connections == before + 2  # the page, and the site's map
        assert "waiting" not in ran.err
    assert not sandbox.received()
    with Server(there_after(0)) as server:
        text = re.sub('(?m)^base_url = "[^"]*"', f'base_url = "{server.url("/")}"', text)
        (project / "publish.toml").write_text(text, "utf-8")
        ran = publish("post.md", "--channels", "mastodon,email", "--json")
    assert ran.statuses() == {"mastodon": "sent", "email": "sent"}
    assert len(live(sandbox, "mastodon")) == 1
