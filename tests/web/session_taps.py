"""What a therapist taps in a session, for the tests of the pages: a calm person with a plan, and a tablet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from palpate.clinic import clock_guard, consenting, moment
from palpate.clinic.acts import act
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.models import Answer, Decision, Measure, Session
from palpate.clinic.visit import NONE_OF_THESE
from tests.clinic_world import World

CALM_WORDS = ("none", "not_pregnant", "given", "steady", "low_back", "worse", "gradual", "usual", "female")
UNCHANGED = {"value": True, "none": list(NONE_OF_THESE)}
NOTHING_FOUND = dict.fromkeys(
    (
        "local_heat",
        "local_redness",
        "local_swelling",
        "pain_out_of_proportion",
        "midline_bone_tenderness",
        "pressure_provokes_nerve_symptoms",
    ),
    False,
)
SWEDISH = {"technique": "swedish", "region": "low_back", "side": "both", "minutes": 40, "pressure": 3}


def ready(world: World, **but: Any) -> None:
    """Gives the person of the world a consent, calm answers of yesterday (`but` for some), and three activities."""
    with act(world.actor(world.therapist), "tests", "ready", change=True) as deed:
        deed.concerns(world.person)
        at, day = moment.now() - timedelta(days=1), world.day - timedelta(days=1)
        consent(world)
        world.episode.activities = ["Getting up from a chair", "Carrying shopping", "Sitting at work"]
        world.episode.protocol, world.episode.planned_at = "four_in_six_weeks", at
        world.episode.save()
        for number, (name, value) in enumerate({**calm_answers(), **but}.items()):
            state = "cannot_say" if value is None else "answered"
            Answer(episode=world.episode, fact=name, state=state, value=value, day=day, at=at, number=number).save()
        for name, value, values in (("pain_nrs", 7, None), ("own_activities", None, [3, 4, 2])):
            Measure(episode=world.episode, name=name, value=value, values=values, day=day, at=at).save()


def consent(world: World, *chosen: str) -> None:
    """The consents that the practice's place asks for these areas, signed by typing. Call inside an act."""
    actor, day = world.actor(world.therapist), world.day
    mark = consenting.read_signature('{"kind": "typed", "name": "Ada Lind"}')
    sheets = consenting.sheets(world.episode, consenting.read_areas(chosen or ("low_back",)), day, "yes")
    consenting.sign(actor, world.episode, day, [consenting.Signed(sheet, mark, True) for sheet in sheets], "yes")


def calm_answers() -> dict[str, Any]:
    """An answer that speaks against nothing, to every question of the intake."""
    found: dict[str, Any] = {"pain_now": 6}
    for name, fact in pathway_in_force().vocabulary.facts.items():
        if fact.stage != "intake" or name in found:
            continue
        if fact.kind == "bool":
            found[name] = name == "active_exercise_plan"
        elif fact.kind == "enum":
            found[name] = next((word for word in CALM_WORDS if word in fact.values), next(iter(fact.values)))
    return found


class Clock:
    """The time of the whole program, to be moved by days: visits of one course lie a week apart."""

    def __init__(self, monkeypatch: Any) -> None:
        self.start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self.now = self.start
        monkeypatch.setattr("django.utils.timezone.now", self.tick)
        # The world was made a moment ago by the real clock, which may be hours after noon.
        monkeypatch.setattr(clock_guard, "TOLERANCE", timedelta(days=1))

    def tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def day(self, days: int) -> None:
        """Moves to noon of the day so many days after the start, if that lies ahead."""
        self.now = max(self.now, self.start + timedelta(days=days))


@dataclass
class Tablet:
    """A therapist's tablet in one visit. `taps` counts every touch and every form that was sent."""

    world: World
    client: Client
    taps: int = 0
    version: int = 0
    session: Session | None = None

    @property
    def ids(self) -> dict[str, Any]:
        return {"person": self.world.person.pk, "episode": self.world.episode.pk}

    def url(self, name: str) -> str:
        more = (
            {"session": self.session.pk} if self.session is not None and name not in ("door", "session-start") else {}
        )
        return reverse(name, kwargs={**self.ids, **more})

    def start(self) -> Any:
        """Opens the door card and taps "Start session"."""
        assert self.client.get(self.url("door")).status_code == 200
        answer = self.client.post(self.url("session-start"), {"_person": str(self.world.person.pk)})
        self.taps += 1
        if answer.status_code == 303:
            self.session = Session.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])
            self.version = self.session.touches.count()
            assert self.client.get(self.url("session")).status_code == 200
        return answer

    def send(self, *touches: tuple[str, dict[str, Any]], keys: list[str] | None = None, **but: Any) -> Any:
        """Sends taps in one message. Takes keys: those of the taps; but: what the message says instead."""
        assert self.session is not None
        keys = keys or [str(uuid.uuid4()) for _ in touches]
        message = {
            "person": str(self.world.person.pk),
            "session": str(self.session.pk),
            "version": self.version,
            "touches": [
                {"key": key, "kind": kind, "data": data, "at": "2026-03-02T09:00:00.000Z"}
                for key, (kind, data) in zip(keys, touches, strict=True)
            ],
        }
        answer = self.client.post(self.url("touches"), {**message, **but}, content_type="application/json")
        self.taps += len(touches)
        if answer.status_code == 200:
            self.version = answer.json()["version"]
        return answer

    def tap(self, kind: str, **data: Any) -> Any:
        """One tap that must be taken. Returns the JSON of the answer."""
        answer = self.send((kind, data))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def sign(self, **fields: str) -> Any:
        """Opens the note and signs it as it wrote itself."""
        page = self.client.get(self.url("note"))
        assert page.status_code == 200, page.content
        form = page.context["form"]
        texts = {part: form[part].value() for part in "soap"}
        session = Session.objects.get(pk=self.session.pk)  # type: ignore[union-attr]
        sent = {
            "do": "sign",
            "_version": session.version,
            "_person": str(self.world.person.pk),
            "none_why": "",
            **texts,
        }
        self.taps += 1
        return self.client.post(self.url("note"), {**sent, **fields})

    def newest(self) -> Decision:
        """The newest decision of the episode."""
        return Decision.objects.filter(episode=self.world.episode).latest("number")


def whole_visit(tablet: Tablet, *, pain: tuple[int, int] = (6, 3), again: bool = False) -> Any:
    """A visit without a problem, from the door card to the signed note. Returns the answer of the signature."""
    assert tablet.start().status_code == 303
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=pain[0])
    if again:
        tablet.tap("fact", fact="spasm_response", value="partial")
    tablet.tap("test", test="ffd_cm", when="before", value=12)
    for side in ("left", "right"):
        tablet.tap("palpate", region="low_back", side=side, muscle="", yields="yes")
    tablet.tap("facts", values=NOTHING_FOUND)
    tablet.tap("gate", after="felt")
    tablet.tap("clock_start")
    if again:
        tablet.tap("again", treatments=[SWEDISH])
    else:
        tablet.tap("treat", **SWEDISH)
    tablet.tap("clock_stop")
    tablet.tap("pain_after", value=pain[1])
    tablet.tap("test", test="ffd_cm", when="after", value=8)
    tablet.tap("aftercare", items=["soreness_told", "when_to_call", "keep_moving", "home_items"])
    return tablet.sign()
