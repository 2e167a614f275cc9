"""What a newsletter's reader gets: one message, addressed to them alone, that reads well in any
client."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from publisher.adapter import Adapter, Attempt, Channel, Message, Option, Part, Payload
from publisher.compose.compose import tidy
from publisher.compose.post_view import cid
from publisher.errors import CannotLook, TemplateError
from publisher.registry import load
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from publisher.testing.bench import SENTENCE
from publisher.text.mail_words import mail_words

from .smtp_servers import inbox

SETTINGS = {
    "sender": "Le Fournil libre <news@fournil.example>",
    "recipients": ["ada@example.org", "grace@example.org"],
    "unsubscribe": "mailto:leave@fournil.example",
}
BEGAN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"

POSTS: dict[str, dict[str, Any]] = {
    "fr": {
        "title": "Le pain est prêt\u00a0: venez\u202f!",
        "text": "« Déjà ? » Oui.\n\n.Un point au début d’une ligne\n.\nFrom l’atelier",
        "html": "<p>« Déjà ? » <b>Oui</b>.</p>",
    },
    "en": {
        "title": "Version 2.0 is out 🎉",
        "text": "It compiles.",
        "html": "<pre><code>make\n</code></pre>",
    },
    "zh": {
        "title": "合作社第一次公开大会的通知与议程，欢迎所有成员参加",
        "text": "下周见。",
        "html": "<p>下周见。</p>",
    },
    "ja": {
        "title": "新しいリリースのお知らせ",
        "text": "変更点です。",
        "html": "<p>変更点です。</p>",
    },
    "ar": {
        "title": "إصدار جديد من البرنامج الحر",
        "text": "صدر اليوم.",
        "html": "<p>صدر اليوم.</p>",
    },
}


def email(settings: Mapping[str, Any] = SETTINGS, port: int = 0, name: str = "email") -> Adapter:
    secrets = {"smtp_url": f"smtp://127.0.0.1:{port}"} if port else {}
    return load("email")(Channel(name, "email", settings), secrets)


def compose(language: str = "fr", settings: Mapping[str, Any] = SETTINGS, **fields: Any) -> Message:
    """The shipped templates, rendered under the rules that the core renders them by."""
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["wrap"] = str
    post = {
        "description": "",
        "preview": fields.get("description", ""),
        "intro": "",
        "byline": "",
        "cover": "",
        "url": f"https://fournil.example/{language}/",
        "language": language,
    }
    post |= POSTS.get(language, POSTS["en"]) | fields
    adapter = email(settings)
    known = {
        "post": SimpleNamespace(**{**post, "html": Markup(post["html"])}),
        "channel": {option.name: settings.get(option.name, "") for option in adapter.options},
        "site": {"title": ""},
        "words": mail_words(language),
    }
    text, html = (
        environment.get_template(f"email.{kind}.j2").render(known) for kind in ("txt", "html")
    )
    rule = adapter.rule(settings, {})
    return Message(
        "email", post["title"], post["description"], post["url"], post["language"], None, settings, rule,
        (Part(tidy(text), html),),
    )  # fmt: skip


def payload(language: str = "fr", settings: Mapping[str, Any] = SETTINGS, **fields: Any) -> Payload:
    return email(settings).payload(compose(language, settings, **fields), 0)


def attempt(recipient: str = "ada@example.org", key: str = "post-1/0/1") -> Attempt:
    return Attempt(key=key, began=BEGAN, recipient=recipient)


def parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=default)


def built(payload: Payload, recipient: str = "ada@example.org") -> bytes:
    mime = importlib.import_module("publisher.adapters._mime")
    return cast(bytes, mime.build(payload, recipient=recipient, key="k", began=BEGAN).data)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return cast(str, part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", POSTS)
def test_what_was_previewed_arrives_in_every_language(language: str) -> None:
    with inbox() as box:
        channel = email(port=box.port)
        sent = payload(language)
        receipt = channel.send(sent, attempt())
        channel.close()
    (envelope,) = box.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@fournil.example", ["ada@example.org"])
    raw = envelope.original_content
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = parsed(raw)
    assert message["Subject"] == POSTS[language]["title"] == sent["subject"]
    assert message["From"] == "Le Fournil libre <news@fournil.example>"
    assert message["To"] == "ada@example.org"
    assert message["Date"].datetime == BEGAN
    assert message["Content-Language"] == language
    assert message["Message-ID"] == receipt.id
    assert message["List-Id"] == "<email.news.fournil.example>"
    assert message["List-Unsubscribe"] == "<mailto:leave@fournil.example>"
    assert message["List-Unsubscribe-Post"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert body(message, "plain").rstrip("\n") == sent["text"]
    assert body(message, "html").rstrip("\n") == sent["html"]
    assert not message.defects


def test_nobody_sees_another_and_one_connection_is_enough() -> None:
    with inbox() as box:
        channel = email(port=box.port)
        for recipient in channel.recipients():
            channel.send(payload(), attempt(recipient))
        channel.close()
    assert box.connections == 1
    assert [envelope.rcpt_tos for envelope in box.mails] == [
        ["ada@example.org"],
        ["grace@example.org"],
    ]
    for envelope, other in zip(box.mails, (b"grace@", b"ada@"), strict=True):
        assert other not in envelope.original_content


def test_a_resend_is_the_same_to_the_last_byte_and_no_two_recipients_share_an_id() -> None:
    with inbox() as box:
        ids = []
        for recipient, key in (("ada@example.org", "k"), ("ada@example.org", "k"), ("li@example.org", "k"),
                               ("ada@example.org", "other")):  # fmt: skip
            channel = email(port=box.port)
            ids.append(channel.send(payload(), attempt(recipient, key)).id)
            channel.close()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(cast(str, id).endswith("@fournil.example>") for id in ids)
    assert box.mails[0].original_content == box.mails[1].original_content


def test_the_address_for_leaving_survives_however_long_it_is() -> None:
    """The standard library would encode it, and Gmail then ignores it (CPython issue 85725). A POST
    to it says nothing of who leaves, so that none is announced."""
    address = "https://lists.fournil.example/leave?token=" + "0123456789abcdef" * 16
    raw = built(payload(settings=SETTINGS | {"unsubscribe": address}))
    headers = raw.partition(b"\r\n\r\n")[0].decode()
    assert f"\r\nList-Unsubscribe: <{address}>\r\n" in headers
    assert "List-Unsubscribe-Post" not in headers


@given(st.text(max_size=300), st.text(max_size=80))
def test_no_title_and_no_name_can_break_a_header(title: str, name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    channel = email(SETTINGS | {"sender": f'"{quoted}" <news@fournil.example>'})
    message = Message(
        "email", title, "", "", "en", None, channel.settings, channel.rule({}, {}), (Part("Hello"),)
    )
    made = channel.payload(message, 0)
    raw = built(made)
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(len(line) <= 78 for line in head.split("\r\n"))
    names = [
        line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))
    ]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "Precedence",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Language",
    ]  # fmt: skip
    again = message_from_bytes(raw)
    assert str(make_header(decode_header(again["Subject"]))) == made["subject"]
    assert parseaddr(again["From"])[1] == "news@fournil.example"


@pytest.mark.parametrize(
    "name",
    [
        "Plain",
        "Müller, Bäckerei & Söhne",
        'The "Free" Bakery, Inc.',
        "协作社 新闻",
        "x " * 60 + "end",
        "=?x?=",
    ],
)
def test_a_senders_name_arrives_as_written(name: str) -> None:
    quoted = name.replace('"', '\\"')
    message = parsed(
        built(payload(settings=SETTINGS | {"sender": f'"{quoted}" <news@fournil.example>'}))
    )
    assert message["From"].addresses[0].display_name == name


def test_a_line_break_in_a_title_is_a_space() -> None:
    made = payload(title="News\r\nBcc: victim@example.org\x1b[31m\u2028!")
    assert made["subject"] == "News Bcc: victim@example.org [31m !"
    assert parsed(built(made))["Bcc"] is None


def test_terminal_escapes_and_lone_surrogates_dont_reach_the_body() -> None:
    made = payload(text="red \x1b[31m \ud800 \u200f نص", html="<p>\x1b]0;x\x07</p>")
    assert "red [31m  \u200f نص" in made["text"]
    assert "\x1b" not in made["html"]
    json.dumps(made).encode()


def test_a_post_without_a_title_has_its_first_words_as_subject() -> None:
    assert payload(title="", text="Bonjour à tous\n\nSuite")["subject"] == "Bonjour à tous"
    long = payload(title="", text="mot " * 60)["subject"]
    assert long.endswith("mot…")
    assert len(long) <= 100
    assert payload(settings=SETTINGS | {"subject": "Autre"})["subject"] == "Autre"
    with pytest.raises(TemplateError):
        email().payload(
            Message("email", "", "", "", "", None, {}, email().rule({}, {}), (Part(""),)), 0
        )


def test_a_preview_without_sender_or_way_to_leave_is_possible() -> None:
    made = payload(settings={})
    assert (made["from"], made["list_id"], made["unsubscribe"]) == ("", "", "")
    assert "-- " not in made["text"]


def test_text_written_in_the_front_matter_is_sent_alone() -> None:
    message = Message(
        "email", "T", "", "", "en", None, SETTINGS, email().rule({}, {}), (Part("Just this"),)
    )
    assert parsed(built(email().payload(message, 0))).get_content_type() == "text/plain"


def test_the_text_part_ends_with_where_to_read_and_how_to_leave() -> None:
    assert payload("fr")["text"].endswith(
        "\n\nLire en ligne\u00a0: https://fournil.example/fr/\n\n-- \n"
        "Envoyé aux personnes abonnées à Le Fournil libre.\nSe désabonner\u00a0: leave@fournil.example"
    )
    assert payload("zh", title="题")["text"].startswith("题\n\n下周见。\n\n在网页上阅读：https://")
    with_subject = SETTINGS | {"unsubscribe": "mailto:leave@fournil.example?subject=leave"}
    assert payload("eo", with_subject)["text"].endswith(
        "Unsubscribe: mailto:leave@fournil.example?subject=leave"
    )


def test_dashes_in_the_text_are_no_signature() -> None:
    made = payload(text="un\n--\ndeux\n\ntrois")["text"]
    assert "un\n--\ndeux" in made
    assert made.count("-- \n") == 1


def test_the_html_part_says_its_language_direction_and_colours() -> None:
    arabic, french = (
        payload("ar-EG")["html"],
        payload("fr", description="Une phrase & demie.")["html"],
    )
    assert '<html lang="ar-EG" dir="rtl"' in arabic
    assert "إلغاء الاشتراك" in payload("ar")["html"]
    assert 'dir="ltr"' in french
    assert '<meta name="color-scheme" content="light dark">' in french
    assert "@media (prefers-color-scheme: dark)" in french
    _, _, inside = french.partition("<body")
    assert inside.index("Une phrase &amp; demie.") < inside.index("Le pain est prêt")
    assert 'href="mailto:leave@fournil.example"' in french
    assert "#fff" not in french.lower()


def test_styles_are_on_the_elements_and_nothing_is_fetched() -> None:
    html = (
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><p>a</p>'
        '<img src="https://fournil.example/p.png" alt="Pain" width="4000">'
    )
    made = payload(html=html)["html"]
    assert '<p style="margin: 0 0 1em;">a</p>' in made
    assert 'alt="Pain" width="4000" style="max-width: 100%;height: auto;"' in made
    assert "x.css" not in made


def test_a_title_is_text_and_not_markup() -> None:
    made = payload(title="<script>x</script> & co")
    assert "<script" not in made["html"]
    assert made["subject"] == "<script>x</script> & co"


def test_the_payload_is_the_same_in_every_process() -> None:
    """Its bytes are kept and compared: the order of styles mustn't depend on a hash seed."""
    script = "from tests.test_email import payload; import json; print(json.dumps(payload('fr')))"
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": "1"},
        cwd=root,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == json.dumps(payload("fr")) + "\n"


