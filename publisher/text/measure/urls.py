"""Addresses in running text, as twitter-text finds them; X and Mastodon both count with it.

The rules are those of twitter-text 3.1.0 (2021-10-21), where they are one regular expression that
backtracks over the whole text. Here the host is found by looking at dots, in time linear in the
text; what may follow a host (port, path, query) is a regular expression still, since nothing comes
after it that could make it backtrack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from publisher.text.measure.tlds import end_of_name
from publisher.text.patterns import compiled

_SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVALID = "\ufeff\ufffe\uffff"
_PUNCTUATION = r"!#%&'()*+,/:;<=>?@\[\\\]\^{|}~$"  # without . _ -, which may stand inside a host
_BEFORE = rf"[^A-Za-z0-9@＠$#＃{_INVALID}]"

LATIN_ACCENTS = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb"
    "\u0300-\u036f\u1e00-\u1eff"
)
# What JavaScript's ignoring of case adds to these: the other case of some, among them iota, since
# U+0345's is.
LATIN_ANY_CASE = LATIN_ACCENTS + (
    "\u0260\u0269\u0275\u0280\u0283\u0288\u028a\u028c\u0292\u0399\u03b9\u1fbe\u2c65\u2c66\u2c7e\u2c7f\ua7dc"
)
_CYRILLIC_ANY_CASE = "\u0400-\u04ff\u1c80-\u1c87"

_PROMISING_DOT = re.compile(r"\.(?=[A-Za-z]{2}|[^\x00-\x7f])")
_BEFORE_ONE = re.compile(_BEFORE)
_PLAIN_TAIL = re.compile(r"(?P<path>/(?:[A-Za-z0-9_./\-]*[A-Za-z0-9_/\-])?)?(?=[ \n]|\Z)")
"""What every grammar reads alike."""
_LONGEST_PROTOCOL = len("gopher://")


@dataclass(frozen=True, slots=True)
class Grammar:
    """Where one platform's rules differ from another's.

    host      a run of what may stand in a host: labels, dots, "_" and "-"
    first     a character that a label may begin with, after one that may stand before an address
    protocol  a protocol, up to the end of what is searched
    punycode  a top-level domain in its ASCII form
    tail      port, path (a group) and query; not compiled, since that takes 15 ms and most
              addresses have a plain one
    """

    host: re.Pattern[str]
    first: re.Pattern[str]
    protocol: re.Pattern[str]
    punycode: re.Pattern[str]
    tail: str


@dataclass(frozen=True, slots=True)
class Link:
    """text[start:end] is an address, of which text[host:host_end] is the host.

    `before` is the character that it needs in front of it, "" at the text's start.
    """

    before: str
    start: int
    host: int
    host_end: int
    has_path: bool
    end: int

    @property
    def has_protocol(self) -> bool:
        return self.host > self.start


def _parens(general: str) -> str:
    """Parentheses in a path, which may nest once. Possessive throughout: there is one way to read
    them."""
    return rf"\((?:{general}++(?:\({general}++\){general}*+)?|\({general}++\){general}*+)\)"


def _grammar(
    excluded: str, protocols: str, punycode: str, path: str, query: str, query_ending: str
) -> Grammar:
    host = rf"[^{_SPACES}{_DIRECTIONS}{_INVALID}{_PUNCTUATION}{excluded}]"
    label = rf"[^{_SPACES}{_DIRECTIONS}{_INVALID}{_PUNCTUATION}{excluded}._\-]"
    return Grammar(
        host=re.compile(f"{host}+"),
        first=re.compile(f"(?<={_BEFORE}){label}"),
        protocol=re.compile(rf"(?:{protocols})://\Z", re.IGNORECASE | re.ASCII),
        punycode=re.compile(punycode, re.IGNORECASE | re.ASCII),
        tail=rf"(?::[0-9]+)?(?P<path>/{path})?(?:\?{query}*{query_ending})?",
    )


@lru_cache(maxsize=1)
def twitter_grammar() -> Grammar:
    """X: twitter-text 3.1.0 for JavaScript, regexp/extractUrl."""
    letters = f"A-Za-z0-9{_CYRILLIC_ANY_CASE}{LATIN_ANY_CASE}"
    general = rf"[{letters}!*';:=+,.$/%#\[\]\-–_~@|&]"
    parens = _parens(general)
    # As JavaScript reads the alternatives, not as they were meant: what ends in parentheses is up
    # to a last other character, and then parentheses alone. Repeated as it is there, it would take
    # quadratic time.
    path = rf"(?:{general}*(?:{parens}{general}*)*[{letters}+\-=_#/])?(?:{parens})*"
    return _grammar(
        excluded="",
        protocols="https?",
        punycode=r"xn--[\-0-9a-z]+",
        path=path,
        query=r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]",
        query_ending=r"[A-Za-z0-9\-_&=#/]",
    )


@lru_cache(maxsize=1)
def mastodon_grammar() -> Grammar:
    """Mastodon: twitter-text 3.1.0 for Ruby, with what config/initializers/twitter_regex.rb (4.6.5)
    changes."""
    space = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    general = rf"[^{space}<>()?]"
    parens = _parens(general)
    ending = rf"[^{space}()?!*\"'「」<>;:=,.$%\[\]~&|@]"
    planes = "".join(
        f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in [*range(1, 14), 15, 16]
    )
    wide = f"\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef{planes}\U000e1000-\U000efffd"
    return _grammar(
        excluded='"`\x00-\x1f\x7f',
        protocols="https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini",
        punycode="xn--[0-9a-z]+",
        path=rf"(?:{general}*(?:{parens}{general}*)*(?:{ending}|{parens}))?",
        query=rf"[A-Za-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@\^{wide}]",
        query_ending=rf"[A-Za-z0-9_&=#/\-{wide}]",
    )


def links(text: str, grammar: Grammar) -> Iterator[Link]:
    """Every address in the text, with a protocol or without, leftmost first, none overlapping
    another."""
    taken = looked = 0  # where the last address ended; where the last run of host characters did
    while dot := _PROMISING_DOT.search(text, looked):
        begin = dot.start()
        while begin > looked and grammar.host.match(text, begin - 1, begin):
            begin -= 1
        run = grammar.host.match(text, begin)
        end = run.end() if run else dot.end()
        for link in _links_in_run(_Run.of(text, begin, end, grammar), taken):
            yield link
            taken = link.end
        looked = max(taken, end)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of host characters, cut at its dots.

    starts  where each label starts in the text
    ends    where the top-level domain that follows labels[i] ends in the text, or -1
    last    for a host that begins with the whole of labels[i]: the index of its last label before
            the top-level domain, or -1. The longest host wins. Labels neither begin nor end with
            "-" or "_"; the last one has no "_" inside either.
    """

    text: str
    grammar: Grammar
    end: int
    labels: list[str]
    starts: list[int]
    ends: list[int]
    last: list[int]

    @classmethod
    def of(cls, text: str, begin: int, end: int, grammar: Grammar) -> _Run:
        labels = text[begin:end].split(".")
        starts = [begin]
        for label in labels[:-1]:
            starts.append(starts[-1] + len(label) + 1)
        ends = [_end_of_tld(text, start, grammar) for start in starts[1:]]
        last = [-1] * (len(labels) + 1)
        for index in range(len(ends) - 1, -1, -1):
            label = labels[index]
            if label and label[0] not in "-_" and label[-1] not in "-_":
                if last[index + 1] >= 0:
                    last[index] = last[index + 1]
                elif ends[index] >= 0 and "_" not in label:
                    last[index] = index
        return cls(text, grammar, end, labels, starts, ends, last)

    def first_character(self, index: int, position: int) -> int:
        """Where the first host begins whose first label is labels[index] or an end of it; -1 if
        there is none."""
        label, start = self.labels[index], self.starts[index]
        if not label or label[-1] in "-_":
            return -1
        if self.last[index + 1] < 0:
            if self.ends[index] < 0:
                return -1
            start += label.rfind("_") + 1
        end = self.starts[index] + len(label)
        if start == position == 0:
            # At the text's start nothing need stand before a host; but where the first character
            # may stand before one, twitter-text tries it for that first.
            if end > 1 and self.grammar.first.match(self.text, 1):
                return 1
            if label[0] not in "-_":
                return 0
        if start == self.starts[0] and label[0] not in "-_" and _protocol(self, start, position):
            return start
        found = self.grammar.first.search(self.text, max(start, position + 1), end)
        return found.start() if found else -1


