"""The links of what is live, written back: into the post's own front matter, or into a file for the
site generator.

Nothing else in a post's file changes: only our own keys' lines are put in or replaced, and the new
text is read again: it must say what the old one said, and our keys. What can't be done so isn't
done.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publisher.errors import ConfigError, PostError, PublishError
from publisher.post.frontmatter import split

LIST, ACCOUNT = "syndication", "mastodon"
"""The keys: a list of addresses, as IndieWeb names it (https://indieweb.org/syndication), and {id,
url} of the post on Mastodon, for sites that load its answers as comments."""

_HINT = 'add the links by hand, or set syndication to "file"'


@dataclass(frozen=True, slots=True)
class Link:
    """Where a post is live. `id` is the platform's."""

    channel: str
    adapter: str
    url: str
    id: str | None = None


def write_front_matter(file: Path, links: Sequence[Link], known: Sequence[str] = ()) -> bool:
    """Bring the links in a post's front matter up to date. `known` are addresses that were ours:
    without a link any more they are taken out. Returns whether the file changed.

    Raises PostError where it can't be done without touching anything else, ConfigError where the
    extra is missing.
    """
    file = file.resolve()  # a symlink stays one
    raw = file.read_bytes().decode("utf-8")
    mark, text = ("\ufeff", raw[1:]) if raw.startswith("\ufeff") else ("", raw)
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    old, body, _ = split(plain, file)
    wanted = _wanted(old, links, known)
    if all(old.get(key) == value for key, value in wanted.items()):
        return False
    new = _edited(plain, old, wanted, file)
    _check(new, old, wanted, file)
    if split(new, file)[1].strip("\n") != body.strip("\n"):
        raise PostError(
            "its links can't be written without touching its text", hint=_HINT, file=file
        )
    _put(file, (mark + new.replace("\n", newline)).encode("utf-8"))
    return True


def write_file(path: Path, key: str, links: Sequence[Link]) -> bool:
    """Note a post's links in a JSON file, under `key`; without links the key goes. Returns whether
    it changed.

    Raises ConfigError for a file that is there and is none of ours.
    """
    try:
        old = path.read_text("utf-8") if path.exists() else "{}"
        value = json.loads(old)
        if not isinstance(value, dict):
            raise ValueError
    except (OSError, ValueError):
        raise ConfigError(
            "is not a JSON object", hint="move it away, and it is made anew", file=path
        ) from None
    shown = [{"channel": link.channel, "url": link.url, "id": link.id} for link in links]
    value = {name: each for name, each in value.items() if name != key} | (
        {key: shown} if shown else {}
    )
    new = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if new == old or (not path.exists() and not value):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, new.encode("utf-8"))
    return True


def _wanted(old: Mapping[str, Any], links: Sequence[Link], known: Sequence[str]) -> dict[str, Any]:
    """Our two keys as they shall be; None: not there."""
    before = old.get(LIST)
    others = (
        [before] if isinstance(before, str) else list(before) if isinstance(before, list) else []
    )
    ours = [link.url for link in links]
    kept = [url for url in others if url not in known or url in ours]
    urls = [*kept, *(url for url in ours if url not in kept)]
    account = next((link for link in links if link.adapter == ACCOUNT), None)
    there = old.get(ACCOUNT)
    wanted: dict[str, Any] = {LIST: urls or None}
    if account is not None:
        wanted[ACCOUNT] = {"id": account.id or "", "url": account.url}
    elif isinstance(there, dict) and there.get("url") in known:
        wanted[ACCOUNT] = None
    return wanted


def _edited(text: str, old: Mapping[str, Any], wanted: Mapping[str, Any], file: Path) -> str:
    if text.startswith("{"):
        return _json(text, wanted, file)
    if text.startswith("+++"):
        return _toml(text, wanted)
    if re.match(r"---[ \t]*\n", text) and (old or re.match(r"---[ \t]*\n(?:#.*\n)*---", text)):
        return _yaml(text, old, wanted)
    lines = _yaml_lines({key: value for key, value in wanted.items() if value is not None})
    return f"---\n{lines}---\n{'' if text.startswith(chr(10)) else chr(10)}{text}"


