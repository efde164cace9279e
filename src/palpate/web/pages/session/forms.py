"""The forms of the note."""

from __future__ import annotations

from django import forms

from palpate.clinic.names import LONGEST_NOTE
from palpate.clinic.notes import PARTS, WHY_NONE

HINTS = {
    "s": "What the person said.",
    "o": "What was found and done.",
    "a": "What the pathway decided and why. No diagnosis.",
    "p": "What comes next.",
}


class NoteForm(forms.Form):
    """The four parts of a note. What is wrong with a text is said by the field, and nothing typed is lost."""

    none_why = forms.ChoiceField(
        label="No massage is recorded. Why?",
        required=False,
        choices=[(key, words[0].upper() + words[1:]) for key, words in WHY_NONE.items()],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["_version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=bool(args))
        for part, name in PARTS.items():
            self.fields[part] = forms.CharField(
                label=name,
                help_text=HINTS[part],
                strip=False,
                max_length=LONGEST_NOTE,
                error_messages={"required": f"{name} is empty. Write what was found, or that nothing was."},
                widget=forms.Textarea(attrs={"rows": 6}),
            )

    def texts(self) -> dict[str, str]:
        """The four texts as they were typed."""
        return {part: self.cleaned_data[part] for part in PARTS}


class AmendForm(forms.Form):
    """What is added to a signed note, and why."""

    text = forms.CharField(label="What is added", widget=forms.Textarea(attrs={"rows": 4}), max_length=LONGEST_NOTE)
    why = forms.CharField(label="Why it is added now", max_length=1000)
