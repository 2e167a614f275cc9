"""Matrix: the contract, and what is its own."""

from __future__ import annotations

import html
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter, Picture
from publisher.errors import CannotLook, Gone, NotSent, Refused, TemplateError, Unknown
from publisher.sandbox import Sandbox
from publisher.sandbox.matrix import PASSWORD, USER, Server, error
from publisher.sandbox.platform import Stop
from publisher.testing import AdapterContract
from publisher.text.flavour import Setting
from publisher.text.tree import parse, text_of
from tests.conftest import POST, Publish, edit
from tests.one_channel import on
from tests.test_pictures import got

markup: Any = importlib.import_module("publisher.adapters._tagged_text")
written: Any = importlib.import_module("publisher.adapters._matrix_text")
matrix: Any = importlib.import_module("publisher.adapters.matrix")
guide: Any = importlib.import_module("publisher.adapters._matrix_guide")


def lamp(**changes: Any) -> Picture:
    return replace(Picture("h", "s", "lamp.png", "image/png", "A lamp", size=9), **changes)


class TestMatrix(AdapterContract):
    adapter = "matrix"
    makes_live = "PUT"
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def sent(self, channel: Adapter, sandbox: Sandbox, **options: Any) -> dict[str, Any]:
        message = self.message(channel, options={**channel.settings, **options})
        channel.send(channel.payload(message, 0), self.attempt("key-7"))
        (request,) = [each for each in sandbox.requests if each.method == "PUT"]
        body: dict[str, Any] = json.loads(request.body)
        return body

    def test_a_message_has_its_mark_and_mentions_nobody(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        body = self.sent(channel, sandbox)
        assert body["org.announcement_publisher.key"] == "key-7"
        assert body["m.mentions"] == {}
        assert body["msgtype"] == "m.text"

    def test_a_notice_is_one(self, channel: Adapter, sandbox: Sandbox) -> None:
        assert self.sent(channel, sandbox, notice=True)["msgtype"] == "m.notice"

    def test_an_edit_mentions_nobody_and_keeps_what_it_is(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        _, attempt = self.put_live(channel)
        message = self.message(channel, "New", options={**channel.settings, "notice": True})
        channel.update(channel.payload(message, 0), attempt)
        body = json.loads([each for each in sandbox.requests if each.method == "PUT"][-1].body)
        assert body["m.mentions"] == body["m.new_content"]["m.mentions"] == {}
        assert body["msgtype"] == body["m.new_content"]["msgtype"]

    def test_each_key_is_a_transaction_of_its_own(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        for key in ("key-1", "key-2", "key-1"):
            channel.send(payload, self.attempt(key))
        assert len(self.live(sandbox)) == 2

    def test_going_back_to_former_words_is_an_edit(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        old, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "New"), 0)
        for payload in (new, old, new, old, new):
            channel.update(payload, attempt)
            assert channel.stands(payload, attempt)

    def test_what_somebody_else_of_this_ledger_made_is_not_found(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        taken = replace(attempt, is_taken=lambda id: id == attempt.remote_id)
        assert channel.find(payload, taken, attempt.began) is None

    def test_what_somebody_deleted_is_not_put_back(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        with pytest.raises(CannotLook, match="deleted"):
            channel.find(payload, attempt, attempt.began)
        later = attempt.began + timedelta(minutes=5)
        assert channel.find(payload, attempt, later) is None
        channel.send(payload, attempt)
        assert self.live(sandbox) == []

    def test_an_old_message_is_found_behind_many_others(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        for number in range(120):
            channel.send(
                channel.payload(self.message(channel, "Other"), 0), self.attempt(str(number))
            )
        found = channel.find(payload, attempt, attempt.began)
        assert found is not None
        assert found.id == attempt.remote_id

    def test_a_retraction_leaves_no_edit_behind(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = self.put_live(channel)
        for text in ("One", "Two"):
            channel.update(channel.payload(self.message(channel, text), 0), attempt)
        sandbox._requests.clear()
        channel.delete(payload, attempt)
        redactions = [each.path for each in sandbox.requests if "/redact/" in each.path]
        assert len(redactions) == 3
        assert attempt.remote_id.partition("/")[2].replace("$", "%24") in redactions[-1]

    def test_it_stays_in_its_room_when_the_section_names_another(self, channel: Adapter) -> None:
        _, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "New"), 0)
        channel.settings = {**channel.settings, "room": "!elsewhere"}
        channel.update(new, attempt)
        assert channel.stands(new, attempt)

    @pytest.mark.parametrize("switch", ["encrypted", "membership", "needed"])
    def test_a_room_that_takes_no_message_is_told(
        self, switch: str, channel: Adapter, sandbox: Sandbox
    ) -> None:
        wrong, words = {
            "encrypted": (True, "encrypted"),
            "membership": ("invite", "may not do this in the room"),
            "needed": (100, "power level is 50, and it takes 100|may not do this"),
        }[switch]
        server = sandbox[Server]
        was = getattr(server, switch)
        setattr(server, switch, wrong)
        try:
            with pytest.raises(Refused, match=words) as caught:
                channel.check()
            assert caught.value.hint
            with pytest.raises(Refused, match=words):
                channel.send(channel.payload(self.message(channel), 0), self.attempt())
        finally:
            setattr(server, switch, was)
        assert self.live(sandbox) == []

    def test_repeating_is_safe_within_a_day_on_the_same_device(self, channel: Adapter) -> None:
        lost = Unknown("lost")
        now = datetime.now(UTC)
        for hours, safe in ((0, True), (22, True), (23.1, False), (-1, False)):
            attempt = replace(self.attempt(), began=now - timedelta(hours=hours))
            assert channel.knows_both(attempt, lost) is safe
            assert channel.knows_both(attempt, None) is safe
        channel._server.__dict__["me"] = {"user_id": USER, "device_id": "ELSEWHERE"}  # type: ignore[attr-defined]
        assert channel.knows_both(self.attempt(), lost)
        assert not channel.knows_both(self.attempt(), None)

    def test_a_lost_answer_to_an_edit_may_be_tried_again(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        _, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "New"), 0)
        sandbox.fault("matrix", "lost", when="PUT")
        with pytest.raises(NotSent):
            channel.update(new, attempt)
        channel.update(new, attempt)
        (item,) = self.live(sandbox)
        assert item["text"] == "New"
        assert len(sandbox[Server].posts[item["object"]["event_id"]]["edits"]) == 1

    def test_pictures_that_say_too_much_are_an_error_before(self, channel: Adapter) -> None:
        pictures = tuple(lamp(source=str(number), alt="😀" * 500) for number in range(8))
        message = self.message(channel, "a" * 20_000, pictures=pictures)
        with pytest.raises(TemplateError, match="pictures"):
            channel.payload(message, 0)
        channel.payload(replace(message, pictures=pictures[:1]), 0)

    def test_an_upload_limit_of_the_server_is_kept(self, channel: Adapter) -> None:
        facts = channel.learn()
        assert facts == {"upload_size": 50 * 2**20}
        rule = channel.pictures(channel.settings, {"upload_size": 1000})
        assert rule is not None
        assert rule.bytes == 1000

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://matrix.to/#/!room:example.org/$abc-_D", "!room:example.org/$abc-_D"),
            ("https://matrix.to/#/!room:example.org/%24abc?via=example.org", "!room:example.org/$abc"),
            ("https://matrix.to/#/%23news:example.org/$abc", "#news:example.org/$abc"),
            ("https://matrix.to/#/!room:example.org", ""),
            ("https://matrix.to/#/@ada:example.org", ""),
            ("https://example.org/news", ""),
        ],
    )  # fmt: skip
    def test_an_address_says_the_id(self, url: str, found: str, channel: Adapter) -> None:
        assert channel.id_in(url) == found
        assert channel.is_there(url) is (urlsplit(url).netloc == "matrix.to")

    def test_its_own_address_leads_back_to_it(self, channel: Adapter) -> None:
        receipt = channel.send(channel.payload(self.message(channel), 0), self.attempt())
        assert channel.id_in(receipt.url or "") == receipt.id

    def test_a_server_that_repeats_the_token_is_not_quoted(
        self, channel: Adapter, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(request: Any) -> None:
            raise Stop(error(401, "M_UNKNOWN_TOKEN", f"no: {request.headers['authorization']}"))

        monkeypatch.setattr(sandbox[Server], "_allow", refuse)
        with pytest.raises(Refused) as caught:
            channel.check()
        assert "no: Bearer" in caught.value.message
        assert channel.secrets["access_token"] not in caught.value.message

    def test_an_id_of_something_else_is_refused(self, channel: Adapter) -> None:
        with pytest.raises(Refused):
            channel.stands({}, replace(self.attempt(), remote_id="12345"))
        with pytest.raises(Gone):
            room = channel._server.room_id(channel.settings["room"])  # type: ignore[attr-defined]
            channel.delete({}, replace(self.attempt(), remote_id=f"{room}/$nothing"))


# Text


def forms(source: str) -> tuple[str, str]:
    shown = markup.parsed(markup.tagged_text(parse(source), Setting()))
    return written.as_words(shown), written.as_html(shown)


@pytest.mark.parametrize(
    ("source", "words", "page"),
    [
        ("<p>a <b>b</b> <em>c</em></p>", "a b c", "a <strong>b</strong> <em>c</em>"),
        ("<p>a</p><p>b</p>", "a\n\nb", "a<br><br>b"),
        ("<p>1 < 2 & 3</p>", "1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<p>&lt;b&gt;no&lt;/b&gt;</p>", "<b>no</b>", "&lt;b&gt;no&lt;/b&gt;"),
        (
            '<p><a href="https://example.org/?a=1&amp;b=2">words</a>.</p>',
            "words (https://example.org/?a=1&b=2).",
            '<a href="https://example.org/?a=1&amp;b=2">words</a>.',
        ),
        (
            "<pre><code>a\n  b</code></pre><p>c</p>",
            "a\n  b\n\nc",
            "<pre><code>a\n  b</code></pre>c",
        ),
        (
            "<p>a</p><blockquote><p>b</p><p>c</p></blockquote><p>d</p>",
            "a\n\nb\n\nc\n\nd",
            "a<blockquote>b<br><br>c</blockquote>d",
        ),
        ("<ul><li>a</li><li><b>b</b></li></ul>", "• a\n• b", "• a<br>• <strong>b</strong>"),
        ("<p>日本語 مرحبا 👩🏽‍🚀</p>", "日本語 مرحبا 👩🏽‍🚀", "日本語 مرحبا 👩🏽‍🚀"),
    ],
)
def test_a_text_has_two_forms(source: str, words: str, page: str) -> None:
    assert forms(source) == (words, page)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_text_arrives_as_that_text(text: str) -> None:
    words, page = forms(f"<p>{html.escape(text)}</p>")
    expected = text_of(parse(f"<p>{html.escape(text)}</p>")).strip()
    assert re.sub(r"\s+", "", text_of(parse(page))) == re.sub(r"\s+", "", words)
    assert "<" not in page.replace("<br>", "")
    assert re.sub(r"\s+", "", words) == re.sub(r"\s+", "", expected)


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_that_is_a_tag_of_ours_never_makes_html_of_another_kind(text: str) -> None:
    page = written.as_html(markup.parsed(text))
    known = {"body", "strong", "em", "u", "del", "code", "pre", "blockquote", "a", "br"}
    assert {each.name for each in parse(page).walk()} <= known


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a", 1),
        ("é", 2),
        ("e\u0301", 3),
        ("日", 3),
        ("😀", 4),
        ("👩🏽‍🚀", 15),
        ("م", 2),
        ('"', 2),
        ("\\", 2),
        ("a\nb", 6),
        ("&lt;", 4),
        ("&amp;", 5),
        ("<b>a</b>", 18),
        ('<a href="https://e.org/">x</a>', 32),
    ],
)
def test_bytes_of_the_longer_form_are_counted(text: str, weight: int) -> None:
    assert written.count(text) == weight


