"""People from a CSV file: every fault by its line, nothing before it is confirmed, everything or nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic import moment
from palpate.clinic.importing import BadQuotes, preview, read_csv
from palpate.clinic.models import AuditRow, CareTeam, Person, User
from tests.clinic_world import World

SignedIn = Callable[[User], Client]
HEAD = "given_name,family_name,birth_date\n"
GOOD = HEAD + "Noor,Haddad,1985-05-03\nCleo,Marsh,1990-12-31\n"


def look(client: Client, text: str, **more: str) -> Any:
    return client.post("/people/import/", {"text": text, "same": "skip", "alike": "skip", **more})


def digest_of(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def text_in(page: str) -> str:
    """What stands in the text area, as a browser reads it."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def bring(client: Client, text: str, **more: str) -> Any:
    page = look(client, text).content.decode()
    # A browser sends the text of the page back with its own line ends.
    return look(client, text_in(page).replace("\n", "\r\n"), digest=digest_of(page), **more)


# --- reading ---


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")), min_size=2)))
def test_s27_what_a_csv_library_writes_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    assert [cells for _, cells in read_csv(out.getvalue())] == rows


@given(st.text('a",\n\r', max_size=30))
def test_s27_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    refused: BadQuotes | None = None
    lines: list[int] = []
    try:
        lines = [line for line, _ in read_csv(text)]
    except BadQuotes as bad:
        refused = bad
    assert lines == sorted(lines)
    assert refused is None or 1 <= refused.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line"), [('a,"b\nc', 1), ('a\nb,c"d"\n', 2), ('a\n"b"c,d\n', 2), ("a\rb", 1), ('a\n"x\ny" ', 3)]
)
def test_s27_quoting_is_strict(text: str, line: int) -> None:
    with pytest.raises(BadQuotes) as bad:
        list(read_csv(text))
    assert bad.value.line == line


# --- looking at it, and bringing it in ---

pytestmark = pytest.mark.django_db


