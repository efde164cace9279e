"""Made-up courses: sessions, ratings, who did not answer, who was stopped, and what a clinician had cleared.

Pain falls as it does in cohorts whatever is done: most of it in the first four weeks and nothing after seven (Kongsted
2010), by the published mean in six. Nothing here says what massage adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from palpate.pathway.course import check_points
from palpate.pathway.pathway import Pathway, Protocol
from palpate.population.sample import shares
from palpate.population.sample.people import UNKNOWN, Draw, Flags, Floats, Ints, People

INTAKE, SESSION, REVIEW = 0, 1, 2
FIRST_DAY = 20_458  # 2026-01-05, counted from 1970-01-01
DAYS = 180  # the sample's decisions fall within so many days
MOST_SESSIONS = 10
SIX_WEEKS = 42.0
PACE_DAYS = 14.0  # of the fall of pain; ours, so that most comes within four weeks
NOT_DAY = -1


@dataclass
class Courses:
    """The course of each person of a block; of those at intake there is none.

    moment, protocol   numbers: `MOMENTS` and the pathway's protocols in order
    as_of              day of the decision, counted from 1970-01-01
    done, planned      sessions
    days               day of each session; NOT_DAY where there was none
    ratings            pain in the last 7 days as rated at each session; the last column is the rating for the decision
    rated_on           the day of that last rating
    booked             rating at booking
    later              pain six weeks after the first session, before any error of rating
    activities         first and last ratings of up to three own activities
    change             the person's own view of the change
    muscle             spasm_response
    cleared            rule -> who has a clearance that names it, given on `cleared_on`
    now                facts -> what stands on the day of the decision
    """

    moment: Ints
    as_of: Ints
    protocol: Ints
    done: Ints
    planned: Ints
    days: Ints
    before: Ints
    ratings: Ints
    rated_on: Ints
    later: Floats
    booked: Ints
    booked_on: Ints
    activities: tuple[Ints, Ints]
    change: Ints
    muscle: Ints
    minutes: Ints
    soreness: Ints
    cleared_on: Ints
    valid: Flags
    cleared: dict[str, Flags] = field(default_factory=dict)
    now: dict[str, Ints] = field(default_factory=dict)


def draw_courses(draw: Draw, people: People, pathway: Pathway) -> Courses:
    """Courses for people; `people.answers` are brought to the day of the decision and to who may begin at all."""
    rng, n = draw.rng, draw.count
    moment = draw.index_of(shares.MOMENTS)
    as_of = (FIRST_DAY + rng.integers(0, DAYS, n)).astype(np.int32)
    protocols = list(pathway.protocols.values())
    protocol = _protocols(draw, people, list(pathway.protocols))
    planned = np.array([one.sessions for one in protocols], np.int32)[protocol]
    checks = np.array([check_points(one)[0] for one in protocols], np.int32)[protocol]
    gaps = _gaps(draw, protocols, protocol)
    offsets = np.zeros((n, MOST_SESSIONS + 1), np.int32)
    offsets[:, 1:] = np.cumsum(gaps, axis=1)
    fall = _fall(draw, people)
    seen = _ratings(draw, people.pain, fall, offsets)
    done = _done(draw, moment, planned, checks, seen)
    rows = np.arange(n)
    last = np.where(done > 0, offsets[rows, np.maximum(done - 1, 0)], 0)
    wait = np.where(moment == SESSION, gaps[rows, np.maximum(done - 1, 0)], rng.integers(3, 15, n))
    since_first = np.where(done > 0, last + wait, 0).astype(np.int32)
    days = np.where(np.arange(MOST_SESSIONS) < done[:, None], (as_of - since_first)[:, None] + offsets[:, :-1], NOT_DAY)
    measured = draw.flags(1 - shares.PUBLISHED["not_measured"].value)
    ratings, rated_on = _rated(draw, people.pain, fall, seen, done, since_first, measured, as_of, moment, last)
    activities = _activities(draw, people.pain, fall, since_first, measured)
    people.answers["pain_duration_days"] = people.answers["pain_duration_days"] + since_first
    courses = Courses(
        moment=moment,
        as_of=as_of,
        protocol=protocol,
        done=done,
        planned=planned,
        days=days.astype(np.int32),
        before=np.clip(seen[:, :MOST_SESSIONS] + rng.integers(-1, 2, (n, MOST_SESSIONS)), 0, 10).astype(np.int32),
        ratings=ratings,
        rated_on=rated_on,
        later=people.pain - fall,
        booked=np.where(draw.flags(0.7), _error(draw, people.pain), UNKNOWN).astype(np.int32),
        booked_on=(as_of - since_first - rng.integers(1, 15, n)).astype(np.int32),
        activities=activities,
        change=_change(draw, people.pain, fall, since_first, measured & (done >= checks)),
        muscle=_muscle(draw, fall, people.pain, done),
        minutes=_minutes(draw, protocols, protocol),
        soreness=np.where(draw.flags(shares.PUBLISHED["sore"].value), rng.integers(1, 5, n), UNKNOWN).astype(np.int32),
        cleared_on=(as_of - since_first - rng.integers(1, 8, n)).astype(np.int32),
        valid=draw.flags(0.7),
    )
    _may_begin(draw, people, courses)
    return courses


def _protocols(draw: Draw, people: People, names: Sequence[str]) -> Ints:
    chosen = np.zeros(draw.count, np.int32)
    for at, phase in enumerate(shares.PHASES):
        wanted = shares.PROTOCOLS[phase]
        places = np.array([names.index(name) for name in wanted], np.int32)
        chosen = np.where(people.phase == at, places[draw.index_of(wanted)], chosen)
    return chosen.astype(np.int32)


def _gaps(draw: Draw, protocols: Sequence[Protocol], protocol: Ints) -> Ints:
    """Days between sessions: within the window, but for a few that come too soon or late."""
    low = np.array([one.gap_days[0] for one in protocols], np.int32)[protocol][:, None]
    high = np.array([one.gap_days[1] for one in protocols], np.int32)[protocol][:, None]
    within = np.array([one.within_days / one.sessions for one in protocols])[protocol][:, None]
    shape = (draw.count, MOST_SESSIONS)
    usual = np.clip(np.round(draw.rng.normal(within * 0.92, 2.0, shape)), low, high)
    dice = draw.rng.random(shape)
    usual = np.where(dice < 0.015, np.maximum(low - 1, 1), usual)
    return np.where(dice > 0.97, high + draw.rng.integers(1, 7, shape), usual).astype(np.int32)


def _fall(draw: Draw, people: People) -> Floats:
    """By how much each person's pain falls in six weeks; the mean is the published one, the spread ours."""
    published = shares.PUBLISHED
    acute = published["pain_acute"].value - published["pain_acute_later"].value
    lasting = published["pain_lasting"].value - published["pain_lasting_later"].value
    mean = np.where(people.acute, acute, lasting)
    start = np.where(people.acute, published["pain_acute"].value, published["pain_lasting"].value)
    # Who has more pain has more to lose; nobody ends below 0 or above 10.
    wanted = mean * people.pain / start + 1.5 * draw.rng.standard_normal(draw.count)
    return np.clip(wanted, people.pain - 10, people.pain)


