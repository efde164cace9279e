"""Sending what lies in the outbox, one message at a time (S-60).

A message is taken under a lease, in an act of its own that also makes its link; then it is sent, outside any
transaction; then a second act notes what came of it. Whoever dies in between loses nothing: when the lease is over,
another takes the message again.

Sent at least once, and twice only if a process dies between the two acts. The key of a message says to a gateway, and
its Message-ID to a mail server, that it is the same one again. The words of a message with a link are kept by the
process that made them, so that a further try carries the same link under the same key. Only after a death are they made
anew: then the link is new, the old one is dead (S-15), and the key is new too, since under the old one a gateway would
leave people with the dead link.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from palpate.clinic import clock_guard, moment, phone_links
from palpate.clinic.access import messages as rows
from palpate.clinic.access import practice as the
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.messages.outbox import purpose_of, queue
from palpate.clinic.messages.times import is_on, waits_from
from palpate.clinic.messages.words import LINKS, REASONS, TIMED, clinic_name, fill, language_of, spoken, words
from palpate.clinic.models import Appointment, Message, Person
from palpate.clinic.refusals import BadInput, Refused

log = logging.getLogger("palpate.messages")

State, Kind = Message.State, Message.Kind
LEASE = timedelta(minutes=5)  # longer than a mail server or a gateway may take
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # between tries; the last stays
STILL_TO_COME = (Appointment.State.BOOKED, Appointment.State.ARRIVED)
PHONE_DIGITS = (7, 15)  # of a number with its country code, by ITU-T E.164
BETWEEN_DIGITS = " -()/."


@dataclass(frozen=True)
class Outgoing:
    """One message, ready to be sent. `key` is the same at every try of the same words."""

    key: str
    channel: str
    to: str
    subject: str
    text: str
    language: str


class NotSent(Exception):
    """A message was not sent. `reason` is a key of REASONS; `final`: another try would not help either."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Way(Protocol):
    """One way by which messages go out."""

    def send(self, message: Outgoing) -> None:
        """Hands a message over. Errors: NotSent."""


@dataclass(frozen=True)
class Ways:
    """What the worker sends by. `email` or `sms` None: there is no such server. `site`: "" where there is no public
    address, so that no link can be sent; else it begins every link."""

    email: Way | None
    sms: Way | None
    site: str

    def of(self, channel: str) -> Way | None:
        return {"email": self.email, "sms": self.sms}.get(channel)


class _Nothing(Exception):
    """Somebody else was faster; undoes the act, so that it leaves no row."""


def address_of(person: Person) -> tuple[str, str]:
    """By which way and where somebody agreed to be written to. Errors: NotSent, with the reason why nowhere."""
    if person.contact_by == "email":
        if not person.email:
            raise NotSent("no_email", final=True)
        return "email", person.email
    if person.contact_by == "sms":
        return "sms", _phone(person.phone)
    raise NotSent("wishes_none" if person.contact_by == "none" else "not_asked", final=True)


def send_link(person: Person, purpose: str, appointment: Appointment | None = None) -> Message:
    """A link that a member of the staff sends now, instead of showing it. Call inside an act.

    Takes   purpose: as of `palpate.clinic.phone_links`; appointment: the visit of a check-in
    Errors  BadInput: no such purpose, a check-in without its visit, or the person cannot be written to, and why.
    """
    kinds = {purpose: kind for kind, purpose in LINKS.items()}
    if purpose not in kinds or (purpose == phone_links.CHECK_IN and appointment is None):
        raise BadInput("Choose what the link is for. Nothing was sent.", "purpose")
    try:
        address_of(person)
    except NotSent as fault:
        raise BadInput(f"{person.name} cannot be written to: {REASONS[fault.reason]}. Nothing was sent.") from None
    message = queue(kinds[purpose], person, appointment=appointment)
    if message is None:
        raise BadInput("Such messages are switched off in the settings. Nothing was sent.")
    return message


def _phone(told: str) -> str:
    """A telephone number as +, country and number; national ones are not guessed at. Errors: NotSent."""
    digits = "".join(letter for letter in told.strip() if letter not in BETWEEN_DIGITS)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    low, high = PHONE_DIGITS
    if not (digits[:1] == "+" and digits[1:].isascii() and digits[1:].isdigit() and low <= len(digits) - 1 <= high):
        raise NotSent("no_phone", final=True)
    return digits


