"""A password by a one-time link (S-07): once, for a short time, kept as a hash, never past the second factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from palpate.clinic import users
from palpate.clinic.acts import act
from palpate.clinic.models import AccountLink, Notice, User
from palpate.web.pages.account import links
from tests.clinic_world import PASSWORD, World, make_world
from tests.web.signing_world import code, give_app, is_in, later, password

NEW = "a wholly new phrase 31"


@pytest.fixture
def by_mail(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A practice that sends mail; here at once instead of beside the request."""
    settings.MAIL_FROM = "practice@clinic.example"
    settings.SITE = "https://clinic.example"
    monkeypatch.setattr(links, "later", links.deliver)


def link_for(world: World, user: User, purpose: str = "reset") -> str:
    with act(World.actor(world.owner), "users", "test", change=True):
        return users.make_link(user, purpose, World.actor(world.owner))


def use(secret: str, typed: str = NEW, client: Client | None = None) -> Any:
    given = {"code": secret, "password1": typed, "password2": typed}
    return (client or Client()).post("/account/password/new/", given)


def test_s07_a_link_sets_a_password_once(world: World) -> None:
    secret = link_for(world, world.therapist)
    assert Client().get("/account/password/new/").status_code == 200  # opening spends nothing
    assert use(secret).status_code == 303
    assert password(Client(), world.therapist, NEW).status_code == 302
    assert password(Client(), world.therapist, PASSWORD).status_code == 422
    replay = use(secret, "yet another phrase 44")
    assert replay.status_code == 422
    assert password(Client(), world.therapist, NEW).status_code == 302


def test_s07_a_link_is_good_for_30_minutes(world: World) -> None:
    secret = link_for(world, world.therapist)
    with later(minutes=30, seconds=1):
        assert use(secret).status_code == 422
    with later(minutes=29):
        assert use(secret).status_code == 303


def test_s07_an_invitation_is_good_for_24_hours(world: World) -> None:
    secret = link_for(world, world.therapist, "invite")
    with later(hours=24, seconds=1):
        assert use(secret).status_code == 422
    with later(hours=23, minutes=59):
        assert use(secret).status_code == 303


def test_s07_only_a_hash_of_the_secret_is_kept_and_a_new_link_ends_the_old(world: World) -> None:
    first = link_for(world, world.therapist)
    second = link_for(world, world.therapist)
    assert len(first) >= 43
    kept = list(AccountLink.objects.values_list("secret_hash", flat=True))
    assert first not in kept
    assert all(use(stolen).status_code == 422 for stolen in kept)
    assert use(first).status_code == 422
    assert use(second).status_code == 303


def test_s07_wrong_spent_expired_and_replaced_are_answered_alike(world: World) -> None:
    replaced, spent = link_for(world, world.therapist), link_for(world, world.therapist)
    use(spent)
    old = link_for(world, world.desk)
    told = []
    for secret, by in (("never-was-" + "x" * 33, 0), (replaced, 0), (spent, 0), (old, 31)):
        with later(minutes=by):
            answer = use(secret)
        page = re.sub(r'(csrfmiddlewaretoken"|csrf-token") (value|content)="[^"]*"', "", answer.content.decode())
        told.append((answer.status_code, page.replace(secret, "")))
    assert told[0] == told[1] == told[2] == told[3]


def test_s07_a_bad_password_does_not_use_the_link_up(world: World) -> None:
    secret = link_for(world, world.therapist)
    assert use(secret, "short").status_code == 422
    assert use(secret, "my palpate phrase").status_code == 422
    assert use(secret).status_code == 303


def test_s07_a_new_password_does_not_skip_the_second_factor(db: Any) -> None:
    world = make_world(second_factor=True)
    give_app(world.therapist)
    client = Client()
    assert use(link_for(world, world.therapist), client=client)["Location"] == "/account/sign-in/"
    assert not is_in(client)
    assert password(client, world.therapist, NEW)["Location"] == "/account/sign-in/code/"
    assert not is_in(client)
    client.post("/account/sign-in/code/", {"code": code()})
    assert is_in(client)


def test_s07_all_sessions_end_with_the_old_password(world: World, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(world.therapist)
    assert is_in(client)
    use(link_for(world, world.therapist))
    assert not is_in(client)


def test_s07_an_account_that_is_switched_off_takes_no_password(world: World) -> None:
    secret = link_for(world, world.therapist)
    world.therapist.refresh_from_db()
    with act(World.actor(world.owner), "users", "test", change=True):
        users.set_active(world.therapist, world.therapist.version, False)
    assert use(secret).status_code == 422


def test_s07_known_and_unknown_addresses_get_the_same_answer(
    world: World, by_mail: None, django_capture_on_commit_callbacks: Any
) -> None:
    told = []
    for email in ("therapist@example.org", "nobody@example.org", "THERAPIST@example.org"):
        client = Client()
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/account/password/forgotten/", {"email": email})
        page = client.get(answer["Location"]).content
        told.append((answer.status_code, answer["Location"], re.sub(rb'csrf-token" content="[^"]*"', b"", page)))
    assert told[0] == told[1] == told[2]
    assert [message.to for message in mail.outbox] == [["therapist@example.org"]] * 2


def test_s07_the_address_in_the_message_comes_from_the_configured_site_only(
    world: World, by_mail: None, django_capture_on_commit_callbacks: Any
) -> None:
    forged = {
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_X_FORWARDED_SERVER": "evil.example",
        "HTTP_ORIGIN": "http://testserver",
        "HTTP_FORWARDED": "host=evil.example",
        "HTTP_X_HOST": "evil.example",
    }
    with django_capture_on_commit_callbacks(execute=True):
        Client().post("/account/password/forgotten/", {"email": "therapist@example.org"}, **forged)
    assert (
        Client().post("/account/password/forgotten/", {"email": "x@y.org"}, HTTP_HOST="evil.example").status_code == 400
    )
    (message,) = mail.outbox
    (address,) = re.findall(r"\S+://\S+", message.body)
    assert address.startswith("https://clinic.example/account/password/new/#")
    assert "evil" not in message.body
    assert world.practice.name not in message.subject + message.body
    assert use(address.partition("#")[2]).status_code == 303


def test_s07_without_mail_the_owners_are_told_and_hand_a_link_over(
    world: World, signed_in: Callable[[User], Client]
) -> None:
    Client().post("/account/password/forgotten/", {"email": "therapist@example.org"})
    Client().post("/account/password/forgotten/", {"email": "nobody@example.org"})
    notice = Notice.objects.get()
    assert (notice.to, notice.url) == (world.owner, f"/settings/users/{world.therapist.pk}/")
    assert not mail.outbox
    page = signed_in(world.owner).post(f"{notice.url}link/").content.decode()
    (secret,) = re.findall(r'value="/account/password/new/#([^"]+)"', page)
    assert use(secret).status_code == 303


def test_s07_asking_and_trying_are_slowed_down(world: World) -> None:
    asked = [
        Client().post("/account/password/forgotten/", {"email": f"n{n}@example.org"}).status_code for n in range(11)
    ]
    assert asked == [303] * 10 + [429]
    tried = [use(f"{n:043d}").status_code for n in range(11)]
    assert tried == [422] * 10 + [429]
