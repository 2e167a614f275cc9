"""A publish.toml that leads to the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable

from publisher import registry
from publisher.sandbox.stand_in import StandIn

_HEAD = """\
# The sandbox's own configuration. The secrets are in the environment; they open nothing but the
# sandbox.

[site]
base_url = "https://example.org/"
language = "en"

[ledger]
path = ".publish/sandbox.db"
"""


def config(platforms: Iterable[StandIn]) -> str:
    """The file's text, with a section for each of these."""
    return "\n".join((_HEAD, *(section(platform) for platform in platforms)))


def section(platform: StandIn) -> str:
    """`[channels.NAME]`, with its secrets in the environment."""
    lines = [f"[channels.{platform.name}]"]
    # JSON's texts, numbers and lists are TOML's, too.
    lines += [f"{name} = {json.dumps(value)}" for name, value in platform.settings().items()]
    lines += [
        f'{option.name} = {{ env = "{option.variable(platform.name)}" }}'
        for option in registry.load(platform.name).options
        if option.name in platform.secrets()
    ]
    return "\n".join(lines) + "\n"
