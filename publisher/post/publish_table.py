"""What a post says of its channels: `publish:`, and whom its `mentions` mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from publisher import registry
from publisher.config import COMMON_OPTIONS, wrong_value
from publisher.errors import did_you_mean
from publisher.post.front_values import FrontValues, one_line, only_text


def publish_table(
    values: FrontValues,
) -> tuple[tuple[str, ...] | None, Mapping[str, Mapping[str, Any]]]:
    value = values.data.get("publish")
    if value in (None, True, False, "yes", "no", "on", "off"):
        return None, {}
    if not isinstance(value, dict):
        values.problem(
            "publish is not a table",
            "write publish: {channels: [mastodon, discord]}",
            "publish",
        )
        return None, {}
    known = dict.fromkeys((*values.config.channels, *registry.names()))
    channels: tuple[str, ...] | None = None
    overrides: dict[str, Mapping[str, Any]] = {}
    for key, table in value.items():
        if key == "channels":
            names = [name.strip() for name in table.split(",")] if isinstance(table, str) else table
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                values.problem(
                    "publish: channels is not a list",
                    "write channels: [mastodon, discord]",
                    "channels",
                )
                continue
            for name in names:
                if name not in known:
                    values.problem(
                        f"publish: there is no channel {name!r}",
                        did_you_mean(name, known),
                        "channels",
                    )
            channels = tuple(dict.fromkeys(names))
        elif key == "url":
            if table not in ("none", False) and not (isinstance(table, str) and table.strip()):
                values.problem(
                    "publish: url is no address", "write url: none, or an address", "url"
                )
        elif key not in known:
            values.problem(
                f"publish: there is no channel {key!r}",
                did_you_mean(str(key), (*known, "channels", "url")),
                str(key),
            )
        elif not isinstance(table, dict):
            values.problem(f"publish: {key} is not a table", f"write {key}: {{text: …}}", key)
        else:
            overrides[key] = MappingProxyType(_override(values, key, table))
    return channels, overrides


def _override(values: FrontValues, channel: str, table: dict[str, Any]) -> dict[str, Any]:
    section = values.config.channels.get(channel)
    adapter = registry.load(section.adapter if section else channel)
    options = {
        option.name: option for option in (*COMMON_OPTIONS, *adapter.options) if option.in_post
    }
    known = (*options, *(() if adapter.html else ("text",)))
    checked: dict[str, Any] = {}
    for key, value in table.items():
        if key == "text" and "text" in known and isinstance(value, str):
            checked[key] = only_text(value).strip()
        elif key not in options:
            values.problem(f"publish: {channel} has no {key!r}", did_you_mean(key, known), key)
        elif wrong := wrong_value(options[key], value):
            values.problem(f"publish: {channel}: {key} {wrong}", options[key].help, key)
        else:
            checked[key] = only_text(value) if isinstance(value, str) else value
    return checked


def mentions(values: FrontValues) -> Mapping[str, Mapping[str, str]]:
    """{"@ada": {"mastodon": "@ada@example.social"}}: whom an @word in the text means, by
    adapter."""
    value = values.data.get("mentions") or {}
    if not isinstance(value, dict) or not all(
        isinstance(table, dict) and all(isinstance(name, str) for name in table.values())
        for table in value.values()
    ):
        values.problem(
            "mentions is not a table of tables",
            'write mentions: {"@ada": {mastodon: "@ada@example.social"}}',
            "mentions",
        )
        return {}
    return {
        "@" + str(name).lstrip("@"): {key: one_line(handle) for key, handle in table.items()}
        for name, table in value.items()
    }
