"""One post, with its configuration → the verdict of a rehearsal. Nothing leaves this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.adapter import Facts
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.planning import Planning, plan_all
from publisher.errors import ConfigError, PublishError
from publisher.ledger.open import open_store
from publisher.ledger.sqlite import Ledger
from publisher.pictures.gather import Gatherer
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.rehearsal.edit import edited
from publisher.rehearsal.rehearsal import Rehearsal, Verdict
from publisher.rehearsal.stage import Stage


def rehearse(
    file: str,
    *,
    config: str | None,
    names: str | None,
    disasters: int,
    seed: int,
    tell: Callable[[int], None],
) -> Verdict:
    """`tell` is told how many disasters have struck. Raises what is wrong with the post or the
    configuration."""
    with staged(file, config=config, names=names) as stage:
        return Rehearsal(stage).perform(disasters, seed, tell)


@contextmanager
def staged(file: str, *, config: str | None, names: str | None) -> Iterator[Stage]:
    """A stage for one post, on the channels of a configuration. Raises what is wrong with one of
    them."""
    sources = collect([file])
    settings = configuration.of_run(config, sources.folder(), preview=True)
    (post,) = read_posts(sources.files, settings).posts
    wanted = channels.channels_of(post, channels.chosen(names, settings), settings)
    post = _as_if_ready(post)
    with tempfile.TemporaryDirectory() as scratch:
        versions = _versions(post, wanted, settings, Path(scratch))
        stage = Stage(versions, wanted, settings, _facts(wanted, settings), Path(scratch))
        with stage:
            if not stage.names:
                raise ConfigError(
                    "the sandbox knows none of these channels", hint="see `publish channels`"
                )
            yield stage


def _as_if_ready(post: Post) -> Post:
    """A draft, or what is dated in the future, is what people rehearse."""
    return replace(post, draft=False, not_before=None, expires=None, url_problem="")


def _facts(names: tuple[str, ...], config: Config) -> dict[str, Facts]:
    """What the real servers said of their limits when they were last asked: the texts are those
    that will be sent."""
    adapters, _ = channels.without_secrets(names, config)
    with open_store(config, readonly=True, offline=True) as store:
        return channels.known_facts(adapters, store.ledger)


def _versions(
    post: Post, names: tuple[str, ...], config: Config, scratch: Path
) -> tuple[Post, ...]:
    """The post, and an edit of it, where that fits. Raises what is wrong with the post."""
    adapters, _ = channels.without_secrets(names, config)
    site = replace(config.site, approve=False)
    with Ledger(scratch / "none.db", readonly=True) as ledger:

        def check(version: Post) -> None:
            composer = Composer(config, _facts(names, config), Gatherer(config))
            settings = replace(config, site=site)
            planning = Planning(settings, adapters, ledger, composer, datetime.now(UTC), dry=True)
            plan_all(planning, [version], {version.file: names})

        check(post)
        try:
            check(edited(post))
        except PublishError:
            return (post,)
    return (post, edited(post))
