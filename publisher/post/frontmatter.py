"""A post's file, split into front matter and body, by python-frontmatter with handlers that mend
its gaps.

Tried 2026-11-22: python-frontmatter reads TOML only with the abandoned `toml` package, and without
it TOML front matter silently becomes body text; a byte order mark hides YAML; a body that opens
with a `---` rule loses its first section; a YAML alias bomb loads at once and explodes when it is
looked at.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from publisher.errors import PostError

SIZE_LIMIT = 20_000
"""Values in a front matter, aliases expanded: far above any real one, far below a bomb."""


_DEEPEST = 1000


_LEFT_AS_WRITTEN = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")


def _without_dates(loader: Any) -> Any:
    """A loader that leaves dates as they are written: post.py reads them, and says the line of a
    wrong one. Only `true` and `false` are neither words nor tags (YAML 1.2); `yes` is a word."""
    resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag not in _LEFT_AS_WRITTEN]
        for first, pairs in loader.yaml_implicit_resolvers.items()
    }
    for first in "tTfF":
        pattern = re.compile("true|True|TRUE|false|False|FALSE")
        resolvers.setdefault(first, []).insert(0, ("tag:yaml.org,2002:bool", pattern))
    return type("Loader", (loader,), {"yaml_implicit_resolvers": resolvers})


_SAFE = _without_dates(yaml.SafeLoader)
_FAST = _without_dates(getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _loader(head: str) -> Any:
    """libyaml's loader is ten times faster, and overflows the C stack some ten thousand levels deep
    (tried 2026-11-23); where that many could be, the Python one, which raises RecursionError
    instead."""
    deepest = head.count("[") + head.count("{") + head.count("- ") + head.count("? ")
    return _SAFE if deepest > _DEEPEST else _FAST


class _TOMLHandler(BaseHandler):
    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "+++"

    def load(self, fm: str, **kwargs: object) -> Any:
        if _MANY_DOTS.search(fm):
            raise ValueError("a key has too many dots")
        return tomllib.loads(fm)


_MANY_DOTS = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){50}")
"""tomllib takes memory in the square of a key's parts: 3.5 GB for 60 kB (tried 2026-11)."""

LARGEST_NUMBER = 10**100
"""More than any key means. Python shows no number of more than 4,300 digits, but reads one that is
written in another base."""


class _JSONHandler(JSONHandler):
    """JSON may be laid out in any way, on one line too; the library looks for braces that stand
    alone."""

    def split(self, text: str) -> tuple[str, str]:
        try:
            end = json.JSONDecoder().raw_decode(text)[1]
        except (ValueError, RecursionError):
            return super().split(text) if re.match(r"\{[ \t]*\n", text) else (text, "")
        return text[:end], text[end:]


_HANDLERS: tuple[tuple[re.Pattern[str], BaseHandler], ...] = (
    (
        re.compile(r"---[ \t]*\n(?![ \t]*\n)"),
        YAMLHandler(),
    ),  # with an empty line after it, it is a rule
    (re.compile(r"\+\+\+[ \t]*\n"), _TOMLHandler()),
    (re.compile(r"\{\s*\"|\{[ \t]*\n"), _JSONHandler()),
)


def split(text: str, file: Path) -> tuple[dict[str, Any], str, int]:
    """(front matter, body, line of the file on which the body begins). No front matter: ({}, text,
    1).

    Raises PostError, with the line, for front matter that is broken, no mapping, or too large when
    expanded.
    """
    handler = next((handler for opening, handler in _HANDLERS if opening.match(text)), None)
    if handler is None:
        return {}, text, 1
    name = {"_TOMLHandler": "TOML", "YAMLHandler": "YAML", "_JSONHandler": "JSON"}[
        type(handler).__name__
    ]
    try:
        head, body = handler.split(text)
    except ValueError:
        if not re.match(r"---[ \t]*\n[\w\"'-]+[ \t]*:|\+\+\+", text):
            return {}, text, 1
        raise PostError(
            "the front matter is never closed",
            hint=f"put a line {text[:3]} after it",
            file=file,
            line=1,
        ) from None
    try:
        data = handler.load(head, **({"Loader": _loader(head)} if name == "YAML" else {}))
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise PostError(
            f"the front matter is not valid {name}: {_reason(problem)}",
            hint="mend the line; a text that contains a colon or a quote wants quotes around it",
            file=file,
            line=_line(
                problem,
                text.count("\n", 0, text.index(head.strip("{}") if name == "JSON" else head)),
            ),
        ) from None
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise PostError(
            f"the front matter is a {type(data).__name__}, not a list of `key: value`",
            hint="if the first line is meant as a rule, put an empty line below it",
            file=file,
            line=2,
        )
    _check_size(data, file)
    line = text.count("\n", 0, len(text) - len(body)) + 1
    return {str(key).lower(): value for key, value in data.items()}, body, line


def _reason(problem: Exception) -> str:
    if isinstance(problem, yaml.MarkedYAMLError):
        return problem.problem or "it can't be read"
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    return str(problem).split("\n")[0] or type(problem).__name__


def _line(problem: Exception, above: int) -> int | None:
    """The line of the file, `above` lines of which come before the front matter."""
    if isinstance(problem, yaml.MarkedYAMLError):
        mark = problem.problem_mark or problem.context_mark
        return above + mark.line + 1 if mark else None
    if isinstance(problem, json.JSONDecodeError):
        return above + problem.lineno
    found = re.search(r"at line (\d+)", str(problem))
    return above + int(found[1]) if found else None


def _check_size(data: object, file: Path) -> None:
    """Walk the values as if each alias were written out, and stop at SIZE_LIMIT: a cycle never ends
    otherwise."""
    count = 0
    stack: list[object] = [data]
    while stack:
        value = stack.pop()
        count += 1
        if count > SIZE_LIMIT:
            raise PostError(
                "the front matter is too large when its aliases are written out",
                hint="take out the `&` anchors and `*` aliases",
                file=file,
                line=1,
            )
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise PostError(
                "the front matter has a number that is too large",
                hint="put it in quotes if it is a text",
                file=file,
                line=1,
            )
        if isinstance(value, dict):
            stack.extend(value.keys())
            stack.extend(value.values())
        elif isinstance(value, list | tuple | set):
            stack.extend(value)
