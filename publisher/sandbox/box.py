"""The sandbox as a whole: starts and stops the platforms, and says where everything is."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from publisher import registry
from publisher.sandbox import project
from publisher.sandbox.control import Control
from publisher.sandbox.faults import Faults
from publisher.sandbox.keeping import Folder
from publisher.sandbox.stand_in import Clock, StandIn, Surroundings
from publisher.sandbox.traffic import Traffic

if TYPE_CHECKING:
    from publisher.sandbox.web import Request

MAX_REQUESTS = 5_000

P = TypeVar("P", bound=StandIn)


class Sandbox:
    """Platforms on 127.0.0.1, each in threads of this process: those of `adapters`.

    `ports`: 0 for any free ones, else the first of as many in a row as there are platforms, and one
    more: control first, then the platforms in order. `keep`: a folder, made if need be, where what
    is received is also written: received.json, NNN.eml, NNN.html, and at the end received.html.
    Raises OSError where a port is taken. A platform has switches of its own: `sandbox[Mastodon]`
    is the one of that class.
    """

    def __init__(
        self,
        ports: int = 0,
        keep: Path | None = None,
        adapters: Sequence[str] = registry.USUAL,
    ) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.traffic = Traffic()
        self.changes = 0
        """How often something came, was edited or went."""
        self._folder = Folder(keep) if keep else None
        self._keeping = threading.Lock()
        self._requests: deque[Request] = deque(maxlen=MAX_REQUESTS)
        surroundings = Surroundings(
            clock=self.clock,
            changed=self._changed,
            faults=self.faults,
            log=self._requests.append,
            told=self.traffic.add,
        )
        kinds = [registry.load(name).platform() for name in adapters]
        self.platforms = tuple(kind(surroundings) for kind in kinds if kind)
        self._control = Control(self)
        self._ports = ports
        self._runs = False

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

    def __getitem__(self, kind: type[P]) -> P:
        """The platform of this class. Raises KeyError."""
        for platform in self.platforms:
            if isinstance(platform, kind):
                return platform
        raise KeyError(kind.name)

    def start(self) -> None:
        """Listen on all ports. Every address is known from then on."""
        try:
            for number, platform in enumerate((self._control, *self.platforms)):
                platform.listen(self._ports and self._ports + number)
                platform.pages = self._control.url
        except BaseException:
            self.stop()
            raise
        for platform in (self._control, *self.platforms):
            platform.start()
        self._runs = True
        self._changed()

    def stop(self) -> None:
        """Close every connection and port, wait for the threads, and leave a page to read behind."""
        for platform in (self._control, *self.platforms):
            platform.stop()
        if self._folder is not None and self._runs:
            from publisher.sandbox.window.page import still

            self._folder.show(still(self))
        self._runs = False

    # Where everything is.

    @property
    def url(self) -> str:
        """The control server: the window for people, and JSON below /_sandbox/."""
        return self._control.url

    def environment(self) -> dict[str, str]:
        """The environment variables that `config()` names."""
        return {
            option.variable(platform.name): platform.secrets()[option.name]
            for platform in self.platforms
            for option in registry.load(platform.name).options
            if option.name in platform.secrets()
        }

    def config(self) -> str:
        """A publish.toml for all its platforms, with a ledger of its own."""
        return project.config(self.platforms)

    def kinds(self) -> dict[str, Mapping[str, str]]:
        """The kinds of faults of each platform, and what each does."""
        return {platform.name: platform.kinds for platform in self.platforms}

    # What came.

    def received(self) -> list[dict[str, Any]]:
        """All that is live now, oldest first.

        Each has "channel", "id", "url" (a page for people), "text" and "at" (ISO 8601); from a
        platform with an API also "object", as that would show it, and what is hidden there; an
        email has "from" and "to" of the envelope, "subject", "headers", "text", "html" and "raw".
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
        """Let the next `times` requests fail, after `after` have passed. Kinds: `kinds()`.

        `when` is a method, a method and the start of a path ("POST /2/tweets"), or "*"; the SMTP
        server doesn't need it. Raises ValueError for a platform, kind or number that makes no
        sense.
        """
        known = {each.name: each for each in self.platforms}
        if platform not in known:
            raise ValueError(f"there is no platform {platform!r}; there are: {', '.join(known)}")
        kinds = known[platform].kinds
        if kind not in kinds:
            raise ValueError(f"{platform} has no fault {kind!r}; it has: {', '.join(kinds)}")
        when = known[platform].stage(kind, when)
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

    def _changed(self) -> None:
        self.changes += 1
        if self._folder is not None:
            with self._keeping:
                mails = [mail for platform in self.platforms for mail in platform.mails()]
                self._folder.write(self.received(), mails)
