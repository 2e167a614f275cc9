"""The road from a file to a receipt: read → compose → plan → agree → deliver → write back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import channels
from publisher import config as configuration
from publisher.adapter import pictures_of
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.plan import Choice, Delivery
from publisher.delivery.planning import Planning, plan_all
from publisher.delivery.result import Result, delivered, exit_status
from publisher.delivery.write_back import write_back
from publisher.errors import ConfigError, DeliveryError, PublishError, UsageError
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim, Store, open_store
from publisher.pictures.gather import Gatherer
from publisher.pictures.store import Store as PictureStore
from publisher.post.find import Sources, collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.secrets import Redactor
from publisher.tell import terminal
from publisher.tell.console import Console, Progress, clean

if TYPE_CHECKING:
    from publisher.delivery.work import Outcome

MANY = 3
"""A run that would send more posts than this asks first."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is asked to do.

    posts     files, or folders of them
    config    the configuration's path; None: the nearest publish.toml above the first post
    channels  names with commas between; None: as each post says
    dry       show what would be sent; send nothing, read no secret
    online    a dry run may ask for the ledger where it lives
    yes       don't ask, and send more than three posts
    sandbox   to platforms on this machine
    choice    what is done about what is live already
    """

    posts: Sequence[str]
    config: str | None = None
    channels: str | None = None
    dry: bool = False
    online: bool = False
    yes: bool = False
    sandbox: bool = False
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did, or would do."""

    dry: bool
    status: int
    results: Sequence[Result]
    warnings: Sequence[PublishError]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of what was planned; `stopped`: Ctrl-C was pressed."""

    results: Sequence[Result]
    stopped: bool


def publish(options: RunOptions, console: Console, show: Callable[[Told], None]) -> int:
    """Do what is asked, then `show` what came of it. Returns the exit status."""
    sources = collect(options.posts)
    with ExitStack() as stack:
        config = _configuration(options, sources, console, stack)
        posts, wanted = _read(options, sources, config, console)
        names = list(dict.fromkeys(name for post in posts for name in wanted[post.file]))
        warnings = list(config.warnings)
        if options.dry:
            adapters, missing = channels.without_secrets(names, config)
            warnings += missing
            redact = Redactor()
        else:
            adapters, redact = channels.sign_in(names, config)
        offline = options.dry and not options.online
        store = stack.enter_context(open_store(config, readonly=options.dry, offline=offline))
        now = datetime.now(UTC)
        if not options.dry:
            channels.learn(adapters, store.ledger, now)
        facts = channels.known_facts(adapters, store.ledger)
        composer = Composer(config, facts, Gatherer(config))
        planning = Planning(
            config, adapters, store.ledger, composer, now, options.choice, dry=options.dry
        )
        results, more = plan_all(planning, posts, wanted)
        warnings += [*more, *terminal.warnings(results)]
        for warning in warnings:
            console.problem(warning, "warning")
        if options.dry:
            told = Told(True, 0, results, warnings)
        else:
            _agree(results, options, console)
            sent = _deliver(planning, store, posts, wanted, results, redact, console)
            status = 130 if sent.stopped else exit_status(sent.results)
            told = Told(False, status, sent.results, warnings)
        with suppress(BrokenPipeError):  # `publish … | head`: what was sent is sent
            show(told)
    return told.status


def _configuration(
    options: RunOptions, sources: Sources, console: Console, stack: ExitStack
) -> Config:
    """The settings of this run, with a channel at least. Raises ConfigError."""
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a folder with .md files")
    folder = sources.files[0].file.resolve().parent
    config = configuration.of_run(options.config, folder, preview=options.dry)
    if options.sandbox:
        from publisher.sandboxed import sandboxed

        config = stack.enter_context(sandboxed(config, console))
    elif config.path is None and not options.dry:
        raise ConfigError(
            "there is no publish.toml beside the post or in a folder above it",
            hint="config.example.toml shows how to write one; or look first: --dry-run, or --sandbox",
        )
    if not config.channels:
        raise ConfigError(
            "no channel is configured",
            hint="add a section such as [channels.mastodon]",
            file=config.path,
        )
    return config


def _read(
    options: RunOptions, sources: Sources, config: Config, console: Console
) -> tuple[list[Post], dict[Path, tuple[str, ...]]]:
    """The posts, and the channels that each is for."""
    names = channels.chosen(options.channels, config)
    posts, drafts = read_posts(sources.files, config)
    for file, why in (*sources.passed_over, *((draft.file, "draft") for draft in drafts)):
        console.err(f"passed over: {clean(str(file))} ({why})")
    return posts, {post.file: channels.channels_of(post, names, config) for post in posts}


def _agree(results: Sequence[Result], options: RunOptions, console: Console) -> None:
    """Show the plan and ask once, where there is somebody to ask: it can't be taken back. Raises
    UsageError."""
    sending = [result for result in results if result.status == "planned"]
    many = len({result.delivery.key for result in sending})
    if not sending or options.yes or options.sandbox:
        return
    if not console.interactive():
        if many > MANY:
            hint = "name the posts you mean, or say --yes if you mean them all"
            raise UsageError(f"this would send {many} posts", hint=hint)
        return
    for result in results:
        console.err(terminal.plan(result, console))
    names = ", ".join(dict.fromkeys(result.delivery.channel for result in sending))
    what = f"{many} posts" if many > 1 else "this"
    cost = sum(result.delivery.cost for result in sending)
    price = f", for about ${cost:.3f}" if cost else ""
    if not console.ask(f"Send {what} to {names}{price}?"):
        raise UsageError("nothing was sent", hint="run again when it is as you want it")


def _deliver(
    planning: Planning,
    store: Store,
    posts: Sequence[Post],
    wanted: Mapping[Path, tuple[str, ...]],
    results: Sequence[Result],
    redact: Redactor,
    console: Console,
) -> Sent:
    """Send what is planned, as the holder of the posts' locks."""
    ledger = planning.ledger
    late = _await_pages(results, planning.config, console)

    def plan() -> Claim[Sequence[Result]]:
        results, _ = plan_all(planning, posts, wanted)
        touched = [result for result in results if _touched(result, ledger)]
        identities = {result.delivery.key: result.delivery.post.identity for result in touched}
        return Claim(results, identities, open_rows(results))

    with store.hold(plan) as (results, busy):
        for result in results:
            if result.delivery.key not in busy:
                ledger.remember(result.delivery.post.identity, result.delivery.key)
                if result.status == "unchanged":
                    ledger.note_source(*_name(result), result.delivery.source)
        pictures = PictureStore(store.pictures)
        sent = send(results, planning, pictures, redact, console, busy=busy, late=late)
        begun = {_name(result) for result in sent.results if _went_out_as_it_was(result)}
        if begun and not sent.stopped:
            with suppress(PublishError):  # the next run tells: what was sent is sent
                again, _ = plan_all(planning, posts, wanted)
                edits = [
                    result
                    for result in again
                    if result.status == "planned" and _name(result) in begun
                ]
                edited = send(edits, planning, pictures, redact, console, busy=busy, late=late)
                newer = {_name(result): result for result in edited.results}
                results = [newer.get(_name(result), result) for result in sent.results]
                sent = Sent(results, edited.stopped)
        pictures.tidy(ledger.pictures())
        for problem in write_back(sent.results, planning.config, ledger):
            console.problem(problem, "warning")
    return sent


