"""The contract that a channel fulfils, and the values that cross it.

An adapter decides in `payload` (pure) and acts in `send` (decides nothing). It doesn't print, log,
sleep, retry or read the environment: the core does. `publisher.testing` holds every adapter
to what is written here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from publisher.errors import CannotLook, Unknown
from publisher.text.flavour import NOBODY, Flavour, Pings, plain_text
from publisher.text.measure.hashtags import IsHashtag

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

Payload = dict[str, Any]
"""What one part is on this channel: JSON values only. Its canonical JSON is kept in the ledger."""

Facts = Mapping[str, Any]
"""What a server last said of its own limits: JSON values only, kept in the ledger with a date."""


@dataclass(frozen=True, slots=True)
class Option:
    """One key of a `[channels.NAME]` section, or of `publish: {NAME: …}` in a post where `in_post`.

    A `secret` is given as `{ env = "NAME" }`, `{ file = "path" }` or `{ keyring = "name" }`, and
    never shown. `check` gets the value and returns what is wrong with it, or None. `leads`: it is
    the address that the section's secrets are sent to. `env`: the environment variable that is
    usual for it.
    """

    name: str
    kind: Literal["text", "integer", "boolean", "list"]
    help: str
    required: bool = False
    secret: bool = False
    in_post: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[Any], str | None] | None = None
    leads: bool = False
    env: str = ""

    def variable(self, section: str) -> str:
        """The environment variable that this secret of `[channels.SECTION]` is usually in."""
        return self.env or f"{section}_{self.name}".upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Channel:
    """One `[channels.NAME]` section: a name, the adapter behind it, and its settings without
    secrets.

    `root` is the folder of the configuration: files that a setting names are looked for there, and
    where `confined` must lie there (`publisher.files.named`). `keep` is the folder for what may lie
    on this machine alone, such as a session's tokens; None: nothing is kept.
    """

    name: str
    adapter: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    root: Path = Path()
    confined: bool = False
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How a platform measures a text: `count(text)` must not exceed `limit` (None: no limit).

    `limit_source` says who set the limit: "config", "instance" or "default".
    """

    name: str
    limit: int | None
    limit_source: str
    count: Callable[[str], int]

    @classmethod
    def of(
        cls, name: str, limit: int, options: Mapping[str, Any], count: Callable[[str], int]
    ) -> Rule:
        """The platform's own limit, or the smaller one that `max_characters` asks for."""
        wanted = options.get("max_characters")
        if wanted and wanted < limit:
            return cls(name, wanted, "config", count)
        return cls(name, limit, "default", count)

    def fits(self, text: str) -> bool:
        return self.limit is None or self.count(text) <= self.limit


