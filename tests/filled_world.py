"""One row of every kind about one person, so that a walk over all routes has an id for each of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any

from palpate.clinic import answering, keys, links, moment, phone_links, referring
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import (
    AdverseEvent,
    Amendment,
    Answer,
    Appointment,
    BodyDrawing,
    BookRules,
    BreakGlass,
    CalendarFeed,
    Call,
    CareTeam,
    Consent,
    Episode,
    Erasure,
    Gives,
    HeldSession,
    Holiday,
    HoursException,
    Measure,
    Merge,
    Message,
    MessageSettings,
    MessageText,
    MoneyRules,
    Note,
    Notice,
    Offer,
    Override,
    PackageUse,
    PhoneSeen,
    PhoneSent,
    PlanItem,
    PlanTick,
    PublishedPathway,
    Service,
    Session,
    TherapistHours,
    Touch,
    Upload,
    User,
    Waiting,
    Wish,
)
from palpate.clinic.paying import packages
from tests.clinic_world import World, make_person
from tests.web.session_taps import UNCHANGED, calm_answers, consent

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)


@dataclass
class Filled:
    """The ids of a filled record, by the names that they have in paths; `more` holds those that have none."""

    world: World
    ids: dict[str, uuid.UUID]
    more: dict[str, uuid.UUID] = field(default_factory=dict)


def fill(world: World, text: str = "") -> Filled:
    """Fills the record of the world's person. Takes text: what stands in every free text, instead of the usual."""

    def t(usual: str, longest: int = 4000) -> str:
        return (text or usual)[:longest]

    actor, day, at = world.actor(world.therapist), world.day, moment.now()
    person, episode, by = world.person, world.episode, world.therapist
    before = day - timedelta(days=3)
    with act(actor, "tests", "fill", change=True):
        for name in ("phone", "emergency_contact", "doctor"):
            setattr(person, name, t("+31 20 555 0100", 40))
        person.address, person.email = t("1 Quay Lane"), "ada@example.org"
        if text:
            person.family_name = t("")
        person.save()
        consent(world)
        episode.complaint, episode.goals = t("Stiff low back", 200), t("To lift the child again")
        episode.activities = [t("Getting up"), t("Shopping"), t("Sitting")]
        episode.protocol, episode.planned_at = "four_in_six_weeks", at
        episode.onset = day - timedelta(days=10)  # acute: an examination first, so there is a letter to write
        episode.save()
        for number, (name, value) in enumerate(calm_answers().items()):
            row = Answer(episode=episode, fact=name, state="answered", value=value, day=before, number=number)
            row.at, row.by = at - timedelta(days=3), by
            row.save()
        for name, value, values in (("pain_nrs", 7, None), ("own_activities", None, [3, 4, 2])):
            Measure(episode=episode, name=name, value=value, values=values, day=before, at=at).save()
        BodyDrawing(episode=episode, drawing={"regions": [], "strokes": []}, day=before, at=at, by=by).save()
        first = decide_now(actor, episode, "intake", day)
        letter = referring.write_referral(
            actor, world.practice, episode, first, to=t("Dr Kim", 200), remark=t("Please call", 1000), agreed=True
        )
        made = links.make_link(actor, letter)
        clearance, decision = answering.record_answer(
            actor, episode, letter, outcome="cleared_with_limits", covers=["*"], name=t("Dr Kim", 90),
            profession=t("general practitioner", 90), day=day, valid_until=None, limits=t("Gentle only"), today=day,
        )  # fmt: skip
        override = Override(
            decision=decision, reason=t("The person asks for it"), by=by, by_name=t("Therapist", 200), at=at
        )
        override.save()
        given = _session(world, before, at, Session.State.SIGNED, given=True)
        note = Note(
            session=given, subjective=t("Better"), objective=t("Yields"), assessment=t("Going well"), plan=t("Go on"),
            signed_by=by, signed_name=t("Therapist", 200), signed_at=at, about_day=before, late=True,
        )  # fmt: skip
        note.save()
        Amendment(note=note, text=t("Left side too"), why=t("Forgotten"), by=by, by_name=t("T", 200), at=at).save()
        session = _session(world, day, at, Session.State.OPEN, given=False)
        item = PlanItem(episode=episode, part="exercise", what=t("Walking", 300), who=t("Ada", 200), created=at)
        item.how_often = t("daily", 200)
        item.save()
        PlanTick(item=item, done="partly", day=day, at=at, by=by).save()
        event = AdverseEvent(episode=episode, what=t("Sore"), severity="mild", began=before, at=at, by=by)
        event.action = event.outcome = t("Rest")
        event.save()
        upload = Upload(person=person, episode=episode, title=t("Letter", 200), media_type="image/png", content=PNG)
        upload.size, upload.digest, upload.at, upload.by = len(PNG), "0" * 64, at, by
        upload.save()
        starts = at + timedelta(days=1, hours=3 * Appointment.objects.count())  # nobody is in two places
        appointment = Appointment(person=person, episode=episode, therapist=by, room=world.room, starts=starts)
        appointment.ends, appointment.day, appointment.created = starts + timedelta(hours=1), starts.date(), at
        appointment.save()
        service = Service(name=t("Back massage", 200), minutes=60, turnover_minutes=15, price_cents=8000)
        service.save()
        Gives(therapist=world.owner, service=service).save()
        TherapistHours(
            therapist=world.owner, weekday=0, begins=time(9), ends=time(17), room=world.room, valid_from=before
        ).save()
        HoursException(therapist=world.owner, day=day + timedelta(days=9), kind="off").save()
        Holiday(day=day + timedelta(days=9), name=t("Midsummer", 200)).save()
        BookRules(cancel_hours=24, currency="CAD").save()
        MoneyRules(registration=t("BN 123", 200), code_label=t("Code", 60)).save()
        desk = world.actor(world.desk)
        package, receipt = packages.sell(desk, person, service, sessions=3, price=20000, how="card", day=day)
        PackageUse(package=package, session=given, number=1, at=at, by=by).save()
        HeldSession(
            person=person, episode=episode, number=3, therapist=by, room=world.room, starts=starts,
            ends=appointment.ends, made=at,
        ).save()  # fmt: skip
        waiting = Waiting(person=person, episode=episode, minutes=60, since=day, until=day + timedelta(days=30))
        waiting.created = at
        waiting.save()
        Offer(
            waiting=waiting, therapist=by, room=world.room, starts=starts + timedelta(hours=2), minutes=60, made=at
        ).save()
        phone = phone_links.make(phone_links.CHECK_IN, person, appointment, episode)
        sent = PhoneSent(link=phone.link, episode=episode, appointment=appointment, purpose=phone_links.CHECK_IN)
        sent.language, sent.told, sent.day, sent.at = "en", {"new": "nothing"}, day, at
        sent.save()
        PhoneSeen(sent=sent, by=by, at=at).save()
        Wish(person=person, appointment=appointment, what=Wish.What.MOVE, at=at).save()
        message = Message(person=person, episode=episode, appointment=appointment, kind="moved", when=starts)
        message.due = message.made = message.next_try = at
        message.stale_after, message.state, message.reason = starts, Message.State.FAILED, "not_asked"
        message.save()
        Call(person=person, message=message, outcome="left_word", at=at, by=by).save()
        MessageSettings(clinic=t("Harbour Street 4", 60)).save()
        if not MessageText.objects.exists():
            MessageText(kind="reminder", language="en", subject=t("Visit", 120), text=t("{time}", 480)).save()
        feed = CalendarFeed(therapist=by, name=t("telephone", 60), secret_hash=uuid.uuid4().hex * 2, made=at)
        feed.save()
        glass = BreakGlass(person=person, therapist=_stranger(world), reason=t("Covering"), opened=at, until=at)
        glass.save()
        double = make_person("Ada", t("Lindt", 200), person.birth_date, by)
        double.merged_into = person
        double.save()
        moved = {"episodes": [], "appointments": [], "team": [], "filled": []}
        merge = Merge(kept=person, given_up=double, moved=moved, at=at, by=by)
        merge.save()
        Notice(to=world.owner, text=t("A glass was broken", 300), at=at).save()
        key, _ = keys.make_key(world.actor(world.owner), t("Booking site", 200), ["people:read"], 30)
        proposed = PublishedPathway(pathway="back_massage", version_text="0.9.0", digest="sha256:0", proposed_at=at)
        proposed.proposed_by, proposed.withdrawn_at, proposed.withdrawn_why = world.owner, at, t("Only a test")
        proposed.save()
        erasure = Erasure(person=uuid.uuid4(), asked=at, until=day, place="default", by=world.owner)
        erasure.save()
    ids = {
        "person": person.pk,
        "episode": episode.pk,
        "session": session.pk,
        "consent": Consent.objects.filter(episode=episode).latest("at").pk,
        "letter": letter.pk,
        "clearance": clearance.pk,
        "plan_item": item.pk,
        "event": event.pk,
        "decision": first.pk,
        "appointment": appointment.pk,
        "service": service.pk,
        "stranger": person.pk,
        "glass": glass.pk,
        "user": world.colleague.pk,
        "site": world.room.site_id,
        "room": world.room.pk,
        "published": proposed.pk,
        "key": key.pk,
        "erasure": erasure.pk,
        "message": message.pk,
        "feed": feed.pk,
    }
    more = {"upload": upload.pk, "person-unmerge": merge.pk, "link": made.link.pk, "note": note.pk}
    more["phone-calendar"] = appointment.pk
    more |= {"receipt": receipt.pk, "receipt-pdf": receipt.pk, "package": package.pk, "package-take": package.pk}
    return Filled(world, ids, more)


