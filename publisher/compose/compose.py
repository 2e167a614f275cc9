"""Post + template → Message: what one channel will show, measured as that channel measures. Pure.

A template says which piece gives way: `{{ post.text | fit }}` is shortened to what remains under
the limit, and `{{ post.text | thread }}` is spread over as many posts as it needs. Nothing else is
ever cut.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher.adapter import Adapter, Facts, Message, Part, Picture, Rule
from publisher.compose.bounded import limited
from publisher.compose.post_view import VIEW, Opening, PostView, Teaser, known_mentions
from publisher.config import Config
from publisher.errors import ConfigError, PostError, TemplateError, did_you_mean
from publisher.files import inside
from publisher.markdown.shortcodes import HOLE
from publisher.post.post import Post
from publisher.text.cut import fit
from publisher.text.mail_words import mail_words
from publisher.text.marks import Text
from publisher.text.measure import hashtags, mentions
from publisher.text.render import mail

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Around the number of a piece that gives way. Noncharacters: no post contains them (post.py sees
to it)."""

_HOLE = re.compile(f"(?:{HOLE[0]}|{quote(HOLE[0])})([0-9]*)")

PARTS_LIMIT = 10
"""Parts of a thread, unless the template says otherwise."""

SITE = ("base_url", "title", "language", "permalink", "static")
"""What a template sees of the site's settings."""

SECONDS, MEMORY = 5.0, 400_000_000
"""What one template may use; the largest post needs a hundredth of it."""


@dataclass(slots=True)
class _Pieces:
    """The pieces that one rendering asked to be fitted or threaded, in order."""

    platform: str
    found: list[tuple[str, Text | str, dict[str, Any]]] = field(default_factory=list)

    def add(self, kind: str, text: str, **options: Any) -> str:
        self.found.append((kind, text, options))
        return f"{_OPEN}{len(self.found) - 1}{_CLOSE}"


def options_of(post: Post, adapter: Adapter) -> dict[str, Any]:
    """The channel's settings, with what the post says for it laid over them."""
    return {**adapter.settings, **post.override(adapter.channel.name, adapter.name)}


def compose(
    post: Post, adapter: Adapter, config: Config, facts: Facts, pictures: Sequence[Picture] = ()
) -> Message:
    """Raises TemplateError, with the template's file and line, or the post's, where there is
    one; PostError for a place that nothing fills in."""
    options = options_of(post, adapter)
    rule = adapter.rule(options, facts)
    view = PostView(post, adapter, rule, pictures)
    text = options.pop("text", None)
    notes: tuple[str, ...] = ()
    if text is not None:
        written = mentions.mentions(text, adapter.name, known_mentions(post, adapter.name))
        parts: tuple[Part, ...] = (Part(str(written)),)
        if not rule.fits(parts[0].text):
            raise _too_long(post, adapter, rule, parts[0].text, "the text in the front matter")
    else:
        parts = _parts(view, post, adapter, config, options, rule)
        if adapter.html and (note := _over_the_limit(parts[0], post, adapter)):
            notes = (note,)
            if post.url:
                short = PostView(post, adapter, rule, pictures, shortened=True)
                parts = _parts(short, post, adapter, config, options, rule)
    if not adapter.html and not (parts[0].text or view.title):
        raise TemplateError(
            f"{adapter.channel.name}: there is nothing to say",
            hint="write a title or a text",
            file=post.file,
        )
    _demand_no_holes(post, adapter, parts)
    return Message(
        channel=adapter.channel.name,
        title=view.title,
        description=view.description,
        url=post.url,
        language=post.language,
        date=post.date,
        options=options,
        rule=rule,
        parts=parts,
        pictures=tuple(pictures),
        notes=notes,
    )


def _parts(
    view: PostView,
    post: Post,
    adapter: Adapter,
    config: Config,
    options: Mapping[str, Any],
    rule: Rule,
) -> tuple[Part, ...]:
    """What the channel's templates make of the post."""
    environment = _environment(str(config.templates()), _beside(adapter))
    channel = {"name": adapter.channel.name, "adapter": adapter.name, **_shown(adapter, options)}
    known = {
        "post": view,
        "site": {name: getattr(config.site, name) for name in SITE},
        "channel": channel,
    }
    if adapter.html:
        known["words"] = mail_words(post.language)
    names = [f"{adapter.channel.name}.txt.j2", f"{adapter.name}.txt.j2"]
    rendered, pieces = _render(environment, names, known, adapter)
    texts = _lay_out(post, adapter, rule, rendered, pieces)
    if not adapter.html:
        return tuple(Part(text) for text in texts)
    names = [f"{adapter.channel.name}.html.j2", f"{adapter.name}.html.j2"]
    page, pieces = _render(environment, names, known, adapter)
    if pieces.found:
        raise TemplateError(
            "an HTML template can't use fit or thread",
            hint="HTML mail has no limit",
            file=names[-1],
        )
    return (Part(texts[0], page),)


def _over_the_limit(part: Part, post: Post, adapter: Adapter) -> str:
    """What to say of a page of which many would see the beginning alone; empty where it isn't that
    long."""
    size = len(adapter.finished(part.html).encode()) if adapter.page_limit else 0
    if adapter.page_limit is None or size <= adapter.page_limit:
        return ""
    much = f"it would have {size // 1000:,} kB of HTML, of which Gmail shows {adapter.page_limit // 1000}"
    if post.url:
        return f"{much}: the lead is sent, with a link to the whole"
    return f"{much}: give the post an address, and the lead is sent with a link to the whole"


