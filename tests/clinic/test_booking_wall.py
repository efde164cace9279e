"""Wall clock and instant: both changes in three zones, the leap day, the end of the year, and new rules (S-57)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from palpate.clinic import appointments as deeds
from palpate.clinic.acts import act
from palpate.clinic.appointments import Wish
from palpate.clinic.booking import hours, wall
from palpate.clinic.booking.wall import ComesTwice, instant, moved_of, stamp
from palpate.clinic.models import Appointment, HoursException, TherapistHours
from palpate.clinic.refusals import BadInput
from tests.clinic_world import World

# Zone, a wall time that does not exist, and one that comes twice with the two instants (UTC). Lord Howe Island moves
# its clocks by half an hour, and in the south summer ends in April.
CHANGES = [
    ("Europe/Vienna", (date(2026, 3, 29), time(2, 30)), (date(2026, 10, 25), time(2, 30)),
     (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))),
    ("America/New_York", (date(2026, 3, 8), time(2, 15)), (date(2026, 11, 1), time(1, 15)),
     (datetime(2026, 11, 1, 5, 15, tzinfo=UTC), datetime(2026, 11, 1, 6, 15, tzinfo=UTC))),
    ("Australia/Lord_Howe", (date(2026, 10, 4), time(2, 10)), (date(2026, 4, 5), time(1, 40)),
     (datetime(2026, 4, 4, 14, 40, tzinfo=UTC), datetime(2026, 4, 4, 15, 10, tzinfo=UTC))),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "gone", "twice", "both"), CHANGES)
def test_s57_what_does_not_exist_is_refused_and_what_comes_twice_is_asked(
    zone: str, gone: tuple[date, time], twice: tuple[date, time], both: tuple[datetime, datetime]
) -> None:
    with pytest.raises(BadInput, match="no such time"):
        instant(*gone, zone)
    for which in ("first", "second"):
        with pytest.raises(BadInput, match="no such time"):
            instant(*gone, zone, which)
    with pytest.raises(ComesTwice):
        instant(*twice, zone)
    assert (instant(*twice, zone, "first"), instant(*twice, zone, "second")) == both
    texts = wall.shown(both, zone)
    assert len(set(texts)) == 2, "the two cannot be told apart"


@pytest.mark.parametrize(("zone", "gone", "twice", "both"), CHANGES)
def test_s57_lengths_add_in_real_minutes(
    zone: str, gone: tuple[date, time], twice: tuple[date, time], both: tuple[datetime, datetime]
) -> None:
    for starts in both:
        wish = Wish(None, None, None, starts, 60, turnover=15)  # type: ignore[arg-type]
        assert wish.ends - starts == timedelta(hours=1)
        assert wish.held_until - starts == timedelta(minutes=75)
    before = instant(gone[0], time(1, 30), zone)
    ends = (before + timedelta(minutes=60)).astimezone(ZoneInfo(zone))
    assert ends.time() > time(2, 30)  # an hour later, the wall shows more than an hour later


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2028, 2, 29), time(9), "Europe/Vienna", datetime(2028, 2, 29, 8, tzinfo=UTC)),
        (date(2026, 12, 31), time(23, 30), "America/New_York", datetime(2027, 1, 1, 4, 30, tzinfo=UTC)),
        (date(2027, 1, 1), time(0, 15), "Pacific/Kiritimati", datetime(2026, 12, 31, 10, 15, tzinfo=UTC)),
    ],
)
def test_s57_the_leap_day_and_the_end_of_the_year(day: date, at: time, zone: str, expected: datetime) -> None:
    starts = instant(day, at, zone)
    assert starts == expected
    row = Appointment(starts=starts)
    stamp(row, zone)
    assert (row.day, row.wall, row.zone) == (day, f"{day.isoformat()}T{at:%H:%M}", zone)


@pytest.mark.parametrize(("zone", "gone", "twice", "both"), CHANGES)
def test_s57_both_of_a_double_time_are_kept_apart(
    zone: str, gone: tuple[date, time], twice: tuple[date, time], both: tuple[datetime, datetime]
) -> None:
    for fold, starts in enumerate(both):
        row = Appointment(starts=starts)
        stamp(row, zone)
        assert row.fold == fold
        assert moved_of(row) is None


def test_s57_new_rules_of_a_zone_show_what_moved_and_where_to() -> None:
    """The wall said 09:30 when it was booked; since then the zone has moved by an hour."""
    row = Appointment(starts=datetime(2026, 7, 1, 8, 30, tzinfo=UTC), zone="Europe/Vienna", wall="2026-07-01T09:30")
    found = moved_of(row)
    assert found is not None
    assert (found.agreed.hour, found.shows.hour) == (9, 10)
    assert found.kept == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    row.wall, row.starts = "2026-03-29T02:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    gone = moved_of(row)
    assert gone is not None
    assert gone.kept is None  # by the new rules the agreed time does not exist
    assert moved_of(Appointment(starts=row.starts)) is None  # only the instant was ever told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "many"), [("Europe/Vienna", date(2031, 3, 30), 4), ("Europe/Vienna", date(2031, 10, 26), 12)]
)
def test_s57_free_times_on_the_night_of_a_change_are_real_times(world: World, zone: str, day: date, many: int) -> None:
    """Hours from 1 to 4 last two real hours in spring and four in autumn; a time of an hour begins at each quarter."""
    with act(world.actor(world.owner), "tests", "tests", change=True):
        HoursException(therapist=world.therapist, day=day, kind="extra", begins=time(1), ends=time(4)).save()
        HoursException(therapist=world.therapist, day=day, kind="off", begins=time(8), ends=time(20)).save()
    wish = Wish(world.person, world.therapist, None, datetime(2031, 1, 1, tzinfo=UTC), 60)
    found = list(deeds.free(wish, day, day, zone))
    assert len(found) == many + 1
    assert len(set(found)) == len(found)
    assert found[-1] + timedelta(hours=1) == instant(day, time(4), zone)


# --- hours ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9-12", "09:00-12:00"), ("9:00-12:30, 13:30-18", "09:00-12:30, 13:30-18:00"), ("0900 - 1230", "09:00-12:30"),
     ("9–12", "09:00-12:00"), ("9 to 12", "09:00-12:00"), ("", "")],
)  # fmt: skip
def test_hours_are_read_as_they_are_typed(text: str, expected: str) -> None:
    assert hours.as_typed(hours.stretches(0, text, None, "day_0")) == expected


@pytest.mark.parametrize(
    "text", ["9", "9-9", "12-9", "9-24:00", "9:60-10", "9-12, 11-13", "９-12", "9-10,11-12,13-14,15-16,17-18"]
)
def test_s24_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        hours.stretches(0, text, None, "day_0")


@pytest.mark.django_db
def test_a_week_holds_from_its_day_on_and_a_day_off_cuts_it(world: World) -> None:
    monday = date(2031, 3, 3)
    with act(world.actor(world.owner), "tests", "tests", change=True):
        for begins, ends, since, until in ((9, 17, monday, date(2031, 3, 16)), (10, 12, date(2031, 3, 17), None)):
            TherapistHours(therapist=world.therapist, weekday=0, begins=time(begins), ends=time(ends),
                           valid_from=since, valid_until=until).save()  # fmt: skip
        HoursException(
            therapist=world.therapist, day=date(2031, 3, 10), kind="off", begins=time(12), ends=time(13)
        ).save()
    id = world.therapist.pk
    found = hours.windows([id, world.colleague.pk], monday, date(2031, 3, 24), "UTC")
    told = [(window.day.day, window.starts.hour, window.ends.hour) for window in found[id]]
    assert told == [(3, 9, 17), (10, 9, 12), (10, 13, 17), (17, 10, 12), (24, 10, 12)]
    assert len(found[world.colleague.pk]) == 22  # whoever told no hours works every day
