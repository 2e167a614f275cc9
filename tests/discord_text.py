"""Discord's Markdown, as its adapter writes it."""

from __future__ import annotations

from typing import Any

from publisher.registry import load
from publisher.text.flavour import Setting
from publisher.text.marks import Text
from publisher.text.tree import Element


def discord(part: Element, **setting: Any) -> Text:
    return load("discord").flavour(part, Setting(**setting))
