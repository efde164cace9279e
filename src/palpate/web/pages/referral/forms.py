"""The forms around letters and their answers; the clinician's own page uses the same one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from palpate.clinic.answering import EVERYTHING, LONGEST_LIMITS, OUTCOMES
from palpate.clinic.referring import HANDED, LONGEST_REMARK, LONGEST_TO


class LetterForm(forms.Form):
    """Who gets a letter, and what the therapist adds to it."""

    to = forms.CharField(
        label="To", help_text="Name and practice of the clinician.", max_length=LONGEST_TO, required=False
    )
    remark = forms.CharField(
        label="Your own remark",
        help_text="Stands in the letter where the request is made.",
        max_length=LONGEST_REMARK,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NewLetterForm(LetterForm):
    """A letter that is still to be made."""

    agreed = forms.ChoiceField(
        label="Does the person agree to this letter?",
        choices=(("yes", "Yes, asked and agreed"), ("not_asked", "Not asked yet")),
        initial="not_asked",
        widget=forms.RadioSelect,
    )


class HandedForm(forms.Form):
    """How a letter went out."""

    how = forms.ChoiceField(choices=tuple(HANDED.items()))


class WhyForm(forms.Form):
    """A reason, for closing a referral or taking an answer back."""

    why = forms.CharField(label="Why", max_length=200, error_messages={"required": "Say why."})


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give the day as year, month and day, such as 2026-03-16."},
        **more,
    )


class AnswerForm(forms.Form):
    """What a clinician answered. `covers` are rules with their titles; everything known that day is one more choice."""

    outcome = forms.ChoiceField(
        label="The answer",
        choices=tuple(OUTCOMES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the clinician answered."},
    )
    covers = forms.MultipleChoiceField(
        label="What the answer covers",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Say what the answer covers."},
    )
    name = forms.CharField(
        label="Name of the clinician", max_length=200, error_messages={"required": "Give the clinician's name."}
    )
    profession = forms.CharField(
        label="Profession",
        help_text="Such as general practitioner.",
        max_length=120,
        error_messages={"required": "Give the clinician's profession."},
    )
    day = _day("Day of the answer")
    valid_until = _day("Good until", required=False, help_text="Leave empty for as long as the pathway allows.")
    limits = forms.CharField(
        label="Limits",
        help_text="Needed where the person is cleared with limits. Otherwise a remark, or empty.",
        max_length=LONGEST_LIMITS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, rules: Sequence[tuple[str, str]], today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [*rules, (EVERYTHING, "Everything known that day, after a full examination")]
        self.fields["covers"].choices = choices  # type: ignore[attr-defined]
        self.fields["day"].initial = today
