"""The same promises, against servers that nobody here wrote: mastodon-mock from PyPI, and Debian's
postfix and exim.

`.ci/servers` installs them. Without them these tests are skipped, visibly; where CI=true is set,
that is a failure.
"""

from __future__ import annotations

import io
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.text import tree
from tests.proxy import Mischief, Proxy
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import runner as runner
from tests.reliability.mail_servers import (
    DOMAIN,
    PASSWORD,
    Exim,
    MailServer,
    Postfix,
    missing_exim,
    missing_postfix,
)
from tests.reliability.runner import Runner
from tests.reliability.servers import MASTODON_MOCK, MastodonMock
from tests.reliability.world import World


def not_there(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}: .ci/run must install it")
    pytest.skip(why)


class MockWorld(World):
    """Leads to mastodon-mock, by way of the proxy."""

    def __init__(
        self,
        folder: Path,
        box: Sandbox,
        runner: Runner,
        mock: MastodonMock,
        proxy: Proxy,
        **how: Any,
    ) -> None:
        super().__init__(
            folder, box, runner, folder.name.replace("_", ""), channels=("mastodon",),
            environment={"MASTODON_ACCESS_TOKEN": mock.token}, **how,
        )  # fmt: skip
        self.write_config(self.config.replace(box[Mastodon].url, proxy.url))
        self.mock, self.proxy = mock, proxy

    def received(self) -> list[dict[str, Any]]:
        return self.mock.received()


@pytest.fixture(scope="module")
def mock() -> Iterator[MastodonMock]:
    if not MASTODON_MOCK.exists():
        not_there("mastodon-mock is not installed in .venvs/mastodon-mock")
    with MastodonMock() as mock:
        yield mock


@pytest.fixture
def proxy(mock: MastodonMock) -> Iterator[Proxy]:
    with Proxy(mock.port) as proxy:
        yield proxy


@pytest.fixture
def mastodon(
    tmp_path: Path, box: Sandbox, runner: Runner, mock: MastodonMock, proxy: Proxy
) -> Callable[..., MockWorld]:
    return lambda **how: MockWorld(tmp_path, box, runner, mock, proxy, **how)


class TestMastodonMock:
    @pytest.mark.parametrize("threads", [False, True], ids=["one post", "thread"])
    @pytest.mark.parametrize("kind", ["drop", "503", "cut", "html", "refuse"])
    def test_one_post_exit_status_0_no_person_asked(
        self, kind: Mischief, threads: bool, mastodon: Callable[..., MockWorld], proxy: Proxy
    ) -> None:
        """The server accepted it, and the answer was lost: nobody is asked, and nothing is sent
        twice."""
        world = mastodon(threads=threads)
        proxy.mischief.append(kind)
        run = world.publish().wait()
        assert run.status == 0, run.err
        assert world.faults() == []
        parts = 3 if threads else 1
        assert proxy.posts == parts + (kind == "refuse"), "what was accepted was never sent again"
        assert world.publish().wait().status == 0
        assert world.faults() == []
        assert proxy.posts == parts + (kind == "refuse")

    def test_killed_at_every_step(
        self, mastodon: Callable[..., MockWorld], tmp_path: Path, box: Sandbox
    ) -> None:
        first = mastodon()
        for number, point in enumerate(
            point for point in POINTS if point not in {"between recipients", *FOR_PICTURES}
        ):
            world = MockWorld(
                tmp_path / f"killed{number}", box, first.runner, first.mock, first.proxy
            )
            killed = world.publish(how="kill", at=point, channel="mastodon").wait()
            assert killed.killed, point
            assert world.publish().wait().status == 0, point
            assert world.faults() == [], point

    def test_two_processes_at_once(self, mastodon: Callable[..., MockWorld]) -> None:
        world = mastodon(threads=True)
        runs = [process.wait() for process in [world.publish() for _ in range(3)]]
        assert 0 in {run.status for run in runs} <= {0, 1}
        assert world.faults() == []

    def test_four_pictures_arrive_with_their_texts_and_an_edit_keeps_them(
        self, mastodon: Callable[..., MockWorld], proxy: Proxy
    ) -> None:
        world = mastodon(pictures=4)
        assert world.publish().wait().status == 0
        proxy.mischief.append("503")
        world.edit()
        run = world.publish().wait()
        assert run.status == 0, run.err
        ((copy, count),) = world.live().items()
        assert (copy.version, count) == (world.version, 1)
        media = world.entry(copy)["media_attachments"]
        assert [each["description"] for each in media] == [
            f"Picture {number}" for number in range(4)
        ]

    def test_it_is_edited_and_retracted(self, mastodon: Callable[..., MockWorld]) -> None:
        world = mastodon()
        assert world.publish().wait().status == 0
        world.edit()
        assert world.publish().wait().status == 0
        assert {copy.version for copy in world.live()} == {2}
        assert world.run("retract", "post.md", "--channels", "mastodon", "--yes").status == 0
        assert not world.live()
        assert world.publish().wait().json["results"][0]["reason"] == "retracted"

    def test_an_account_that_has_posted_much_since(
        self, mastodon: Callable[..., MockWorld], mock: MastodonMock
    ) -> None:
        """What a killed run left behind is found, however many posts were made after it."""
        world = mastodon()
        assert world.publish(how="kill", at="request sent", channel="mastodon").wait().killed
        for number in range(90):
            mock.post(f"Something else, number {number}")
        assert world.publish().wait().status == 0
        assert world.faults() == []


