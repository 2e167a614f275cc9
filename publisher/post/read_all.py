"""Files → posts: what is wrong in any of them is told, all together.

A file that was named stops everything, since it is what is meant. One that merely lay in a folder
fails by itself: no old post is any other post's fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher.config import Config
from publisher.errors import PostError, PublishError, each_of, raise_all
from publisher.files import resolved
from publisher.post.find import Source
from publisher.post.post import Post
from publisher.post.reader import read


@dataclass(frozen=True, slots=True)
class Twins:
    """Two posts that claim the same identity, so that nobody knows which of them is meant."""

    posts: tuple[Post, Post]
    error: PostError


@dataclass(frozen=True, slots=True)
class ReadPosts:
    """What the files say.

    posts   in order; drafts that were named among them
    drafts  those that merely lay in a folder
    failed  what is wrong with files that merely lay in a folder
    twins   pairs of them that claim the same identity: neither is among the posts
    found   the files that merely lay in a folder
    """

    posts: Sequence[Post]
    drafts: Sequence[Post]
    failed: Sequence[PublishError]
    found: frozenset[Path]
    twins: Sequence[Twins] = ()


def read_posts(
    sources: Sequence[Source],
    config: Config,
    is_enough: Callable[[Post], bool] | None = None,
) -> ReadPosts:
    """Read every file, as far as is needed. Raises Problems with everything that is wrong in those
    that were named."""
    posts: list[Post] = []
    drafts: list[Post] = []
    errors: list[PublishError] = []
    failed: list[PublishError] = []
    twins: list[Twins] = []
    claimed: dict[str, Post] = {}
    for source in sources:
        try:
            _demand_place(source, config)
            post = read(source.file, config, is_enough)
        except PublishError as error:
            (errors if source.named else failed).extend(each_of(error))
            continue
        if post.draft and not source.named:
            drafts.append(post)
        elif twin := _twin(post, claimed):
            twins.append(twin)
            if source.named:
                errors.append(twin.error)
        else:
            posts.append(post)
    raise_all(errors)
    found = frozenset(source.file for source in sources if not source.named)
    paired = {post.file for twin in twins for post in twin.posts}
    posts = [post for post in posts if post.file not in paired]
    return ReadPosts(posts, drafts, failed, found, twins)


def _twin(post: Post, claimed: dict[str, Post]) -> Twins | None:
    """Claims the post's names, and says which of them another post has already."""
    names = [name for name in (post.identity.id, post.identity.address, post.identity.key) if name]
    claims = [(claimed.setdefault(name, post), name) for name in names]
    other, name = next(((other, name) for other, name in claims if other is not post), (post, ""))
    if other is post:
        return None
    error = PostError(
        f"claims the same identity as {other.file}: {name}",
        hint="give one of them an id or an address of its own",
        file=post.file,
    )
    return Twins((other, post), error)


def _demand_place(source: Source, config: Config) -> None:
    """A post is inside the configuration's folder, links resolved; one that a person names may lie
    elsewhere, but is not led elsewhere by a link in that folder. Raises PostError."""
    root, real = resolved(config.root), source.file.resolve()
    if real.is_relative_to(root):
        return
    seems_inside = (source.file.parent.resolve() / source.file.name).is_relative_to(root)
    if config.confined or seems_inside or not source.named:
        raise PostError(
            f"lies outside {root.name or root}",
            hint="a post is a file of its own in the configuration's folder, not a link",
            file=source.file,
        )
