"""Adapters that only a test knows, found as a plug-in's are."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from publisher import registry


def register(patch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """`value` is "module:Class"."""
    found = {**registry._found(), name: EntryPoint(name, value, registry.GROUP)}
    patch.setattr(registry, "_found", lambda: found)
