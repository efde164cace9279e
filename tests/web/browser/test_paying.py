"""Paying by hand, at the front desk: a package is sold, a receipt made, and the rest given back when massage stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from palpate.clinic.models import Package, Receipt
from palpate.clinic.paying import packages
from tests.clinic_world import World
from tests.paying_world import act_as_desk, fee_of, given_session, priced
from tests.web.browser.axe import violations
from tests.web.browser.tapper import Tapper


@pytest.mark.slow
def test_a_package_is_sold_used_receipted_and_refunded_on_a_telephone(
    world: World, tablets: Callable[..., Tapper]
) -> None:
    service = priced(world)
    desk = tablets(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    desk.narrow = True
    desk.sign_in(world.desk)
    seen: list[str] = []

    def looked_at() -> None:
        desk.fits()
        assert violations(desk.page) == []
        seen.append(desk.page.title())

    desk.go(f"/people/{world.person.pk}/")
    desk.follow("Receipts and packages", "link")
    looked_at()
    desk.follow("Sell a package", "link")
    desk.page.get_by_label("How many").fill("3")
    desk.page.get_by_label("Price of the whole").fill("200")
    desk.choose("How was it paid?", "Card")
    looked_at()
    desk.follow("Sell it and make the receipt")
    looked_at()
    session = given_session(world, service)
    given_session(world, None, 1)
    fee_of(world, "no_show", 4000)
    with act_as_desk(world):
        packages.take_given(world.actor(world.therapist), session)
        world.episode.state = "closed"
        world.episode.save()
    desk.go(f"/people/{world.person.pk}/")
    assert "due back" in desk.page.content()
    looked_at()
    desk.follow("How this is worked out and paid back", "link")
    looked_at()
    desk.choose("How is it paid back?", "Cash")
    desk.follow("Refund the rest")
    assert "-133.34 CAD" in desk.page.content()
    desk.go(f"/people/{world.person.pk}/payments/")
    looked_at()
    desk.follow("Make a receipt", "link")
    desk.page.get_by_label("Amount for").fill("65")
    desk.choose("How was it paid?", "Cash")
    looked_at()
    desk.follow("Make the receipt")
    looked_at()
    assert list(Receipt.objects.order_by("number").values_list("total_cents", flat=True)) == [20000, -13334, 10500]
    assert Package.objects.get().state == "refunded"
    assert len(seen) == 8
