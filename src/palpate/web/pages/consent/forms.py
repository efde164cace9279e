"""The forms of consent: which areas, then one signature for each text, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from palpate.clinic import consenting
from palpate.clinic.consenting import Sheet
from palpate.clinic.names import LONGEST_NAME, clean_name, clean_text
from palpate.clinic.refusals import BadInput
from palpate.library.place_rules import areas

ALONE = [("yes", "Yes"), ("no", "No"), ("cannot_say", "Cannot say")]
AGREES = [("yes", "Yes"), ("no", "No")]


class TypedText(forms.CharField):
    """Text as people type it, checked as the store asks for (S-23). What was typed stays as it is until it is right."""

    def __init__(self, clean_with: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.clean_with = clean_with

    def to_python(self, value: Any) -> str:
        try:
            return self.clean_with("" if value is None else str(value))
        except BadInput as bad:
            raise forms.ValidationError(bad.message) from None


class AreasForm(forms.Form):
    """Which areas the plan touches, and whether the person decides alone."""

    use_required_attribute = False  # our own words stand by the field, not a bubble of the browser

    areas = forms.MultipleChoiceField(
        label="Which areas does the plan touch?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one area.", "invalid_choice": "There is no such area to choose."},
    )
    alone = forms.ChoiceField(
        label="Can this person understand what is planned, and decide alone?",
        help_text="Anything but yes means that a parent or guardian signs too.",
        choices=ALONE,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes, no or cannot say.", "invalid_choice": "Choose yes, no or cannot say."},
    )

    def __init__(self, *args: Any, sensitive: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["areas"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (area.id, f"{area.name} (signed on its own)" if area.id in sensitive else area.name)
            for area in areas().values()
            if area.treated
        ]


class SignForm(forms.Form):
    """One signature for each sheet, with what goes with it."""

    use_required_attribute = False  # our own words stand by the field, not a bubble of the browser

    guardian = TypedText(
        clean_name,
        label="Name of the parent or guardian who signs",
        required=False,
        max_length=LONGEST_NAME,
    )
    relation = TypedText(clean_name, label="Mother, father, guardian ...", required=False, max_length=LONGEST_NAME)
    agrees = forms.ChoiceField(
        label="Does the person who will be treated say yes too?",
        choices=AGREES,
        widget=forms.RadioSelect,
        required=False,
    )
    therapist = forms.ChoiceField(
        label="The therapist signs as well",
        choices=[("yes", "I explained this and answered the questions")],
        widget=forms.RadioSelect,
        error_messages={"required": "The therapist has to sign too: tap this line."},
    )

    def __init__(self, sheets: Sequence[Sheet], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheets = sheets
        self.by_guardian = any(sheet.need.signer == "guardian" for sheet in sheets)
        if not self.by_guardian:
            for name in ("guardian", "relation", "agrees"):
                del self.fields[name]
        for at, sheet in enumerate(sheets):
            name = f"signature_{at}"
            self.fields[name] = TypedText(lambda text: text, label=f"Signature: {sheet.title}", required=False)
            self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        self.marks: list[dict[str, Any]] = []
        for at, _ in enumerate(self.sheets):
            try:
                self.marks.append(consenting.read_signature(told.get(f"signature_{at}", ""), f"signature_{at}"))
            except BadInput as bad:
                self.add_error(f"signature_{at}", f"{bad.message[:1].upper()}{bad.message[1:]}.")
        if self.by_guardian:
            if not told.get("guardian") and "guardian" not in self.errors:
                self.add_error("guardian", "Who signs? Write the name of the parent or guardian.")
            if told.get("agrees") != "yes" and "agrees" not in self.errors:
                self.add_error("agrees", "Without the person's own yes there is no consent, and no massage.")
        return told

    @property
    def papers(self) -> list[tuple[Sheet, forms.BoundField]]:
        """Each text with its signature."""
        return [(sheet, self[f"signature_{at}"]) for at, sheet in enumerate(self.sheets)]


class WithdrawForm(forms.Form):
    """Taking consents back. A reason may be given and need not be."""

    use_required_attribute = False  # our own words stand by the field, not a bubble of the browser

    consent = forms.MultipleChoiceField(
        label="Which consent is taken back?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose what is taken back.",
            "invalid_choice": "This consent does not stand today.",
        },
    )
    why = TypedText(
        lambda text: clean_text(text, longest=consenting.LONGEST_WHY).strip(),
        label="What the person says about it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, papers: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["consent"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(row.pk), _named(row)) for row in papers]


def _named(row: Any) -> str:
    return f"{row.text.split(chr(10), 1)[0]} ({consenting.area_names(row.areas)})"
