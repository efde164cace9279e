"""The stories of people who take part from their telephones, whose course is booked in one go, who pay, and who wait.

As in `stories`: each yields the instant of its next step; what follows happens at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from palpate.clinic import appointments, checkins, consenting, my_plan, phone_intake, phone_links
from palpate.clinic.booking import course as courses
from palpate.clinic.booking import waiting
from palpate.clinic.checkins import Tapped
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.demo import stage as on
from palpate.clinic.demo.answers import healthy
from palpate.clinic.demo.stage import Stage, Visited
from palpate.clinic.intake import ONSET
from palpate.clinic.models import Appointment
from palpate.clinic.paying import packages, receipts

Story = Callable[[Stage], Iterator[datetime]]
GOALS = "Move freely again."


def worse_by_check_in(stage: Stage) -> Iterator[datetime]:
    """Lucía Torres: her check-in of this morning says that it is much worse; her visit is today."""
    yield stage.at(-23, 12)
    person = on.arrive(stage, "therapist", "Lucía", "Torres", date(1986, 4, 2), phone="+1 416 555 0151", language="es")
    case = on.begin(stage, "therapist", person, "Low back and hips ache after standing", 130)
    yield from on.course(stage, case, 5, -23, "Stand through a shift in the kitchen.")
    for days, pain in ((-22, 5), (-9, 4)):
        yield stage.at(days, 12)
        on.visit(case, Visited(pain, pain, (4, 3, 5), overall=None if pain == 5 else 1, spasm="partial"))
    yield stage.at(-9, 12, 50)
    row = on.book(case, stage.at(0, 16), service="Back massage")
    yield stage.at(0, 0, 5)
    told = Tapped({"pain_nrs": 9, "sleep_nrs": 9, "global_change": -3}, (1, 0, 1), checkins.NOTHING, checkins.WELL)
    _sends(stage, case, row, told)


def answers_in_arabic(stage: Stage) -> Iterator[datetime]:
    """Samira Naser: sore after her last massage and nothing else; checked in for today; asks for another time next."""
    yield stage.at(-16, 15)
    person = on.arrive(stage, "colleague", "Samira", "Naser", date(1978, 9, 21), phone="+1 416 555 0162", language="ar")
    case = on.begin(stage, "colleague", person, "Neck of the back is tight at the desk", 160)
    yield from on.course(stage, case, 6, -16, "Work a day at the desk without a break for the back.")
    yield stage.at(-15, 15)
    on.visit(case, Visited(6, 6, (4, 3, 5)))
    yield stage.at(-14, 17)
    sore = Tapped({"soreness_nrs": 3}, (), checkins.NOTHING, checkins.SORE)
    _sends(stage, case, None, sore)
    today = on.book(case, stage.at(0, 15, 15), room=1, service="Back massage")
    later = on.book(case, stage.at(11, 15, 15), room=1, service="Back massage")
    yield stage.at(0, 0, 10)
    told = Tapped({"pain_nrs": 4, "sleep_nrs": 4, "global_change": 1}, (6, 5, 6), checkins.NOTHING, checkins.WELL)
    _sends(stage, case, today, told)
    my_plan.wish(person, later.pk, "move")


def _sends(stage: Stage, case: on.Case, row: Appointment | None, told: Tapped) -> None:
    """A check-in before a visit, or without one the check after a session, sent by its link."""
    purpose = phone_links.CHECK_IN if row is not None else phone_links.AFTER
    link = phone_links.make(purpose, case.person, row, case.episode).link
    asked = checkins.asked_of(link, pathway_in_force())
    checkins.keep(phone_links.actor_of(link), link, asked, told, stage.day(), case.person.language)


def intake_by_phone(stage: Stage) -> Iterator[datetime]:
    """Felix Brauer: filled his intake at home, in German, and signed; his therapist has not gone through it yet."""
    yield stage.at(-2, 11)
    person = on.arrive(stage, "therapist", "Felix", "Brauer", date(1994, 2, 8), language="de", phone="+1 416 555 0173")
    case = on.begin(stage, "therapist", person, "Back pain after moving to a new desk", 70)
    yield stage.at(-1, 19)
    pathway, link = pathway_in_force(), phone_links.make(phone_links.INTAKE, person, None, case.episode).link
    told = {name: one for name, one in healthy(pathway, {"pain_now": 4}).items() if name != ONSET}
    phone_intake.begin(link)
    phone_intake.keep_screen(link, "pain", list(told), told)
    phone_intake.keep_ratings(link, "ratings", {"pain_nrs": 4, "sleep_nrs": 2, "mood_nrs": 2},
                              ("Sitting at work", "Cycling"), (5, 6))  # fmt: skip
    papers = phone_intake.sheets_by_phone(case.episode, stage.day())
    signed = [phone_intake.Signed(consenting.in_language(paper, "de"), {"typed": person.name}) for paper in papers]
    phone_intake.send(phone_links.actor_of(link), pathway, link, stage.day(), "de", signed)


def course_in_one_go(stage: Stage) -> Iterator[datetime]:
    """Ebba Nyström: her whole course was booked at once: two sessions up to the check, two held as a proposal."""
    yield stage.at(-4, 13)
    person = on.arrive(stage, "therapist", "Ebba", "Nyström", date(1982, 12, 19), phone="+1 416 555 0184")
    case = on.begin(stage, "therapist", person, "Stiff after long drives", 110)
    yield from on.course(stage, case, 5, -4, "Drive to her mother's without stopping for the back.")
    yield stage.at(-4, 13, 30)
    case.episode.refresh_from_db()
    course = courses.course_of(case.episode)
    assert course is not None
    therapist, room = stage.staff["therapist"], stage.rooms[0]
    planned = [
        courses.Planned(number, therapist.pk, room.pk, stage.workday(1 + 10 * (number - 1), 17))
        for number in range(1, course.protocol.sessions + 1)
    ]
    search = courses.Search(stage.day(), therapist, stage.services["Short back massage"])
    courses.book(course, search, planned, stage.practice.time_zone)


def package_to_refund(stage: Stage) -> Iterator[datetime]:
    """Bruno Keller: paid six sessions in advance; after two the decision is to change treatment. Four are due back."""
    yield stage.at(-41, 14)
    person = on.arrive(stage, "colleague", "Bruno", "Keller", date(1969, 6, 11), phone="+1 416 555 0195", language="de",
                       address="12 Mill Street, Toronto")  # fmt: skip
    case = on.begin(stage, "colleague", person, "Low back hurts since the garden was dug", 190)
    yield from on.course(stage, case, 7, -41, "Dig again next spring.")
    yield stage.at(-41, 14, 30)
    desk = stage.actor("desk")
    packages.sell(desk, person, stage.services["Back massage"], sessions=6, price=450_00, how="card", day=stage.day())
    on.book(case, stage.at(-40, 14), room=1, service="Back massage")
    on.book(case, stage.at(-28, 14), room=1, service="Back massage")
    yield stage.at(-40, 14)
    on.visit(case, Visited(7, 7, (4, 3, 5), (24, 24), 7))
    yield stage.at(-28, 14)
    on.visit(case, Visited(7, 7, (4, 3, 5), (24, 24), 7, overall=0, spasm="none", soreness=4))
    yield stage.at(-28, 15)
    chosen = [(item.id, None) for item in receipts.open_items(person)]
    receipts.make(desk, person, chosen, "card", stage.day())


def freed_and_offered(stage: Stage) -> Iterator[datetime]:
    """Owen Grant cancelled too late, which costs a fee. He cancels again, and his time is offered to Maya Lind."""
    yield stage.at(-20, 10)
    waits = on.arrive(stage, "therapist", "Maya", "Lind", date(1999, 3, 30), phone="+1 416 555 0118", contact_by="sms")
    owen = on.arrive(stage, "therapist", "Owen", "Grant", date(1965, 10, 27), phone="+1 416 555 0129", contact_by="sms")
    case = on.begin(stage, "therapist", owen, "Ache between the ribs and the hip", 140)
    yield from on.course(stage, case, 4, -20, GOALS)
    yield stage.at(-20, 10, 30)
    late = on.book(case, stage.at(-5, 11), room=1, service="Back massage")
    row = on.book(case, stage.workday(2, 9), room=1, service="Back massage")
    today = stage.day()
    waiting.put_on(waits, None, therapist=None, minutes=45, since=today, until=today + timedelta(days=60), weekdays=(),
                   earliest=time(8), latest=time(18), today=today)  # fmt: skip
    yield stage.at(-5, 9)
    appointments.set_state(late, late.version, "cancelled", appointments.PERSON)
    yield stage.at(0, 0, 15)
    row.refresh_from_db()
    freed = waiting.freed_by(appointments.set_state(row, row.version, "cancelled", appointments.PERSON))
    assert freed is not None
    for fit in waiting.fits(freed, stage.practice.time_zone, owen)[:1]:
        waiting.offer(stage.actor("desk"), fit, freed)


STORIES: Sequence[Story] = (
    worse_by_check_in,
    answers_in_arabic,
    intake_by_phone,
    course_in_one_go,
    package_to_refund,
    freed_and_offered,
)
