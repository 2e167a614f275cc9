"""publish.toml as `publish init` writes it: with comments, and never over what somebody wrote."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.adapter import Adapter, Option
from publisher.config import Site
from publisher.documentation import CONFIGURATION
from publisher.errors import ConfigError
from publisher.generators.generator import Generator

HEAD = f"""\
# What `publish` needs to know; no secret is in this file. Every key:
# {CONFIGURATION}
"""


def new_file(site: Site, generator: Generator | None) -> str:
    """The beginning of a file that isn't there yet."""
    lines = [HEAD, "[site]"]
    if generator is not None and not site.own:
        where = generator.file.name
        lines.append(
            f"# {generator.name} builds this site: address, title and language are in {where}."
        )
    elif site.base_url:
        lines += ["# The address of your site.", f"base_url = {value(site.base_url)}"]
        lines += ["# The address of a post whose front matter has none.", "# " + _PERMALINK]
        if site.permalink:
            lines[-1] = f"permalink = {value(site.permalink)}"
    else:
        lines += [
            "# The address of your site, and of a post in it.",
            '# base_url = "https://example.org/"',
        ]
        lines.append("# " + _PERMALINK)
    return "\n".join(lines) + "\n"


_PERMALINK = 'permalink = "/news/{slug}/"'


def section(
    name: str, adapter: type[Adapter], settings: Mapping[str, Any], places: Mapping[str, str]
) -> str:
    """[channels.NAME] with what is set, each with its comment, and the other options behind a "#".

    `places`: where each secret is to be found, as TOML.
    """
    lines = [f"[channels.{_key(name)}]"]
    if name != adapter.name:
        lines.append(f"adapter = {value(adapter.name)}")
    rest: list[str] = []
    for option in adapter.options:
        comment = f"# {_sentence(option)}"
        if option.name in places:
            lines.append(f"{option.name} = {places[option.name]}")
        elif option.name in settings:
            lines += [comment, f"{option.name} = {value(settings[option.name])}"]
        elif not option.secret and not option.required:
            rest.append(f"# {option.name}: {option.help}")
    return "\n".join([*lines, *rest]) + "\n"


def has_section(text: str, name: str) -> bool:
    channels = tomllib.loads(text).get("channels", {})
    return isinstance(channels, dict) and name in channels


def with_section(text: str, name: str, new: str) -> str:
    """`text` with the section at its end, or in the place of the one that is there. Raises
    ConfigError where that one is written in a form that can't be taken out."""
    if not has_section(text, name):
        return f"{text.rstrip()}\n\n{new}" if text.strip() else new
    header = rf"""^[ \t]*\[channels\.["']?{re.escape(name)}["']?\][^\n]*\n"""
    rest = r"(?:(?![ \t]*\[)[^\n]*(?:\n|\Z))*"
    found = list(re.finditer(header + rest, text, re.MULTILINE))
    if len(found) != 1:
        raise ConfigError(
            f"[channels.{name}] can't be replaced in this file",
            hint="take it out by hand, and run again",
        )
    start, end = found[0].span()
    return f"{text[:start]}{new}\n{text[end:]}".rstrip() + "\n"


def write(path: Path, text: str) -> None:
    """Whole or not at all. Raises ConfigError for what can't be written, or isn't TOML."""
    tomllib.loads(text)
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, "utf-8")
        if path.exists():
            new.chmod(path.stat().st_mode & 0o777)
        new.replace(path)
    except OSError as problem:
        raise cannot_write(path, problem) from None


def demand_writable(folder: Path) -> None:
    """Raises ConfigError before anybody is asked anything."""
    if not os.access(folder, os.W_OK):
        raise ConfigError(
            "this folder is read-only for you", hint="go to one of your own", file=folder
        )


def cannot_write(path: Path, problem: OSError) -> ConfigError:
    return ConfigError(
        f"can't be written: {problem.strerror}", hint="check the folder's rights", file=path
    )


def value(given: Any) -> str:
    """A text, a number, a truth or a list of texts, as TOML: JSON's forms of these are TOML's,
    too."""
    return json.dumps(given, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else value(name)


def _sentence(option: Option) -> str:
    words = option.help
    return f"{words[:1].upper()}{words[1:]}."
