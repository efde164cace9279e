"""What the stories of the demo practice are told with: one function for each thing that happens in a practice."""

from __future__ import annotations

import json
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from palpate.clinic import appointments, closing, consenting, deciding, intake, notes, people, planning, sessions
from palpate.clinic import moment as clock
from palpate.clinic.actor import Actor
from palpate.clinic.decided import read
from palpate.clinic.demo.answers import healthy
from palpate.clinic.models import Appointment, Decision, Episode, Person, Practice, Room, Service, Session, User
from palpate.clinic.visit import NONE_OF_THESE

AREAS = ("low_back", "mid_back")


@dataclass
class Stage:
    """The practice in which a story happens. `today` is the day on which the demo is made."""

    practice: Practice
    staff: Mapping[str, User]
    rooms: Sequence[Room]
    today: date
    services: Mapping[str, Service] = field(default_factory=dict)

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """An instant of the practice's wall clock, `days` after today (before it, where negative)."""
        wall = datetime.combine(self.today + timedelta(days=days), time(hour, minute))
        return wall.replace(tzinfo=ZoneInfo(self.practice.time_zone))

    def workday(self, days: int, hour: int) -> datetime:
        """The same, on the next day from Monday to Friday."""
        weekday = (self.today + timedelta(days=days)).weekday()
        return self.at(days + max(0, 7 - weekday if weekday > 4 else 0), hour)

    def actor(self, name: str) -> Actor:
        user = self.staff[name]
        return Actor(str(user.pk), user.roles, user.pk, user.name)

    def day(self) -> date:
        return clock.today(self.practice.time_zone)


@dataclass
class Case:
    """One made-up person in the care of one therapist."""

    stage: Stage
    by: str
    person: Person
    episode: Episode

    @property
    def actor(self) -> Actor:
        return self.stage.actor(self.by)

    def _fresh(self) -> Episode:
        self.episode.refresh_from_db()
        return self.episode


def arrive(stage: Stage, by: str, given: str, family: str, born: date, **contact: str) -> Person:
    """A new person in a therapist's care, who agreed to be written to by e-mail unless something else is told."""
    plain = unicodedata.normalize("NFKD", f"{given}.{family}").encode("ascii", "ignore").decode()
    address = f"{plain.lower()}@demo.example"
    email = {} if "contact_by" in contact else {"email": address, "contact_by": "email"}
    told = {"given_name": given, "family_name": family, **email, **contact}
    return people.make_person(stage.actor(by), told, born, stage.day())


def begin(stage: Stage, by: str, person: Person, complaint: str, days_ago: int) -> Case:
    """A new episode that began some days ago."""
    onset = stage.day() - timedelta(days=days_ago)
    return Case(stage, by, person, people.open_episode(stage.actor(by), person, complaint, onset, stage.day()))


def consent(case: Case, areas: Sequence[str] = AREAS) -> None:
    """The person signs what their areas need, with a typed name."""
    day = case.stage.day()
    papers = consenting.sheets(case.episode, areas, day, "yes")
    signed = [consenting.Signed(paper, {"typed": case.person.name}, True) for paper in papers]
    consenting.sign(case.actor, case.episode, day, signed, "yes")


def answer(case: Case, but: dict[str, Any] | None = None, only: Sequence[str] = ()) -> None:
    """The intake: every question, or only those named."""
    told = healthy(deciding.pathway_in_force(), but)
    if only:
        told = {name: told[name] for name in only}
    pathway, episode = deciding.pathway_in_force(), case._fresh()
    intake.keep_answers(case.actor, pathway, episode, episode.version, told, case.stage.day())


def rate(case: Case, pain: int, sleep: int, mood: int, activities: Mapping[str, int | None] | None = None) -> None:
    """Ratings of the last 7 days: pain, sleep, mood, and own activities (0 to 10); None: no activity is rated anew."""
    episode = case._fresh()
    named: Mapping[str, int | None] = dict.fromkeys(episode.activities) if activities is None else activities
    values = {"pain_nrs": pain, "sleep_nrs": sleep, "mood_nrs": mood}
    intake.keep_ratings(
        case.actor, episode, episode.version, values, list(named), list(named.values()), case.stage.day()
    )


def draw(case: Case, regions: Sequence[str]) -> None:
    """The person shows where it hurts."""
    from palpate.figures import read_body_map

    drawn = read_body_map(json.dumps({"regions": list(regions), "strokes": []}))
    intake.keep_drawing(case.actor, case._fresh(), case.episode.version, drawn, case.stage.day())


def decide(case: Case, moment: str = "intake") -> Decision:
    return deciding.decide_now(case.actor, case._fresh(), moment, case.stage.day())


def plan(case: Case, decision: Decision, goals: str) -> None:
    """The plan as it is proposed, in the default protocol."""
    reading = read(decision)
    pathway = deciding.pathway_in_force()
    parts, home = planning.parts_for(reading), planning.home_for(reading)
    part_ids, item_ids = planning.proposed(pathway, parts, home)
    chosen = [planning.Chosen(part.id, "", part.title) for part in parts if part.id in part_ids]
    chosen += [planning.Chosen(planning.HOME, item.id, item.title) for item in home if item.id in item_ids]
    episode = case._fresh()
    planning.keep_plan(
        case.actor,
        episode,
        episode.version,
        reading,
        goals=goals,
        protocol=pathway.default_protocol,
        chosen=chosen,
    )


