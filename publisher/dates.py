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


EARLIEST, LATEST = 1990, 2100
"""Years that an announcement may be of. What lies outside is another calendar's, such as 1399, or a
slip of a finger."""

_MONTHS = {name: number for number, name in enumerate(
    "jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # fmt: skip
_IN_WORDS = re.compile(
    r"(?:[a-z]+,?[ ]+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -](?P<month>[a-z]+)\.?|"
    r"(?P<month2>[a-z]+)\.?[ ](?P<day2>\d{1,2})(?:st|nd|rd|th)?),?[ -](?P<year>\d{4})(?P<rest>(?:[ T,].*)?)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?[ ]+", re.IGNORECASE)
_ZONE = re.compile(r"[ ]*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?$")


def _in_digits(text: str) -> str:
    """ISO 8601 of what people write: "6 Jun 2024", "June 6, 2024", "2024-01-02 +0100", "2023"."""
    text = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    if words := _IN_WORDS.fullmatch(text):
        name = (words["month"] or words["month2"]).lower()
        month = _MONTHS.get(name[:3])
        if month is None or not _FULL_MONTHS[month - 1].startswith(name.removesuffix("t")):
            raise ValueError(text)
        day = int(words["day"] or words["day2"])
        text = f"{words['year']}-{month:02}-{day:02} {words['rest'].strip(' ,')}".strip()
    if re.match(r"\d{4}-\d\d-\d\d", text):
        zone = _ZONE.search(text, 10)
    else:
        zone = re.fullmatch(r"\d{4} ?(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d)", text)
    offset = ""
    if zone:
        text = text[: zone.start("sign")].rstrip()
        offset = f"{zone['sign']}{int(zone['hours']):02}:{zone['minutes'] or '00'}"
    if re.fullmatch(r"\d{4}", text):
        text += "-01-01"
    if offset and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00:00"
    return text + offset


_FULL_MONTHS = (
    "january february march april may june july august september october november december".split()
)


def parse_date(value: object, zone: tzinfo = UTC, *, latest: int = LATEST) -> datetime | None:
    """An aware time, or None, also for a year before 1990 or after `latest`.

    What has no time zone is in `zone`, what has no time is midnight
    there.

    Of an hour that the change from summer time repeats, the first is meant; one that the change to
    it skips is read by the offset before (PEP 495).
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, str) or (type(value) is int and value < 10_000):
        text = re.sub(
            r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})",
            lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}",
            str(value).strip(),
        )
        text = re.sub(
            r"\s+([+-]\d{2}:?\d{2}|Z|UTC|GMT)$", lambda m: "Z" if m[1].isalpha() else m[1], text
        )
        text = re.sub(r"^(\S+[T ])(\d):", r"\g<1>0\2:", text)
        try:
            moment = datetime.fromisoformat(_in_digits(text))
        except ValueError:
            return None
    else:
        return None
    if not EARLIEST <= moment.year <= latest:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_in(moment: datetime, language: str) -> str:
    """Its day, as a language writes it: "5 mars 2026"; in a language that isn't known as
    2026-03-05."""
    from babel import Locale, UnknownLocaleError  # 40 ms, for a newsletter alone
    from babel.dates import format_date

    tag = language or "en"
    for name in (tag, tag.partition("-")[0]):
        try:
            return format_date(moment, format="long", locale=Locale.parse(name, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return f"{moment:%Y-%m-%d}"
