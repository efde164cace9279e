"""The report's own sentences, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LEAST = 5  # people: of fewer there is no share, and no group of its own; as on the clinic's page of outcomes

DISPOSITIONS: Mapping[str, str] = {
    "emergency": "Emergency",
    "medical_exam_first": "Medical examination first",
    "do_not_massage_now": "Do not massage now",
    "physician_clearance": "Clearance by a clinician",
    "incomplete": "Incomplete: ask first",
    "change_treatment": "Change the treatment",
    "complete": "Course complete",
    "treat_with_precautions": "Treat, with precautions",
    "treat": "Treat",
}
LEADS_TO: Mapping[str, str] = {
    **DISPOSITIONS,
    "precaution": "A precaution",
    "local_avoid": "An area to leave out",
    "none": "A note",
}
URGENCIES: Mapping[str, str] = {
    "same_day": "same day",
    "within_2_weeks": "within 2 weeks",
    "routine": "before the first session",
}
MOMENTS: Mapping[str, str] = {"intake": "Intake", "session": "Session", "review": "Review"}
CLASSES: Mapping[str, str] = {
    "responded": "Responded",
    "partly": "Partly responded",
    "not_responded": "Not responded",
    "worse": "Worse",
    "not_measured": "Not measured, or cannot be told",
    "no_check": "No check reached yet",
}
WAITS: Mapping[str, str] = {
    "14": "Under 2 weeks",
    "42": "2 to 6 weeks",
    "85": "6 to 12 weeks",
    "183": "3 to 6 months",
    "366": "6 to 12 months",
    "731": "1 to 2 years",
    "more": "Over 2 years",
    "unknown": "Not known",
}
# What a class does not mean. Source: measures.md, section 4.6.
CAVEATS: Sequence[tuple[str, str]] = (
    (
        "Most back pain eases by itself.",
        "In cohorts the mean pain (0 to 100) fell from 52 to 23 within six weeks where it was acute, and from 51 to "
        "33 where it had lasted, whatever was done (Menezes Costa 2012). People in trials and in cohorts improved by "
        "about one standard deviation in six weeks (Artus 2014). Responded means better, not better because of "
        "massage.",
    ),
    (
        "People come when it is bad.",
        "A high first rating is likely to be followed by a lower one without any treatment. The mean of two ratings "
        "before the first session makes this smaller; it does not remove it.",
    ),
    (
        "Ratings given to the person who treated run high.",
        "Let reception, a tablet or the telephone take those on which a decision rests.",
    ),
    (
        "Those who were not measured are not like the others.",
        "That is why everybody who started is counted, and those without a measurement in both directions.",
    ),
    (
        "Protocols and practices are not compared here.",
        "Who gets which protocol depends on how long the pain has lasted and how strong it is. A share from a trial "
        "can be set beside these only where day of measurement, first rating and who is counted are the same.",
    ),
)


def number(value: int) -> str:
    """A whole number with thin spaces between thousands, as it reads in any language."""
    return f"{value:,}".replace(",", "\u202f")


def percent(part: int, whole: int) -> str:
    """A share in whole percents, or a dash where it is of too few."""
    if whole < LEAST:
        return "–"
    value = (200 * part + whole) // (2 * whole)
    if value == 0 and part:
        return "under 1 %"
    if value == 100 and part < whole:
        return "over 99 %"
    return f"{value} %"


def counted(part: int, whole: int) -> str:
    """A count with its share behind it, where there is one."""
    share = percent(part, whole)
    return number(part) if share == "–" else f"{number(part)} ({share})"
