"""Real git repositories on disk: a bare remote, and clones of it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def remote(folder: Path) -> Path:
    """A bare repository with one commit on main."""
    bare, first = folder / "remote.git", folder / "first"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True)
    subprocess.run(["git", "clone", "--quiet", str(bare), str(first)], check=True, capture_output=True)
    git(first, "checkout", "--quiet", "-B", "main")
    (first / "site.md").write_text("A site.\n", "utf-8")
    commit(first, "A site")
    return bare


def clone(bare: Path, name: str, *, shallow: bool = False) -> Path:
    folder = bare.parent / name
    depth = ["--depth=1"] if shallow else []
    command = ["git", "clone", "--quiet", *depth, f"file://{bare}", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def commit(folder: Path, message: str = "Change") -> str:
    """Commit everything that is there, and push it to main."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    git(folder, "push", "--quiet", "origin", "HEAD:main")
    return git(folder, "rev-parse", "HEAD")
