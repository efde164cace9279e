"""Erasure against retention: what goes at once, what is locked until its date, and what is then gone for good, from the
store and from every backup that is restored (S-49)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from palpate.clinic import erased_list, erasing, moment, sealed
from palpate.clinic.access.exporting import PERSONAL, PRACTICE, rows_of_person
from palpate.clinic.access.people import visible_to
from palpate.clinic.acts import act
from palpate.clinic.models import (
    Answer,
    Appointment,
    AuditRow,
    Decision,
    Episode,
    Erasure,
    FormKey,
    Note,
    Package,
    Person,
    PhoneLink,
    Practice,
    Session,
)
from palpate.clinic.named import DESTROY
from palpate.clinic.refusals import Conflict, Forbidden
from palpate.clinic.verify import verify
from tests.clinic_world import World
from tests.filled_world import another, fill

pytestmark = pytest.mark.django_db
MARKER = "Zwischenwasserstoff"  # a word found nowhere else


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The list of erased people is kept in a folder of the test."""
    settings.CONFIG = replace(settings.CONFIG, data=tmp_path, anchors=None)
    return tmp_path


@pytest.fixture
def over(world: World) -> World:
    """The record of the world's person, whose care is over: nothing is open, and nothing is still to come."""
    fill(world, MARKER)
    finish(world)
    return world


def finish(world: World) -> None:
    with act(world.actor(world.owner), "tests", "over", change=True):
        Episode.objects.filter(person=world.person).update(state="closed", closed=moment.now())
        Session.objects.filter(episode__person=world.person).update(state="signed")
        Appointment.objects.filter(person=world.person).update(state="cancelled")
        Package.objects.filter(person=world.person).update(state="refunded")
        Erasure.objects.all().delete()  # the one that the record of everything has


def erase(world: World) -> Erasure:
    with act(world.actor(world.owner), "erase", "person-erase", change=True) as deed:
        deed.concerns(world.person)
        world.person.refresh_from_db()
        return erasing.erase(world.actor(world.owner), world.person, world.practice)


def destroy(world: World, row: Erasure) -> int:
    with act(world.actor(world.owner), "erase", DESTROY, change=True):
        return erasing.destroy(world.actor(world.owner), row, row.until + timedelta(days=1))


def words_in_store() -> list[str]:
    """The tables in which the marker stands, by reading every column of every table."""
    found = []
    for model in apps.get_models():
        for row in model._default_manager.all():
            if any(MARKER.casefold() in str(getattr(row, f.attname)).casefold() for f in model._meta.concrete_fields):
                found.append(model.__name__)
                break
    return found


# --- how long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "born", "last", "until"),
    [
        ("maryland", date(1979, 4, 2), date(2026, 3, 2), date(2033, 3, 2)),
        ("ontario", date(1979, 4, 2), date(2026, 3, 2), date(2036, 3, 2)),
        ("nowhere", date(1979, 4, 2), date(2026, 3, 2), date(2042, 3, 2)),  # the strictest place
        ("maryland", date(1979, 4, 2), date(2024, 2, 29), date(2031, 3, 1)),
        ("maryland", date(2010, 5, 5), date(2026, 3, 2), date(2035, 5, 5)),  # 18 years old in 2028, and seven years
        ("maryland", date(2008, 3, 3), date(2026, 3, 2), date(2033, 3, 3)),
        ("maryland", date(2008, 3, 2), date(2026, 3, 2), date(2033, 3, 2)),
    ],
)
def test_s49_a_record_is_kept_as_long_as_the_place_asks(
    world: World, place: str, born: date, last: date, until: date
) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        Person.objects.filter(pk=world.person.pk).update(birth_date=born)
        noon = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
        Episode.objects.filter(pk=world.episode.pk).update(opened=noon)
    practice = Practice.objects.get()
    practice.place = place
    kept = erasing.kept(Person.objects.get(pk=world.person.pk), practice)
    assert kept is not None
    assert (kept.last, kept.until) == (last, until)


def test_s49_the_last_of_anything_clinical_counts(over: World) -> None:
    kept = erasing.kept(over.person, over.practice)
    assert kept is not None
    assert kept.last == moment.today(over.practice.time_zone)
    assert erasing.kept(over.other, over.practice) is None  # never anything but contact data


# --- what goes at once ------------------------------------------------------------------------------------------------


