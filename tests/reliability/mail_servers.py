"""Mail servers that nobody here wrote, on loopback: Debian's postfix and exim, with STARTTLS and AUTH."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

from tests.reliability.runner import ROOT
from tests.reliability.servers import free_port, wait_for

PASSWORD = "s3cr3t-of-the-list"
DOMAIN = "list.example"
EXIM = Path(os.environ.get("EXIM") or ROOT / ".venvs" / "exim" / "usr" / "sbin" / "exim4")


def missing_postfix() -> str:
    """Why postfix can't be started here, or ""."""
    for program in ("postfix", "saslpasswd2", "openssl"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            return f"{program} is not installed (.ci/servers installs it)"
    return "" if os.geteuid() == 0 else "postfix can be started by root only"


def missing_exim() -> str:
    """Why exim can't be started here, or ""."""
    if not EXIM.exists() or not shutil.which("openssl"):
        return "exim is not there (.ci/servers fetches it)"
    return "" if os.geteuid() == 0 else "exim can be started by root only"


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


CONFIGURATION = """\
exim_path = {exim}
primary_hostname = mail.{domain}
spool_directory = {base}/queue
log_file_path = {base}/log/%slog
pid_file_path = {base}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {base}/tls/server.pem
tls_privatekey = {base}/tls/server.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = members
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege
keep_environment =

begin acl
members:
  deny !authenticated = *
       message = sign in first
  accept domains = {domain}
         local_parts = {names}
  deny message = no such mailbox

begin routers
boxes:
  driver = accept
  domains = {domain}
  local_parts = {names}
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {base}/mail/$local_part_data
  maildir_format
  create_directory

begin retry
*  *  F,1m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}@{domain}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


class MailServer(ABC):
    """An instance of its own: configuration, queue, users, certificate and mailboxes in a folder
    below /tmp.

    Signing in needs STARTTLS; the certificate is by an authority of our own, `authority`, for
    SSL_CERT_FILE.
    """

    user = "news"

    def __init__(self, mailboxes: tuple[str, ...]) -> None:
        self.mailboxes = mailboxes

    def __enter__(self) -> Self:
        self.base = Path(tempfile.mkdtemp(prefix="publish-mail-"))
        self.base.chmod(0o755)  # its processes run as other users
        self.port = free_port()
        self.authority = self.base / "tls" / "ca.pem"
        try:
            self._configure()
            self._start()
            wait_for(self.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        shutil.rmtree(self.base, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"smtp://{self.user}%40{DOMAIN}:{PASSWORD}@localhost:{self.port}"

    def settle(self, seconds: float = 20.0) -> None:
        """Until its queue is empty: everything that was accepted is in a mailbox, or bounced."""
        end = time.monotonic() + seconds
        while any(file.is_file() for queue in self._queues() for file in queue.rglob("*")):
            if time.monotonic() > end:
                raise TimeoutError(f"mail is stuck: {self._log().read_text('utf-8')[-2000:]}")
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

    @abstractmethod
    def _configure(self) -> None: ...

    @abstractmethod
    def _start(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...

    @abstractmethod
    def _queues(self) -> list[Path]:
        """Folders in which nothing is left once all is delivered."""

    @abstractmethod
    def _log(self) -> Path: ...

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


class Postfix(MailServer):
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

    def _start(self) -> None:
        self._run("postfix", "-c", str(self.base / "etc"), "check")
        self._run("postfix", "-c", str(self.base / "etc"), "start")

    def _stop(self) -> None:
        if (self.base / "queue" / "pid" / "master.pid").exists():
            self._run("postfix", "-c", str(self.base / "etc"), "stop")

    def _queues(self) -> list[Path]:
        names = ("maildrop", "incoming", "active", "deferred")
        return [self.base / "queue" / name for name in names]

    def _log(self) -> Path:
        return self.base / "log"


class Exim(MailServer):
    def _start(self) -> None:
        for name in ("queue", "log", "mail"):
            shutil.chown(self.base / name, "Debian-exim")
        configuration = self.base / "exim.conf"
        names = " : ".join(box.partition("@")[0] for box in self.mailboxes)
        configuration.write_text(
            CONFIGURATION.format(
                exim=EXIM,
                base=self.base,
                domain=DOMAIN,
                port=self.port,
                names=names,
                user=self.user,
                password=PASSWORD,
            ),
            "utf-8",
        )
        shutil.chown(self.base / "tls" / "server.key", "Debian-exim")
        self._server = subprocess.Popen(
            [EXIM, "-C", str(configuration), "-bdf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _stop(self) -> None:
        server = getattr(self, "_server", None)
        if server is not None:
            server.send_signal(signal.SIGTERM)
            server.wait(20)

    def _queues(self) -> list[Path]:
        return [self.base / "queue" / "input"]

    def _configure(self) -> None:
        for name in ("queue", "tls", "mail", "log"):
            (self.base / name).mkdir()
        self._certify()

    def _log(self) -> Path:
        return self.base / "log" / "mainlog"