def test_a_picture_stands_within_its_message() -> None:
    shown = written.shown_pictures(
        [(lamp(alt='"A" <lamp>', width=1600, height=400), "mxc://e.org/a"), (lamp(alt=""), "mxc://e.org/b")]
    )  # fmt: skip
    assert shown == (
        '<br><img src="mxc://e.org/a" alt="&quot;A&quot; &lt;lamp&gt;" width="800" height="200">'
        '<br><img src="mxc://e.org/b" alt="lamp.png">'
    )


# Setting it up


def test_a_server_is_what_the_domain_says() -> None:
    with Sandbox(adapters=("matrix",)) as sandbox:
        server = sandbox[Server]
        domain = server.url.removeprefix("http://")
        assert guide.server_of(f"@announcer:{domain}") == server.url
        token = guide.sign_in(server.url, USER, PASSWORD)
        assert token == server.secrets()["access_token"]
        with pytest.raises(Refused) as caught:
            guide.sign_in(server.url, USER, "not-the-password")
        assert "not-the-password" not in caught.value.message
    assert guide.server_of("@announcer:127.0.0.1:9") == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "room", ["news", "#news", "news:example.org", "@ada:example.org", "#a b:c"]
)
def test_what_is_no_room_is_told(room: str) -> None:
    assert matrix.wrong_room(room)