def test_s49_what_need_not_stay_goes_at_once_and_the_record_is_locked(over: World) -> None:
    before = {name: rows_of_person(over.person, name).count() for name in PERSONAL}
    row = erase(over)
    person = Person.objects.get(pk=over.person.pk)
    assert not any((person.phone, person.email, person.address, person.emergency_contact, person.doctor))
    after = {name: rows_of_person(over.person, name).count() for name in PERSONAL}
    gone = {name for name in PERSONAL if after[name] < before[name]}
    assert gone == {"Call", "Message", "Offer", "Waiting", "HeldSession", "Wish", "ReferralLink"}
    assert not any(after[name] for name in gone)
    for name in ("Answer", "Note", "Decision", "Consent", "Touch", "Upload", "Letter", "AdverseEvent"):
        assert after[name] == before[name] > 0, name
    assert not PhoneLink.objects.filter(revoked__isnull=True, spent__isnull=True, person=over.person).exists()
    for user in over.staff.values():
        for scope in ("contact", "appointment", "decision", "document", "clinical"):
            assert person not in visible_to(over.actor(user), scope)
    assert row.until > over.day + timedelta(days=365)
    told = AuditRow.objects.latest("number")
    assert (told.deed, told.about["until"]) == ("person-erase", row.until.isoformat())
    assert verify().whole


@pytest.mark.parametrize("what", ["episode", "appointment", "session"])
def test_s49_nothing_is_erased_while_care_goes_on(over: World, what: str) -> None:
    with act(over.actor(over.owner), "tests", "open", change=True):
        if what == "episode":
            Episode.objects.filter(person=over.person).update(state="open")
        elif what == "session":
            Session.objects.filter(pk=Session.objects.filter(episode=over.episode).first().pk).update(state="open")
        else:
            Appointment.objects.filter(person=over.person).update(state="booked")
    with pytest.raises(Conflict, match=what):
        erase(over)
    assert Person.objects.get(pk=over.person.pk).phone


def test_s49_only_an_owner_erases_and_destroys(over: World) -> None:
    for user in (over.therapist, over.desk, over.auditor):
        with pytest.raises(Forbidden), act(over.actor(user), "erase", "person-erase", change=True):
            erasing.erase(over.actor(user), over.person, over.practice)
    row = erase(over)
    for user in (over.therapist, over.desk, over.auditor):
        with pytest.raises(Forbidden), act(over.actor(user), "erase", DESTROY, change=True):
            erasing.destroy(over.actor(user), row, date(2099, 1, 1))


# --- destroyed --------------------------------------------------------------------------------------------------------


def test_s49_before_its_date_nothing_is_destroyed(over: World) -> None:
    row = erase(over)
    for day in (over.day, row.until):
        with pytest.raises(Conflict, match="kept until"), act(over.actor(over.owner), "erase", DESTROY, change=True):
            erasing.destroy(over.actor(over.owner), row, day)
    assert Note.objects.filter(session__episode=over.episode).exists()


def test_s49_after_its_date_every_row_is_gone_and_the_trail_still_verifies(over: World) -> None:
    another(over, over.colleague, "Cleo")
    cleo = Person.objects.get(given_name="Cleo")
    kept = {name: rows_of_person(cleo, name).count() for name in PERSONAL}
    row = erase(over)
    trail = AuditRow.objects.count()
    count = destroy(over, row)
    assert count > 50
    for name in PERSONAL:
        if name != "AuditRow":
            assert not rows_of_person(over.person, name).exists(), name
            assert rows_of_person(cleo, name).count() == kept[name], name
    assert AuditRow.objects.count() == trail + 1
    assert not sealed.faults(connection)
    report = verify()
    assert report.whole, report.faults
    row.refresh_from_db()
    assert row.destroyed is not None
    assert sum(row.counts.values()) == count
    with pytest.raises(Conflict), act(over.actor(over.owner), "erase", DESTROY, change=True):
        erasing.destroy(over.actor(over.owner), row, date(2099, 1, 1))


def test_s49_the_marker_person_leaves_no_word_in_any_table(over: World) -> None:
    assert "Note" in words_in_store()
    with act(over.actor(over.owner), "tests", "form", change=True):
        FormKey(actor="key:x", key="k", body_hash="", body=MARKER, at=moment.now()).save()
    row = erase(over)
    destroy(over, row)
    # What is left is the practice's own: names of services and rooms that the fixture gives the same words.
    assert set(words_in_store()) <= set(PRACTICE) - {"Erasure"}


