"""A git branch as a place for small text files, without touching the work tree or the index of the repository.

Plumbing only: blobs, a tree, a commit, a push. Nothing is ever merged or forced: who loses a race reads again.

Beside the branch a second ref, the anchor, moves to the same commit. Where the branch is not the anchor or a
descendant of it, somebody rewound it, and what it knew before is still to be had.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher.errors import LedgerError

SECONDS = 120.0
"""That one git command may take."""
DEPTH = 200
"""Commits that a shallow clone fetches: a run makes two, and branch and anchor are at the same one mostly."""

_AUTHOR = {
    "GIT_AUTHOR_NAME": "announcement-publisher",
    "GIT_AUTHOR_EMAIL": "announcement-publisher@users.noreply.github.com",
}
_README = """# The ledger of `publish`

What was announced where, one file a post. Written by `publish` alone: don't edit, merge or rewind this branch. Without
it, what is live would be posted again.
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch at one moment: its commit, its files by their paths; and, where it was rewound, the files that it had
    before and that are missing or different now."""

    commit: str
    files: Mapping[str, str]
    lost: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""


class Branch:
    """`name` on `remote`, as seen from a clone at `repository`."""

    def __init__(self, repository: Path, name: str = "publish-ledger", remote: str = "origin") -> None:
        self.repository, self.name, self.remote = repository, name, remote
        self._anchored = True

    @property
    def _head(self) -> str:
        return f"refs/heads/{self.name}"

    @property
    def _anchor(self) -> str:
        return f"refs/publish/{self.name}"

    def fetch(self) -> Snapshot:
        """The branch as it is on the remote now. Raises LedgerError, also where there is no such branch."""
        tips = self._tips()
        tip, anchor = tips.get(self._head), tips.get(self._anchor, "")
        if tip is None:
            if anchor:
                raise LedgerError(
                    f"the branch {self.name} was deleted, and with it what is live",
                    hint=f"bring it back: git fetch {self.remote} {self._anchor},"
                    f" then git push {self.remote} FETCH_HEAD:{self._head}",
                )
            raise LedgerError(
                f"there is no branch {self.name} on {self.remote}",
                hint="make it, once: publish ledger init",
            )
        wanted = [f"+{self._head}:refs/remotes/{self.remote}/{self.name}", *([self._anchor] if anchor else [])]
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        depth = [f"--depth={DEPTH}"] if shallow else []  # it would make a whole clone a shallow one
        self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *depth, self.remote, *wanted)
        files = self._files(tip)
        lost: dict[str, str] = {}
        if anchor and anchor != tip and not self._is_ancestor(anchor, tip):
            lost = {name: text for name, text in self._files(anchor).items() if files.get(name) != text}
        return Snapshot(tip, files, lost, anchor)

    def last_seen(self) -> Snapshot | None:
        """The branch as this clone saw it last, without the network; None where it never did."""
        found = self._git("rev-parse", "--verify", "--quiet", f"refs/remotes/{self.remote}/{self.name}", check=False)
        commit = found.strip().decode()
        return Snapshot(commit, self._files(commit)) if commit else None

    def init(self) -> None:
        """Make the branch. Raises LedgerError where it is there already."""
        if self._head in self._tips():
            raise LedgerError(f"the branch {self.name} is there already", hint="nothing is to be done")
        commit = self._commit(None, {"README.md": _README}, "The ledger of publish")
        if not self._send(commit, "", ""):
            raise LedgerError(f"the branch {self.name} is there already", hint="nothing is to be done")

    def push(self, base: Snapshot, files: Mapping[str, str], message: str) -> Snapshot | None:
        """Write `files` (their whole new contents) on top of `base`. None: somebody else was faster.

        Raises LedgerError.
        """
        commit = self._commit(base.commit, files, message)
        if not self._send(commit, base.commit, base.anchor):
            return None
        return Snapshot(commit, {**base.files, **files}, {}, commit if self._anchored else base.anchor)

    def _commit(self, parent: str | None, files: Mapping[str, str], message: str) -> str:
        entries: dict[str, tuple[str, str]] = {}
        if parent:
            for line in self._git("ls-tree", "-r", "-z", parent).decode().split("\0"):
                if line:
                    about, _, name = line.partition("\t")
                    entries[name] = (about.split()[0], about.split()[2])
        for name, text in files.items():
            blob = self._git("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()
            entries[name] = ("100644", blob)
        tree = self._tree(entries)
        parents = ["-p", parent] if parent else []
        return self._git("commit-tree", tree, *parents, "-m", message).decode().strip()

    def _tree(self, entries: Mapping[str, tuple[str, str]]) -> str:
        """Folders inside out, since git's trees name one level each."""
        lines: list[str] = []
        folders: dict[str, dict[str, tuple[str, str]]] = {}
        for name, entry in sorted(entries.items()):
            folder, slash, rest = name.partition("/")
            if slash:
                folders.setdefault(folder, {})[rest] = entry
            else:
                lines.append(f"{entry[0]} blob {entry[1]}\t{name}")
        lines += [f"040000 tree {self._tree(inner)}\t{folder}" for folder, inner in folders.items()]
        listed = "".join(f"{line}\0" for line in lines).encode()
        return self._git("mktree", "-z", stdin=listed).decode().strip()

    def _send(self, commit: str, tip: str, anchor: str) -> bool:
        """Move branch and anchor together, if they still are where they were. False: they aren't."""
        leases = [f"--force-with-lease={self._head}:{tip}", f"--force-with-lease={self._anchor}:{anchor}"]
        if self._anchored:
            # The lease on the branch can't force anything: `commit` is a child of `tip`.
            done, said = self._try("push", "--quiet", "--atomic", *leases, self.remote, *self._refs(commit, both=True))
            if done:
                return True
            if self._moved(tip):
                return False
            if not re.search(r"refs/publish|hook declined|not allowed|denied|prohibited|deny", said):
                raise self._failed("push", said)
            self._anchored = False  # some servers take only branches and tags: then nobody notices a rewinding
        done, said = self._try("push", "--quiet", leases[0], self.remote, *self._refs(commit, both=False))
        if done:
            return True
        if self._moved(tip):
            return False
        raise self._failed("push", said)

    def _refs(self, commit: str, *, both: bool) -> list[str]:
        return [f"{commit}:{self._head}", *([f"{commit}:{self._anchor}"] if both else [])]

    def _moved(self, tip: str) -> bool:
        return self._tips().get(self._head, "") != tip

    def _tips(self) -> dict[str, str]:
        listed = self._git("ls-remote", self.remote, self._head, self._anchor).decode()
        return {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}

    def _files(self, commit: str) -> dict[str, str]:
        names: list[tuple[str, str]] = []
        for line in self._git("ls-tree", "-r", "-z", commit).decode().split("\0"):
            about, _, name = line.partition("\t")
            if name:
                names.append((name, about.split()[2]))
        asked = "".join(f"{blob}\n" for _, blob in names).encode()
        answer, files = self._git("cat-file", "--batch", stdin=asked), {}
        for name, _ in names:
            head, _, answer = answer.partition(b"\n")
            size = int(head.split()[2])
            files[name] = answer[:size].decode("utf-8", "replace")
            answer = answer[size + 1 :]
        return files

    def _is_ancestor(self, old: str, new: str) -> bool:
        return self._try("merge-base", "--is-ancestor", old, new)[0]

    def _git(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
        done = self._run(arguments, stdin)
        if check and done.returncode:
            raise self._failed(arguments[0], done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def _try(self, *arguments: str) -> tuple[bool, str]:
        done = self._run(arguments, b"")
        return done.returncode == 0, done.stderr.decode("utf-8", "replace")

    def _run(self, arguments: tuple[str, ...], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        environment = {
            **os.environ, **_AUTHOR, "GIT_COMMITTER_NAME": _AUTHOR["GIT_AUTHOR_NAME"],
            "GIT_COMMITTER_EMAIL": _AUTHOR["GIT_AUTHOR_EMAIL"], "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
        }  # fmt: skip
        try:
            return subprocess.run(  # noqa: S603 - no shell, and no word of a post among the arguments
                ["git", "-C", str(self.repository), *arguments],  # noqa: S607 - the git of this machine
                input=stdin,
                capture_output=True,
                env=environment,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise LedgerError("the ledger is on a branch, and git is not installed", hint="install git") from None
        except subprocess.TimeoutExpired:
            raise LedgerError(f"git {arguments[0]} took more than {SECONDS:.0f} seconds", hint="run again") from None

    def _failed(self, command: str, said: str) -> LedgerError:
        words = re.sub(r"(\w+://)[^/@\s]+@", r"\1***@", " ".join(said.split()))[:300]  # a token may be in an address
        return LedgerError(
            f"git {command} failed: {words or 'no reason given'}",
            hint=f"is {self.remote} reached, and may this token write to it (permissions: contents: write)?",
            file=self.repository,
        )
