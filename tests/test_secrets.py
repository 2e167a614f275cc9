"""Known secrets go through every way to fail; then every byte that was written is searched for
them."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.faults import HTTP_FAULTS, SMTP_FAULTS
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.reliability.child import TIMING
from tests.reliability.fixtures import MakeWorld
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import make as make
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Run
from tests.reliability.world import World

IMPATIENT = {**TIMING, "deadline": 1.0}
KINDS = sorted({*HTTP_FAULTS, *SMTP_FAULTS})
STRANGE = {
    "MASTODON_ACCESS_TOKEN": "tok/en+with=signs&and~more-0123456789",
    "TWITTER_CONSUMER_KEY": "consumer/key+0123456789",
    "TWITTER_CONSUMER_SECRET": "consumer/secret+0123456789",
    "TWITTER_ACCESS_TOKEN": "1587654321098765432-access/token+0123456789",
    "TWITTER_ACCESS_TOKEN_SECRET": "access/token/secret+0123456789",
}
"""Wrong ones, with letters that are written otherwise in a header."""


def secrets_of(world: World) -> list[bytes]:
    """Every secret of a world's environment, in each form in which it could be written."""
    values: set[str] = set()
    for name, value in world.environment.items():
        if name.startswith(("MASTODON_", "TWITTER_")):
            values.add(value)
    values.add(urlsplit(world.environment["DISCORD_WEBHOOK_URL"]).path.rpartition("/")[2])
    smtp = urlsplit(world.environment["SMTP_URL"])
    user, password = smtp.username or "", smtp.password or ""
    values.add(password)
    values |= {
        base64.b64encode(text.encode()).decode() for text in (password, f"\0{user}\0{password}")
    }
    forms = (
        values
        | {quote(value, safe="") for value in values}
        | {json.dumps(value)[1:-1] for value in values}
    )
    return [form.encode() for form in forms if form]


def written(world: World, runs: list[Run]) -> bytes:
    """Everything that the runs wrote: to the terminal, and to any file below the project's
    folder."""
    files = [file.read_bytes() for file in world.folder.rglob("*") if file.is_file()]
    return b"\n".join([*files, *((run.out + run.err).encode() for run in runs)])


def assert_no_secret(world: World, runs: list[Run]) -> None:
    everything = written(world, runs)
    assert b"post.md" in everything
    found = [secret for secret in secrets_of(world) if secret in everything]
    assert not found
    for run in runs:
        assert "Traceback" not in run.err


def test_the_search_finds_what_is_there(make: MakeWorld) -> None:
    world = make()
    (world.folder / "leak").write_text(
        f"post.md {quote(world.environment['TWITTER_CONSUMER_SECRET'])}", "utf-8"
    )
    with pytest.raises(AssertionError):
        assert_no_secret(world, [])


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_on_every_channel(kind: str, make: MakeWorld, box: Sandbox) -> None:
    world = make(recipients=2)
    for channel, kinds in box.kinds().items():
        if kind in kinds:
            box.fault(channel, kind, times=3, seconds=0.1)
            if channel != "email":
                box.fault(channel, kind, times=2, seconds=0.1, when="GET")
    runs = [
        world.publish(timing=IMPATIENT).wait(),
        world.run("post.md", timing=IMPATIENT),
        world.run("check"),
        world.run("status"),
        world.run("status", "--json"),
        world.run("channels"),
        world.run("ledger", "export"),
        world.run("ledger", "export", "export.jsonl"),
    ]
    assert_no_secret(world, runs)
    for file in [*(world.folder / ".publish").glob("*.db*"), world.folder / "export.jsonl"]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE((world.folder / ".publish" / "locks").stat().st_mode) == 0o700
    astray = [request for request in box._requests if request.path == "/elsewhere"]
    assert not astray, "no redirect is followed, so that no credential gets anywhere else"


def test_wrong_credentials(make: MakeWorld) -> None:
    world = make()
    world.environment.update(STRANGE)
    world.environment["DISCORD_WEBHOOK_URL"] += "x"
    world.environment["SMTP_URL"] = world.environment["SMTP_URL"].replace(
        "sandbox-smtp-password", "wr%2Fong-pass%2Bword"
    )
    runs = [
        world.publish().wait(),
        world.run("post.md"),
        world.run("check"),
        world.run("ledger", "export"),
    ]
    assert runs[0].status == 1
    assert {result["status"] for result in runs[0].json["results"]} == {"failed"}
    assert_no_secret(world, runs)