def _pace(days: Ints | Floats) -> Floats:
    """The share of the six weeks' fall that is reached by a day."""
    whole = 1 - np.exp(-SIX_WEEKS / PACE_DAYS)
    gained: Floats = np.minimum((1 - np.exp(days / -PACE_DAYS)) / whole, 1.0)
    return gained


def _error(draw: Draw, pain: Floats) -> Ints:
    noise = draw.rng.standard_normal(pain.shape) * shares.PUBLISHED["rating_error"].value
    return np.clip(np.round(pain + noise), 0, 10).astype(np.int32)


def _ratings(draw: Draw, pain: Floats, fall: Floats, offsets: Ints) -> Ints:
    """What each person would rate at each session."""
    return _error(draw, pain[:, None] - fall[:, None] * _pace(offsets))


def _done(draw: Draw, moment: Ints, planned: Ints, checks: Ints, seen: Ints) -> Ints:
    """Sessions given. Who had not gained a point at the check was mostly stopped there."""
    rng, n = draw.rng, draw.count
    at_session = np.floor(rng.random(n) * planned)
    at_review = np.where(draw.flags(0.5), planned, 1 + np.floor(rng.random(n) * planned))
    done = np.select([moment == INTAKE, moment == SESSION], [np.zeros(n), at_session], at_review).astype(np.int32)
    no_gain = seen[:, 0] - seen[np.arange(n), checks] < 1
    stopped = no_gain & (done > checks) & ~draw.flags(shares.CONTINUED)
    return np.where(stopped, checks, np.minimum(done, MOST_SESSIONS)).astype(np.int32)


