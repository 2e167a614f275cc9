"""What kramdown, Pandoc, Python-Markdown, Obsidian, MDX and Quarto read beside CommonMark, said in
CommonMark. Code keeps what looks like it, and every line its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from publisher.markdown.boxes import as_quotations
from publisher.markdown.code_ranges import CodeRanges

_LEFT_OUT = re.compile(
    r"""
      (?P<comment> \{::comment\} .*? (?: \{:/(?:comment)?\} | \Z ) )
    | (?P<option> \{::?/?(?:options|nomarkdown|comment)?[^{}\n]*/\} | \{::nomarkdown[^{}\n]*\} | \{:/\w*\} )
    | (?P<toc> ^[ \t]*(?:[*+-]|\d+\.)[ \t]+\S[^\n]*\n[ \t]*\{:[^{}\n]*\btoc\b[^{}\n]*\}
        | ^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\])[ \t]*$ )
    | (?P<hidden> (?<![\w%])%%(?!%)(?:[^\n%]|%(?!%)|\n(?![ \t]*\n))+?%% )
    | (?P<script> (?:\A\n*|(?<=\n\n))
        (?: (?:import\b[^\n]*["'][^"'\n]+["'];?|export[ ](?:const|let|default|function)\b[^\n]*)
            [ \t]*(?:\n|\Z) )+ )
    | (?P<expression> \{/\*(?:(?!\{/\*).)*?\*/\} )
    | (?P<line> ^[ \t>]*\{:[^{}]*\}[ \t]*$ | ^[ ]{0,3}\{[#.][\w-][^{}\n]*\}[ \t]*$ )
    | (?P<attached> (?<=[)\]*_`>])\{(?::|(?=[\#.][\w-]|[\w-]+=))[^{}]*\} )
    | (?P<ended> [ \t]+\{:[^{}\n]*\}[ \t]*$ )
    | (?P<break> ^[ ]{0,3}<br[ ]*/?>[ \t]*$ )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_KEPT = re.compile(
    r"""
      (?P<item> ^(?P<marker>[ \t]*(?:[-*+]|\d+[.)])[ \t]+)\{:[^{}\n]*\}[ \t]* )
    | (?P<head> ^(?P<heading>[ ]{0,3}\#{1,6}[ \t][^\n{]*)\{:?[ \t]*[\#.][^{}\n]*\}[ \t]*$
        | ^(?P<underlined>[^\n{]+)\{:?[ \t]*[\#.][^{}\n]*\}[ \t]*(?=\n[ ]{0,3}(?:=+|-+)[ \t]*$) )
    | (?P<picture> !\[(?P<alt>[^\[\]\n|]*)(?P<width>\|\d+(?:x\d+)?)?\]\((?P<src>[^()\s]+)(?P<size>[ \t]+=\d*%?x?\d*%?)?\) )
    | (?P<wiki> (?P<embed>!?)\[\[(?![\s\d\[])(?P<page>[^\[\]|\n]+)(?:\|(?P<label>[^\[\]\n]+))?\]\](?![\[(:]) )
    | (?P<marked> (?<![=\w])==(?=[^\s=])(?P<said>[^=\n]+)(?<=\S)==(?![=\w]) )
    | (?P<reference> (?<![\w\]!\\\[])\[(?P<words>[^\[\]\n]+)\]\[(?P<of>[^\[\]\n]*)\] )
    | (?P<signature> ^(?P<by>[ ]{0,3})~(?=[ \t]\S) )
    | (?P<beside> ^(?P<remark><!--[^\n]*?-->)(?=[^\s<]) )
    """,
    re.VERBOSE | re.MULTILINE,
)
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


def as_commonmark(source: str) -> str:
    """The source without what only other readers of Markdown understand: attributes, comments and
    tables of contents left out; boxes as quotations; mathematics with every sign escaped; links to
    what is defined elsewhere as words."""
    source = as_quotations(source)
    if "$" in source or "\\(" in source or "\\[" in source:
        source = _replaced(source, _MATHEMATICS, _escaped)
    if any(
        sign in source for sign in ("{", "[TOC]", "[toc]", "[[", "%%", "import ", "export ", "<br")
    ):
        source = _replaced(source, _LEFT_OUT, lambda found: "\n" * found[0].count("\n"))
    if not any(sign in source for sign in ("{", "[[", "][", "==", "![", "\n~", "-->")):
        return source
    defined = {_label(found) for found in _DEFINED.findall(source)}
    return _replaced(source, _KEPT, lambda found: _kept(found, defined))


def _replaced(
    source: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> str:
    code: CodeRanges | None = None
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(source):
        code = code or CodeRanges(source)
        if found.start() in code or found.start() < at:
            continue
        pieces += (source[at : found.start()], replace(found))
        at = found.end()
    return "".join((*pieces, source[at:])) if pieces else source


def _kept(found: re.Match[str], defined: set[str]) -> str:
    if found["item"] is not None:
        return found["marker"]
    if found["head"] is not None:
        return (found["heading"] or found["underlined"]).rstrip()
    if found["picture"] is not None:
        return f"![{found['alt']}]({found['src']})" if found["width"] or found["size"] else found[0]
    if found["wiki"] is not None:
        page = found["page"].split("#")[0] or found["page"].strip("#")
        return "" if found["embed"] else found["label"] or page.rpartition("/")[2]
    if found["marked"] is not None:
        return found["said"]
    if found["reference"] is not None:
        label = found["of"] or found["words"]
        return found[0] if _label(label) in defined or label[0] == "^" else found["words"]
    if found["signature"] is not None:
        return f"{found['by']}\\~"
    return f"{found['remark']}\n\n"


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
