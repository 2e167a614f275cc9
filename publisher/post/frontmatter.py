"""A post's file, split into front matter and body: every form that generators know is read, and what
looks like front matter and can't be read is an error, never text.

Of those who write them: Jekyll, Hugo, Zola, Eleventy and Astro (fences of `---` or `+++`, JSON),
gray-matter (`---json`), Hexo (`;;;`, and YAML without a first fence), Pelican and MultiMarkdown
(`Title: …` lines), Nikola (`.. title: …` lines). Their documentation, read 2026-11.

Tried 2026-11-22: python-frontmatter reads TOML only with the abandoned `toml` package, and without
it TOML front matter silently becomes body text; a byte order mark hides YAML; a body that opens
with a `---` rule loses its first section; a YAML alias bomb loads at once and explodes when it is
looked at. So its handlers are used, and what is front matter is decided here.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from publisher.errors import PostError
from publisher.post.yaml_loader import GivenTwice, loader_for

SIZE_LIMIT = 20_000
"""Values in a front matter, aliases expanded: far above any real one, far below a bomb."""

METADATA = frozenset(
    "title date draft drafts published status tags tag category categories author authors slug layout description"
    " summary permalink lang language publishdate template type modified updated save_as url id".split()
)
"""Keys by which a run of `key: value` lines is front matter that somebody meant."""


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


@dataclass(frozen=True, slots=True)
class _Found:
    """Front matter as it stands in the text: its form, its words, and where they and the body
    begin."""

    form: str
    head: str
    at: int
    body: int


_SPACE = re.compile(r"(?:\s|<!--(?!\s*\.\. ).*?-->)*", re.DOTALL)
"""What may stand before the first fence: Hugo skips white space, and some editors write a
comment."""
_FENCE = re.compile(r"---[ \t]*([A-Za-z]*)[ \t]*\n")
_PAIR = re.compile(r"""["']?([A-Za-z_][\w .-]{0,40}?)["']?[ \t]*:(?:[ \t]+\S.*|[ \t]*)$""")
_RULE = re.compile(r" {0,3}(?:\+{3,}|;{3,}|={3,}|([-*_])[ \t]*(?:\1[ \t]*){2,})[ \t]*\n\s*")
"""A line that looks like a fence: a rule of Markdown's, in any of its forms, or another tool's fence."""
_NIKOLA = re.compile(r"(?:<!--\s*\n)?(?=\.\. [a-z_]+:)")
_LANGUAGES = {"": "YAML", "yaml": "YAML", "yml": "YAML", "json": "JSON", "toml": "TOML"}


def split(text: str, file: Path) -> tuple[dict[str, Any], str, int]:
    """(front matter, body, line of the file on which the body begins). No front matter: ({}, text,
    1).

    Raises PostError, with the line, for front matter that is broken, no mapping, too large when
    expanded, or of a kind that can't be read here; and for text that begins like front matter.
    """
    found = _find(text, file)
    if found is None:
        _demand_text(text, 1, file)
        return {}, text, 1
    data = _load(found, text, file)
    body = text[found.body :]
    line = text.count("\n", 0, found.body) + 1
    _demand_text(body, line, file)
    return data, body, line


def _find(text: str, file: Path) -> _Found | None:
    start = _after_space(text)
    if fence := _FENCE.match(text, start):
        return _fenced(text, fence, file)
    if text.startswith("+++", start) and (line := re.compile(r"\+\+\+[ \t]*\n").match(text, start)):
        return _closed(text, line.end(), r"^\+{3,}[ \t]*$", "TOML", file)
    if text.startswith(";;;", start) and (line := re.compile(r";;;+[ \t]*\n").match(text, start)):
        return _closed(text, line.end(), r"^;;;+[ \t]*$", "JSON", file)
    if re.compile(r"\{\s*\"|\{[ \t]*\n").match(text, start):
        head, body = _JSONHandler().split(text[start:])
        return _Found("JSON", head, start, len(text) - len(body)) if body or head.strip() else None
    if nikola := _NIKOLA.match(text, start):
        return _nikola(text, nikola.end())
    return _pairs(text, start)


def _after_space(text: str) -> int:
    space = _SPACE.match(text)
    return space.end() if space else 0


def _fenced(text: str, fence: re.Match[str], file: Path) -> _Found | None:
    """Between two lines of `---`. With neither a key below it nor a name beside it, it is a
    rule."""
    language = fence[1].lower()
    if language not in _LANGUAGES:
        raise PostError(
            f"front matter in {fence[1]} can't be read here",
            hint="write it as YAML, TOML or JSON",
            file=file,
            line=text.count("\n", 0, fence.start()) + 1,
        )
    below = text[fence.end() :].lstrip("\n \t")
    first = below.partition("\n")[0]
    looks_like_keys = bool(_PAIR.match(first)) or first.startswith(("#", "---", "...", "{"))
    follows_at_once = not text[fence.end() :].startswith(("\n", " \n", "\t\n"))
    if not (language or looks_like_keys or follows_at_once):
        return None
    if not follows_at_once and not _PAIR.match(first):
        return None
    return _closed(text, fence.end(), r"^(?:---|\.\.\.)[ \t]*$", _LANGUAGES[language], file)


def _closed(text: str, at: int, closing: str, form: str, file: Path) -> _Found | None:
    end = re.compile(closing, re.MULTILINE).search(text, at)
    if end is not None:
        return _Found(form, text[at : end.start()], at, min(end.end() + 1, len(text)))
    if form == "YAML" and not _PAIR.match(text[at:].lstrip().partition("\n")[0]):
        return None  # a rule, and text
    raise PostError(
        "the front matter is never closed",
        hint=f"put a line {text[:at].split()[-1][:3]} after it",
        file=file,
        line=text.count("\n", 0, at),
    )


def _nikola(text: str, at: int) -> _Found:
    """Lines of `.. key: value`, in a comment or not."""
    lines = re.compile(r"(?:\.\. [^\n]*(?:\n|$))*").match(text, at)
    end = lines.end() if lines else at
    head = re.sub(r"(?m)^\.\. ", "", text[at:end])
    comment = re.compile(r"\s*-->[ \t]*\n?").match(text, end)
    return _Found("lines", head, at, comment.end() if comment else end)


def _pairs(text: str, start: int) -> _Found | None:
    """Lines of `Key: value` at the top, as Pelican and MultiMarkdown have them; or YAML that only a
    closing `---` ends, as Hexo takes it."""
    lines: list[str] = []
    keys: list[str] = []
    for line in text[start:].split("\n"):
        pair = _PAIR.match(line)
        if pair:
            keys.append(pair[1].lower())
        elif not (lines and re.match(r"[ \t]+\S|- ", line)):
            break
        lines.append(line)
    if not METADATA.intersection(keys):
        return None
    head = "\n".join(lines) + "\n"
    end = min(start + len(head), len(text))
    closing = re.compile(r"---[ \t]*(?:\n|$)").match(text, end)
    if closing:
        return _Found("YAML", head, start, closing.end())
    is_paragraph = end >= len(text) or text[end : end + 1] in ("\n", "")
    if not is_paragraph or keys[0] not in METADATA:
        return None
    return _Found("lines", head, start, end)


def _load(found: _Found, text: str, file: Path) -> dict[str, Any]:
    head = found.head
    above = text.count("\n", 0, found.at)
    try:
        if found.form == "YAML":
            data = YAMLHandler().load(head, Loader=loader_for(head))
        elif found.form == "TOML":
            data = _TOMLHandler().load(head)
        elif found.form == "JSON":
            data = _json(head)
        else:
            data = _of_lines(head)
    except GivenTwice as problem:
        first, second = (above + line + 1 for line in problem.lines)
        raise PostError(
            f"{problem.key!r} is given twice, on lines {first} and {second}",
            hint="leave the one that is meant",
            file=file,
            line=second,
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise PostError(
            f"the front matter is not valid {found.form}: {_reason(problem)}",
            hint="mend the line; a text that contains a colon or a quote wants quotes around it",
            file=file,
            line=_line(problem, above),
        ) from None
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise PostError(
            f"the front matter is a {type(data).__name__}, not a list of `key: value`",
            hint="if the first line is meant as a rule, put an empty line below it",
            file=file,
            line=above + 1,
        )
    _check_size(data, file)
    return {str(key).lower(): value for key, value in data.items()}


def _json(head: str) -> Any:
    """Hexo's has no braces around it."""
    words = head.strip()
    whole = words if words.startswith("{") else f"{{{words.rstrip(',')}}}"
    return json.loads(whole, object_pairs_hook=lambda pairs: _unique(pairs, head))


def _unique(pairs: list[tuple[str, Any]], head: str) -> dict[str, Any]:
    """Raises GivenTwice."""
    data: dict[str, Any] = {}
    seen: set[str] = set()
    for key, value in pairs:
        if key.lower() in seen:
            named = re.compile(rf"""["']?{re.escape(key)}["']?\s*:""", re.IGNORECASE)
            lines = [head.count("\n", 0, found.start()) for found in named.finditer(head)]
            raise GivenTwice(key, lines[0], lines[-1])
        seen.add(key.lower())
        data[key] = value
    return data


def _of_lines(head: str) -> dict[str, Any]:
    """`Key: value` lines; a line that is indented goes on with the one above."""
    pairs: list[tuple[str, Any]] = []
    for line in head.split("\n"):
        key, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}".strip())
        elif colon:
            pairs.append((key.strip().lower(), value.strip()))
    return _unique(pairs, head)


def _demand_text(body: str, first_line: int, file: Path) -> None:
    """Raises PostError where what would be posted begins like front matter."""
    start = _after_space(body)
    rest = body[start:]
    rule = _RULE.match(rest)
    lines = rest[rule.end() if rule else 0 :].split("\n", 3)[:3]
    keys = [pair[1].lower() for line in lines if (pair := _PAIR.match(line))]
    several = len(keys) > 1 and bool(_PAIR.match(lines[0]))
    if keys and METADATA.intersection(keys) and (several or (rule and _PAIR.match(lines[0]))):
        raise PostError(
            "what would be posted begins like front matter",
            hint="put it between two lines of ---, at the very top; if it is text, begin with another line",
            file=file,
            line=first_line + body.count("\n", 0, start) + (1 if rule else 0),
        )


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
