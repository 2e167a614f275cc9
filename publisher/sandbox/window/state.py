"""What the window shows, as JSON. No platform is named here: each says its title, and an entry is
shown by what `received()` tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.sandbox.box import Sandbox

MOST = 200
"""Entries of a platform, and exchanges, that are shown; the newest."""

WHOLE = ("channel", "id", "url", "text", "at", "subject", "html")
"""What the page shows in its own way; any other plain value is a fact below the text."""
APART = {"object", "request", "raw", "headers", "pictures", "media", "until", "gone", *WHOLE}


def tag(box: Sandbox) -> str:
    """Another one as soon as there is something new to see."""
    return f'"{id(box):x}-{box.changes}-{box.traffic.number}-{box.faults.number}"'


def state(box: Sandbox) -> dict[str, Any]:
    """Platforms with what they show and showed, oldest first; exchanges, newest first; faults."""
    return {
        "platforms": [
            {"name": platform.name, "title": platform.title, "url": platform.place}
            for platform in box.platforms
        ],
        "entries": [shown for platform in box.platforms for shown in _shown_by(platform)],
        "exchanges": [asdict(one) | {"at": one.at.isoformat()} for one in box.traffic.last(MOST)][
            ::-1
        ],
        "kinds": box.kinds(),
        "faults": [_unsigned(each, box) for each in box.faults.told()],
    }


def _unsigned(fault: dict[str, Any], box: Sandbox) -> dict[str, Any]:
    """Without what signed the requests that it hit."""
    signatures = {each.name: each.signature for each in box.platforms}
    signature = signatures.get(fault["platform"])
    hits = [signature.sub("…", hit) if signature else hit for hit in fault["hits"]]
    return {**fault, "hits": hits}


def _shown_by(platform: Any) -> list[dict[str, Any]]:
    entries = sorted(
        [*platform.received(last=MOST), *platform.past.gone()], key=lambda entry: entry["at"]
    )
    return [
        shown(entry) | {"earlier": [_earlier(each) for each in platform.past.versions(entry["id"])]}
        for entry in entries[-MOST:]
    ]


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of `received()` as the page takes it."""
    facts = {name.replace("_", " "): _plain(entry[name]) for name in entry if name not in APART}
    headers = [f"{name}: {value}" for name, value in entry.get("headers", ())]
    return {
        **{name: str(entry.get(name) or "") for name in (*WHOLE, "gone")},
        "facts": {name: value for name, value in facts.items() if value},
        "headers": "\n".join(headers),
        "source": entry.get("raw") or _json(entry.get("object")),
        "pictures": [
            {"url": each["url"], "alt": each["alt"] or ""} for each in entry.get("pictures", ())
        ],
    }


def _earlier(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"text": str(entry["text"]), "until": str(entry["until"])}


def _plain(value: object) -> str:
    """A value in words; "" for one that says nothing."""
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return "" if value is None else str(value)


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
