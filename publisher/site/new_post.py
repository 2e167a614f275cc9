"""A new post as its site has them: where it lies, what it is called, and its front matter.

It takes after the site's newest post: its folder, the form of its name, its keys. A site without
one gets what its generator's documentation shows (`Generator.first_post`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from publisher.errors import UsageError
from publisher.generators import slugs
from publisher.generators.generator import Generator
from publisher.generators.page import NoAddress
from publisher.post.frontmatter import split
from publisher.post.post import Post

Form = Literal["yaml", "toml", "lines", "nikola"]
BODY = "Write here what is new.\n"
_FORMS: tuple[tuple[str, Form], ...] = (
    (r"\+\+\+", "toml"),
    (r"(?:<!--\s*)?\.\. ", "nikola"),
    (r"---", "yaml"),
)
_KEPT = frozenset("layout type template author authors lang language categories category".split())
"""Keys whose values a new post has from the newest one."""
_EMPTY = frozenset("tags keywords".split())
_DATED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a site's posts look.

    path    below the site's folder, with {slug}, {date}, {year} and {month}
    form    of the front matter
    keys    those after the title, in order; a value of None is filled in, or left empty
    draft   the key and the value that hold a post back; None where the site has no drafts
    clock   whether a date has a time
    """

    path: str
    form: Form = "yaml"
    keys: Mapping[str, Any] | None = None
    draft: tuple[str, Any] | None = None
    clock: bool = False


def shape_of(generator: Generator | None, example: Post | None) -> Shape:
    """As the newest post has it, else as the generator's documentation shows it; without a site, a
    file in this folder."""
    if generator is None:
        return Shape("{slug}.md", keys={"date": None})
    first = generator.first_post
    usual = Shape(
        first.path,
        form=first.form,
        keys={"Date" if first.form == "lines" else "date": None} if first.has_date else {},
        draft=first.draft,
        clock=first.clock,
    )
    return _after(example, generator, usual) if example is not None else usual


def _after(example: Post, generator: Generator, usual: Shape) -> Shape:
    text = example.file.read_text("utf-8-sig", "replace")
    start = text.lstrip()
    form: Form = next((form for sign, form in _FORMS if re.match(sign, start)), "lines")
    data, _, _ = split(text, example.file)
    keys: dict[str, Any] = {}
    clock = usual.clock
    for key, value in data.items():
        small = str(key).lower()
        if small == "date":
            keys[key] = None
            clock = _has_clock(value)
        elif small in _KEPT and isinstance(value, str | list):
            keys[key] = value
        elif small in _EMPTY:
            keys[key] = []
    draft = next(((str(key), True) for key in data if str(key).lower() == "draft"), usual.draft)
    return replace(
        usual,
        path=_path_after(example, generator),
        form=form,
        keys=keys or usual.keys,
        draft=draft,
        clock=clock,
    )


def _has_clock(value: Any) -> bool:
    if isinstance(value, date):
        return isinstance(value, datetime)
    return ":" in str(value)


def _path_after(example: Post, generator: Generator) -> str:
    """The newest post's place, with its own words taken out: of a page bundle, its folder's
    name."""
    real = example.file.resolve()
    top = generator.root.resolve()
    path = PurePosixPath(real.relative_to(top).as_posix()) if real.is_relative_to(top) else None
    if path is None:
        return generator.first_post.path
    is_bundle = path.stem == "index" and len(path.parts) > 2
    own = path.parent.name if is_bundle else path.stem
    dated = "{date}-" if _DATED.match(own) else ""
    folder = path.parent.parent if is_bundle else path.parent
    parts = [_dated_part(part, number, folder, example) for number, part in enumerate(folder.parts)]
    name = f"{dated}{{slug}}/{path.name}" if is_bundle else f"{dated}{{slug}}{path.suffix}"
    return "/".join([*parts, name])


def _dated_part(part: str, number: int, folder: PurePosixPath, example: Post) -> str:
    """A folder that is called after the post's year, or after its month below that."""
    if example.date is None:
        return part
    above = folder.parts[number - 1] if number else ""
    if part == f"{example.date:%Y}":
        return "{year}"
    if part == f"{example.date:%m}" and above == f"{example.date:%Y}":
        return "{month}"
    return part


def place(shape: Shape, title: str, now: datetime) -> PurePosixPath:
    """Where the post goes, below the site's folder. Raises UsageError for a title without
    letters."""
    try:
        slug = slugs.words(title)
    except NoAddress:
        slug = re.sub("-+", "-", slugs.github(title)).strip("-")
    if not slug:
        raise UsageError(
            "the title has no letters that a file's name could be made of", hint="write another one"
        )
    filled = shape.path.format(
        slug=slug, date=f"{now:%Y-%m-%d}", year=f"{now:%Y}", month=f"{now:%m}"
    )
    return PurePosixPath(filled)


def text_of(shape: Shape, title: str, now: datetime, *, draft: bool) -> str:
    """The whole file: front matter, and a line to write over."""
    when: Any = now.replace(microsecond=0) if shape.clock else now.date()
    values: dict[str, Any] = {"Title" if shape.form == "lines" else "title": title}
    for key, value in (shape.keys or {}).items():
        values[key] = when if key.lower() == "date" else value
    if draft and shape.draft is not None:
        values[shape.draft[0]] = shape.draft[1]
    lines = [_line(shape.form, key, value) for key, value in values.items()]
    before, after = _FENCES[shape.form]
    return f"{before}{''.join(lines)}{after}\n{BODY}"


_FENCES = {
    "yaml": ("---\n", "---\n"),
    "toml": ("+++\n", "+++\n"),
    "lines": ("", ""),
    "nikola": ("<!--\n", "-->\n"),
}


def _line(form: Form, key: str, value: Any) -> str:
    if form == "yaml":
        return f"{key}: {_quoted(value)}\n"
    if form == "toml":
        return f"{key} = {_quoted(value)}\n"
    words = ", ".join(value) if isinstance(value, list) else value
    if isinstance(words, date):
        words = f"{words:%Y-%m-%d %H:%M}" if form == "lines" else f"{words:%Y-%m-%d %H:%M:%S %z}"
    return f".. {key}: {words}\n" if form == "nikola" else f"{key}: {words}\n"


def _quoted(value: Any) -> str:
    """JSON's texts, lists and truths are YAML's and TOML's, too; a date stands as it is."""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def write(file: Path, text: str) -> None:
    """Raises UsageError where the file is there, or can't be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already", hint="choose another title") from None
    except OSError as problem:
        raise UsageError(
            f"{file} can't be written: {problem.strerror}", hint="check the folder's rights"
        ) from None
