"""Servers that nobody here wrote, on loopback: mastodon-mock from PyPI, and Debian's postfix with
STARTTLS and AUTH."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

from tests.reliability.runner import ROOT

MASTODON_MOCK = Path(
    os.environ.get("MASTODON_MOCK") or ROOT / ".venvs" / "mastodon-mock" / "bin" / "mastodon_mock"
)
PASSWORD = "s3cr3t-of-postfix"
DOMAIN = "list.example"


def missing_postfix() -> str:
    """Why postfix can't be started here, or ""."""
    for program in ("postfix", "saslpasswd2", "openssl"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            return f"{program} is not installed (.ci/servers installs it)"
    return "" if os.geteuid() == 0 else "postfix can be started by root only"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 30.0) -> None:
    """Until somebody listens there. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


class MastodonMock:
    """mastodon-mock 0.6.1, in an environment of its own, with its database in memory."""

    token = "mock_token"

    def __enter__(self) -> Self:
        self.port = free_port()
        self._server = subprocess.Popen(
            [
                MASTODON_MOCK,
                "serve",
                "--in-memory",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            cwd=tempfile.gettempdir(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port)
        self._account = self._ask("/api/v1/accounts/verify_credentials")["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(20)

    def post(self, text: str) -> None:
        """As another program of the same account does."""
        self._ask("/api/v1/statuses", urllib.parse.urlencode({"status": text}).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            body,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def received(self) -> list[dict[str, Any]]:
        """Every status that is live, as the sandbox would tell it."""
        found, older = [], ""
        while statuses := self._ask(f"/api/v1/accounts/{self._account}/statuses?limit=40{older}"):
            found += statuses
            older = f"&max_id={statuses[-1]['id']}"
        return [{**status, "channel": "mastodon", "text": status["content"]} for status in found]


MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
maillog_file = {base}/log
maillog_file_prefixes = {base}
myhostname = mail.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
relay_domains =
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {domain}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {base}/tls/server.pem
smtpd_tls_key_file = {base}/tls/server.key
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = inline:{{ {maps} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = {uid}
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
"""

SERVICES = (
    "127.0.0.1:{port} inet n - n - - smtpd",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "proxymap unix - - n - - proxymap",
    "proxywrite unix - - n - 1 proxymap",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "virtual unix - n n - - virtual",
    "anvil unix - - n - 1 anvil",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "flush unix n - n 1000? 0 flush",
    "showq unix n - n - - showq",
    "pickup unix n - n 60 1 pickup",
    "postlog unix-dgram n - n - 1 postlogd",
)


class Postfix:
    """An instance of its own: configuration, queue, users, certificate and mailboxes in a folder
    below /tmp.

    Signing in needs STARTTLS; the certificate is by an authority of our own, `authority`, for
    SSL_CERT_FILE.
    """

    user = "news"

    def __init__(self, mailboxes: tuple[str, ...]) -> None:
        self.mailboxes = mailboxes

    def __enter__(self) -> Self:
        self.base = Path(tempfile.mkdtemp(prefix="publish-postfix-"))
        self.base.chmod(0o755)  # its processes run as other users
        self.port = free_port()
        self.authority = self.base / "tls" / "ca.pem"
        try:
            self._configure()
            self._run("postfix", "-c", str(self.base / "etc"), "check")
            self._run("postfix", "-c", str(self.base / "etc"), "start")
            wait_for(self.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if (self.base / "queue" / "pid" / "master.pid").exists():
            self._run("postfix", "-c", str(self.base / "etc"), "stop")
        shutil.rmtree(self.base, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"smtp://{self.user}%40{DOMAIN}:{PASSWORD}@localhost:{self.port}"

    def settle(self, seconds: float = 20.0) -> None:
        """Until its queue is empty: everything that was accepted is in a mailbox, or bounced."""
        end = time.monotonic() + seconds
        queues = [
            self.base / "queue" / name for name in ("maildrop", "incoming", "active", "deferred")
        ]
        while any(file.is_file() for queue in queues for file in queue.rglob("*")):
            if time.monotonic() > end:
                raise TimeoutError(
                    f"mail is stuck: {(self.base / 'log').read_text('utf-8')[-2000:]}"
                )
            time.sleep(0.05)

    def raw(self) -> list[tuple[str, bytes]]:
        """Each message in each mailbox: the address, and the bytes."""
        self.settle()
        found = []
        for box in self.mailboxes:
            name = box.partition("@")[0]
            folders = [self.base / "mail" / name / sub for sub in ("new", "cur")]
            found += [
                (box, file.read_bytes())
                for folder in folders
                if folder.is_dir()
                for file in folder.iterdir()
            ]
        return found

    def received(self) -> list[dict[str, Any]]:
        """The same, as the sandbox would tell it."""
        entries = []
        for box, raw in self.raw():
            message: EmailMessage = BytesParser(policy=policy.default).parsebytes(raw)
            body = message.get_body(("plain",))
            text = str(body.get_content()) if body else ""
            entries.append(
                {
                    "channel": "email",
                    "id": message["Message-ID"],
                    "to": [box],
                    "text": text,
                    "url": "",
                }
            )
        return entries

    def _configure(self) -> None:
        base, nobody = self.base, pwd.getpwnam("nobody")
        for name in ("etc", "etc/sasl", "queue", "data", "users", "tls", "mail"):
            (base / name).mkdir()
        shutil.chown(base / "data", "postfix")
        shutil.chown(base / "mail", nobody.pw_uid, nobody.pw_gid)
        maps = ", ".join(f"{{ {box} = {box.partition('@')[0]}/ }}" for box in self.mailboxes)
        main = MAIN.format(
            base=base, domain=DOMAIN, maps=maps, uid=nobody.pw_uid, gid=nobody.pw_gid
        )
        (base / "etc" / "main.cf").write_text(main, "utf-8")
        services = "\n".join(SERVICES).format(port=self.port)
        (base / "etc" / "master.cf").write_text(services + "\n", "utf-8")
        # Debian's postfix looks below its configuration's folder, whatever cyrus_sasl_config_path
        # says.
        (base / "etc" / "sasl" / "smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {base}/users/sasldb\n",
            "utf-8",
        )
        self._run(
            "saslpasswd2",
            "-p",
            "-c",
            "-f",
            f"{base}/users/sasldb",
            "-u",
            DOMAIN,
            self.user,
            given=PASSWORD,
        )
        shutil.chown(base / "users" / "sasldb", "postfix")
        self._certify()

    def _certify(self) -> None:
        tls = self.base / "tls"
        new = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout")
        self._run(
            "openssl",
            "req",
            "-x509",
            "-subj",
            "/CN=Tests",
            *new,
            f"{tls}/ca.key",
            "-out",
            f"{tls}/ca.pem",
        )
        self._run(
            "openssl",
            "req",
            "-subj",
            "/CN=localhost",
            *new[:3],
            *new[5:],
            f"{tls}/server.key",
            "-out",
            f"{tls}/csr",
        )
        (tls / "names").write_text("subjectAltName = DNS:localhost,IP:127.0.0.1\n", "utf-8")
        self._run(
            "openssl", "x509", "-req", "-in", f"{tls}/csr", "-CA", f"{tls}/ca.pem", "-CAkey", f"{tls}/ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{tls}/names", "-out", f"{tls}/server.pem",
        )  # fmt: skip

    @staticmethod
    def _run(*command: str, given: str = "") -> None:
        path = os.environ["PATH"] + ":/usr/sbin"
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path},
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(command)} ended with {done.returncode}: {done.stdout} {done.stderr}"
            )