def _rated(
    draw: Draw, pain: Floats, fall: Floats, seen: Ints, done: Ints, since_first: Ints, measured: Flags, as_of: Ints,
    moment: Ints, last: Ints,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Ratings that were really taken, with that for the decision in the last column, and the day of the last."""
    n = draw.count
    asked = draw.rng.random((n, MOST_SESSIONS)) < 0.9
    asked[:, 0] |= draw.flags(0.9)
    given = np.arange(MOST_SESSIONS) < done[:, None]
    ratings = np.full((n, MOST_SESSIONS + 1), UNKNOWN, np.int32)
    ratings[:, :-1] = np.where(asked & given, seen[:, :MOST_SESSIONS], UNKNOWN)
    lag = np.where(moment == SESSION, 0, np.minimum(draw.rng.integers(0, 4, n), np.maximum(since_first - last - 1, 0)))
    lag = np.where(done > 0, lag, 0)
    final = _error(draw, pain - fall * _pace(since_first - lag))
    ratings[:, -1] = np.where(measured & (moment != INTAKE), final, UNKNOWN)
    return ratings, (as_of - lag).astype(np.int32)


def _activities(draw: Draw, pain: Floats, fall: Floats, since_first: Ints, measured: Flags) -> tuple[Ints, Ints]:
    """Up to three own activities (0 to 10, high is good), at session 1 and for the decision."""
    n = draw.count
    named = 3 - draw.flags(0.15).astype(int) - draw.flags(0.05)
    own = np.arange(3) < named[:, None]
    able = np.clip(7.2 - 0.6 * pain[:, None] + draw.rng.normal(0, 1.2, (n, 3)), 0, 9.5)
    later = able + (0.85 * fall * _pace(since_first))[:, None] + draw.rng.normal(0, 0.8, (n, 3))
    has_first = draw.flags(0.9)[:, None] & own
    has_later = has_first & (measured & draw.flags(0.9))[:, None]
    first = np.where(has_first, np.clip(np.round(able), 0, 10), UNKNOWN)
    return first.astype(np.int32), np.where(has_later, np.clip(np.round(later), 0, 10), UNKNOWN).astype(np.int32)


def _change(draw: Draw, pain: Floats, fall: Floats, since_first: Ints, measured: Flags) -> Ints:
    """The person's own view. It follows how the back is today more than how it changed (Kamper 2010)."""
    gained = fall * _pace(since_first)
    view = 1.7 - 0.42 * (pain - gained) + 0.36 * gained + draw.rng.normal(0, 0.6, draw.count)
    answered = measured & draw.flags(0.9)
    return np.where(answered, np.clip(np.round(view), -3, 3), UNKNOWN).astype(np.int32)


def _muscle(draw: Draw, fall: Floats, pain: Floats, done: Ints) -> Ints:
    """How the treated muscle is, against before the course; the hands see what the person feels, with error."""
    share = fall / np.maximum(pain, 1) + draw.rng.normal(0, 0.25, draw.count)
    words = ["resolved", "partial", "none", "worse"]
    codes = np.array([draw.code("spasm_response", word) for word in words], np.int32)
    at = np.select([share > 0.75, share > 0.12, share > -0.55], [0, 1, 2], 3)
    return np.where((done >= 1) & draw.flags(0.85), codes[at], UNKNOWN).astype(np.int32)


def _minutes(draw: Draw, protocols: Sequence[Protocol], protocol: Ints) -> Ints:
    planned = np.array([one.minutes for one in protocols], np.int32)[protocol][:, None]
    short = draw.rng.random((draw.count, MOST_SESSIONS)) < 0.05
    return np.where(short, planned * 2 // 3, planned).astype(np.int32)


def needing(draw: Draw, answers: dict[str, Ints], duration: Ints) -> dict[str, Flags]:
    """Rules of the shipped pathway that stand in the way of a course until a clinician has answered: who has which.

    Only the common ones. Whoever has a rarer reason does not begin a course in the sample.
    """

    def has(name: str, *values: str) -> Flags:
        return np.isin(answers[name], [draw.code(name, value) for value in values])

    age = answers["age_years"]
    cancer = has("cancer_history", "past", "active", "bone_spread")
    return {
        "acute_low_back_pain": (duration < 42) & has("pain_site", "low_back", "buttock"),
        "earlier_treatments_without_relief": answers["treated_without_relief"] == 1,
        "sixty_or_over_lasting_pain": (age >= 60) & (duration > 28) & has("pain_trend", "steady", "worsening"),
        "movement_changes_nothing": has("movement_effect", "no_change"),
        "cancer_history_back_pain": cancer,
        "anticoagulant": has("anticoagulant_use", "anticoagulant"),
        "uncontrolled_blood_pressure": has("high_blood_pressure", "uncontrolled"),
        "unsteady_diabetes": has("diabetes_status", "unstable", "with_complications"),
        "weight_loss_without_trying": answers["unexplained_weight_loss"] == 1,
        "two_fracture_points": has("sex_at_birth", "female") & (age > 70) & (duration <= 42),
        "severe_osteoporosis": has("bone_fragility", "fragility_fracture"),
    }


# Answers with which a course seldom begins, with the share of those who began all the same.
SELDOM = (
    "saddle_numbness", "bladder_bowel_change", "sudden_tearing_pain", "collapse_or_clammy",
    "chest_pain_or_breathless", "stroke_like_symptoms", "coughing_or_vomiting_blood", "fever_or_chills",
    "contagious_illness", "one_leg_swelling_pain", "new_head_neck_pain", "abdominal_pain_or_vomiting",
    "colicky_flank_pain", "pain_severe_unremitting", "feeling_unwell", "hand_clumsiness", "gait_unsteadiness",
    "undiagnosed_lump", "sexual_function_change", "pulsating_abdomen", "urinary_symptoms", "inflammatory_flare",
    "severe_organ_disease", "known_aneurysm", "large_vessel_repair", "spine_fused", "height_loss_or_new_stoop",
    "pregnancy_warning_signs", "iv_drug_use", "oral_steroid_long_term",
)  # fmt: skip
SELDOM_ONE_OF = {
    "leg_weakness": "none", "recent_injury": "none", "leg_symptoms": "none", "heart_condition": "none",
    "stroke_tia_history": "none", "dvt_pe_history": "none", "surgery_site": "none", "bleeding_disorder": "none",
    "previous_massage_reaction": "none", "spinal_injection": "none", "hypermobility_type": "none",
    "implanted_device": "none", "recent_fracture": "none", "arm_symptoms": "none", "skin_problem_in_area": "none",
}  # fmt: skip
HARMLESS = {
    "recent_injury": ("minor",), "leg_symptoms": ("one_leg",), "heart_condition": ("stable",),
    "stroke_tia_history": ("past",), "dvt_pe_history": ("past",), "previous_massage_reaction": ("mild",),
    "spinal_injection": ("within_3_months",), "hypermobility_type": ("hypermobile", "eds_non_vascular"),
    "implanted_device": ("pacemaker_or_stimulator", "port_line_or_patch", "other"), "recent_fracture": ("other_site",),
    "arm_symptoms": ("one_arm",), "skin_problem_in_area": ("wound_or_burn", "rash_or_fragile"),
}  # fmt: skip
BEGAN_ALL_THE_SAME = 0.03


def _may_begin(draw: Draw, people: People, courses: Courses) -> None:
    """Makes the answers of people in a course fit that it began, and gives most of them the clearance they needed."""
    answers = people.answers
    inside = courses.moment != INTAKE
    fits = inside & ~draw.flags(BEGAN_ALL_THE_SAME)
    for name in SELDOM:
        answers[name] = np.where(fits & (answers[name] == 1), 0, answers[name])
    for name, usual in SELDOM_ONE_OF.items():
        good = [draw.code(name, value) for value in (usual, *HARMLESS.get(name, ()))]
        wrong = fits & ~np.isin(answers[name], good)
        answers[name] = np.where(wrong, draw.code(name, usual), answers[name])
    gone = answers["surgery_site"] == draw.code("surgery_site", "none")
    answers["weeks_since_surgery"] = np.where(gone, UNKNOWN, answers["weeks_since_surgery"])
    answers["leg_symptoms_new"] = np.where(
        answers["leg_symptoms"] == draw.code("leg_symptoms", "none"), 0, answers["leg_symptoms_new"]
    )
    first_session = np.where(courses.done > 0, courses.as_of - courses.days[:, 0], 0)
    duration = answers["pain_duration_days"] - first_session
    examined = inside & draw.flags(shares.EXAMINED)
    for rule, who in needing(draw, answers, duration).items():
        courses.cleared[rule] = examined & who
    courses.now = _today(draw, courses, answers)


def _today(draw: Draw, courses: Courses, answers: dict[str, Ints]) -> dict[str, Ints]:
    """What was found on the day at moment `session`: the hands' findings, and what is new since the intake."""
    here = courses.moment == SESSION
    found: dict[str, Ints] = {}
    for name, wanted in shares.HANDS.items():
        is_bool = draw.vocabulary[name].kind == "bool"
        value = draw.yes(wanted["yes"]) if is_bool else draw.one_of(name, wanted)
        asked = here & ~draw.flags(0.001)
        if name in ("dark_urine", "large_bruise_or_swelling", "allergic_reaction"):
            value = np.where(courses.done > 0, value, 0)  # nothing can follow a session that was not
        found[name] = np.where(asked, value, UNKNOWN).astype(np.int32)
    found["body_temp_c"] = np.where(
        here & draw.flags(0.15), np.round(draw.rng.normal(366, 3, draw.count)), UNKNOWN
    ).astype(np.int32)
    for name, low, high in (("bp_systolic", 128, 14), ("bp_diastolic", 79, 9)):
        found[name] = np.where(here & draw.flags(0.2), draw.rng.normal(low, high, draw.count), UNKNOWN).astype(np.int32)
    found["pressure_pain"] = np.where(
        here & draw.flags(0.7), np.clip(np.round(draw.rng.normal(3.5, 1.4, draw.count)), 0, 10), UNKNOWN
    ).astype(np.int32)
    sore = np.where(courses.soreness != UNKNOWN, draw.rng.integers(12, 60, draw.count), 0)
    found["soreness_hours"] = np.where(here & (courses.done > 0), sore, UNKNOWN).astype(np.int32)
    found["spasm_response"] = np.where(courses.moment != INTAKE, courses.muscle, UNKNOWN).astype(np.int32)
    for name, share in shares.NEW_TODAY.items():
        new = here & draw.flags(share) & (answers[name] == 0)
        if name == "leg_symptoms_new":
            new &= answers["leg_symptoms"] != draw.code("leg_symptoms", "none")
        found[name] = np.where(new, 1, UNKNOWN).astype(np.int32)
    return found
