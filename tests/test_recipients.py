"""A list of recipients is read as people keep it, and a mistake in it is told before anything is
sent."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Channel
from publisher.errors import ConfigError, Problems, PublishError
from publisher.identity import Identity
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.registry import load
from publisher.sandbox import Sandbox
from tests.conftest import Publish

addresses: Any = importlib.import_module("publisher.adapters._addresses")


def read(root: Path, setting: Any, *, confined: bool = False) -> tuple[str, ...]:
    channel = Channel("email", "email", {"recipients": setting}, root, confined)
    return load("email")(channel).recipients()


def csv(root: Path, content: str | bytes) -> tuple[str, ...]:
    data = content.encode() if isinstance(content, str) else content
    (root / "list.csv").write_bytes(data)
    return read(root, "list.csv")


def wrong(root: Path, content: str | bytes) -> PublishError:
    with pytest.raises((ConfigError, Problems)) as caught:
        csv(root, content)
    return caught.value


TWO = ("ada@example.org", "grace@example.org")


@pytest.mark.parametrize(
    "content",
    [
        "email\nada@example.org\ngrace@example.org\n",
        "\ufeffname,Email\nAda,ada@example.org\nGrace,grace@example.org\n",
        "Nom;E-mail;Ville\r\nAda;ada@example.org;Évry\r\nGrace;grace@example.org;Lyon\r\n",
        "EMAIL\tname\nada@example.org\tAda\ngrace@example.org\tGrace",
        '"Name", " Email Address "\n"Lovelace, Ada", ada@example.org \n"Hopper",grace@example.org\n',
        "\n\nemail,since\n\n ,\nada@example.org,2024\n,\n\ngrace@example.org,2025\n\n",
        'name,e_mail\r"Ada\nLovelace",ada@example.org\rGrace,grace@example.org',
    ],
    ids=["plain", "bom", "semicolons", "tabs", "quotes", "blank lines", "old Mac"],
)
def test_a_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, content: str) -> None:
    assert csv(tmp_path, content) == TWO


def test_a_list_in_the_configuration_is_as_good(tmp_path: Path) -> None:
    assert read(tmp_path, ["ada@example.org", " grace@example.org"]) == TWO


def test_duplicates_are_merged_and_the_order_kept(tmp_path: Path) -> None:
    rows = [
        "zoë@example.org",
        "Ada@Example.ORG",
        "ada@example.org",
        "li@bücher.example",
        "li@xn--bcher-kva.example",
    ]
    assert csv(tmp_path, "email\n" + "\n".join(rows)) == (
        "zoë@example.org",
        "Ada@example.org",
        "li@bücher.example",
    )


def test_every_bad_address_is_told_with_its_line(tmp_path: Path) -> None:
    rows = 'name,email\nAda,ada@example.org\nBob,bob(at)example.org\n"C\nD",c@d@example.org\nE,\n'
    error = wrong(tmp_path, rows)
    assert isinstance(error, Problems)
    assert [(e.line, e.message) for e in error.errors] == [
        (3, "the address 'bob(at)example.org' has no @"),
        (5, "the address 'c@d@example.org' has more than one @"),
        (6, "the address '' is empty"),
    ]
    assert all(e.file and e.file.endswith("list.csv") and e.hint for e in error.errors)


def test_a_thousand_bad_addresses_are_no_thousand_lines(tmp_path: Path) -> None:
    error = wrong(tmp_path, "email\n" + "nobody\n" * 1000)
    assert isinstance(error, Problems)
    assert len(error.errors) == 21
    assert "980 more" in error.errors[-1].message


def test_a_missing_column_names_those_that_are_there(tmp_path: Path) -> None:
    error = wrong(tmp_path, "name;address;town\nAda;1 Rue X;Paris\n")
    assert error.message == "there is no column email; found: 'name', 'address', 'town'"
    assert error.line == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("email\n", "no recipients"),
        ("email,E-mail\na@example.org,b@example.org\n", "more than one column"),
        ("email\nadé@example.org\n".encode("latin-1"), "UTF-8"),
        ("email\nada@example.org\n".encode("utf-16"), "UTF-8"),
        ('email\n"' + "x" * 200_000, "no CSV"),
    ],
)
def test_an_unusable_file_is_one_clear_error(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    error = wrong(tmp_path, content)
    assert says in error.message
    assert error.hint
    assert error.file is not None


def test_the_file_may_lie_elsewhere_unless_it_may_be_a_stranger_s(tmp_path: Path) -> None:
    root = tmp_path / "site"
    root.mkdir()
    (tmp_path / "out.csv").write_text("email\nada@example.org\n")
    (root / ".secret.csv").write_text("email\nada@example.org\n")
    (root / "link.csv").symlink_to(tmp_path / "out.csv")
    for name in (
        "../out.csv",
        "link.csv",
        str(tmp_path / "out.csv"),
        ".secret.csv",
        "gone.csv",
        ".",
    ):
        with pytest.raises(ConfigError):
            read(root, name, confined=True)
        if name not in ("gone.csv", "."):
            assert read(root, name) == ("ada@example.org",)
    with pytest.raises(ConfigError) as caught:
        read(root, "ada@example.org")
    assert '["ada@example.org"]' in caught.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "ada", "@example.org", "ada@", "a@b@example.org", "a b@example.org", "ada@example",
        "ada@exam_ple.org", "ada@-x.org", "ada@x-.org", "ada@1.2.3.4", "ada@[127.0.0.1]",
        "ada@example..org", "ada@example.org.", ".ada@example.org", "ada.@example.org", "a..b@example.org",
        "Ada <ada@example.org>", "<ada@example.org>", "ada@example.org\r\nBcc: x@example.org",
        "ada\0@example.org", "ada@exa\u200bmple.org", "a,b@example.org", "x" * 65 + "@example.org",
        "ada@" + "x." * 130 + "org", '"a b"@example.org', "ada@\U0001f600\ud800.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^(has|is) ") as caught:
        addresses.clean(address)
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (" Ada.Lovelace+news@Example.ORG ", "Ada.Lovelace+news@example.org"),
        ("o'hara_{1}@a-b.co.uk", "o'hara_{1}@a-b.co.uk"),
        ("root@localhost", "root@localhost"),
        ("用户@例子.公司", "用户@例子.公司"),
        ("e\u0301ve@example.org", "éve@example.org"),
    ],
)
def test_what_is_one_is_kept_as_it_is(given_: str, kept: str) -> None:
    assert addresses.clean(given_) == kept


def test_domains_are_encoded_as_browsers_do_today() -> None:
    """The standard library's codec (IDNA 2003) makes straße.example into strasse.example: somebody
    else."""
    assert addresses.on_the_wire("ada@straße.example") == "ada@xn--strae-oqa.example"
    assert addresses.on_the_wire("用户@例子.公司") == "用户@xn--fsqu00a.xn--55qx5d"


@given(st.text(max_size=60) | st.text(alphabet='ab.@-+_ é例"<>,\r\n', max_size=30))
def test_nothing_but_one_plain_address_ever_comes_out(text: str) -> None:
    try:
        address = addresses.clean(text)
    except ValueError:
        return
    assert address.count("@") == 1
    assert not set(address) & set(' \t\r\n\0<>,;:"()[]\\')
    assert addresses.clean(address) == address


@pytest.mark.parametrize(
    ("given_", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        ("The collective <news@example.org>", "The collective", "news@example.org"),
        (
            '"Café, société \\"libre\\"" <News@Example.org>',
            'Café, société "libre"',
            "News@example.org",
        ),
        ("<news@example.org>", "", "news@example.org"),
        ("协作社 <news@例子.公司>", "协作社", "news@例子.公司"),
    ],
)
def test_a_sender_has_a_name_and_an_address(given_: str, name: str, address: str) -> None:
    assert addresses.sender(given_) == addresses.Mailbox(name, address)


@pytest.mark.parametrize(
    "text", ["", "Name", "A <a@example.org", "A\r\nBcc: x <a@example.org>", "A <b> <c>"]
)
def test_or_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(has|is|lacks) "):
        addresses.sender(text)


# Who left


LEFT = {
    "ghost": "email,subscribed_to_emails,deleted_at\nada@example.org,true,\nb@example.org,false,\n"
    "grace@example.org,TRUE,\nc@example.org,true,2026-02-01T10:00:00Z\n",
    "buttondown": "Email,Subscriber type\nada@example.org,regular\nb@example.org,unsubscribed\n"
    "c@example.org,unactivated\ngrace@example.org,regular\nd@example.org,complained\n",
    "mailchimp": "Email Address,First Name,UNSUB_TIME,CLEAN_TIME,OPTIN_TIME\nada@example.org,Ada,,,\n"
    "b@example.org,B,2026-01-02 10:00:00,,\nc@example.org,C,,2026-01-02 10:00:00,\n"
    "grace@example.org,Grace,,,2020-01-01 10:00:00\n",
    "listmonk": "uuid,email,status,subscription_status\n1,ada@example.org,enabled,confirmed\n"
    "2,b@example.org,blocklisted,confirmed\n3,c@example.org,enabled,unsubscribed\n"
    "4,grace@example.org,enabled,confirmed\n5,d@example.org,disabled,\n",
    "substack": "email,active_subscription,email_disabled\nada@example.org,false,false\n"
    "b@example.org,true,true\ngrace@example.org,true,false\n",
    "brevo": "EMAIL;OPT_IN;EMAIL_BLACKLISTED\nada@example.org;1;0\nb@example.org;0;0\n"
    "c@example.org;1;1\ngrace@example.org;1;0\n",
    "mailerlite": "Email,Status,Subscribed,Unsubscribed\nada@example.org,active,2024-01-01,\n"
    "b@example.org,unsubscribed,2024-01-01,2025-01-01\ngrace@example.org,active,2024-01-02,\n",
    "by hand": "E-mail,Consent\nada@example.org,ja\nb@example.org,\nc@example.org,nein\n"
    "grace@example.org,x\n",
    "left in another line": "email,unsubscribed\nada@example.org,\nb@example.org,\ngrace@example.org,no\n"
    "B@example.org,yes\n",
    "an address that left and is none": "email,unsubscribed\nada@example.org,\nnobody,yes\ngrace@example.org,\n",
}


@pytest.mark.parametrize("tool", LEFT)
def test_who_left_gets_nothing_and_is_counted(tmp_path: Path, tool: str) -> None:
    (tmp_path / "list.csv").write_text(LEFT[tool], "utf-8")
    channel = load("email")(Channel("email", "email", {"recipients": "list.csv"}, tmp_path))
    assert channel.recipients() == TWO
    everybody = set(re.findall(r"\w+@example\.org", LEFT[tool].casefold()))
    assert channel.left_out() == len(everybody - set(TWO))


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("email,Opt-in date of the shop\nada@example.org,\n", "Opt-in date of the shop"),
        ("email,marketing_permission\nada@example.org,yes\n", "marketing_permission"),
        ("email,Newsletter bounces\nada@example.org,3\n", "Newsletter bounces"),
        ("email,unsubscribed_from_shop\nada@example.org,no\n", "unsubscribed_from_shop"),
        ("email,Abgemeldet am\nada@example.org,\n", "Abgemeldet am"),
        ("email,désinscrit\nada@example.org,non\n", "désinscrit"),
        ("email,fecha_baja\nada@example.org,\n", "fecha_baja"),
        ("email,disiscritto\nada@example.org,no\n", "disiscritto"),
        ("email,отписан\nada@example.org,нет\n", "отписан"),
        ("email,退订时间\nada@example.org,\n", "退订时间"),
    ],
)
def test_a_column_that_may_say_who_left_is_never_guessed(
    tmp_path: Path, content: str, column: str
) -> None:
    error = wrong(tmp_path, content)
    assert repr(column) in error.message
    assert f'ignore_columns = ["{column}"]' in error.hint
    settings = {"recipients": "list.csv", "ignore_columns": [column]}
    channel = load("email")(Channel("email", "email", settings, tmp_path))
    assert channel.recipients() == TWO[:1]


@pytest.mark.parametrize("value", ["maybe", "ask her", "2"])
@pytest.mark.parametrize("column", ["subscribed", "status", "opt_in", "consent"])
def test_a_value_that_says_neither_is_an_error_with_its_line(
    tmp_path: Path, column: str, value: str
) -> None:
    error = wrong(tmp_path, f"email,{column}\nada@example.org,yes\ngrace@example.org,{value}\n")
    assert error.line == 3
    assert repr(value) in error.message


def test_if_everybody_left_there_is_nobody(tmp_path: Path) -> None:
    error = wrong(tmp_path, "email,unsubscribed\nada@example.org,yes\n")
    assert "1 have left the list" in error.message


@pytest.mark.parametrize(
    "header", ["subscribed_at", "Opt-in IP", "name", "Stadt", "Options", "State of mind", "notes"]
)
def test_other_columns_say_nothing(tmp_path: Path, header: str) -> None:
    assert csv(tmp_path, f"email,{header}\nada@example.org,x y\n") == TWO[:1]


def test_the_plan_says_how_many_get_it_and_how_many_left(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    text = (project / "publish.toml").read_text("utf-8")
    text = re.sub(r"recipients = \[.*?\]", 'recipients = "list.csv"', text, flags=re.DOTALL)
    (project / "publish.toml").write_text(text, "utf-8")
    (project / "list.csv").write_text(LEFT["ghost"], "utf-8")
    ran = publish("post.md", "--dry-run", "--channels", "email")
    assert "2 recipients (2 left out, who left the list)" in ran.out
    assert publish("post.md", "--channels", "email").status == 0
    assert len(sandbox.received()) == 2


def test_status_counts_those_that_wait_and_names_a_few_of_the_others(
    project: Path, publish: Publish
) -> None:
    with Ledger(project / ".publish" / "sandbox.db") as ledger:
        waiting = Row("post.md", "email", 0, {"text": "x"})
        rows = [replace(waiting, recipient=f"r{number}@example.org") for number in range(1484)]
        rows += [
            replace(waiting, recipient=f"r{number}@example.org", state="failed")
            for number in range(2000, 2012)
        ]
        ledger.prepare(Identity("post.md"), "post.md", "email", rows)
    ran = publish("status")
    assert "not sent yet, 1,484 recipients\n" in ran.out
    assert "r2009@example.org, and 2 more" in ran.out
    assert ran.out.count("@") == 10
