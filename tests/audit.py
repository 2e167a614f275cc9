"""A security audit of what a repository has for GitHub, by zizmor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TASTE = frozenset(("unpinned-uses", "secrets-outside-env"))
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
