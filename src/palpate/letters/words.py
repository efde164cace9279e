"""Days, ages, numbers and classes in words."""

from __future__ import annotations

import unicodedata
from datetime import date

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
NOT_KNOWN = "not known"
URGENCY = {"same_day": "Same day", "within_2_weeks": "Within 2 weeks", "routine": "Routine"}
PURPOSE = {
    "examination": "Request for a medical examination",
    "clearance": "Request for clearance",
}
ASKED = {
    "examination": "Please examine this person and say whether massage of the back may be given",
    "clearance": "Please say, from what you know or find, whether massage of the back may be given to this person",
}
# The class of the response rule, for clinicians and for the person. "Better" never says why (measures.md, 4.6).
RESPONSE = {
    "responded": ("Responded", "Your back is clearly better than when we began."),
    "partly": ("Partly responded", "Your back is somewhat better, but less than we look for."),
    "not_responded": ("Not responded", "Your back is about as it was. The massage has not helped as it should."),
    "worse": ("Worse", "Your back is worse than when we began."),
    "indeterminate": ("Cannot be judged", "We cannot say whether your back is better: too little could be compared."),
    None: ("Not checked", "We have not checked whether your back is better."),
}
MIXED = "Some things are better and others are worse. Please have a clinician look at this with you."
HONEST = (
    "Many people with back pain get better within weeks whatever is done, and pain goes up and down. "
    "These numbers say how your back is; they cannot say that the massage was the reason."
)
HONEST_CLINICAL = (
    "The class says how the person is compared with the baseline, not what caused it: natural course and regression "
    "to the mean are part of every change. No published trial defines response to massage at this check."
)
FLAGS = {
    "global_only": "rests on the person's own view of the change alone",
    "no_domain": "neither pain nor activities could be compared",
    "mixed_review": "the measures point in different directions: a clinician should review",
    "single_domain": "rests on one measure alone",
    "uncorroborated": "one measure improved and no other supports it",
    "pain_drift_up": "pain has risen by a point or more",
    "too_early": "checked earlier than the rule allows",
    "late_check": "checked later than planned",
}
NO_DIAGNOSIS = (
    "This document makes no diagnosis. It reports what was asked, answered and found, and which rules of the "
    "practice's pathway follow from it."
)


def day(value: date | None) -> str:
    """A day as it is read the same everywhere: "16 March 2026"."""
    return NOT_KNOWN if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def age(birth_date: date, on: date) -> int:
    """Whole years of age on a day; who was born on 29 February turns older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def number(value: float) -> str:
    """A number without needless zeros: 7, 6.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def flag(name: str) -> str:
    """A flag of the response rule in words."""
    return FLAGS.get(name, name.replace("_", " "))


def rule_name(rule: str) -> str:
    """A rule's id as words: `acute_low_back_pain` is "Acute low back pain"."""
    said = rule.replace("_", " ")
    return said[:1].upper() + said[1:]


# Signs that turn the direction of text, or only mark it: they could make a line read as something that it is not.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF}
LONGEST_WORD = 40


def printable(text: str) -> str:
    """Text as it goes on paper: one line, NFC, without control characters and signs that turn its direction.

    A word too long for a line may break: an invisible break is put into it every 20 characters.
    """
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        if letter.isspace() or letter in "\x85\u2028\u2029":
            kept.append(" " if letter != "\xa0" else letter)
        elif ord(letter) not in _TURNING and unicodedata.category(letter) != "Cc":
            kept.append(letter)
    return " ".join(_breakable(word) for word in "".join(kept).split(" ") if word)


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return "\u200b".join(word[at : at + 20] for at in range(0, len(word), 20))
