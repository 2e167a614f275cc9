"""A site's newest post: a real one, to show by it what settings mean, and to take after."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from publisher.config import Config
from publisher.errors import PublishError
from publisher.post.post import Post
from publisher.post.reader import read

MOST = 2_000
"""Files of a site that are looked through for its newest post."""


def newest_post(config: Config) -> Post | None:
    """The newest post of the site that is out and has a page."""
    if config.generator is None:
        return None
    found: list[tuple[datetime, Path]] = []
    for file in islice(config.generator.sources(), MOST):
        with suppress(PublishError):
            post = read(file, config, is_enough=lambda _: True)
            if post.url and not post.draft and post.date and post.date <= datetime.now(UTC):
                found.append((post.date, file))
    with suppress(PublishError):
        return read(max(found)[1], config) if found else None
    return None
