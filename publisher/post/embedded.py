"""Pictures that stand in the text itself, as `data:` addresses: they get a name, and their bytes are
kept beside the text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from publisher.text import tree
from publisher.text.tree import Element

_DATA = re.compile(
    r"data:image/(?P<kind>[\w.+-]+)(?:;[\w=-]+)*;base64,(?P<body>[\w+/=%\s-]*)", re.IGNORECASE
)
_ENDINGS = {"jpeg": "jpg", "svg+xml": "svg"}


def with_names(body: Element) -> tuple[Element, Mapping[str, bytes]]:
    """The text with a name (`embedded:…`) for each such picture, and the bytes by name. What can't be
    read stays as it is."""
    pictures: dict[str, bytes] = {}

    def change(element: Element) -> Element:
        found = (
            _DATA.fullmatch(element.attrs.get("src", "").strip()) if element.name == "img" else None
        )
        data = _decoded(found["body"]) if found else None
        if found is None or data is None:
            return element
        kind = found["kind"].lower()
        name = f"embedded:{hashlib.sha256(data).hexdigest()[:16]}.{_ENDINGS.get(kind, kind)}"
        pictures[name] = data
        return Element(element.name, {**element.attrs, "src": name}, element.children)

    if not any("data:" in each.attrs.get("src", "") for each in body.walk()):
        return body, pictures
    return tree.transform(body, change), pictures


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(re.sub(r"\s|%0A|%20", "", text), validate=True)
    except (ValueError, binascii.Error):
        return None
