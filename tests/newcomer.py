"""Somebody in an empty folder, who runs `publish init` against the sandbox: for several test files."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from tests import pressing_browser
from tests.pages import ROOT
from tests.pressing_browser import code_in, press
from tests.terminals import Answer

BROWSER = f"{sys.executable} {pressing_browser.__file__} %s"
ORDER = ("mastodon", "twitter", "discord", "email")


@pytest.fixture
def empty(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it, which is the current one, and no secret anywhere."""
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here
    for name in (*sandbox.environment(), "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "publish.toml").read_text("utf-8"))


def which(*channels: str) -> tuple[str, Answer]:
    return ("numbers", " ".join(str(ORDER.index(name) + 1) for name in channels))


NO_SITE: tuple[str, Answer] = ("pages on a site?", "n")


def host(sandbox: Sandbox) -> str:
    return urlsplit(sandbox[Mastodon].url).netloc


def page_in(shown: str) -> str:
    """The last address that was shown by itself."""
    return str(re.findall(r"^  (http\S+)\s*$", shown, re.MULTILINE)[-1])


def pressed(shown: str) -> str:
    return code_in(press(page_in(shown)))