@dataclass(frozen=True, slots=True)
class PictureRule:
    """Which pictures a platform takes, and how many.

    count      pictures in one post
    kinds      MIME types that are sent as they are; any other becomes a JPEG or a PNG
    bytes      of one picture
    pixels     width times height, of one picture (None: no limit)
    side       pixels of the longer side (None: no limit)
    animation  (bytes, pixels of a frame) of an animated GIF; None: its first frame is sent as a
               still picture
    alone      whether an animation can't stand beside other pictures
    alt        characters of its text for those who don't see it (None: no limit)
    hosted     whether a picture that has an address stays where it is, and only others travel with
               the post
    """

    count: int
    kinds: tuple[str, ...]
    bytes: int
    pixels: int | None = None
    side: int | None = None
    animation: tuple[int, int] | None = None
    alone: bool = False
    alt: int | None = 1000
    hosted: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a message, made to fit; a payload holds it as JSON (`as_value`).

    hash     SHA-256 of the bytes that are sent; empty where it stays at its address, or isn't
             downloaded yet
    source   SHA-256 of the picture as the author has it; of its address, where it has nothing else
    cover    whether it is the post's own, named in its front matter, and no picture of its text
    address  where it is on the web, if anywhere
    src      how the post's text names it
    size     bytes that are sent; `before` as the author has it. 0: not known
    focus    "x,y" from -1 to 1: what stays in view when a platform crops it; or empty
    note     what was done to it, for people
    """

    hash: str
    source: str
    name: str
    kind: str
    alt: str
    src: str = ""
    address: str = ""
    size: int = 0
    before: int = 0
    width: int = 0
    height: int = 0
    focus: str = ""
    note: str = ""
    cover: bool = False

    def as_value(self) -> dict[str, Any]:
        """What a payload keeps of it: what is sent, and by what a change is noticed."""
        names = (
            "hash",
            "source",
            "name",
            "kind",
            "alt",
            "focus",
            "size",
            "before",
            "width",
            "height",
            "note",
        )
        return {name: value for name in names if (value := getattr(self, name))}


def pictures_of(payload: Payload) -> tuple[Picture, ...]:
    """The pictures that a payload carries, in order."""
    empty = dict.fromkeys(("hash", "source", "name", "kind", "alt"), "")
    return tuple(Picture(**{**empty, **value}) for value in payload.get("pictures") or ())


@dataclass(frozen=True, slots=True)
class Part:
    """One post of a thread, or the whole message. `html` is for channels that have an HTML
    template."""

    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A post as one channel will show it: composed, measured, not yet encoded.

    `options` are the channel's settings with the post's own overrides (`publish: {NAME: …}`) laid
    over them. `notes` are what its author should know of how it was made.
    """

    channel: str
    title: str
    description: str
    url: str
    language: str
    date: datetime | None
    options: Mapping[str, Any]
    rule: Rule
    parts: tuple[Part, ...]
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def _no_bytes(hash: str) -> bytes:
    raise KeyError(hash)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an adapter is told beside the payload. But for `reply_to` and `media` it is the same
    whenever this part is tried again.

    key        fixed by account, post, part, generation and payload: the platform's idempotency key
               is this
    began      when this part was first meant to be sent (aware)
    reply_to   the platform's id of the part that this one replies to
    recipient  the one address this copy is for, on channels that have recipients
    remote_id  the platform's id of what is to be edited or deleted
    media      the platform's ids of pictures that are there already, by the `source` of each
    draft      the platform's id of the draft that is to be published, where it has `drafts`
    bytes_of   the bytes of a picture, by its `hash`
    is_taken   whether an id is another post's, as the ledger knows: then it isn't what `find` looks
               for
    leaving    where the adapter `announces`: to be called right before the byte after which it may
               be live
    name       fixed by account, post, part and generation, whatever it says: for platforms on which
               the client names what it posts
    again      whether this edit was begun before, and may have been cut off in the middle
    """

    key: str
    began: datetime
    reply_to: str | None = None
    recipient: str = ""
    remote_id: str = ""
    media: Mapping[str, str] = field(default_factory=dict)
    draft: str = ""
    bytes_of: Callable[[str], bytes] = field(default=_no_bytes, compare=False, repr=False)
    is_taken: Callable[[str], bool] = field(default=lambda id: False, compare=False, repr=False)
    leaving: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    name: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is live: the platform's id and address of it, where it says; its ids of the pictures, by
    their `source`, where they only come into being with the post. `warning` is what the author must
    know at once."""

    id: str | None = None
    url: str | None = None
    media: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that is on the platform, attached to nothing yet; or a draft, that nobody sees.
    `ready`: it may be attached, or published, as it is."""

    id: str
    ready: bool = True


class Adapter(ABC):
    """One channel. Made anew for each run; `secrets` is empty where nothing is going to be sent."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What people call it: "Mastodon"."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """What people type in place of its name, in small letters."""
    options: ClassVar[tuple[Option, ...]]
    flavour: Flavour = staticmethod(plain_text)
    """Writes what `post.text` is in this channel's template."""
    pings: ClassVar[Pings] = NOBODY
    """What in a text would notify somebody."""
    is_hashtag: IsHashtag = staticmethod(bool)
    """Whether the platform takes "#Words" for one hashtag."""
    html: ClassVar[bool] = False
    """Whether there is a second template, `<name>.html.j2`."""
    page_limit: ClassVar[int | None] = None
    """Bytes of HTML above which readers don't see the end: then the lead is sent, with the address of
    the whole. None: there is no such limit."""
    fold: ClassVar[int | None] = None
    """Characters after which feeds show "…more". None: they show all."""
    replies: ClassVar[bool] = True
    """Whether a thread's part replies to the one before it; else parts just follow each other."""
    flat: ClassVar[bool] = False
    """Whether all of them reply to the first one instead, where a thread has one level only."""

    def __init__(self, channel: Channel, secrets: Mapping[str, str] | None = None) -> None:
        self.channel = channel
        self.settings = channel.settings
        self.secrets = secrets or {}

    @classmethod
    def has_recipients(cls) -> bool:
        """Whether each of a list of people gets a copy."""
        return any(option.name == "recipients" for option in cls.options)

    @classmethod
    def guide(cls) -> Guide | None:
        """What leads a person through setting up a section. None: each required option is asked
        for."""
        return None

    @classmethod
    def platform(cls) -> type[StandIn] | None:
        """The platform that the sandbox runs on this machine for it. None: there is none, and in
        the sandbox the channel is left out."""
        return None

    # Pure.

    @abstractmethod
    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        """How this channel measures, given the message's options and what its server said of
        itself."""

    @abstractmethod
    def payload(self, message: Message, index: int) -> Payload:
        """What parts[index] is on this channel.

        Raises TemplateError where something other than the text itself breaks a limit.
        """

    @abstractmethod
    def text_of(self, payload: Payload) -> str:
        """The text in a payload, as a reader sees it and as the rule counts it."""

    def finished(self, page: str) -> str:
        """What the HTML template made, as it is sent."""
        return page

    def fields_of(self, payload: Payload) -> dict[str, str]:
        """What a reader sees beside the text: {"title": …, "link": …}. For the preview."""
        return {}

    def cost(self, payload: Payload) -> float:
        """What the platform charges for sending this, in US dollars."""
        return 0.0

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule | None:
        """Which pictures this channel takes; None: none."""
        return None

    def seen(self, payload: Payload) -> Any:
        """What of a payload a reader sees and an edit can change: where it is the same, there is
        nothing to edit."""
        seen = {name: value for name, value in payload.items() if name != "pictures"}
        pictures = [(each.source, each.alt, each.focus) for each in pictures_of(payload)]
        return (seen, pictures)

    def id_in(self, url: str) -> str:
        """The platform's id of the post at this address; empty where the address doesn't say it."""
        return ""

    def is_there(self, url: str) -> bool:
        """Whether a post at this address can be one of this channel's: by its host."""
        return True

    def addresses(self, payload: Payload, attempt: Attempt) -> Mapping[str, str]:
        """Where it is, or will be, where the platform lets that be known before it is sent:
        {"post": …} first, then of other records that go with it. It may ask the platform, without a
        secret, and raises what asking raises.
        """
        return {}

    # At the edge. All raise NotSent, Refused or Unknown; whatever else comes out counts as Unknown.

    @abstractmethod
    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Make it live: one try."""

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Look for what `send` may have left behind, made at or after `since` by the server's clock.
        None: it isn't there.

        Raises CannotLook where this channel, or this account, can't be read back.
        """
        raise CannotLook(f"what is live on {self.title} can't be read back")

    def clock(self) -> timedelta | None:
        """The server's clock minus this machine's, as it last said; it is asked where it said
        nothing yet. None: it doesn't say, or there is nothing to `find`. Raises nothing."""
        return None

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        """Whether sending the same once more is safe at once, where `find` found nothing, or there
        is no `find`: the platform knows the two by their key, even if the first is still on its way.

        `problem` is what became of the first; None where nobody knows. Raises what `find` raises.
        """
        return False

    proves_by_refusal: ClassVar[float] = 0.0
    """For so many seconds after an attempt, sending the same again is refused as Duplicate if it is
    live."""

    announces: ClassVar[bool] = False
    """Whether `send` calls `attempt.leaving()`. The intent is written then, not before: whoever is
    cut off earlier has certainly sent nothing. For channels that can't be read back."""

    uploads: ClassVar[float] = 0.0
    """For so many seconds a picture that was uploaded can still be attached. 0: pictures travel
    with the post."""

    def upload(self, picture: Picture, data: bytes) -> Upload:
        """Put one picture there, attached to nothing: one try. Where `uploads`."""
        raise NotImplementedError

    def finish(self, id: str, picture: Picture) -> bool:
        """Do what an upload that isn't `ready` still needs, and say whether it may be attached
        now."""
        return True

    drafts: ClassVar[float] = 0.0
    """For so many seconds a draft can still be published, where the platform takes a post in two
    steps. 0: `send` makes it live in one."""

    def draft(self, payload: Payload, attempt: Attempt) -> Upload:
        """Put it there where nobody sees it: one try. Where `drafts`; `send` then publishes
        `attempt.draft`, and `find` may ask what became of that."""
        raise NotImplementedError

    def is_drafted(self, id: str) -> bool:
        """Whether a draft that wasn't `ready` may be published now."""
        return True

    edits: bool = False
    """Whether what is live can be edited in place. An option may say so."""
    deletes: ClassVar[bool] = False
    """Whether what is live can be deleted."""

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        """Whether what is live as `attempt.remote_id` is still what `payload` says: nobody edited
        it there.

        Raises Gone where it is live no more, CannotLook where it can't be read back.
        """
        raise CannotLook(f"what is live on {self.title} can't be read back")

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Make what is live as `attempt.remote_id` say this: one try, and the same however often it
        is repeated.

        Raises Gone where it is live no more.
        """
        raise NotImplementedError

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        """Take down what is live as `attempt.remote_id`: one try. Raises Gone where it is live no
        more."""
        raise NotImplementedError

    @abstractmethod
    def check(self) -> str:
        """Are the credentials good? Reads only. Returns who they belong to, as a person would say
        it."""

    def learn(self) -> Facts:
        """Ask the server for its limits. Empty for a platform whose limits are the same
        everywhere."""
        return {}

    def recipients(self) -> tuple[str, ...]:
        """The addresses that get a copy each; one empty string where there is just one copy for
        all.

        Raises ConfigError for a list that can't be read.
        """
        return ("",)

    def left_out(self) -> int:
        """How many others are in the list, and have left it. Raises what `recipients` raises."""
        return 0

    def close(self) -> None:  # noqa: B027 - most channels keep nothing open
        """Let go of what `send` kept open between parts or recipients."""
