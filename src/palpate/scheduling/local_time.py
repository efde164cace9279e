"""Local times of one time zone and instants, with nothing guessed about the hours at which clocks change (S-57).

An instant is a count of minutes since 1970 in UTC, a day is an ordinal of the calendar (`date.toordinal`). Lengths are
counted between instants: half an hour is thirty minutes in the night of a change, too.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class LocalTime:
    """A time zone by its name, such as `Europe/Amsterdam`. Errors: LookupError where there is no such zone."""

    def __init__(self, name: str) -> None:
        try:
            self._zone = ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            raise LookupError(name) from None
        self.name = name
        self._days: dict[int, tuple[int, int]] = {}
        self._grids: dict[tuple[int, int], tuple[int, ...]] = {}

    def instants(self, wall: datetime) -> tuple[int, ...]:
        """The instants at which clocks show `wall` (no zone, whole minutes): one; none, or two, where they change."""
        first, second = (wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(self._zone).replace(tzinfo=None) != wall:
            return ()
        found = [first] if first == second else [first, second]
        return tuple((instant - _EPOCH) // _MINUTE for instant in found)

    def wall(self, instant: int) -> datetime:
        """What clocks show, without a zone."""
        return self._local(instant).replace(tzinfo=None)

    def day(self, instant: int) -> int:
        """The local day of an instant."""
        return self._local(instant).toordinal()

    def text(self, instant: int) -> str:
        """`2026-03-02T09:00`; with the offset from UTC where clocks show this time twice."""
        local = self._local(instant)
        twice = len(self.instants(local.replace(tzinfo=None, fold=0))) > 1
        return (
            local.isoformat(timespec="minutes") if twice else local.replace(tzinfo=None).isoformat(timespec="minutes")
        )

    def offset(self, instant: int) -> timedelta:
        """How far local clocks are ahead of UTC."""
        return self._local(instant).utcoffset() or timedelta(0)

    def bounds(self, day: int) -> tuple[int, int]:
        """The first instant of a local day, and that of the next. A day that was left out has no length."""
        if day not in self._days:
            self._days[day] = (self._midnight(day), self._midnight(day + 1))
        return self._days[day]

    def grid(self, day: int, slot: int) -> tuple[int, ...]:
        """The instants of a day at which clocks show a whole number of slots of so many minutes since midnight."""
        key = (day, slot)
        if key not in self._grids:
            first, end = self.bounds(day)
            if self.offset(first) == self.offset(end - 1) and self.wall(first).time() == datetime.min.time():
                self._grids[key] = tuple(range(first, end, slot))
            else:
                midnight = datetime.combine(date.fromordinal(day), datetime.min.time())
                shown = (self.instants(midnight + at * _MINUTE) for at in range(0, DAY, slot))
                self._grids[key] = tuple(sorted(instant for found in shown for instant in found))
        return self._grids[key]

    def _midnight(self, day: int) -> int:
        # Where clocks skip midnight, the offset before the change (fold 0) gives the very instant of the change.
        wall = datetime.combine(date.fromordinal(day), datetime.min.time(), tzinfo=self._zone)
        return (wall.astimezone(UTC) - _EPOCH) // _MINUTE

    def _local(self, instant: int) -> datetime:
        return (_EPOCH + instant * _MINUTE).astimezone(self._zone)
