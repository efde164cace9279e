"""The screens of the intake: small groups of questions that belong together, and which of them comes next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from palpate.clinic.intake import ANSWERED, CANNOT_SAY, Open, Said
from palpate.pathway.facts import Fact

MOST = 6  # questions on one screen


@dataclass(frozen=True)
class Screen:
    """One screen.

    facts   its questions, in the order in which they are asked
    none    whether one button may answer no to all that is shown
    after   a question that only makes sense after certain answers to another: fact -> (other fact, those answers)
    """

    id: str
    title: str
    lead: str
    facts: tuple[str, ...]
    none: bool = False
    after: Mapping[str, tuple[str, frozenset[Any]]] = field(default_factory=dict)


SCREENS = (
    Screen(
        "legs",
        "Legs and toilet",
        "About the nerves at the base of the spine.",
        (
            "leg_weakness",
            "saddle_numbness",
            "bladder_bowel_change",
            "sexual_function_change",
            "leg_symptoms",
            "leg_symptoms_new",
        ),
        none=True,
    ),
    Screen(
        "sudden",
        "Sudden or severe",
        "Things that came all at once.",
        (
            "sudden_tearing_pain",
            "collapse_or_clammy",
            "chest_pain_or_breathless",
            "stroke_like_symptoms",
            "pulsating_abdomen",
            "coughing_or_vomiting_blood",
        ),
        none=True,
    ),
    Screen(
        "ill",
        "Fever and feeling ill",
        "How you have been, beside the back.",
        (
            "fever_or_chills",
            "feeling_unwell",
            "unexplained_weight_loss",
            "urinary_symptoms",
            "abdominal_pain_or_vomiting",
            "colicky_flank_pain",
        ),
        none=True,
    ),
    Screen(
        "arms",
        "Head, arms and balance",
        "Signs from the neck.",
        (
            "new_head_neck_pain",
            "arm_symptoms",
            "hand_clumsiness",
            "gait_unsteadiness",
            "craniocervical_instability_risk",
        ),
        none=True,
    ),
    Screen(
        "injury",
        "Injury and bones",
        "Falls, knocks and broken bones.",
        ("recent_injury", "recent_fracture", "bone_fragility", "height_loss_or_new_stoop", "undiagnosed_lump"),
        none=True,
    ),
    Screen(
        "pain",
        "The pain",
        "Where it is and how strong.",
        ("pain_site", "pain_now", "pain_severe_unremitting", "pain_duration_days", "pain_onset", "pain_trend"),
    ),
    Screen(
        "pattern",
        "What the pain does",
        "By day, by night and when you move.",
        ("movement_effect", "night_pain", "buttock_pain", "improves_with_nsaid", "treated_without_relief"),
    ),
    Screen(
        "illness",
        "Illness and medicines",
        "What you have had, and what you take.",
        (
            "cancer_history",
            "cancer_treated_area",
            "immunosuppressed",
            "iv_drug_use",
            "recent_infection_or_procedure",
            "oral_steroid_long_term",
        ),
        none=True,
    ),
    Screen(
        "operations",
        "Operations and implants",
        "What was done to your spine or is in your body.",
        ("surgery_site", "weeks_since_surgery", "spinal_injection", "spine_fused", "implanted_device"),
        none=True,
        after={"weeks_since_surgery": ("surgery_site", frozenset({"spine", "spine_with_implant", "other"}))},
    ),
    Screen(
        "blood",
        "Blood and vessels",
        "Clots, bleeding and blood vessels.",
        (
            "anticoagulant_use",
            "bleeding_disorder",
            "dvt_pe_history",
            "one_leg_swelling_pain",
            "known_aneurysm",
            "large_vessel_repair",
        ),
        none=True,
    ),
    Screen(
        "heart",
        "Heart and organs",
        "Heart, blood pressure, sugar and other organs.",
        ("heart_condition", "high_blood_pressure", "stroke_tia_history", "diabetes_status", "severe_organ_disease"),
        none=True,
    ),
    Screen(
        "skin",
        "Skin and joints",
        "What our hands and oils must know.",
        (
            "skin_problem_in_area",
            "contagious_illness",
            "product_allergy",
            "reduced_sensation",
            "hypermobility_type",
            "inflammatory_flare",
        ),
        none=True,
    ),
    Screen(
        "massage",
        "Massage and muscles",
        "Earlier massages, and how your muscles are.",
        ("previous_massage_reaction", "rhabdo_risk"),
        none=True,
    ),
    Screen(
        "pregnancy",
        "Sex and pregnancy",
        "Everybody is asked.",
        ("sex_at_birth", "pregnancy_status", "pregnancy_weeks", "pregnancy_warning_signs"),
        after={"pregnancy_weeks": ("pregnancy_status", frozenset({"possible", "low_risk", "high_risk"}))},
    ),
    Screen(
        "family",
        "Joints, skin and family",
        "Signs of an inflamed spine.",
        (
            "psoriasis_history",
            "arthritis_history",
            "enthesitis_history",
            "uveitis_or_ibd_history",
            "family_history_spa",
            "smoker_ever",
        ),
        none=True,
    ),
    Screen(
        "everyday",
        "Everyday life",
        "What the pain keeps you from.",
        ("function_level", "active_exercise_plan", "rmdq_score"),
    ),
)
BY_ID = {screen.id: screen for screen in SCREENS}
SCREEN_OF = {fact: screen for screen in SCREENS for fact in screen.facts}
MAP, RATINGS, SUMMARY = "map", "ratings", "summary"
STEPS = (*BY_ID, MAP, RATINGS)  # what may be passed over


def shown_on(screen: Screen, open_now: Open, said: Mapping[str, Said], whole: bool) -> list[str]:
    """The questions of a screen that are shown: those that could change the decision, and those answered already.

    Takes  whole: all of them. So it is too where nobody knows what is open.
    """
    if whole or not open_now.known:
        return list(screen.facts)
    found = [
        fact for fact in screen.facts if fact in said or (fact in open_now.facts and _makes_sense(screen, fact, said))
    ]
    return found or list(screen.facts)


def _makes_sense(screen: Screen, fact: str, said: Mapping[str, Said]) -> bool:
    """A question about the details of an answer waits for that answer; "cannot say" does not take it away."""
    if fact not in screen.after:
        return True
    other, values = screen.after[fact]
    first = said.get(other)
    return first is not None and (first.state == CANNOT_SAY or (first.state == ANSWERED and first.value in values))


def next_step(open_now: Open, said: Mapping[str, Said], drawn: bool, rated: bool, passed: Collection[str]) -> str:
    """The id of the next screen, MAP, RATINGS or SUMMARY.

    What the pathway asks first comes first. Where it hurts is drawn before it is named. A screen that was left with
    questions open is not shown twice in a row: `passed` names those, and the summary names what they left open.
    """
    wanted: list[str] = []
    asked = open_now.facts if open_now.known else tuple(SCREEN_OF)
    for fact in asked:
        screen = SCREEN_OF.get(fact)
        if screen is None or screen.id in passed or screen.id in wanted:
            continue
        if fact not in said and _makes_sense(screen, fact, said):
            wanted.append(screen.id)
    if not drawn and MAP not in passed and (not wanted or wanted[0] == "pain"):
        return MAP
    if wanted:
        return wanted[0]
    if not rated and RATINGS not in passed:
        return RATINGS
    return SUMMARY


def no_of(fact: Fact) -> Any:
    """What "no" is for a question, or None where it has no plain no."""
    if fact.kind == "bool":
        return "no"
    if fact.kind == "enum" and fact.values.get("none", "").startswith("No"):
        return "none"
    return None