@contextmanager
def parrot(status: int, padding: int) -> Iterator[str]:
    """A server that answers everything with all that it was told: path, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = f"{'x' * padding} {self.path} {self.headers} {body!r}"
            said: Any = {"error": told, "detail": told, "message": told}
            answer = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("padding", [0, 60, 120, 180, 240, 290])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
def test_a_server_that_repeats_what_it_was_told(
    status: int, padding: int, make: MakeWorld, box: Sandbox
) -> None:
    """Also not the half of a secret, where a long answer is cut."""
    world = make(channels=("mastodon", "twitter", "discord"))
    world.environment.update(STRANGE)
    with parrot(status, padding) as url:
        world.write_config(
            world.config.replace(box[Mastodon].url, url).replace(box[Twitter].url, url)
        )
        world.environment["DISCORD_WEBHOOK_URL"] = box[Discord].webhook_url.replace(
            box[Discord].url, url
        )
        runs = [
            world.publish(timing={**IMPATIENT, "deadline": 0.3}).wait(),
            world.run("check"),
            world.run("status"),
        ]
    assert_no_secret(world, runs)
    halves = [
        secret[:12] for secret in secrets_of(world) if not secret.startswith((b"15876", b"sandbox"))
    ]
    assert not [half for half in halves if half in written(world, runs)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (
            "DISCORD_WEBHOOK_URL",
            "https://discord.com/api/webhooks/1180000000000000001/s3cr3t-t0ken-0123/slack",
        ),
        (
            "DISCORD_WEBHOOK_URL",
            "http://discord.com/api/webhooks/1180000000000000001/s3cr3t-t0ken-0123",
        ),
        ("DISCORD_WEBHOOK_URL", "https://[::1/api/webhooks/1180000000000000001/s3cr3t-t0ken-0123"),
        ("DISCORD_WEBHOOK_URL", "s3cr3t-t0ken-0123"),
        ("SMTP_URL", "smtp://news:s3cr3t-t0ken-0123@@mail.example.org:587"),
        ("SMTP_URL", "smtp://news:s3cr3t-t0ken-0123@[mail:587"),
        ("SMTP_URL", "smtp://news:s3cr3t/t0ken-0123@mail.example.org"),
        ("SMTP_URL", "mailto:s3cr3t-t0ken-0123"),
        ("MASTODON_ACCESS_TOKEN", "s3cr3t-t0ken-0123\nX-Injected: 1"),
        ("MASTODON_ACCESS_TOKEN", "s3cr3t-t0ken-0123-été"),
        ("TWITTER_ACCESS_TOKEN", "s3cr3t-t0ken-0123\r\nX-Injected: 1"),
    ],
)
def test_a_malformed_secret_is_not_repeated(name: str, value: str, make: MakeWorld) -> None:
    world = make()
    world.environment[name] = value
    runs = [
        world.publish(timing=IMPATIENT).wait(),
        world.run("post.md", timing=IMPATIENT),
        world.run("check"),
    ]
    assert runs[0].status in (1, 2)
    everything = written(world, runs)
    for part in (b"s3cr3t", b"t0ken-0123"):
        assert part not in everything
    for run in runs:
        assert "Traceback" not in run.err


def test_a_readable_answer_that_makes_no_sense_is_no_proof_that_it_is_live(
    make: MakeWorld, box: Sandbox
) -> None:
    world = make(channels=("mastodon", "twitter", "discord"))
    with parrot(200, 0) as url:
        world.write_config(
            world.config.replace(box[Mastodon].url, url).replace(box[Twitter].url, url)
        )
        world.environment["DISCORD_WEBHOOK_URL"] = box[Discord].webhook_url.replace(
            box[Discord].url, url
        )
        run = world.publish(timing={**IMPATIENT, "deadline": 0.3}).wait()
        checked = world.run("check")
    assert run.status == 3
    assert {result["status"] for result in run.json["results"]} == {"unknown"}
    assert checked.status == 1
    assert checked.out.count("failed") == 3
