"""A git branch as a place for small text files, without touching the work tree or the index of the
repository.

Plumbing only: blobs, a tree, a commit, a push. Nothing is ever merged or forced: who loses a race
reads again.

Beside the branch a second ref, the anchor, moves to the same commit. Where the branch is not the
anchor or a descendant of it, somebody rewound it, and what it knew before is still to be had. The
next push moves the anchor too, so it copies what was lost into the folder `lost/` of the branch,
where it stays until that file is written anew.

Some servers take only branches and tags. There it goes on without an anchor, and a rewinding isn't
noticed.
"""

from __future__ import annotations

import base64
import io
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher.errors import LedgerError

SECONDS = 120.0
"""That one git command may take."""
DEPTH, WHOLE = 200, 2**31 - 1
"""Commits that a shallow clone fetches: a run makes two, and branch and anchor are at the same one
mostly. Git takes the other number for all of them."""
FORMAT = 1
"""Of the branch. What a newer version of publish wrote is refused, not misread."""
LOST = "lost/"

_NAME, _EMAIL = "announcement-publisher", "announcement-publisher@users.noreply.github.com"
_FIXED = {
    "GIT_AUTHOR_NAME": _NAME,
    "GIT_AUTHOR_EMAIL": _EMAIL,
    "GIT_COMMITTER_NAME": _NAME,
    "GIT_COMMITTER_EMAIL": _EMAIL,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_README = """# The ledger of `publish`

What was announced where, one file a post. Written by `publish` alone: don't edit, merge or rewind this branch. Without
it, what is live would be posted again.
"""
_OWN = {"README.md": _README, "version": f"{FORMAT}\n"}
_REMOTE = ("fetch", "push", "ls-remote")
"""Commands that ask the remote."""
_ENVIRONMENT = (
    "GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES"
    " GIT_NAMESPACE GIT_PREFIX GIT_SHALLOW_FILE"
).split()
"""What a hook of git would run us with: it means another repository, or another index."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch at one moment.

    files   by their paths
    lost    where it was rewound: files that it had before, and that are missing or different now,
            until they are written anew
    anchor  the commit of the anchor; "" where there is none
    """

    commit: str
    files: Mapping[str, str]
    lost: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""


def _is_ours(files: Mapping[str, str]) -> bool:
    """Whether a branch is a ledger, and not one that holds a project."""
    has_posts = any(name.startswith("posts/") and name.endswith(".jsonl") for name in files)
    has_readme = files.get("README.md", "").startswith(_README.partition("\n")[0])
    return files.get("version", "").strip().isdecimal() and (has_readme or has_posts)


class Branch:
    """`name` on `remote`, as seen from a clone at `repository`."""

    def __init__(
        self, repository: Path, name: str = "publish-ledger", remote: str = "origin"
    ) -> None:
        self.repository, self.name, self.remote = repository, name, remote
        self._anchored = True

    @property
    def _head(self) -> str:
        return f"refs/heads/{self.name}"

    @property
    def _anchor(self) -> str:
        return f"refs/publish/{self.name}"

    def fetch(self) -> Snapshot:
        """The branch as it is on the remote now. Raises LedgerError, also where there is no such
        branch."""
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
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        self._fetch(anchor, DEPTH if shallow else None)
        files, lost = self._known(tip, emptied=bool(anchor))
        if anchor and anchor != tip and not self._is_ancestor(anchor, tip):
            if shallow:  # or only further back than was fetched
                self._fetch(anchor, WHOLE)
            if not self._is_ancestor(anchor, tip):
                before, still = self._known(anchor)
                gone = {
                    name: text for name, text in (before | still).items() if files.get(name) != text
                }
                lost = {name: text for name, text in gone.items() if name not in _OWN} | lost
        return Snapshot(tip, files, lost, anchor)

    def _fetch(self, anchor: str, depth: int | None) -> None:
        """`depth` in a shallow clone only: it would make a whole one shallow."""
        wanted = [
            f"+{self._head}:refs/remotes/{self.remote}/{self.name}",
            *([self._anchor] if anchor else []),
        ]
        limit = [f"--depth={depth}"] if depth else []
        self._git(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *limit, self.remote, *wanted
        )

    def _known(
        self, commit: str, *, emptied: bool = False
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The files at `commit`, and those that had been lost by then.

        Raises LedgerError for a newer format, and for what isn't a ledger. One that was a ledger
        before may have been `emptied`, and is one still.
        """
        files = self._files(commit)
        if not files and emptied:
            return {}, {}
        version = files.get("version", "").strip()
        if not _is_ours(files):
            own = "give the ledger a branch of its own: [ledger] branch in publish.toml,"
            back = f"it was one: its last state is at {self._anchor} on {self.remote}"
            raise LedgerError(
                f"the branch {self.name} is not a ledger of publish",
                hint=back if emptied else f"{own} then publish ledger init",
            )
        if version != str(FORMAT):
            raise LedgerError(
                f"a newer version of publish wrote the branch {self.name} (format {version[:20]!r}, this one knows"
                f" {FORMAT})",
                hint="update announcement-publisher",
            )
        lost = {
            name.removeprefix(LOST): text for name, text in files.items() if name.startswith(LOST)
        }
        return {name: text for name, text in files.items() if not name.startswith(LOST)}, lost

    def last_seen(self) -> Snapshot | None:
        """The branch as this clone saw it last, without the network; None where it never did."""
        found = self._git(
            "rev-parse",
            "--verify",
            "--quiet",
            f"refs/remotes/{self.remote}/{self.name}",
            check=False,
        )
        commit = found.strip().decode()
        return Snapshot(commit, *self._known(commit)) if commit else None

    def init(self) -> None:
        """Make the branch. Raises LedgerError where it is there already.

        An anchor that is left of a deleted branch stays where it is: what that one knew is told as
        lost.
        """
        tips = self._tips()
        there = LedgerError(
            f"the branch {self.name} is there already", hint="nothing is to be done"
        )
        if self._head in tips:
            raise there
        commit = self._commit(None, _OWN, "The ledger of publish")
        if not self._send(commit, "", None if self._anchor in tips else ""):
            raise there

    def push(
        self, base: Snapshot, files: Mapping[str, str | None], message: str
    ) -> Snapshot | None:
        """Write `files` (their whole new contents; None deletes) on top of `base`. None: somebody
        else was faster.

        Raises LedgerError.
        """
        kept = {
            f"{LOST}{name}": None if name in files else text for name, text in base.lost.items()
        }
        commit = self._commit(base.commit, {**files, **kept}, message)
        if not self._send(commit, base.commit, base.anchor):
            return None
        now = {name: text for name, text in {**base.files, **files}.items() if text is not None}
        lost = {name: text for name, text in base.lost.items() if name not in files}
        return Snapshot(commit, now, lost, commit if self._anchored else base.anchor)

    def _commit(self, parent: str | None, files: Mapping[str, str | None], message: str) -> str:
        entries = self._listed(parent) if parent else {}
        for name, text in files.items():
            if text is None:
                entries.pop(name, None)
                continue
            blob = self._git("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()
            entries[name] = ("100644", "blob", blob)
        tree = self._tree(entries)
        parents = ["-p", parent] if parent else []
        # Two clones that write the same in the same second would make the same commit, and both
        # believe they won.
        mark = f"Push: {secrets.token_hex(8)}"
        return self._git("commit-tree", tree, *parents, "-m", message, "-m", mark).decode().strip()

    def _tree(self, entries: Mapping[str, tuple[str, ...]]) -> str:
        """Folders inside out, since git's trees name one level each."""
        lines: list[str] = []
        folders: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, entry in sorted(entries.items()):
            folder, slash, rest = name.partition("/")
            if slash:
                folders.setdefault(folder, {})[rest] = entry
            else:
                lines.append(f"{' '.join(entry)}\t{name}")
        lines += [f"040000 tree {self._tree(inner)}\t{folder}" for folder, inner in folders.items()]
        listed = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        return self._git("mktree", "-z", stdin=listed).decode().strip()

    def _send(self, commit: str, tip: str, anchor: str | None) -> bool:
        """Move branch and anchor together, if they still are where they were. False: they aren't.

        `anchor` None: only the branch.
        """
        # The lease on the branch can't force anything: `commit` is a child of `tip`.
        branch = [f"--force-with-lease={self._head}:{tip}", self.remote, f"{commit}:{self._head}"]
        both = anchor is not None and self._anchored
        if both:
            lease = f"--force-with-lease={self._anchor}:{anchor}"
            said = self._push("--atomic", lease, *branch, f"{commit}:{self._anchor}")
            if said is None:
                return True
            if (there := self._looked(said, commit, tip, anchor)) is not None:
                return there
            if not re.search(r"refs/publish/|--atomic", said):
                raise self._failed("push", said)
        said = self._push(*branch)
        if said is None:
            self._anchored = self._anchored and not both  # this server takes only branches and tags
            return True
        if (there := self._looked(said, commit, tip, None)) is not None:
            return there
        raise self._failed("push", said)

    def _push(self, *arguments: str) -> str | None:
        """What git said if it failed. The repository's own hooks are left out: they are about its
        work, not this."""
        done, said = self._try("push", "--quiet", "--no-verify", *arguments)
        return None if done else said

    def _looked(self, said: str, commit: str, tip: str, anchor: str | None) -> bool | None:
        """After a push that failed. True: only its answer was lost; False: somebody else was
        faster; None: neither."""
        tips = self._tips()
        if tips.get(self._head) == commit:
            return True
        same = tips.get(self._head, "") == tip and (
            anchor is None or tips.get(self._anchor, "") == anchor
        )
        return None if same and "cannot lock ref" not in said else False

    def _tips(self) -> dict[str, str]:
        listed = self._git("ls-remote", self.remote, self._head, self._anchor).decode()
        return {
            name: commit
            for commit, _, name in (line.partition("\t") for line in listed.split("\n"))
            if name
        }

    def _files(self, commit: str) -> dict[str, str]:
        blobs = {
            name: blob for name, (_, kind, blob) in self._listed(commit).items() if kind == "blob"
        }
        asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
        answer, files = io.BytesIO(self._git("cat-file", "--batch", stdin=asked)), {}
        for name in blobs:
            size = int(answer.readline().split()[2])
            files[name] = answer.read(size).decode("utf-8", "replace")
            answer.read(1)  # the line's end
        return files

    def _listed(self, commit: str) -> dict[str, tuple[str, ...]]:
        """Mode, kind and object of each file, by its path."""
        lines = (
            self._git("ls-tree", "-r", "-z", "--full-tree", commit)
            .decode("utf-8", "surrogateescape")
            .split("\0")
        )
        return {
            name: tuple(about.split())
            for about, _, name in (line.partition("\t") for line in lines)
            if name
        }

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
        credentials = self._credentials() if arguments[0] in _REMOTE else {}
        ours = {key: value for key, value in os.environ.items() if key not in _ENVIRONMENT}
        ours = {
            key: value for key, value in ours.items() if not key.startswith("GIT_TRACE")
        }  # it shows tokens
        try:
            return subprocess.run(  # noqa: S603 - no shell, and no word of a post among the arguments
                ["git", "-C", str(self.repository), *arguments],  # noqa: S607 - the git of this machine
                input=stdin,
                capture_output=True,
                env={**ours, **_FIXED, **credentials},
                timeout=SECONDS,
                check=False,
                start_new_session=True,  # Ctrl-C is for us: a push of receipts goes on
            )
        except subprocess.TimeoutExpired:
            raise LedgerError(
                f"git {arguments[0]} took more than {SECONDS:.0f} seconds", hint="run again"
            ) from None
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            raise LedgerError(
                f"the ledger is on a branch, and git {'is not installed' if missing else f'did not start: {error}'}",
                hint="install git",
            ) from None

    def _credentials(self) -> dict[str, str]:
        """The job's token, as a header for git, where the checkout has left none behind
        (`persist-credentials: false`): two would be one too many for the server."""
        token, server = os.environ.get("GITHUB_TOKEN"), os.environ.get("GITHUB_SERVER_URL")
        if not (token and server):
            return {}
        if self._git("config", "--get-regexp", r"^http\..*\.extraheader$", check=False).strip():
            return {}
        words = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
        count = os.environ.get("GIT_CONFIG_COUNT", "")
        next_one = int(count) if count.isdecimal() else 0  # after those of the job's own
        return {
            "GIT_CONFIG_COUNT": str(next_one + 1),
            f"GIT_CONFIG_KEY_{next_one}": f"http.{server.rstrip('/')}/.extraheader",
            f"GIT_CONFIG_VALUE_{next_one}": f"AUTHORIZATION: basic {words}",
        }

    def _failed(self, command: str, said: str) -> LedgerError:
        # A token may be in an address. All up to the last "@" before a slash: a password may
        # contain one.
        words = re.sub(r"(\w://)[^/\s]*@", r"\1***@", " ".join(said.split()))[:300]
        hint = f"is {self.remote} reached, and may this token write to it (permissions: contents: write)?"
        if "not a git repository" in words or f"'{self.remote}' does not appear to be" in words:
            hint = f"the ledger is on a branch of {self.remote}: run this in a clone of that repository"
        return LedgerError(
            f"git {command} failed: {words or 'no reason given'}", hint=hint, file=self.repository
        )
