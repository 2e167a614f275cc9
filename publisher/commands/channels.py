"""`publish channels`: every adapter, whether it is set up, and what is missing."""

from __future__ import annotations

import argparse
from pathlib import Path

from publisher import certificate as certificates
from publisher import config as configuration
from publisher import dotenv, registry
from publisher.adapter import Channel
from publisher.commands import options
from publisher.config import Config
from publisher.tell.console import Console, clean

DESCRIPTION = "List every adapter, whether it is set up, and what is missing."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    parser.add_argument(
        "--guarantees",
        action="store_true",
        help="what each keeps, as its tests have seen it: lost answers, limits, edits, pictures",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.guarantees:
        _guarantee(console)
        return 0
    config = configuration.of_run(arguments.config, Path.cwd())
    sections = dict(config.channels) if config.path else {}
    for adapter_name in registry.names():
        mine = [channel for channel in sections.values() if channel.adapter == adapter_name]
        for channel in mine:
            console.out(f"{channel.name}: {_state(channel, config, console)}")
        if not mine:
            options = ", ".join(
                option.name for option in registry.load(adapter_name).options if option.required
            )
            console.out(
                f"{adapter_name}: {console.colour('not set up', 'dim')}; [channels.{adapter_name}] needs {options}"
            )
    if config.path is None:
        console.err("there is no publish.toml here or in a folder above: publish init writes one")
    return 0


def _guarantee(console: Console) -> None:
    for name in registry.names():
        adapter = registry.load(name)
        console.out(f"{console.colour(name, 'bold')} ({adapter.title})")
        certificate = certificates.load(adapter)
        if certificate is None:
            console.out("  no certificate: its tests have not written one")
            continue
        for heading, words in certificates.lines(certificate):
            console.out(f"  {heading + ':':<21}{words}")


def _state(channel: Channel, config: Config, console: Console) -> str:
    adapter = registry.load(channel.adapter)
    secrets = config.secrets.get(channel.name, {})
    lacking = [option.name for option in configuration.missing(channel, secrets, adapter)]
    # .env is read where it is needed; here it is enough that it is there.
    absent = {name: secret for name, secret in secrets.items() if not secret.present()}
    perhaps = [secret.env for secret in absent.values() if secret.env and _has_dotenv(config)]
    lacking += [
        f"{name} ({secret.where()})" for name, secret in absent.items() if secret.env not in perhaps
    ]
    title = (
        adapter.title
        if channel.name == adapter.name
        else f"{adapter.title}, by the adapter {adapter.name}"
    )
    if lacking:
        return f"{title}, {console.colour('incomplete', 'yellow')}: missing {clean(', '.join(lacking))}"
    where = f", if .env has {', '.join(perhaps)}: publish check" if perhaps else ""
    return f"{title}, {console.colour('set up', 'green')}{where}"


def _has_dotenv(config: Config) -> bool:
    return (config.root / dotenv.NAME).is_file()
