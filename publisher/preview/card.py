"""What the page shows of one post on one channel: values that a template can print."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from publisher.adapter import Payload, Picture, pictures_of
from publisher.compose.post_view import PostView, cid
from publisher.delivery.result import Result
from publisher.ledger.row import Row
from publisher.tell import terminal


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture. `src` is a data: address, or empty where it is only on the web: the page asks
    nobody for anything. `position` is what stays in view of it, for CSS."""

    src: str
    alt: str
    note: str
    position: str


@dataclass(frozen=True, slots=True)
class Part:
    """`share` of the limit is in percent, 0 where there is no limit. `before` is what is live, where
    this is an edit of it. `html` is a mail's, and `kilobytes` its size."""

    text: str
    length: int
    limit: int | None
    share: int
    before: str
    html: str
    kilobytes: int
    pictures: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """`look` names the template that shows it; `fields` are what a reader sees beside the text;
    `preview` is what an inbox shows beside a subject."""

    channel: str
    title: str
    look: str
    action: str
    fields: Mapping[str, str]
    link: str
    link_title: str
    description: str
    preview: str
    colour: str
    parts: tuple[Part, ...]
    losses: tuple[str, ...]
    notes: tuple[str, ...]
    error: str

    @property
    def is_wide(self) -> bool:
        """Whether it has a page of its own to show."""
        return any(part.html for part in self.parts)


def card(result: Result, fitted: Mapping[str, bytes]) -> Card:
    """`fitted` has the pictures' bytes, by their hash."""
    delivery = result.delivery
    adapter, message = delivery.adapter, delivery.message
    rows = result.parts
    error = f"{result.error.message} ({result.error.hint})" if result.error else ""
    return Card(
        channel=delivery.channel,
        title=adapter.title,
        look=adapter.name,
        action=terminal.action(result),
        fields=adapter.fields_of(rows[0].payload) if rows else {},
        link=message.url,
        link_title=message.title,
        description=message.description,
        preview=PostView(delivery.post, adapter, message.rule).preview,
        colour=str(message.options.get("colour") or ""),
        parts=tuple(_part(result, row, fitted) for row in rows),
        losses=tuple(terminal.losses(delivery)),
        notes=(*message.notes, *delivery.post.notes),
        error=error,
    )


def _part(result: Result, row: Row, fitted: Mapping[str, bytes]) -> Part:
    adapter, rule = result.delivery.adapter, result.delivery.message.rule
    text = adapter.text_of(row.payload)
    length = rule.count(text)
    html = str(row.payload.get("html") or "")
    return Part(
        text=text,
        length=length,
        limit=rule.limit,
        share=min(100, round(100 * length / rule.limit)) if rule.limit else 0,
        before=adapter.text_of(row.live) if row.live is not None else "",
        html=_with_pictures(html, row.payload, fitted),
        kilobytes=len(html.encode()) // 1000,
        pictures=tuple(_shown(picture, fitted) for picture in result.pictures(row)),
    )


def _shown(picture: Picture, fitted: Mapping[str, bytes]) -> Shown:
    data = fitted.get(picture.hash, b"")
    return Shown(
        src=_address(picture, data) if data else "",
        alt=picture.alt,
        note=picture.note,
        position=_position(picture.focus),
    )


def _with_pictures(html: str, payload: Payload, fitted: Mapping[str, bytes]) -> str:
    """A mail's HTML in which the pictures that travel with it can be seen."""
    for picture in pictures_of(payload):
        if data := fitted.get(picture.hash):
            html = html.replace(f"cid:{cid(picture)}", _address(picture, data))
    return html


def _address(picture: Picture, data: bytes) -> str:
    return f"data:{picture.kind};base64,{base64.b64encode(data).decode()}"


def _position(focus: str) -> str:
    """From -1…1, upwards, as platforms have it, to percent, downwards, as CSS has it."""
    if not focus:
        return "50% 50%"
    x, y = (float(number) for number in focus.split(","))
    return f"{50 + 50 * x:.0f}% {50 - 50 * y:.0f}%"
