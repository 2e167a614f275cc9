"""The road from a file to a receipt: read → compose → plan → agree → deliver → write back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.dates import parse_date
from publisher.delivery import approval
from publisher.delivery.notes import gone_now, is_touched, remember
from publisher.delivery.plan import Choice
from publisher.delivery.planning import Planning, plan_all
from publisher.delivery.result import WAITING, Result
from publisher.delivery.settled import Settled, settings_of
from publisher.delivery.skim import Enough, is_archived, matters
from publisher.documentation import CONFIGURATION
from publisher.errors import (
    ConfigError,
    PictureMissing,
    PostError,
    PublishError,
    UsageError,
    each_of,
)
from publisher.ledger.open import open_store
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim, Store
from publisher.pictures.gather import Gatherer
from publisher.post.find import Sources, by_configuration, collect
from publisher.post.post import Post
from publisher.post.read_all import ReadPosts, read_posts
from publisher.secrets import Redactor
from publisher.sending import Sending, Sent, carry_out, name_of, no_page_at, open_rows, send
from publisher.tell import terminal
from publisher.tell.console import Console, clean
from publisher.tell.question import MANY, agree
from publisher.tell.told import Told

STOPPED = 130
"""The exit status after Ctrl-C."""


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
    confined  the files may be a stranger's: nothing that lies elsewhere is read
    since     a day, in place of the configuration's own: what is dated before is left alone
    choice    what is done about what is live already
    """

    posts: Sequence[str]
    config: str | None = None
    channels: str | None = None
    dry: bool = False
    online: bool = False
    yes: bool = False
    sandbox: bool = False
    confined: bool = False
    since: str | None = None
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Site:
    """The posts that have one configuration in common, read and planned: nothing is sent yet.

    wanted  the channels that each post is for, by its file
    """

    planning: Planning
    store: Store
    redact: Redactor
    posts: Sequence[Post]
    wanted: Mapping[Path, tuple[str, ...]]
    results: Sequence[Result]
    warnings: Sequence[PublishError]
    errors: Sequence[PublishError]
    drafts: Sequence[Post]


