"""Made-up people before their course: who they are, what hurts, what they answer at the intake.

Answers are whole numbers in arrays, one for each fact: a bool is 0 or 1, an enum the place of its value in the
vocabulary, `UNKNOWN` a question that was not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palpate.pathway.facts import Vocabulary
from palpate.population.sample import shares

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
UNKNOWN = -32_768
YOUNGEST, OLDEST = 14, 92  # years
CHRONIC_MOST = 20 * 365  # days


@dataclass
class People:
    """People of one block.

    answers   fact -> what they say; `age_years` and `pain_duration_days` are as of the first session or the intake
    pain      how strong the pain is when the course begins, before any error of rating (0 to 10)
    acute     of the phase at that time; `lasting` is the rest
    serious   there is a serious disease behind the pain
    fracture  and it is a broken vertebra
    """

    answers: dict[str, Ints]
    pain: Floats
    phase: Ints
    serious: Flags
    fracture: Flags

    @property
    def count(self) -> int:
        return len(self.pain)

    @property
    def acute(self) -> Flags:
        acute: Flags = self.phase == 0
        return acute


class Draw:
    """Chance of one block, with the vocabulary that says which answers there are."""

    def __init__(self, rng: np.random.Generator, vocabulary: Vocabulary, count: int) -> None:
        self.rng = rng
        self.vocabulary = vocabulary
        self.count = count

    def flags(self, share: float | Floats) -> Flags:
        """True with this share, for each person by themselves."""
        drawn: Flags = self.rng.random(self.count) < share
        return drawn

    def yes(self, share: float | Floats) -> Ints:
        """The same as answers of a bool fact."""
        return self.flags(share).astype(np.int32)

    def code(self, name: str, value: str) -> int:
        """The number that stands for a value of an enum."""
        return list(self.vocabulary[name].values).index(value)

    def one_of(self, name: str, wanted: Mapping[str, float], more: Floats | None = None) -> Ints:
        """Answers of an enum fact by share; `more` makes all but the first of `wanted` more or less common."""
        names = list(wanted)
        weights = np.array([wanted[value] for value in names])
        dice = self.rng.random(self.count)
        bounds = np.cumsum(weights[1:])
        if more is not None:
            dice = dice / more
        at = np.searchsorted(bounds, dice, side="right")  # past the last bound: the first, reassuring one
        codes = np.array([*(self.code(name, value) for value in names[1:]), self.code(name, names[0])], np.int32)
        return codes[at]

    def index_of(self, wanted: Mapping[str, float]) -> Ints:
        """The place of one key of `wanted`, by share."""
        bounds = np.cumsum(np.array(list(wanted.values())))[:-1]
        return np.searchsorted(bounds, self.rng.random(self.count), side="right").astype(np.int32)


def draw_people(draw: Draw) -> People:
    """People as they are at the intake, before anything is left out."""
    rng, n = draw.rng, draw.count
    age = np.clip(np.round(rng.normal(48, 15, n)), YOUNGEST + 4, OLDEST).astype(np.int32)
    young = draw.flags(0.012)
    age[young] = rng.integers(YOUNGEST, 18, n)[young]
    phase = draw.index_of(shares.PHASES)
    serious = draw.flags(shares.PUBLISHED["serious"].value)
    fracture = serious & draw.flags(shares.PUBLISHED["fractures"].value)
    age[fracture] = np.maximum(age, 58 + age % 25)[fracture]
    answers: dict[str, Ints] = {"age_years": age, "pain_duration_days": _duration(draw, phase, age)}
    older = np.clip((age / 50.0) ** 2, 0.05, 3.0)
    for name, wanted in shares.ONE_OF.items():
        answers[name] = draw.one_of(name, wanted, older if name in shares.WITH_AGE else None)
    for name, share in shares.YES.items():
        answers[name] = draw.yes(share * older if name in shares.WITH_AGE else share)
    pain = _pain(draw, phase)
    _onset_and_trend(draw, answers, phase)
    _pregnancy(draw, answers)
    _what_belongs_together(draw, answers)
    _serious(draw, answers, serious, fracture)
    answers["pain_now"] = np.clip(np.round(pain + rng.normal(0, 1.2, n)), 0, 10).astype(np.int32)
    answers["rmdq_score"] = np.where(
        draw.flags(0.3), np.clip(np.round(rng.normal(2.0 * pain, 3.5)), 0, 24), UNKNOWN
    ).astype(np.int32)
    return People(answers, pain, phase, serious, fracture)


def _duration(draw: Draw, phase: Ints, age: Ints) -> Ints:
    """Days of pain at the start: within the phase, and not since before the person was ten or so."""
    rng, n = draw.rng, draw.count
    most = np.minimum(CHRONIC_MOST, (age - 10) * 365)
    lasting = np.clip(85 + rng.lognormal(6.0, 1.2, n), 85, most)
    acute, subacute = rng.integers(2, 42, n), rng.integers(42, 85, n)
    return np.select([phase == 0, phase == 1], [acute, subacute], lasting).astype(np.int32)


def _pain(draw: Draw, phase: Ints) -> Floats:
    """Pain when the course begins; its mean is the published one, 1 to 10 points, spread ours."""
    mean = np.where(phase == 0, shares.PUBLISHED["pain_acute"].value, shares.PUBLISHED["pain_lasting"].value)
    return np.clip(mean + 1.7 * draw.rng.standard_normal(draw.count), 0.5, 9.8)


def _onset_and_trend(draw: Draw, answers: dict[str, Ints], phase: Ints) -> None:
    rng, n = draw.rng, draw.count
    acute = phase == 0
    trends = {
        "acute": {"steady": 0.45, "improving": 0.42, "worsening": 0.13},
        "lasting": {"steady": 0.74, "improving": 0.18, "worsening": 0.08},
    }
    answers["pain_trend"] = np.where(
        acute, draw.one_of("pain_trend", trends["acute"]), draw.one_of("pain_trend", trends["lasting"])
    )
    injury = draw.one_of("recent_injury", {"none": 0.725, "minor": 0.27, "with_bruise": 0.004, "significant": 0.001})
    injury[(~acute) & (rng.random(n) < 0.85)] = draw.code("recent_injury", "none")
    answers["recent_injury"] = injury
    onset = draw.one_of("pain_onset", {"gradual": 0.62, "sudden": 0.38})
    answers["pain_onset"] = np.where(
        injury != draw.code("recent_injury", "none"), draw.code("pain_onset", "after_injury"), onset
    ).astype(np.int32)


def _pregnancy(draw: Draw, answers: dict[str, Ints]) -> None:
    """Only women from 16 to 48; the weeks are known only of who is pregnant."""
    rng, n = draw.rng, draw.count
    age = answers["age_years"]
    could = (answers["sex_at_birth"] == draw.code("sex_at_birth", "female")) & (age >= 16) & (age <= 48)
    shares_of = {"not_pregnant": 0.955, "possible": 0.01, "low_risk": 0.022, "high_risk": 0.003, "postpartum": 0.01}
    status = draw.one_of("pregnancy_status", shares_of)
    status[~could] = draw.code("pregnancy_status", "not_pregnant")
    answers["pregnancy_status"] = status
    expecting = np.isin(status, [draw.code("pregnancy_status", word) for word in ("low_risk", "high_risk")])
    answers["pregnancy_weeks"] = np.where(expecting, rng.integers(6, 40, n), UNKNOWN).astype(np.int32)
    answers["pregnancy_warning_signs"] = (expecting & draw.flags(0.01)).astype(np.int32)


def _what_belongs_together(draw: Draw, answers: dict[str, Ints]) -> None:
    rng, n = draw.rng, draw.count
    no_legs = answers["leg_symptoms"] == draw.code("leg_symptoms", "none")
    answers["leg_symptoms_new"] = ((~no_legs) & draw.flags(0.12)).astype(np.int32)
    cut = answers["surgery_site"] != draw.code("surgery_site", "none")
    weeks = np.clip(rng.lognormal(4.6, 1.2, n), 3, 1_500)
    other = answers["surgery_site"] == draw.code("surgery_site", "other")
    weeks = np.where(other, np.minimum(weeks, 12), weeks)  # asked for the last three months only
    answers["weeks_since_surgery"] = np.where(cut, weeks, UNKNOWN).astype(np.int32)
    clot = answers["dvt_pe_history"] == draw.code("dvt_pe_history", "within_6_months")
    answers["anticoagulant_use"][clot] = draw.code("anticoagulant_use", "anticoagulant")
    answers["feeling_unwell"] |= answers["fever_or_chills"]
    minor = answers["age_years"] < 18
    given = np.where(minor, draw.code("consent_status", "guardian_given"), draw.code("consent_status", "given"))
    answers["consent_status"] = np.where(draw.flags(0.004), draw.code("consent_status", "missing"), given).astype(
        np.int32
    )


def _serious(draw: Draw, answers: dict[str, Ints], serious: Flags, fracture: Flags) -> None:
    """What speaks for the disease: most have at least one strong sign, and not all do (Henschke 2009: 5 of 11 seen)."""
    other = serious & ~fracture
    for name, value, share in (
        ("recent_injury", "significant", 0.4),
        ("recent_injury", "with_bruise", 0.2),
        ("bone_fragility", "osteoporosis", 0.5),
    ):
        answers[name][fracture & draw.flags(share)] = draw.code(name, value)
    answers["oral_steroid_long_term"][fracture & draw.flags(0.3)] = 1
    injured = answers["recent_injury"] != draw.code("recent_injury", "none")
    answers["pain_onset"][fracture & injured] = draw.code("pain_onset", "after_injury")
    for name, share in (("fever_or_chills", 0.5), ("recent_infection_or_procedure", 0.5), ("feeling_unwell", 0.8)):
        answers[name][other & draw.flags(share)] = 1
    answers["pain_trend"][serious & draw.flags(0.6)] = draw.code("pain_trend", "worsening")


def signs(vocabulary: Vocabulary, answers: Mapping[str, Ints]) -> Flags:
    """Who has at least one answer that common lists of red flags count as one."""
    found: Flags = answers["age_years"] >= shares.OLD
    for name in shares.YES_SIGNS:
        found = found | (answers[name] == 1)
    for name, values in shares.SIGNS.items():
        known = list(vocabulary[name].values)
        found = found | np.isin(answers[name], [known.index(value) for value in values])
    return found
