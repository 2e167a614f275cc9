"""The links of what is live, written into the posts' front matter, or into a data file."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.config import Config
from publisher.delivery.result import Result
from publisher.errors import PublishError
from publisher.files import inside, path_below
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post


def write_back(results: Sequence[Result], config: Config, ledger: Ledger) -> list[PublishError]:
    """Do so where that is wanted. Returns what couldn't be written: what was sent is sent."""
    if not config.site.syndication:
        return []
    problems: list[PublishError] = []
    for post, key in {result.delivery.post: result.delivery.key for result in results}.items():
        rows = [row for row in ledger.rows(key) if row.url and row.part == 0 and not row.recipient]
        try:
            _write(post, rows, config)
        except PublishError as error:
            problems.append(error)
        except OSError as error:
            problems.append(PublishError(str(error), file=post.file))
    return problems


def _write(post: Post, rows: Sequence[Row], config: Config) -> None:
    from publisher.site import syndication

    links = [
        syndication.Link(name, channel.adapter, row.url or "", row.remote_id)
        for name, channel in config.channels.items()
        for row in rows
        if row.channel == name and (row.state == "sent" or row.op == "update")
    ]
    if config.site.syndication == "file":
        file = inside(config.root, "data/syndication.json")
        syndication.write_file(file, path_below(post.file, config.root), links)
        return
    if not post.file.is_file():
        return  # retracted after its file was deleted
    live = {link.url for link in links}
    gone = [row.url for row in rows if row.url and row.url not in live]
    syndication.write_front_matter(post.file, links, gone)
