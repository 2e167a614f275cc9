"""Records what this version writes into its ledger when it publishes the examples: with each
release, so that later versions can be held to it.

    .venv/bin/python tests/upgrade/record.py 0.1.0
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from publisher import cli
from publisher.sandbox import Sandbox

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SITE = '[site]\npermalink = "/news/{slug}/"\n'


def main(version: str) -> None:
    folder = HERE / version
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLES, folder / "posts")
    with tempfile.TemporaryDirectory() as place, Sandbox() as box:
        os.chdir(place)
        os.environ |= box.environment()
        shutil.copytree(EXAMPLES, "posts")
        config = box.config().replace("[site]\n", SITE, 1)
        Path("publish.toml").write_text(config, "utf-8")
        files = [str(file) for file in sorted(Path("posts").glob("*.md"))]
        for file in files:
            if cli.main([file, "--yes"]):
                sys.exit(f"{file} was not published")
        exported = io.StringIO()
        with contextlib.redirect_stdout(exported):
            cli.main(["ledger", "export"])
    (folder / "ledger.jsonl").write_text(exported.getvalue(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
