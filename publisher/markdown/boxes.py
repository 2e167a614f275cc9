"""Boxes as site generators write them, as GitHub writes them: a quotation that begins with
`[!kind] Title`.

:::      `::: tip Title`, `:::tip[Title]{…}`, `::: {.callout-tip title="…"}`   VitePress, Docusaurus,
         Starlight, Quarto (their guides, read 2026-11)
::       `::note{title="…"}` … `::`                                            Nuxt's MDC
!!! ???  `!!! note "Title"`, with an indented text                             MkDocs
"""

from __future__ import annotations

import re

from publisher.markdown.code_ranges import CodeRanges

KINDS = frozenset(
    "note tip important warning caution info danger success check done question help faq example"
    " quote cite abstract summary tldr bug failure fail missing todo hint attention error".split()
)

_OPEN = re.compile(
    r"(?P<indent>[ \t>]*?)(?P<colons>:{2,})[ \t]*(?P<name>[\w-]+)?[ \t]*(?P<title>[^\n{}]*?)"
    r"[ \t]*(?P<attributes>\{[^{}\n]*\})?[ \t]*(?P<after>[^\n{}]*?)[ \t]*:*"
)
_ANY = re.compile(r"^[ \t>]*(?:::|!!! |\?\?\?)", re.MULTILINE)
_CLOSE = re.compile(r"[ \t>]*:{2,}[ \t]*")
_MKDOCS = re.compile(
    r"(?P<indent>[ \t]*)(?:!!!|\?\?\?\+?)[ \t]+(?P<name>[\w-]+)(?:[ \t]+[\w -]+)?"
    r"(?:[ \t]+\"(?P<title>[^\"\n]*)\")?[ \t]*"
)
_TITLE = re.compile(r"""\btitle\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CALLOUT = re.compile(r"\.(?:callout-)?([\w-]+)")


DEEPEST = 8
"""Boxes in boxes; what is deeper stays as it is written."""


def as_quotations(source: str, depth: int = 0) -> str:
    """The source with each box as a quotation, on the same lines. What stands between the lines of
    a container that is no box, such as a group of tabs, stays."""
    if depth == DEEPEST or not _ANY.search(source):
        return source
    code = CodeRanges(source)
    lines = source.split("\n")
    last_close = max((at for at, one in enumerate(lines) if _CLOSE.fullmatch(one)), default=-1)
    at, offset = 0, 0
    open_boxes: list[bool] = []  # containers: is it a box?
    while at < len(lines):
        line = lines[at]
        start, offset = offset, offset + len(line) + 1
        quoted = "> " * sum(open_boxes)
        if start in code or offset - 1 in code:
            lines[at] = quoted + line
        elif mkdocs := _MKDOCS.fullmatch(line):
            end = _indented_until(lines, at + 1, mkdocs["indent"])
            offset += sum(len(one) + 1 for one in lines[at + 1 : end])
            body = [_dedented(one, mkdocs["indent"]) for one in lines[at + 1 : end]]
            while body and not body[0].strip() and any(map(str.strip, body)):
                body.append(body.pop(0))  # so that the text begins beside the kind
            first = _first_line(mkdocs["name"], mkdocs["title"] or "")
            inner = as_quotations("\n".join(body), depth + 1).split("\n") if body else []
            box = [f"{mkdocs['indent']}> {one}".rstrip() for one in (first, *inner)]
            lines[at:end] = [quoted + one for one in box]
            at = end
            continue
        elif open_boxes and _CLOSE.fullmatch(line):
            open_boxes.pop()
            lines[at] = ("> " * sum(open_boxes)).rstrip()
        elif (opening := _OPEN.fullmatch(line)) and (opening["name"] or opening["attributes"]):
            kind, title = _kind_and_title(opening)
            is_box = kind in KINDS and sum(open_boxes) < DEEPEST
            closed = at < last_close
            if closed:
                open_boxes.append(is_box)
            box_line = f"> {_first_line(kind, title)}" if is_box else _bold(title)
            lines[at] = quoted + box_line if closed or is_box else line
        elif open_boxes:
            lines[at] = quoted + line
        at += 1
    return "\n".join(lines)


def _kind_and_title(opening: re.Match[str]) -> tuple[str, str]:
    attributes = opening["attributes"] or ""
    named = _TITLE.search(attributes)
    callout = _CALLOUT.search(attributes)
    kind = opening["name"] or (callout[1] if callout else "")
    title = (named[1] or named[2]) if named else opening["title"] or opening["after"]
    title = title.strip()
    if title.startswith("[") and title.endswith("]"):
        title = title[1:-1]
    return kind.lower(), title


def _first_line(kind: str, title: str) -> str:
    return f"[!{kind}] {title}".rstrip()


def _bold(title: str) -> str:
    return f"**{title}**" if title else ""


def _indented_until(lines: list[str], start: int, indent: str) -> int:
    """Where the text of a box of MkDocs ends: with the first line that isn't indented."""
    end = start
    for at in range(start, len(lines)):
        if not lines[at].strip():
            continue
        if not lines[at].startswith((f"{indent}    ", f"{indent}\t")):
            break
        end = at + 1
    return end


def _dedented(line: str, indent: str) -> str:
    return re.sub(r"^(?: {4}|\t)", "", line.removeprefix(indent))
