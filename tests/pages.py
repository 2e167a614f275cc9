"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted(
    page
    for page in (*ROOT.glob("docs/*.md"), README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")
    if page.is_file()
)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def commands(page: Path) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]


def inline_code(page: Path) -> list[str]:
    return re.findall(r"`[^`\n]+`", page.read_text("utf-8"))


def publish_commands(page: Path) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in commands(page) if line.startswith("publish ")]


def in_folder(folder: Path, files: dict[str, str]) -> Path:
    """Write files by their paths in `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
