"""YAML as front matter is meant: a date stays as it is written, `yes` is a word, and a key stands
once."""

from __future__ import annotations

import re
from typing import Any

import yaml


class GivenTwice(ValueError):
    """A key that stands in two lines, counted from 0."""

    def __init__(self, key: str, first: int, second: int) -> None:
        super().__init__(f"{key!r} is given twice")
        self.key = key
        self.lines = (first, second)


_DEEPEST = 1000
_LEFT_AS_WRITTEN = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")


def loader_for(head: str) -> Any:
    """libyaml's loader is ten times faster, and overflows the C stack some ten thousand levels deep
    (tried 2026-11-23); where that many could be, the Python one, which raises RecursionError
    instead."""
    deepest = head.count("[") + head.count("{") + head.count("- ") + head.count("? ")
    return _SAFE if deepest > _DEEPEST else _FAST


def _careful(loader: Any) -> Any:
    """A loader that leaves dates as they are written: the reader reads them, and says the line of a
    wrong one. Only `true` and `false` are neither words nor tags (YAML 1.2)."""
    resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag not in _LEFT_AS_WRITTEN]
        for first, pairs in loader.yaml_implicit_resolvers.items()
    }
    for first in "tTfF":
        pattern = re.compile("true|True|TRUE|false|False|FALSE")
        resolvers.setdefault(first, []).insert(0, ("tag:yaml.org,2002:bool", pattern))

    def construct_mapping(self: Any, node: Any, deep: bool = False) -> Any:
        _demand_unique(node)
        return loader.construct_mapping(self, node, deep=deep)

    members = {"yaml_implicit_resolvers": resolvers, "construct_mapping": construct_mapping}
    return type("Loader", (loader,), members)


def _demand_unique(node: Any) -> None:
    """Raises GivenTwice for a key that is given twice: which one is meant, nobody
    knows."""
    first: dict[str, Any] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        before = first.setdefault(key.value.lower(), key)
        if before is not key:
            raise GivenTwice(key.value, before.start_mark.line, key.start_mark.line)


_SAFE = _careful(yaml.SafeLoader)
_FAST = _careful(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
