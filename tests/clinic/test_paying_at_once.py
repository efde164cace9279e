"""Many at the desk at one moment: numbers keep without a gap, and nothing is paid, taken or given back twice."""

from __future__ import annotations

from typing import Any

import pytest

from palpate.clinic.models import Appointment, Package, PackageUse, Receipt
from palpate.clinic.paying import packages, receipts
from palpate.clinic.refusals import Conflict
from tests.clinic.test_booking_once import at_once
from tests.clinic_world import make_world
from tests.paying_world import act_as_desk, fee_of, given_session, priced

AT_ONCE = 12


@pytest.mark.django_db(transaction=True)
def test_receipts_made_at_one_moment_get_numbers_without_a_gap_and_a_fee_is_receipted_once() -> None:
    world = make_world()
    priced(world)
    fees = [fee_of(world, Appointment.State.NO_SHOW, 4000).pk.hex for _ in range(AT_ONCE)]
    shared = fee_of(world, Appointment.State.NO_SHOW, 2500).pk.hex

    def work(number: int, task: int) -> str:
        chosen: list[tuple[str, int | None]] = [(shared if number else fees[task], None)]
        try:
            with act_as_desk(world):
                receipts.make(world.actor(world.desk), world.person, chosen, "cash", world.day)
        except Conflict:
            return "refused"
        return "made"

    assert at_once(AT_ONCE, 2, work) == [{"made": AT_ONCE}, {"made": 1, "refused": AT_ONCE - 1}]
    assert sorted(Receipt.objects.values_list("number", flat=True)) == list(range(1, AT_ONCE + 2))


@pytest.mark.django_db(transaction=True)
def test_a_package_is_never_used_beyond_its_sessions_and_refunded_once() -> None:
    world = make_world()
    service = priced(world)
    with act_as_desk(world):
        told: dict[str, Any] = {"sessions": 5, "price": 20000, "how": "card", "day": world.day}
        package, _ = packages.sell(world.actor(world.desk), world.person, service, **told)
        other, _ = packages.sell(world.actor(world.desk), world.person, service, **told)
    sessions = [given_session(world, None, days) for days in range(AT_ONCE)]

    def work(number: int, task: int) -> str:
        try:
            with act_as_desk(world):
                if number:
                    receipts.refund(world.actor(world.desk), world.person, other, 1, "cash", world.day)
                else:
                    packages.take(world.actor(world.desk), package, sessions[task])
        except Conflict:
            return "refused"
        return "done"

    assert at_once(AT_ONCE, 2, work) == [{"done": 5, "refused": AT_ONCE - 5}, {"done": 1, "refused": AT_ONCE - 1}]
    assert sorted(PackageUse.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    assert set(Package.objects.values_list("state", flat=True)) == {"used", "refunded"}
    assert Receipt.objects.filter(kind="refund").count() == 1
