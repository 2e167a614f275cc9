"""Running text under construction: white space as a browser shows it, marks in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from publisher.text.cut.break_points import is_cjk
from publisher.text.marks import Mark, Text, concat

WHITE = " \t\n\r\f"
_RUN = re.compile(r"[\t\n\r\f ]{2,}|[\t\n\r\f]")  # a single space is right already


class Inline:
    """One line of thought: text is appended, runs of white space become one space, or nothing at
    either end."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.leading = ""
        self.pending = ""
        self.last = ""  # the last character so far
        self.after_address = False
        self.depth = 0  # of parentheses open

    def text(self) -> Text:
        return concat(self.pieces)

    @property
    def at_line_start(self) -> bool:
        return self.last in ("", "\n")

    def space(self, run: str) -> None:
        """White space of the source: what it becomes depends on what follows."""
        if not run:
            return
        if not self.last:
            self.leading = self.leading or run
        elif "\n" not in self.pending:
            self.pending = run

    def write(self, text: str) -> None:
        """Appends `text` as it is, apart from an address before it: a platform would take Chinese
        or Arabic letters, or a closing quotation mark, for its end."""
        if not text:
            self.pieces.append(text)  # it may have marks
            return
        if self.pending:
            if self.last not in ("", "\n") and text[0] != "\n":
                self.pieces.append(between(self.last, self.pending, text[0]))
            self.pending = ""
        elif (
            self.after_address
            and not text[0].isspace()
            and (text[0].isalnum() or ord(text[0]) > 127)
        ):
            self.pieces.append(" ")
        self.pieces.append(text)
        self.last = text[-1]
        self.depth += text.count("(") + text.count("（") - text.count(")") - text.count("）")
        self.after_address = False

    def words(self, source: str) -> Iterable[str]:
        """The words of a text node with white space collapsed; what stands around them becomes
        pending."""
        stripped = source.strip(WHITE)
        if not stripped:
            self.space("\n" if "\n" in source else " " if source else "")
            return
        if len(stripped) == len(source):
            yield _one_spaced(source)
            return
        before = source[: source.index(stripped[0])]
        self.space("\n" if "\n" in before else before[:1])
        yield _one_spaced(stripped)
        after = source[len(before) + len(stripped) :]
        self.space("\n" if "\n" in after else after[:1])

    def line_break(self) -> None:
        self.pending = ""
        self.write("\n")

    def mark(self, text: str, mark: Mark) -> None:
        """Appends `text` with one more mark, whose offsets are within `text`."""
        self.write(with_mark(text, mark))


def _one_spaced(text: str) -> str:
    """`text`, which begins and ends with something else, with each run of white space collapsed."""
    if not ("\n" in text or "  " in text or "\t" in text or "\r" in text or "\f" in text):
        return text
    return _RUN.sub(
        lambda run: (
            between(text[run.start() - 1], run[0], text[run.end()]) if "\n" in run[0] else " "
        ),
        text,
    )


def with_mark(text: str, mark: Mark) -> Text:
    return Text(text, (mark, *(text.marks if isinstance(text, Text) else ())))


def between(before: str, run: str, after: str) -> str:
    """What white space between two characters is to a reader: a line broken between two Chinese or
    Japanese characters, where there are no spaces, is nothing."""
    if "\n" in run and before and after and is_cjk(before) and is_cjk(after):
        return ""
    return " "