def another(world: World, therapist: User, given: str, text: str = "") -> Filled:
    """A second filled record, of a new person in the care of a therapist."""
    with act(world.actor(therapist), "tests", "another", change=True):
        person = make_person(given, "Zeeman", world.day - timedelta(days=12_000), therapist)
        episode = Episode(person=person, therapist=therapist, opened=moment.now())
        episode.save()
    return fill(replace(world, person=person, episode=episode, therapist=therapist), text)


def _session(world: World, day: Any, at: Any, state: str, *, given: bool) -> Session:
    session = Session(episode=world.episode, therapist=world.therapist, day=day, state=state, started=at)
    session.massage_given = given
    session.save()
    taps: list[tuple[str, dict[str, Any]]] = [("unchanged", UNCHANGED), ("pain_before", {"value": 6})]
    if given:
        treat = {"technique": "swedish", "region": "low_back", "side": "both", "minutes": 40, "pressure": 3}
        taps += [("treat", treat), ("pain_after", {"value": 3})]
    for number, (kind, data) in enumerate(taps):
        key = uuid.uuid4()
        Touch(
            session=session, number=number, key=key, kind=kind, data=data, tapped=at, at=at, by=world.therapist
        ).save()
    return session


def _stranger(world: World) -> User:
    """A therapist who is not in the care team of the world's person."""
    team = set(CareTeam.objects.filter(person=world.person).values_list("therapist_id", flat=True))
    return next(user for user in (world.colleague, world.staff["therapist"]) if user.pk not in team)


def counts() -> dict[str, int]:
    """How many rows there are of each kind, for tests that something is complete."""
    from django.apps import apps

    return {model.__name__: model.objects.count() for model in apps.get_app_config("clinic").get_models()}
