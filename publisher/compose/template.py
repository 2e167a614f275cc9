"""The templates' engine: where they are found, the filters they have, what they may use, and how what
is wrong with one is said."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher.adapter import Adapter
from publisher.compose.bounded import limited
from publisher.compose.post_view import VIEW
from publisher.errors import ConfigError, TemplateError, did_you_mean
from publisher.files import inside
from publisher.text.marks import Text
from publisher.text.measure import hashtags
from publisher.text.render import mail

OPEN, CLOSE = "\ufdd0", "\ufdd1"
"""Around the number of a piece that gives way. Noncharacters: no post contains them (post.py sees
to it)."""

PARTS_LIMIT = 10
"""Parts of a thread, unless the template says otherwise."""

SECONDS, MEMORY = 5.0, 400_000_000
"""What one template may use; the largest post needs a hundredth of it."""


@dataclass(slots=True)
class Pieces:
    """The pieces that one rendering asked to be fitted or threaded, in order."""

    is_hashtag: hashtags.IsHashtag
    found: list[tuple[str, Text | str, dict[str, Any]]] = field(default_factory=list)

    def add(self, kind: str, text: str, **options: Any) -> str:
        self.found.append((kind, text, options))
        return f"{OPEN}{len(self.found) - 1}{CLOSE}"


def beside(adapter: Adapter) -> str:
    return str(Path(getattr(sys.modules[type(adapter).__module__], "__file__", "") or "").parent)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, less what neither a clock nor a limit of memory can stop: 9 ** 9 ** 9 is
    one instruction."""

    intercepted_binops = frozenset(["**"])

    def call_binop(
        self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any
    ) -> Any:
        raise SecurityError("a template can't use **")


class _OwnTemplates(jinja2.FileSystemLoader):
    """A user's templates, which lie in the configuration's folder, links resolved."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        folder = Path(self.searchpath[0])
        path = Path(folder, *split_template_path(template))
        if path.exists():
            try:
                inside(folder.parent, path)
            except ConfigError as error:
                raise TemplateError(error.message, hint=error.hint, file=path) from None
        return super().get_source(environment, template)


@cache
def environment(folder: str, beside: str) -> _Sandbox:
    """A user's templates before ours, and ours before those that lie beside somebody else's
    adapter."""
    loaders: list[jinja2.BaseLoader] = [_OwnTemplates(folder)] if Path(folder).is_dir() else []
    loaders += [jinja2.PackageLoader("publisher.templates", ""), jinja2.FileSystemLoader(beside)]
    made = _Sandbox(
        loader=jinja2.ChoiceLoader(loaders),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["fit"] = _fit
    made.filters["thread"] = _thread
    made.filters["hashtags"] = _hashtags
    made.filters["wrap"] = _wrap
    return made


@jinja2.pass_context
def _fit(context: jinja2.runtime.Context, text: str, limit: int | None = None) -> str:
    _demand(isinstance(text, str), "fit takes a text, such as post.text")
    _demand(
        limit is None or (type(limit) is int and limit > 0),
        "fit(limit) takes a number of characters above 0",
    )
    return _pieces(context).add("fit", text, limit=limit)


@jinja2.pass_context
def _thread(
    context: jinja2.runtime.Context,
    text: str,
    number: str = "",
    parts: int = PARTS_LIMIT,
    read_on: str = "",
) -> str:
    _demand(isinstance(text, str), "thread takes a text, such as post.text")
    _demand(type(parts) is int and parts > 0, "thread(parts=…) takes a number above 0")
    _demand(
        isinstance(number, str) and isinstance(read_on, str),
        "thread(number=…, read_on=…) takes texts",
    )
    try:
        number.format(n=1, total=2)
    except (LookupError, ValueError, AttributeError):
        raise jinja2.TemplateRuntimeError(
            'thread(number=…) may contain {n} and {total}: "{n}/{total}"'
        ) from None
    return _pieces(context).add("thread", text, number=number, maximum=parts, read_on=read_on)


@jinja2.pass_context
def _hashtags(
    context: jinja2.runtime.Context, tags: tuple[str, ...], most: int | None = None
) -> str:
    _demand(
        most is None or (type(most) is int and most > 0), "hashtags(most) takes a number above 0"
    )
    return hashtags.hashtags(tags, _pieces(context).is_hashtag, most)


def _wrap(text: str) -> str:
    """In lines as those of a mail's text."""
    return mail.wrap(Text(text), mail.WIDTH)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise jinja2.TemplateRuntimeError(otherwise)


def _pieces(context: jinja2.runtime.Context) -> Pieces:
    pieces = context["_pieces"]
    assert isinstance(pieces, Pieces)  # noqa: S101 - put there by render
    return pieces


def render(
    environment: _Sandbox, names: list[str], known: dict[str, Any], adapter: Adapter
) -> tuple[str, Pieces]:
    pieces = Pieces(adapter.is_hashtag)
    file = names[-1]
    try:
        with limited(
            SECONDS, MEMORY
        ):  # compiling is inside: Jinja2 works out constants when it compiles
            template = environment.select_template(names)
            file = template.filename or names[-1]
            return template.render(**known, _pieces=pieces), pieces
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(
            f"the template is not valid: {error.message}",
            hint="mend the line",
            file=error.filename or file,
            line=error.lineno,
        ) from None
    except jinja2.TemplatesNotFound:
        raise TemplateError(
            f"there is no template {names[-1]}", hint=f"write templates/{names[-1]}"
        ) from None
    except jinja2.UndefinedError as error:
        raise TemplateError(
            f"the template uses a name that isn't there: {error.message}",
            hint=_hint_for_name(str(error.message), known),
            file=file,
            line=_template_line(error, file),
        ) from None
    except (
        jinja2.TemplateError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        TimeoutError,
        MemoryError,
        RecursionError,
    ) as error:
        raise TemplateError(
            f"the template failed: {type(error).__name__}: {error}",
            hint="mend the line",
            file=file,
            line=_template_line(error, file),
        ) from None


def _template_line(error: BaseException, file: str) -> int | None:
    """Jinja2 rewrites tracebacks so that a template's own lines stand in them."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _hint_for_name(message: str, known: dict[str, Any]) -> str:
    """The names that there are, in the place where the unknown one was looked for."""
    quoted = re.findall(r"'([^']*)'", message)
    name = quoted[-1] if quoted else ""
    if "PostView" in message:
        return f"post has: {', '.join(VIEW)}"
    if "dict object" in message:
        every = {"site": sorted(known["site"]), "channel": sorted(known["channel"])}
        return "; ".join(f"{place} has: {', '.join(names)}" for place, names in every.items())
    return did_you_mean(name, ("post", "site", "channel"))
