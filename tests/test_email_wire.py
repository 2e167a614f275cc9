"""Whatever a mail server does, it is known whether the message may have arrived."""

from __future__ import annotations

import importlib
import socket
from typing import Any

import pytest

from publisher import failpoints
from publisher.adapter import Adapter, Channel
from publisher.errors import DeliveryError, NotSent, Refused, Unknown
from publisher.registry import load

from .smtp_servers import HANG_UP, SILENCE, free_port, inbox, scripted
from .test_email import SETTINGS, attempt, parsed, payload

mime: Any = importlib.import_module("publisher.adapters._mime")
smtp: Any = importlib.import_module("publisher.adapters._smtp")


def channel(url: str) -> Adapter:
    return load("email")(Channel("email", "email", SETTINGS), {"smtp_url": url})


def outcome(mail: Adapter, recipient: str = "ada@example.org") -> DeliveryError | None:
    """What came of one message: None if it was sent."""
    try:
        mail.send(payload(), attempt(recipient))
    except DeliveryError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("answers", "kind", "status"),
    [
        ({"GREETING": HANG_UP}, NotSent, None),
        ({"GREETING": b"421 too busy\r\n"}, NotSent, 421),
        ({"GREETING": b"554 not for you\r\n"}, Refused, 554),
        ({"GREETING": b"hello?\r\n"}, NotSent, -1),
        ({"EHLO": HANG_UP}, NotSent, None),
        ({"MAIL": b"421 closing\r\n"}, NotSent, 421),
        ({"MAIL": b"451 4.3.0 later\r\n"}, NotSent, 451),
        ({"MAIL": b"553 5.7.1 not your address\r\n"}, Refused, 553),
        ({"RCPT": b"450 4.2.1 greylisted\r\n"}, NotSent, 450),
        ({"RCPT": b"550 5.1.1 no such user\r\n"}, Refused, 550),
        ({"RCPT": HANG_UP}, NotSent, None),
        ({"RCPT": b"x" * 9000 + b"\r\n"}, NotSent, None),
        ({"DATA": b"451 4.7.1 later\r\n"}, NotSent, 451),
        ({"DATA": b"554 5.5.1 no\r\n"}, Refused, 554),
        ({"DATA": HANG_UP}, NotSent, None),
        ({"DOT": b"421 closing\r\n"}, NotSent, 421),
        ({"DOT": b"451 4.3.0 disk full\r\n"}, NotSent, 451),
        ({"DOT": b"554-5.7.1 spam\r\n554 5.7.1 indeed\r\n"}, Refused, 554),
        ({"DOT": HANG_UP}, Unknown, None),
        ({"DOT": b"25"}, Unknown, None),
        ({"DOT": b"garbage\r\n"}, Unknown, None),
        ({"DOT": b"x" * 9000 + b"\r\n"}, Unknown, None),
        ({"DOT": b"354 go on\r\n"}, Unknown, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_answer_has_one_meaning(
    answers: dict[str, bytes], kind: type[DeliveryError], status: int | None
) -> None:
    with scripted(answers) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        error = outcome(mail)
        mail.close()
    assert type(error) is kind
    assert error.status == status
    assert f"127.0.0.1:{box.port}" in error.message
    if kind is not Refused:
        assert len(box.mails) == ("DOT" in answers)


def test_a_connection_lost_in_the_middle_of_the_message_is_not_sent() -> None:
    """Enough text that the server is gone before the last of it, and the dot, can be written."""
    with scripted({"BODY": HANG_UP}) as box:
        session = smtp.Session(smtp.parse_url(f"smtp://127.0.0.1:{box.port}"), "")
        long = mime.Mail(
            "a@example.org", "b@example.org", b"x" * 70 + b"\r\n" * 8_000_000, False, ""
        )
        with pytest.raises(NotSent, match="before the message was complete"):
            session.send(long)
        session.close()
    assert box.mails == []


def test_silence_after_the_dot_is_unknown_and_before_it_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "FINAL_TIMEOUT", 0.2)
    monkeypatch.setattr(smtp, "COMMAND_TIMEOUT", 0.2)
    for verb, kind in (("DOT", Unknown), ("RCPT", NotSent)):
        with scripted({verb: SILENCE}) as box:
            mail = channel(f"smtp://127.0.0.1:{box.port}")
            error = outcome(mail)
            mail.close()
        assert type(error) is kind
        assert "no answer in time" in error.message


def test_the_timeouts_suit_real_servers() -> None:
    assert smtp.CONNECT_TIMEOUT == 20
    assert smtp.FINAL_TIMEOUT >= 120


def test_nobody_listening_and_a_name_that_doesnt_exist_are_not_sent() -> None:
    for address, why in (
        (f"127.0.0.1:{free_port()}", "connection refused"),
        ("mail.invalid:587", "resolved"),
    ):
        error = outcome(channel(f"smtp://{address}"))
        assert type(error) is NotSent
        assert why in error.message
        assert error.hint


def test_one_bad_recipient_doesnt_spoil_the_connection_for_the_next() -> None:
    with scripted({"RCPT": b"550 5.1.1 no such user\r\n"}, times=1) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        assert type(outcome(mail)) is Refused
        assert outcome(mail, "grace@example.org") is None
        mail.close()
    assert box.connections == 1
    assert b"To: grace@example.org" in box.mails[0]


@pytest.mark.parametrize(
    "answers", [{"RSET": HANG_UP}, {"RSET": b"421 idle\r\n"}, {"DOT": HANG_UP}], ids=str
)
def test_a_connection_that_went_away_is_made_anew(answers: dict[str, bytes]) -> None:
    with scripted(answers, times=1) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        first = outcome(mail)
        assert outcome(mail, "grace@example.org") is None
        mail.close()
    assert type(first) in (type(None), Unknown)
    assert box.connections == 2
    assert len(box.mails) == 2


def test_the_dot_doesnt_wait_for_an_acknowledgement() -> None:
    """Written apart, it would wait 40 ms for each recipient (Nagle and delayed
    acknowledgements)."""
    with scripted({}) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        mail.send(payload(), attempt())
        sock = mail._session._client.sock  # type: ignore[attr-defined]
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        mail.close()
    assert len(box.mails) == 1


def test_lines_that_begin_with_a_dot_arrive() -> None:
    with inbox() as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        mail.send(payload(text="a\n.\n..\nb"), attempt())
        mail.close()
    part = parsed(box.mails[0].content).get_body(("plain",))
    assert part is not None
    assert "a\n.\n..\nb" in part.get_content().replace("\r\n", "\n")


def test_closing_is_polite_and_never_raises() -> None:
    for answers in ({}, {"QUIT": HANG_UP}, {"QUIT": b"500 what\r\n"}):
        with scripted(answers) as box:
            mail = channel(f"smtp://127.0.0.1:{box.port}")
            mail.close()
            assert outcome(mail) is None
            mail.close()
            mail.close()
    with scripted({}) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        assert outcome(mail) is None
    mail.close()


def test_the_failpoints_are_hit_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    with inbox() as box:
        monkeypatch.setattr(failpoints, "hook", lambda name: seen.append((name, len(box.mails))))
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        assert outcome(mail) is None
        mail.close()
    assert [name for name, _ in seen] == [
        "before connection open",
        "connection open",
        "before request sent",
        "request sent",
        "response received",
    ]
    assert (seen[2][1], seen[4][1]) == (0, 1)


def test_addresses_beyond_ascii_need_a_server_that_knows_them() -> None:
    with inbox(enable_SMTPUTF8=False) as plain, inbox(enable_SMTPUTF8=True) as modern:
        old, new = (
            channel(f"smtp://127.0.0.1:{plain.port}"),
            channel(f"smtp://127.0.0.1:{modern.port}"),
        )
        for recipient in ("ada@bücher.example", "ada@xn--bcher-kva.example"):
            assert outcome(old, recipient) is None
        refused = outcome(old, "zoë@example.org")
        assert outcome(new, "zoë@bücher.example") is None
        old.close()
        new.close()
    assert [mail.rcpt_tos for mail in plain.mails] == [["ada@xn--bcher-kva.example"]] * 2
    assert type(refused) is Refused
    assert "SMTPUTF8" in refused.message
    (mail,) = modern.mails
    assert mail.rcpt_tos == ["zoë@xn--bcher-kva.example"]
    assert "SMTPUTF8" in mail.mail_options
    assert "\r\nTo: zoë@xn--bcher-kva.example\r\n".encode() in mail.original_content
