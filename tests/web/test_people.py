"""People: finding, making, changing, sharing, merging, files; each with three people at the door."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from PIL import Image, PngImagePlugin

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import (
    Appointment,
    AuditRow,
    CareTeam,
    Episode,
    Merge,
    Person,
    Upload,
    User,
)
from tests.clinic_world import World, make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
ABSENT = "00000000-0000-4000-8000-000000000000"


def make(world: World, given: str, family: str, born: date, therapist: User | None = None, **more: Any) -> Person:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        person = make_person(given, family, born, therapist or world.therapist)
        for name, value in more.items():
            setattr(person, name, value)
        person.save()
    return person


def found(client: Client, text: str, **more: str) -> str:
    answer = client.post("/people/search/", {"q": text, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def same_but_number(one: bytes, other: bytes) -> bool:
    """Whether two error pages are the same but for the number of the request and the token of the session."""
    number = re.compile(rb"[0-9a-f]{12}\b|content=\"[A-Za-z0-9]{64}\"|value=\"[A-Za-z0-9]{64}\"")
    return number.sub(b"#", one) == number.sub(b"#", other)


# --- finding ---


@pytest.mark.parametrize(
    "typed",
    [
        "ada",
        "LIND ada",
        "lin",
        "ａｄａ",
        "2 April 1979",
        "1979-04-02",
        "2.4.1979",
        "02/04/1979",
        "April 2nd, 1979",
        "ada 1979",
    ],
)
def test_a_person_is_found_by_name_parts_in_any_order_and_by_usual_spellings_of_the_birth_date(
    world: World, signed_in: SignedIn, typed: str
) -> None:
    page = found(signed_in(world.desk), typed)
    assert "Ada Lind" in page
    assert "Bram Okafor" not in page


def test_a_telephone_number_is_found_whatever_stands_between_its_digits(world: World, signed_in: SignedIn) -> None:
    make(world, "Cleo", "Marsh", date(1990, 1, 1), phone="+1 (416) 555-01.99")
    assert "Cleo Marsh" in found(signed_in(world.desk), "416 5550199")
    assert "Cleo Marsh" not in found(signed_in(world.desk), "416 5550198")
    assert "Cleo Marsh" not in found(signed_in(world.auditor), "4165550199")  # not found by what is not shown


def test_s23_look_alike_spellings_of_a_name_find_each_other(world: World, signed_in: SignedIn) -> None:
    make(world, "Éloïse", "Groß", date(1970, 5, 5))
    for typed in ("éloïse", "E\u0301loi\u0308se", "GROSS", "groß"):
        assert "Éloïse Groß" in found(signed_in(world.owner), typed)


def test_s20_a_search_stands_in_no_address_and_leaves_one_row_that_says_whose_data_were_shown(
    world: World, signed_in: SignedIn
) -> None:
    client = signed_in(world.therapist)
    assert client.get("/people/search/?q=ada").status_code == 405
    found(client, "ada")
    row = AuditRow.objects.order_by("-number").first()
    assert row is not None
    assert (row.deed, row.change, row.persons) == ("people-search", False, [str(world.person.pk)])


def test_a_therapist_finds_own_people_and_of_others_only_a_hint_and_only_by_their_whole_name(
    world: World, signed_in: SignedIn
) -> None:
    client = signed_in(world.therapist)
    assert "Not in your care team" not in found(client, "bra")
    assert "Not in your care team" not in found(client, "okafor")
    page = found(client, "okafor bram")
    assert "Not in your care team" in page
    assert "B. O." in page
    assert "1988" in page
    assert f"/people/{world.other.pk}/break-glass/" in page
    assert "Okafor" not in page
    assert "9 November" not in page
    assert "Ada Lind" in found(client, "lind")


@pytest.mark.parametrize("sort", ["phone", "-created", "match_name", "email", "name; drop"])
def test_s10_a_list_is_sorted_by_listed_words_only(world: World, signed_in: SignedIn, sort: str) -> None:
    assert signed_in(world.owner).get("/people/", {"sort": sort}).status_code == 422


def test_s28_lists_come_in_pages_and_in_the_chosen_order(world: World, signed_in: SignedIn) -> None:
    for number in range(45):
        make(world, f"Zed{number:02}", "Same", date(2000, 1, 1))
    client = signed_in(world.desk)
    first = client.get("/people/", {"sort": "born"}).content.decode()
    assert "Ada Lind" in first
    assert "Zed44" not in first
    assert "Zed44" in client.get("/people/", {"sort": "born", "page": "2"}).content.decode()
    assert "Zed44" in found(client, "zed", page="2")


# --- making ---


def test_a_therapist_makes_a_person_in_one_step_and_is_in_their_care_team(world: World, signed_in: SignedIn) -> None:
    told = {"given_name": "  Noor  ", "family_name": "Haddad", "birth_date": "3 May 1985"}
    answer = signed_in(world.therapist).post("/people/new/", told)
    assert answer.status_code == 303
    person = Person.objects.get(given_name="Noor")
    assert answer["Location"] == f"/people/{person.pk}/"
    assert person.birth_date == date(1985, 5, 3)
    assert [place.therapist for place in CareTeam.objects.filter(person=person)] == [world.therapist]


def test_the_desk_makes_a_person_for_a_therapist(world: World, signed_in: SignedIn) -> None:
    told = {"given_name": "Noor", "birth_date": "1985-05-03", "therapist": str(world.colleague.pk)}
    assert signed_in(world.desk).post("/people/new/", told).status_code == 303
    assert CareTeam.objects.filter(person__given_name="Noor", therapist=world.colleague).count() == 1
    assert signed_in(world.auditor).post("/people/new/", told).status_code == 404


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [
        ("ADA", "lind", "2 April 1979"),
        ("Lind", "Ada", "2 April 1979"),
        ("Adda", "Lind", "2 April 1979"),
        ("Ada", "Lind", "3 April 1980"),
        ("Ａda", "Lind", "2 April 1979"),
    ],
)
def test_a_double_is_noticed_before_anything_is_saved(
    world: World, signed_in: SignedIn, given: str, family: str, born: str
) -> None:
    client = signed_in(world.therapist)
    told = {"given_name": given, "family_name": family, "birth_date": born, "phone": "kept 123"}
    before = Person.objects.count()
    answer = client.post("/people/new/", told)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert Person.objects.count() == before
    assert "Is this person here already?" in page
    assert f'href="/people/{world.person.pk}/"' in page
    assert "kept 123" in page
    different = client.post("/people/new/", {**told, "different": str(world.person.pk)})
    assert different.status_code == 303
    assert Person.objects.count() == before + 1


def test_a_stranger_who_may_be_the_same_is_shown_to_a_therapist_as_a_hint_only(
    world: World, signed_in: SignedIn
) -> None:
    told = {"given_name": "Bram", "family_name": "Okafor", "birth_date": "9 November 1988"}
    page = signed_in(world.therapist).post("/people/new/", told).content.decode()
    assert "not in your care team" in page
    assert f"/people/{world.other.pk}/break-glass/" in page
    assert f'href="/people/{world.other.pk}/"' not in page


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("birth_date", "31 December 1899", "1 January 1900"),
        ("birth_date", "2 April 2999", "1 January 1900"),
        ("birth_date", "02/04/1979", "Day and month are not clear"),
        ("birth_date", "yesterday", "no date that can be read"),
        ("birth_date", "30 February 1990", "no date that can be read"),
        ("given_name", "A\u202eb", "direction of writing"),
        ("given_name", "A\x00b", "control character"),
        ("family_name", "x" * 201, "200 are allowed"),
        ("email", "not an address", "no address for e-mail"),
        ("phone", "1" * 41, "40 are allowed"),
    ],
)
def test_s24_s23_what_cannot_be_is_said_by_the_field_and_what_was_typed_stays(
    world: World, signed_in: SignedIn, field: str, text: str, says: str
) -> None:
    told = {"given_name": "Noor", "family_name": "Haddad", "birth_date": "3 May 1985", "doctor": "Dr Stay", field: text}
    answer = signed_in(world.therapist).post("/people/new/", told)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "Dr Stay" in page
    assert not Person.objects.filter(doctor="Dr Stay").exists()


def test_s24_birth_dates_at_the_edges_are_taken(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    for number, born in enumerate(("1900-01-01", moment.today().isoformat())):
        assert client.post("/people/new/", {"given_name": f"Edge {number}", "birth_date": born}).status_code == 303


# --- looking at and changing one person ---


def test_s09_anothers_person_is_answered_like_one_who_does_not_exist(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.colleague)
    absent = client.get(f"/people/{ABSENT}/")
    anothers = client.get(f"/people/{world.person.pk}/")
    assert absent.status_code == anothers.status_code == 404
    assert same_but_number(absent.content, anothers.content)
    assert signed_in(world.therapist).get(f"/people/{world.person.pk}/").status_code == 200
    assert signed_in(world.desk).get(f"/people/{world.person.pk}/").status_code == 200


@pytest.mark.parametrize("path", ["team/", "merge/", "episodes/new/", "uploads/", "contact/", "team/leave/"])
def test_s09_nothing_of_anothers_person_can_be_written(world: World, signed_in: SignedIn, path: str) -> None:
    client = signed_in(world.colleague)
    before = AuditRow.objects.filter(change=True, outcome="done").count()
    answer = client.post(f"/people/{world.person.pk}/{path}", {"therapist": str(world.colleague.pk)})
    assert answer.status_code == 404
    assert AuditRow.objects.filter(change=True, outcome="done").count() == before


def test_s08_who_sees_what_on_the_page_of_a_person(world: World, signed_in: SignedIn) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        world.person.phone, world.person.email = "416 555 0142", "ada@example.org"
        world.person.save()
    url = f"/people/{world.person.pk}/"
    pages = {
        name: signed_in(user).get(url).content.decode() for name, user in world.staff.items() if name != "colleague"
    }
    for name in ("owner", "therapist", "desk"):
        assert "416 555 0142" in pages[name]
    assert "416" not in pages["auditor"]
    assert "ada@example" not in pages["auditor"]
    assert "ending in 42" in pages["auditor"]
    for name, sees in (("therapist", True), ("owner", False), ("desk", False), ("auditor", False)):
        assert ("Stiff low back" in pages[name]) is sees
    assert "k-not_assessed" in pages["owner"]
    assert "k-not_assessed" not in pages["desk"]
    for name, edits in (("therapist", False), ("owner", True), ("desk", True), ("auditor", False)):
        assert (f"{url}contact/" in pages[name]) is edits


def test_s56_two_tabs_that_change_contact_data_lose_neither_text(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    url = f"/people/{world.person.pk}/contact/"
    told = {"given_name": "Ada", "family_name": "Lind", "birth_date": "2 April 1979", "_person": str(world.person.pk)}
    assert client.post(url, {**told, "phone": "first 111", "_version": "1"}).status_code == 303
    late = client.post(url, {**told, "phone": "second 222", "_version": "1"})
    page = late.content.decode()
    assert late.status_code == 409
    assert "first 111" in page
    assert "second 222" in page
    assert 'name="_version" value="2"' in page
    assert Person.objects.get(pk=world.person.pk).phone == "first 111"
    assert client.post(url, {**told, "phone": "second 222", "_version": "2"}).status_code == 303


def test_s69_a_form_of_another_person_is_refused(world: World, signed_in: SignedIn) -> None:
    told = {"given_name": "Bram", "birth_date": "9 November 1988", "_person": str(world.other.pk), "_version": "1"}
    assert signed_in(world.desk).post(f"/people/{world.person.pk}/contact/", told).status_code == 409
    assert Person.objects.get(pk=world.person.pk).given_name == "Ada"


def test_a_same_name_is_warned_of(world: World, signed_in: SignedIn) -> None:
    make(world, "ADA", "Lind", date(1990, 7, 7))
    page = signed_in(world.therapist).get(f"/people/{world.person.pk}/").content.decode()
    assert "Somebody else has the same name" in page


def test_a_colleague_who_joins_the_care_team_sees_the_record_from_then_on(world: World, signed_in: SignedIn) -> None:
    url = f"/people/{world.person.pk}/"
    colleague = signed_in(world.colleague)
    assert colleague.get(url).status_code == 404
    added = signed_in(world.therapist).post(f"{url}team/", {"therapist": str(world.colleague.pk)})
    assert added.status_code == 303
    assert colleague.get(url).status_code == 200
    owner = signed_in(world.owner)
    assert owner.post(f"{url}team/leave/", {"therapist": str(world.colleague.pk)}).status_code == 303
    assert colleague.get(url).status_code == 404
    assert owner.post(f"{url}team/leave/", {"therapist": str(world.therapist.pk)}).status_code == 403  # the last stays
    assert owner.post(f"{url}team/", {"therapist": str(world.desk.pk)}).status_code == 422  # the desk treats nobody


# --- episodes ---


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ({"ago": "6", "unit": "weeks"}, 42),
        ({"ago": "3", "unit": "months"}, 91),
        ({}, None),
        ({"onset": "1 May 2020"}, -1),
    ],
)
def test_an_episode_begins_on_a_day_or_about_some_time_ago_and_leads_to_consent(
    world: World, signed_in: SignedIn, told: dict[str, str], days: int | None
) -> None:
    url = f"/people/{world.person.pk}/episodes/new/"
    answer = signed_in(world.therapist).post(url, {"complaint": "It pulls when I bend", "unit": "weeks", **told})
    made = Episode.objects.get(complaint="It pulls when I bend")
    assert answer.status_code == 303
    assert answer["Location"] == f"/people/{world.person.pk}/episodes/{made.pk}/consent/"
    wanted = None if days is None else date(2020, 5, 1) if days < 0 else moment.today() - timedelta(days=days)
    assert made.onset == wanted
    assert made.therapist == world.therapist


@pytest.mark.parametrize(
    "told",
    [
        {"complaint": ""},
        {"onset": "1 May 1970"},  # before the birth
        {"onset": "1 May 2199"},
        {"ago": "６", "unit": "weeks"},
        {"ago": "6", "unit": "fortnights"},
        {"ago": "6", "onset": "1 May 2020"},
        {"ago": "-6"},
    ],
)
def test_s24_an_onset_that_cannot_be_is_refused(world: World, signed_in: SignedIn, told: dict[str, str]) -> None:
    url = f"/people/{world.person.pk}/episodes/new/"
    answer = signed_in(world.therapist).post(url, {"complaint": "Stays here", "unit": "weeks", **told})
    assert answer.status_code == 422
    assert Episode.objects.count() == 1


def test_an_episode_is_closed_and_opened_again_with_the_reason(world: World, signed_in: SignedIn) -> None:
    url = f"/people/{world.person.pk}/episodes/{world.episode.pk}/"
    client = signed_in(world.therapist)
    assert client.post(f"{url}close/", {"why": "", "_version": "1"}).status_code == 422
    told = {"why": "finished", "more": "Four sessions", "_version": "1"}
    assert client.post(f"{url}close/", told).status_code == 303
    closed = Episode.objects.get(pk=world.episode.pk)
    assert (closed.state, closed.closed_why) == ("closed", "The treatment is finished: Four sessions")
    assert client.post(f"{url}close/", {"why": "wish", "_version": "1"}).status_code == 409  # an old page
    assert client.post(f"{url}reopen/", {"why": "goes_on", "_version": "2"}).status_code == 303
    assert Episode.objects.get(pk=world.episode.pk).state == "open"
    assert signed_in(world.colleague).post(f"{url}close/", told).status_code == 404


def test_s09_an_episode_of_another_person_in_the_path_is_absent(world: World, signed_in: SignedIn) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        CareTeam(person=world.other, therapist=world.therapist, since=moment.now()).save()
    url = f"/people/{world.other.pk}/episodes/{world.episode.pk}/close/"
    assert signed_in(world.therapist).post(url, {"why": "wish", "_version": "1"}).status_code == 404


# --- merging ---


def merge(client: Client, kept: Person, given_up: Person, **more: str) -> Any:
    told = {"double": str(given_up.pk), "_version": "1", "double_version": "1", "sure": "yes", "_person": str(kept.pk)}
    return client.post(f"/people/{kept.pk}/merge/", told | more)


def test_s69_two_records_become_one_and_two_again(world: World, signed_in: SignedIn) -> None:
    double = make(world, "Ada", "Lindt", date(1979, 4, 2), world.colleague, phone="555 0101")
    make_team(world, double, world.therapist)
    client = signed_in(world.therapist)
    assert "may be the same person" in client.get(f"/people/{world.person.pk}/").content.decode()
    with act(world.actor(world.owner), "tests", "tests", change=True):
        moved = Episode(person=double, complaint="Second record", opened=moment.now())
        moved.save()
    upload(client, double, png())
    assert merge(client, world.person, double, sure="").status_code == 422
    assert merge(client, world.person, double).status_code == 303
    kept = Person.objects.get(pk=world.person.pk)
    assert Episode.objects.get(pk=moved.pk).person == kept
    assert kept.phone == "555 0101"
    page = client.get(f"/people/{kept.pk}/").content.decode()
    assert "An image" in page  # an upload is never changed: it is read through the merge
    file = Upload.objects.get()
    assert client.get(f"/people/{kept.pk}/uploads/{file.pk}/").status_code == 200
    assert client.get(f"/people/{double.pk}/").status_code == 404
    assert signed_in(world.colleague).get(f"/people/{kept.pk}/").status_code == 200
    row = Merge.objects.get()
    undo = f"/people/{kept.pk}/merges/{row.pk}/undo/"
    assert client.post(undo, {"_version": kept.version - 1}).status_code == 409  # of before the merge
    undone = client.post(undo, {"_version": kept.version})
    assert undone.status_code == 303
    assert Episode.objects.get(pk=moved.pk).person == double
    assert Episode.objects.get(pk=world.episode.pk).person == kept
    assert Person.objects.get(pk=kept.pk).phone == ""
    assert signed_in(world.colleague).get(f"/people/{kept.pk}/").status_code == 404
    assert client.get(f"/people/{double.pk}/").status_code == 200
    assert client.post(undo, {"_version": Person.objects.get(pk=kept.pk).version}).status_code == 404


def make_team(world: World, person: Person, therapist: User) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        CareTeam(person=person, therapist=therapist, since=moment.now()).save()


def test_s69_a_therapist_merges_only_records_of_own_people_and_only_as_they_were_seen(
    world: World, signed_in: SignedIn
) -> None:
    client = signed_in(world.therapist)
    assert merge(client, world.person, world.other).status_code == 404
    make_team(world, world.other, world.therapist)
    assert merge(client, world.person, world.other, double_version="7").status_code == 409
    assert merge(client, world.person, world.person).status_code == 404
    assert not Merge.objects.exists()
    assert merge(signed_in(world.desk), world.person, world.other).status_code == 404
    assert merge(signed_in(world.owner), world.person, world.other).status_code == 303


# --- files ---


def png(size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(out, "PNG")
    return out.getvalue()


def jpeg_with_place() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "MARKERCAMERA"
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif.tobytes(), comment=b"MARKERCOMMENT")
    return out.getvalue()


def upload(client: Client, person: Person, content: bytes, name: str = "x.png", title: str = "An image") -> Any:
    file = io.BytesIO(content)
    file.name = name
    return client.post(f"/people/{person.pk}/uploads/", {"title": title, "file": file})


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_s26_a_file_is_served_as_an_attachment_in_a_sandbox_under_our_own_name(
    world: World, signed_in: SignedIn
) -> None:
    client = signed_in(world.therapist)
    assert upload(client, world.person, PDF, "../../etc/passwd", "Letter of Dr Marsh").status_code == 303
    row = Upload.objects.get()
    answer = client.get(f"/people/{world.person.pk}/uploads/{row.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="{row.pk}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer.content == PDF
    assert signed_in(world.colleague).get(f"/people/{world.person.pk}/uploads/{row.pk}/").status_code == 404
    assert signed_in(world.owner).get(f"/people/{world.person.pk}/uploads/{row.pk}/").status_code == 404
    assert client.get(f"/people/{world.person.pk}/uploads/{ABSENT}/").status_code == 404


def test_s26_the_desk_takes_files_in_and_does_not_see_them(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    assert upload(client, world.person, png(), title="MARKERTITLE").status_code == 303
    assert "MARKERTITLE" not in client.get(f"/people/{world.person.pk}/").content.decode()
    assert client.get(f"/people/{world.person.pk}/uploads/{Upload.objects.get().pk}/").status_code == 404


def test_s26_an_image_is_written_anew_without_place_camera_or_tail(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    assert upload(client, world.person, jpeg_with_place() + b"<script>MARKERTAIL</script>").status_code == 303
    kept = bytes(Upload.objects.get().content)
    assert b"MARKER" not in kept
    assert Image.open(io.BytesIO(kept)).size == (8, 8)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>1</script></html>", "letter.pdf"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image.png"),
        (b"%PDF-1.4\n<html><body>x</body></html>\n%%EOF", "letter.pdf"),
        (PDF + b"PK\x03\x04 a zip hangs on it", "letter.pdf"),
        (b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert)>>>>endobj\n%%EOF", "letter.pdf"),
        (b"GIF89a" + PDF, "letter.pdf"),
        (b" " + PDF, "letter.pdf"),
        (b"\x89PNG\r\n\x1a\n broken", "image.png"),
        (b"\xff\xd8\xff broken", "image.jpg"),
        (b"PK\x03\x04", "letter.docx"),
        (b"", "empty.pdf"),
    ],
)
def test_s26_what_is_no_pdf_jpeg_or_png_by_content_is_refused(
    world: World, signed_in: SignedIn, content: bytes, name: str
) -> None:
    answer = upload(signed_in(world.therapist), world.person, content, name, "STAYSHERE")
    assert answer.status_code == 422
    assert "STAYSHERE" in answer.content.decode()
    assert not Upload.objects.exists()


def test_s26_an_image_of_more_than_40_megapixels_is_refused_before_it_is_decoded(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = bytearray(png())
    head[16:24] = (8001).to_bytes(4, "big") + (5000).to_bytes(4, "big")
    head[29:33] = zlib.crc32(bytes(head[12:29])).to_bytes(4, "big")

    def never(self: Any) -> Any:
        raise AssertionError("the image was decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", never)
    answer = upload(signed_in(world.therapist), world.person, bytes(head))
    assert answer.status_code == 422
    assert "40 megapixels" in answer.content.decode()


def test_s26_each_person_has_a_quota(world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palpate.clinic.uploads.QUOTA_FILES", 1)
    client = signed_in(world.therapist)
    assert upload(client, world.person, png()).status_code == 303
    assert upload(client, world.person, png((9, 9))).status_code == 422
    assert Upload.objects.count() == 1


# --- all of it ---


def test_s13_looking_changes_nothing(world: World, signed_in: SignedIn) -> None:
    def digest() -> list[int]:
        return [model.objects.count() for model in (Person, Episode, CareTeam, Merge, Upload, Appointment)]

    before = digest()
    client = signed_in(world.therapist)
    for path in ("", "new/", f"{world.person.pk}/", f"{world.person.pk}/episodes/new/", f"{world.person.pk}/uploads/"):
        assert client.get(f"/people/{path}").status_code == 200
    assert digest() == before


def test_a_page_of_a_person_asks_the_same_number_of_queries_however_much_there_is(
    world: World, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(world.therapist)
    client.get(f"/people/{world.person.pk}/")
    with django_assert_max_num_queries(60) as few:
        client.get(f"/people/{world.person.pk}/")
    with act(world.actor(world.owner), "tests", "tests", change=True):
        for _ in range(5):
            Episode(person=world.person, complaint="More", opened=moment.now() - timedelta(days=9)).save()
    with django_assert_max_num_queries(len(few)):
        client.get(f"/people/{world.person.pk}/")


def test_s20_no_address_holds_a_name(world: World, signed_in: SignedIn) -> None:
    page = signed_in(world.desk).get("/people/").content.decode()
    for address in re.findall(r'(?:href|action|hx-post)="([^"]+)"', page):
        assert "ada" not in urlsplit(address).path.casefold() + urlsplit(address).query.casefold()