def open_rows(results: Sequence[Result]) -> list[Row]:
    """The rows that a run will try."""
    return [
        row for result in results if result.status == "planned" for row in result.delivery.open_rows
    ]


def _went_out_as_it_was(result: Result) -> bool:
    """What was begun earlier went out as it was begun: what was edited meanwhile is an edit, now."""
    return result.status == "sent" and result.delivery.changed


def _touched(result: Result, ledger: Ledger) -> bool:
    """Whether something is to be sent, or to be noted about what is live: new words that nobody
    sees, a new name."""
    delivery = result.delivery
    if result.status != "unchanged":
        return result.status == "planned"
    known = ledger.posts().get(delivery.key)
    return known != delivery.post.identity or any(
        row.source != delivery.source for row in delivery.rows
    )


def _name(result: Result) -> tuple[str, str]:
    return result.delivery.key, result.delivery.channel


def _await_pages(
    results: Sequence[Result], config: Config, console: Console
) -> Mapping[str, PublishError]:
    """Wait until the pages that will be linked to are there: what Mastodon and X find missing, they
    remember."""
    urls = {
        result.delivery.post.url
        for result in results
        if result.status == "planned" and result.delivery.post.url
    }
    if not (config.site.wait_for_page and urls):
        return {}
    from publisher.site.pages import wait_for

    return wait_for(urls, config, console.err)


