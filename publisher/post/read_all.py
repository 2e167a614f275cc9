"""Files → posts: all of them are read, and all that is wrong in any is told together."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.config import Config
from publisher.errors import PostError, PublishError, each_of, raise_all
from publisher.post.find import Source
from publisher.post.post import Post
from publisher.post.reader import read


def read_posts(sources: Sequence[Source], config: Config) -> tuple[list[Post], list[Post]]:
    """Read every file: the posts, and the drafts that merely lay in a folder.

    Raises Problems with everything that is wrong in any of them.
    """
    posts: list[Post] = []
    drafts: list[Post] = []
    errors: list[PublishError] = []
    claimed: dict[str, Post] = {}
    for source in sources:
        try:
            _demand_place(source, config)
            post = read(source.file, config)
        except PublishError as error:
            errors.extend(each_of(error))
            continue
        if post.draft and not source.named:
            drafts.append(post)
            continue
        names = [
            name for name in (post.identity.id, post.identity.address, post.identity.key) if name
        ]
        claims = [(claimed.setdefault(name, post), name) for name in names]
        other, name = next(
            ((other, name) for other, name in claims if other is not post), (post, "")
        )
        if other is not post:
            errors.append(
                PostError(
                    f"claims the same identity as {other.file}: {name}",
                    hint="give one of them an id or an address of its own",
                    file=post.file,
                )
            )
        posts.append(post)
    raise_all(errors)
    return posts, drafts


def _demand_place(source: Source, config: Config) -> None:
    """A post is inside the configuration's folder, links resolved; one that a person names may lie
    elsewhere, but is not led elsewhere by a link in that folder. Raises PostError."""
    root, real = config.root.resolve(), source.file.resolve()
    if real.is_relative_to(root):
        return
    seems_inside = (source.file.parent.resolve() / source.file.name).is_relative_to(root)
    if config.confined or seems_inside or not source.named:
        raise PostError(
            f"lies outside {root.name or root}",
            hint="a post is a file of its own in the configuration's folder, not a link",
            file=source.file,
        )
