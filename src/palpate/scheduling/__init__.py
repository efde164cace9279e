"""Books whole courses at times that keep their rules. Plain records in, plain records out.

    from palpate.scheduling import propose, read_request, schedule, why_not

    request = read_request(data)           # contract section 4, decoded JSON; Faults names everything wrong with it
    answer = schedule(request, seconds=10) # all courses at once: a Schedule; answer.as_json(request.time)

For the appointment book, one course of the request at a time, with everything that is booked around it:

    for proposal in propose(request, "c1", count=3):      # the best first; an empty list where nothing fits
        proposal.days, proposal.changes                   # days from `earliest` to the last session; therapist changes
        for booking in proposal.bookings:                 # course, session (from 1), therapist, room (or None)
            booking.starts_at, booking.ends_at            # aware datetimes in UTC; turnover comes after `ends_at`
    why_not(request, "c1")                                # a sentence: which rule leaves no time

    propose(request, "c1", fixed={1: Fixed("t1", starts_at)})  # session 1 stays; the later ones are proposed anew

- `request["booked"]` holds what is taken, the sessions that stay fixed left out. Beside the contract's `therapist` and
  `room` a row may name a `patient`; each of the three may be absent. `from` to `to` there includes turnover.
- A fixed session is taken as it is: it need not lie in anyone's hours, and is not looked up in `booked`. The gaps from
  it to its neighbours, and `within_days`, must be kept all the same.
- Times that clocks show twice may be written with their offset: `2026-10-25T02:30+01:00`.
- `propose` and `why_not` need numpy, `schedule` also OR-Tools: the extra `scheduling`. They are loaded when first
  called.
"""

from __future__ import annotations

from collections.abc import Mapping

from palpate.scheduling.reading import read_request
from palpate.scheduling.records import Booking, Fixed, Proposal, Request, Schedule

__all__ = [
    "Booking",
    "Fixed",
    "Proposal",
    "Request",
    "Schedule",
    "propose",
    "read_request",
    "schedule",
    "why_not",
]


def propose(request: Request, course: str, count: int = 3, fixed: Mapping[int, Fixed] | None = None) -> list[Proposal]:
    """The best times for one course, at most `count`, the best first; none where nothing fits.

    Earliest last session first, then fewest therapist changes. Two proposals begin on different days, or in different
    halves of a day. Sessions after the first are near its time of day where that costs nothing.
    Takes    course: its id. fixed: session (from 1) -> where it stays.
    Errors   KeyError where the request has no such course.
    """
    from palpate.scheduling.proposals import proposals

    return proposals(request, request.course(course), count, fixed or {})


def why_not(request: Request, course: str, fixed: Mapping[int, Fixed] | None = None) -> str:
    """Which rule leaves no time for a course, as a sentence; empty where there is a time. Errors: as for `propose`."""
    from palpate.scheduling.reasons import because

    return because(request, request.course(course), fixed or {})


def schedule(request: Request, seconds: float = 10.0, seed: int = 0) -> Schedule:
    """All courses of the request, booked at once.

    Takes    seconds: how long to search at most. seed: of all chance in the search; same request, seed and seconds,
             same answer, as long as the machine is quick enough (docs/reference/schedule.md).
    Errors   ModuleNotFoundError where OR-Tools is not installed.
    """
    from palpate.scheduling.solving import solve

    return solve(request, seconds, seed)
