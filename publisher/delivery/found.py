"""What a person found out about a row whose outcome is unknown."""

from __future__ import annotations

from publisher import registry
from publisher.config import Config
from publisher.ledger.row import Row


def as_found(row: Row, sent: str | None, config: Config) -> Row:
    """The row once a person has looked. `sent` is the address at which it is live, "" where it is
    live and has none; None: it isn't live."""
    if sent is None:
        return row.with_state("failed", error="not sent, as you said")
    url = sent or row.url
    return row.with_state("sent", url=url, remote_id=_id_in(url, row, config), error=None)


def _id_in(url: str | None, row: Row, config: Config) -> str | None:
    """The id that the address names, as the channel's adapter reads it; else what is known."""
    channel = config.channels.get(row.channel)
    if not url or channel is None:
        return row.remote_id
    adapter = registry.load(channel.adapter)(channel)
    return adapter.id_in(url) or row.remote_id
