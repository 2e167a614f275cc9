"""What a run writes down though nothing is sent: new names, new words that nobody sees, files that
are gone or back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from publisher.delivery.gone import Gone, is_back, newly_gone
from publisher.delivery.plan import STALE, Delivery
from publisher.delivery.planning import Planning
from publisher.delivery.result import Result
from publisher.identity import Identity
from publisher.ledger.sqlite import Ledger


def gone_now(planning: Planning, results: Sequence[Result]) -> list[Gone]:
    """Live posts whose files are gone, of which nobody was told yet."""
    present = {result.delivery.key for result in results}
    return newly_gone(planning.ledger, planning.config, present)


def remember(results: Sequence[Result], busy: Mapping[str, str], ledger: Ledger) -> None:
    """The names that posts have now, and what they say though nobody sees a difference."""
    known = ledger.posts()
    for result in results:
        delivery = result.delivery
        if delivery.key in busy:
            continue
        if _is_renamed(delivery, known):
            ledger.remember(delivery.post.identity, delivery.key)
        if _is_reworded(result):
            ledger.note_source(delivery.key, delivery.channel, delivery.source)
        back = [replace(row, error=None) for row in delivery.rows if is_back(row)]
        if result.status == "unchanged" and back:
            ledger.record_all(back)
        if _is_news(result):
            stale = [row for row in delivery.rows if row.state == "sent"]
            ledger.record_all(replace(row, error=STALE, source=delivery.source) for row in stale)


def is_touched(result: Result, known: Mapping[str, Identity]) -> bool:
    """Whether something is to be sent, or to be noted about what is live. `known` are the names in
    the ledger, by the posts' keys."""
    if _is_news(result):
        return True
    if result.status != "unchanged":
        return result.status == "planned"
    back = any(is_back(row) for row in result.delivery.rows)
    return back or _is_renamed(result.delivery, known) or _is_reworded(result)


def _is_news(result: Result) -> bool:
    """Whether an edit can't follow, and nobody was told of it yet."""
    delivery = result.delivery
    return result.status == "outdated" and delivery.can_not_follow and not delivery.is_told


def _is_renamed(delivery: Delivery, known: Mapping[str, Identity]) -> bool:
    """Whether the post has a name that the ledger doesn't know; one that it no longer has is
    kept."""
    before, now = known.get(delivery.key), delivery.post.identity
    if before is None:
        return False
    return before != Identity(now.path, now.address or before.address, now.id or before.id)


def _is_reworded(result: Result) -> bool:
    """Whether the post was edited, though what is live shows no difference."""
    delivery = result.delivery
    return result.status == "unchanged" and any(
        row.source != delivery.source for row in delivery.rows
    )
