"""The sandbox as a whole: starts and stops the platforms, and says where everything is."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from publisher.sandbox.faults import Faults

if TYPE_CHECKING:
    from publisher.sandbox.mail import Mail
    from publisher.sandbox.platform import Platform
    from publisher.sandbox.web import Answer, Request, Server

MAX_REQUESTS = 5_000

CONFIG = """\
# The sandbox's own configuration. The secrets are in the environment; they open nothing but the
# sandbox.

[site]
base_url = "https://example.org/"
language = "en"

[ledger]
path = ".publish/sandbox.db"

[channels.mastodon]
api_base_url = "{mastodon}"
access_token = {{ env = "MASTODON_ACCESS_TOKEN" }}

[channels.twitter]
api_url = "{twitter}"
consumer_key = {{ env = "TWITTER_CONSUMER_KEY" }}
consumer_secret = {{ env = "TWITTER_CONSUMER_SECRET" }}
access_token = {{ env = "TWITTER_ACCESS_TOKEN" }}
access_token_secret = {{ env = "TWITTER_ACCESS_TOKEN_SECRET" }}

[channels.discord]
webhook_url = {{ env = "DISCORD_WEBHOOK_URL" }}

[channels.email]
smtp_url = {{ env = "SMTP_URL" }}
sender = "The collective <news@example.org>"
recipients = ["ada@example.org", "grace@example.com", "radia@example.net"]
unsubscribe = "mailto:leave@example.org"
"""


class Sandbox:
    """Mastodon, X, Discord and a mail server on 127.0.0.1, each in threads of this process.

    `ports`: 0 for any free ones, else the first of five in a row: control, Mastodon, X, Discord,
    SMTP. `keep`: a folder, made if need be, where what is received is also written: received.json,
    NNN.eml, NNN.html, and at the end received.html. Raises OSError where a port is taken. Each
    platform has switches of its own: see `mastodon`, `twitter`, `discord` and `mail`.
    """

    def __init__(self, ports: int = 0, keep: Path | None = None) -> None:
        from publisher.sandbox.control import Control
        from publisher.sandbox.discord import Discord
        from publisher.sandbox.keeping import Folder
        from publisher.sandbox.mail import Mail
        from publisher.sandbox.mastodon import Mastodon
        from publisher.sandbox.platform import Clock
        from publisher.sandbox.traffic import Traffic
        from publisher.sandbox.twitter import Twitter

        self.clock = Clock()
        self.faults = Faults()
        self._folder = Folder(keep) if keep else None
        self._requests: deque[Request] = deque(maxlen=MAX_REQUESTS)
        self.traffic = Traffic()
        self.changes = 0
        """How often something came, was edited or went."""
        self._keeping = threading.Lock()
        self._servers: list[Server] = []
        self.mastodon = Mastodon(self.clock, self._changed)
        self.twitter = Twitter(self.clock, self._changed)
        self.discord = Discord(self.clock, self._changed)
        self.mail = Mail(self.clock, self._changed, self.faults, self.traffic.add)
        self._control = Control(self)
        self._ports = ports

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on all ports. The addresses below are known from then on."""
        from publisher.sandbox.web import Server

        try:
            for number, platform in enumerate(
                (self._control, self.mastodon, self.twitter, self.discord)
            ):
                server = Server(
                    platform.name,
                    self._ports and self._ports + number,
                    faults=self.faults,
                    now=platform.clock.now,
                    log=self._log,
                    told=self._told,
                    handle=platform.handle,
                    begin=platform.begin,
                    instead=platform.instead,
                )
                self._servers.append(server)
                platform.url = server.url
                platform.elsewhere = f"{self._servers[0].url}/elsewhere"
            self.mail.pages = f"{self._control.url}/mail"
            self.mail.start(self._ports and self._ports + 4)
        except BaseException:
            self.stop()
            raise
        for server in self._servers:
            server.start()
        self._changed()

    def stop(self) -> None:
        """Close every connection and port, wait for the threads, and leave a page to read behind."""
        ran = bool(self._servers)
        for server in self._servers:
            server.stop()
        self._servers.clear()
        self.mail.stop()
        if self._folder is not None and ran:
            from publisher.sandbox.window.page import still

            self._folder.show(still(self))

    # Where everything is.

    @property
    def url(self) -> str:
        """The control server: the window for people, and JSON below /_sandbox/."""
        return self._control.url

    @property
    def mastodon_url(self) -> str:
        return self.mastodon.url

    @property
    def twitter_url(self) -> str:
        return self.twitter.url

    @property
    def discord_webhook_url(self) -> str:
        return self.discord.webhook_url

    @property
    def smtp_url(self) -> str:
        return self.mail.url

    def environment(self) -> dict[str, str]:
        """The environment variables that `config()` names."""
        return {
            "MASTODON_ACCESS_TOKEN": self.mastodon.token,
            "TWITTER_CONSUMER_KEY": self.twitter.consumer_key,
            "TWITTER_CONSUMER_SECRET": self.twitter.consumer_secret,
            "TWITTER_ACCESS_TOKEN": self.twitter.access_token,
            "TWITTER_ACCESS_TOKEN_SECRET": self.twitter.access_token_secret,
            "DISCORD_WEBHOOK_URL": self.discord_webhook_url,
            "SMTP_URL": self.smtp_url,
        }

    def config(self) -> str:
        """A publish.toml for all four channels, with a ledger of its own."""
        return CONFIG.format(mastodon=self.mastodon_url, twitter=self.twitter_url)

    @property
    def platforms(self) -> tuple[Platform | Mail, ...]:
        return (self.mastodon, self.twitter, self.discord, self.mail)

    # What came.

    def received(self) -> list[dict[str, Any]]:
        """All that is live now, oldest first.

        Each has "channel", "id", "url" (a page for people), "text" and "at" (ISO 8601); from
        Mastodon, X and Discord also "object", as the platform's API would show it, and what is
        hidden there; an email has "from" and "to" of the envelope, "subject", "headers", "text",
        "html" and "raw".
        """
        return sorted(
            (entry for source in self.platforms for entry in source.received()),
            key=lambda entry: entry["at"],
        )

    @property
    def requests(self) -> list[Request]:
        """The last requests over HTTP to all platforms (`.channel`), oldest first, as they came."""
        return list(self._requests.copy())

    def fault(
        self,
        platform: str,
        kind: str,
        *,
        times: int = 1,
        after: int = 0,
        seconds: float = 0.0,
        when: str = "POST",
    ) -> None:
        """Let the next `times` requests fail, after `after` have passed. Kinds:
        `publisher.sandbox.FAULTS`.

        `when` is a method, a method and the start of a path ("POST /2/tweets"), or "*"; the SMTP
        server doesn't need it. Raises ValueError for a platform, kind or number that makes no
        sense.
        """
        self.faults.add(platform, kind, times=times, after=after, seconds=seconds, when=when)

    def clear(self) -> None:
        """Forget all that came, who sent it, and the faults still to come. Switches stay as they
        are."""
        self.faults.forget()
        self._requests.clear()
        self.traffic.clear()
        for platform in self.platforms:
            platform.reset()
        self._changed()

    def _log(self, request: Request) -> None:
        if request.channel != self._control.name:
            self._requests.append(request)

    def _told(self, request: Request, fault: str, answer: Answer | None) -> None:
        from publisher.sandbox.traffic import over_http

        if request.channel != self._control.name:
            self.traffic.add(over_http(request, fault, answer))

    def _changed(self) -> None:
        self.changes += 1
        if self._folder is not None:
            with self._keeping:
                self._folder.write(self.received(), self.mail.messages())
