"""Who gets the newsletter: a CSV with a column `email`, or a list of addresses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from publisher.errors import ConfigError, Problems, PublishError
from publisher.files import named, read_text

from ._addresses import clean, same_as

COLUMN_NAMES = frozenset({"email", "emailaddress"})
"""What the column's header may be once only its letters are left: "E-mail", " EMAIL ",
"email_address"."""
MAX_BYTES = 50_000_000
"""About a million rows; more is a mistake, or needs a service that paces itself."""
_TOLD = 20
"""So many bad addresses are told one by one; the rest are counted."""

_HINT = "mend the address, or take the line out"


def read(setting: str | Sequence[str], root: Path, *, confined: bool = False) -> tuple[str, ...]:
    """The addresses, in order, each once. `setting` is a CSV's path as seen from `root` (inside of
    it, where `confined`), or the addresses themselves.

    Raises ConfigError, or Problems with one for each bad address.
    """
    if isinstance(setting, str):
        path = named(root, setting, confined=confined)
        if "@" in setting and not path.exists():
            raise ConfigError(
                f"there is no file {setting!r} for recipients",
                hint=f'for one address write ["{setting.strip()}"]',
            )
        return _merged(_rows(path), path)
    return _merged(((None, address) for address in setting), None)


def _merged(found: Iterable[tuple[int | None, str]], path: Path | None) -> tuple[str, ...]:
    addresses: dict[str, str] = {}
    errors: list[PublishError] = []
    for line, text in found:
        try:
            address = clean(text)
        except ValueError as problem:
            errors.append(
                ConfigError(
                    f"the address {text.strip()!r} {problem}", hint=_HINT, file=path, line=line
                )
            )
        else:
            addresses.setdefault(same_as(address), address)
    if len(errors) > _TOLD:
        more = len(errors) - _TOLD
        errors[_TOLD:] = [ConfigError(f"… and {more} more bad addresses", hint=_HINT, file=path)]
    if errors:
        raise errors[0] if len(errors) == 1 else Problems(errors)
    if not addresses:
        raise ConfigError(
            "there are no recipients", hint="put at least one address into the list", file=path
        )
    return tuple(addresses.values())


def _rows(path: Path) -> Iterator[tuple[int, str]]:
    """Line (1-based; a row's last) and address of each row that isn't blank."""
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
            return ((line, row[at[0]] if at[0] < len(row) else "") for line, row in rows)
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