def _demand_no_holes(post: Post, adapter: Adapter, parts: Sequence[Part]) -> None:
    """Raises PostError where a reader would see a place that nothing has filled in."""
    hole = next(
        (found for part in parts if (found := _HOLE.search(f"{part.text}\n{part.html}"))), None
    )
    if hole is None:
        return
    name = adapter.channel.name
    own_text = "" if adapter.html else f"; or write publish: {{{name}: {{text: …}}}} in the post"
    raise PostError(
        f"{name}: there is a {{{{ … }}}} that only the site's generator fills in",
        hint=f"give its value under [site.values] in publish.toml{own_text}",
        file=post.file,
        line=int(hole[1]) if hole[1] else None,
    )


def _shown(adapter: Adapter, options: Mapping[str, Any]) -> dict[str, Any]:
    """The channel's settings as a template may see them: those not given are empty, secrets are not
    there."""
    return {
        option.name: options.get(option.name, "") for option in adapter.options if not option.secret
    }


def _beside(adapter: Adapter) -> str:
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
def _environment(folder: str, beside: str) -> _Sandbox:
    """A user's templates before ours, and ours before those that lie beside somebody else's
    adapter."""
    loaders: list[jinja2.BaseLoader] = [_OwnTemplates(folder)] if Path(folder).is_dir() else []
    loaders += [jinja2.PackageLoader("publisher.templates", ""), jinja2.FileSystemLoader(beside)]
    environment = _Sandbox(
        loader=jinja2.ChoiceLoader(loaders),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["fit"] = _fit
    environment.filters["thread"] = _thread
    environment.filters["hashtags"] = _hashtags
    environment.filters["wrap"] = _wrap
    return environment


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
    platform: hashtags.Platform = (
        "twitter" if _pieces(context).platform == "twitter" else "mastodon"
    )
    return hashtags.hashtags(tags, platform, most)


def _wrap(text: str) -> str:
    """In lines as those of a mail's text."""
    return mail.wrap(Text(text), mail.WIDTH)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise jinja2.TemplateRuntimeError(otherwise)


def _pieces(context: jinja2.runtime.Context) -> _Pieces:
    pieces = context["_pieces"]
    assert isinstance(pieces, _Pieces)  # noqa: S101 - put there by _render
    return pieces


def _render(
    environment: _Sandbox, names: list[str], known: dict[str, Any], adapter: Adapter
) -> tuple[str, _Pieces]:
    pieces = _Pieces(adapter.name)
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


def _lay_out(post: Post, adapter: Adapter, rule: Rule, rendered: str, pieces: _Pieces) -> list[str]:
    """Put the piece that gives way into its place, as long as the rule allows."""
    if not pieces.found:
        whole = tidy(rendered)
        if not rule.fits(whole):
            raise _too_long(post, adapter, rule, whole, "the text")
        return [whole]
    if len(pieces.found) > 1:
        raise TemplateError(
            "the template marks more than one piece with fit or thread", hint="mark the one that may give way",
            file=f"{adapter.name}.txt.j2",
        )  # fmt: skip
    kind, text, options = pieces.found[0]
    if rendered.count(_OPEN) != 1 or f"{_OPEN}0{_CLOSE}" not in rendered:
        raise TemplateError(
            f"the template does not show what it marks with {kind} exactly once, as it is",
            hint=f"write it where it stands, with {kind} last: {{{{ post.text | {kind} }}}}",
            file=f"{adapter.name}.txt.j2",
        )
    before, _, rest = rendered.partition(_OPEN)
    after = rest.partition(_CLOSE)[2]
    alone = tidy(before + after)
    if not rule.fits(alone):
        raise _too_long(post, adapter, rule, alone, "what may not be cut")
    if kind == "fit":
        own = options["limit"]

        def fits(piece: str) -> bool:
            return (own is None or rule.count(piece) <= own) and rule.fits(
                tidy(before + piece + after)
            )

        teaser = isinstance(text, Teaser) or bool(post.url and post.url in before + after)
        fitted = fit.fit(text, fits, language=post.language, teaser=teaser)
        if isinstance(text, Opening) and fitted == text:
            fitted = fit.fit(text.whole(), fits, language=post.language, teaser=teaser)
        return [tidy(before + (fitted or "") + after)]
    from publisher.text.cut import thread  # only here: few templates make one

    parts = thread.thread(
        text.whole() if isinstance(text, Opening) else text,
        lambda part, _index, _total: rule.fits(tidy(part)),
        before=before,
        after=after,
        language=post.language,
        maximum=options["maximum"],
        number=options["number"],
        read_on=options["read_on"] or post.url,
    )
    if parts is None:
        raise _too_long(post, adapter, rule, tidy(before + text + after), "the thread")
    return [tidy(part) for part in parts]


def tidy(text: str) -> str:
    """No space at a line's end, never two empty lines together, none at either end."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip(" \t\n")


def _too_long(post: Post, adapter: Adapter, rule: Rule, text: str, what: str) -> TemplateError:
    return TemplateError(
        f"{adapter.channel.name}: {what} is too long: {rule.count(text)} of {rule.limit} ({rule.name})",
        hint="shorten the title or the text in the front matter, or mark a piece with `| fit` in the template",
        file=post.file,
    )
