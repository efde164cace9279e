"""What stops while the clock cannot be right (S-58).

Links end by the clock, codes hold for half a minute of it, and what is signed carries its time. A clock that was put
back makes old ones good again, and no check of age sees it. So the store keeps the latest time of any row of the trail:
while the clock is more than five minutes behind it, links, codes and signing stop, and every page says so, until an
owner has looked at the clock and accepted it at the command line.

Whether the clock is right now, or was wrong before and ran ahead, nobody but a human being can say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from palpate.clinic.access import clock as rows
from palpate.clinic.actor import Actor
from palpate.clinic.acts import act
from palpate.clinic.models import User
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Forbidden

TOLERANCE = timedelta(minutes=5)
WHY = "the clock of this computer is behind what was recorded already."
WHAT_NOW = "Set the clock right, or an owner accepts it with palpate clock --accept."
CODES_WAIT = f"Codes are not taken now: {WHY} {WHAT_NOW}"


class ClockBehind(BadInput):
    """Not done, since the clock is behind what was written already."""


@dataclass(frozen=True)
class Accepted:
    """An accepted clock: what it shows, how far behind the trail it was, and how much was ended for it."""

    at: datetime
    behind: timedelta
    ended: dict[str, int] = field(default_factory=dict)


def behind(latest: datetime | None) -> timedelta:
    """How far the clock is behind the latest row of the trail; zero while that is within five minutes."""
    late = timedelta() if latest is None else latest - now()
    return late if late > TOLERANCE else timedelta()


def stopped() -> bool:
    """Whether links, codes and signing have stopped. One query."""
    return bool(behind(rows.latest()))


def check(what: str) -> None:
    """Lets something go on whose time must be right. Takes what: it, as the begin of a sentence.

    Errors  ClockBehind, with what to do.
    """
    if stopped():
        raise ClockBehind(f"{what} has to wait: {WHY} Nothing was saved. {WHAT_NOW}")


def banner(latest: datetime | None, time_zone: str) -> list[str]:
    """What must be said on top of every page while the clock is behind; empty otherwise."""
    if latest is None or not behind(latest):
        return []
    zone = ZoneInfo(time_zone)
    return [
        f"The clock of this computer shows {now().astimezone(zone):%d %B %Y, %H:%M}, and something was recorded on "
        f"{latest.astimezone(zone):%d %B %Y, %H:%M}. Links, codes and signing have stopped. {WHAT_NOW}"
    ]


def state() -> tuple[datetime, datetime | None]:
    """What the clock shows, and the latest time that was recorded, both in UTC."""
    return now(), rows.latest()


def accept(owner: User) -> Accepted:
    """An owner accepts the clock as it is: from now on the trail is measured from it. In an act of its own.

    What was made by a clock that ran ahead would live too long: such links end, and everybody signs in again.
    Returns  what was accepted; where the clock was not behind, nothing is changed and nothing recorded.
    Errors   Forbidden for whoever is no owner.
    """
    if not owner.is_active or owner.role != User.Role.OWNER:
        raise Forbidden("Only an owner accepts the clock. Nothing was changed.")
    actor = Actor(str(owner.pk), owner.roles, owner.pk, owner.name)
    if not stopped():
        return Accepted(now(), timedelta())
    with act(actor, "clock", "clock-accept", change=True) as deed:
        at, latest = now(), rows.latest()
        late = behind(latest)
        rows.set_latest(at)
        ended = rows.end_what_came_later(at)
        deed.about |= {"behind_seconds": int(late.total_seconds()), "latest": f"{latest:%Y-%m-%dT%H:%M:%SZ}", **ended}
    return Accepted(at, late, ended)
