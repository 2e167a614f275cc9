"""Name → adapter, by entry point: ours register exactly as anybody else's do."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from publisher.adapter import Adapter
from publisher.errors import ConfigError, did_you_mean

GROUP = "publisher.adapters"
USUAL = ("mastodon", "twitter", "discord", "email")
"""Where a post goes while nothing is configured. People are shown these first; others follow by
name."""


@cache
def _found() -> dict[str, EntryPoint]:
    found = {point.name: point for point in entry_points(group=GROUP)}
    order = [name for name in USUAL if name in found] + sorted(set(found) - set(USUAL))
    return {name: found[name] for name in order}


def names() -> tuple[str, ...]:
    return tuple(_found())


@cache
def load(name: str) -> type[Adapter]:
    """The adapter called `name`. Raises ConfigError for an unknown one, or one that can't be
    imported."""
    point = _found().get(name)
    if point is None:
        raise ConfigError(f"there is no adapter {name!r}", hint=did_you_mean(name, names()))
    try:
        adapter = point.load()
    except Exception as error:
        raise ConfigError(
            f"the adapter {name!r} can't be loaded: {type(error).__name__}: {error}",
            hint="reinstall or update the package that it comes from",
        ) from error
    if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
        raise ConfigError(
            f"{point.value} is not an adapter", hint="it must be a class derived from Adapter"
        )
    return adapter
