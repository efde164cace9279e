"""Receipts and packages on pages: who sees what, what is made by one tap, and what is never done silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.models import Appointment, AuditRow, Decision, MoneyRules, Package, PackageUse, Receipt, User
from palpate.clinic.paying import packages
from tests.clinic_world import World
from tests.paying_world import act_as_desk, fee_of, given_session, priced
from tests.web.session_taps import Clock, Tablet, ready, whole_visit

SignedIn = Callable[[User], Client]


def at(world: World, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"person": world.person.pk, **more})


def text(answer: Any) -> str:
    return str(answer.content.decode())


def paid(world: World, client: Client, **but: Any) -> Any:
    """Sends the form of a new receipt with all that is open, as the page shows it."""
    page = client.get(at(world, "receipt-new")).context["form"]
    told = {"items": page.initial["items"], "how": "card", "referred_by": "", **but}
    return client.post(at(world, "receipt-new"), told)


def test_the_desk_makes_a_receipt_from_the_appointment_and_prints_it(world: World, signed_in: SignedIn) -> None:
    session = given_session(world, priced(world))
    given_session(world, priced(world, "Neck massage"), 3)
    client = signed_in(world.desk)
    page = text(client.get(reverse("appointment", args=[session.appointment_id])))
    url = f"{at(world, 'receipt-new')}?only={session.pk.hex}"
    assert f'href="{url}"' in page
    form = client.get(url).context["form"]
    assert form.initial["items"] == [session.pk.hex]
    answer = paid(world, client, items=[session.pk.hex])
    row = Receipt.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == at(world, "receipt", which=row.pk)
    shown = text(client.get(answer["Location"]))
    assert f"Receipt {row.name}" in shown
    assert "80.00 CAD" in shown
    pdf = client.get(at(world, "receipt-pdf", which=row.pk))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"] == f'inline; filename="receipt-{row.name}.pdf"'
    assert pdf.content.startswith(b"%PDF")
    assert url not in text(client.get(reverse("appointment", args=[session.appointment_id])))
    assert row.name in text(client.get(at(world, "payments")))
    about = AuditRow.objects.filter(deed="receipt-new", change=True).latest("number")
    assert str(world.person.pk) in about.persons
    assert about.about["receipt"] == str(row.pk)


def test_a_form_with_a_fault_keeps_what_was_typed_and_makes_nothing(world: World, signed_in: SignedIn) -> None:
    priced(world)
    given_session(world, None)
    client = signed_in(world.owner)
    item = client.get(at(world, "receipt-new")).context["form"].initial["items"][0]
    for more, said in (
        ({"how": ""}, "Say how."),
        ({"items": []}, "Choose what the receipt is for."),
        ({f"amount_{item}": ""}, "Say how much was paid for it."),
        ({f"amount_{item}": "12,50"}, "written like 25 or 25.50"),
        ({f"amount_{item}": "١٢"}, "written like 25 or 25.50"),
        ({"items": ["0" * 32]}, "stands on a receipt already"),
    ):
        answer = paid(world, client, **({f"amount_{item}": "65", "referred_by": "Dr Kim"} | more))
        assert answer.status_code == 422
        assert said in text(answer)
        assert "Dr Kim" in text(answer)
    assert not Receipt.objects.exists()
    assert paid(world, client, **{f"amount_{item}": "65.50"}).status_code == 303
    assert Receipt.objects.get().total_cents == 6550


def test_s55_the_same_form_sent_twice_makes_one_receipt(world: World, signed_in: SignedIn) -> None:
    given_session(world, priced(world))
    client = signed_in(world.desk)
    item = client.get(at(world, "receipt-new")).context["form"].initial["items"][0]
    told = {"items": item, "how": "card", "referred_by": "", "_form": "key-of-a-form"}
    first, second = (client.post(at(world, "receipt-new"), told) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Receipt.objects.count() == 1


def test_a_receipt_is_cancelled_with_a_reason_and_both_name_each_other(world: World, signed_in: SignedIn) -> None:
    fee_of(world, Appointment.State.NO_SHOW, 4000)
    priced(world)
    client = signed_in(world.desk)
    url = paid(world, client)["Location"]
    row = Receipt.objects.get()
    assert client.post(url, {"why": " "}).status_code == 422
    answer = client.post(url, {"why": "It was waived"})
    back = Receipt.objects.get(kind="cancelling")
    assert answer["Location"] == at(world, "receipt", which=back.pk)
    assert "It was waived" in text(client.get(answer["Location"]))
    assert f'cancelled by <a href="{answer["Location"]}">{back.name}</a>' in text(client.get(url))
    assert client.post(url, {"why": "Again"}).status_code == 409
    assert "Cancel this receipt" not in text(client.get(url))
    assert Receipt.objects.count() == 2
    assert row.total_cents + back.total_cents == 0


def _package(world: World) -> Package:
    service = priced(world)
    with act_as_desk(world):
        told: dict[str, Any] = {"sessions": 3, "price": 20000, "how": "card", "day": world.day}
        return packages.sell(world.actor(world.desk), world.person, service, **told)[0]


def test_a_package_is_sold_with_its_receipt_and_its_unused_part_is_shown(world: World, signed_in: SignedIn) -> None:
    service = priced(world)
    client = signed_in(world.desk)
    told = {"service": str(service.pk), "sessions": "3", "price": "200", "how": "cash"}
    assert client.post(at(world, "package-new"), told | {"sessions": "0"}).status_code == 422
    answer = client.post(at(world, "package-new"), told)
    row = Receipt.objects.get()
    assert answer["Location"] == at(world, "receipt", which=row.pk)
    assert row.total_cents == 20000
    for who in (world.desk, world.owner, world.therapist):
        assert "Package: 3 of 3 sessions left." in text(signed_in(who).get(reverse("person", args=[world.person.pk])))


def test_signing_the_note_of_a_session_with_massage_takes_it_from_the_package(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    package = _package(world)
    ready(world)
    with act_as_desk(world):
        visit = Appointment(person=world.person, episode=world.episode, therapist=world.therapist)
        visit.starts, visit.day, visit.created, visit.service = clock.now, world.day, clock.now, package.service
        visit.ends = clock.now + timedelta(hours=1)
        visit.save()
    tablet = Tablet(world, signed_in(world.therapist))
    assert whole_visit(tablet).status_code == 303
    use = PackageUse.objects.get()
    assert (use.package, use.number, use.session.appointment) == (package, 1, visit)
    assert "2 of 3 sessions left" in text(signed_in(world.desk).get(reverse("appointment", args=[visit.pk])))


@pytest.mark.parametrize("disposition", ["change_treatment", "emergency"])
def test_where_massage_stops_the_unused_part_is_shown_and_refunded_only_by_a_tap(
    world: World, signed_in: SignedIn, disposition: str
) -> None:
    package = _package(world)
    with act_as_desk(world):
        row = Decision(episode=world.episode, number=1, disposition=disposition, at=moment.now(), as_of=world.day)
        row.moment, row.pathway, row.pathway_version, row.digest = "session", "back_massage", "1", "sha256:0"
        row.save()
    client = signed_in(world.desk)
    url = at(world, "package", which=package.pk)
    page = text(client.get(reverse("person", args=[world.person.pk])))
    assert "By its rule 200.00 CAD are due back." in page
    assert url in page
    assert disposition.replace("_", " ") not in page.casefold()  # the desk learns that it stopped, not why
    shown = text(client.get(url))
    assert "Refund now: 200.00 CAD" in shown
    assert not Receipt.objects.filter(kind="refund").exists()
    assert client.post(url, {"how": "cash"}).status_code == 422  # it does not say which version it saw
    assert client.post(url, {"how": "cash", "_version": "7"}).status_code == 409
    answer = client.post(url, {"how": "cash", "_version": "1"})
    assert answer["Location"] == at(world, "receipt", which=Receipt.objects.get(kind="refund").pk)
    assert "due back" not in text(client.get(reverse("person", args=[world.person.pk])))
    assert "Refund now" not in text(client.get(url))


def test_a_session_that_named_no_service_is_taken_by_hand(world: World, signed_in: SignedIn) -> None:
    package = _package(world)
    session = given_session(world, None)
    client = signed_in(world.desk)
    assert "Sessions that were not taken from it" in text(client.get(at(world, "package", which=package.pk)))
    answer = client.post(at(world, "package-take", which=package.pk), {"session": str(session.pk)})
    assert answer["Location"] == at(world, "package", which=package.pk)
    assert "1 of 3" in text(client.get(answer["Location"]))
    assert client.post(at(world, "package-take", which=package.pk), {"session": str(session.pk)}).status_code == 409


def test_s08_payments_are_read_and_written_by_the_table_of_roles(world: World, signed_in: SignedIn) -> None:
    package = _package(world)
    row = Receipt.objects.get()
    reads = [at(world, "payments"), at(world, "receipt", which=row.pk), at(world, "receipt-pdf", which=row.pk),
             at(world, "package", which=package.pk)]  # fmt: skip
    writes = [at(world, "receipt-new"), at(world, "package-new")]
    for name, seen, written in (
        ("owner", 200, 200), ("desk", 200, 200), ("therapist", 200, 404), ("colleague", 404, 404),
        ("auditor", 404, 404),
    ):  # fmt: skip
        client = signed_in(world.staff[name])
        assert {client.get(url).status_code for url in reads} == {seen}, name
        assert {client.get(url).status_code for url in writes} == {written}, name
        if written == 404:
            posts = [(reads[1], {"why": "x"}), (reads[3], {"how": "cash", "_version": "1"}), (writes[0], {})]
            assert {client.post(url, told).status_code for url, told in posts} == {404}, name
        assert client.get(reverse("money-rules")).status_code == (200 if name == "owner" else 404)
    assert Receipt.objects.count() == 1


def test_s09_another_persons_receipt_is_not_found_under_this_person(world: World, signed_in: SignedIn) -> None:
    _package(world)
    row, package = Receipt.objects.get(), Package.objects.get()
    client = signed_in(world.owner)
    for name, id in (("receipt", row.pk), ("receipt-pdf", row.pk), ("package", package.pk)):
        url = reverse(name, kwargs={"person": world.other.pk, "which": id})
        assert client.get(url).status_code == 404


def test_the_owner_says_what_stands_on_receipts_and_a_stale_form_is_refused(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    url = reverse("money-rules")
    told = {
        "registration": "BN 123", "tax_number": "", "tax_name": "HST", "tax_rate": "13", "tax_note": "",
        "code_label": "", "refund_rule": "list", "_version": "1",
    }  # fmt: skip
    for more, said in (({"tax_rate": "x"}, "written like 13 or 8.1"), ({"tax_name": ""}, "what the tax is called")):
        answer = client.post(url, told | more)
        assert answer.status_code == 422
        assert said in text(answer)
    assert client.post(url, told).status_code == 303
    assert client.post(url, told | {"tax_rate": "14", "_version": "1"}).status_code == 303  # version 1 is the first row
    assert client.post(url, told | {"_version": "1"}).status_code == 409
    row = MoneyRules.objects.get()
    assert (row.tax_points, row.refund_rule, row.registration, row.version) == (1400, "list", "BN 123", 2)
    assert client.get(url).context["form"].initial["tax_rate"] == "14"


def test_without_a_currency_the_page_says_what_to_do(world: World, signed_in: SignedIn) -> None:
    given_session(world, None)
    client = signed_in(world.desk)
    assert "has not said in which currency" in text(client.get(at(world, "payments")))
    assert client.get(at(world, "receipt-new")).status_code == 422


def test_s10_a_field_that_is_not_listed_is_refused_by_name(world: World, signed_in: SignedIn) -> None:
    package = _package(world)
    client = signed_in(world.desk)
    for url in (at(world, "package-new"), at(world, "receipt-new"), at(world, "package", which=package.pk)):
        answer = client.post(url, {"refund_rule": "list", "_version": "1"})
        assert answer.status_code == 422
        assert "refund_rule" in text(answer)
