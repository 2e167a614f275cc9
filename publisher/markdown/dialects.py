"""What kramdown, Pandoc, Python-Markdown, Obsidian, MDX and Quarto read beside CommonMark, said in
CommonMark. Code keeps what looks like it, and every line its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from publisher.markdown.boxes import as_quotations
from publisher.markdown.code_ranges import CodeRanges

_LINES = re.MULTILINE | re.DOTALL
_LEFT_OUT = (
    # kramdown's comments and options
    ("{::", re.compile(r"\{::comment\}.*?(?:\{:/(?:comment)?\}|\Z)", _LINES)),
    ("{:", re.compile(r"\{::?/?(?:options|nomarkdown)?[^{}\n]*/\}|\{::nomarkdown[^{}\n]*\}|\{:/\w*\}")),
    # the place of a table of contents
    ("toc", re.compile(r"^[ \t]*(?:[*+-]|\d+\.)[ \t]+\S[^\n]*\n[ \t]*\{:[^{}\n]*\btoc\b[^{}\n]*\}", _LINES)),
    ("toc", re.compile(r"^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\])[ \t]*$", _LINES | re.IGNORECASE)),
    # Obsidian's comments
    ("%%", re.compile(r"(?<![\w%])%%(?!%)(?:[^\n%]|%(?!%)|\n(?![ \t]*\n))+?%%")),
    # MDX
    ("import ", re.compile(
        r"(?:\A\n*|(?<=\n\n))(?:import\b[^\n]*[\"'][^\"'\n]+[\"'];?[ \t]*(?:\n|\Z))+"
    )),
    ("export ", re.compile(
        r"(?:\A\n*|(?<=\n\n))(?:export[ ](?:const|let|default|function)\b[^\n]*(?:\n|\Z))+"
    )),
    ("{/*", re.compile(r"\{/\*(?:(?!\{/\*).)*?\*/\}", re.DOTALL)),
    # attributes: on a line of their own, after what they belong to, at the end of a line
    ("{", re.compile(r"^[ \t>]*\{:[^{}]*\}[ \t]*$|^[ ]{0,3}\{[#.][\w-][^{}\n]*\}[ \t]*$", _LINES)),
    ("{", re.compile(r"\{(?<=[)\]*_`>]\{)(?::|(?=[#.][\w-]|[\w-]+=))[^{}]*\}")),
    ("{:", re.compile(r"[ \t]+\{:[^{}\n]*\}[ \t]*$", _LINES)),
    # an empty line in HTML, for a browser; here it would begin a block of it
    ("<br", re.compile(r"^[ ]{0,3}<br[ ]*/?>[ \t]*$", _LINES | re.IGNORECASE)),
)  # fmt: skip
"""A sign without which the pattern needn't be tried, in lower case, and the pattern."""

_ITEM = re.compile(r"^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\{:[^{}\n]*\}[ \t]*", _LINES)
_HEADING = re.compile(
    r"^([ ]{0,3}#{1,6}[ \t][^\n{]*)\{:?[ \t]*[#.][^{}\n]*\}[ \t]*$"
    r"|^([^\n{]+)\{:?[ \t]*[#.][^{}\n]*\}[ \t]*(?=\n[ ]{0,3}(?:=+|-+)[ \t]*$)",
    re.MULTILINE,
)
_PICTURE = re.compile(r"!\[([^\[\]\n|]*)(\|\d+(?:x\d+)?)?\]\(([^()\s]+)([ \t]+=\d*%?x?\d*%?)?\)")
_WIKI = re.compile(r"(!?)\[\[(?![\s\d\[])([^\[\]|\n]+)(?:\|([^\[\]\n]+))?\]\](?![\[(:])")
_MARKED = re.compile(r"==(?<![=\w]==)(?=[^\s=])([^=\n]+)(?<=\S)==(?![=\w])")
_REFERENCE = re.compile(r"\[(?<![\w\]!\\\[]\[)([^\[\]\n]+)\]\[([^\[\]\n]*)\]")
_SIGNATURE = re.compile(r"^([ ]{0,3})~(?=[ \t]\S)", re.MULTILINE)
_REMARK = re.compile(r"^(<!--[^\n]*?-->)(?=[^\s<])", re.MULTILINE)
_MATHEMATICS = re.compile(
    r"(?<![\\$\w])\$\$(?=[^$])(?:(?!\$\$|\n[ \t]*\n).)+\$\$(?!\$)"
    r"|(?<![\\$\w])\$(?=[^\s$\d]|\d[^$\s]*[\\^_{=*+])(?:(?!\n[ \t]*\n)[^$\n]|\n(?![ \t]*\n))+?(?<=[^\s\\])\$(?![$\w])"
    r"|\\\((?:(?!\n[ \t]*\n|\\\().)+?\\\)"
    r"|\\\[(?:(?!\n[ \t]*\n|\\\[).)+?\\\]",
    re.DOTALL,
)
_DEFINED = re.compile(r"^[ ]{0,3}(?:>[ ]?)*\[([^\]\n]+)\]:", re.MULTILINE)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_IS_MATHEMATICS = re.compile(r"[\\^_{}=*+<>|]")


