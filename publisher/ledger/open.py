"""Where the ledger lives: a file on this machine, or a branch of the repository.

with open_store(config) as store:
    store.ledger …                          what is known
    with store.hold(plan) as (made, busy):  nobody else sends these posts meanwhile
        …
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from publisher.config import Config
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import FileStore, Store


@contextmanager
def open_store(config: Config, *, readonly: bool = False, offline: bool = False) -> Iterator[Store]:
    """Open the ledger where the configuration says it is. `readonly`: for looking only, nothing is
    made or changed; `offline`: without the network, as this machine saw it last.

    Raises LedgerError.
    """
    if config.branch:
        from publisher.ledger.branch_store import (
            open_branch,  # git, and what only the GitHub Action needs
        )

        with open_branch(config, offline=offline) as store:
            yield store
        return
    with Ledger(config.ledger_path(), readonly=readonly) as ledger:
        yield FileStore(ledger)