def send(
    results: Sequence[Result],
    planning: Planning,
    pictures: PictureStore,
    redact: Redactor,
    console: Console,
    *,
    busy: Mapping[str, str],
    late: Mapping[str, PublishError],
) -> Sent:
    """Deliver what is planned. Returns every result, in the plan's order.

    `busy` says who else holds a post, by its key; `late` which addresses have no page yet.
    """
    from publisher.delivery.side_by_side import deliver

    ended: dict[tuple[str, str], Result] = {}
    sending: list[Delivery] = []
    for result in results:
        if result.status != "planned":
            continue
        kept = _kept_back(result, busy, late)
        if kept:
            ended[_name(result)] = kept
        else:
            sending.append(result.delivery)
    fitted = planning.composer.gatherer.fitted
    for row in open_rows([result for result in results if _name(result) not in ended]):
        for picture in pictures_of(row.payload):
            if picture.hash in fitted:
                pictures.put(fitted[picture.hash])
    progress = Progress(console, list(dict.fromkeys(delivery.channel for delivery in sending)))

    def done(outcome: Outcome) -> None:
        result = delivered(outcome)
        ended[_name(result)] = result
        progress.tell(outcome.delivery.channel, terminal.short(result))

    finished = deliver(
        sending, planning.ledger, redact, pictures=pictures.get, progress=progress.tell, done=done
    )
    for result in ended.values():
        if result.status == "sent" and result.delivery.following:
            planning.ledger.note_source(*_name(result), result.delivery.source)
    if not finished:
        console.err(_stopped(list(ended.values())))
    return Sent([ended.get(_name(result), result) for result in results], not finished)


def _kept_back(
    result: Result, busy: Mapping[str, str], late: Mapping[str, PublishError]
) -> Result | None:
    """What is not sent in this run, and why; None for what is."""
    delivery = result.delivery
    if delivery.key in busy:
        return replace(result, status="skipped", reason="busy", error=is_busy(busy[delivery.key]))
    if delivery.post.url in late:
        return replace(result, status="failed", error=late[delivery.post.url])
    return None


def is_busy(holder: str) -> PublishError:
    return DeliveryError(
        f"is being sent by {holder}", hint="wait until that is done, and run again"
    )


def _stopped(results: Sequence[Result]) -> str:
    """What Ctrl-C left behind, in one line."""
    several = len({result.delivery.key for result in results}) > 1
    kinds: dict[str, list[str]] = {"live": [], "maybe live": [], "not live": []}
    for result in results:
        live = sum(1 for row in result.rows if row.state == "sent")
        name = result.delivery.channel
        if several:
            name = f"{clean(str(result.delivery.post.file))} on {name}"
        if 0 < live < len(result.rows):
            name += f" ({live} of {len(result.rows)} live)"
        kind = {"sent": "live", "unknown": "maybe live"}.get(result.status, "not live")
        kinds[kind].append(name)
    words = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)
    return f"stopped. {words or 'nothing was sent'}. Run again: it goes on from there"
