"""The generator's own list of its pages, where publish.toml asks for it (`[site] build_list`).

Nothing else here runs a site's code. It is one of two fixed commands, knows none of the environment's
secrets, and is never run for a stranger's pull request.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from publisher.errors import ConfigError
from publisher.generators.generator import is_address

SECONDS = 120
_KNOWN = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What such a command is told of the environment."""

COMMANDS = {
    "hugo": ("hugo", "list", "all"),
    "eleventy": ("node_modules/.bin/eleventy", "--to=json", "--quiet"),
}


def listed(name: str, root: Path, base_url: str) -> Mapping[str, str]:
    """The address of each source file that the generator lists, by its path below `root`. Raises
    ConfigError."""
    rows = _ask(name, root, base_url)
    if isinstance(rows, str):
        raise ConfigError(
            f"{' '.join(COMMANDS[name])} gives no list of pages ({rows})",
            hint="run it in the site's folder; or take build_list out of [site]",
        )
    return rows


@lru_cache(maxsize=4)
def _ask(name: str, root: Path, base_url: str) -> Mapping[str, str] | str:
    """What it lists, or why it lists nothing: it is run once, however many posts want to know."""
    command = COMMANDS[name]
    if "/" in command[0]:
        command = (str(root / command[0]), *command[1:])
    known = {key: os.environ[key] for key in _KNOWN if key in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - one of the two above
            command,
            cwd=root,
            env=known,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        return _of_hugo(done.stdout) if name == "hugo" else _of_eleventy(done.stdout, base_url)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as problem:
        return type(problem).__name__


def _of_hugo(text: str) -> dict[str, str]:
    return {row["path"]: row["permalink"] for row in csv.DictReader(text.splitlines())}


def _of_eleventy(text: str, base_url: str) -> dict[str, str]:
    pages = json.loads(text[text.index("[") :])
    return {
        str(PurePosixPath(page["inputPath"])): page["url"]
        if is_address(page["url"])
        else f"{base_url}{page['url']}"
        for page in pages
        if isinstance(page.get("url"), str)
    }
