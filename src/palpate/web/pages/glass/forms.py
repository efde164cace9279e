"""The reason for breaking the glass."""

from __future__ import annotations

from django import forms

from palpate.clinic.glass import LONGEST_REASON
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput


class GlassForm(forms.Form):
    """Why somebody must see a record that is not in their care."""

    reason = forms.CharField(
        label="Why do you need to see this record now?",
        help_text="An owner of the practice reads this. It stays on record.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        try:
            return clean_text(self.cleaned_data["reason"], field="reason", longest=LONGEST_REASON)
        except BadInput as bad:
            raise forms.ValidationError(bad.message) from bad