def publish(options: RunOptions, console: Console, show: Callable[[Told], None]) -> int:
    """Do what is asked, then `show` what came of it. Returns the exit status."""
    sources = collect(options.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a folder with .md files")
    in_bulk = _in_bulk(sources)
    for file, why in sources.passed_over:
        console.err(f"passed over: {clean(str(file))} ({why})")
    with ExitStack() as stack:
        sites = [
            _prepare(options, each, in_bulk, console, stack)
            for each in by_configuration(sources, options.config)
        ]
        left_alone = [line for site in sites for line in _told_beforehand(site, console)]
        if not (options.dry or options.yes or options.sandbox):
            agree([result for site in sites for result in site.results], console)
        done = [_would_do(site) for site in sites] if options.dry else _do_each(sites, console)
        drafts = [draft for site in sites for draft in site.drafts]
        told = replace(_together(done), left_alone=left_alone, drafts=drafts)
        with suppress(BrokenPipeError):  # `publish … | head`: what was sent is sent
            show(told)
    return told.status


def _prepare(
    options: RunOptions,
    sources: Sources,
    in_bulk: frozenset[Path],
    console: Console,
    stack: ExitStack,
) -> Site:
    """Read → compose → plan. Raises what is wrong with what was named."""
    config = _configuration(options, sources, console, stack)
    offline = options.dry and not options.online
    store = stack.enter_context(open_store(config, readonly=options.dry, offline=offline))
    now = datetime.now(UTC)
    # In the sandbox, or without a configuration, nothing can go out.
    is_harmless = options.sandbox or config.path is None
    in_bulk = frozenset() if is_harmless else in_bulk
    settled = _settled(config, store.ledger, in_bulk)
    read, wanted = _read(
        options,
        sources,
        config,
        console,
        Enough(config, store.ledger, now, in_bulk, options.channels, options.choice, settled),
    )
    posts = [post for post in read.posts if post.file in wanted]
    names = list(dict.fromkeys(name for post in posts for name in wanted[post.file]))
    warnings = list(config.warnings)
    if options.dry:
        adapters, missing = channels.without_secrets(names, config)
        warnings += missing
        redact = Redactor()
    else:
        adapters, redact = channels.sign_in(names, config)
    if not options.dry:
        warnings += channels.learn(adapters, store.ledger, now)
    planning = Planning(
        config,
        adapters,
        store.ledger,
        Composer(config, channels.known_facts(adapters, store.ledger), Gatherer(config)),
        now,
        options.choice,
        dry=options.dry,
        found=read.found,
        in_bulk=in_bulk,
    )
    plans = plan_all(planning, posts, wanted)
    if not options.dry:
        settled.keep(plans.results, config, in_bulk)
    gone = [each.warning() for each in gone_now(planning, plans.results)]
    unclear = [each.error for each in read.twins if matters(each.posts, planning)]
    unread = [error for error in read.failed if not is_archived(error, config, store.ledger)]
    return Site(
        planning,
        store,
        redact,
        posts,
        wanted,
        results=plans.results,
        warnings=[*warnings, *plans.warnings, *terminal.warnings(plans.results), *gone],
        errors=[*unclear, *unread, *plans.failed],
        drafts=read.drafts,
    )


def _settled(config: Config, ledger: Ledger, in_bulk: frozenset[Path]) -> Settled:
    every, _ = channels.without_secrets(config.channels if in_bulk else (), config)
    return Settled(ledger, settings_of(config), channels.known_facts(every, ledger))


def _told_beforehand(site: Site, console: Console) -> Sequence[str]:
    """Tell what is wrong, and what is left alone: lines for who reads only the end."""
    for warning in site.warnings:
        console.problem(warning, "warning")
    for error in site.errors:
        console.problem(error)
    lines = list(terminal.left_alone(site.results, site.planning.config.site.max_age))
    for line in lines:
        console.err(line)
    return lines


def _would_do(site: Site) -> Told:
    is_held = any(result.reason in WAITING for result in site.results)
    status = 1 if site.errors or is_held else 0
    found = {str(file) for file in site.planning.found}
    if any(isinstance(each, PictureMissing) and each.file not in found for each in site.errors):
        status = 2  # a real run, which is all or nothing for what is named, would attempt nothing
    fitted = site.planning.composer.gatherer.fitted
    told = Told(True, status, site.results, site.warnings, site.errors, pictures=fitted)
    if not site.planning.config.site.approve:
        return told
    facts = channels.known_facts(site.planning.adapters, site.planning.ledger)
    return replace(told, approvals=approval.told(site.results, facts))


def _do_each(sites: Sequence[Site], console: Console) -> list[Told]:
    """One after the other: what was sent for one is told, whatever becomes of the next."""
    done: list[Told] = []
    for site in sites:
        if done and done[-1].status == STOPPED:
            told = Told(False, STOPPED, site.results, site.warnings, site.errors)
        elif len(sites) == 1:
            told = _do(site, console)
        else:
            try:
                told = _do(site, console)
            except PublishError as error:
                console.problem(error)
                errors = [*site.errors, *each_of(error)]
                told = Told(False, 1, site.results, site.warnings, errors)
        done.append(told)
    return done


def _do(site: Site, console: Console) -> Told:
    """Deliver → write back."""
    sent = deliver(site, console)
    planning = site.planning
    if planning.in_bulk:  # made anew: servers may have said their limits meanwhile
        settled = _settled(planning.config, planning.ledger, planning.in_bulk)
        settled.keep(sent.results, planning.config, planning.in_bulk)
    planned = {name_of(result): result for result in sent.results}
    results = [planned.get(name_of(result), result) for result in site.results]
    errors = [*site.errors, *sent.errors]
    status = sent.status or (1 if errors else 0)
    return Told(False, status, results, site.warnings, errors)


def _together(done: Sequence[Told]) -> Told:
    """The sites of one run as one; of their statuses the one that asks most of a person."""
    if len(done) == 1:
        return done[0]
    return Told(
        done[0].dry,
        max((told.status for told in done), default=0),
        results=[result for told in done for result in told.results],
        warnings=[warning for told in done for warning in told.warnings],
        errors=[error for told in done for error in told.errors],
        approvals={file: words for told in done for file, words in told.approvals.items()},
        pictures={name: data for told in done for name, data in told.pictures.items()},
    )


def _configuration(
    options: RunOptions, sources: Sources, console: Console, stack: ExitStack
) -> Config:
    """The settings of these posts, with a channel at least. Raises ConfigError."""
    config = configuration.of_run(
        options.config, sources.folder(), preview=options.dry, confined=options.confined
    )
    if options.since:
        config = _since(options.since, config)
    if options.sandbox:
        from publisher.sandboxed import sandboxed

        config = stack.enter_context(sandboxed(config, console))
    elif config.path is None and not options.dry:
        raise ConfigError(
            "there is no publish.toml beside the post or in a folder above it",
            hint=f"publish init writes one, or by hand: {CONFIGURATION};"
            " or look first: --dry-run, or --sandbox",
        )
    if not config.channels:
        raise ConfigError(
            "no channel is configured",
            hint="add a section such as [channels.mastodon]",
            file=config.path,
        )
    return config


def _since(day: str, config: Config) -> Config:
    since = parse_date(day, config.site.timezone)
    if since is None:
        raise UsageError(f"since {day!r} is not a date", hint="write for example 2026-11-01")
    return replace(config, site=replace(config.site, since=since))


def _read(
    options: RunOptions,
    sources: Sources,
    config: Config,
    console: Console,
    is_enough: Callable[[Post], bool],
) -> tuple[ReadPosts, dict[Path, tuple[str, ...]]]:
    """The posts, and the channels that each is for; one that merely lay in a folder, and is for a
    channel that isn't there, has failed."""
    names = channels.chosen(options.channels, config)
    read = read_posts(sources.files, config, is_enough)
    for draft in read.drafts:
        console.err(f"passed over: {clean(str(draft.file))} (draft)")
    wanted: dict[Path, tuple[str, ...]] = {}
    failed = list(read.failed)
    for post in read.posts:
        try:
            wanted[post.file] = channels.channels_of(post, names, config)
        except PostError as error:
            if post.file not in read.found:
                raise
            failed.append(error)
    return replace(read, failed=failed), wanted


def _in_bulk(sources: Sources) -> frozenset[Path]:
    """The files that nobody named by themselves: a folder's, and where more than a few are named,
    as by `*.md`, all of them."""
    named = [source.file for source in sources.files if source.named]
    found = [source.file for source in sources.files if not source.named]
    return frozenset(found + named if len(named) > MANY else found)


def deliver(site: Site, console: Console) -> Sent:
    """Send what is planned, as the holder of the posts' locks."""
    planning, wanted = site.planning, site.wanted
    posts = [post for post in site.posts if post.whole]
    ledger = planning.ledger
    late = _await_pages(site.results, planning.config, ledger, console)

    def plan() -> Claim[Sequence[Result]]:
        results = plan_all(planning, posts, wanted).results
        known = ledger.posts()
        touched = [result for result in results if is_touched(result, known)]
        identities = {result.delivery.key: result.delivery.post.identity for result in touched}
        identities |= {each.key: each.identity for each in gone_now(planning, results)}
        return Claim(results, identities, open_rows(results))

    def act(results: Sequence[Result], sending: Sending) -> Sent:
        remember(results, sending.busy, ledger)
        for each in gone_now(planning, results):
            if each.key not in sending.busy:
                ledger.record_all(each.noted())
        sent = send(results, sending)
        begun = {name_of(result) for result in sent.results if _went_out_as_it_was(result)}
        if begun and not sent.stopped:
            with suppress(PublishError):  # the next run tells: what was sent is sent
                again = plan_all(planning, posts, wanted).results
                sent = _follow(again, begun, sent, sending)
        sending.pictures.tidy(ledger.pictures())
        return sent

    return carry_out(planning, site.store, plan, act, site.redact, console, late=late)


def _follow(
    results: Sequence[Result], begun: set[tuple[str, str]], before: Sent, sending: Sending
) -> Sent:
    """Edit what was begun earlier and went out as it was then."""
    edits = [
        result for result in results if result.status == "planned" and name_of(result) in begun
    ]
    edited = send(edits, sending)
    newer = {name_of(result): result for result in edited.results}
    results = [newer.get(name_of(result), result) for result in before.results]
    return Sent(results, edited.stopped)


def _went_out_as_it_was(result: Result) -> bool:
    """What was begun earlier went out as it was begun: what was edited meanwhile is an edit, now."""
    return result.status == "sent" and result.delivery.changed


def _await_pages(
    results: Sequence[Result], config: Config, ledger: Ledger, console: Console
) -> Mapping[str, PublishError]:
    """Wait until the pages that will be linked to are there: what Mastodon and X find missing, they
    remember. What an earlier run waited for in vain is looked for once."""
    planned = [result.delivery for result in results if result.status == "planned"]
    urls = {delivery.post.url for delivery in planned if delivery.post.url}
    if not (config.site.wait_for_page and urls):
        return {}
    from publisher.site.pages import wait_for

    tried = {
        delivery.post.url
        for delivery in planned
        for row in ledger.rows(delivery.key, delivery.channel)
        if row.error == no_page_at(delivery.post.url)
    }
    return wait_for(urls, tried, config, console.err)
