"""What the known tags of site generators mean, in Markdown: pictures, videos, addresses of
posts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

Link = Callable[[str], str | None] | None
"""From a target as the author wrote it to its address."""

_ARGUMENT = re.compile(
    r"""(?:([\w.-]+)\s*(?:=|:(?!//))\s*)?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^\s,()"'`]+)""",
    re.DOTALL,
)
_PICTURE = re.compile(r"[^\s]+\.(?:avif|gif|jpe?g|png|svg|webp)(?:\?\S*)?", re.IGNORECASE)


class Arguments:
    """`words` stand by themselves, the others are asked for by name: `get("src", "image_path")`."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self.named: dict[str, str] = {}
        for name, value in _ARGUMENT.findall(text):
            if value[0] in "\"'`":
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            elif value == "/":
                continue
            if name:
                self.named[name.lower()] = value
            else:
                self.words.append(value)

    def get(self, *names: str) -> str:
        return next((self.named[name] for name in names if self.named.get(name)), "")

    def first(self, *names: str) -> str:
        return self.get(*names) or (self.words[0] if self.words else "")


def resolve(target: str, link: Link) -> str:
    """The address of a target: as `link` says, tried with ".md" too; empty where `link` says that
    nobody knows it; the target itself where `link` says nothing."""
    if link and target:
        for each in (target, f"{target}.md"):
            if (found := link(each)) is not None:
                return found
    return target


def _address(address: str, text: str = "") -> str:
    """Markdown for a link; white space and brackets in an address can't end it."""
    address = re.sub(r"\s+", "%20", address.strip()).replace("<", "%3C").replace(">", "%3E")
    if text:
        return f"[{_label(text)}](<{address}>)"
    return (
        f"<{address}>" if re.match(r"https?://", address) else f"[{_label(address)}](<{address}>)"
    )


def _label(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", " ".join(text.split()))


def _picture(arguments: Arguments, link: Link) -> str | None:
    source = arguments.get("src", "image_path", "image", "url", "path") or next(
        (word for word in arguments.words if _PICTURE.fullmatch(word)), ""
    )
    if not source:
        return None
    after = (
        arguments.words[arguments.words.index(source) + 1 :] if source in arguments.words else []
    )
    texts = [word for word in after if not re.fullmatch(r"\d+(?:px|%)?", word)]
    alternative = arguments.get("alt") or " ".join(texts)
    caption = " ".join(arguments.get("caption", "title").split())
    if alternative == caption:
        alternative = ""
    made = f"!{_address(source, alternative)}" if alternative else f"![](<{source.strip()}>)"
    if arguments.get("link", "href"):
        made = f"[{made}](<{arguments.get('link', 'href')}>)"
    return f"{made}<br>{caption}" if caption else made


def _site(pattern: str, *names: str) -> Callable[[Arguments, Link], str | None]:
    """A tag that names something on another site by id, or by its whole address."""

    def embed(arguments: Arguments, link: Link) -> str | None:
        value = arguments.get("url", "src") or arguments.first("id", *names)
        if not value:
            return None
        address = value if re.match(r"https?://", value) else pattern.format(value)
        return _address(address, arguments.get("title"))

    return embed


def _tweet(arguments: Arguments, link: Link) -> str | None:
    value = arguments.first("id", "url")
    if not value:
        return None
    if re.match(r"https?://", value):
        return _address(value)
    return _address(f"https://x.com/{arguments.get('user') or 'i'}/status/{value}")


def _gist(arguments: Arguments, link: Link) -> str | None:
    if arguments.get("url"):
        return _address(arguments.get("url"))
    path = "/".join(arguments.words[:2])
    return _address(f"https://gist.github.com/{path}") if path else None


def _reference(arguments: Arguments, link: Link) -> str | None:
    """ref, relref, link, get_url: an address within Markdown that is already there."""
    target = arguments.first("path")
    return resolve(target, link) if target else None


def _post_url(arguments: Arguments, link: Link) -> str | None:
    """Jekyll's name of a post is no address: unknown to `link`, nothing can be said."""
    target = arguments.first("path")
    address = resolve(target, link)
    return address if address and address != target else None


def _post_link(arguments: Arguments, link: Link) -> str | None:
    if not arguments.words:
        return None
    target, *words = arguments.words
    text = " ".join(word for word in words if word not in ("true", "false")) or target
    address = resolve(target, link)
    return _address(address, text) if address not in ("", target) else _label(text)


def _asset_link(arguments: Arguments, link: Link) -> str | None:
    if not arguments.words:
        return None
    return _address(arguments.words[0], " ".join(arguments.words[1:]) or arguments.words[0])


def _asset_path(arguments: Arguments, link: Link) -> str | None:
    return arguments.words[0] if arguments.words else None


def _details(arguments: Arguments, link: Link) -> str | None:
    """What a reader would open: its title, above what it holds."""
    summary = arguments.first("summary", "title")
    return f"\n**{_label(summary)}**\n" if summary else None


_TWEET_NAMES = ("tweet", "twitter", "x", "twitter_simple", "x_simple")

EMBEDS: Mapping[str, Callable[[Arguments, Link], str | None]] = MappingProxyType(
    {
        "figure": _picture,
        "img": _picture,
        "image": _picture,
        "asset_img": _picture,
        "youtube": _site("https://www.youtube.com/watch?v={}"),
        "vimeo": _site("https://vimeo.com/{}"),
        "vimeo_simple": _site("https://vimeo.com/{}"),
        "instagram": _site("https://www.instagram.com/p/{}/"),
        "gist": _gist,
        "details": _details,
        **dict.fromkeys(_TWEET_NAMES, _tweet),
        **dict.fromkeys(("ref", "relref", "link", "get_url"), _reference),
        "post_url": _post_url,
        "post_link": _post_link,
        "asset_link": _asset_link,
        "asset_path": _asset_path,
    }
)
"""A tag's name to what says it. None: it can't be said, and is left out."""
