"""A folder with one post and one channel, which leads to a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import POST


@contextmanager
def on(adapter: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """It is the current folder, and the account's secrets are in the environment."""
    (folder / ".git").mkdir()
    (folder / "post.md").write_text(POST, "utf-8")
    with Sandbox(adapters=(adapter,)) as sandbox:
        config = sandbox.config().replace(
            'language = "en"\n', 'language = "en"\npermalink = "/news/{slug}/"\n'
        )
        (folder / "publish.toml").write_text(config, "utf-8")
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        patch.chdir(folder)
        yield sandbox
