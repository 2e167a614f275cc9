"""Dates as people write them, in the time zone that is meant: their own, else the site's, never the
machine's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str) -> tzinfo:
    """The time zone called `name` ("Europe/Paris"). Raises ValueError for one that isn't known."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        raise ValueError(name) from None


def parse_date(value: object, zone: tzinfo = UTC) -> datetime | None:
    """An aware time, or None. What has no time zone is in `zone`, what has no time is midnight
    there.

    Of an hour that the change from summer time repeats, the first is meant; one that the change to
    it skips is read by the offset before (PEP 495).
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, str):
        text = re.sub(
            r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})",
            lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}",
            value.strip(),
        )
        text = re.sub(
            r"\s+([+-]\d{2}:?\d{2}|Z|UTC|GMT)$", lambda m: "Z" if m[1].isalpha() else m[1], text
        )
        text = re.sub(r"^(\S+[T ])(\d):", r"\g<1>0\2:", text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    else:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