def _yaml(text: str, old: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """New keys as new lines at the end; only where one of ours is there already, those lines are
    replaced."""
    head, end, rest = _delimited(text, r"^---[ \t]*$")
    for key, value in wanted.items():
        block = _yaml_lines({key: value}) if value is not None else ""
        if key not in old:
            head += block
            continue
        start, stop = _yaml_block(head, key)
        head = head[:start] + block + head[stop:]
    return head + end + rest


def _yaml_lines(values: Mapping[str, Any]) -> str:
    try:
        from ruamel.yaml import YAML
    except ImportError:
        raise _missing() from None
    if not values:
        return ""
    written = io.StringIO()
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    yaml.dump({key: _plain(value) for key, value in values.items()}, written)
    return written.getvalue()


def _plain(value: Any) -> Any:
    """An id is a text, or YAML readers would make a number of it, too large for some."""
    if isinstance(value, dict):
        from ruamel.yaml.scalarstring import DoubleQuotedScalarString

        return {
            key: DoubleQuotedScalarString(each) if key == "id" else each
            for key, each in value.items()
        }
    return value


def _yaml_block(head: str, key: str) -> tuple[int, int]:
    """Where a top-level key's lines begin and end: it and what is indented, or a list, below it."""
    found = re.search(
        rf"""^["']?{re.escape(key)}["']?[ \t]*:.*\n(?:(?:[ \t]+\S.*|-[ \t].*|[ \t]*)\n)*""",
        head,
        re.M | re.I,
    )
    if found is None:
        return len(head), len(head)
    stop = found.end()
    while head[:stop].endswith("\n\n"):  # empty lines below it are not its own
        stop -= 1
    return found.start(), stop


def _toml(text: str, wanted: Mapping[str, Any]) -> str:
    """New keys as lines of their own above the first table, which would take them in; old ones in
    their place."""
    try:
        import tomlkit
    except ImportError:
        raise _missing() from None
    head, end, rest = _delimited(text, r"^\+{3,}\s*$")
    opening, _, inner = head.partition("\n")
    for key, value in wanted.items():
        line = ""
        if value is not None:
            table = tomlkit.inline_table()
            table.update(value if isinstance(value, dict) else {})
            line = tomlkit.dumps({key: table if isinstance(value, dict) else value})
        there = next((span for span in _toml_spans(inner) if span[0].lower() == key), None)
        if there:
            inner = inner.replace(there[1], line, 1)
        elif line:
            first = re.search(r"^\s*\[", inner, re.MULTILINE)
            above = inner[: first.start()] if first else inner
            gap = re.search(r"\n*\Z", above)
            cut = gap.start() + 1 if gap and gap[0] else len(above)
            inner = f"{above[:cut]}{line}{above[cut:]}{inner[len(above) :]}"
    return f"{opening}\n{inner}{end}{rest}"


def _toml_spans(inner: str) -> list[tuple[str, str]]:
    """Each key at the top, and its lines as they are written."""
    import tomlkit

    return [
        (key.key, f"{key.as_string()}{key.sep}{item.as_string()}{item.trivia.comment_ws}{item.trivia.comment}"
                  f"{item.trivia.trail}")
        for key, item in tomlkit.parse(inner).body
        if key is not None and not isinstance(item, tomlkit.items.Table | tomlkit.items.AoT)
    ]  # fmt: skip


def _json(text: str, wanted: Mapping[str, Any], file: Path) -> str:
    """Written anew, but only where that would have given the old text, too."""
    value, end = json.JSONDecoder().raw_decode(text)
    indent = re.match(r"\{\s*\n([ \t]+)", text)
    form: dict[str, Any] = {
        "indent": indent[1] if indent else 2,
        "ensure_ascii": r"\u" in text[:end],
    }
    if json.dumps(value, **form) != text[:end]:
        raise PostError("its JSON is laid out in a way that can't be kept", hint=_HINT, file=file)
    names = {key.lower(): key for key in value}
    for key, each in wanted.items():
        if each is None:
            value.pop(names.get(key, key), None)
        else:
            value[names.get(key, key)] = each
    return json.dumps(value, **form) + text[end:]


def _delimited(text: str, boundary: str) -> tuple[str, str, str]:
    """(opening line and what is in the front matter, the closing line, the rest)."""
    first = text.index("\n") + 1
    closing = re.compile(boundary, re.MULTILINE).search(text, first)
    assert closing is not None  # noqa: S101 - it was split there
    return text[: closing.start()], text[closing.start() : closing.end()], text[closing.end() :]


def _check(after: str, old: Mapping[str, Any], wanted: Mapping[str, Any], file: Path) -> None:
    """What the new front matter says must be what the old one said, and our keys."""
    try:
        new = split(after, file)[0]
    except PublishError:
        new = {}
    expected = {
        key: value
        for key, value in {**old, **wanted}.items()
        if value is not None or key not in wanted
    }
    if new != expected:
        raise PostError(
            "its links can't be written without changing something else", hint=_HINT, file=file
        )


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all, with the rights that it had."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(mode)
        Path(part).replace(path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _missing() -> ConfigError:
    return ConfigError(
        "writing links back needs two packages that are not installed",
        hint="pip install 'announcement-publisher[syndication]'",
    )
