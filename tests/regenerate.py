"""Writes anew what documents show of the command's own output.

.venv/bin/python -m tests.regenerate
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from publisher import registry
from publisher.testing.certify import write
from tests.own_adapters import register

ROOT = Path(__file__).resolve().parents[1]
FENCE = "````"


def example_runs() -> str:
    """What a dry run of `examples/` prints, where nothing is configured."""
    command = [sys.executable, "-m", "publisher", "examples", "--dry-run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip("\n")


def main() -> None:
    page = ROOT / "docs" / "examples.md"
    before, _, rest = page.read_text("utf-8").partition(f"{FENCE}text\n")
    after = rest.partition(f"\n{FENCE}")[2]
    page.write_text(f"{before}{FENCE}text\n{example_runs()}\n{FENCE}{after}", "utf-8")
    certificates()


def certificates() -> None:
    """What each adapter of ours was seen to keep."""
    for name in registry.names():
        write(registry.load(name))
    with pytest.MonkeyPatch.context() as patch:
        register(patch, "two-steps", "tests.two_steps:TwoSteps")
        write(registry.load("two-steps"))


if __name__ == "__main__":
    main()