def as_commonmark(source: str, page: Callable[[str], str] = lambda _: "") -> str:
    """The source without what only other readers of Markdown understand: attributes, comments and
    tables of contents left out; boxes as quotations; mathematics with every sign escaped; links to
    what is defined elsewhere as words. `page` says where the note of a `[[wiki link]]` is shown, if
    that is known."""
    source = as_quotations(source)
    if "$" in source or "\\(" in source or "\\[" in source:
        source = _replaced(source, _MATHEMATICS, _escaped)
    signs = source.lower()
    for sign, pattern in _LEFT_OUT:
        if sign in signs:
            source = _replaced(source, pattern, lambda found: "\n" * found[0].count("\n"))
    if "{" in source:
        source = _replaced(source, _ITEM, lambda found: found[1])
        source = _replaced(source, _HEADING, lambda found: (found[1] or found[2]).rstrip())
    if "![" in source:
        source = _replaced(source, _PICTURE, lambda found: f"![{found[1]}]({found[3]})")
    if "[[" in source:
        source = _replaced(source, _WIKI, lambda found: _note(found, page))
    if "==" in source:
        source = _replaced(source, _MARKED, lambda found: found[1])
    if "][" in source:
        source = _without_undefined(source)
    if "~ " in source:
        source = _replaced(source, _SIGNATURE, lambda found: f"{found[1]}\\~")
    if "-->" in source:
        source = _replaced(source, _REMARK, lambda found: f"{found[1]}\n\n")
    return source


def _replaced(
    source: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> str:
    """The source with each match replaced, but not in code."""
    code: CodeRanges | None = None
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(source):
        code = code or CodeRanges(source)
        if found.start() in code:
            continue
        pieces += (source[at : found.start()], replace(found))
        at = found.end()
    return "".join((*pieces, source[at:])) if pieces else source


def _note(found: re.Match[str], page: Callable[[str], str]) -> str:
    """A link to another note, by its label, else by the note's name; what is embedded isn't here."""
    embedded, target, label = found.groups()
    name = target.split("#")[0] or target.strip("#")
    if embedded:
        return ""
    words = label or name.rpartition("/")[2]
    address = page(name)
    return f"[{words}](<{address}>)" if address else words


def _without_undefined(source: str) -> str:
    """Links by reference whose address stands in another file are their words."""
    defined = {_label(label) for label in _DEFINED.findall(source)}

    def words(found: re.Match[str]) -> str:
        label = found[2] or found[1]
        return found[0] if _label(label) in defined or label[0] == "^" else found[1]

    return _replaced(source, _REFERENCE, words)


def _label(words: str) -> str:
    return " ".join(words.split()).casefold()


def _inside(formula: str) -> str:
    return formula.strip("$") if formula[0] == "$" else formula[2:-2]


def _escaped(found: re.Match[str]) -> str:
    """Every sign of it a literal one; a formula of several lines keeps them."""
    if not _IS_MATHEMATICS.search(_inside(found[0])):
        return found[0]
    literal = _PUNCTUATION.sub(r"\\\g<0>", found[0])
    return re.sub(r"[ \t]*\n[ \t]*", "\\\\\n", literal)
