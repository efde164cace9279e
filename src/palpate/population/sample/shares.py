"""How often the made-up people have what: published figures, each with its source, and shares of our own making.

`PUBLISHED` is what the sample is held to by its tests. Every other share is a guess that keeps the sample plausible; it
says nothing about real people and is never to be quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A figure that the sample follows: what it says, the value (a share, a mean in points, or points), who says so."""

    says: str
    value: float
    source: str


PUBLISHED: Mapping[str, Published] = {
    "signs": Published(
        "people with acute low back pain who have at least one answer that lists of red flags count as one",
        0.804,
        "Henschke 2009, doi:10.1002/art.24853: 80.4 % of 1172 people",
    ),
    "serious": Published(
        "people with acute low back pain who have a serious disease behind it",
        11 / 1172,
        "Henschke 2009, doi:10.1002/art.24853: 11 of 1172",
    ),
    "fractures": Published(
        "fractures among those serious diseases", 8 / 11, "Henschke 2009, doi:10.1002/art.24853: 8 of 11"
    ),
    "pain_acute": Published(
        "mean pain before the first session, acute", 5.2, "Menezes Costa 2012, CMAJ 184:E613: 52 of 100"
    ),
    "pain_acute_later": Published(
        "mean pain six weeks later, acute", 2.3, "Menezes Costa 2012, CMAJ 184:E613: 23 of 100"
    ),
    "pain_lasting": Published(
        "mean pain before the first session, subacute or chronic", 5.1, "Menezes Costa 2012, CMAJ 184:E613: 51 of 100"
    ),
    "pain_lasting_later": Published(
        "mean pain six weeks later, subacute or chronic", 3.3, "Menezes Costa 2012, CMAJ 184:E613: 33 of 100"
    ),
    "rating_error": Published(
        "standard error of one rating of pain, in points", 1.02, "Childs 2005, Spine 30:1331: SEM 1.02"
    ),
    "not_measured": Published(
        "people who gave no rating when it was due", 19 / 104, "Elder 2017, doi:10.1093/pm/pnw347: 85 of 104 did"
    ),
    "sore": Published(
        "sessions after which there is some minor discomfort",
        0.10,
        "Cambron 2007, doi:10.1089/acm.2006.6401: about 10 % of 91 people",
    ),
}

# Answers that lists of red flags commonly count, whatever they are worth (screening.md, base rates).
SIGNS: Mapping[str, tuple[str, ...]] = {
    "night_pain": ("on_turning", "second_half", "constant"),
    "recent_injury": ("minor", "with_bruise", "significant"),
    "pain_trend": ("worsening",),
    "leg_symptoms": ("one_leg", "both_legs"),
    "cancer_history": ("past", "active", "bone_spread"),
    "leg_weakness": ("one_leg_stable", "one_leg_worsening", "both_legs"),
}
YES_SIGNS = (
    "pain_severe_unremitting", "unexplained_weight_loss", "feeling_unwell", "fever_or_chills", "oral_steroid_long_term",
    "immunosuppressed", "iv_drug_use", "recent_infection_or_procedure", "treated_without_relief", "saddle_numbness",
    "bladder_bowel_change", "urinary_symptoms",
)  # fmt: skip
OLD = 55  # years; from here on age itself stands on such lists

