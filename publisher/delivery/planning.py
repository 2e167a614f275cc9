"""Everything that happens before anything is sent: each step finds all its problems and raises them
together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from publisher import config as configuration
from publisher import registry
from publisher.adapter import Adapter, Facts
from publisher.compose.compose import compose, options_of
from publisher.config import Config
from publisher.delivery.plan import Choice, Delivery, plan
from publisher.delivery.result import Result, planned
from publisher.errors import (
    AltMissing,
    ConfigError,
    PostError,
    Problems,
    PublishError,
    UsageError,
    did_you_mean,
)
from publisher.ledger.sqlite import Ledger
from publisher.pictures.gather import Gathered, Gatherer
from publisher.post.find import Source
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.secrets import Redactor

FACTS_AGE = timedelta(days=1)
"""How long what a server said of its limits is believed before it is asked again."""


LIMITS_PATIENCE = 5.0
"""Seconds that servers have to say their limits: one slow channel holds no other back."""


def load_config(given: str | None, folder: Path, *, preview: bool = False) -> Config:
    """The one configuration of this run: as named, else searched from the first post's folder
    upwards.

    For a preview, one that has no channel yet has every adapter's.
    """
    path = Path(given) if given else configuration.find(folder)
    if path is None:
        return configuration.bare(folder)
    config = configuration.load(path)
    if preview and not config.channels:
        return replace(config, channels=configuration.bare(config.root).channels)
    return config


def chosen(given: str | None, config: Config) -> tuple[str, ...] | None:
    """The channels named on the command line, or None. Raises UsageError for one that isn't
    there."""
    if given is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in names:
        if name not in config.channels:
            hint = did_you_mean(name, config.channels)
            if name in registry.names():
                hint = f"add a section [channels.{name}] to {config.path}"
            raise UsageError(f"there is no channel {name!r}", hint=hint)
    if not names:
        raise UsageError("--channels names no channel", hint=f"known: {', '.join(config.channels)}")
    return names


def read_posts(sources: Sequence[Source], config: Config) -> tuple[list[Post], list[Post]]:
    """Read every file: the posts, and the drafts that merely lay in a folder.

    Raises Problems with everything that is wrong in any of them.
    """
    posts: list[Post] = []
    drafts: list[Post] = []
    errors: list[PublishError] = []
    claimed: dict[str, Post] = {}
    for source in sources:
        try:
            post = read(source.file, config)
        except PublishError as error:
            errors.extend(error.errors if isinstance(error, Problems) else (error,))
            continue
        if post.draft and not source.named:
            drafts.append(post)
            continue
        names = [
            name for name in (post.identity.id, post.identity.address, post.identity.key) if name
        ]
        claims = [(claimed.setdefault(name, post), name) for name in names]
        other, name = next(
            ((other, name) for other, name in claims if other is not post), (post, "")
        )
        if other is not post:
            errors.append(
                PostError(
                    f"claims the same identity as {other.file}: {name}",
                    hint="give one of them an id or an address of its own",
                    file=post.file,
                )
            )
        posts.append(post)
    _raise(errors)
    return posts, drafts


def held_back(post: Post, now: datetime) -> str | None:
    """Why a post is not sent, whoever asks: draft, future, or None."""
    if post.draft:
        return "draft"
    return "future" if post.date is not None and post.date > now else None


def channels_of(post: Post, names: tuple[str, ...] | None, config: Config) -> tuple[str, ...]:
    """Where a post goes: as the command line says, else its front matter, else everywhere.

    Raises PostError for a channel that the front matter names and the configuration doesn't have.
    """
    wanted = names or (tuple(config.channels) if post.channels is None else post.channels)
    for name in wanted:
        if name not in config.channels:
            raise PostError(
                f"is for the channel {name!r}, which is not configured",
                hint=f"add a section [channels.{name}] to {config.path}, or choose with --channels",
                file=post.file,
            )
    return wanted


def sign_in(names: Iterable[str], config: Config) -> tuple[dict[str, Adapter], Redactor]:
    """Adapters with their secrets read, and what keeps those out of sight. Raises Problems."""
    adapters: dict[str, Adapter] = {}
    values: list[str] = []
    errors: list[PublishError] = []
    for name in names:
        channel = config.channels[name]
        try:
            secrets = configuration.read_secrets(config, channel)
        except Problems as problems:
            errors.extend(problems.errors)
            continue
        values.extend(secrets.values())
        adapters[name] = registry.load(channel.adapter)(channel, secrets)
    _raise(errors)
    return adapters, Redactor(values)


def without_secrets(
    names: Iterable[str], config: Config
) -> tuple[dict[str, Adapter], list[PublishError]]:
    """Adapters for a dry run, and warnings about what a real run would miss."""
    adapters: dict[str, Adapter] = {}
    warnings: list[PublishError] = []
    for name in names:
        channel = config.channels[name]
        adapter = registry.load(channel.adapter)
        adapters[name] = adapter(channel)
        if config.path is None:
            continue
        for option in configuration.missing(channel, config.secrets.get(name, {}), adapter):
            warnings.append(
                ConfigError(
                    f"[channels.{name}] {option.name} is missing",
                    hint=option.help,
                    file=config.path,
                )
            )
    return adapters, warnings


def server_of(adapter: Adapter) -> str:
    """Under which name a server's limits are kept."""
    return f"{adapter.name} {adapter.settings.get('api_base_url', '')}".strip()


