"""What a person sees of their own plan, and what they can do there: tick a home item, ask to move or cancel a visit.

Everything is read by way of the link's own person. Nothing of a note or of an answer is among it; of the decision only
what it is, in plain words (the table of roles: "own plan, plain words").
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access import phone as rows
from palpate.clinic.access.checking import given_days
from palpate.clinic.access.recording import measures_of
from palpate.clinic.acts import open_deed
from palpate.clinic.checkins import tell_therapist
from palpate.clinic.deciding import NOT_ASSESSED, pathway_in_force, said
from palpate.clinic.models import Appointment, Episode, Person, PlanItem, PlanTick, Wish
from palpate.clinic.planning import HOME
from palpate.clinic.recording import series_of
from palpate.clinic.refusals import Conflict, NotVisible
from palpate.figures import Rating

MOST_READERS = 200  # rows of the list of who looked
TICKED = "yes"


@dataclass(frozen=True)
class Visit:
    """One booked appointment, with the wish about it that nobody has answered yet."""

    appointment: Appointment
    wish: str


@dataclass(frozen=True)
class Home:
    """One item of the home programme: the pathway's row where it is one, and whether it was ticked today."""

    item: PlanItem
    row: Mapping[str, Any] | None
    done: bool


@dataclass(frozen=True)
class Next:
    """What comes next, as codes: the disposition, its urgency, the response, and the pathway's rows of next steps."""

    disposition: str
    urgency: str
    response: str
    steps: tuple[Mapping[str, Any], ...]
    day: date
    given: int
    planned: int


def visits(person: Person) -> list[Visit]:
    """A person's coming appointments, the next one first."""
    found = []
    for appointment in rows.coming(person, clock.now()):
        wish = rows.open_wish(appointment)
        found.append(Visit(appointment, wish.what if wish is not None else ""))
    return found


def visit_of(person: Person, id: uuid.UUID) -> Appointment:
    """One coming appointment of the person. Errors: NotVisible, also for another's."""
    found = next((one for one in rows.coming(person, clock.now()) if one.pk == id), None)
    if found is None:
        raise NotVisible
    return found


def home_of(episode: Episode, day: date) -> list[Home]:
    """What the plan asks of the person at home, with what was ticked on a day."""
    table = {row["id"]: row for row in pathway_in_force().meaning["home"]}
    items = [item for item in rows.home_of(episode) if item.part == HOME]
    ticked = rows.ticked_on(items, day)
    return [Home(item, table.get(item.item), item.pk in ticked) for item in items]


def tick(episode: Episode, id: uuid.UUID, day: date) -> None:
    """Ticks a home item as done on a day, once. Call inside an act. Errors: NotVisible, for what is not on the plan."""
    open_deed().about["plan_item"] = str(id)
    found = next((home for home in home_of(episode, day) if home.item.pk == id), None)
    if found is None:
        raise NotVisible
    if not found.done:
        PlanTick(item=found.item, done=TICKED, day=day, at=clock.now()).save()


def next_of(episode: Episode) -> Next | None:
    """What the newest decision says, for the person; None where nothing is decided."""
    decision = care.newest_decision(episode)
    if decision is None or decision.disposition == NOT_ASSESSED:
        return None
    told = said(decision)
    pathway = pathway_in_force()
    switches = {row["id"]: row for row in pathway.meaning["switch"]}
    plan, response = told.get("plan") or {}, told.get("response") or {}
    steps = tuple(switches[name] for name in plan.get("combine", ()) if name in switches)
    protocol = pathway.protocols.get(episode.protocol) or pathway.protocols[pathway.default_protocol]
    return Next(
        decision.disposition,
        decision.urgency,
        str(response.get("class", "")),
        steps,
        decision.as_of,
        len(given_days(episode)),
        protocol.sessions,
    )


def ratings_of(episode: Episode) -> dict[str, list[Rating]]:
    """The person's own ratings over the course: pain, and the mean of their activities."""
    series = series_of(measures_of(episode))
    names = {"pain": "pain_nrs", "activities": "own_activities"}
    return {kind: [Rating(score.day, score.value) for score in series[name]] for kind, name in names.items()}


def wish(person: Person, id: uuid.UUID, what: str) -> Wish:
    """The person asks to move or cancel a visit; the front desk sees it. Call inside an act.

    Errors  NotVisible, for another's appointment; Conflict for a wish that there is not, or one that waits already.
    """
    deed = open_deed()
    appointment = visit_of(person, id)
    deed.about["appointment"] = str(appointment.pk)
    if what not in Wish.What.values:
        raise Conflict("There is no such wish. Nothing was saved.")
    before = rows.open_wish(appointment)
    if before is not None and before.what == what:
        return before
    if before is not None:  # they have thought again: the newer wish counts
        _close(before, None)
    row = Wish(person=person, appointment=appointment, what=what, at=clock.now())
    row.save()
    if appointment.episode_id is not None and appointment.episode is not None:
        tell_therapist(appointment.episode, "A person asks to move or cancel a visit.", "")
    return row


def answer_wish(row: Wish, by: uuid.UUID | None) -> None:
    """The front desk has answered a wish. Call inside an act."""
    open_deed().about["wish"] = str(row.pk)
    if row.done is None:
        _close(row, by)


def _close(row: Wish, by: uuid.UUID | None) -> None:
    row.done, row.done_by_id = clock.now(), by
    row.save(update_fields=["done", "done_by"])


# --- what is stored about me, and who looked at it (S-47) -------------------------------------------------------------

# Kinds of what is stored, as the person reads them, and the tables that they are counted from.
KINDS: Mapping[str, tuple[str, ...]] = {
    "contact": ("Person",),
    "appointments": ("Appointment", "Wish"),
    "consents": ("Consent",),
    "answers": ("Answer",),
    "measures": ("Measure",),
    "drawings": ("BodyDrawing",),
    "decisions": ("Decision", "Override", "Clearance"),
    "sessions": ("Session", "Note", "Amendment"),
    "letters": ("Letter",),
    "plan": ("PlanItem", "PlanTick"),
    "events": ("AdverseEvent",),
    "payments": ("Receipt", "Package"),
    "files": ("Upload",),
    "links": ("PhoneLink", "PhoneSent", "ReferralLink"),
}
CATEGORIES = frozenset(
    (
        "appointment", "contact", "answers", "consent", "episode", "notes", "decision", "document", "audit", "export",
        "glass", "link",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """One row of the trail as the person reads it: when, in which role, about what, and whether it was changed."""

    at: datetime
    role: str
    category: str
    how: str


def stored(person: Person) -> list[tuple[str, int]]:
    """How much of each kind is stored about a person, without its content."""
    from palpate.clinic.access.exporting import rows_of_person

    found = []
    for kind, tables in KINDS.items():
        count = sum(rows_of_person(person, table).count() for table in tables)
        if count:
            found.append((kind, count))
    return found


def readers(person: Person) -> tuple[list[Reader], bool]:
    """Who looked at what of a person and when, newest first, and whether there is more than is shown.

    Names of the staff are not among it: the practice gives them when it is asked.
    """
    trail = rows.trail_about(person, MOST_READERS + 1)
    found = [
        Reader(
            row.at,
            _role(row.actor, row.roles),
            row.category if row.category in CATEGORIES else "other",
            "refused" if row.outcome != "done" else "changed" if row.change else "read",
        )
        for row in trail[:MOST_READERS]
    ]
    return found, len(trail) > MOST_READERS


def _role(actor: str, roles: str) -> str:
    for role in ("therapist", "owner", "desk", "auditor", "referrer", "person"):
        if role in roles.split():
            return role
    return "program"
