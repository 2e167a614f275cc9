"""What a person has looked at, and no other: with `approve = true` below [site] a post goes out as it was
approved, or not at all.

An approval is a file beside the post, which a person commits: `publish approve` writes it. It has
digests of what is sent, channel by channel, in parts, so that it can be said what differs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from publisher.adapter import Adapter
from publisher.delivery.plan import Delivery
from publisher.delivery.result import NOT_APPROVED, Result
from publisher.errors import PictureMissing, PostError, PublishError
from publisher.files import read_text
from publisher.ledger.row import canonical, digest
from publisher.post.post import Post

SIZE_LIMIT = 100_000
"""Bytes of an approval."""

Approval = Mapping[str, Mapping[str, str]]
"""By channel, by part of what is sent, a digest."""
_WORDS = {
    "text": "its text",
    "settings": "its visibility, or another setting,",
    "pictures": "its pictures, or what they are said to show,",
    "limit": "the limit of characters",
}


def file_of(post: Post) -> Path:
    return post.file.with_name(f"{post.file.name}.approved")


def approval_of(deliveries: Sequence[Delivery]) -> Approval:
    """What would be approved: all channels of one post."""
    return {each.channel: _parts(each) for each in deliveries}


def _parts(delivery: Delivery) -> dict[str, str]:
    adapter, message = delivery.adapter, delivery.message
    payloads = [adapter.payload(message, index) for index in range(len(message.parts))]
    texts = [[adapter.text_of(each), adapter.fields_of(each)] for each in payloads]
    # What a machine makes of a picture may differ from another's: the author's own file counts.
    pictures = [[each.source, each.alt, each.focus] for each in message.pictures]
    bare = [{key: each[key] for key in each if key != "pictures"} for each in payloads]
    return {
        "text": _digest(texts),
        "settings": _digest(bare),
        "pictures": _digest(pictures),
        "limit": str(message.rule.limit),
    }


def _digest(value: Any) -> str:
    return digest(canonical({"": value}))


def digest_of(approval: Approval) -> str:
    """What a person compares: the same here and in a pull request's comment."""
    return _digest(approval)[:16]


def as_text(approval: Approval) -> str:
    value = {"digest": digest_of(approval), "channels": approval}
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def read(post: Post) -> Approval | None:
    """What is approved of a post; None where nothing is. Raises PostError."""
    file = file_of(post)
    if not file.is_file() or file.is_symlink():
        return None
    try:
        found = json.loads(read_text(file, SIZE_LIMIT, PostError))["channels"]
        return {str(name): {**parts} for name, parts in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PostError(
            "can't be read as an approval", hint=f"publish approve {post.file}", file=file
        ) from None


def unknown_in(deliveries: Sequence[Delivery], facts: Mapping[str, Any]) -> PublishError | None:
    """What a preview can't know, and nobody can approve, therefore: a server's limit, a picture that
    is on the web alone and isn't downloaded."""
    for each in deliveries:
        adapter, rule = each.adapter, each.message.rule
        can_learn = type(adapter).learn is not Adapter.learn
        if can_learn and rule.limit_source == "default" and not facts.get(each.channel):
            return PostError(
                f"can't be approved: the limits of {each.channel}'s server aren't known here",
                hint=f"publish check --channels {each.channel}, or set max_characters",
                file=each.post.file,
            )
        for picture in each.message.pictures:
            if not picture.hash and not adapter.html:
                return PictureMissing(
                    f"can't be approved: the picture {picture.name} isn't here",
                    hint=f"publish approve {each.post.file} downloads it",
                    file=each.post.file,
                )
    return None


def difference(post: Post, deliveries: Sequence[Delivery]) -> str:
    """What isn't as it was approved, in words; empty where all is. Raises PostError."""
    approved = read(post)
    if approved is None:
        return "it isn't approved"
    for channel, parts in approval_of(deliveries).items():
        if channel not in approved:
            return f"it isn't approved for {channel}"
        for name, words in _WORDS.items():
            if approved[channel].get(name) != parts[name]:
                return f"{words} on {channel} isn't what was approved"
    return ""


def held(results: Sequence[Result]) -> list[Result]:
    """The results of one post, of which what isn't approved waits for a person."""
    asked = [each.delivery for each in results if _is_asked_for(each)]
    why = difference(asked[0].post, asked) if asked else ""
    if not why:
        return list(results)
    post = asked[0].post
    error = PostError(
        why,
        hint=f"look at it, then: publish approve {post.file}, and commit {file_of(post).name}",
        file=post.file,
    )
    return [
        Result(each.delivery, each.rows, "skipped", NOT_APPROVED, error)
        if _is_asked_for(each)
        else each
        for each in results
    ]


def _is_asked_for(result: Result) -> bool:
    """What begins, or changes what is live. What was begun is finished: it was approved then."""
    delivery = result.delivery
    return result.status == "planned" and (delivery.fresh or delivery.following)


def told(results: Sequence[Result], facts: Mapping[str, Any]) -> dict[Path, str]:
    """What a preview says of each post: how to approve it, or that it is approved."""
    posts: dict[Path, list[Delivery]] = {}
    for each in results:
        if _is_asked_for(each):
            posts.setdefault(each.delivery.post.file, []).append(each.delivery)
    return {file: _told(deliveries, facts) for file, deliveries in posts.items()}


def _told(deliveries: Sequence[Delivery], facts: Mapping[str, Any]) -> str:
    post = deliveries[0].post
    if problem := unknown_in(deliveries, facts):
        return f"{problem.message} ({problem.hint})"
    if not difference(post, deliveries):
        return "approved"
    number = digest_of(approval_of(deliveries))
    return (
        f"to be approved, as {number}: publish approve {post.file}, and commit {file_of(post).name}"
    )