@pytest.mark.parametrize("room", ["#news:example.org", "!abc:example.org", "!31hneApxJ_1o-63DmFr"])
def test_what_is_a_room_is_taken(room: str) -> None:
    assert matrix.wrong_room(room) is None


# The whole command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("matrix", tmp_path, monkeypatch) as sandbox:
        yield sandbox


KINDS = ["429", "500", "503", "drop", "reset", "html", "lost", "lost-500", "lost-503", "cut"]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_becomes_of_an_answer_it_is_live_once(
    kind: str, here: Sandbox, publish: Publish
) -> None:
    here.fault("matrix", kind, when="PUT", seconds=0.1)
    ran = publish("post.md", "--json")
    assert ran.statuses() == {"matrix": "sent"}, ran.err
    assert len(here.received()) == 1


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["html"].startswith(
        "<strong>Lamp 2.0 is out</strong><br><br><strong>Lamp 2.0</strong> is here."
    )
    assert live["text"].startswith("Lamp 2.0 is out\n\nLamp 2.0 is here.")
    assert live["text"].endswith("\n\nhttps://example.org/news/post/")


def test_an_edit_and_a_retraction(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    publish("post.md", "--json")
    edit(tmp_path, "twice as fast", "at once")
    assert publish("post.md", "--json").statuses() == {"matrix": "sent"}
    (live,) = here.received()
    assert "at once" in live["text"]
    assert publish("retract", "post.md", "--yes").status == 0
    assert here.received() == []
    assert publish("post.md", "--json").json["results"][0]["reason"] == "retracted"


def test_what_was_edited_there_is_left_alone(
    here: Sandbox, publish: Publish, tmp_path: Path
) -> None:
    publish("post.md", "--json")
    post = next(iter(here[Server].posts.values()))
    new = {"m.new_content": {"msgtype": "m.text", "body": "By hand"}}
    post["edits"].append({"event_id": "$hand", "at": post["at"], "content": new})
    edit(tmp_path, "twice as fast", "at once")
    ran = publish("post.md", "--json")
    assert "left as it is" in ran.err
    (live,) = here.received()
    assert live["text"] == "By hand"


def test_a_thread_follows_itself(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "matrix.txt.j2").write_text("{{ post.text | thread }}", "utf-8")
    (tmp_path / "post.md").write_text(f"{POST}\n<!-- thread -->\n\nThe second.\n", "utf-8")
    publish("post.md", "--json")
    assert [each["text"].split(" ")[0] for each in here.received()] == ["Lamp", "The"]


def test_its_address_settles_what_nobody_knows(
    here: Sandbox, publish: Publish, tmp_path: Path
) -> None:
    publish("post.md", "--json")
    address = json.loads(publish("status", "post.md", "--json").out)
    (url,) = set(re.findall(r"https://matrix\.to/[^\"]+", json.dumps(address)))
    (tmp_path / ".publish").rename(tmp_path / "lost")
    assert publish("adopt", "post.md", "matrix", url).status == 0
    assert publish("post.md", "--json").statuses() == {"matrix": "unchanged"}
    assert len(here.received()) == 1
