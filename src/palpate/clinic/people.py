"""What is done with the records of people: made, changed, shared with a colleague; episodes opened and closed.

Call everything here inside an act. Texts are cleaned here, so that every door stores the same (S-23).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from palpate.clinic.access import people as rows
from palpate.clinic.access.practice import therapists
from palpate.clinic.actor import THERAPIST, Actor
from palpate.clinic.finding import FIRST_BIRTH
from palpate.clinic.models import Answer, CareTeam, Episode, Person, User
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name, clean_text, match_name
from palpate.clinic.refusals import BadInput, Conflict, Forbidden

# The fields of a person that a page may write, with the most characters of each (S-10). Nothing else is writable.
LONGEST = {
    "given_name": 200,
    "family_name": 200,
    "phone": 40,
    "email": 254,
    "address": 500,
    "emergency_contact": 200,
    "doctor": 200,
    "language": 12,
    "contact_by": 8,
}
CONTACT = ("phone", "email", "address", "emergency_contact", "doctor", "language", "contact_by")
# By which way somebody agreed to be written to. Empty: nobody has asked, so nothing is sent.
CONTACT_BY = {
    "": "Not asked yet: send nothing",
    "email": "By e-mail",
    "sms": "By text message",
    "none": "Wishes no messages",
}
ONSET = "pain_duration_days"
ALIKE = 0.8  # how alike two names of one birth date must be to ask whether they are one person; 1 is the same

CLOSE_WHY = {
    "finished": "The treatment is finished",
    "other_care": "Other care takes over",
    "stopped": "The person does not come any more",
    "wish": "The person wishes to stop",
    "mistake": "The episode was opened by mistake",
}
REOPEN_WHY = {
    "back_again": "The same pain has come back",
    "mistake": "The episode was closed by mistake",
    "goes_on": "The treatment goes on after all",
}


@dataclass(frozen=True)
class Double:
    """Somebody who may be the person that is to be made. `why` says what is the same."""

    person: Person
    why: str


def clean_fields(told: Mapping[str, str]) -> dict[str, str]:
    """The writable texts of a person as they are stored. Errors: BadInput with the field, one not listed too."""
    found = {}
    for name, text in told.items():
        if name not in LONGEST:
            raise BadInput(f"{name} cannot be written", name)
        clean = clean_text(text, field=name).strip() if name == "address" else clean_name(text, field=name)
        if len(clean) > LONGEST[name]:
            raise BadInput(f"this is {len(clean)} characters long; {LONGEST[name]} are allowed", name)
        found[name] = clean
    if not found.get("given_name", "x"):
        raise BadInput("a person needs a name", "given_name")
    if found.get("email"):
        try:
            validate_email(found["email"])
        except ValidationError:
            raise BadInput("this is no address for e-mail; it looks like name@example.org", "email") from None
    if found.get("contact_by", "") not in CONTACT_BY:
        raise BadInput("choose email, sms, none, or leave it empty", "contact_by")
    if "language" in found:
        found["language"] = found["language"] or "en"
    return found


def check_birth(day: date, today: date) -> date:
    """The birth date, if it can be one: 1900 to today (S-24). Errors: BadInput."""
    if not FIRST_BIRTH <= day <= today:
        raise BadInput(f"a birth date lies between 1 January 1900 and {today.day} {today:%B %Y}", "birth_date")
    return day


def alike(one: str, other: str) -> bool:
    """Whether two compared names may be one: parts turned round or left out, or a letter or two apart."""
    if one == other:
        return True
    mine, theirs = set(one.split()), set(other.split())
    if mine <= theirs or theirs <= mine:
        return True
    return SequenceMatcher(None, " ".join(sorted(mine)), " ".join(sorted(theirs)), autojunk=False).ratio() >= ALIKE


def doubles(name: str, born: date, but: Collection[uuid.UUID] = ()) -> list[Double]:
    """Who in the practice may be the same human being: the same name, or the same birth date and a name that is alike.

    Takes  name: as `match_name` makes it.  but: ids of records to leave out.
    """
    found = []
    for person in rows.same_name_or_birth(name, born, but)[:500]:
        if person.match_name == name:
            same = "same name and birth date" if person.birth_date == born else "same name, another birth date"
            found.append(Double(person, same))
        elif alike(person.match_name, name):
            found.append(Double(person, "same birth date, a name that is alike"))
    return sorted(found, key=lambda double: double.why != "same name and birth date")


def make_person(
    actor: Actor, told: Mapping[str, str], born: date, today: date, therapist: User | None = None
) -> Person:
    """Stores a new person. A therapist who makes them joins the care team, and so does `therapist`.

    Errors  BadInput, with the field.
    """
    person = Person(**clean_fields(told), birth_date=check_birth(born, today), created=now())
    person.match_name = match_name(person.name)
    person.save(force_insert=True)
    if actor.is_any(THERAPIST) and actor.user_id is not None:
        CareTeam(person=person, therapist_id=actor.user_id, since=now()).save(force_insert=True)
    if therapist is not None and therapist.pk != actor.user_id:
        join_team(person, therapist)
    return person


def change_person(person: Person, version: int, told: Mapping[str, str], born: date, today: date) -> Person:
    """Changes contact data, name or birth date. Errors: BadInput; Conflict where somebody was quicker (S-56)."""
    clean = clean_fields(told)
    held = rows.locked(person)
    if held.version != version:
        raise Conflict("Somebody else has changed this record meanwhile.")
    for name, text in clean.items():
        setattr(held, name, text)
    held.birth_date = check_birth(born, today)
    held.match_name = match_name(held.name)
    held.version += 1
    held.save()
    return held


def join_team(person: Person, therapist: User) -> None:
    """A therapist joins the care team; one who is in it stays. Errors: BadInput where that user treats nobody."""
    if not therapists().filter(pk=therapist.pk).exists():
        raise BadInput("only somebody who treats people can join a care team", "therapist")
    rows.locked(person)
    if not rows.in_team(person, therapist):
        CareTeam(person=person, therapist=therapist, since=now()).save(force_insert=True)


def leave_team(person: Person, therapist: User) -> None:
    """A therapist leaves the care team. Errors: Forbidden for the last one: somebody must be in charge."""
    rows.locked(person)
    if rows.in_team(person, therapist) and rows.team_of(person).count() == 1:
        raise Forbidden("Somebody has to stay in the care team. Add another therapist first.")
    rows.leave_team(person, therapist)


def open_episode(actor: Actor, person: Person, complaint: str, onset: date | None, today: date) -> Episode:
    """A new episode of back pain. Errors: BadInput, also for an onset before the birth or after today."""
    text = clean_name(complaint, field="complaint")
    if onset is not None and not person.birth_date <= onset <= today:
        raise BadInput("it cannot have begun before the person was born, or after today", "onset")
    episode = Episode(person=person, therapist_id=actor.user_id, complaint=text, onset=onset, opened=now())
    episode.save(force_insert=True)
    if (
        onset is not None
    ):  # the day is the episode's; that it was told stays among the answers (see intake.keep_answers)
        told = Answer(episode=episode, fact=ONSET, state=Answer.State.ANSWERED, value=(today - onset).days, day=today)
        told.at, told.by_id = episode.opened, actor.user_id
        told.save(force_insert=True)
    return episode


def close_episode(episode: Episode, version: int, why: str, more: str = "") -> Episode:
    """Closes an episode for a listed reason. Errors: BadInput; Conflict."""
    if why not in CLOSE_WHY:
        raise BadInput("choose why the episode is closed", "why")
    told = clean_name(more, field="more")
    text = f"{CLOSE_WHY[why]}: {told}" if told else CLOSE_WHY[why]
    if len(text) > 200:
        raise BadInput("this is too long; say it in fewer words", "more")
    held = _held(episode, version)
    if held.state != Episode.State.OPEN:
        raise Conflict("This episode is closed already. Nothing was changed.")
    held.state, held.closed, held.closed_why = Episode.State.CLOSED, now(), text
    held.save()
    return held


def reopen_episode(episode: Episode, version: int, why: str) -> Episode:
    """Opens a closed episode again for a listed reason, which the audit trail keeps. Errors: BadInput; Conflict."""
    if why not in REOPEN_WHY:
        raise BadInput("choose why the episode is opened again", "why")
    held = _held(episode, version)
    if held.state != Episode.State.CLOSED:
        raise Conflict("This episode is open already. Nothing was changed.")
    held.state, held.closed, held.closed_why = Episode.State.OPEN, None, ""
    held.save()
    return held


def _held(episode: Episode, version: int) -> Episode:
    held = rows.locked_episode(episode)
    if held.version != version:
        raise Conflict("This episode has changed meanwhile. Nothing was saved. Open the page again.")
    held.version += 1
    return held
