"""Real git repositories on disk: a bare remote, and clones of it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    command = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def remote(folder: Path) -> Path:
    """A bare repository with one commit on main."""
    bare, first = folder / "remote.git", folder / "first"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True
    )
    subprocess.run(
        ["git", "clone", "--quiet", str(bare), str(first)], check=True, capture_output=True
    )
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


def checkout(bare: Path, name: str) -> Path:
    """As actions/checkout leaves a repository: one commit of main, fetched by its name; HEAD is
    detached."""
    folder = bare.parent / name
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    head = git(bare, "rev-parse", "main")
    git(folder, "remote", "add", "origin", f"file://{bare}")
    git(
        folder,
        "fetch",
        "--quiet",
        "--no-tags",
        "--depth=1",
        "origin",
        f"+{head}:refs/remotes/origin/main",
    )
    git(folder, "checkout", "--quiet", "--detach", "refs/remotes/origin/main")
    return folder


def refuse(bare: Path, pattern: str, words: str) -> None:
    """Let the remote refuse pushes to refs like `pattern` (a pattern of the shell)."""
    hook = bare / "hooks" / "update"
    hook.write_text(f'#!/bin/sh\ncase "$1" in {pattern}) echo {words}; exit 1;; esac\n', "utf-8")
    hook.chmod(0o755)


def commit(folder: Path, message: str = "Change") -> str:
    """Commit everything that is there, and push it to main."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    git(folder, "push", "--quiet", "origin", "HEAD:main")
    return git(folder, "rev-parse", "HEAD")