def known_facts(adapters: Mapping[str, Adapter], ledger: Ledger) -> dict[str, Facts]:
    """What the servers said of their limits when they were last asked."""
    kept = {name: ledger.facts(server_of(adapter)) for name, adapter in adapters.items()}
    return {name: found[0] for name, found in kept.items() if found}


def learn(
    adapters: Mapping[str, Adapter], ledger: Ledger, now: datetime, *, again: bool = False
) -> None:
    """Ask the servers whose limits are not known, or not freshly, all at once.

    One that doesn't answer soon, or talks nonsense, is no reason to stop or to wait: what it said
    last holds.
    """
    answers: dict[str, Facts] = {}

    def ask(adapter: Adapter) -> None:
        with suppress(Exception):
            answers[server_of(adapter)] = adapter.learn()

    threads = []
    for name, adapter in adapters.items():
        found = ledger.facts(server_of(adapter))
        if again or not found or now - found[1] >= FACTS_AGE:
            threads.append(
                threading.Thread(target=ask, args=(adapter,), name=f"limits of {name}", daemon=True)
            )
            threads[-1].start()
    end = time.monotonic() + LIMITS_PATIENCE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    for server, facts in list(answers.items()):
        if facts:
            ledger.learn(server, facts, now)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run plans with. `dry`: nothing is sent, no secret is read, no network is touched."""

    config: Config
    adapters: Mapping[str, Adapter]
    facts: Mapping[str, Facts]
    ledger: Ledger
    gatherer: Gatherer
    now: datetime
    choice: Choice = field(default_factory=Choice)
    dry: bool = False


def plan_all(
    run: Run, posts: Sequence[Post], wanted: Mapping[Path, tuple[str, ...]]
) -> tuple[list[Result], list[PublishError]]:
    """Compose and plan every post on every channel: the results, and warnings.

    Raises Problems before anything is sent. A dry run only warns of pictures that a real one would
    stop at.
    """
    results: list[Result] = []
    errors: list[PublishError] = []
    warnings: list[PublishError] = []
    for post in posts:
        for name in wanted[post.file]:
            held = held_back(post, run.now)
            try:
                delivery, gathered = _plan_one(run, post, run.adapters[name], download=False)
                if not run.dry and not held and delivery.open_rows:
                    delivery, gathered = _plan_one(run, post, run.adapters[name], download=True)
            except PublishError as error:
                for each in error.errors if isinstance(error, Problems) else (error,):
                    if each.file is None:
                        each.file = str(post.file)
                    errors.append(each)
                continue
            since = run.config.site.since
            if delivery.fresh and since and post.date is not None and post.date < since:
                held = held or "archived"
            if delivery.open_rows and not held:
                warnings.extend(gathered.warnings)
                strict = [
                    error
                    for error in gathered.errors
                    if not run.dry or isinstance(error, AltMissing)
                ]
                errors.extend(strict)
                warnings.extend(error for error in gathered.errors if error not in strict)
            results.append(planned(delivery, held))
    _raise(errors)
    return results, _unique(warnings)


def problems(
    run: Run, post: Post, wanted: Sequence[str], *, download: bool
) -> tuple[list[PublishError], list[PublishError]]:
    """All that would keep a post from being sent, and all that a real run would warn of."""
    errors: list[PublishError] = []
    warnings: list[PublishError] = []
    for name in wanted:
        try:
            _, gathered = _plan_one(run, post, run.adapters[name], download=download)
        except PublishError as error:
            errors.extend(error.errors if isinstance(error, Problems) else (error,))
            continue
        errors.extend(gathered.errors)
        warnings.extend(gathered.warnings)
    return _unique(errors), _unique(warnings)


def _plan_one(
    run: Run, post: Post, adapter: Adapter, *, download: bool
) -> tuple[Delivery, Gathered]:
    facts = run.facts.get(adapter.channel.name, {})
    gathered = run.gatherer.gather(
        post, adapter, options_of(post, adapter), facts, download=download
    )
    message = compose(post, adapter, run.config, facts, gathered.pictures)
    recipients = _recipients(adapter) if run.dry else None
    return plan(
        post, message, adapter, run.ledger, key_of(post, run), recipients, run.choice
    ), gathered


def key_of(post: Post, run: Run) -> str:
    """Under which key the ledger knows this post, or will: one whose file was renamed is the post
    it was."""
    known = run.ledger.find(post.identity)
    if known is None and (post.date is not None or not post.identity.address):
        known = run.ledger.moved(post.digest, lambda path: (run.config.root / path).is_file())
    return known or post.identity.key


def _recipients(adapter: Adapter) -> Sequence[str]:
    """A dry run shows a newsletter whose list isn't there yet."""
    return adapter.recipients() if "recipients" in adapter.settings or not adapter.html else ("",)


def _unique(errors: Iterable[PublishError]) -> list[PublishError]:
    return list({(error.file, error.line, error.message): error for error in errors}.values())


def _raise(errors: list[PublishError]) -> None:
    """Each problem once, all together."""
    unique = _unique(errors)
    if unique:
        raise unique[0] if len(unique) == 1 else Problems(unique)
