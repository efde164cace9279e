"""The form of an adverse event."""

from __future__ import annotations

from typing import Any

from django import forms

from palpate.clinic.adverse import LONGEST
from palpate.clinic.models import AdverseEvent

WRONG = {"invalid_choice": "This is none of the answers. Tap one of them."}


class EventForm(forms.Form):
    """What happened, how bad it was, when it began, what was done, how it ended."""

    what = forms.CharField(
        label="What happened",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what happened."},
    )
    severity = forms.ChoiceField(
        label="How bad it was",
        choices=AdverseEvent.Severity.choices,
        widget=forms.RadioSelect,
        help_text="Serious: a hospital, a lasting loss, or a danger to life.",
        error_messages={**WRONG, "required": "Choose how bad it was."},
    )
    began = forms.DateField(
        label="Began on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": "Give the day on which it began.", "invalid": "Give a day that exists."},
    )
    action = forms.CharField(
        label="What was done", max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    outcome = forms.CharField(
        label="How it ended", max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    settled = forms.DateField(
        label="Settled on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text="Leave it empty while it lasts.",
        error_messages={"invalid": "Give a day that exists."},
    )
    proposal = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def told(self) -> dict[str, Any]:
        """The values of a sound form."""
        return {name: self.cleaned_data[name] for name in self.fields if name != "proposal"}
