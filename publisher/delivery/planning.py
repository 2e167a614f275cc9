"""Posts + ledger → results: what is to be done about every post on every channel, and all that
would keep it from being done, told together. Reads, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from publisher.adapter import Adapter
from publisher.compose.composer import Composed, Composer
from publisher.config import Config
from publisher.delivery import approval
from publisher.delivery.left_alone import Vanished, over, reason_of
from publisher.delivery.plan import Choice, Delivery, plan
from publisher.delivery.result import (
    Result,
    as_it_was,
    planned,
    renamed,
    untouched,
    without_address,
)
from publisher.errors import AltMissing, PictureMissing, PublishError, each_of, raise_all, unique
from publisher.identity import Identity
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Planning:
    """What one run plans with.

    dry      nothing is sent, no secret is read, no network is touched
    found    the files that merely lay in a folder: what is wrong with one stops no other
    in_bulk  the files that nobody named by themselves: an archive among them is left alone
    """

    config: Config
    adapters: Mapping[str, Adapter]
    ledger: Ledger
    composer: Composer
    now: datetime
    choice: Choice = field(default_factory=Choice)
    dry: bool = False
    found: frozenset[Path] = frozenset()
    in_bulk: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Plans:
    """What is to be done about every post on every channel; `failed` is what is wrong with posts
    that fail by themselves, of which nothing is done."""

    results: Sequence[Result]
    warnings: Sequence[PublishError]
    failed: Sequence[PublishError]


def plan_all(
    planning: Planning, posts: Sequence[Post], wanted: Mapping[Path, tuple[str, ...]]
) -> Plans:
    """Plan every post on every channel.

    Raises Problems before anything is sent. A dry run only warns of pictures that a real one, which
    downloads them, would stop at; where a picture's file isn't there, it shows the text all the
    same.
    """
    results: list[Result] = []
    errors: list[PublishError] = []
    warnings: list[PublishError] = []
    failed: list[PublishError] = []
    keys = {post.file: key_of(post, planning.ledger, planning.config) for post in posts}
    vanished = Vanished(planning.ledger, planning.config.names_from(), set(keys.values()))
    for post in posts:
        plans = _plan_post(planning, post, keys[post.file], wanted[post.file], vanished)
        shown = planning.dry and all(isinstance(each, PictureMissing) for each in plans.failed)
        if plans.failed and not shown:
            (failed if post.file in planning.found else errors).extend(plans.failed)
            continue
        failed.extend(plans.failed)
        results.extend(plans.results)
        warnings.extend(plans.warnings)
    raise_all(errors)
    return Plans(results, unique(warnings), unique(failed))


def _plan_post(
    planning: Planning, post: Post, key: str, names: Sequence[str], vanished: Vanished
) -> Plans:
    results: list[Result] = []
    errors: list[PublishError] = []
    warnings: list[PublishError] = []
    held = held_back(post, planning.now)
    for name in names:
        adapter = planning.adapters[name]
        if not post.whole and (skimmed := _skimmed(planning, post, key, adapter)):
            results.append(skimmed)
            continue
        if not held and (reason := _left_alone(planning, post, key, name)):
            results.append(untouched(post, adapter, key, reason))
            continue
        try:
            delivery, composed = _plan_one(planning, post, key, adapter, held=bool(held))
        except PublishError as error:
            for each in each_of(error):
                if each.file is None:
                    each.file = str(post.file)
                errors.append(each)
            continue
        if delivery.open_rows and not held:
            stopping = _stopping(planning, composed)
            errors.extend(stopping)
            warnings.extend(composed.gathered.warnings)
            warnings.extend(each for each in composed.gathered.errors if each not in stopping)
        elif delivery.kept == "template" and not held:
            # It stays as it is; that a picture of it is gone is said all the same.
            errors.extend(e for e in composed.gathered.errors if isinstance(e, PictureMissing))
        results.append(planned(delivery, held))
    created = [result.delivery for result in results if _creates(result)]
    if old := vanished.renamed_to(created):
        results = [renamed(each.delivery, old) if _creates(each) else each for each in results]
    if planning.config.site.approve and not planning.dry:
        results = approval.held(results)
    if post.url_problem:
        results = [without_address(each.delivery) if _creates(each) else each for each in results]
    return Plans(results, warnings, errors)


def _creates(result: Result) -> bool:
    return result.status == "planned" and result.delivery.fresh


def _left_alone(planning: Planning, post: Post, key: str, channel: str) -> str | None:
    """Why a post isn't even composed; None where it may be sent. What was begun is always
    finished."""
    if planning.choice.republish:
        return None
    if planning.ledger.states(key, channel):
        return None
    in_bulk = post.file in planning.in_bulk
    return reason_of(post, planning.config.site, planning.now, in_bulk=in_bulk)


def _skimmed(planning: Planning, post: Post, key: str, adapter: Adapter) -> Result | None:
    """What is to be said of a post whose text was not read, since nothing is to be done; None
    where something is."""
    rows = tuple(planning.ledger.rows(key, adapter.channel.name))
    if not rows:
        return None
    states = {row.state for row in rows}
    if reason := over(states):
        return untouched(post, adapter, key, reason)
    return as_it_was(post, adapter, key, rows) if states == {"sent"} else None


def held_back(post: Post, now: datetime) -> str | None:
    """Why a post is not sent, whoever asks: draft, future, expired, or None."""
    if post.draft:
        return "draft"
    if post.not_before is not None and post.not_before > now:
        return "future"
    return "expired" if post.expires is not None and post.expires <= now else None


def problems(
    planning: Planning, post: Post, wanted: Sequence[str], *, download: bool
) -> tuple[list[PublishError], list[PublishError]]:
    """All that would keep a post from being sent, and all that a real run would warn of."""
    errors: list[PublishError] = []
    warnings: list[PublishError] = []
    key = key_of(post, planning.ledger, planning.config)
    for name in wanted:
        adapter = planning.adapters[name]
        try:
            composed = planning.composer.compose(post, adapter, download=download)
            _plan_composed(planning, post, key, adapter, composed)
        except PublishError as error:
            errors.extend(each_of(error))
            continue
        errors.extend(composed.gathered.errors)
        warnings.extend(composed.gathered.warnings)
    return unique(errors), unique(warnings)


def key_of(post: Post, ledger: Ledger, config: Config) -> str:
    """Under which key the ledger knows this post, or will: one whose file was renamed is the post
    it was."""
    known = ledger.find(post.identity)
    if known is None and (post.date is not None or not post.identity.address):
        root = config.names_from()
        known = ledger.moved(post.digest, lambda path: (root / path).is_file())
    return known or _key_of_alias(post, ledger, config) or post.identity.key


def _key_of_alias(post: Post, ledger: Ledger, config: Config) -> str | None:
    """The post that was at one of the addresses which this one says it had before: this one, if that
    one's file is gone."""
    for address in post.aliases:
        key = ledger.find(Identity("", address, post.identity.id))
        if key is not None:
            was = config.names_from() / ledger.posts()[key].path
            return None if was.is_file() else key
    return None


