"""What the taps of one session add up to. Pure: a list of touches in, one state out.

A touch is (key, kind, data). An `undo` takes back the newest touch that still stands, or the one it names. Whether a
touch may be at all is asked before it is stored (`palpate.clinic.taps`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
# What the hands and eyes find that ends the massage of the day, as facts that are then `True`.
FOUND_HERE = {
    "local_heat": "heat",
    "local_redness": "redness",
    "local_swelling": "swelling",
    "pain_out_of_proportion": "pain out of all proportion",
}
YIELDING = "muscle_yields_to_pressure"
# What is asked about the last massage and about today; "none of these" answers each of them with this.
NONE_OF_THESE: dict[str, Any] = {
    "dark_urine": False,
    "large_bruise_or_swelling": False,
    "allergic_reaction": "none",
    "sedation_today": "none",
}
# Tests with their unit, range and which way is better. Source: measures.md 2.10; the ranges are the pathway's.
TESTS = {
    "ffd_cm": ("Finger to floor", "cm", -40.0, 100.0, "low"),
    "mmst_cm": ("Schober, modified twice", "cm", 0.0, 20.0, "high"),
    "incl_deg": ("Inclinometer, bending forward", "degrees", -10.0, 120.0, "high"),
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
    "soreness_told": "told that some soreness for a day or two is common",
    "when_to_call": "told when to call us, and when to call a doctor",
    "keep_moving": "told to keep moving today",
    "home_items": "home exercises shown again",
    "next_booked": "next visit agreed",
}
GATES = ("asked", "felt")  # the two places where the pathway decides before the hands go on
RATED = ("pain_nrs", "global_change", "sleep_nrs", "mood_nrs", "soreness_nrs")
RATED_RANGE = {"global_change": (-3, 3)}
LONGEST_MINUTES = 180


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
    side: str = ""  # left, right, both, or not said


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
    clock: list[tuple[str, str]] = field(default_factory=list)  # ("start" or "stop", device time), in order
    planned_minutes: int | None = None
    gates: set[str] = field(default_factory=set)

    @property
    def asked(self) -> bool:
        """Whether the therapist has said that what must be asked again today was asked."""
        return self.unchanged or "asked" in self.gates

    @property
    def stops(self) -> list[str]:
        """What the hands found that ends the massage of today, in words; empty where nothing did."""
        found = [word for name, word in FOUND_HERE.items() if self.facts.get(name) is True]
        if self.found_today().get(YIELDING) == "no":
            found.insert(0, "a muscle that does not yield")
        return found

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
            pressed.add(str(found.get(YIELDING)))  # as told without a place
            found[YIELDING] = next(answer for answer in ("no", "partly", "yes") if answer in pressed)
        if self.pain_before is not None:
            found["pain_now"] = self.pain_before
        return found


def fold(touches: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Visit:
    """The state after all touches, in the order in which they were made."""
    visit = Visit()
    for _, kind, data in standing(touches):
        _APPLY[kind](visit, data)
    return visit


def standing(touches: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The touches that no undo has taken back, in order."""
    found: list[tuple[str, str, Mapping[str, Any]]] = []
    for key, kind, data in touches:
        if kind == "undo":
            named = data.get("key")
            at = next((i for i in reversed(range(len(found))) if named in (None, found[i][0])), None)
            if at is not None:
                del found[at]
        else:
            found.append((key, kind, data))
    return found


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


def _unchanged(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.unchanged = data["value"]
    for name in data.get("none", ()):
        if name not in visit.facts and name not in visit.unsure:  # what was answered by itself stands
            visit.facts[name] = NONE_OF_THESE[name]


def _treat(visit: Visit, data: Mapping[str, Any]) -> None:
    side = data.get("side", "")
    visit.treatments.append(Treatment(data["technique"], data["region"], data["minutes"], data["pressure"], side))


def _again(visit: Visit, data: Mapping[str, Any]) -> None:
    for treatment in data["treatments"]:
        _treat(visit, treatment)


def _test(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.tests.setdefault(data["test"], {})[data["when"]] = data["value"]


def _sign(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.signs[data["sign"]] = data.get("compared", "")


def _aftercare(visit: Visit, data: Mapping[str, Any]) -> None:
    for item in data["items"]:
        if item in visit.aftercare:
            visit.aftercare.remove(item)
        if data.get("on", True):
            visit.aftercare.append(item)


def _activity(visit: Visit, data: Mapping[str, Any]) -> None:
    visit.activities[data["index"]] = data["value"]


def _set(name: str) -> Any:
    return lambda visit, data: setattr(visit, name, data["value"])


_APPLY: dict[str, Any] = {
    "fact": _fact,
    "facts": _facts,
    "unchanged": _unchanged,
    "pain_before": _set("pain_before"),
    "pain_after": _set("pain_after"),
    "rating": lambda visit, data: visit.ratings.__setitem__(data["name"], data["value"]),
    "activity": _activity,
    "test": _test,
    "sign": _sign,
    "palpate": _palpate,
    "treat": _treat,
    "again": _again,
    "aftercare": _aftercare,
    "clock_start": lambda visit, data: visit.clock.append(("start", data.get("at", ""))),
    "clock_stop": lambda visit, data: visit.clock.append(("stop", data.get("at", ""))),
    "planned_minutes": lambda visit, data: setattr(visit, "planned_minutes", data["minutes"]),
    "gate": lambda visit, data: visit.gates.add(data["after"]),
}
KINDS = frozenset({*_APPLY, "undo"})
