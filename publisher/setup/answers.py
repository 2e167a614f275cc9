"""Answers that come with the command line (`--set mastodon.api_base_url=…`) or from the
environment, and what is asked of a person for an adapter without a guide of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from publisher.adapter import Adapter, Option
from publisher.config import wrong_value
from publisher.errors import ConfigError, UsageError, did_you_mean
from publisher.secrets import assignment
from publisher.setup.desk import Desk, Prepared

Given = Mapping[str, Mapping[str, str]]
"""Answers of the command line: by section, by key."""
SITE = ("base_url", "permalink")
"""Keys of [site] that may be given."""


def read(words: Sequence[str]) -> Given:
    """SECTION.KEY=VALUE. Raises UsageError."""
    given: dict[str, dict[str, str]] = {}
    for word in words:
        name, equals, answer = word.partition("=")
        section, dot, key = name.partition(".")
        if not (equals and dot and section and key and answer.strip()):
            raise UsageError(
                f"--set {word!r} is not SECTION.KEY=VALUE",
                hint="--set mastodon.api_base_url=https://mastodon.social",
            )
        given.setdefault(section, {})[key] = answer.strip()
    for key in given.get("site", {}):
        if key not in SITE:
            raise UsageError(f"--set site.{key}: no such key", hint=did_you_mean(key, SITE))
    return given


def unattended(section: str, adapter: type[Adapter], given: Mapping[str, str]) -> Prepared:
    """What the command line says; secrets stay where they are, in the environment. Raises
    UsageError for a setting that is wrong, unknown or missing, and for a secret."""
    known = [option.name for option in adapter.options]
    for key in given:
        if key not in known:
            raise UsageError(f"--set {section}.{key}: no such key", hint=did_you_mean(key, known))
    settings = settings_in(given, section, adapter)
    for option in adapter.options:
        if option.required and not option.secret and option.name not in settings:
            raise UsageError(
                f"{section} needs {option.name}: {option.help}",
                hint=f"--set {section}.{option.name}=…",
            )
    return Prepared(settings)


def settings_in(given: Mapping[str, str], section: str, adapter: type[Adapter]) -> dict[str, Any]:
    """The adapter's own options among the answers, checked. Raises UsageError for one that is
    wrong, and for a secret."""
    settings: dict[str, Any] = {}
    for option in adapter.options:
        if option.name not in given:
            continue
        text = given[option.name]
        if option.secret:
            raise UsageError(
                f"--set {section}.{option.name}: a command line can be read by others",
                hint=f"{assignment(option.variable(section))} instead",
            )
        settings[option.name] = typed(option, text)
        if wrong := wrong_value(option, settings[option.name]):
            raise UsageError(f"--set {section}.{option.name}: {text!r} {wrong}", hint=option.help)
    return settings


def typed(option: Option, text: str) -> Any:
    """A text as the option's kind; a list's items have commas between them, and one alone stays a
    text: it may be a file's name."""
    if option.kind == "integer" and text.isascii() and text.isdigit():
        return int(text)
    if option.kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if option.kind == "list" and ("," in text or "@" in text):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text


def asked(adapter: type[Adapter], desk: Desk) -> Prepared:
    """Each required option in turn, for an adapter that has no guide of its own."""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    desk.say(f"{adapter.title}:")
    for option in adapter.options:
        if not option.required:
            continue
        question = f"{option.name}, {option.help}"
        if option.secret:
            secrets[option.name] = desk.ask_secret(question, option.check)
        else:
            answer = desk.ask(option.name, question, check=_check(option))
            settings[option.name] = typed(option, answer)
    return Prepared(settings, secrets)


def _check(option: Option) -> Any:
    return lambda text: wrong_value(option, typed(option, text))


def in_environment(section: str, adapter: type[Adapter]) -> bool:
    """Whether every secret that it needs is there already."""
    names = [each.variable(section) for each in adapter.options if each.secret and each.required]
    return all(os.environ.get(name) for name in names)


def demand_known(given: Given, sections: Sequence[str]) -> None:
    """Raises ConfigError for answers to what isn't asked."""
    for section in given:
        if section != "site" and section not in sections:
            raise ConfigError(
                f"--set {section}.…: that channel isn't set up now",
                hint=did_you_mean(section, sections),
            )
