"""What Discord checks in a message, and how it says so: its tree of errors under code 50035.

Limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits and
/resources/webhook#execute-webhook (2026-08-06). Lengths are counted as publisher.text.measure.count.discord
does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

Errors = dict[str, Any]

CONTENT, USERNAME, TITLE, DESCRIPTION, TOTAL = 2000, 80, 256, 4096, 6000
EMBEDS, FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, AUTHOR, URL = 10, 25, 256, 1024, 2048, 256, 2048
ALT = 1024


def message_errors(given: Mapping[str, Any]) -> Errors:
    """The tree of what is wrong; empty if nothing is."""
    tree: Errors = {}
    _put(tree, "content", _text(given.get("content"), CONTENT))
    if given.get("username") is not None:
        _put(tree, "username", _username(given["username"]))
    if given.get("avatar_url") is not None:
        _put(tree, "avatar_url", _url(given["avatar_url"]))
    _put(tree, "allowed_mentions", _mentions(given.get("allowed_mentions")))
    _put(tree, "flags", _integer(given.get("flags"), 2**31))
    _put(tree, "attachments", _each(given.get("attachments"), 10, _attachment))
    embeds = given.get("embeds")
    _put(tree, "embeds", _each(embeds, EMBEDS, _embed))
    if "embeds" not in tree and sum(_size(embed) for embed in embeds or []) > TOTAL:
        tree["embeds"] = _error(
            "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {TOTAL}"
        )
    return tree


def _length(text: str) -> int:
    from publisher.text.measure import count

    return count.discord(text)


def _error(code: str, message: str) -> Errors:
    return {"_errors": [{"code": code, "message": message}]}


def _put(tree: Errors, name: str, errors: Errors | None) -> None:
    if errors:
        tree[name] = errors


def _required() -> Errors:
    return _error("BASE_TYPE_REQUIRED", "This field is required")


def _text(value: Any, limit: int, *, required: bool = False) -> Errors | None:
    if value is None or (required and value == ""):
        return _required() if required else None
    if not isinstance(value, str):
        return _error(
            "STRING_TYPE_CONVERT", f'Could not interpret "{type(value).__name__}" as string.'
        )
    if _length(value) > limit:
        return _error("BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
    return None


def _username(value: Any) -> Errors | None:
    if not isinstance(value, str) or not 1 <= _length(value) <= USERNAME:
        return _error("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {USERNAME} in length.")
    for word in ("discord", "clyde"):
        if word in value.lower():
            return _error("USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    return None


def _url(value: Any, *, attachment: bool = False) -> Errors | None:
    if not isinstance(value, str) or len(value) > URL:
        return _error("BASE_TYPE_MAX_LENGTH", f"Must be {URL} or fewer in length.")
    schemes = ("http", "https", "attachment") if attachment else ("http", "https")
    try:
        parts = urlsplit(value)
    except ValueError:
        return _error("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if parts.scheme and parts.scheme not in schemes:
        return _error(
            "URL_TYPE_INVALID_SCHEME",
            f'"{parts.scheme}": Scheme "{parts.scheme}" is not supported. Scheme must be one of {schemes}.',
        )
    if not parts.netloc or re.search(r"\s", value):
        return _error("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return None


def _integer(value: Any, below: int) -> Errors | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        return _error("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    if not 0 <= value < below:
        return _error("NUMBER_TYPE_MAX", f"int value should be less than or equal to {below - 1}.")
    return None


def _mentions(value: Any) -> Errors | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return _error("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    lists = {kind: value.get(kind) or [] for kind in ("parse", "users", "roles")}
    for kind, items in lists.items():
        if not isinstance(items, list):
            return {kind: _error("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")}
        if len(items) > 100:
            return {kind: _error("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")}
    for number, kind in enumerate(lists["parse"]):
        if kind not in ("roles", "users", "everyone"):
            message = f"Value {kind!r} must be one of ('users', 'roles', 'everyone')."
            return {"parse": {str(number): _error("BASE_TYPE_CHOICES", message)}}
        if lists.get(kind):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            return _error("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    return None


def _each(value: Any, limit: int, check: Any) -> Errors | None:
    if value is None:
        return None
    if not isinstance(value, list):
        return _error("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(value) > limit:
        return _error("BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
    tree: Errors = {}
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            _put(
                tree,
                str(number),
                _error("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"),
            )
        else:
            _put(tree, str(number), check(item))
    return tree


def _attachment(item: Mapping[str, Any]) -> Errors | None:
    tree: Errors = {}
    if not re.fullmatch(r"\d{1,20}", str(item.get("id", ""))):
        _put(
            tree, "id", _error("NUMBER_TYPE_COERCE", f'Value "{item.get("id")}" is not snowflake.')
        )
    _put(tree, "description", _text(item.get("description"), ALT))
    return tree


def _field(field: Mapping[str, Any]) -> Errors | None:
    tree: Errors = {}
    _put(tree, "name", _text(field.get("name"), FIELD_NAME, required=True))
    _put(tree, "value", _text(field.get("value"), FIELD_VALUE, required=True))
    return tree


def _embed(embed: Mapping[str, Any]) -> Errors | None:
    tree: Errors = {}
    _put(tree, "title", _text(embed.get("title"), TITLE))
    _put(tree, "description", _text(embed.get("description"), DESCRIPTION))
    _put(tree, "color", _integer(embed.get("color"), 2**24))
    _put(tree, "fields", _each(embed.get("fields"), FIELDS, _field))
    if embed.get("url"):
        _put(tree, "url", _url(embed["url"]))
    for name in ("image", "thumbnail"):
        if embed.get(name):
            errors = _url(_inner(embed, name).get("url"), attachment=True)
            _put(tree, name, {"url": errors} if errors else None)
    for name, key, limit in (("footer", "text", FOOTER), ("author", "name", AUTHOR)):
        if embed.get(name):
            errors = _text(_inner(embed, name).get(key), limit, required=True)
            _put(tree, name, {key: errors} if errors else None)
    if embed.get("timestamp"):
        try:
            datetime.fromisoformat(str(embed["timestamp"]))
        except ValueError:
            message = f"Could not parse {embed['timestamp']}. Should be ISO8601."
            _put(tree, "timestamp", _error("DATE_TIME_TYPE_PARSE", message))
    if not tree and not any(embed.get(name) for name in SHOWN):
        return {"description": _required()}
    return tree


SHOWN = ("title", "description", "fields", "footer", "author", "image", "thumbnail")


def _inner(embed: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = embed[name]
    return value if isinstance(value, dict) else {}


def _size(embed: Mapping[str, Any]) -> int:
    """What counts against the total: title, description, fields' names and values, footer,
    author."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [field.get(key) for field in embed.get("fields") or [] for key in ("name", "value")]
    texts += [_inner(embed, "footer").get("text")] if embed.get("footer") else []
    texts += [_inner(embed, "author").get("name")] if embed.get("author") else []
    return sum(_length(text) for text in texts if text)
