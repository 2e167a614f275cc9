"""Post + template → Message: what one channel will show, measured as that channel measures. Pure.

A template says which piece gives way: `{{ post.text | fit }}` is shortened to what remains under
the limit, and `{{ post.text | thread }}` is spread over as many posts as it needs. Nothing else is
ever cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from publisher.adapter import Adapter, Facts, Message, Part, Picture, Rule
from publisher.compose.post_view import Opening, PostView, Teaser, known_mentions
from publisher.compose.template import CLOSE, OPEN, Pieces, beside, environment, render
from publisher.config import Config
from publisher.errors import PostError, TemplateError
from publisher.markdown.shortcodes import HOLE
from publisher.post.post import Post
from publisher.text.cut import fit
from publisher.text.mail_words import mail_words
from publisher.text.measure import mentions

_HOLE = re.compile(f"(?:{HOLE[0]}|{quote(HOLE[0])})([0-9]*)")

SITE = ("base_url", "title", "language", "permalink", "static")
"""What a template sees of the site's settings."""


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
        written = mentions.mentions(text, adapter.pings, known_mentions(post, adapter.name))
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
        tags=tuple(post.tags),
        authors=tuple(post.authors),
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
    engine = environment(str(config.templates()), beside(adapter))
    channel = {"name": adapter.channel.name, "adapter": adapter.name, **_shown(adapter, options)}
    known = {
        "post": view,
        "site": {name: getattr(config.site, name) for name in SITE},
        "channel": channel,
    }
    if adapter.html:
        known["words"] = mail_words(post.language)
    names = [f"{adapter.channel.name}.txt.j2", f"{adapter.name}.txt.j2"]
    rendered, pieces = render(engine, names, known, adapter)
    texts = _lay_out(post, adapter, rule, rendered, pieces)
    if not adapter.html:
        return tuple(Part(text) for text in texts)
    names = [f"{adapter.channel.name}.html.j2", f"{adapter.name}.html.j2"]
    page, pieces = render(engine, names, known, adapter)
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


def _lay_out(post: Post, adapter: Adapter, rule: Rule, rendered: str, pieces: Pieces) -> list[str]:
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
    if rendered.count(OPEN) != 1 or f"{OPEN}0{CLOSE}" not in rendered:
        raise TemplateError(
            f"the template does not show what it marks with {kind} exactly once, as it is",
            hint=f"write it where it stands, with {kind} last: {{{{ post.text | {kind} }}}}",
            file=f"{adapter.name}.txt.j2",
        )
    before, _, rest = rendered.partition(OPEN)
    after = rest.partition(CLOSE)[2]
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