def test_a_file_is_looked_at_and_nothing_is_stored_until_it_is_confirmed(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    before = Person.objects.count()
    page = look(client, GOOD).content.decode()
    assert "2 new" in page
    assert Person.objects.count() == before
    assert text_in(page) == GOOD
    answer = bring(client, GOOD)
    assert answer.status_code == 303
    assert Person.objects.count() == before + 2
    noor = Person.objects.get(given_name="Noor")
    assert noor.match_name == "noor haddad"
    row = AuditRow.objects.order_by("-number")[0]
    assert (row.deed, row.about["people"]) == ("import", 2)
    assert "Noor" not in str(row.about)
    assert bring_again_is_nothing(client)


def bring_again_is_nothing(client: Client) -> bool:
    """The same file once more: everybody is here already."""
    before = Person.objects.count()
    assert bring(client, GOOD).status_code == 303
    return Person.objects.count() == before


FAULTY = [
    ("given_name,birth_date,shoe\nA,1990-01-01,7\n", 1, "there is no such column"),
    ("given_name\nA\n", 1, "this column is missing"),
    ("given_name;birth_date\nA;1990-01-01\n", 1, "set apart by commas"),
    ("given_name,birth_date,birth_date\nA,1990-01-01,1990-01-01\n", 1, "twice"),
    (HEAD + "Noor,Haddad\n", 2, "2 cells stand here"),
    (HEAD + "Noor,Haddad,3.5.1985\n", 2, "written like 1979-04-02"),
    (HEAD + "Noor,Haddad,1985-02-30\n", 2, "no such day"),
    (HEAD + "Noor,Haddad,1899-12-31\n", 2, "1 January 1900"),
    (HEAD + "Noor,Haddad,2199-12-31\n", 2, "1 January 1900"),
    (HEAD + "Noor,Haddad,１９８５-05-03\n", 2, "written like 1979-04-02"),
    (HEAD + ",Haddad,1985-05-03\n", 2, "needs a name"),
    (HEAD + "N\u202eoor,Haddad,1985-05-03\n", 2, "direction of writing"),
    (HEAD + f"{'x' * 201},Haddad,1985-05-03\n", 2, "200 are allowed"),
    (HEAD + "A,B,1990-01-01\nNoor,Haddad,1985-05-03\nNOOR,haddad,1985-05-03\n", 4, "stand in line 3"),
    ("given_name,birth_date,email\nA,1990-01-01,nobody\n", 2, "no address for e-mail"),
    ("given_name,birth_date,therapist\nA,1990-01-01,desk@example.org\n", 2, "nobody who treats people"),
    (HEAD + 'Noor,"Haddad,1985-05-03\n', 2, "never closed"),
    (HEAD, 2, "no people in this file"),
]


@pytest.mark.parametrize(("text", "line", "says"), FAULTY)
def test_s27_every_fault_is_said_with_its_line_and_nothing_is_brought_in(
    world: World, signed_in: SignedIn, text: str, line: int, says: str
) -> None:
    client = signed_in(world.owner)
    before = Person.objects.count()
    page = look(client, text).content.decode()
    assert f'<td class="number" data-label="Line">{line}</td>' in page
    assert says in unescape(page)
    assert 'name="digest"' not in page
    assert text_in(page) == text
    forced = look(client, text, digest="0" * 64)
    assert forced.status_code == 422
    assert text_in(forced.content.decode()) == text
    assert Person.objects.count() == before


def test_s27_rows_in_are_people_doubles_and_faults(world: World) -> None:
    text = HEAD + "Ada,Lind,1979-04-02\nLind,Ada,1979-04-02\nAdda,Lind,1979-04-02\nBo,Yes,1990-01-01\n,No,1990-01-01\n"
    found = preview(text, moment.today())
    assert found.rows == len(found.new) + len(found.same) + len(found.alike) + found.faulty_rows == 5
    assert [row.line for row in found.same] == [2]
    assert [row.line for row in found.alike] == [3, 4]
    assert [row.line for row in found.new] == [5]


def test_doubles_are_left_alone_or_linked_and_look_alikes_come_in_only_when_told(
    world: World, signed_in: SignedIn
) -> None:
    text = (
        "given_name,family_name,birth_date,therapist\n"
        "ADA,Lind,1979-04-02,colleague@example.org\nAdda,Lind,1979-04-02,colleague@example.org\n"
    )
    client = signed_in(world.owner)
    before = Person.objects.count()
    assert bring(client, text).status_code == 303
    assert Person.objects.count() == before
    assert not CareTeam.objects.filter(person=world.person, therapist=world.colleague).exists()
    assert bring(client, text, same="link", alike="new").status_code == 303
    assert Person.objects.count() == before + 1
    assert CareTeam.objects.filter(person=world.person, therapist=world.colleague).count() == 1
    assert CareTeam.objects.filter(person__given_name="Adda", therapist=world.colleague).count() == 1


def test_a_file_that_changed_after_it_was_shown_is_shown_again(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    digest = digest_of(look(client, GOOD).content.decode())
    before = Person.objects.count()
    late = look(client, GOOD + "One,More,1990-01-01\n", digest=digest)
    assert late.status_code == 409
    assert "One,More,1990-01-01" in text_in(late.content.decode())
    assert Person.objects.count() == before


def test_a_person_who_came_meanwhile_is_noticed(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    digest = digest_of(look(client, GOOD).content.decode())
    client.post("/people/new/", {"given_name": "Noor", "family_name": "Haddad", "birth_date": "1985-05-03"})
    assert look(client, GOOD, digest=digest).status_code == 409
    assert Person.objects.filter(given_name="Noor").count() == 1


def test_all_or_nothing_when_the_store_fails_in_the_middle(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(world.owner)
    page = look(client, GOOD.replace("\n", ",\n").replace("date,", "date,therapist")).content.decode()
    before = Person.objects.count()

    def fails(*_: Any, **__: Any) -> None:
        from django.db.utils import OperationalError

        raise OperationalError("disk full")

    monkeypatch.setattr("palpate.clinic.access.people.CareTeam.objects.bulk_create", fails)
    assert look(client, text_in(page), digest=digest_of(page)).status_code == 503
    assert Person.objects.count() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD.encode() + b"Jos\xe9,X,1990-01-01\n", "Line 2: this is not UTF-8"),
        ("\ufeff".encode() + GOOD.encode(), "2 new"),
    ],
)
def test_a_file_is_utf_8_and_a_mark_of_byte_order_is_passed_over(
    world: World, signed_in: SignedIn, content: bytes, says: str
) -> None:
    file = io.BytesIO(content)
    file.name = "people.csv"
    page = signed_in(world.owner).post("/people/import/", {"file": file, "same": "skip", "alike": "skip"})
    assert says in page.content.decode()


def test_a_file_of_too_many_rows_is_refused(world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palpate.clinic.importing.MOST_ROWS", 1)
    page = look(signed_in(world.owner), GOOD).content.decode()
    assert "at most 1 people" in page


def test_a_text_of_two_mebibytes_survives_the_way_to_the_preview_and_back(world: World, signed_in: SignedIn) -> None:
    text = GOOD + f"Long,Address,1990-01-01\n{chr(10) * 2_000_000}"
    page = look(signed_in(world.owner), text).content.decode()
    assert text_in(page) == text


@pytest.mark.parametrize("name", ["therapist", "colleague", "desk", "auditor"])
def test_s08_only_the_owner_brings_people_in(world: World, signed_in: SignedIn, name: str) -> None:
    client = signed_in(world.staff[name])
    assert client.get("/people/import/").status_code == 404
    assert look(client, GOOD).status_code == 404
    assert signed_in(world.owner).get("/people/import/").status_code == 200
