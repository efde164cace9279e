"""What the taps of one session add up to. Pure: a list of touches in, one state out.

A touch is (key, kind, data). An `undo` takes back the newest touch that still stands, or the one it names. Nothing is
repaired: a touch that says something impossible is refused before it is stored (`read_touch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palpate.pathway.pathway import Pathway

TECHNIQUES = {
    "neuromuscular": "Neuromuscular (slow, on the spot)",
    "myofascial": "Myofascial release",
    "swedish": "Swedish (strokes and kneading)",
    "deep_tissue": "Deep tissue",
    "trigger_point": "Trigger point pressure",
    "relaxation": "Delicate relaxation",
    "stretching": "Assisted stretching",
}
REGIONS = {
    "neck": "Neck",
    "upper_back": "Upper back",
    "mid_back": "Middle of the back",
    "low_back": "Low back",
    "flank": "Side",
    "buttock": "Buttock",
    "thigh": "Back of the thigh",
}
MUSCLES = {
    "erector_spinae": ("Erector spinae", ("neck", "upper_back", "mid_back", "low_back")),
    "multifidus": ("Multifidus", ("mid_back", "low_back")),
    "quadratus_lumborum": ("Quadratus lumborum", ("low_back", "flank")),
    "latissimus_dorsi": ("Latissimus dorsi", ("mid_back", "low_back", "flank")),
    "trapezius": ("Trapezius", ("neck", "upper_back", "mid_back")),
    "rhomboids": ("Rhomboids", ("upper_back",)),
    "levator_scapulae": ("Levator scapulae", ("neck", "upper_back")),
    "gluteus_maximus": ("Gluteus maximus", ("buttock",)),
    "gluteus_medius": ("Gluteus medius", ("buttock",)),
    "piriformis": ("Piriformis", ("buttock",)),
    "hamstrings": ("Hamstrings", ("thigh",)),
}
SIDES = ("left", "right", "both")
YIELDS = ("yes", "partly", "no")
FOUND_HERE = ("local_heat", "local_redness", "local_swelling", "pain_out_of_proportion")
# Tests with their unit, range and which way is better. Source: measures.md 2.10 (finger to floor, Schober).
TESTS = {
    "ffd_cm": ("Finger to floor", "cm", -30.0, 120.0, "low"),
    "mmst_cm": ("Schober, modified twice", "cm", 0.0, 15.0, "high"),
    "incl_deg": ("Inclinometer, bending forward", "degrees", 0.0, 120.0, "high"),
}
SIGNS = {
    "bend_forward": "Bending forward",
    "lean_back": "Leaning back",
    "bend_left": "Bending to the left",
    "bend_right": "Bending to the right",
    "rise_from_chair": "Getting up from a chair",
    "roll_over": "Rolling over",
}
COMPARED = ("better", "same", "worse")
AFTERCARE = {
    "soreness_told": "Some soreness for a day or two is common; told",
    "when_to_call": "When to call us, and when to call a doctor; told",
    "keep_moving": "Keep moving today; told",
    "home_items": "Home exercises shown again",
    "next_booked": "Next visit agreed",
}
RATED = ("pain_nrs", "global_change", "sleep_nrs", "mood_nrs", "soreness_nrs")
RATED_RANGE = {"global_change": (-3, 3)}
LONGEST_MINUTES = 180


class BadTouch(ValueError):
    """A touch that cannot be. The message is for the therapist."""


@dataclass(frozen=True)
class Palpation:
    region: str
    side: str
    muscle: str
    yields: str


@dataclass(frozen=True)
class Treatment:
    technique: str
    region: str
    minutes: int
    pressure: int  # 1 (feather) to 5 (deepest)


@dataclass
class Visit:
    """What the touches of one session say.

    facts      answers and findings of today, by fact name; `unsure` were asked and could not be answered
    unchanged  everything that must be asked again was asked, and is as it was
    ratings    measure name -> score of today (points)
    activities index of the own activity -> 0 to 10 (high is good)
    """

    facts: dict[str, Any] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    unchanged: bool = False
    pain_before: int | None = None
    pain_after: int | None = None
    ratings: dict[str, float] = field(default_factory=dict)
    activities: dict[int, float] = field(default_factory=dict)
    tests: dict[str, dict[str, float]] = field(default_factory=dict)  # test -> {"before": x, "after": y}
    signs: dict[str, str] = field(default_factory=dict)  # sign -> better, same, worse; "" before the retest
    palpations: dict[tuple[str, str, str], Palpation] = field(default_factory=dict)
    treatments: list[Treatment] = field(default_factory=list)
    aftercare: list[str] = field(default_factory=list)
    clock: dict[str, str] = field(default_factory=dict)  # "started" and "stopped", device times
    finished: bool = False

    @property
    def minutes(self) -> int:
        """Hands-on minutes of all treatments."""
        return sum(treatment.minutes for treatment in self.treatments)

    @property
    def techniques(self) -> list[str]:
        return sorted({treatment.technique for treatment in self.treatments})

    def found_today(self) -> dict[str, Any]:
        """The facts of today, with what the hands found: the worst of all muscles that were pressed counts."""
        found = dict(self.facts)
        pressed = {palpation.yields for palpation in self.palpations.values()}
        if pressed:
            found["muscle_yields_to_pressure"] = next(answer for answer in ("no", "partly", "yes") if answer in pressed)
        if self.pain_before is not None:
            found["pain_now"] = self.pain_before
        return found


def fold(touches: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Visit:
    """The state after all touches, in the order in which they were made."""
    standing: list[tuple[str, str, Mapping[str, Any]]] = []
    for key, kind, data in touches:
        if kind == "undo":
            named = data.get("key")
            at = next((i for i in reversed(range(len(standing))) if named in (None, standing[i][0])), None)
            if at is not None:
                del standing[at]
        else:
            standing.append((key, kind, data))
    visit = Visit()
    for _, kind, data in standing:
        _APPLY[kind](visit, data)
    return visit


def _fact(visit: Visit, data: Mapping[str, Any]) -> None:
    name = data["fact"]
    visit.facts.pop(name, None)
    visit.unsure.discard(name)
    if data.get("unsure"):
        visit.unsure.add(name)
    elif data.get("value") is not None:
        visit.facts[name] = data["value"]


def _facts(visit: Visit, data: Mapping[str, Any]) -> None:
    for name, value in data["values"].items():
        _fact(visit, {"fact": name, "value": value})


def _palpate(visit: Visit, data: Mapping[str, Any]) -> None:
    where = (data["region"], data["side"], data.get("muscle", ""))
    visit.palpations[where] = Palpation(*where, data["yields"])


def _treat(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.treatments.append(Treatment(data["technique"], data["region"], data["minutes"], data["pressure"]))


def _test(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.tests.setdefault(data["test"], {})[data["when"]] = data["value"]


def _sign(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.signs[data["sign"]] = data.get("compared", "")


def _aftercare(visit: Visit, data: Mapping[str, Any]) -> None:
    for item in data["items"]:
        if item not in visit.aftercare:
            visit.aftercare.append(item)


def _activity(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.activities[data["index"]] = data["value"]


def _set(name: str) -> Any:
    return lambda visit, data: setattr(visit, name, data["value"])


_APPLY: dict[str, Any] = {
    "fact": _fact,
    "facts": _facts,
    "unchanged": _set("unchanged"),
    "pain_before": _set("pain_before"),
    "pain_after": _set("pain_after"),
    "rating": lambda visit, data: visit.ratings.__setitem__(data["name"], data["value"]),
    "activity": _activity,
    "test": _test,
    "sign": _sign,
    "palpate": _palpate,
    "treat": _treat,
    "aftercare": _aftercare,
    "clock": lambda visit, data: visit.clock.__setitem__(data["hand"], data["at"]),
    "finished": _set("finished"),
}
KINDS = frozenset({*_APPLY, "undo", "again"})


def read_touch(kind: str, data: Any, pathway: Pathway, activities: int) -> dict[str, Any]:
    """The data of one touch, checked. Errors: BadTouch with one plain sentence.

    Takes  activities: how many own activities the episode names.
    """
    if kind not in KINDS or not isinstance(data, dict):
        raise BadTouch("this kind of tap is not known")
    allowed, required = _SHAPES[kind]
    strange = sorted(set(data) - set(allowed))
    if strange:
        raise BadTouch(f"a tap of kind {kind} has no {strange[0]}")
    missing = sorted(set(required) - set(data))
    if missing:
        raise BadTouch(f"a tap of kind {kind} needs {missing[0]}")
    _check(kind, data, pathway, activities)
    return dict(data)


_SHAPES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "fact": (("fact", "value", "unsure"), ("fact",)),
    "facts": (("values",), ("values",)),
    "unchanged": (("value",), ("value",)),
    "pain_before": (("value",), ("value",)),
    "pain_after": (("value",), ("value",)),
    "rating": (("name", "value"), ("name", "value")),
    "activity": (("index", "value"), ("index", "value")),
    "test": (("test", "when", "value"), ("test", "when", "value")),
    "sign": (("sign", "compared"), ("sign",)),
    "palpate": (("region", "side", "muscle", "yields"), ("region", "side", "yields")),
    "treat": (("technique", "region", "minutes", "pressure"), ("technique", "region", "minutes", "pressure")),
    "aftercare": (("items",), ("items",)),
    "clock": (("hand", "at"), ("hand", "at")),
    "finished": (("value",), ("value",)),
    "undo": (("key",), ()),
    "again": ((), ()),
}


def _check(kind: str, data: Mapping[str, Any], pathway: Pathway, activities: int) -> None:
    if kind == "fact":
        _check_fact(data["fact"], data.get("value"), pathway)
        if data.get("unsure") not in (None, True, False):
            raise BadTouch("unsure is true or false")
    elif kind == "facts":
        if not isinstance(data["values"], dict) or not 1 <= len(data["values"]) <= 60:
            raise BadTouch("values holds 1 to 60 answers")
        for name, value in data["values"].items():
            _check_fact(name, value, pathway)
    elif kind in ("unchanged", "finished"):
        _one_of(data["value"], (True, False), "value")
    elif kind in ("pain_before", "pain_after"):
        _whole(data["value"], 0, 10, "pain")
    elif kind == "rating":
        _one_of(data["name"], RATED, "name")
        _whole(data["value"], *RATED_RANGE.get(data["name"], (0, 10)), "the rating")
    elif kind == "activity":
        _whole(data["index"], 0, activities - 1, "the number of the activity")
        _whole(data["value"], 0, 10, "the activity")
    elif kind == "test":
        _one_of(data["test"], TESTS, "test")
        _one_of(data["when"], ("before", "after"), "when")
        _, unit, low, high, _ = TESTS[data["test"]]
        value = data["value"]
        if type(value) not in (int, float) or not low <= value <= high:
            raise BadTouch(f"{TESTS[data['test']][0]} lies between {low:g} and {high:g} {unit}")
    elif kind == "sign":
        _one_of(data["sign"], SIGNS, "sign")
        _one_of(data.get("compared", ""), ("", *COMPARED), "compared")
    elif kind == "palpate":
        _one_of(data["region"], REGIONS, "region")
        _one_of(data["side"], SIDES, "side")
        _one_of(data["yields"], YIELDS, "yields")
        _one_of(data.get("muscle", ""), ("", *MUSCLES), "muscle")
    elif kind == "treat":
        _one_of(data["technique"], TECHNIQUES, "technique")
        _one_of(data["region"], REGIONS, "region")
        _whole(data["minutes"], 1, LONGEST_MINUTES, "minutes")
        _whole(data["pressure"], 1, 5, "pressure")
    elif kind == "aftercare":
        if not isinstance(data["items"], list) or len(data["items"]) > len(AFTERCARE):
            raise BadTouch("items is a list of after-care items")
        for item in data["items"]:
            _one_of(item, AFTERCARE, "item")
    elif kind == "clock":
        _one_of(data["hand"], ("started", "stopped"), "hand")
        if not isinstance(data["at"], str) or len(data["at"]) > 40:
            raise BadTouch("at is a time")
    elif kind == "undo" and not isinstance(data.get("key", ""), str):
        raise BadTouch("key names a tap")


def _check_fact(name: Any, value: Any, pathway: Pathway) -> None:
    fact = pathway.vocabulary.facts.get(name) if isinstance(name, str) else None
    if fact is None or fact.stage == "derived":
        raise BadTouch("this question is not known")
    if value is not None and (wrong := fact.wrong(value)) is not None:
        raise BadTouch(wrong)


def _one_of(value: Any, allowed: Iterable[Any], what: str) -> None:
    # `1 == True` in Python, so the type is compared as well.
    if not any(value == one and type(value) is type(one) for one in allowed):
        raise BadTouch(f"{what} is not one of the choices")


def _whole(value: Any, low: float, high: float, what: str) -> None:
    if type(value) is not int or not low <= value <= high:
        raise BadTouch(f"{what} is a whole number from {low:g} to {high:g}")
