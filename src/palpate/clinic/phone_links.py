"""Links to a person's own telephone: one purpose, one person, one appointment or episode (S-15 to S-19).

A link asks for no account. Opening its page spends nothing; the code is posted by a tap, and from then on the browser's
session knows the link's id and nothing else. What the link is for is looked at again with every request, so a link that
was used, ended or has run out opens nothing, whatever session there is.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from palpate.clinic import clock_guard
from palpate.clinic import moment as clock
from palpate.clinic.access import phone as find
from palpate.clinic.actor import PERSON, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.link_codes import LONGEST, MOST_MISSES, hash_of, new_code
from palpate.clinic.models import Appointment, Episode, Person, PhoneLink
from palpate.clinic.refusals import BadInput, Conflict

INTAKE, CHECK_IN, AFTER, PLAN = (purpose.value for purpose in PhoneLink.Purpose)
PURPOSES = (INTAKE, CHECK_IN, AFTER, PLAN)
PATH = "/link/my/"  # where every such link leads; the code stands after the sign #
AFTER_START = timedelta(hours=2)  # a check-in may be sent so long after its appointment began
LIFE = {
    INTAKE: timedelta(days=14),
    CHECK_IN: timedelta(days=14),
    AFTER: timedelta(days=7),
    PLAN: timedelta(days=30),
}  # at most; S-18 fixes those of check-in and plan, the others are ours
IDLE = timedelta(minutes=30)  # a session of a link, since its last use
COMING = (Appointment.State.BOOKED, Appointment.State.ARRIVED)


@dataclass(frozen=True)
class Made:
    """A new link; `secret` is shown or sent now and never again."""

    secret: str
    link: PhoneLink

    @property
    def path(self) -> str:
        """The path of the link on this installation's site, with its secret."""
        return f"{PATH}#{self.secret}"


def make(
    purpose: str,
    person: Person,
    appointment: Appointment | None = None,
    episode: Episode | None = None,
    *,
    by: uuid.UUID | None = None,
) -> Made:
    """A new link; an older one for the same purpose, person and appointment dies. Call inside an act.

    Takes   appointment: of a check-in, which has one; of the others, the visit that the link came with, if any.
            episode: what it is about; absent: that of the appointment, else the person's newest open one.
            by: the member of the staff who made it; absent: the program.
    Errors  BadInput: no such purpose, or a check-in without an appointment; Conflict: nothing is open that the link
            could be about, the appointment is over, or it is another person's.
    """
    deed = open_deed()
    if purpose not in PURPOSES:
        raise BadInput("there is no link for this purpose", "purpose")
    if purpose == CHECK_IN and appointment is None:
        raise BadInput("a check-in belongs to an appointment; choose one", "appointment")
    owners = {row.person_id for row in (appointment, episode) if row is not None}
    if person.merged_into_id is not None or owners - {person.pk}:
        raise Conflict("This record belongs to another person. Nothing was saved.")
    if episode is None and appointment is not None and appointment.episode_id is not None:
        episode = appointment.episode
    if episode is None:
        episode = find.newest_episode(person) if purpose == PLAN else find.open_episode(person)
    at = clock.now()
    link = PhoneLink(purpose=purpose, person=person, episode=episode, appointment=appointment, made=at, by_id=by)
    link.until = _until(link, at)
    if not _about_something(link):
        raise Conflict("There is no open episode, or no coming appointment, for this link. Nothing was saved.")
    for older in find.same_links(link):
        _end(older, "revoked")
    secret = new_code()
    link.secret_hash = hash_of(secret)
    link.save()
    deed.concerns(person)
    deed.about["phone_link"] = str(link.pk)
    return Made(secret, link)


def _until(link: PhoneLink, at: datetime) -> datetime:
    latest = at + LIFE[link.purpose]
    if link.purpose == CHECK_IN and link.appointment is not None:
        return min(latest, link.appointment.starts + AFTER_START)
    return latest


def revoke(link: PhoneLink) -> None:
    """Ends a link. Call inside an act. One that was used or ended before stays as it is."""
    open_deed()
    if link.revoked is None and link.spent is None:
        _end(link, "revoked")


def _end(link: PhoneLink, how: str) -> None:
    setattr(link, how, clock.now())
    link.draft = {}
    link.save(update_fields=[how, "draft"])


def link_of(secret: str) -> PhoneLink | None:
    """The link of a secret if it can be opened; None for wrong, spent, expired and revoked alike."""
    if len(secret) > LONGEST or clock_guard.stopped():
        return None
    link = find.link_by_hash(hash_of(secret))
    return link if link is not None and is_live(link) else None


def live(id: uuid.UUID, purpose: str, *, locked: bool = False) -> PhoneLink | None:
    """The link of a session, if it is for this purpose and still good."""
    link = find.link_by_id(id, locked=locked)
    if link is None or link.purpose != purpose or not is_live(link) or clock_guard.stopped():
        return None
    return link


def is_live(link: PhoneLink) -> bool:
    """Whether a link can be used now: neither spent, ended nor too old, and what it is about still stands."""
    return (
        not (link.revoked or link.spent) and clock.now() < min(link.until, _until_now(link)) and _about_something(link)
    )


def _until_now(link: PhoneLink) -> datetime:
    """The end of a link by the appointment as it stands now: it may have been moved to an earlier time."""
    if link.purpose == CHECK_IN and link.appointment is not None:
        return link.appointment.starts + AFTER_START
    return link.until


def _about_something(link: PhoneLink) -> bool:
    if link.person.locked is not None:
        return False
    if link.person.merged_into_id is not None or link.episode is None or link.episode.person_id != link.person_id:
        return False
    if link.purpose == CHECK_IN:
        appointment = link.appointment
        if appointment is None or appointment.person_id != link.person_id or appointment.state not in COMING:
            return False
        if appointment.starts + AFTER_START <= clock.now():
            return False
    return link.purpose == PLAN or link.episode.state == Episode.State.OPEN


def note_opened(link: PhoneLink) -> None:
    """Notes that a link was opened for the first time. Call inside an act."""
    open_deed()
    if link.opened is None:
        link.opened = clock.now()
        link.save(update_fields=["opened"])


def try_birth_date(link: PhoneLink, born: date) -> bool:
    """Whether this is the person's birth date; else counts a miss. At the fifth the link dies. Call inside an act."""
    open_deed()
    if born == link.person.birth_date:
        return True
    if find.count_miss(link) >= MOST_MISSES:
        _end(link, "revoked")
    return False


def spend(link: PhoneLink) -> None:
    """Ends a link with what was sent by it. Call inside an act."""
    open_deed()
    _end(link, "spent")


def actor_of(link: PhoneLink, address: str = "", request: str = "") -> Actor:
    """The person behind a link: no user, one role."""
    return Actor(f"link:{link.pk.hex}", frozenset({PERSON}), address=address, request=request)


def clear_drafts() -> int:
    """Empties what was tapped into links that have run out and was never sent. Call inside an act.

    Returns  how many there were.
    """
    open_deed()
    ended = find.ended_drafts(clock.now())
    for link in ended:
        link.draft = {}
        link.save(update_fields=["draft"])
    return len(ended)
