"""How close a post's HTML comes to CommonMark, and how long the worst input takes. Prints three
tables.

    python benchmarks/commonmark.py [--posts FOLDER] [--spec FILE] [posts] [spec] [times]

posts   On every .md file in FOLDER without site-generator syntax ({{ or {%}: the share whose text,
        and whose tags with their addresses, are the same as markdown-it-py's (preset "commonmark"
        with tables, strikethrough, definition lists and footnotes, as `publisher.text.commonmark`
        has them on; bare addresses are made links by neither, abbreviations only by ours). Beside
        it Python-Markdown as it comes, and with its `extra`. Since our blocks and inline are
        markdown-it-py's tokens, this measures what is lost on the way through Python-Markdown. With
        the package cmarkgfm installed, GitHub's own parser is a second, independent judge.
spec    The examples of the CommonMark specification: passed by section, with what fails.
times   Families of input that make Markdown parsers slow, at several sizes, and fifty paragraphs of
        a thousand each: refused or read, in how many seconds of the processor.

Two documents are the same if the events of their HTML are: white space is collapsed outside <pre>
and dropped at the edges of blocks, attributes are sorted, entities decoded; nothing else is
forgiven.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import markdown
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from publisher.errors import PostError
from publisher.markdown.commonmark import CommonMark
from publisher.markdown.to_html import to_html

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
BLOCKS = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre hr table thead tbody tr th td div section details summary "
    "figure figcaption article aside header footer nav br iframe form video audio center style script".split()
)
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

Event = tuple[str, ...]


class _Events(HTMLParser):
    """What a browser would be told: ("+tag", attributes…), ("-tag",), ("text", …), ("comment",
    …)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []
        self.pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pre += tag == "pre"
        self.events.append((f"+{tag}", *sorted(f"{name}={value or ''}" for name, value in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.pre -= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.pre -= tag == "pre"
            self.events.append((f"-{tag}",))

    def handle_data(self, data: str) -> None:
        text = data if self.pre > 0 else re.sub(r"[ \t\r\n\f]+", " ", data)
        if self.events and self.events[-1][0] == "text":
            self.events[-1] = ("text", self.events[-1][1] + text)
        else:
            self.events.append(("text", text))

    def handle_comment(self, data: str) -> None:
        self.events.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.events.append(("decl", decl))

    def unknown_decl(self, data: str) -> None:
        self.events.append(("decl", data))

    def handle_pi(self, data: str) -> None:
        self.events.append(("pi", data))


def events(html: str) -> list[Event]:
    """The document as a comparable list. White space at the edges of blocks, which nobody sees, is
    dropped."""
    parser = _Events()
    parser.feed(html)
    parser.close()
    found: list[Event] = []
    pre = 0
    for index, event in enumerate(parser.events):
        pre += (event[0] == "+pre") - (event[0] == "-pre")
        if event[0] == "text" and not pre:
            text = re.sub(" +", " ", event[1])
            if not found or _is_block(found[-1]):
                text = text.lstrip(" ")
            if index + 1 == len(parser.events) or _is_block(parser.events[index + 1]):
                text = text.rstrip(" ")
            if not text:
                continue
            event = ("text", text)
        found.append(event)
    return found


def _is_block(event: Event) -> bool:
    return event[0][1:] in BLOCKS or event[0] == "comment"


def text_of(found: Sequence[Event]) -> list[str]:
    """The text, one string a block."""
    blocks = [""]
    for event in found:
        if event[0] == "text":
            blocks[-1] += event[1]
        elif _is_block(event) and blocks[-1]:
            blocks.append("")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def tags_of(found: Sequence[Event]) -> list[Event]:
    """Elements and where they lead. How a footnote's links are named differs between tools, and is
    left out."""
    kept = []
    for event in found:
        if event[0][0] in "+-":
            note = any(attribute.startswith("class=footnote") for attribute in event[1:])
            kept.append(
                (
                    event[0].replace("del", "s"),
                    *(
                        one
                        for one in event[1:]
                        if one.startswith(("href=", "src=", "start=")) and not note
                    ),
                )
            )
    return kept


def reference() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    deflist_plugin(made)
    footnote_plugin(made, inline=False)
    # The same elements as Python-Markdown's footnotes have, so that only what is read is compared.
    renderer: Any = made.renderer
    renderer.rules |= {
        "footnote_ref": lambda tokens, i, o, e: (
            f"<sup><a class=footnote>{tokens[i].meta['id'] + 1}</a></sup>"
        ),
        "footnote_block_open": lambda tokens, i, o, e: "<div><hr><ol>",
        "footnote_block_close": lambda tokens, i, o, e: "</ol></div>",
        "footnote_open": lambda tokens, i, o, e: "<li>",
        "footnote_close": lambda tokens, i, o, e: "</li>",
        "footnote_anchor": lambda tokens, i, o, e: "<a class=footnote>\u21a9</a>",
    }
    return made


def body(path: Path) -> str:
    source = path.read_text("utf-8-sig").replace("\r\n", "\n")
    front = re.match(r"(---|\+\+\+)[ \t]*\n.*?\n\1[ \t]*\n", source, re.DOTALL)
    return source[front.end() :] if front else source


Reader = Callable[[str], str]


def readers() -> dict[str, Reader]:
    ours = markdown.Markdown(extensions=[CommonMark(addresses=False)])
    plain = markdown.Markdown()
    extra = markdown.Markdown(extensions=["extra"])
    return {
        "ours": lambda source: str(ours.reset().convert(source)),
        "markdown": lambda source: str(plain.reset().convert(source)),
        "markdown, extra": lambda source: str(extra.reset().convert(source)),
    }


def judges() -> dict[str, tuple[Reader, str]]:
    """Name to reader, and a pattern for what this reader doesn't know, or names differently."""
    made: dict[str, tuple[Reader, str]] = {"markdown-it-py": (reference().render, "(?!)")}
    try:
        import cmarkgfm  # type: ignore[import-not-found, unused-ignore]
        from cmarkgfm.cmark import Options  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return made
    options = Options.CMARK_OPT_UNSAFE

    def github(source: str) -> str:
        return str(
            cmarkgfm.markdown_to_html_with_extensions(source, options, ["table", "strikethrough"])
        )

    made["cmark-gfm"] = github, r"(?m)^ *(: |\*\[[^]]+\]:|\[\^)"
    return made


def posts(folder: Path) -> None:
    sources = {path: body(path) for path in sorted(folder.rglob("*.md"))}
    everything = {
        path: source
        for path, source in sources.items()
        if "{{" not in source and "{%" not in source
    }
    print(
        f"{len(everything)} of {len(sources)} posts in {folder.name} have no site-generator syntax.\n"
    )
    for judge, (judged, unknown) in judges().items():
        usable = {
            path: source for path, source in everything.items() if not re.search(unknown, source)
        }
        print(
            f"{f'{len(usable)} against {judge}':28}{'same text':>18}{'same tags, addresses':>24}{'seconds':>10}"
        )
        expected = {path: events(judged(source)) for path, source in usable.items()}
        for name, reader in readers().items():
            began = time.process_time()
            html = {path: reader(source) for path, source in usable.items()}
            seconds = time.process_time() - began
            found = {path: events(one) for path, one in html.items()}
            text = [path for path in usable if text_of(found[path]) == text_of(expected[path])]
            tags = [path for path in usable if tags_of(found[path]) == tags_of(expected[path])]
            print(
                f"{name:28}{_share(len(text), len(usable)):>18}{_share(len(tags), len(usable)):>24}{seconds:>10.2f}"
            )
            if name == "ours":
                differing = [path for path in usable if path not in text or path not in tags]
                differences = [
                    _difference(path.name, found[path], expected[path]) for path in differing[:8]
                ]
        print("\nFirst differences (ours, theirs):")
        print("\n".join(differences) or "  none", end="\n\n")


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else "-"


def _difference(name: str, found: list[Event], expected: list[Event]) -> str:
    for pick in (tags_of, text_of):
        for mine, theirs in zip([*pick(found), "(end)"], [*pick(expected), "(end)"], strict=False):
            if mine != theirs:
                return f"  {name}\n    {str(mine)[:150]}\n    {str(theirs)[:150]}"
    return f"  {name}"


def examples(path: Path) -> list[tuple[int, str, str, str]]:
    """The specification's examples: number, section, Markdown, HTML. In the file → stands for a
    tab."""
    return [
        (
            one["number"],
            one["section"],
            one["markdown"].replace("→", "\t"),
            one["html"].replace("→", "\t"),
        )
        for one in json.loads(path.read_text("utf-8"))
    ]


def passed(path: Path, reader: Reader) -> dict[int, bool]:
    return {
        number: events(reader(source)) == events(html) for number, _, source, html in examples(path)
    }


def spec(path: Path) -> None:
    results = {
        "ours": passed(path, readers()["ours"]),
        "with links": passed(path, to_html),
        "markdown": passed(path, readers()["markdown"]),
        "markdown-it-py": passed(path, MarkdownIt("commonmark").render),
    }
    sections: dict[str, list[int]] = {}
    for number, section, *_ in examples(path):
        sections.setdefault(section, []).append(number)
    print(f"{path.stem:44}" + "".join(f"{name:>16}" for name in results) + f"{'of':>6}")
    for section, numbers in sections.items():
        counts = [sum(result[number] for number in numbers) for result in results.values()]
        print(f"{section:44}" + "".join(f"{count:>16}" for count in counts) + f"{len(numbers):>6}")
    totals = [sum(result.values()) for result in results.values()]
    print(
        f"{'All':44}" + "".join(f"{total:>16}" for total in totals) + f"{len(results['ours']):>6}"
    )
    print('"with links" is what posts are read with: bare addresses become links, as on GitHub.\n')
    for number, section, source, html in examples(path):
        if not results["with links"][number]:
            print(
                f"  {number} {section}: {source!r}\n    ours {to_html(source)!r}\n    spec {html!r}"
            )
    print()


def times(sizes: Sequence[int] = (1_000, 10_000, 50_000)) -> None:
    from families import FAMILIES

    heads = [f"{size:,}" for size in sizes] + ["50 x 1,000"]
    print(f"{'seconds for so many repetitions':36}" + "".join(f"{head:>14}" for head in heads))
    worst: Counter[str] = Counter()
    for name, family in FAMILIES.items():
        cells = []
        sources = [family(size) for size in sizes] + ["\n\n".join([family(1_000)] * 50)]
        for head, source in zip(heads, sources, strict=True):
            began = time.process_time()
            try:
                to_html(source)
                outcome = " "
            except PostError:
                outcome = "x"
            seconds = time.process_time() - began
            worst[f"{name} ({head})"] = int(seconds * 1000)
            cells.append(f"{seconds:>12.2f} {outcome}")
        print(f"{name:36}" + "".join(cells), flush=True)
    print(
        "x: refused, with a line and a hint. Slowest:",
        ", ".join(f"{k} {v} ms" for k, v in worst.most_common(3)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "tables",
        nargs="*",
        default=[],
        metavar="table",
        help="posts, spec or times; all by default",
    )
    parser.add_argument("--posts", type=Path, default=SHARED / "posts", metavar="FOLDER")
    parser.add_argument(
        "--spec", type=Path, default=SHARED / "specs" / "commonmark-0.31.json", metavar="FILE"
    )
    arguments = parser.parse_args()
    wanted = arguments.tables or ["posts", "spec", "times"]
    if unknown := set(wanted) - {"posts", "spec", "times"}:
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    if "posts" in wanted:
        posts(arguments.posts)
    if "spec" in wanted:
        spec(arguments.spec)
    if "times" in wanted:
        times()


if __name__ == "__main__":
    main()
