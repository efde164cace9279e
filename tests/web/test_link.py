"""One-time links: a clinician answers one letter, once, without an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import links, moment
from palpate.clinic.models import AuditRow, Clearance, Decision, FormKey, Letter, Notice, ReferralLink, Throttle, User
from palpate.web.routes import ANYONE
from palpate.web.urls import ROUTES
from tests.clinic_world import World
from tests.decided_world import acute, at, make_letter

SignedIn = Callable[[User], Client]
BORN = "1979-04-02"
ANSWER = {
    "outcome": "cleared",
    "covers": ["acute_low_back_pain"],
    "name": "Dr Kim",
    "profession": "general practitioner",
    "valid_until": "",
    "limits": "",
}


@pytest.fixture
def letter(world: World, signed_in: SignedIn) -> Letter:
    acute(world)
    return make_letter(world, signed_in(world.therapist))


def new_link(world: World, client: Client, letter: Letter) -> str:
    """Makes a link through its page, and returns its secret as the page shows it."""
    response = client.post(at(world, "letter-link", letter=letter.pk))
    assert response.status_code == 200
    found = re.search(r"/link/#([a-z2-7-]+)", response.content.decode())
    assert found is not None
    return found.group(1)


@pytest.fixture
def secret(world: World, signed_in: SignedIn, letter: Letter) -> str:
    return new_link(world, signed_in(world.therapist), letter)


def code(client: Client, secret: str, **more: Any) -> Any:
    return client.post(reverse("link"), {"secret": secret}, **more)


def opened(secret: str) -> Client:
    """A clinician's browser in which the link stands open."""
    client = Client()
    assert code(client, secret)["Location"] == reverse("link-who")
    assert client.post(reverse("link-who"), {"birth_date": BORN})["Location"] == reverse("link-letter")
    return client


def sent(world: World, client: Client, **told: Any) -> Any:
    return client.post(reverse("link-letter"), {**ANSWER, "day": world.day.isoformat(), **told})


def plain(body: bytes) -> bytes:
    """A page without its CSRF token, which is another one in each answer."""
    return re.sub(rb'(name="csrf-token" content|name="csrfmiddlewaretoken" value)="[^"]*"', rb"", body)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clinic's clock."""

    def move(by: timedelta) -> None:
        at_now = moment.now() + by
        for module in (moment, links.clock):
            monkeypatch.setattr(module, "now", lambda: at_now)

    return move


def test_the_whole_way_from_the_code_to_the_new_decision(world: World, secret: str, letter: Letter) -> None:
    client = opened(secret)
    said = client.get(reverse("link-letter")).content.decode()
    assert "Ada Lind" in said
    assert "2 April 1979" in said
    assert client.get(reverse("link-pdf")).content.startswith(b"%PDF")
    response = sent(world, client)
    assert response.status_code == 303
    assert response["Location"] == reverse("link-done")
    clearance = Clearance.objects.get()
    assert (clearance.came_by, clearance.by, clearance.clinician) == ("link", None, "Dr Kim, general practitioner")
    newest = Decision.objects.order_by("-number")[0]
    assert newest.disposition in ("treat", "treat_with_precautions")
    letter.refresh_from_db()
    assert letter.answered is not None
    notice = Notice.objects.get()
    assert notice.to == world.therapist
    assert "Lind" not in notice.text


def test_the_trail_says_which_link_did_it(world: World, secret: str) -> None:
    client = opened(secret)
    sent(world, client)
    link = ReferralLink.objects.get()
    rows = AuditRow.objects.filter(actor=f"link:{link.pk.hex}", roles="referrer")
    assert {row.deed for row in rows} == {"link", "link-who", "link-letter"}
    assert all(row.persons == [str(world.person.pk)] for row in rows)


def test_s15_only_a_hash_of_256_random_bits_is_kept(world: World, signed_in: SignedIn, letter: Letter) -> None:
    from django.apps import apps

    client = signed_in(world.therapist)
    secrets = [new_link(world, client, letter) for _ in range(2)]
    assert all(len(secret.replace("-", "")) * 5 >= 256 for secret in secrets)
    assert secrets[0][:8] != secrets[1][:8]
    stored = ""
    for model in apps.get_models():
        for row in model._default_manager.values():
            stored += repr(row)
    for secret in secrets:
        assert secret not in stored
        assert secret.replace("-", "") not in stored
    for link in ReferralLink.objects.all():
        # What the store holds opens nothing.
        for told in (link.secret_hash, str(link.pk), link.pk.hex):
            assert code(Client(), told)["Location"] == reverse("link-closed")


