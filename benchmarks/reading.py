"""What nobody would have posted: counts it over posts, channel by channel.

    python benchmarks/reading.py [FOLDER] [--list]

FOLDER holds posts and may hold a publish.toml; without one, the collected posts beside the
repository are read. Each column counts the posts whose text, as the channel would show it with the
templates that ship, has that fault; `--list` names them. What a post says is taken from its HTML
here, and not from how the texts are made. Only a title said twice and holes are faults in a mail:
it is the whole post.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher import registry
from publisher.adapter import Channel
from publisher.compose.compose import compose
from publisher.config import Config, Site, load
from publisher.errors import PublishError
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.tree import bare, text_of

COLLECTED = Path(__file__).resolve().parents[1].parent / "shared" / "posts"
CHANNELS = ("mastodon", "twitter", "discord", "email")
SITE = Site(base_url="https://example.org/", permalink="/{path}/", language="en")

_ADDRESS = re.compile(r"https?://[^\s<>]+")
_LIST_LINE = re.compile(r"\s*(?:[•*+-]|\d{1,3}[.)])\s")
_HOLE = re.compile(r"https?://[^\s/]+/[^\s?#]*//|\{\{|\}\}|<>|\(\s*\)|\[\s*\]|“\s*”|«\s*»|‘\s*’")
_QUOTES = (
    ("“", "”"),
    ("«", "»"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
    ("(", ")"),
    ("（", "）"),
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One post as one channel shows it. `body` is the text between the title and the address."""

    post: Post
    title: str
    text: str
    body: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.body.split("\n") if line.strip()]


def begins_with_heading(shown: Shown) -> bool:
    return bool(shown.lines) and bare(shown.lines[0]) in _words_of(shown.post, _HEADINGS)


def ends_after_colon(shown: Shown) -> bool:
    return shown.body.rstrip(" *_~…").endswith((":", "："))


def ends_after_heading(shown: Shown) -> bool:
    return bool(shown.lines) and bare(shown.lines[-1]) in _words_of(shown.post, _HEADINGS)


def ends_in_code(shown: Shown) -> bool:
    if not shown.lines:
        return False
    last = shown.lines[-1].removesuffix("…").strip()
    code = "\n".join(text_of(one) for one in shown.post.body.walk() if one.name == "pre")
    return shown.body.count("```") % 2 == 1 or (len(last) > 12 and last in code)


def ends_in_quotation(shown: Shown) -> bool:
    paragraph = shown.body.rsplit("\n\n", 1)[-1]
    return any(
        paragraph.count(opening) > paragraph.count(closing)
        and _says_both(shown.post, opening, closing)
        for opening, closing in _QUOTES
    )


def ends_with_one_item(shown: Shown) -> bool:
    lines = shown.lines
    items = [bool(_LIST_LINE.match(line)) for line in lines]
    return bool(items) and items[-1] and sum(items) == 1


def has_another_address_first(shown: Shown) -> bool:
    first = _ADDRESS.search(shown.text)
    return first is not None and not shown.text.startswith(shown.post.url, first.start())


def says_title_twice(shown: Shown) -> bool:
    """Near the title; below it may stand again, as an article's last heading."""
    title = bare(shown.title)
    if not title:
        return False
    again = len(title) >= 25 and bare(shown.body).startswith(title)
    return again or any(bare(line) == title for line in shown.lines[:3])


def has_hole(shown: Shown) -> bool:
    source = shown.post.file.read_text("utf-8")
    return any(found[0] not in source for found in _HOLE.finditer(shown.body))


FAULTS = {
    "heading first": begins_with_heading,
    "after a colon": ends_after_colon,
    "after a heading": ends_after_heading,
    "in code": ends_in_code,
    "in a quotation": ends_in_quotation,
    "one list item": ends_with_one_item,
    "another address": has_another_address_first,
    "title twice": says_title_twice,
    "hole": has_hole,
}
IN_A_MAIL = ("title twice", "hole")


def _words_of(post: Post, names: frozenset[str]) -> set[str]:
    return {bare(text_of(one)) for one in post.body.walk() if one.name in names} - {""}


def _says_both(post: Post, opening: str, closing: str) -> bool:
    """Some write « twice, or leave one open: what is cut isn't to blame."""
    text = text_of(post.body)
    return text.count(opening) == text.count(closing)


def shown_on(name: str, post: Post, config: Config) -> Shown:
    """Raises PublishError."""
    adapter = registry.load(name)(Channel(name, name, {}, config.root))
    message = compose(post, adapter, config, {})
    text = message.parts[0].text
    body = text.removeprefix(message.title)
    if name != "email" and post.url in body and post.url:
        body = body[: body.rindex(post.url)]
    return Shown(post, message.title, text, body.strip())


def faults_of(name: str, post: Post, config: Config) -> Iterator[str]:
    """A post that the channel holds has none."""
    try:
        shown = shown_on(name, post, config)
    except PublishError:
        return  # held, with an error: nobody sees it
    for fault, has in FAULTS.items():
        if (name != "email" or fault in IN_A_MAIL) and has(shown):
            yield fault


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", default=str(COLLECTED))
    parser.add_argument("--list", action="store_true", help="name the posts")
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    file = folder / "publish.toml"
    config = load(file) if file.is_file() else Config(root=folder, site=SITE)
    posts: list[Post] = []
    refused = 0
    for source in collect([str(folder)]).files:
        try:
            posts.append(read(source.file, config))
        except PublishError as error:
            refused += 1
            if arguments.list:
                print(error)
    found: dict[tuple[str, str], list[str]] = {}
    for post in posts:
        for name in CHANNELS:
            for fault in faults_of(name, post, config):
                found.setdefault((fault, name), []).append(str(post.file))
    print(f"{len(posts)} posts, {refused} refused")
    print(f"{'':16}" + "".join(f"{name:>10}" for name in CHANNELS))
    for fault in FAULTS:
        counts = (len(found.get((fault, name), ())) for name in CHANNELS)
        print(f"{fault:16}" + "".join(f"{count:10}" for count in counts))
    if arguments.list:
        for (fault, name), files in sorted(found.items()):
            print(f"\n{fault}, {name}:", *files, sep="\n  ")


if __name__ == "__main__":
    main()
