"""The record that a post becomes, and whether a record that is there is that one.

The lexicons app.bsky.feed.post, app.bsky.embed.images and app.bsky.embed.external (read 2026-11).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from publisher.adapter import Attempt, Message, Payload, Picture, pictures_of

IMAGES, CARD = "app.bsky.embed.images", "app.bsky.embed.external"


def card_of(message: Message) -> dict[str, Any] | None:
    """The card that leads to the post's page: made of the post itself, no page is asked.

    Pictures of a text stand for themselves; a cover alone is the card's picture.
    """
    wanted = message.options.get("embed")
    by_itself = len(message.pictures) == 1 and message.pictures[0].cover
    if not message.url or not message.title or wanted in ("pictures", "nothing"):
        return None
    if message.pictures and not (by_itself or wanted == "card"):
        return None
    return {"uri": message.url, "title": message.title, "description": message.description}


def record_of(
    payload: Payload,
    attempt: Attempt,
    *,
    parent: Mapping[str, Any] | None,
    did_of: Callable[[str], str],
) -> dict[str, Any]:
    """What is put. The same for the same attempt: whatever isn't in the payload is in the attempt, or
    stays as it is on the server. Raises what `did_of` raises."""
    record = {**payload["record"], "createdAt": moment(attempt.began)}
    if "facets" in record:
        record["facets"] = [_resolved(facet, did_of) for facet in record["facets"]]
    if embed := _embed(payload, attempt):
        record["embed"] = embed
    if parent is not None:
        ref = {"uri": parent["uri"], "cid": parent["cid"]}
        root = (parent["value"].get("reply") or {}).get("root") or ref
        record["reply"] = {"root": root, "parent": ref}
    return record


def moment(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _resolved(facet: Mapping[str, Any], did_of: Callable[[str], str]) -> dict[str, Any]:
    """A mention says whom by a DID, which lasts; its handle may become somebody else's."""
    (feature,) = facet["features"]
    if "handle" in feature:
        feature = {"$type": feature["$type"], "did": did_of(feature["handle"])}
    return {**facet, "features": [feature]}


def _embed(payload: Payload, attempt: Attempt) -> dict[str, Any] | None:
    pictures = pictures_of(payload)
    if card := payload.get("card"):
        thumb = {"thumb": _blob(pictures[0], attempt)} if pictures else {}
        return {"$type": CARD, "external": {**card, **thumb}}
    if pictures:
        return {"$type": IMAGES, "images": [_image(each, attempt) for each in pictures]}
    return None


def _image(picture: Picture, attempt: Attempt) -> dict[str, Any]:
    image: dict[str, Any] = {"alt": picture.alt, "image": _blob(picture, attempt)}
    if picture.width and picture.height:
        image["aspectRatio"] = {"width": picture.width, "height": picture.height}
    return image


def _blob(picture: Picture, attempt: Attempt) -> dict[str, Any]:
    """What uploading answered, as `Bluesky.upload` keeps it: "CID MIME-type bytes"."""
    cid, kind, size = attempt.media[picture.source].split(" ")
    return {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": int(size)}


def is_as_sent(record: Mapping[str, Any], payload: Payload, attempt: Attempt) -> bool:
    """Whether a reader of the record sees what the payload says: its words, where they lead, its
    card, its pictures."""
    return bool(_seen(record) == _wanted(payload, attempt))


def _seen(record: Mapping[str, Any]) -> Any:
    embed = record.get("embed") or {}
    card = embed.get("external") or {}
    images = embed.get("images") or ()
    return (
        record.get("text"),
        _links(record),
        [card.get(name) for name in ("uri", "title", "description")],
        [(each.get("alt"), _cid(each.get("image"))) for each in images],
    )


def _wanted(payload: Payload, attempt: Attempt) -> Any:
    card = payload.get("card") or {}
    images = () if card else pictures_of(payload)
    return (
        payload["record"]["text"],
        _links(payload["record"]),
        [card.get(name) for name in ("uri", "title", "description")],
        [(each.alt, _expected_cid(each, attempt)) for each in images],
    )


def _expected_cid(picture: Picture, attempt: Attempt) -> str:
    """A picture's is made of its SHA-256 (https://atproto.com/specs/data-model, read 2026-11); one
    that isn't downloaded has none yet, and is known by its upload alone."""
    if not picture.hash:
        return attempt.media.get(picture.source, "").partition(" ")[0]
    data = b"\x01\x55\x12\x20" + bytes.fromhex(picture.hash)
    return "b" + base64.b32encode(data).decode().rstrip("=").lower()


def _links(record: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """Where its facets lead, but for mentions, whose DID only the server knows."""
    return [
        (
            facet["index"]["byteStart"],
            facet["index"]["byteEnd"],
            feature.get("uri") or feature.get("tag") or "",
        )
        for facet in record.get("facets") or ()
        for feature in facet["features"]
    ]


def _cid(blob: Any) -> str:
    try:
        return str(blob["ref"]["$link"])
    except (KeyError, TypeError):
        return ""
