"""What the made-up people answer at the intake: nothing alarming, unless their story says otherwise."""

from __future__ import annotations

from typing import Any

from palpate.clinic.intake import Told
from palpate.pathway.pathway import Pathway

# Where "nothing alarming" is not the first choice of the list, or not `False`.
USUAL: dict[str, Any] = {
    "pain_site": "low_back",
    "pain_now": 5,
    "pain_onset": "gradual",
    "pain_trend": "steady",
    "movement_effect": "mixed",
    "sex_at_birth": "not_stated",
    "pregnancy_status": "not_pregnant",
    "active_exercise_plan": True,
}
NOT_TYPED = ("age_years", "pain_duration_days", "consent_status", "pregnancy_weeks")  # these follow from the record


def healthy(pathway: Pathway, but: dict[str, Any] | None = None) -> dict[str, Told]:
    """An answer to every question of the intake: the reassuring one, but for what `but` says (None: not asked)."""
    said = {**USUAL, **(but or {})}
    told: dict[str, Told] = {}
    for name, fact in pathway.vocabulary.facts.items():
        if fact.stage != "intake" or name in NOT_TYPED or name in pathway.worked_out:
            continue
        if name in said:
            value = said[name]
        elif fact.kind == "bool":
            value = False
        elif fact.kind == "enum":
            value = "none" if "none" in fact.values else next(iter(fact.values))
        else:
            continue  # a number that nobody gave stays unknown
        if value is not None:
            told[name] = Told("answered", value)
    return told
