"""Letters: made from the record, kept as data, printed from it to the same bytes whenever they are asked for.

Another part that writes a letter fills a document of `palpate.letters` and hands it over:

    letter = write_letter(actor, episode, document, to="Elm Street Physiotherapy", decision=decision)

`practice_head`, `about_person`, `stamp`, `answers_of`, `massage_of`, `reasons_of` and `scores_of` fill the parts that
all documents share. What comes back from the clinician is in `answering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from palpate import letters
from palpate.clinic import moment as clock
from palpate.clinic.access import care, referring
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.decided import Reading, document_of, known_facts, read, unknown_facts
from palpate.clinic.models import Decision, Episode, Letter, Person, Practice, User
from palpate.clinic.names import clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict, Forbidden
from palpate.pathway.pathway import Pathway
from palpate.show.words import answer, fact_label, label

# Days after which an unanswered referral is overdue. Same day and two weeks are the pathway's urgencies; six weeks for
# a routine one is this program's choice.
OVERDUE_DAYS = {"same_day": 0, "within_2_weeks": 14, "routine": 42}
EXAMINED = ("emergency", "medical_exam_first")
REFERRED = ("emergency", "medical_exam_first", "do_not_massage_now", "physician_clearance")
HANDED = {"given": "Given to the person", "sent": "Sent", "read_out": "Read out by telephone"}
LONGEST_TO, LONGEST_REMARK = 200, 1000  # characters
_LETTER_KIND = {
    "referral": Letter.Kind.REFERRAL,
    "urgent_handover": Letter.Kind.URGENT,
    "next_treatment_referral": Letter.Kind.NEXT,
    "discharge_note": Letter.Kind.DISCHARGE,
    "home_plan": Letter.Kind.HOME,
}


@dataclass(frozen=True)
class Age:
    """How long a referral has been out, in days, and whether that is longer than its urgency allows."""

    days: int
    allowed_days: int

    @property
    def overdue(self) -> bool:
        return self.days > self.allowed_days


def write_letter(
    actor: Actor,
    episode: Episode,
    document: letters.Document,
    *,
    to: str = "",
    urgency: str = "",
    rules: Sequence[str] = (),
    decision: Decision | None = None,
) -> Letter:
    """Keeps a document as a letter of this episode. Call inside an act.

    Takes   document: any document of `palpate.letters`; its kind becomes the letter's.
            to: who gets it, on one line; rules: ids of the rules that an answer should cover.
    Errors  BadInput where the document cannot be printed at all; Forbidden for whoever is no member of the staff.
            Letters that no font has are printed as their codes.
    """
    open_deed()
    if actor.user_id is None:
        raise Forbidden("Only a member of the staff writes letters. Nothing was saved.")
    letter = Letter(
        episode=episode,
        decision=decision,
        kind=_LETTER_KIND[document.kind],
        to=clean_name(to, field="to"),
        urgency=urgency,
        rules=list(rules),
        data=letters.to_data(document),
        made=clock.now(),
        by_id=actor.user_id,
    )
    pdf_of(letter)
    letter.save()
    return letter


def pdf_of(letter: Letter, *, reply_link: str = "") -> bytes:
    """The letter as PDF, always the same bytes.

    Takes   reply_link: the address of a one-time link, printed on this copy only and kept nowhere.
    Errors  BadInput where it cannot be printed.
    """
    data = dict(letter.data)
    if reply_link:
        data["reply_link"] = reply_link
    try:
        return letters.to_pdf(letters.from_data(data), spell_missing=True)
    except letters.LetterFault as fault:
        raise BadInput(f"The letter cannot be printed: {fault}", "remark") from None


def file_name(letter: Letter) -> str:
    """A name to save the PDF under. No name of a person stands in it."""
    return letters.from_data(dict(letter.data)).file_name


def write_referral(
    actor: Actor, practice: Practice, episode: Episode, decision: Decision, *, to: str, remark: str, agreed: bool
) -> Letter:
    """The letter that asks a clinician to examine or to clear, from a stored decision. Call inside an act.

    Takes   agreed: the person has agreed to its being sent.
    Errors  BadInput by field; Conflict where the decision asks for nobody's examination or clearance.
    """
    reading = read(decision)
    if reading.pathway is None or not reading.answer:
        raise Conflict("This decision cannot be read again, so no letter can be made from it. Decide again first.")
    document = referral_document(
        practice, episode, reading, to=to, remark=remark, agreed=agreed, by=_user(actor, episode)
    )
    urgency = document.urgency
    return write_letter(actor, episode, document, to=to, urgency=urgency, rules=asked_rules(reading), decision=decision)


def referral_document(
    practice: Practice, episode: Episode, reading: Reading, *, to: str, remark: str, agreed: bool, by: User | None
) -> letters.Referral:
    """A referral in SBAR order, filled from the decision and the document that it was made from."""
    pathway, told = reading.pathway, reading.answer
    if pathway is None:
        raise Conflict("This decision cannot be read again, so no letter can be made from it. Decide again first.")
    document = document_of(reading.decision)
    day = clock.today(practice.time_zone)
    disposition = reading.disposition
    pain, activities = scores_of(episode)
    return letters.Referral(
        practice=practice_head(practice, by),
        date=day,
        person=about_person(episode.person),
        purpose="examination" if disposition in EXAMINED else "clearance",
        urgency=_urgency(told),
        to=(clean_name(to, field="to"),) if to.strip() else (),
        situation=str(told["summary"]),
        reasons=reasons_of(pathway, told),
        answers=answers_of(reading),
        massage=massage_of(episode, pathway),
        pathway=stamp(reading.decision),
        pain=pain,
        activities=activities,
        background=_background(episode, pathway, document),
        request=clean_text(remark, field="remark", longest=LONGEST_REMARK).strip(),
        valid_for=_valid_for(pathway, asked_rules(reading)),
        consent=f"{episode.person.name} agreed to this letter on {_said_day(day)}." if agreed else "",
    )


def write_handover(
    actor: Actor,
    practice: Practice,
    episode: Episode,
    decision: Decision,
    *,
    done: Sequence[tuple[str, str]] = (),
    called_by: str = "",
    called_at: str = "",
) -> Letter:
    """Keeps the urgent hand-over of an emergency, with what was done. Call inside an act."""
    document = handover_document(
        practice, episode, decision, by=_user(actor, episode), done=done, called_by=called_by, called_at=called_at
    )
    to = "Emergency services"
    return write_letter(
        actor, episode, document, to=to, urgency="same_day", rules=asked_rules(read(decision)), decision=decision
    )


def handover_document(
    practice: Practice,
    episode: Episode,
    decision: Decision,
    *,
    by: User | None,
    done: Sequence[tuple[str, str]] = (),
    called_by: str = "",
    called_at: str = "",
) -> letters.UrgentHandover:
    """The page that goes with the person in an emergency, all from the stored decision."""
    reading = read(decision)
    told, pathway = reading.answer, reading.pathway
    at = decision.at.astimezone(ZoneInfo(practice.time_zone))
    return letters.UrgentHandover(
        practice=practice_head(practice, by),
        date=at.date(),
        person=about_person(episode.person),
        time=f"{at:%H:%M}",
        emergency_text=emergency_text(pathway),
        reasons=reasons_of(pathway, told) if pathway is not None and told else (),
        found_when=f"{_said_day(at.date())}, {at:%H:%M}, at the moment “{decision.moment}” of the person's care here",
        answers=answers_of(reading),
        pathway=stamp(decision),
        emergency_number=practice.emergency_number,
        done=tuple(done),
        background=_background(episode, pathway, document_of(decision)) if pathway is not None else (),
        called_by=called_by,
        called_at=called_at,
        call_back=practice.phone,
    )


def emergency_text(pathway: Pathway | None) -> str:
    """The fixed emergency text of the pathway; words of our own where the pathway is missing."""
    if pathway is None:
        return "Stop. Call the emergency number now. The person does not drive themselves."
    return str(pathway.meaning["dispositions"]["emergency"]["tells"])


def change_letter(letter: Letter, version: int, *, to: str, remark: str) -> Letter:
    """Changes addressee and remark of a letter that has not gone out yet. Call inside an act.

    Errors  Conflict where it has changed since it was read, or has gone out; BadInput by field.
    """
    letter = locked_letter(letter, version)
    if letter.handed_over or letter.answered or letter.closed:
        raise Conflict("This letter has gone out. Make a new one instead. Nothing was saved.")
    letter.to = clean_name(to, field="to")
    data = {**letter.data, "request": clean_text(remark, field="remark", longest=LONGEST_REMARK).strip()}
    letter.data = {**data, "to": [letter.to] if letter.to else []}
    pdf_of(letter)
    return _saved(letter)


def hand_over(letter: Letter, version: int, how: str) -> Letter:
    """Records that a letter was given, sent or read out. Call inside an act. Errors: BadInput, Conflict."""
    if how not in HANDED:
        raise BadInput("Choose how it was handed over.", "how")
    letter = locked_letter(letter, version)
    if letter.handed_over:
        raise Conflict("This is recorded already. Nothing was saved.")
    open_deed()
    letter.handed_over, letter.handed_how = clock.now(), how
    return _saved(letter)


def close_letter(letter: Letter, version: int, why: str) -> Letter:
    """Closes a referral that no answer is awaited for any more. Call inside an act. Errors: BadInput, Conflict."""
    letter = locked_letter(letter, version)
    why = clean_name(why, field="why")
    if not why:
        raise BadInput("Say why no answer is awaited any more.", "why")
    if letter.closed or letter.answered:
        raise Conflict("This referral is closed already. Nothing was saved.")
    letter.closed, letter.closed_why = clock.now(), why
    return _saved(letter)


def locked_letter(letter: Letter, version: int) -> Letter:
    """The letter, locked, if it still has this version. Errors: Conflict (S-56)."""
    found = referring.locked_letter(letter)
    if found.version != version:
        raise Conflict("This letter has been changed on another page since you opened it. Nothing was saved.")
    return found


def _saved(letter: Letter) -> Letter:
    letter.version += 1
    letter.save()
    return letter


def age_of(letter: Letter, today: date, time_zone: str) -> Age:
    """How old an open referral is, against what its urgency allows."""
    made = letter.made.astimezone(ZoneInfo(time_zone)).date()
    return Age((today - made).days, OVERDUE_DAYS.get(letter.urgency, OVERDUE_DAYS["routine"]))


def asked_rules(reading: Reading) -> list[str]:
    """Rules of a decision that a clinician is asked about: those that hold and forbid massage, the decisive first."""
    pathway = reading.pathway
    found = [row["rule"] for row in reading.answer.get("reasons", ()) if row["disposition"] in REFERRED]
    return [rule for rule in found if pathway is not None and rule in pathway.rule]


# --- parts that all documents share ---------------------------------------------------------------------------------


def practice_head(practice: Practice, therapist: User | None) -> letters.Practice:
    """The head of a letter: the practice, and who answers for it."""
    return letters.Practice(
        name=practice.name,
        address=tuple(line.strip() for line in practice.address.splitlines() if line.strip()),
        phone=practice.phone,
        therapist=therapist.name if therapist else "",
        profession=therapist.title if therapist else "",
        email=practice.email,
        paper="us-letter" if practice.country in ("US", "CA") else "a4",
    )


def about_person(person: Person) -> letters.Person:
    return letters.Person(person.name, person.birth_date)


def stamp(decision: Decision) -> letters.PathwayStamp:
    """Which pathway decided."""
    return letters.PathwayStamp(decision.pathway, decision.pathway_version, decision.digest)


def reasons_of(pathway: Pathway, told: Mapping[str, Any]) -> tuple[letters.Reason, ...]:
    """The rules that forbid massage, as the decision gives them, with the facts that were used in words."""
    return tuple(
        letters.Reason(
            row["rule"] if row["rule"] in pathway.rule else "",
            row["because"],
            label(row["rule"]),
            tuple(_pair(pathway, name, value) for name, value in row["facts"].items()),
        )
        for row in told.get("reasons", ())
        if row["disposition"] in REFERRED
    )


def answers_of(reading: Reading) -> letters.Answers:
    """What was answered, anything but a plain "no" first; what is open and could matter; what could not be said."""
    pathway = reading.pathway
    if pathway is None:
        return letters.Answers()
    document, vocabulary = document_of(reading.decision), pathway.vocabulary
    _, unsure = unknown_facts(reading)
    open_facts = [row["fact"] for row in reading.answer.get("ask", ())]
    try:
        known = known_facts(pathway, document)
    except Exception:  # an urgent hand-over goes out with what there is
        known = document.get("facts", {})
    told = [
        name for name, fact in vocabulary.facts.items() if fact.stage != "derived" and name not in pathway.worked_out
    ]
    said = {name: _pair(pathway, name, known[name]) for name in told if name in known}
    said_no = [what for what, words in said.values() if words.casefold() == "no"]
    pairs = [pair for pair in said.values() if pair[1].casefold() != "no"]
    if said_no:
        pairs.append(("Answered “no”", ", ".join(said_no)))
    return letters.Answers(
        known=tuple(pairs),
        not_asked=tuple(fact_label(vocabulary, name) for name in open_facts if name not in unsure),
        cannot_say=tuple(fact_label(vocabulary, name) for name in unsure),
    )


def massage_of(episode: Episode, pathway: Pathway) -> letters.MassageGiven:
    """The sessions given so far, from their touches."""
    from palpate.clinic.deciding import visit_of

    given = [session for session in care.sessions(episode) if session.massage_given]
    visits = [visit_of(session) for session in given]
    minutes = sorted({visit.minutes for visit in visits if visit.minutes})
    gaps = [(after.day - before.day).days for before, after in pairwise(given)]
    protocol = pathway.protocols.get(episode.protocol or pathway.default_protocol)
    return letters.MassageGiven(
        sessions=len(given),
        planned=protocol.sessions if protocol else None,
        minutes=_span(minutes, "minutes"),
        spacing=f"{_span(sorted(set(gaps)), 'days')} apart" if gaps else "",
        techniques=tuple(label(name) for name in sorted({name for visit in visits for name in visit.techniques})),
        first=given[0].day if given else None,
        last=given[-1].day if given else None,
    )


def scores_of(episode: Episode) -> tuple[letters.parts.Pairs, letters.parts.Pairs]:
    """Pain and own activities, first and latest, in words. Empty where nothing was rated."""
    rows = [row for row in care.measures(episode) if not row.taken_back]
    pain = [row for row in rows if row.name == "pain_nrs" and row.value is not None]
    pairs = []
    if pain:
        pairs.append(("Pain, last week, 0 to 10", _from_to([(row.day, row.value) for row in pain])))
    rated = [(row.day, list(row.values)) for row in rows if row.name == "own_activities" and row.values]
    activities = []
    for at, name in enumerate(episode.activities):
        scores = [(day, values[at]) for day, values in rated if at < len(values) and values[at] is not None]
        if scores:
            activities.append((str(name), _from_to(scores) + " (0 to 10, high is good)"))
    return tuple(pairs), tuple(activities)


def _from_to(scores: Sequence[tuple[date, float | None]]) -> str:
    (first_day, first), (last_day, last) = scores[0], scores[-1]
    said = f"{first:g} on {_said_day(first_day)}"
    return said if len(scores) == 1 else f"{said}, {last:g} on {_said_day(last_day)}"


def _background(episode: Episode, pathway: Pathway, document: Mapping[str, Any]) -> letters.parts.Pairs:
    pairs = []
    if episode.complaint:
        pairs.append(("Complaint, in the person's words", episode.complaint))
    if episode.onset:
        pairs.append(("Began", _said_day(episode.onset)))
    if episode.person.doctor:
        pairs.append(("Family doctor", episode.person.doctor))
    lifted = [
        f"{row['outcome'].replace('_', ' ')} on {row['date']}, {row.get('by', '')}"
        for row in document.get("clearances", ())
    ]
    if lifted:
        pairs.append(("Earlier answers of clinicians", "; ".join(lifted)))
    return tuple(pairs)


def _valid_for(pathway: Pathway, rules: Sequence[str]) -> str:
    days = [pathway.rule[rule].clearance_days for rule in rules if pathway.rule[rule].clearance_days]
    return f"{min(day for day in days if day)} days" if days else ""


def _urgency(told: Mapping[str, Any]) -> Any:
    if told["disposition"] == "emergency":
        return "same_day"
    return told["urgency"] or "routine"


def _pair(pathway: Pathway, name: str, value: Any) -> tuple[str, str]:
    fact = pathway.vocabulary.facts.get(name)
    said = "could not say" if value == "unsure" else answer(fact, value).strip("“”")
    return fact_label(pathway.vocabulary, name), said


def _span(numbers: Sequence[int], unit: str) -> str:
    if not numbers:
        return ""
    low, high = numbers[0], numbers[-1]
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _said_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _user(actor: Actor, episode: Episode) -> User | None:
    """Who signs: the therapist who makes the letter, else the one in charge of the episode."""
    from palpate.clinic.access.practice import user_of

    return user_of(actor.user_id) if actor.user_id else referring.therapist_of(episode)


def due_on(made: datetime, urgency: str, time_zone: str) -> date:
    """The day by which an answer is expected."""
    days = OVERDUE_DAYS.get(urgency, OVERDUE_DAYS["routine"])
    return made.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=days)


def overdue_before(day: date, time_zone: str) -> tuple[dict[str, datetime], datetime]:
    """Since when a referral must have waited to be overdue on a day: by urgency, and for every other one.

    It is `due_on` the other way round: made before that instant, the day by which an answer was expected has passed.
    """

    def begins(days: int) -> datetime:
        return datetime.combine(day - timedelta(days=days), time.min, ZoneInfo(time_zone))

    return {urgency: begins(days) for urgency, days in OVERDUE_DAYS.items()}, begins(OVERDUE_DAYS["routine"])
