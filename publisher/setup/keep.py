"""Where secrets go: the system's keyring, or `.env` beside publish.toml. Never into
publish.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from publisher import dotenv, system_keyring
from publisher.adapter import Adapter
from publisher.config import bound_to
from publisher.setup.settings_file import cannot_write, value

Place = Literal["keyring", "env-file"]


def keep(
    place: Place,
    folder: Path,
    section: str,
    adapter: type[Adapter],
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """Put one section's secrets there. Returns what publish.toml says of each, as TOML. Raises
    ConfigError."""
    if place == "keyring":
        for name, secret in secrets.items():
            system_keyring.write(f"{section}.{name}", bound_to(adapter, settings), secret)
        return {name: f"{{ keyring = {value(f'{section}.{name}')} }}" for name in secrets}
    options = {option.name: option for option in adapter.options}
    variables = {name: options[name].variable(section) for name in secrets}
    try:
        dotenv.write(folder, {variables[name]: secret for name, secret in secrets.items()})
    except OSError as problem:
        raise cannot_write(folder / dotenv.NAME, problem) from None
    return {name: from_environment(variables[name]) for name in secrets}


def from_environment(variable: str) -> str:
    return f"{{ env = {value(variable)} }}"
