"""Packages: sessions of one service that were paid in advance, taken one by one, and what is due back of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from palpate.clinic.access import paying as rows
from palpate.clinic.access.trail import locked_head
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Decision,
    Episode,
    HowPaid,
    Package,
    PackageUse,
    Person,
    Receipt,
    Service,
    Session,
)
from palpate.clinic.moment import now
from palpate.clinic.paying import rules, sums
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import hand_of

MOST_SESSIONS, MOST_CENTS = 50, 100_000_00
# Decisions after which the course does not go on; `do_not_massage_now` only where it has lasted.
STOPS = frozenset({"emergency", "change_treatment", "complete"})
PAUSES = "do_not_massage_now"
LASTING = timedelta(days=14)  # a choice of this program: shorter pauses are common and need no refund


@dataclass(frozen=True)
class Standing:
    """One package as it stands: how much of it was used, and what would be refunded now, in hundredths."""

    package: Package
    used: int
    kept: int

    @property
    def left(self) -> int:
        """Sessions that were paid and not given yet; none of a package that has ended."""
        return self.package.sessions - self.used if self.package.state == Package.State.OPEN else 0

    @property
    def refund(self) -> int:
        return self.package.price_cents - self.kept


def standing(package: Package, used: int) -> Standing:
    """A package with what is due back of it by its own rule."""
    kept = sums.kept(package.refund_rule, package.price_cents, package.sessions, used, package.list_cents)
    return Standing(package, used, kept)


def standing_of(person: Person) -> list[Standing]:
    """All packages of a person, oldest first."""
    return [standing(row, row.used) for row in rows.packages_of(person)]


def has_stopped(person: Person) -> bool:
    """Whether massage does not go on: every open episode's decision stops it, an emergency stands, or none is open.

    Without any episode nothing has stopped yet.
    """
    courses = rows.courses(person)
    if any(decisions and decisions[0].disposition == "emergency" for _, decisions in courses):
        return True
    return bool(courses) and all(
        episode.state == Episode.State.CLOSED or _stops(decisions) for episode, decisions in courses
    )


def _stops(decisions: Sequence[Decision]) -> bool:
    """Whether an episode's decisions, newest first, stop its course."""
    if not decisions:
        return False
    if decisions[0].disposition in STOPS:
        return True
    since = None
    for decision in decisions:
        if decision.disposition != PAUSES:
            break
        since = decision.at
    return since is not None and now() - since >= LASTING


def sell(
    actor: Actor, person: Person, service: Service, *, sessions: int, price: int, how: str, day: date
) -> tuple[Package, Receipt]:
    """Sells a package, and makes the receipt for it. Takes price: of the whole, in hundredths.

    Errors  BadInput with the field, also for a service that has no price: a refund at the usual price needs one.
    """
    from palpate.clinic.paying.receipts import receipt_for_package

    locked_head()
    if not 1 <= sessions <= MOST_SESSIONS:
        raise BadInput(f"from 1 to {MOST_SESSIONS} sessions", "sessions")
    if not 0 < price <= MOST_CENTS:
        raise BadInput("a price above nothing", "price")
    if service.price_cents is None or not service.active:
        raise BadInput("choose a service that can be booked and has a price", "service")
    if how not in HowPaid.values:
        raise BadInput("say how it was paid", "how")
    package = Package(person=person, service=service, sessions=sessions, price_cents=price, bought=day, made=now())
    package.list_cents, package.currency = service.price_cents, rules.currency()
    package.refund_rule, package.by_id = rows.rules().refund_rule, hand_of(actor)
    package.save(force_insert=True)
    return package, receipt_for_package(actor, package, how, day)


def take_given(actor: Actor, session: Session) -> PackageUse | None:
    """Takes a session that was given from the person's oldest open package of its service; None where there is none."""
    appointment = session.appointment
    if not session.massage_given or appointment is None or appointment.service_id is None:
        return None
    for package in rows.packages_of(session.episode.person):
        if package.state == Package.State.OPEN and package.service_id == appointment.service_id:
            return take(actor, package, session)
    return None


def take(actor: Actor, package: Package, session: Session) -> PackageUse:
    """Takes a given session from a package. Errors: Conflict, where that cannot be."""
    locked_head()
    held, used = rows.locked_package(package)
    if held.state != Package.State.OPEN or used >= held.sessions:
        raise Conflict("Nothing is left of this package. Nothing was saved.")
    if not session.massage_given or rows.use_of(session) is not None:
        raise Conflict("This session was taken from a package already, or no massage was given in it.")
    use = PackageUse(package=held, session=session, number=used + 1, at=now(), by_id=actor.user_id)
    use.save(force_insert=True)
    if use.number == held.sessions:
        held.state = Package.State.USED
    held.version += 1
    held.save()
    return use
