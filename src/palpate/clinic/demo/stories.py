"""The stories of the demo practice. Each yields the instant of its next step; what follows happens at that instant.

Taken together they show a person in every state of care: new, half asked, waiting for an examination, waiting for a
clearance, in a course, not responding, with a red flag at the second session, discharged, and in an emergency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from palpate.clinic import answering, referring
from palpate.clinic.demo import stage as on
from palpate.clinic.demo.phones import STORIES as PHONES
from palpate.clinic.demo.stage import Stage, Visited

Story = Callable[[Stage], Iterator[datetime]]


def improving(stage: Stage) -> Iterator[datetime]:
    """Mina Sato: two sessions given, better, and the third is today."""
    yield stage.at(-30, 9)
    person = on.arrive(stage, "therapist", "Mina", "Sato", date(1984, 3, 12), phone="555 0111")
    case = on.begin(stage, "therapist", person, "Dull ache low in the back after sitting", 150)
    yield from on.course(stage, case, 7, -30, "Sit through a film, and lift my daughter without thinking about it.")
    yield stage.at(-29, 10)
    on.visit(case, Visited(7, 7, (4, 3, 5), (22, 18), 5))
    yield stage.at(-18, 10)
    on.visit(case, Visited(5, 5, (6, 5, 6), (16, 12), 3, overall=1, spasm="partial", soreness=3))
    yield stage.at(-18, 10, 50)
    on.book(case, stage.at(0, 10))


def not_responding(stage: Stage) -> Iterator[datetime]:
    """Tomas Reiter: two sessions of neuromuscular massage, and nothing has changed."""
    yield stage.at(-27, 11)
    person = on.arrive(stage, "therapist", "Tomas", "Reiter", date(1971, 7, 30))
    case = on.begin(stage, "therapist", person, "Stiff back every morning", 200)
    yield from on.course(stage, case, 6, -27, "Get out of bed without holding on to the wall.")
    yield stage.at(-26, 11)
    on.visit(case, Visited(6, 6, (4, 3, 5), (25, 24), 6))
    yield stage.at(-12, 11)
    on.visit(case, Visited(6, 6, (4, 3, 5), (25, 25), 6, overall=0, spasm="none", soreness=4))


def discharged(stage: Stage) -> Iterator[datetime]:
    """Grace Osei: four sessions, much better, discharged."""
    yield stage.at(-70, 14)
    person = on.arrive(stage, "owner", "Grace", "Osei", date(1973, 1, 5))
    case = on.begin(stage, "owner", person, "Back aches after a day in the shop", 240)
    yield from on.course(stage, case, 7, -70, "Work a whole day in the shop.")
    for days, told in (
        (-69, Visited(7, 7, (4, 3, 5), (20, 17), 5)),
        (-58, Visited(5, 5, (6, 5, 6), (15, 12), 3, overall=1, spasm="partial")),
        (-46, Visited(3, 4, (7, 7, 8), (12, 9), 2, overall=2, spasm="partial")),
        (-34, Visited(2, 2, (9, 8, 9), (8, 6), 1, overall=2, spasm="resolved")),
    ):
        yield stage.at(days, 14)
        on.visit(case, told)
    yield stage.at(-30, 15)
    on.rate(case, 2, 2, 2)
    on.decide(case, "review")
    yield stage.at(-30, 15, 20)
    on.discharge(case)


def acute(stage: Stage) -> Iterator[datetime]:
    """Ivo Brandt: pain since a week. Examined first; the letter is out."""
    yield stage.at(-3, 9)
    person = on.arrive(stage, "therapist", "Ivo", "Brandt", date(1990, 10, 2), phone="555 0117")
    case = on.begin(stage, "therapist", person, "Back locked while gardening", 5)
    on.consent(case)
    on.answer(case, {"pain_onset": "sudden", "pain_now": 8})
    on.rate(case, 8, 6, 3, {"Putting on socks": 2})
    on.draw(case, ["low_back_left", "low_back_middle"])
    decision = on.decide(case)
    yield stage.at(-3, 9, 30)
    letter = referring.write_referral(
        case.actor, stage.practice, case.episode, decision, to="Dr Weiss, family doctor", remark="", agreed=True
    )
    referring.hand_over(letter, letter.version, "given")


def cleared(stage: Stage) -> Iterator[datetime]:
    """Asta Holm: acute pain, examined, cleared; her first session was a week ago, the next is today."""
    yield stage.at(-14, 13)
    person = on.arrive(stage, "therapist", "Asta", "Holm", date(1979, 5, 21))
    case = on.begin(stage, "therapist", person, "Sharp pain after moving house", 12)
    on.consent(case)
    on.answer(case, {"pain_onset": "sudden", "pain_now": 7})
    on.rate(case, 7, 7, 5, {"Standing at the stove": 3, "Driving": 4})
    decision = on.decide(case)
    letter = referring.write_referral(
        case.actor, stage.practice, case.episode, decision, to="Dr Okoro, family doctor", remark="", agreed=True
    )
    referring.hand_over(letter, letter.version, "given")
    yield stage.at(-11, 16)
    _, decision = answering.record_answer(
        case.actor,
        case.episode,
        letter,
        outcome="cleared",
        covers=letter.rules,
        name="Dr Okoro",
        profession="family doctor",
        day=stage.day(),
        valid_until=None,
        limits="",
        today=stage.day(),
    )
    yield stage.at(-11, 16, 30)
    on.plan(case, decision, "Cook a meal standing.")
    yield stage.at(-8, 9)
    on.visit(case, Visited(6, 7, (3, 4), (28, 24), 5))
    on.book(case, stage.at(0, 11, 30), room=1)


def waiting_for_clearance(stage: Stage) -> Iterator[datetime]:
    """Priya Nair: takes a blood thinner; her doctor was asked 16 days ago and has not answered."""
    yield stage.at(-16, 10)
    person = on.arrive(stage, "colleague", "Priya", "Nair", date(1974, 8, 14))
    case = on.begin(stage, "colleague", person, "Ache between the shoulder blades", 300)
    on.consent(case)
    on.answer(case, {"pain_site": "upper_back", "anticoagulant_use": "anticoagulant"})
    on.rate(case, 5, 3, 3, {"Reading": 6})
    decision = on.decide(case)
    letter = referring.write_referral(
        case.actor, stage.practice, case.episode, decision, to="Dr Lindqvist", remark="", agreed=True
    )
    referring.hand_over(letter, letter.version, "sent")


def flag_at_session_two(stage: Stage) -> Iterator[datetime]:
    """Samuel Adeyemi: at his second visit he has a fever. No massage; a doctor sees him first."""
    yield stage.at(-20, 15)
    person = on.arrive(stage, "therapist", "Samuel", "Adeyemi", date(1993, 12, 1))
    case = on.begin(stage, "therapist", person, "Tight back from the building site", 100)
    yield from on.course(stage, case, 6, -20, "Work without pain tablets.")
    yield stage.at(-19, 15)
    on.visit(case, Visited(6, 6, (4, 3, 5), (18, 15), 4))
    yield stage.at(-2, 15)
    found = {"fever_or_chills": True, "feeling_unwell": True}
    on.visit(case, Visited(7, 7, (3, 3, 4), None, None, muscle="", technique="", found=found))


def emergency(stage: Stage) -> Iterator[datetime]:
    """Leo Marchetti: numb between the legs, and cannot feel when he is full. Nothing but emergency care."""
    yield stage.at(-1, 17)
    person = on.arrive(stage, "therapist", "Leo", "Marchetti", date(1981, 2, 27), phone="555 0190")
    case = on.begin(stage, "therapist", person, "Back and both legs since two days", 2)
    on.consent(case)
    on.answer(
        case,
        {"saddle_numbness": True, "bladder_bowel_change": True, "leg_symptoms": "both_legs", "pain_now": 9},
    )
    on.decide(case)


def half_asked(stage: Stage) -> Iterator[datetime]:
    """Elin Frost: the intake was broken off; safety questions are open."""
    yield stage.at(-1, 12)
    person = on.arrive(stage, "therapist", "Elin", "Frost", date(1996, 6, 6))
    case = on.begin(stage, "therapist", person, "Back pain after long rides", 80)
    on.consent(case)
    on.answer(case, only=("pain_site", "pain_onset", "pain_trend", "leg_symptoms", "saddle_numbness"))
    on.decide(case)


def first_session_today(stage: Stage) -> Iterator[datetime]:
    """Karim Haddad: asked, decided and planned; his first session is today."""
    yield stage.at(-2, 9)
    person = on.arrive(stage, "therapist", "Karim", "Haddad", date(1988, 9, 9))
    case = on.begin(stage, "therapist", person, "Back tires when carrying", 120)
    yield from on.course(stage, case, 6, -2, "Carry the shopping up three floors.")
    yield stage.at(-2, 9, 40)
    on.book(case, stage.at(0, 14))


def unsigned(stage: Stage) -> Iterator[datetime]:
    """Joan Pike: the note of her last session is not signed yet."""
    yield stage.at(-9, 8)
    person = on.arrive(stage, "therapist", "Joan", "Pike", date(1975, 4, 18))
    case = on.begin(stage, "therapist", person, "Sore low back from rowing", 90)
    yield from on.course(stage, case, 5, -9, "Row again.")
    yield stage.at(-1, 16)
    on.visit(case, Visited(5, 5, (4, 3, 5), (10, 8), 4), sign=False)


def same_names(stage: Stage) -> Iterator[datetime]:
    """Two women called Anna Berg, and Nora Velde, who is new."""
    yield stage.at(-40, 9)
    on.arrive(stage, "therapist", "Anna", "Berg", date(1970, 11, 3))
    yield stage.at(-6, 9)
    on.arrive(stage, "colleague", "Anna", "Berg", date(1991, 1, 24))
    yield stage.at(-1, 9)
    on.arrive(stage, "therapist", "Nora", "Velde", date(2001, 5, 15), phone="555 0133")


EARLIER = (
    # therapist, name, born, days ago, pain of the last week before each of up to four sessions
    ("therapist", "Olga", "Maas", 1982, 118, (7, 5, 3, 2)),
    ("therapist", "Peter", "Lund", 1977, 116, (6, 6)),
    ("therapist", "Yara", "Costa", 1990, 112, (8, 5, 4, 2)),
    ("therapist", "Hugo", "Stein", 1985, 109, (5, 4, 4, 3)),
    ("therapist", "Ines", "Roth", 1971, 105, (6,)),
    ("therapist", "Malik", "Sow", 1995, 101, (7, 4, 2, 2)),
    ("owner", "Clara", "Beck", 1979, 117, (7, 6, 5, 4)),
    ("owner", "Jonas", "Ek", 1983, 113, (6, 3, 2, 1)),
    ("owner", "Rosa", "Pinto", 1974, 108, (8, 8)),
    ("owner", "Tariq", "Aziz", 1992, 104, (5, 3, 2, 1)),
    ("owner", "Vera", "Holt", 1988, 99, (7, 7)),
)


def _earlier(by: str, given: str, family: str, born: int, days_ago: int, pains: Sequence[int]) -> Story:
    """Somebody of some months ago, told in few words, so that the outcome page has people to count."""

    def story(stage: Stage) -> Iterator[datetime]:
        yield stage.at(-days_ago, 9)
        person = on.arrive(stage, by, given, family, date(born, 5, 17))
        case = on.begin(stage, by, person, "Low back pain", 100)
        yield from on.course(stage, case, pains[0], -days_ago, "Move freely again.")
        for number, pain in enumerate(pains):
            yield stage.at(-days_ago + 1 + 11 * number, 9, 30)
            ease = max(0, pains[0] - pain)
            on.visit(case, Visited(pain, pain, (min(10, 4 + ease), min(10, 3 + ease), min(10, 5 + ease))))
        yield stage.at(-days_ago + 1 + 11 * len(pains), 12)
        ease = max(0, pains[0] - pains[-1])
        on.rate(case, pains[-1], 3, 3, {name: min(10, 4 + ease) for name in case.episode.activities})
        on.decide(case, "review")

    return story


STORIES: tuple[Story, ...] = (
    improving,
    not_responding,
    discharged,
    acute,
    cleared,
    waiting_for_clearance,
    flag_at_session_two,
    emergency,
    half_asked,
    first_session_today,
    unsigned,
    same_names,
    *PHONES,
    *(_earlier(*told) for told in EARLIER),
)
