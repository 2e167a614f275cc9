"""Which channels, signed in or without their secrets, and what their servers said of themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from publisher import config as configuration
from publisher import registry
from publisher.adapter import Adapter, Channel, Facts
from publisher.config import Config
from publisher.errors import (
    ConfigError,
    PostError,
    PublishError,
    UsageError,
    did_you_mean,
    each_of,
    raise_all,
)
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post
from publisher.secrets import Redactor

FACTS_AGE = timedelta(days=1)
"""How long what a server said of its limits is believed before it is asked again."""

LIMITS_PATIENCE = 5.0
"""Seconds that servers have to say their limits: one slow channel holds no other back."""


def chosen(given: str | None, config: Config) -> tuple[str, ...] | None:
    """The channels named on the command line, or None. Raises UsageError for one that isn't
    there."""
    if given is None:
        return None
    words = (word.strip() for word in given.split(","))
    names = tuple(dict.fromkeys(_known_as(word, config) for word in words if word))
    for name in names:
        if name not in config.channels:
            hint = did_you_mean(name, config.channels)
            if name in registry.names():
                hint = f"add a section [channels.{name}] to {config.path}"
            raise UsageError(f"there is no channel {name!r}", hint=hint)
    if not names:
        raise UsageError("--channels names no channel", hint=f"known: {', '.join(config.channels)}")
    return names


def _known_as(word: str, config: Config) -> str:
    """The section that a word means: its own name, or what people call its adapter."""
    if word in config.channels:
        return word
    mine = [
        channel.name
        for channel in config.channels.values()
        if word.lower() in registry.load(channel.adapter).aliases
    ]
    return mine[0] if len(mine) == 1 else word


def sends_mail(channel: Channel) -> bool:
    return registry.load(channel.adapter).has_recipients()


def channels_of(post: Post, names: tuple[str, ...] | None, config: Config) -> tuple[str, ...]:
    """Where a post goes: as the command line says, else its front matter, else everywhere.

    Raises PostError for a channel that the front matter names and the configuration doesn't have.
    """
    wanted = names or (_usual(config) if post.channels is None else post.channels)
    for name in wanted:
        if name not in config.channels:
            raise PostError(
                f"is for the channel {name!r}, which is not configured",
                hint=f"add a section [channels.{name}] to {config.path}, or choose with --channels",
                file=post.file,
            )
    return wanted


def _usual(config: Config) -> tuple[str, ...]:
    return config.usual or tuple(config.channels)


def sign_in(names: Iterable[str], config: Config) -> tuple[dict[str, Adapter], Redactor]:
    """Adapters with their secrets read, and what keeps those out of sight. Raises Problems."""
    adapters: dict[str, Adapter] = {}
    values: list[str] = []
    errors: list[PublishError] = []
    for name in names:
        channel = config.channels[name]
        try:
            secrets = configuration.read_secrets(config, channel)
        except PublishError as error:
            errors.extend(each_of(error))
            continue
        values.extend(secrets.values())
        channel = replace(channel, keep=config.keep())
        adapters[name] = registry.load(channel.adapter)(channel, secrets)
    raise_all(errors)
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
) -> list[PublishError]:
    """Ask the servers whose limits are not known, or not freshly, all at once.

    One that doesn't answer soon, or talks nonsense, is no reason to stop or to wait: what it said
    last holds. Returns a warning for each of which nothing is known.
    """
    unknown: dict[str, str] = {}
    answers: dict[str, Facts] = {}

    def ask(adapter: Adapter) -> None:
        with suppress(Exception):
            answers[server_of(adapter)] = adapter.learn()

    threads = []
    for name, adapter in adapters.items():
        found = ledger.facts(server_of(adapter))
        can_learn = type(adapter).learn is not Adapter.learn
        if not found and can_learn and "max_characters" not in adapter.settings:
            unknown[name] = server_of(adapter)
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
    return [
        ConfigError(
            f"the limits of {name}'s server could not be learnt: the platform's usual ones count",
            hint="`publish check` asks again; or set max_characters",
        )
        for name, server in unknown.items()
        if not answers.get(server)
    ]
