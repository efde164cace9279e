"""Receipts are numbered without a gap and never changed; packages are used one by one and refunded by rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from palpate import letters
from palpate.clinic import moment
from palpate.clinic.access import paying as rows
from palpate.clinic.acts import act
from palpate.clinic.models import (
    Appointment,
    BookRules,
    Decision,
    MoneyRules,
    Package,
    Receipt,
    ReceiptLine,
    Service,
    Session,
)
from palpate.clinic.paying import packages, receipts, rules, sums
from palpate.clinic.paying.receipts import Asked
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library.languages import codes, say
from tests.clinic_world import World
from tests.paying_world import act_as_desk, fee_of, given_session, priced

MONEY = st.integers(0, 2_000_000)


# --- The arithmetic ---------------------------------------------------------------------------------------------------


@given(price=st.integers(1, 2_000_000), sessions=st.integers(1, 50), list_price=MONEY, data=st.data())
def test_what_is_kept_and_what_is_refunded_are_what_was_paid_and_never_more(
    price: int, sessions: int, list_price: int, data: Any
) -> None:
    used = data.draw(st.integers(0, sessions))
    for rule in ("share", "list"):
        kept = sums.kept(rule, price, sessions, used, list_price)
        assert 0 <= kept <= price
    kept = sums.kept("share", price, sessions, used, list_price)
    assert kept * sessions <= used * price < (kept + 1) * sessions  # rounded in favour of the person, by less than one
    assert sums.kept("list", price, sessions, used, list_price) <= used * list_price


@given(price=st.integers(1, 2_000_000), sessions=st.integers(1, 50))
def test_the_shares_of_a_package_add_up_to_its_price_and_to_what_is_kept(price: int, sessions: int) -> None:
    shares = [sums.share(price, sessions, number) for number in range(1, sessions + 1)]
    assert sum(shares) == price
    assert max(shares) - min(shares) <= 1
    for used in range(sessions + 1):
        assert sum(shares[:used]) == sums.kept("share", price, sessions, used, 0)


@given(total=st.integers(-2_000_000, 2_000_000), points=st.integers(1, 5000))
def test_the_tax_in_a_price_is_the_nearest_hundredth_and_the_same_for_money_that_goes_back(
    total: int, points: int
) -> None:
    tax = sums.contained_tax(total, points)
    assert abs(tax * (10_000 + points) - total * points) * 2 <= 10_000 + points
    assert sums.contained_tax(-total, points) == -tax


@pytest.mark.parametrize(
    ("cents", "currency", "said"),
    [(123456, "CAD", "1,234.56 CAD"), (-2550, "EUR", "-25.50 EUR"), (0, "EUR", "0.00 EUR"), (80000, "JPY", "800 JPY")],
)
def test_amounts_are_said_with_their_currency_and_its_figures(cents: int, currency: str, said: str) -> None:
    assert sums.in_words(cents, currency) == said


@pytest.mark.parametrize(("text", "points"), [("", None), ("13", 1300), ("8.1", 810), ("0.25 %", 25)])
def test_a_rate_is_read_and_said_again(text: str, points: int | None) -> None:
    assert rules.points_of(text, "tax_rate") == points
    if points:
        assert sums.rate_in_words(points) == f"{text.removesuffix(' %')} %"


@pytest.mark.parametrize("text", ["١٣", "1e1", "-5", "100", "8.123", "8,1"])
def test_s24_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        rules.points_of(text, "tax_rate")


# --- Receipts ---------------------------------------------------------------------------------------------------------


def test_a_receipt_holds_what_insurers_ask_for_and_no_clinical_word(world: World) -> None:
    service = priced(world)
    given_session(world, service)
    with act_as_desk(world):
        world.person.address = "1 Quay Lane\nHalifax"
        world.person.save()
        rules.keep(
            1, registration="BN 123", tax_number="RT 7", tax_name="HST", tax_points=1300, tax_note="",
            code_label="Code", refund_rule="share",
        )  # fmt: skip
        item = receipts.open_items(world.person)[0]
        asked = Asked("Dr Kim, 99887", "X12")
        row = receipts.make(world.actor(world.desk), world.person, [(item.id, None)], "card", world.day, asked)
    told = letters.from_data(row.data)
    assert isinstance(told, letters.Receipt)
    assert told.practice.name == "Harbour Street Back Care"
    assert (told.person.name, told.person.birth_date) == ("Ada Lind", date(1979, 4, 2))
    assert told.address == ("1 Quay Lane", "Halifax")
    assert told.issuer == (("Registration", "BN 123"), ("Tax number", "RT 7"))
    assert told.details == (("Referred by", "Dr Kim, 99887"), ("Code", "X12"))
    line = told.lines[0]
    assert (line.what, line.minutes, line.amount) == ("Back massage", "60", "80.00 CAD")
    assert line.therapist == "Therapist, RMT 4711"
    assert told.tax == "Contains 13 % HST: 9.20 CAD."
    assert told.total == "80.00 CAD"
    assert "Stiff low back" not in str(row.data)
    assert receipts.pdf_of(row) == receipts.pdf_of(Receipt.objects.get(pk=row.pk))


@pytest.mark.parametrize("code", sorted(set(codes()) - {"en"}))
def test_whoever_reads_another_language_has_the_receipt_in_it_too(world: World, code: str) -> None:
    service = priced(world)
    with act_as_desk(world):
        MoneyRules(refund_rule="list", tax_name="HST", tax_points=1300).save()
        world.person.language = code
        world.person.save()
    package, sale = _sell(world, service, 3, 20000)
    _take(world, given_session(world, service))
    fee_of(world, "no_show", 2500)
    with act_as_desk(world):
        items = [(item.id, None) for item in receipts.open_items(world.person)]
        row = receipts.make(world.actor(world.desk), world.person, items, "card", world.day)
        package.refresh_from_db()
        back = receipts.refund(world.actor(world.desk), world.person, package, package.version, "cash", world.day)
        gone = receipts.cancel(world.actor(world.desk), world.person, row, "Twice", world.day)
    for one, heading in ((sale, "receipt"), (row, "receipt"), (back, "refund"), (gone, "cancelling")):
        told = one.data["translation"]
        assert (told["language"], told["heading"]) == (code, say(code, f"receipt.{heading}"))
        assert len(told["lines"]) == len(one.data["lines"])
        assert one.name in told["note"]
        assert receipts.pdf_of(one) == receipts.pdf_of(Receipt.objects.get(pk=one.pk))
    assert "Twice" in gone.data["translation"]["about"]
    assert say(code, "receipt.no_show_fee") in {line["what"] for line in row.data["translation"]["lines"]}


def test_the_numbers_of_a_year_have_no_gap_also_where_a_receipt_was_given_up_half_way(world: World) -> None:
    service = priced(world)
    for days in range(4):
        given_session(world, service, days)
    made = []
    for number, item in enumerate(receipts.open_items(world.person)):
        if number == 1:
            with pytest.raises(ZeroDivisionError):
                _make_and_fail(world, item.id)
        with act_as_desk(world):
            made.append(_make(world, item.id))
    assert [row.number for row in made] == [1, 2, 3, 4]
    with act_as_desk(world):
        receipt = receipts.cancel(
            world.actor(world.desk), world.person, made[0], "Twice", date(world.day.year + 1, 1, 1)
        )
    assert (receipt.year, receipt.number) == (world.day.year + 1, 1)
    assert receipt.name == f"{world.day.year + 1}-0001"


def _make_and_fail(world: World, id: str) -> None:
    """The machine stops between the receipt and the end of its act."""
    with act_as_desk(world):
        _make(world, id)
        raise ZeroDivisionError


def _make(world: World, *ids: str) -> Receipt:
    chosen = [(id, None) for id in ids]
    return receipts.make(world.actor(world.desk), world.person, chosen, "cash", world.day)


def test_a_session_and_a_fee_stand_on_one_receipt_only_until_it_is_cancelled(world: World) -> None:
    given_session(world, priced(world))
    fee_of(world, Appointment.State.NO_SHOW, 4000)
    fee_of(world, Appointment.State.CANCELLED, 2500)
    items = receipts.open_items(world.person)
    with act_as_desk(world):
        row = _make(world, *(item.id for item in items))
    lines = rows.lines_of(row)
    assert sorted(line.kind for line in lines) == ["cancel_fee", "no_show_fee", "session"]
    assert sum(line.amount_cents for line in lines) == row.total_cents == 8000 + 4000 + 2500
    assert receipts.open_items(world.person) == []
    with pytest.raises(Conflict), act_as_desk(world):
        _make(world, items[0].id)
    with act_as_desk(world):
        back = receipts.cancel(world.actor(world.desk), world.person, row, "Wrong name", world.day)
    assert back.total_cents == -row.total_cents
    assert back.cancels == row
    assert f"This cancels receipt {row.name}" in back.data["about"]
    assert "Wrong name" in back.data["about"]
    assert len(receipts.open_items(world.person)) == 3
    for wrong in (row, back):
        with pytest.raises(Conflict), act_as_desk(world):
            receipts.cancel(world.actor(world.desk), world.person, wrong, "Again", world.day)
    assert sum(one.total_cents for one in Receipt.objects.all()) == 0


def test_an_amount_is_told_only_where_nothing_has_a_price(world: World) -> None:
    service = priced(world)
    given_session(world, service)
    given_session(world, None, 1)
    items = {item.cents: item for item in receipts.open_items(world.person)}
    with pytest.raises(BadInput) as bad, act_as_desk(world):
        _make(world, items[None].id)
    assert bad.value.field == f"amount_{items[None].id}"
    with act_as_desk(world):
        chosen = [(items[None].id, 5000), (items[8000].id, 1)]
        row = receipts.make(world.actor(world.desk), world.person, chosen, "cash", world.day)
    assert row.total_cents == 13000


def test_nothing_is_receipted_before_the_practice_has_a_currency(world: World) -> None:
    given_session(world, priced(world))
    item = receipts.open_items(world.person)[0]
    with act_as_desk(world):
        BookRules.objects.update(currency="")
    with pytest.raises(BadInput), act_as_desk(world):
        _make(world, item.id)
    assert not Receipt.objects.exists()


def test_s44_a_receipt_and_its_lines_are_never_changed_by_the_store(world: World) -> None:
    given_session(world, priced(world))
    with act_as_desk(world):
        _make(world, receipts.open_items(world.person)[0].id)
    for model, column in ((Receipt, "total_cents"), (ReceiptLine, "amount_cents")):
        for what in (f"UPDATE {model._meta.db_table} SET {column} = 1", f"DELETE FROM {model._meta.db_table}"):
            with pytest.raises(IntegrityError), act_as_desk(world), connection.cursor() as cursor:
                cursor.execute(what)
    row = Receipt.objects.get()
    double = Receipt(person=world.person, year=row.year, number=row.number, kind="paid", day=row.day, total_cents=1)
    double.currency, double.paid_how, double.data, double.made = "CAD", "cash", {}, moment.now()
    double.by = world.desk
    with pytest.raises(IntegrityError), act_as_desk(world), transaction.atomic():
        double.save()


# --- Packages ---------------------------------------------------------------------------------------------------------


def _sell(world: World, service: Service, sessions: int = 3, price: int = 20000) -> tuple[Package, Receipt]:
    with act_as_desk(world):
        return packages.sell(
            world.actor(world.desk), world.person, service, sessions=sessions, price=price, how="card", day=world.day
        )


def _take(world: World, session: Session) -> Any:
    with act_as_desk(world):
        return packages.take_given(world.actor(world.therapist), session)


def test_each_given_session_of_the_service_is_taken_from_the_oldest_package_until_none_is_left(world: World) -> None:
    service = priced(world)
    first, sale = _sell(world, service, 2)
    second, _ = _sell(world, service, 2)
    taken = [_take(world, given_session(world, service, days)) for days in range(5)]
    assert [(use.package_id, use.number) if use else None for use in taken] == [
        (first.pk, 1), (first.pk, 2), (second.pk, 1), (second.pk, 2), None,
    ]  # fmt: skip
    assert {row.state for row in Package.objects.all()} == {"used"}
    items = receipts.open_items(world.person)
    assert [item.cents for item in items] == [8000, 0, 0, 0, 0]  # oldest first: the one that was not taken
    with act_as_desk(world):
        row = _make(world, *(item.id for item in items[1:]))
    assert row.total_cents == 0
    assert row.data["paid"] == "Nothing is paid with this one."
    assert any(
        line["more"] == f"Session 1 of 2 of a package; its share is 100.00 CAD, paid with receipt {sale.name}."
        for line in row.data["lines"]
    )


def test_a_session_of_another_service_or_without_massage_is_not_taken(world: World) -> None:
    service = priced(world)
    package, _ = _sell(world, service)
    assert _take(world, given_session(world, priced(world, "Neck massage"), 0)) is None
    assert _take(world, given_session(world, None, 1)) is None
    stopped = given_session(world, service, 2, given=False)
    assert _take(world, stopped) is None
    with pytest.raises(Conflict), act_as_desk(world):
        packages.take(world.actor(world.desk), package, stopped)


@settings(max_examples=20, deadline=None)
@given(
    price=st.integers(1, 1_000_000), sessions=st.integers(1, 6), rule=st.sampled_from(["share", "list"]), data=st.data()
)
def test_what_is_used_and_what_is_refunded_add_up_to_what_was_paid(
    price: int, sessions: int, rule: str, data: Any
) -> None:
    used, list_cents = data.draw(st.integers(0, sessions)), data.draw(MONEY)
    package = Package(sessions=sessions, price_cents=price, list_cents=list_cents, currency="CAD", refund_rule=rule)
    found = packages.standing(package, used)
    assert found.kept + found.refund == price
    assert found.refund >= 0
    assert (found.left, found.used) == (sessions - used, used)
    assert receipts.worked_out(found).endswith(f"Refunded {sums.in_words(found.refund, 'CAD')}.")


@pytest.mark.parametrize(("rule", "refunded"), [("share", 13334), ("list", 12000)])
def test_the_rest_is_refunded_once_by_the_rule_of_the_day_of_sale_with_a_receipt(
    world: World, rule: str, refunded: int
) -> None:
    service = priced(world)
    with act_as_desk(world):
        MoneyRules(refund_rule=rule).save()
    package, sale = _sell(world, service, 3, 20000)
    _take(world, given_session(world, service))
    with act_as_desk(world):  # a later change of price or rule does not reach back
        MoneyRules.objects.update(refund_rule="list" if rule == "share" else "share")
        Service.objects.update(price_cents=9900)
    with pytest.raises(Conflict), act_as_desk(world):
        receipts.refund(world.actor(world.desk), world.person, package, package.version, "cash", world.day)  # stale
    package.refresh_from_db()
    with act_as_desk(world):
        row = receipts.refund(world.actor(world.desk), world.person, package, package.version, "cash", world.day)
    assert row.total_cents == -refunded
    assert (row.kind, row.data["heading"]) == ("refund", "Refund")
    assert row.data["paid"].startswith("Paid back: cash")
    assert f"Paid with receipt {sale.name}." in row.data["lines"][0]["more"]
    package.refresh_from_db()
    assert package.state == "refunded"
    assert packages.standing_of(world.person)[0].left == 0
    with pytest.raises(Conflict), act_as_desk(world):
        receipts.refund(world.actor(world.desk), world.person, package, package.version, "cash", world.day)
    assert _take(world, given_session(world, service, 1)) is None


def test_a_cancelled_sale_ends_an_unused_package_and_a_cancelled_refund_opens_it_again(world: World) -> None:
    service = priced(world)
    package, sale = _sell(world, service)
    with act_as_desk(world):
        back = receipts.refund(world.actor(world.desk), world.person, package, 1, "cash", world.day)
    with act_as_desk(world):
        receipts.cancel(world.actor(world.desk), world.person, back, "Not paid out", world.day)
    package.refresh_from_db()
    assert package.state == "open"
    _take(world, given_session(world, service))
    with pytest.raises(Conflict), act_as_desk(world):
        receipts.cancel(world.actor(world.desk), world.person, sale, "Wrong", world.day)
    unused, second = _sell(world, service)
    with act_as_desk(world):
        receipts.cancel(world.actor(world.desk), world.person, second, "Wrong", world.day)
    unused.refresh_from_db()
    assert unused.state == "cancelled"


@pytest.mark.parametrize(
    ("dispositions", "days", "stopped"),
    [
        ([], 0, False),
        (["treat"], 0, False),
        (["treat", "change_treatment"], 0, True),
        (["treat", "emergency"], 0, True),
        (["emergency", "treat"], 0, False),
        (["complete"], 0, True),
        (["do_not_massage_now"], 13, False),
        (["do_not_massage_now"], 14, True),
        (["do_not_massage_now", "treat", "do_not_massage_now"], 13, False),
        (["do_not_massage_now", "do_not_massage_now"], 20, True),
        (["needs_clearance"], 30, False),
    ],
)
def test_massage_has_stopped_where_the_newest_decision_says_so_or_a_pause_has_lasted(
    world: World, dispositions: list[str], days: int, stopped: bool
) -> None:
    _decide(world, dispositions, days)
    assert packages.has_stopped(world.person) is stopped


def _decide(world: World, dispositions: list[str], days: int) -> None:
    """Decisions, the newest so many days ago; each other one day before the next."""
    with act_as_desk(world):
        for number, disposition in enumerate(dispositions, 1):
            at = moment.now() - timedelta(days=days + len(dispositions) - number)
            row = Decision(episode=world.episode, number=number, disposition=disposition, at=at, as_of=at.date())
            row.moment, row.pathway, row.pathway_version, row.digest = "session", "back_massage", "1", "sha256:0"
            row.save()


def test_massage_has_stopped_where_every_episode_is_closed_and_not_before_there_is_one(world: World) -> None:
    assert not packages.has_stopped(world.other)
    with act_as_desk(world):
        world.episode.state = "closed"
        world.episode.save()
    assert packages.has_stopped(world.person)


def test_a_package_needs_a_service_with_a_price_and_sensible_numbers(world: World) -> None:
    service = priced(world)
    for but in ({"sessions": 0}, {"sessions": 51}, {"price": 0}, {"how": "shells"}):
        told: dict[str, Any] = {"sessions": 3, "price": 100, "how": "cash", "day": world.day, **but}
        with pytest.raises(BadInput), act_as_desk(world):
            packages.sell(world.actor(world.desk), world.person, service, **told)
    with act_as_desk(world):
        service.price_cents = None
        service.save()
    with pytest.raises(BadInput), act_as_desk(world):
        packages.sell(world.actor(world.desk), world.person, service, sessions=3, price=100, how="cash", day=world.day)
    assert not Package.objects.exists()


def test_s46_the_trail_names_the_sealed_receipt(world: World) -> None:
    from palpate.clinic.models import AuditRow

    given_session(world, priced(world))
    with act(world.actor(world.desk), "tests", "receipt", change=True):
        row = _make(world, receipts.open_items(world.person)[0].id)
    sealed = AuditRow.objects.latest("number").about["sealed"]
    assert ["receipt", str(row.pk)] in [one[:2] for one in sealed]