class Postman:
    """Sends what is due. One for each process that works; `step` may be called by hand."""

    def __init__(self, ways: Ways, stopped: Callable[[], bool] = lambda: False) -> None:
        self.ways = ways
        self.stopped = stopped
        # Words that were made and have not arrived yet, each with the id of its link.
        self._kept: dict[uuid.UUID, tuple[Outgoing, uuid.UUID | None]] = {}

    def run(self, most: int = 50) -> int:
        """Sends what is due, up to so many messages. Returns how many it looked at."""
        done = 0
        while done < most and not self.stopped() and self.step():
            done += 1
        return done

    def step(self) -> bool:
        """One message: takes it, sends it, notes what came of it. Returns whether there was one.

        While the clock cannot be right nothing is sent, since nobody knows what is due (S-58). At night only what would
        be of no use in the morning goes out: a visit cancelled late in the evening, that was to be early next day.
        """
        at = moment.now()
        if not rows.anything_due(at, waits_from(at)) or clock_guard.stopped():
            return False
        try:
            taken = self._take()
        except _Nothing:
            return False
        if taken is None:
            return True
        message, outgoing, lease = taken
        try:
            way = self.ways.of(outgoing.channel)
            assert way is not None  # seen when it was taken
            way.send(outgoing)
        except NotSent as fault:
            self._failed(message, lease, fault)
        else:
            self._sent(message)
        return True

    # --- taking -------------------------------------------------------------------------------------------------------

    def _take(self) -> tuple[uuid.UUID, Outgoing, str] | None:
        """Takes one message under a lease and makes its words; None where it is settled without being sent."""
        at = moment.now()
        with act(the_program("messages"), "contact", "message-take", change=True) as deed:
            message = rows.claim(at, waits_from(at))
            if message is None:
                raise _Nothing
            person = rows.person_now(message)
            deed.concerns(person)
            deed.about |= {"message": str(message.pk), "kind": message.kind}
            over = _is_over(message, at)
            if over is not None:
                self._settle(message, *over)
                return None
            try:
                kept = self._still_good(message) or self._made(message, person)
            except NotSent as fault:
                state = State.WITHDRAWN if fault.reason == "no_link" else State.FAILED
                self._settle(message, state, fault.reason)
                return None
            outgoing = kept[0]
            lease = uuid.uuid4().hex
            message.lease, message.lease_until, message.channel = lease, at + LEASE, outgoing.channel
            message.attempts += 1
            message.save(update_fields=["lease", "lease_until", "channel", "attempts", "rendered"])
        self._kept[message.pk] = kept
        return message.pk, outgoing, lease

    def _still_good(self, message: Message) -> tuple[Outgoing, uuid.UUID | None] | None:
        """The words that an earlier try made, unless their link has ended meanwhile."""
        kept = self._kept.get(message.pk)
        if kept is None or (kept[1] is not None and phone_links.live(kept[1], purpose_of(message)) is None):
            return None
        return kept

    def _made(self, message: Message, person: Person) -> tuple[Outgoing, uuid.UUID | None]:
        """The words of a message, with a new link where it carries one. Errors: NotSent."""
        channel, to = address_of(person)
        purpose = purpose_of(message)
        if self.ways.of(channel) is None:
            raise NotSent("no_way", final=True)
        if purpose and not self.ways.site:
            raise NotSent("no_site", final=True)
        language = language_of(person.language)
        told = {"clinic": clinic_name(language)}
        if message.kind in TIMED and message.when is not None:
            told["time"] = spoken(message.when, _zone(message), language)
        link = None
        if purpose:
            try:
                made = phone_links.make(purpose, person, message.appointment, message.episode)
            except Refused:
                raise NotSent("no_link", final=True) from None
            told["link"], link = f"{self.ways.site}{made.path}", made.link.pk
        message.rendered += 1
        key = message.pk.hex if not purpose or message.rendered == 1 else f"{message.pk.hex}-{message.rendered}"
        said = words(message.kind, language)
        return Outgoing(key, channel, to, fill(said.subject, told), fill(said.text, told), language), link

    # --- settling -----------------------------------------------------------------------------------------------------

    def _sent(self, id: uuid.UUID) -> None:
        with _settling(id, "message-sent") as message:
            # Also where the lease has run out meanwhile: it has arrived, and nobody should send it once more.
            if message.state == State.WAITING:
                message.sent = moment.now()
                self._settle(message, State.SENT, "")
        self._kept.pop(id, None)

    def _failed(self, id: uuid.UUID, lease: str, fault: NotSent) -> None:
        at = moment.now()
        log.warning("a message was not sent", extra={"kind": fault.reason})
        with _settling(id, "message-not-sent") as message:
            if message.state != State.WAITING or message.lease != lease:
                return
            if fault.final:
                self._settle(message, State.FAILED, fault.reason)
                return
            message.next_try = at + DELAYS[min(message.attempts, len(DELAYS)) - 1]
            message.lease, message.lease_until, message.reason = "", None, fault.reason
            message.save(update_fields=["next_try", "lease", "lease_until", "reason"])

    def _settle(self, message: Message, state: str, reason: str) -> None:
        message.state, message.reason = state, reason
        message.lease, message.lease_until = "", None
        message.save()
        self._kept.pop(message.pk, None)


@contextmanager
def _settling(id: uuid.UUID, name: str) -> Iterator[Message]:
    """An act about one message, which is locked meanwhile."""
    with act(the_program("messages"), "contact", name, change=True) as deed:
        message = rows.locked(id)
        deed.concerns(message.person_id)
        deed.about |= {"message": str(id), "kind": message.kind}
        yield message


def _is_over(message: Message, at: datetime) -> tuple[str, str] | None:
    """State and reason of a message that need not be sent any more; None where it must."""
    if not is_on(message.kind):
        return State.WITHDRAWN, "off"
    visit = message.appointment
    if visit is not None and message.kind != Kind.CANCELLED and not _stands(visit, message):
        return State.WITHDRAWN, "changed"
    if message.kind == Kind.CHECK_IN and visit is not None and rows.answered([visit.pk]):
        return State.WITHDRAWN, "answered"
    if at >= message.stale_after:
        return State.DROPPED, "stale"
    return None


def _stands(visit: Appointment, message: Message) -> bool:
    """Whether an appointment is still to be at the time that a message tells."""
    return visit.state in STILL_TO_COME and visit.starts == message.when


def _zone(message: Message) -> str:
    """The time zone whose clock the person sees."""
    practice = the.the_practice()
    own = message.appointment.zone if message.appointment is not None else ""
    return own or (practice.time_zone if practice is not None else "UTC")
