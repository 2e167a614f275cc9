"""Bad input gets one clear line with file and line, what to do, exit status 2, no traceback, and
nothing sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import Publish

BOMB = (
    "---\ntitle: x\na: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "---\nText.\n"
)

FILES: dict[str, tuple[bytes, int | None]] = {
    "empty": (b"", None),
    "only white space": (b" \n\n", None),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
    "not UTF-8": ("---\ntitle: x\n---\n\ncafé\n".encode("latin-1"), 5),
    "50 MB": (b"x" * 50_000_000, None),
    "broken YAML": (b"---\ntitle: a: b\n---\nText.\n", 2),
    "YAML with a tab": (b"---\ntitle: x\n\tdate: y\n---\nText.\n", 3),
    "broken TOML": (b"+++\ntitle = \n+++\nText.\n", 2),
    "broken JSON": (b'{\n"title": \n}\nText.\n', 3),
    "broken JSON on a line": (b'{"title": "x", }\nText.\n', 1),
    "deep JSON on a line": (b'{"a": ' + b"[" * 100_000 + b"}\nText.\n", None),
    "no mapping": (b"---\njust words\n---\nText.\n", 2),
    "a list": (b"---\n- one\n- two\n---\nText.\n", 2),
    "never closed": (b"---\ntitle: x\n\nText.\n", 1),
    "no date": (b"---\ntitle: x\ndate: next week\n---\nText.\n", 3),
    "an impossible date": (b"---\ntitle: x\ndate: 2026-02-31\n---\nText.\n", 3),
    "a YAML alias bomb": (BOMB.encode(), 1),
    "a YAML cycle": (b"---\na: &a [*a]\n---\nText.\n", 1),
    "deep YAML": (b"---\na: " + b"[" * 100_000 + b"\n---\nText.\n", None),
    "deep JSON": (b'{\n"a": ' + b"[" * 100_000 + b"\n}\nText.\n", None),
    "deep TOML": (b"+++\na = " + b"[" * 100_000 + b"\n+++\nText.\n", None),
    "a title that is a table": (b"---\ntitle: {a: b}\n---\nText.\n", 2),
    "draft that is a text": (b"---\ntitle: x\ndraft: maybe\n---\nText.\n", 3),
    "an unknown channel": (b"---\ntitle: x\npublish: {channels: [mastodom]}\n---\nText.\n", 3),
    "an unknown override": (
        b"---\ntitle: x\npublish: {mastodon: {visibilty: public}}\n---\nText.\n",
        3,
    ),
    "a wrong override": (
        b"---\ntitle: x\npublish: {mastodon: {visibility: secret}}\n---\nText.\n",
        3,
    ),
    "a secret in a post": (
        b"---\ntitle: x\npublish: {mastodon: {access_token: abc}}\n---\nText.\n",
        3,
    ),
    "a title that leaves no room": (b"---\ntitle: " + b"long " * 200 + b"\n---\nText.\n", None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file(name: str, project: Path, sandbox: Sandbox, publish: Publish) -> None:
    content, line = FILES[name]
    (project / "bad.md").write_bytes(content)
    ran = publish("bad.md", "post.md", "--yes")
    assert ran.status == 2
    assert "Traceback" not in ran.err
    errors = [each for each in ran.err.splitlines() if each.startswith("error")]
    assert errors
    for said in errors:
        assert "bad.md" in said
        if line is not None:
            assert f"bad.md:{line}:" in said
        assert said.endswith(")"), "it says what to do"
        assert len(said) < 500
    assert not sandbox.received(), "one bad POST among several stops all"


@pytest.mark.parametrize(
    "text", ["[" * 10_000, "> " * 10_000, "[a](" * 10_000, "- " * 10_000, "*a **b " * 10_000]
)
def test_brackets_and_quotes_ten_thousand_deep(text: str, project: Path, publish: Publish) -> None:
    (project / "deep.md").write_text("---\ntitle: x\n---\n\n" + text, "utf-8")
    ran = publish("deep.md", "--dry-run")
    assert ran.status in (0, 2)
    if ran.status == 2:
        assert "deep.md:5:" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a post"),
        (["missing.md"], "missing.md"),
        (["post.md", "--channels", "mastodom"], "did you mean 'mastodon'"),
        (["post.md", "--channels", ","], "names no channel"),
        (["post.md", "--bogus"], "--bogus"),
        (["post.md", "--dryrun"], "did you mean '--dry-run'"),
        (["--yess", "post.md"], "did you mean '--yes'"),
        (["chek"], "did you mean 'check'"),
        (["retact", "post.md"], "did you mean 'retract'"),
        (["status", "--jsn"], "did you mean '--json'"),
        (["post.md", "--config", "nowhere.toml"], "nowhere.toml"),
        (["empty-folder"], "empty-folder"),
        (["status", "post.md"], "never been published"),
        (["resolve", "post.md", "discord", "--sent"], "never been published"),
        (["resolve", "post.md", "discord"], "--sent"),
    ],
)
def test_a_bad_command_line(
    arguments: list[str], words: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "empty-folder").mkdir()
    ran = publish(*arguments)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not sandbox.received()


@pytest.mark.parametrize(
    "front",
    [
        "+++\n" + "a." * 30_000 + "a = 1\n+++",
        "+++\nweight = 0x" + "f" * 4000 + "\n+++",
        "---\nweight: 0x" + "f" * 4000 + "\n---",
        "+++\nx = { " + "b . " * 1000 + "b = 1 }\n+++",
    ],
    ids=["dots", "hexadecimal TOML", "hexadecimal YAML", "dots in a table"],
)
def test_front_matter_that_costs_more_than_it_says(
    front: str, project: Path, publish: Publish
) -> None:
    (project / "odd.md").write_text(f"{front}\nA text.\n", "utf-8")
    ran = publish("odd.md", "--dry-run")
    assert ran.status == 2
    assert "odd.md" in ran.err
    assert "front matter" in ran.err


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ post.title", "mastodon.txt.j2:1"),
        ("\n{% if %}", "mastodon.txt.j2:2"),
        ("{{ post.titel }}", "title"),
        ("\n\n{{ pots.title }}", "mastodon.txt.j2:3"),
        ("{{ site.nothing }}", "base_url"),
        ("{{ post.text | fti }}", "fti"),
        ("{{ post.text.__class__ }}", "mastodon.txt.j2"),
        ("{% include '../publish.toml' %}", "publish.toml"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ post.text | fit }}{{ post.title | fit }}", "more than one"),
        ("{{ 'x' * 501 }}", "501 of 500"),
        ("{{ 9 ** 9 ** 9 ** 9 }}", "**"),
        ("{{ ('x' * 999999999) | length }}", "MemoryError"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}"
            "{% endfor %}{% endfor %}{% endfor %}",
            "TimeoutError",
        ),
        # One call may be done within the limit, on a quick machine; so many aren't.
        ('{{ ("ab " * 2500000) | wordwrap(1) | wordcount }}' * 30, "TimeoutError"),
    ],
)
def test_a_bad_template(
    template: str, words: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "mastodon.txt.j2").write_text(template, "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not sandbox.received()


def test_a_recipients_file_without_the_column(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    path = project / "publish.toml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(
            'recipients = ["ada@example.org", "grace@example.com", "radia@example.net"]',
            'recipients = "l.csv"',
        ),
        "utf-8",
    )
    (project / "l.csv").write_text("name,town\nAda,London\n", "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert "l.csv" in ran.err
    assert "email" in ran.err
    assert not sandbox.received()


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "fifo", "templates"])
def test_what_is_no_list_of_addresses_is_not_taken_for_one(
    target: str, project: Path, publish: Publish
) -> None:
    (project / "templates").mkdir()
    os.mkfifo(project / "fifo")
    path = project / "publish.toml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(
            'recipients = ["ada@example.org", "grace@example.com", "radia@example.net"]',
            f'recipients = "{target}"',
        ),
        "utf-8",
    )
    ran = publish("post.md", "--dry-run")
    assert ran.status == 2
    assert "Traceback" not in ran.err


def test_text_from_a_post_never_reaches_the_terminal_as_escape_sequences(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    evil = '---\ntitle: "Red \\e[31m \\x9b31m and a bell \\a"\n---\n\nText \x1b]0;owned\x07 \x1b[2J \x9b2J\n'
    (project / "evil.md").write_text(evil, "utf-8")
    outputs = [publish("evil.md", "--dry-run"), publish("evil.md", "--json"), publish("status")]
    for ran in outputs:
        for character in ("\x1b", "\x07", "\x9b"):
            assert character not in ran.out
            assert character not in ran.err


def test_what_a_server_says_never_reaches_the_terminal_as_escape_sequences() -> None:
    from publisher.errors import Refused
    from publisher.tell.console import clean, describe

    words = describe(Refused("no \x1b[31m\nway \x9b", hint="\x07"))
    assert not [c for c in words if c in "\x1b\x9b\x07\n"]
    assert clean("é 日本 مرحبا 👩🏽‍🚀\n\tok") == "é 日本 مرحبا 👩🏽‍🚀\n\tok"


def test_a_line_break_never_reaches_a_header(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "post.md").write_text(
        '---\ntitle: "Hello\\r\\nBcc: eve@example.org"\n---\n\nText.\n', "utf-8"
    )
    assert publish("post.md", "--channels", "email").status == 0
    for item in sandbox.received():
        assert "eve@example.org" not in item["to"]
        assert "Bcc" not in item["headers"]