def _end_of_tld(text: str, start: int, grammar: Grammar) -> int:
    end = end_of_name(text, start)
    if end < 0 and (punycode := grammar.punycode.match(text, start)):
        return punycode.end()
    return end


def _links_in_run(run: _Run, position: int) -> Iterator[Link]:
    """The addresses whose host lies in this run; nothing before `position` is looked at."""
    index = 0
    while index < len(run.ends) and position < run.end:
        host = run.first_character(index, position)
        if host < 0:
            index += 1
            continue
        last = max(run.last[index + 1], index)
        link = _link(run, host, run.ends[last], position)
        yield link
        position = link.end
        index = last + 1


def _link(run: _Run, host: int, host_end: int, position: int) -> Link:
    start = host - len(_protocol(run, host, position))
    tail = _PLAIN_TAIL.match(run.text, host_end) or compiled(run.grammar.tail).match(
        run.text, host_end
    )
    path, end = (tail.group("path"), tail.end()) if tail else (None, host_end)
    return Link(
        run.text[start - 1 : start] if start else "", start, host, host_end, path is not None, end
    )


def _protocol(run: _Run, host: int, position: int) -> str:
    """The protocol right before the host, with what must stand before a protocol; else ""."""
    window = max(position, host - _LONGEST_PROTOCOL)
    found = run.grammar.protocol.search(run.text[window:host])
    if not found:
        return ""
    start = window + found.start()
    if start == 0 or (start > position and _BEFORE_ONE.match(run.text, start - 1)):
        return found.group()
    return ""