def test_s16_the_secret_stands_in_no_address_and_no_header_of_a_whole_visit(
    world: World, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    answers = [client.get(reverse("link")), code(client, secret), client.get(reverse("link-who"))]
    answers += [client.post(reverse("link-who"), {"birth_date": BORN}), client.get(reverse("link-letter"))]
    answers += [client.get(reverse("link-pdf")), sent(world, client), client.get(reverse("link-done"))]
    for answer in answers:
        for told in (
            answer.request["PATH_INFO"],
            answer.request["QUERY_STRING"],
            repr(answer.headers),
            repr(answer.cookies),
        ):
            assert secret not in told
        assert secret.encode() not in answer.content
    assert secret not in caplog.text
    assert all(secret not in repr(vars(row)) for row in AuditRow.objects.all())
    assert all(secret not in repr(vars(row)) for row in FormKey.objects.all())


def test_s16_the_pages_script_wipes_the_address_and_keeps_nothing(world: World) -> None:
    from pathlib import Path

    import palpate.web

    said = (Path(palpate.web.__file__).parent / "static" / "palpate" / "link.js").read_text(encoding="utf-8")
    assert "replaceState" in said
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|fetch\(|innerHTML", said)
    assert "palpate/link.js" in Client().get(reverse("link")).content.decode()


def test_s17_opening_and_previewing_spend_and_change_nothing(world: World, secret: str) -> None:
    for _ in range(100):
        client = Client()
        assert client.get(reverse("link")).status_code == 200
        assert client.head(reverse("link")).status_code == 200
    link = ReferralLink.objects.get()
    assert (link.opened, link.spent, link.misses) == (None, None, 0)
    assert opened(secret).get(reverse("link-letter")).status_code == 200


def test_s17_the_code_alone_spends_nothing(world: World, secret: str) -> None:
    for _ in range(3):
        assert code(Client(), secret)["Location"] == reverse("link-who")
    assert opened(secret).get(reverse("link-letter")).status_code == 200


def test_s18_five_wrong_birth_dates_kill_the_link(world: World, secret: str) -> None:
    client = Client()
    code(client, secret)
    for number in range(1, 5):
        response = client.post(reverse("link-who"), {"birth_date": f"1979-04-{10 + number}"})
        assert response["Location"] == reverse("link-who")
        assert ReferralLink.objects.get().misses == number
    assert "1 try is left" in client.get(reverse("link-who")).content.decode()
    assert client.post(reverse("link-who"), {"birth_date": "1980-01-01"})["Location"] == reverse("link-closed")
    assert client.post(reverse("link-who"), {"birth_date": BORN})["Location"] == reverse("link-closed")
    assert code(Client(), secret)["Location"] == reverse("link-closed")


def test_s18_misses_in_several_browsers_count_together(world: World, secret: str) -> None:
    for number in range(5):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        code(client, secret)
        client.post(reverse("link-who"), {"birth_date": "1980-01-01"})
    assert code(Client(), secret)["Location"] == reverse("link-closed")


def test_what_is_no_date_is_no_guess(world: World, secret: str) -> None:
    client = Client()
    code(client, secret)
    assert client.post(reverse("link-who"), {"birth_date": "2 April"}).status_code == 422
    assert ReferralLink.objects.get().misses == 0


@pytest.mark.parametrize(
    ("by", "opens"), [(timedelta(days=7) - timedelta(seconds=2), True), (timedelta(days=7), False)]
)
def test_s18_a_link_lives_for_seven_days(
    by: timedelta, opens: bool, world: World, secret: str, clock: Callable[[timedelta], None]
) -> None:
    clock(by)
    assert (code(Client(), secret)["Location"] == reverse("link-who")) is opens


@pytest.mark.parametrize(
    ("by", "stays"), [(timedelta(minutes=30) - timedelta(seconds=2), True), (timedelta(minutes=30), False)]
)
def test_s18_its_one_session_lasts_thirty_minutes(
    by: timedelta, stays: bool, world: World, secret: str, clock: Callable[[timedelta], None]
) -> None:
    client = opened(secret)
    clock(by)
    assert (client.get(reverse("link-letter")).status_code == 200) is stays
    assert (client.get(reverse("link-pdf")).status_code == 200) is stays
    assert (sent(world, client)["Location"] == reverse("link-done")) is stays
    assert Clearance.objects.exists() is stays


def test_s18_there_is_one_session_only(world: World, secret: str) -> None:
    opened(secret)
    assert code(Client(), secret)["Location"] == reverse("link-closed")


def address_of(route: Any, world: World, letter: Letter) -> str:
    """Some address of a route, with the ids of this world wherever it takes some."""
    known = {"person": world.person.pk, "episode": world.episode.pk, "letter": letter.pk, "user": world.therapist.pk}
    known["decision"] = Decision.objects.order_by("-number")[0].pk
    path = re.sub(r"<uuid:(\w+)>", lambda found: str(known.get(found.group(1), world.room.pk)), route.path)
    return "/" + re.sub(r"<\w+:\w+>", "1", re.sub(r"<(?:str:)?\w+>", "x", path))


STAFF_ROUTES = [
    route for route in ROUTES if not route.name.startswith("link") and ANYONE not in (route.read, route.write)
]


@pytest.mark.parametrize("stage", ["asking", "open"])
def test_s18_the_session_of_a_link_reaches_nothing_else(stage: str, world: World, secret: str, letter: Letter) -> None:
    client = Client()
    code(client, secret)
    if stage == "open":
        client.post(reverse("link-who"), {"birth_date": BORN})
    assert len(STAFF_ROUTES) > 20
    before = Decision.objects.count(), Letter.objects.count(), ReferralLink.objects.count()
    for route in STAFF_ROUTES:
        where = address_of(route, world, letter)
        for answer in (client.get(where), client.post(where, {"secret": secret, "birth_date": BORN})):
            assert answer.status_code in (301, 302, 303, 401, 403, 404, 405), (route.name, answer.status_code)
            assert "Lind" not in answer.content.decode("utf-8", "replace"), route.name
    assert before == (Decision.objects.count(), Letter.objects.count(), ReferralLink.objects.count())


def test_s18_before_the_birth_date_nothing_of_the_letter_is_seen(world: World, secret: str) -> None:
    client = Client()
    code(client, secret)
    said = client.get(reverse("link-who")).content.decode()
    for word in ("Ada", "Lind", "1979", "acute", "Stiff"):
        assert word not in said.replace("such as 1979-04-02", "")
    for name in ("link-letter", "link-pdf"):
        assert client.get(reverse(name))["Location"] == reverse("link-closed")
    assert sent(world, client)["Location"] == reverse("link-closed")
    assert not Clearance.objects.exists()


def test_s18_a_staff_session_ends_where_a_link_is_opened(world: World, secret: str, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    code(client, secret)
    assert set(client.session.keys()) <= {"link", "_session_expiry"}
    assert client.get(at(world, "decision")).status_code in (302, 303)


def test_s18_a_staff_session_is_no_session_of_a_link(world: World, secret: str, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    session = client.session
    session["link"] = {"id": str(ReferralLink.objects.get().pk), "stage": "open"}
    session.save()
    assert client.get(reverse("link-letter"))["Location"] == reverse("link-closed")


def test_s19_wrong_spent_opened_expired_and_revoked_are_one_and_the_same(
    world: World, signed_in: SignedIn, letter: Letter, clock: Callable[[timedelta], None]
) -> None:
    staff = signed_in(world.therapist)
    revoked = new_link(world, staff, letter)
    late = new_link(world, staff, letter)
    answers = {"wrong": code(Client(), "aaaa-bbbb"), "empty": code(Client(), ""), "long": code(Client(), "x" * 5000)}
    answers["revoked"] = code(Client(), revoked)
    client = opened(late)
    answers["opened"] = code(Client(), late)
    sent(world, client)
    answers["spent"] = code(Client(), late)
    second = make_letter_again(world, staff)
    expired = new_link(world, staff, second)
    clock(timedelta(days=8))
    answers["expired"] = code(Client(), expired)
    seen = {(answer.status_code, answer["Location"], answer.content) for answer in answers.values()}
    assert len(seen) == 1, seen
    pages = {plain(Client().get(answer["Location"]).content) for answer in answers.values()}
    assert len(pages) == 1
    assert Client().get(reverse("link-closed")).status_code == 404


def make_letter_again(world: World, staff: Client) -> Letter:
    """The answer of the first letter taken back, and a second letter made."""
    clearance = Clearance.objects.get()
    staff.post(at(world, "clearance-take-back", clearance=clearance.pk), {"why": "Wrong person."})
    return make_letter(world, staff)


def test_s19_a_new_link_kills_the_old(world: World, signed_in: SignedIn, letter: Letter) -> None:
    staff = signed_in(world.therapist)
    old = new_link(world, staff, letter)
    new = new_link(world, staff, letter)
    assert code(Client(), old)["Location"] == reverse("link-closed")
    assert code(Client(), new)["Location"] == reverse("link-who")


def test_s19_a_link_that_was_open_dies_with_a_new_one_too(world: World, signed_in: SignedIn, letter: Letter) -> None:
    staff = signed_in(world.therapist)
    client = opened(new_link(world, staff, letter))
    new_link(world, staff, letter)
    assert client.get(reverse("link-letter"))["Location"] == reverse("link-closed")


def test_s19_ten_misses_a_minute_from_one_address_and_then_429(
    world: World, secret: str, clock: Callable[[timedelta], None]
) -> None:
    for _ in range(10):
        assert code(Client(), "wrong")["Location"] == reverse("link-closed")
    response = code(Client(), secret)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert code(Client(), secret, REMOTE_ADDR="10.1.1.1")["Location"] == reverse("link-who")
    clock(timedelta(seconds=61))
    assert code(Client(), secret)["Location"] == reverse("link-who")
    assert all("127.0.0.1" not in row.key for row in Throttle.objects.all())


def test_s19_right_codes_do_not_count_as_misses(world: World, secret: str) -> None:
    for _ in range(25):
        assert code(Client(), secret)["Location"] == reverse("link-who")


def test_s19_sent_answers_cannot_be_read_back_or_sent_again(world: World, secret: str) -> None:
    client = opened(secret)
    sent(world, client, limits="A remark for the practice only.")
    said = client.get(reverse("link-done")).content.decode()
    assert "remark for the practice" not in said
    assert "Lind" not in said
    for name in ("link-letter", "link-pdf", "link-who"):
        assert client.get(reverse(name))["Location"] == reverse("link-closed")
    assert sent(world, client)["Location"] == reverse("link-closed")
    assert Clearance.objects.count() == 1


def test_a_second_press_of_send_gets_the_first_answer_again(world: World, secret: str) -> None:
    client = opened(secret)
    told = {"_form": "3f0a6f0e-27c9-4c87-8a57-0d8e6d0d6c11"}
    assert sent(world, client, **told)["Location"] == reverse("link-done")
    assert sent(world, client, **told)["Location"] == reverse("link-done")
    assert Clearance.objects.count() == 1


def test_an_answer_with_a_fault_keeps_the_link_open_and_what_was_typed(world: World, secret: str) -> None:
    client = opened(secret)
    response = sent(world, client, profession="", limits="Kept text.")
    assert response.status_code == 422
    assert "Kept text." in response.content.decode()
    assert sent(world, client)["Location"] == reverse("link-done")


def test_an_answer_may_only_cover_what_the_letter_asks_or_everything(world: World, secret: str) -> None:
    client = opened(secret)
    assert sent(world, client, covers=["fever_or_chills_now"]).status_code == 422
    assert sent(world, client, covers=["cauda_equina_saddle"]).status_code == 422
    assert not Clearance.objects.exists()
    assert sent(world, client, covers=["*"])["Location"] == reverse("link-done")


def test_the_letter_with_its_link_is_printed_once_and_kept_nowhere(
    world: World, signed_in: SignedIn, letter: Letter, secret: str
) -> None:
    client = signed_in(world.therapist)
    before = client.get(at(world, "letter-pdf", letter=letter.pk)).content
    printed = client.post(at(world, "letter-link-pdf", letter=letter.pk), {"secret": secret})
    assert printed.content.startswith(b"%PDF")
    assert printed.content != before
    assert client.get(at(world, "letter-pdf", letter=letter.pk)).content == before
    assert client.post(at(world, "letter-link-pdf", letter=letter.pk), {"secret": "wrong"}).status_code == 409


def test_the_therapist_can_end_a_link(world: World, signed_in: SignedIn, letter: Letter, secret: str) -> None:
    assert signed_in(world.therapist).post(at(world, "letter-link-revoke", letter=letter.pk)).status_code == 303
    assert code(Client(), secret)["Location"] == reverse("link-closed")


def test_no_link_is_made_for_a_letter_that_is_answered(world: World, signed_in: SignedIn, letter: Letter) -> None:
    staff = signed_in(world.therapist)
    sent(world, opened(new_link(world, staff, letter)))
    assert staff.post(at(world, "letter-link", letter=letter.pk)).status_code == 409


def test_a_code_typed_from_paper_may_have_blanks_and_capitals(world: World, secret: str) -> None:
    typed = "  " + secret.upper().replace("-", " ") + "\n"
    assert code(Client(), typed)["Location"] == reverse("link-who")


def test_s14_a_code_needs_the_pages_own_token(world: World, secret: str) -> None:
    assert code(Client(enforce_csrf_checks=True), secret).status_code == 403