def discharge(case: Case) -> None:
    """The course ends as agreed: discharge note, home plan, episode closed."""
    episode = case._fresh()
    reading = read(decide(case, "review"))
    closing.discharge(
        case.actor,
        case.stage.practice,
        episode,
        episode.version,
        reading,
        reason=next(iter(closing.REASONS)),
        reached=next(iter(closing.REACHED)),
        home=closing.home_proposed(episode, reading),
    )


def course(stage: Stage, case: Case, pain: int, days: int, goals: str) -> Iterator[datetime]:
    """From the consent to the plan, on one day."""
    consent(case)
    yield stage.at(days, 9, 10)
    answer(case, {"pain_now": pain})
    rate(case, pain, 5, 4, {"Sitting through a film": 4, "Lifting my daughter": 3, "Tying my shoes": 5})
    draw(case, ["low_back_left", "low_back_right"])
    decision = decide(case)
    yield stage.at(days, 9, 20)
    plan(case, decision, goals)


def book(case: Case, starts: datetime, room: int = 0, minutes: int = 60, service: str = "") -> Appointment:
    """An appointment, for a service where one is named, else of so many minutes."""
    stage = case.stage
    what = stage.services[service] if service else None
    wish = appointments.Wish(
        case.person,
        stage.staff[case.by],
        stage.rooms[room],
        starts,
        what.minutes if what else minutes,
        case.episode,
        what,
        what.turnover_minutes if what else 0,
        outside=True,
    )
    return appointments.book(wish, stage.practice.time_zone)


@dataclass(frozen=True)
class Visited:
    """What one visit says. `found` are facts that are not as they were; `technique` "": no massage was given."""

    pain: int
    week: int
    activities: Sequence[int] = ()
    reach: tuple[int, int] | None = None  # finger to floor in cm, before and after
    after: int | None = None
    muscle: str = "yes"
    technique: str = "neuromuscular"
    minutes: int = 40
    overall: int | None = None
    spasm: str | None = None
    soreness: int | None = None
    found: Mapping[str, Any] | None = None


def visit(case: Case, told: Visited, sign: bool = True) -> Session:
    """One visit, tap by tap, and its note."""
    stage, day = case.stage, case.stage.day()
    episode = case._fresh()
    session = sessions.start_session(case.actor, episode, day)
    at = clock.now().isoformat()
    sent = [{"key": str(uuid.uuid4()), "kind": kind, "data": data, "at": at} for kind, data in _taps(told)]
    session, taken = sessions.take_touches(case.actor, session, None, sent, day)
    if taken.wrong is not None:
        raise RuntimeError(f"a tap of the demo was refused: {taken.wrong[1]}")
    if sign:
        draft = notes.draft_of(session, day)
        notes.sign_note(case.actor, session, session.version, draft.texts, stage.day())
    return session


def _taps(told: Visited) -> list[tuple[str, dict[str, Any]]]:
    taps: list[tuple[str, dict[str, Any]]] = [("pain_before", {"value": told.pain})]
    taps.append(("rating", {"name": "pain_nrs", "value": told.week}))
    taps += [("activity", {"index": at, "value": value}) for at, value in enumerate(told.activities)]
    if told.overall is not None:
        taps.append(("rating", {"name": "global_change", "value": told.overall}))
    if told.soreness is not None:
        taps.append(("rating", {"name": "soreness_nrs", "value": told.soreness}))
    taps += [("fact", {"fact": name, "value": value}) for name, value in (told.found or {}).items()]
    if told.spasm:
        taps.append(("fact", {"fact": "spasm_response", "value": told.spasm}))
    taps.append(("unchanged", {"value": True, "none": list(NONE_OF_THESE)}))
    if told.reach:
        taps.append(("test", {"test": "ffd_cm", "when": "before", "value": told.reach[0]}))
    if told.muscle:
        here = {"region": "low_back", "side": "both", "muscle": "erector_spinae", "yields": told.muscle}
        taps.append(("palpate", here))
        nothing = dict.fromkeys(("local_heat", "local_redness", "local_swelling", "pain_out_of_proportion"), False)
        nothing |= {"midline_bone_tenderness": False, "pressure_provokes_nerve_symptoms": False}
        taps.append(("facts", {"values": nothing}))
    if told.technique:
        treat = {"technique": told.technique, "region": "low_back", "minutes": told.minutes, "pressure": 3}
        taps.append(("treat", treat))
        if told.reach:
            taps.append(("test", {"test": "ffd_cm", "when": "after", "value": told.reach[1]}))
        if told.after is not None:
            taps.append(("pain_after", {"value": told.after}))
        taps.append(("aftercare", {"items": ["soreness_told", "when_to_call"]}))
    return taps