BOXES = tuple(f"{name}@{DOMAIN}" for name in ("ada", "grace", "radia"))
UNSUBSCRIBE = f"https://{DOMAIN}/leave?list=news&token=" + "0123456789abcdef" * 5


class MailWorld(World):
    """Leads to a mail server, signed in over STARTTLS, the certificate verified."""

    def __init__(
        self,
        folder: Path,
        box: Sandbox,
        runner: Runner,
        server: MailServer,
        more: str = "",
        pictures: int = 0,
    ) -> None:
        environment = {"SMTP_URL": server.url, "SSL_CERT_FILE": str(server.authority)}
        super().__init__(
            folder,
            box,
            runner,
            folder.name.replace("_", ""),
            channels=("email",),
            recipients=3,
            environment=environment,
            pictures=pictures,
        )
        self.recipients = BOXES
        config = re.sub(
            r"recipients = .*", f"recipients = {list(BOXES)}".replace("'", '"'), self.config
        )
        self.write_config(
            re.sub(r"unsubscribe = .*", f'unsubscribe = "{UNSUBSCRIBE}"\n{more}', config)
        )
        assert tomllib.loads(self.config)["channels"]["email"]["recipients"] == list(BOXES)
        self.server = server

    def received(self) -> list[dict[str, Any]]:
        return self.server.received()

    def raw(self) -> list[tuple[str, bytes]]:
        return [(box, raw) for box, raw in self.server.raw() if f"{self.tag}-v".encode() in raw]


@pytest.fixture(scope="module", params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    which, missing = {"postfix": (Postfix, missing_postfix), "exim": (Exim, missing_exim)}[
        request.param
    ]
    if why := missing():
        not_there(why)
    with which(BOXES) as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path, box: Sandbox, runner: Runner, server: MailServer) -> MailWorld:
    return MailWorld(tmp_path, box, runner, server)


def headers(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]