def test_a_dry_run_needs_none_of_the_mail_modules() -> None:
    heavy = ("email.headerregistry", "smtplib", "ssl", "requests", "css_inline", "idna")
    script = (
        "import sys; from publisher.registry import load; load('email');"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_mail_cant_be_read_back_and_costs_nothing() -> None:
    assert email().cost(payload()) == 0.0
    with pytest.raises(CannotLook):
        email().find(payload(), attempt(), BEGAN)


def option(name: str) -> Option:
    return next(option for option in load("email").options if option.name == name)


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("unsubscribe", "mailto:leave@fournil.example?subject=leave%20please", True),
        ("unsubscribe", "https://fournil.example/leave", True),
        ("unsubscribe", "http://fournil.example/leave", False),
        ("unsubscribe", "https://", False),
        ("unsubscribe", "https://[", False),
        ("unsubscribe", "leave@fournil.example", False),
        ("unsubscribe", "mailto:nobody", False),
        ("unsubscribe", "https://fournil.example/désabonner", False),
        ("unsubscribe", "https://fournil.example/a>,<b", False),
        ("unsubscribe", "https://fournil.example/" + "x" * 900, False),
        ("sender", "The <b> <news@fournil.example>", True),
        ("sender", "The collective", False),
        ("recipients", ["subscribers.csv"], True),
        ("recipients", [" "], False),
        ("recipients", [], False),
    ],
)
def test_settings_are_checked_early(name: str, value: Any, good: bool) -> None:
    check = option(name).check
    assert check is not None
    assert (check(value) is None) is good


class TestEmail(AdapterContract):
    adapter = "email"
    recipient = "ada@example.org"
    nothing_live = ("421", "451-rcpt", "drop-rcpt", "451-data")
    maybe_live = ("drop", "lost")

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.secrets = {"smtp_url": "smtp://127.0.0.1:9"}

    def spoilt(self, secret: str) -> str:
        return secret.replace("-smtp-password", "-smtp-passwort")

    def message(self, adapter: Adapter, text: str = SENTENCE, **changes: Any) -> Message:
        """Its HTML shows its pictures, as the template does."""
        message = super().message(adapter, text, **changes)
        shown = "".join(
            f'<img src="cid:{cid(each)}" alt="{each.alt}">' for each in message.pictures
        )
        return replace(message, parts=(Part(text, f"<p>{text}</p>{shown}"),))

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        message = message_from_bytes(item["raw"].encode(), policy=default)
        files = {
            str(part["Content-ID"]).strip("<>"): part.get_payload(decode=True)
            for part in message.walk()
            if part.get_content_maintype() == "image"
        }
        shown = re.findall(r'<img src="cid:([^"]*)" alt="([^"]*)"', item["html"])
        return [(cast(bytes, files[name]), alt) for name, alt in shown]
