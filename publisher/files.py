"""Which files may be read, and how: within limits of size, inside the allowed folder, as UTF-8.

What content names (a post, a template's include, a picture, a data file) is `inside` the
configuration's folder; what a person types or writes into publish.toml is `named`, and may lie
elsewhere. Content may be a stranger's: a link to /proc/self/environ would show every secret.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from publisher.errors import ConfigError, PublishError


def home() -> Path | None:
    """The user's own folder; None where there is none, as for some services and in some
    containers."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def without_tilde(name: str | Path) -> Path:
    """The path, with its leading ~ replaced by the user's own folder. Raises ConfigError where
    there is none."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"{name}: nobody knows where ~ is", hint="set HOME, or write the whole path"
        ) from None


@lru_cache(maxsize=16)
def resolved(root: Path) -> Path:
    """A site's folder, links resolved: a run asks for it several times a post."""
    return root.resolve()


def path_below(file: Path, root: Path) -> str:
    """The file's place below `root`, in Unicode's composed form. A file elsewhere is known by its
    name in its own folder."""
    file, root = file.resolve(), resolved(root)
    relative = Path(file.parent.name, file.name)
    if file.is_relative_to(root):
        relative = file.relative_to(root)
    return unicodedata.normalize("NFC", relative.as_posix())


def inside(root: Path, name: str | Path) -> Path:
    """The file `name` (relative to `root`), which must lie in `root`, symlinks resolved, be no
    dotfile, and be a regular file if it is there.

    Raises ConfigError.
    """
    top = root.resolve()
    path = (top / name).resolve()
    if not path.is_relative_to(top):
        raise ConfigError(f"{name} lies outside {top.name or top}", hint=f"move it into {top}")
    if any(part.startswith(".") for part in path.relative_to(top).parts):
        raise ConfigError(
            f"{name} is a hidden file", hint="name a file that doesn't begin with a dot"
        )
    _demand_regular(path, name)
    return path


def named(root: Path, name: str | Path, *, confined: bool) -> Path:
    """The file that a person named, relative to `root`: anywhere, and a regular file if it is
    there. `confined`: inside `root` like everything else, because content may have named it.

    Raises ConfigError.
    """
    if confined:
        return inside(root, name)
    path = (root / without_tilde(name)).resolve()
    _demand_regular(path, name)
    return path


def _demand_regular(path: Path, name: str | Path) -> None:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ConfigError(f"{name} is no regular file", hint="name one that can be read twice")


def read_text(path: Path, limit: int, error: type[PublishError]) -> str:
    """The file's text, of at most `limit` bytes; a byte order mark is dropped, line ends become
    "\\n".

    Raises `error` with one clear line.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "isn't there"
            raise error(f"the file {what}", hint="check the path", file=path)
        size = path.stat().st_size
        if size > limit:
            raise error(
                f"the file has {size / 1e6:.1f} MB, more than {limit / 1e6:g} MB",
                hint="is it the file that you meant?",
                file=path,
            )
        data = path.read_bytes()
    except OSError as problem:
        raise error(
            f"can't be read: {problem.strerror}", hint="check its rights", file=path
        ) from None
    if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error("is a binary file", hint="name a text file", file=path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise error(
            "is not UTF-8", hint="save it as UTF-8 in your editor", file=path, line=line
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def keep_out_of_git(folder: Path) -> None:
    """What is kept there isn't for a repository: the ledger has addresses of people in it. Only for the
    folder that is made for it. Raises OSError."""
    ignoring = folder / ".gitignore"
    if folder.name == ".publish" and not ignoring.exists():
        ignoring.write_text("*\n", "ascii")
