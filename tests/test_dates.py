"""A post's moment is its own offset's, else the site's time zone's, and never the machine's by
chance."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.dates import parse_date, zone_of
from tests.conftest import Publish

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(params=["America/New_York", "Pacific/Kiritimati"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time zone is another one than the site's."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (
            "2026-11-23T18:00:00+01:00",
            datetime(2026, 11, 23, 18, tzinfo=timezone(timedelta(hours=1))),
        ),
        ("2026-11-23T18:00:00Z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2017-01-20T09:00:00.000Z", datetime(2017, 1, 20, 9, tzinfo=UTC)),
        (
            "2013-07-03 10:00:00 +0800",
            datetime(2013, 7, 3, 10, tzinfo=timezone(timedelta(hours=8))),
        ),
        ("2013-7-3 9:05:00", datetime(2013, 7, 3, 9, 5, tzinfo=UTC)),
        ("2013/07/03", datetime(2013, 7, 3, tzinfo=UTC)),
        ("2013-07-03 10:00:00 UTC", datetime(2013, 7, 3, 10, tzinfo=UTC)),
        ("tomorrow", None),
        ("2026-13-01", None),
        (20261123, None),
    ],
)
def test_dates(value: object, expected: datetime | None) -> None:
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        # Paris is an hour ahead in winter, two in summer; in 2026 the change is on 29 March and on
        # 25 October.
        ("2026-03-29 01:59", "2026-03-29T00:59"),
        (
            "2026-03-29 02:30",
            "2026-03-29T01:30",
        ),  # an hour that isn't: by the clock before, 03:30 on the wall
        ("2026-03-29 03:00", "2026-03-29T01:00"),
        ("2026-03-29", "2026-03-28T23:00"),
        ("2026-03-30", "2026-03-29T22:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30"),  # an hour that is twice: the first of them
        ("2026-10-25 03:00", "2026-10-25T02:00"),
        ("2026-10-25 02:30 +01:00", "2026-10-25T01:30"),  # the second, by its own offset
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00"),
    ],
)
@pytest.mark.usefixtures("machine")
def test_the_change_to_summer_time_and_back(written: str, utc: str) -> None:
    moment = parse_date(written, PARIS)
    assert moment is not None
    assert f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}" == utc


def test_an_unknown_time_zone() -> None:
    assert zone_of("utc") is UTC
    for name in ("Europe/Pari", "../../etc/passwd", ""):
        with pytest.raises(ValueError) as caught:
            zone_of(name)
        assert str(caught.value) == name


HEADS = {
    "yaml": "---\ntitle: A post\ndate: {date}\n---\nText.\n",
    "toml": "+++\ntitle = 'A post'\ndate = {date}\n+++\nText.\n",
    "json": '{{"title": "A post", "date": "{date}"}}\n\nText.\n',
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.usefixtures("machine")
def test_what_is_due_is_decided_by_the_site_s_clock(
    head: str, project: Path, publish: Publish
) -> None:
    """Two wall clocks, an hour each side of now at the site: whatever the machine thinks of
    them."""
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        (project / "publish.toml").write_text(f'[site]\ntimezone = "{zone}"\n', "utf-8")
        now = datetime.now(ZoneInfo(zone))
        for hours, reason in ((-1, None), (1, "future")):
            moment = now + timedelta(hours=hours)
            (project / "post.md").write_text(
                head.format(date=f"{moment:%Y-%m-%d %H:%M:%S}"), "utf-8"
            )
            ran = publish("post.md", "--dry-run", "--json", "--channels", "mastodon")
            assert [result["reason"] for result in ran.json["results"]] == [reason], zone
    shown = publish("post.md", "--dry-run", "--channels", "mastodon").out
    assert f"it will be published from {moment:%Y-%m-%d %H:%M} " in shown
    assert str(moment.tzname()) in shown


def test_a_time_zone_that_isn_t_one_is_told_with_its_line(project: Path, publish: Publish) -> None:
    (project / "publish.toml").write_text('[site]\ntimezone = "Europe/Pari"\n', "utf-8")
    ran = publish("post.md", "--dry-run", "--json")
    (error,) = ran.json["errors"]
    assert ran.status == 2
    assert "Europe/Pari" in error["message"]
    assert error["line"] == 2
