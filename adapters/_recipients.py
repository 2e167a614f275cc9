"""Who gets the newsletter: a CSV with a column `email`, or a list of addresses; but not who left."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import ConfigError, Problems, PublishError
from publisher.files import named, read_text

from ._addresses import clean, same_as
from ._subscriptions import Column, UnknownColumn, columns

COLUMN_NAMES = frozenset({"email", "emailaddress"})
"""What the column's header may be once only its letters are left: "E-mail", " EMAIL ",
"email_address"."""
MAX_BYTES = 50_000_000
"""About a million rows; more is a mistake, or needs a service that paces itself."""
_TOLD = 20
"""So many bad addresses are told one by one; the rest are counted."""

_HINT = "mend the address, or take the line out"
_UNCLEAR = "write yes or no, or take the line out; ignore_columns = […] leaves a column unread"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a copy: each address once, in order. `left` is how many others are in the list, of
    whom a column says that they left it."""

    addresses: tuple[str, ...]
    left: int = 0


def read(
    setting: str | Sequence[str],
    root: Path,
    *,
    confined: bool = False,
    ignored: Collection[str] = (),
) -> Recipients:
    """`setting` is a CSV's path as seen from `root` (inside of it, where `confined`), or the
    addresses themselves; `ignored` are columns of it that don't say who left.

    Raises ConfigError, or Problems with one for each bad address.
    """
    if isinstance(setting, str):
        path = named(root, setting, confined=confined)
        if "@" in setting and not path.exists():
            raise ConfigError(
                f"there is no file {setting!r} for recipients",
                hint=f'for one address write ["{setting.strip()}"]',
            )
        return _merged(_rows(path, ignored), path)
    return _merged((Line(None, address) for address in setting), None)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: its number (1-based; a row's last), and whether a copy is wanted. `error`
    is why nobody can say that."""

    number: int | None
    address: str
    wanted: bool = True
    error: str = ""


def _merged(lines: Iterable[Line], path: Path | None) -> Recipients:
    """Who left in one line of a list has left, whatever another says."""
    addresses: dict[str, str] = {}
    left: set[str] = set()
    errors: list[PublishError] = []
    for line in lines:
        try:
            address = clean(line.address)
        except ValueError as problem:
            if line.wanted:
                words = f"the address {line.address.strip()!r} {problem}"
                errors.append(ConfigError(words, hint=_HINT, file=path, line=line.number))
            continue
        if line.error:
            errors.append(ConfigError(line.error, hint=_UNCLEAR, file=path, line=line.number))
        elif line.wanted:
            addresses.setdefault(same_as(address), address)
        else:
            left.add(same_as(address))
    if len(errors) > _TOLD:
        more = len(errors) - _TOLD
        errors[_TOLD:] = [ConfigError(f"… and {more} more such lines", hint=_HINT, file=path)]
    if errors:
        raise errors[0] if len(errors) == 1 else Problems(errors)
    kept = tuple(address for same, address in addresses.items() if same not in left)
    if not kept:
        why = f": {len(left)} have left the list" if left else ""
        raise ConfigError(
            f"there are no recipients{why}",
            hint="put at least one address into the list",
            file=path,
        )
    return Recipients(kept, len(left))


def _rows(path: Path, ignored: Collection[str]) -> Iterator[Line]:
    """Each row that isn't blank."""
    text = read_text(path, MAX_BYTES, ConfigError)
    columns: list[str] = []
    # Spreadsheets write commas or semicolons by the country they are set to, and tabs when pasted
    # from.
    for delimiter in (",", ";", "\t"):
        rows = _parsed(text, delimiter, path)
        header = next(rows, (1, []))[1]
        at = [index for index, name in enumerate(header) if _letters(name) in COLUMN_NAMES]
        if len(at) > 1:
            names = ", ".join(repr(header[index].strip()) for index in at)
            raise ConfigError(
                f"more than one column of addresses: {names}", hint="leave one of them", file=path
            )
        if at:
            return _lines(rows, at[0], _leaving(header, ignored, path))
        if len(header) > len(columns):
            columns = header
    if not columns:
        raise ConfigError(
            "the file is empty", hint="its first line must name a column: email", file=path
        )
    shown = ", ".join(repr(name.strip()[:40]) for name in columns[:10])
    raise ConfigError(
        f"there is no column email; found: {shown}",
        hint="call the column with the addresses email",
        file=path,
        line=1,
    )


def _leaving(header: Sequence[str], ignored: Collection[str], path: Path) -> list[Column]:
    try:
        return columns(header, ignored)
    except UnknownColumn as error:
        hint = (
            f'if it doesn\'t, write ignore_columns = ["{error.column}"] beside recipients; if it does,'
            " call it unsubscribed, and write yes for those who left"
        )
        raise ConfigError(str(error), hint=hint, file=path, line=1) from None


def _lines(
    rows: Iterable[tuple[int, Sequence[str]]], at: int, leaving: Sequence[Column]
) -> Iterator[Line]:
    for number, row in rows:
        address = row[at] if at < len(row) else ""
        answers = {column: column.wants(row) for column in leaving}
        unclear = next((each for each, wants in answers.items() if wants is None), None)
        if False in answers.values():
            yield Line(number, address, wanted=False)
        elif unclear:
            words = f"{unclear.name} {unclear.value(row)!r} says neither that it is wanted nor not"
            yield Line(number, address, error=words)
        else:
            yield Line(number, address)


def _parsed(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as problem:
        raise ConfigError(
            f"is no CSV: {problem}",
            hint="is a quotation mark left open?",
            file=path,
            line=reader.line_num,
        ) from None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalpha())
