"""`publish check`: are the configuration and each channel's credentials good? Reads only."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from publisher import prepare
from publisher.console import Console, clean, describe
from publisher.errors import ConfigError, Problems, PublishError
from publisher.ledger import Ledger


def run(arguments: argparse.Namespace, console: Console) -> int:
    config = prepare.load_config(arguments.config, Path.cwd())
    if config.path is None:
        raise ConfigError(
            "there is no publish.toml here or in a folder above",
            hint="config.example.toml shows how to write one",
        )
    for warning in config.warnings:
        console.problem(warning, "warning")
    console.out(f"{clean(str(config.path))}: good")
    if not config.channels:
        raise ConfigError(
            "no channel is configured", hint="add a section such as [channels.mastodon]", file=config.path
        )
    failed = False
    with Ledger(config.ledger_path()) as ledger:
        for name in config.channels:
            try:
                adapters, redact = prepare.sign_in([name], config)
            except PublishError as error:
                failed = True
                for each in error.errors if isinstance(error, Problems) else (error,):
                    console.out(f"{name}: {console.colour('failed', 'red')}: {describe(each)}")
                continue
            adapter = adapters[name]
            try:
                who = adapter.check()
                prepare.learn(adapters, ledger, datetime.now(UTC), again=True)
                console.out(f"{name}: {console.colour('good', 'green')}: {clean(redact(who))}")
            except PublishError as error:
                failed = True
                error.message = redact(error.message)
                console.out(f"{name}: {console.colour('failed', 'red')}: {describe(error)}")
            except Exception as problem:
                failed = True
                words = f"what it answered makes no sense ({type(problem).__name__}); is the address right?"
                console.out(f"{name}: {console.colour('failed', 'red')}: {words}")
            finally:
                adapter.close()
    return 1 if failed else 0
