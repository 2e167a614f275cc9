"""The tags of site generators, which are no Markdown: known ones are said in Markdown, the others
left out.

Hugo     {{< name … >}} {{% name … %}} {{< /name >}}     gohugo.io/content-management/shortcodes
         (2026-11)
Jekyll   {% name … %} {% endname %} {{ expression }}      jekyllrb.com/docs/liquid (2026-11)
Zola     {{ name(…) }} {% name(…) %} {% end %}
         getzola.org/documentation/content/shortcodes (2026-11)
Hexo     {% name … %}                                     hexo.io/docs/tag-plugins (2026-11)
Boxes    ::: tip Title … :::                              vuepress.vuejs.org/guide/markdown
         (2026-11)

Code keeps what looks like a tag: it is being shown. Lines keep their numbers, unless a tag that
holds code shares its line with it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType

from publisher.markdown.code_ranges import CodeRanges
from publisher.markdown.shortcode_tags import EMBEDS, Arguments, Link, resolve

# No body holds the opening of another tag: that keeps the search linear.
_TAG = re.compile(
    r"""
      (?P<fence> ^[ \t>]* (?:(?:[-*+]|\d{1,9}[.)])[ \t]+)* (?: (?P<ticks3>`{3,})[^`\n]*$ | (?P<tildes>~{3,})[^\n]*$ ) )
    | (?P<ticks> `+ )
    | (?P<shown> \{\{[<%]/\* (?:(?!\{\{).)*? \*/[%>]\}\} )
    | \{\{[<%] (?P<hugo> (?:(?!\{\{|\}\}).)*? ) [%>]\}\}
    | \{%[-+]? (?P<liquid> (?:(?!\{%|%\}).)*? ) [-+]?%\}
    | \{\{-? (?P<expression> (?:(?!\{\{|\}\}).)*? ) -?\}\}
    | (?P<attributes> ^[ \t]*\{:[^{}\n]*\}[ \t]*$ | (?<=[)\]*_])\{:[^{}\n]*\} )
    | ^[ ]{0,3}:{3,}[ \t]*(?P<container> [^\n:`]* ):*[ \t]*$
    | (?P<heading> ^[ ]{0,3}\#{1,6}[ \t][^\n{`]* ) \{[#.][^{}\n]*\}[ \t]*$
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_SHOWN = re.compile(r"(\{\{[<%])/\*((?:(?!\{\{).)*?)\*/([%>]\}\})", re.DOTALL)
_VARIABLE = re.compile(r"\s*([A-Za-z_][\w.\[\]\"'-]*)\s*(?:\|.*)?", re.DOTALL)
_NAME = re.compile(r"\s*(/?)\s*([\w./-]*)\s*(.*)", re.DOTALL)
_LITERAL = re.compile(
    r"""\s*(?:"([^"]*)"|'([^']*)')\s*(?:\|\s*(?:relative_url|absolute_url|url|safe|raw)\s*)*"""
)
_SITE = re.compile(r"\s*site\.(?:baseurl|url)\s*")
HOLE = ("\ufdd3", "\ufdd4")
"""Around the number of a line with a place that nothing fills in. Noncharacters: no post contains
them."""

NOTHING: Mapping[str, str] = MappingProxyType({})
_LONGEST = 2_000
"""Characters of a tag that is still read."""
_CODE = frozenset({"highlight", "codeblock", "code", "code-toggle", "mermaid"})
_QUOTE = frozenset({"blockquote", "quote"})
_VERBATIM = frozenset({"raw", "verbatim"})
_DROPPED = frozenset({"comment"})


def expand(
    source: str,
    link: Callable[[str], str | None] | None = None,
    *,
    first_line: int = 1,
    values: Mapping[str, str] = NOTHING,
) -> tuple[str, tuple[str, ...]]:
    """Returns Markdown without such tags, and a note on each that was left out, with its line.

    `first_line` is the line of the file on which `source` starts.

    `link` is given the target of a ref, relref, link, post_url, post_link or get_url as the author
    wrote it, and returns its address, or None. What stands between a pair of unknown tags is kept.

    `values` are what Jekyll or Eleventy would put for `{{ release.tag }}`, by name. Without one, a
    mark of the line stands there (see HOLE): left out, "v{{ version }} is out" would be nonsense.
    """
    if not any(sign in source for sign in ("{{", "{%", "{:", "{#", "{.", ":::")):
        return source, ()
    return _Scan(source, link, first_line, values).run()


class _Scan:
    def __init__(self, source: str, link: Link, first_line: int, values: Mapping[str, str]) -> None:
        self.source = source
        self.values = values
        self.link = link
        self.notes: list[str] = []
        self.line = first_line
        self.counted = 0
        self.unclosed: set[str] = set()
        self.runs: dict[int, list[int]] = defaultdict(list)
        for run in re.finditer("`+", source):
            self.runs[len(run[0])].append(run.start())
        self.blank_lines = [blank.start() for blank in re.finditer(r"\n[ \t]*(?=\n)", source)]

    def run(self) -> tuple[str, tuple[str, ...]]:
        out = []
        position = 0
        while match := _TAG.search(self.source, position):
            out.append(self.source[position : match.start()])
            text, position = self.one(match)
            out.append(text)
        out.append(self.source[position:])
        return "".join(out), tuple(self.notes)

    @cached_property
    def code(self) -> CodeRanges:
        return CodeRanges(self.source)

    def one(self, match: re.Match[str]) -> tuple[str, int]:
        """What stands for this tag, or stretch of code, and where reading goes on."""
        end = match.end()
        if match["fence"]:
            end = self.fence_end(match["ticks3"] or match["tildes"], end)
            return _show(self.source[match.start() : end]), end
        if match["ticks"]:
            end = self.code_end(match)
            return _show(self.source[match.start() : end]), end
        if match["shown"]:
            return _show(match[0]), end
        if match.start() in self.code:
            return match[0], end
        if match["attributes"]:
            return "", end
        if match["container"] is not None:
            return _title_of(match["container"]), end
        if match["heading"]:
            return match["heading"].rstrip(), end
        if match["expression"] is not None:
            return self.expression(match), end
        return self.tag(match)

    # Code.

    def fence_end(self, mark: str, start: int) -> int:
        closing = re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
        match = closing.search(self.source, start)
        return match.end() if match else len(self.source)

    def code_end(self, match: re.Match[str]) -> int:
        """The end of the code span that these backticks open, or of the backticks: none crosses an
        empty line."""
        start, end = match.span()
        before = self.source[max(0, start - 20) : start]
        if (len(before) - len(before.rstrip("\\"))) % 2:
            return start + 1
        starts = self.runs[end - start]
        following = bisect_right(starts, start)
        if following == len(starts):
            return end
        close = starts[following]
        blank = bisect_right(self.blank_lines, start)
        if blank < len(self.blank_lines) and self.blank_lines[blank] < close:
            return end
        return close + end - start

    # Tags.

    def expression(self, match: re.Match[str]) -> str:
        body = match["expression"]
        if len(body) > _LONGEST:
            return self.leave_out(match)
        if literal := _LITERAL.fullmatch(body):
            return resolve(literal[1] or literal[2] or "", None)
        if _SITE.fullmatch(body):
            return ""
        name = _NAME.fullmatch(body)
        if name and name[3].startswith("("):
            return self.embed(match, name[2], name[3])
        variable = _VARIABLE.fullmatch(body)
        if variable is None or self.source.startswith("$", match.start() - 1):
            return match[0]  # GitHub's, Go's or Vue's, which no generator fills in here
        if variable[1] in self.values:
            return self.values[variable[1]]
        if self.source.rfind("<!--", 0, match.start()) > self.source.rfind("-->", 0, match.start()):
            return _lines(match[0])
        return f"{HOLE[0]}{self.line_of(match.start())}{HOLE[1]}" + _lines(match[0])

    def tag(self, match: re.Match[str]) -> tuple[str, int]:
        body = match["hugo"] if match["hugo"] is not None else match["liquid"]
        if len(body) > _LONGEST:
            return self.leave_out(match), match.end()
        name = _NAME.fullmatch(body)
        closing, word, rest = name.groups() if name else ("", "", "")
        if closing or word.startswith("end"):
            return _lines(match[0]), match.end()
        if word in _CODE | _QUOTE | _VERBATIM | _DROPPED:
            between = self.between(match, word)
            if between:
                return self.pair(match, word, rest, *between)
        return self.embed(match, word, rest), match.end()

    def between(self, match: re.Match[str], word: str) -> tuple[int, int] | None:
        """Start and end of the tag that closes this one."""
        if word in self.unclosed:
            return None
        if match["hugo"] is not None:
            pattern = rf"\{{\{{[<%]\s*/\s*{word}\s*[%>]\}}\}}"
        else:
            pattern = rf"\{{%[-+]?\s*end(?:{word})?\s*[-+]?%\}}"
        close = re.compile(pattern).search(self.source, match.end())
        if close is None:
            self.unclosed.add(word)
            return None
        return close.span()

    def pair(
        self, match: re.Match[str], word: str, rest: str, start: int, end: int
    ) -> tuple[str, int]:
        content = self.source[match.end() : start]
        if word in _VERBATIM:
            return content, end
        if word in _DROPPED:
            return _lines(self.source[match.start() : end]), end
        if word in _QUOTE:
            inner, notes = expand(content, self.link, first_line=self.line_of(match.end()))
            self.notes += notes
            quoted = "\n".join(f"> {one}" for one in inner.strip("\n").split("\n"))
            before = ">\n" if content.startswith("\n") else ""
            author = f"<br>— {rest.strip()}" if rest.strip() else ""
            return f"{before}{quoted}{author}\n>", end
        arguments = Arguments(rest)
        language = arguments.get("lang") or (
            arguments.words[0] if arguments.words and word == "highlight" else ""
        )
        language = language or ("mermaid" if word == "mermaid" else "")
        ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", content)), default=0))
        indent = self.source[self.source.rfind("\n", 0, match.start()) + 1 : match.start()]
        lead = "" if not indent.strip() else "\n"
        first = "" if content.startswith("\n") else "\n"
        last = "" if content.rstrip(" \t").endswith("\n") else "\n"
        return f"{lead}{ticks}{language}{first}{content}{last}{ticks}", end

    def embed(self, match: re.Match[str], word: str, rest: str) -> str:
        arguments = Arguments(rest)
        if (
            word == "include" and arguments.words
        ):  # {% include figure.html … %}, as Jekyll's themes have it
            word = arguments.words.pop(0).rpartition("/")[2].removesuffix(".html")
        known = EMBEDS.get(word)
        text = known(arguments, self.link) if known else None
        if text is None:
            return self.leave_out(match)
        return text + _lines(match[0])

    def leave_out(self, match: re.Match[str]) -> str:
        shown = "".join(
            character for character in " ".join(match[0].split()) if character.isprintable()
        )
        shown = shown if len(shown) <= 60 else f"{shown[:57]}…"
        self.notes.append(f"left out: {shown} on line {self.line_of(match.start())}")
        above, _, before = self.source[: match.start()].rpartition("\n")
        if not before.strip() and above.rpartition("\n")[2].lstrip().startswith("<"):
            return "<!---->" + _lines(match[0])  # an empty line would end the block of HTML
        return _lines(match[0])

    def line_of(self, position: int) -> int:
        self.line += self.source.count("\n", self.counted, position)
        self.counted = position
        return self.line


def _show(code: str) -> str:
    """Hugo's way of showing a tag: {{</* name */>}} is {{< name >}}."""
    return _SHOWN.sub(r"\1\2\3", code)


def _lines(text: str) -> str:
    return "\n" * text.count("\n")


def _title_of(container: str) -> str:
    """Of `::: tip Title` or `:::tip[Title]` the title; a box without one is just what it
    contains."""
    words = re.sub(r"^[\w-]*\s*", "", container).strip().strip("[]").strip()
    return f"\n**{words}**\n" if words and not words.startswith("{") else ""