def _plan_one(
    planning: Planning, post: Post, key: str, adapter: Adapter, *, held: bool
) -> tuple[Delivery, Composed]:
    """Nothing is fetched for what a run doesn't send."""
    composed = planning.composer.compose(post, adapter, download=False)
    delivery = _plan_composed(planning, post, key, adapter, composed)
    if held or planning.dry or not delivery.open_rows:
        return delivery, composed
    with_pictures = planning.composer.compose(post, adapter, download=True)
    if with_pictures.message is not composed.message:
        delivery = _plan_composed(planning, post, key, adapter, with_pictures)
    return delivery, with_pictures


def _plan_composed(
    planning: Planning, post: Post, key: str, adapter: Adapter, composed: Composed
) -> Delivery:
    recipients = _recipients(adapter) if planning.dry else None
    message = composed.message
    return plan(post, message, adapter, planning.ledger, key, recipients, planning.choice)


def _stopping(planning: Planning, composed: Composed) -> list[PublishError]:
    """What keeps a post from being sent. A dry run, which downloads nothing, stops only where a
    file isn't there, or no text is given and one is demanded."""
    return [
        error
        for error in composed.gathered.errors
        if not planning.dry or isinstance(error, AltMissing | PictureMissing)
    ]


def _recipients(adapter: Adapter) -> Sequence[str]:
    """A dry run shows a newsletter whose list isn't there yet."""
    return adapter.recipients() if "recipients" in adapter.settings or not adapter.html else ("",)