class TestMailServers:
    def test_everybody_gets_one_copy_and_sees_nobody_else(self, mail: MailWorld) -> None:
        assert mail.publish().wait().status == 0
        assert mail.publish().wait().status == 0
        assert mail.faults() == []
        for mine, raw in mail.raw():
            assert mine.encode() in headers(raw)
            assert not [other for other in BOXES if other != mine and other.encode() in raw]

    def test_four_pictures_without_an_address_arrive_in_the_mail(
        self, tmp_path: Path, box: Sandbox, runner: Runner, server: MailServer
    ) -> None:
        world = MailWorld(tmp_path / "pictures", box, runner, server, pictures=4)
        world.write_config(re.sub(r"(?m)^(base_url|permalink) = .*\n", "", world.config))
        run = world.publish().wait()
        assert run.status == 0, run.err
        mails = world.raw()
        assert len(mails) == 3
        for _, raw in mails:
            message = BytesParser(policy=policy.default).parsebytes(raw)
            page = message.get_body(("html",))
            assert page is not None
            images = [
                each for each in tree.parse(str(page.get_content())).walk() if each.name == "img"
            ]
            pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
            assert len(pictures) == 4
            for number, part in enumerate(pictures):
                with Image.open(io.BytesIO(part.get_content())) as image:
                    assert image.size == (9, 8 + number)
                shown = next(
                    each.attrs for each in images if each.attrs["alt"] == f"Picture {number}"
                )
                assert shown["src"] == f"cid:{str(part['Content-ID'])[1:-1]}"
                assert (shown["width"], shown["height"]) == ("9", str(8 + number))

    def test_list_headers_arrive_unmangled(self, mail: MailWorld) -> None:
        assert mail.publish().wait().status == 0
        for _, raw in mail.raw():
            unfolded = re.sub(rb"\n[ \t]+", b" ", headers(raw)).split(b"\n")
            assert f"List-Unsubscribe: <{UNSUBSCRIBE}>".encode() in unfolded
            assert not [line for line in unfolded if line.startswith(b"List-Unsubscribe-Post")]
            assert not [line for line in unfolded if line.startswith(b"List-") and b"=?" in line]

    def test_killed_at_every_step(self, mail: MailWorld, tmp_path: Path) -> None:
        """Before the final dot nobody is asked; after it, about one recipient."""
        asked = {}
        for number, point in enumerate(
            point for point in POINTS if point not in {"between parts", *FOR_PICTURES}
        ):
            world = MailWorld(tmp_path / f"killed{number}", mail.sandbox, mail.runner, mail.server)
            assert world.publish(how="kill", at=point, channel="email").wait().killed, point
            run = world.publish().wait()
            asked[point] = len(world.resolve()) if run.status == 3 else 0
            assert world.publish().wait().status == 0, point
            assert world.faults() == [], point
        certain = {
            "before connection open",
            "connection open",
            "before request sent",
            "before intent written",
        }
        assert not [point for point in certain if asked[point]]
        assert asked["request sent"] == asked["response received"] == 1

    def test_a_resend_has_the_same_message_id(self, mail: MailWorld) -> None:
        """With on_unknown = "resend" a recipient may get a second copy; a mailbox that dedupes
        shows one."""
        mail.write_config(mail.config + '\non_unknown = "resend"\n')
        assert mail.publish(how="kill", at="request sent", channel="email").wait().killed
        mail.server.settle()
        assert mail.publish().wait().status == 0
        copies = [entry for entry in mail.received() if f"{mail.tag}-v" in entry["text"]]
        # postfix keeps what it has taken; exim drops it where it can't say so.
        assert len(copies) in ((4,) if isinstance(mail.server, Postfix) else (3, 4))
        assert len({entry["id"] for entry in copies}) == 3
        assert len({(entry["id"], entry["to"][0]) for entry in copies}) == 3

    def test_a_dead_address_stops_nobody_else(self, mail: MailWorld) -> None:
        mail.write_config(mail.config.replace(BOXES[0], f"gone@{DOMAIN}"))
        run = mail.publish().wait()
        assert run.status == 1
        assert run.json["results"][0]["recipients"] == {"sent": 2, "refused": 1, "unknown": 0}
        assert sorted(box for box, _ in mail.raw()) == sorted(BOXES[1:])

    def test_a_certificate_that_nobody_vouches_for(self, mail: MailWorld) -> None:
        del mail.environment["SSL_CERT_FILE"]
        run = mail.publish().wait()
        assert run.status == 1
        assert "certificate" in run.json["results"][0]["error"]["message"]
        assert mail.raw() == []

    def test_a_wrong_password_is_not_shown(self, mail: MailWorld) -> None:
        mail.environment["SMTP_URL"] = mail.environment["SMTP_URL"].replace(
            PASSWORD, "wr0ng-passw0rd"
        )
        run = mail.publish().wait()
        assert run.status == 1
        assert "535" in run.out
        assert "wr0ng" not in run.out + run.err
        assert mail.raw() == []