# Yes, of all people. Ours.
YES: Mapping[str, float] = {
    "pain_severe_unremitting": 0.015, "improves_with_nsaid": 0.35, "buttock_pain": 0.18, "colicky_flank_pain": 0.002,
    "abdominal_pain_or_vomiting": 0.004, "sudden_tearing_pain": 0.0004, "new_head_neck_pain": 0.004,
    "saddle_numbness": 0.0006, "bladder_bowel_change": 0.002, "sexual_function_change": 0.002, "hand_clumsiness": 0.004,
    "gait_unsteadiness": 0.006, "stroke_like_symptoms": 0.0004, "height_loss_or_new_stoop": 0.008,
    "unexplained_weight_loss": 0.008, "feeling_unwell": 0.03, "undiagnosed_lump": 0.006, "fever_or_chills": 0.005,
    "pulsating_abdomen": 0.001, "collapse_or_clammy": 0.0005, "chest_pain_or_breathless": 0.002,
    "urinary_symptoms": 0.012, "coughing_or_vomiting_blood": 0.0005, "cancer_treated_area": 0.006,
    "oral_steroid_long_term": 0.01, "immunosuppressed": 0.012, "iv_drug_use": 0.002,
    "recent_infection_or_procedure": 0.015, "psoriasis_history": 0.03, "arthritis_history": 0.03,
    "enthesitis_history": 0.02, "uveitis_or_ibd_history": 0.02, "family_history_spa": 0.015, "known_aneurysm": 0.002,
    "smoker_ever": 0.4, "treated_without_relief": 0.07, "craniocervical_instability_risk": 0.01,
    "one_leg_swelling_pain": 0.002, "contagious_illness": 0.008, "severe_organ_disease": 0.003,
    "reduced_sensation": 0.02, "inflammatory_flare": 0.005, "spine_fused": 0.005, "large_vessel_repair": 0.002,
    "rhabdo_risk": 0.03, "active_exercise_plan": 0.45,
}  # fmt: skip
# One of several, of all people; what is left over is the first or the reassuring answer. Ours.
ONE_OF: Mapping[str, Mapping[str, float]] = {
    "sex_at_birth": {"female": 0.56, "male": 0.43, "intersex": 0.001, "not_stated": 0.009},
    "pain_site": {"low_back": 0.66, "neck": 0.11, "upper_back": 0.08, "mid_back": 0.05, "buttock": 0.05,
                  "widespread": 0.03, "flank": 0.01, "other": 0.01},
    "movement_effect": {"mixed": 0.42, "better": 0.24, "worse": 0.31, "no_change": 0.03},
    "night_pain": {"none": 0.735, "on_turning": 0.185, "second_half": 0.06, "constant": 0.02},
    "leg_symptoms": {"none": 0.76, "one_leg": 0.235, "both_legs": 0.005},
    "leg_weakness": {"none": 0.987, "one_leg_stable": 0.011, "one_leg_worsening": 0.0015, "both_legs": 0.0005},
    "arm_symptoms": {"none": 0.937, "one_arm": 0.055, "one_arm_weak": 0.006, "both_arms_or_shock": 0.002},
    "cancer_history": {"none": 0.965, "past": 0.03, "active": 0.004, "bone_spread": 0.001},
    "bone_fragility": {"none": 0.965, "osteoporosis": 0.028, "fragility_fracture": 0.007},
    "high_blood_pressure": {"none": 0.8, "controlled": 0.185, "uncontrolled": 0.015},
    "dvt_pe_history": {"none": 0.973, "past": 0.024, "within_6_months": 0.003},
    "anticoagulant_use": {"none": 0.92, "antiplatelet_only": 0.055, "anticoagulant": 0.025},
    "bleeding_disorder": {"none": 0.99, "easy_bruising": 0.008, "diagnosed": 0.002},
    "skin_problem_in_area": {"none": 0.966, "infection_or_shingles": 0.003, "wound_or_burn": 0.011,
                             "rash_or_fragile": 0.02},
    "recent_fracture": {"none": 0.989, "spine_or_rib": 0.002, "other_site": 0.009},
    "surgery_site": {"none": 0.945, "spine": 0.018, "spine_with_implant": 0.01, "other": 0.027},
    "heart_condition": {"none": 0.957, "stable": 0.04, "unstable_or_recent": 0.003},
    "stroke_tia_history": {"none": 0.986, "past": 0.013, "within_3_months": 0.001},
    "diabetes_status": {"none": 0.928, "stable": 0.058, "unstable": 0.006, "with_complications": 0.008},
    "spinal_injection": {"none": 0.977, "within_3_days": 0.001, "within_2_weeks": 0.005, "within_3_months": 0.017},
    "hypermobility_type": {"none": 0.955, "hypermobile": 0.042, "eds_non_vascular": 0.002,
                           "eds_vascular_or_unknown": 0.001},
    "product_allergy": {"none": 0.945, "latex": 0.012, "oil_or_nut": 0.015, "other_or_several": 0.028},
    "implanted_device": {"none": 0.978, "pacemaker_or_stimulator": 0.008, "port_line_or_patch": 0.006,
                         "ureteral_stent": 0.001, "brain_shunt": 0.001, "other": 0.006},
    "previous_massage_reaction": {"none": 0.957, "mild": 0.04, "severe": 0.003},
    "function_level": {"usual": 0.3, "limited": 0.65, "housebound": 0.04, "bedbound": 0.01},
}  # fmt: skip
# These become more common with age: the share above is that at 50 years.
WITH_AGE = frozenset(
    {"cancer_history", "bone_fragility", "high_blood_pressure", "anticoagulant_use", "heart_condition"}
    | {"stroke_tia_history", "diabetes_status", "height_loss_or_new_stoop", "known_aneurysm"}
)
MOMENTS: Mapping[str, float] = {"intake": 0.34, "session": 0.36, "review": 0.30}
PHASES: Mapping[str, float] = {"acute": 0.25, "subacute": 0.2, "chronic": 0.55}
# Which protocol, by phase.
PROTOCOLS: Mapping[str, Mapping[str, float]] = {
    "acute": {"four_in_six_weeks": 1.0},
    "subacute": {"four_in_six_weeks": 0.5, "subacute_6in30": 0.25, "weekly_6": 0.25},
    "chronic": {"four_in_six_weeks": 0.5, "weekly_6": 0.25, "weekly_10": 0.15, "twice_weekly_10x30": 0.06,
                "intensive_8x60": 0.04},
}  # fmt: skip
HALF_DONE = 0.05  # intakes that were broken off
LEFT_OUT = 0.0005  # of the questions of any other intake
UNSURE: Mapping[str, float] = {
    "family_history_spa": 0.01, "improves_with_nsaid": 0.008, "recent_infection_or_procedure": 0.003,
    "bone_fragility": 0.004, "dvt_pe_history": 0.002, "unexplained_weight_loss": 0.003, "saddle_numbness": 0.0008,
    "fever_or_chills": 0.001,
}  # fmt: skip
EXAMINED = 0.9  # of those who needed an examination or a clearance and whose course began
CONTINUED = 0.2  # of those who had not responded at the check and were given more sessions all the same
NEW_TODAY: Mapping[str, float] = {
    "fever_or_chills": 0.004, "contagious_illness": 0.006, "leg_symptoms_new": 0.006, "one_leg_swelling_pain": 0.001,
    "feeling_unwell": 0.004, "new_head_neck_pain": 0.001,
}  # fmt: skip
HANDS: Mapping[str, Mapping[str, float]] = {
    "midline_bone_tenderness": {"yes": 0.004}, "local_heat": {"yes": 0.006}, "local_redness": {"yes": 0.006},
    "local_swelling": {"yes": 0.005}, "pain_out_of_proportion": {"yes": 0.002}, "dark_urine": {"yes": 0.0003},
    "pressure_provokes_nerve_symptoms": {"yes": 0.02}, "large_bruise_or_swelling": {"yes": 0.003},
    "muscle_yields_to_pressure": {"yes": 0.82, "partly": 0.15, "no": 0.015, "not_tested": 0.015},
    "sedation_today": {"none": 0.957, "strong_painkiller": 0.04, "alcohol_or_drugs": 0.003},
    "allergic_reaction": {"none": 0.995, "local_rash": 0.0048, "whole_body": 0.0002},
    "pressure_level": {"light": 0.25, "moderate": 0.6, "firm": 0.15},
    "massage_style": {"neuromuscular": 0.45, "relaxation": 0.25, "deep_tissue": 0.1, "mixed": 0.2},
}  # fmt: skip
