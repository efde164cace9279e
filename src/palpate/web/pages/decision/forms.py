"""The forms of the decision pages."""

from __future__ import annotations

from django import forms

from palpate.clinic.overruling import LONGEST_REASON, SHORTEST_REASON


class OverruleForm(forms.Form):
    """Why a professional goes another way than the decision."""

    does = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Your reason",
        help_text=f"At least {SHORTEST_REASON} characters. It is kept with your name and shown ever after.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": f"Say why, in at least {SHORTEST_REASON} characters."},
    )


class HandoverForm(forms.Form):
    """What was done in an emergency. Everything may stay empty: the page is printed at once without it."""

    called_by = forms.CharField(label="Who called the emergency number", max_length=200, required=False)
    called_at = forms.CharField(
        label="At what time", max_length=20, required=False, help_text="Such as 14:35.", widget=forms.TextInput
    )
    done = forms.CharField(
        label="What was done",
        help_text="One line for each thing.",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