def test_s49_the_seals_are_back_and_hold_after_something_was_destroyed(over: World) -> None:
    another(over, over.colleague, "Cleo")
    destroy(over, erase(over))
    with pytest.raises(Exception, match="sealed record"), transaction.atomic(), act(
        over.actor(over.owner), "tests", "change", change=True
    ):  # fmt: skip
        Decision.objects.all()._raw_delete("default")
    with pytest.raises(IntegrityError, match="sealed record"), transaction.atomic(), act(
        over.actor(over.owner), "tests", "change", change=True
    ):  # fmt: skip
        Answer.objects.all().update(day=date(2020, 1, 1))


def test_s49_when_destroying_fails_everything_is_as_it_was(over: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = erase(over)
    monkeypatch.setattr("palpate.clinic.audit.append", lambda deed: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        destroy(over, row)
    monkeypatch.undo()
    assert Note.objects.filter(session__episode=over.episode).exists()
    assert not sealed.faults(connection)
    assert verify().whole


def test_s49_verify_finds_what_vanished_without_the_deed_and_what_came_back_after_it(over: World) -> None:
    another(over, over.colleague, "Cleo")
    kept = Answer.objects.filter(episode=over.episode).first()
    assert kept is not None
    destroy(over, erase(over))
    vanished = Answer.objects.exclude(episode=over.episode).first()
    assert vanished is not None
    with transaction.atomic(), act(over.actor(over.owner), "tests", "harm", change=True):
        with sealed.lifted(connection, [Answer]), connection.cursor() as cursor:
            key = Answer._meta.pk.get_db_prep_value(vanished.pk, connection)
            cursor.execute("DELETE FROM clinic_answer WHERE id = %s", [key])
        kept.episode_id = vanished.episode_id
        kept.save_base(raw=True, force_insert=True)
    found = verify().faults
    assert any(str(vanished.pk) in line and "gone" in line for line in found)
    assert any(str(kept.pk) in line and "destroyed" in line for line in found)


def test_s49_seals_are_lifted_in_a_transaction_only() -> None:
    class Plain:
        in_atomic_block = False

    with pytest.raises(RuntimeError), sealed.lifted(Plain(), []):  # type: ignore[arg-type]
        pass


# --- people who come back, and backups that do ------------------------------------------------------------------------


def test_a_locked_record_is_opened_again_where_the_person_comes_back(over: World, folder: Path) -> None:
    row = erase(over)
    with act(over.actor(over.owner), "erase", "record-back", change=True):
        erasing.bring_back(over.actor(over.owner), row)
    assert Person.objects.get(pk=over.person.pk) in visible_to(over.actor(over.therapist), "clinical")
    assert not Erasure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_s49_the_list_outside_the_store_says_who_was_erased_and_the_newest_word_counts(
    over: World, folder: Path
) -> None:
    row = erase(over)
    file = folder / erased_list.FILE
    assert erased_list.standing() == {over.person.pk: "locked"}
    assert file.stat().st_mode & 0o777 == 0o600
    with act(over.actor(over.owner), "erase", "record-back", change=True):
        erasing.bring_back(over.actor(over.owner), row)
    assert erased_list.standing() == {}
    destroy(over, erase(over))
    assert erased_list.standing() == {over.person.pk: "destroyed"}
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["what"] for line in lines] == ["locked", "back", "locked", "destroyed"]
    assert all(set(line) == {"person", "what", "at"} for line in lines)
    with file.open("a") as more:
        more.write("half a li")  # a power cut while writing costs that line only
    assert erased_list.standing() == {over.person.pk: "destroyed"}


@pytest.mark.parametrize("state", ["locked", "destroyed"])
def test_s49_whom_a_restored_backup_brings_back_is_erased_again(over: World, folder: Path, state: str) -> None:
    told = {"person": str(over.person.pk), "what": state, "at": "2026-01-01T00:00:00+00:00"}
    (folder / erased_list.FILE).write_text(json.dumps(told) + "\n")
    assert erasing.again() == 1
    row = Erasure.objects.get()
    assert (row.person, row.by) == (over.person.pk, None)
    assert (row.destroyed is not None) == (state == "destroyed")
    assert Note.objects.filter(session__episode__person=over.person.pk).exists() == (state == "locked")
    assert erasing.again() == 0
    assert verify().whole
