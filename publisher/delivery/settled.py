"""Which posts need no look: what is live is what the post said when it was last composed, and since
then neither the post, nor its pictures, nor the settings, nor the ledger have changed.

Kept in the ledger's file as a note that may be lost: without it a post is composed, and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publisher import __version__
from publisher.adapter import Adapter, Facts
from publisher.compose.compose import options_of
from publisher.config import Config
from publisher.delivery.result import Result
from publisher.ledger.sqlite import Ledger, Note
from publisher.pictures.gather import references_of
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Settled:
    """Looks up, and writes down, which posts need no look.

    settings  a digest of the configuration, the templates and the version
    facts     what the servers said of their limits, by channel
    """

    ledger: Ledger
    settings: str
    facts: Mapping[str, Facts]

    def is_settled(self, head: Post, key: str, channel: str) -> bool:
        note = self.ledger.note(key, channel)
        return (
            note is not None
            and note.mark == self._mark(head, key, channel)
            and all(_stamp(Path(file)) == stamp for file, stamp in note.files.items())
        )

    def keep(self, results: Sequence[Result], config: Config, in_bulk: Collection[Path]) -> None:
        """Write down what a run found unchanged, or has just sent as it is, of the files that lie in
        a folder that was named."""
        notes = []
        for result in results:
            delivery = result.delivery
            if delivery.post.file not in in_bulk or not delivery.post.whole:
                continue
            if not (_is_unchanged(result) or _is_as_sent(result)):
                continue
            files = _files(delivery.post, delivery.adapter, config)
            if files is not None:
                mark = self._mark(delivery.post, delivery.key, delivery.channel)
                notes.append(Note(delivery.key, delivery.channel, mark, files))
        if notes:
            self.ledger.keep_notes(notes)

    def _mark(self, head: Post, key: str, channel: str) -> str:
        what: list[Any] = [
            head.digest, head.identity.path, head.identity.address, head.identity.id, self.settings,
            dict(self.facts.get(channel, {})), self.ledger.shape(key, channel),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()


def _is_unchanged(result: Result) -> bool:
    return result.status == "unchanged" and not result.delivery.open_rows


def _is_as_sent(result: Result) -> bool:
    return (
        result.status == "sent"
        and result.delivery.fresh
        and all(row.state == "sent" for row in result.rows)
    )


def settings_of(config: Config) -> str:
    """A digest of what posts are composed with, beside themselves: of the templates, their sizes
    and times; of the configuration, and of what the site says of itself."""
    folder = config.templates()
    files = sorted(folder.rglob("*")) if folder.is_dir() else []
    what = [__version__, *(f"{file} {_stamp(file)}" for file in files)]
    if config.path is not None:
        what.append(hashlib.sha256(config.path.read_bytes()).hexdigest())
    if config.generator is not None:
        what.append(f"{config.generator.name} {config.generator.facts}")
    return hashlib.sha256("\0".join(what).encode("utf-8", "surrogateescape")).hexdigest()


def _files(post: Post, adapter: Adapter, config: Config) -> dict[str, str] | None:
    """The post's pictures on this machine, each as it is now; None where one may turn up that isn't
    there yet."""
    files: dict[str, str] = {}
    base = config.site.base_url
    for reference in references_of(post, options_of(post, adapter)):
        if reference.data:
            continue  # it changes with the text
        if reference.file is not None:
            files[str(reference.file)] = _stamp(reference.file)
        elif not reference.address or (base and reference.address.startswith(base)):
            return None
    return files


def _stamp(file: Path) -> str:
    """What changes with a file; empty where there is none."""
    try:
        about = file.stat()
    except OSError:
        return ""
    return f"{about.st_size} {about.st_mtime_ns}"
