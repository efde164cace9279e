"""The form of a plan: goals, protocol, parts with who and how often, and home items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from palpate.clinic.planning import EXCEPTIONS, LONGEST_GOALS, Chosen, Offered


class PlanForm(forms.Form):
    """A plan. Fields `who_<part>` and `often_<part>` stand for each part that is offered."""

    goals = forms.CharField(
        label="Goals, in the person's own words",
        max_length=LONGEST_GOALS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    protocol = forms.ChoiceField(
        label="Sessions", widget=forms.RadioSelect, error_messages={"required": "Choose how many sessions."}
    )
    parts = forms.MultipleChoiceField(label="What goes with massage", required=False)
    home = forms.MultipleChoiceField(label="At home", required=False)
    exception = forms.ChoiceField(label="If there is no exercise in this plan: why", required=False)

    def __init__(
        self,
        *args: Any,
        protocols: Sequence[tuple[Mapping[str, Any], bool]],
        parts: Sequence[Offered],
        home: Sequence[Offered],
        exceptions: Sequence[str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.offered_parts = [part for part in parts if part.offered]
        self.offered_home = [item for item in home if item.offered]
        choices: dict[str, Any] = {
            "protocol": [(row["id"], row["title"]) for row, open_now in protocols if open_now],
            "parts": [(part.id, part.title) for part in self.offered_parts],
            "home": [(item.id, item.title) for item in self.offered_home],
            "exception": [("", "There is exercise in it"), *zip(EXCEPTIONS, exceptions, strict=False)],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        for part in self.offered_parts:
            self.fields[f"who_{part.id}"] = forms.CharField(label="Who does it", max_length=200, required=False)
            self.fields[f"often_{part.id}"] = forms.CharField(label="How often", max_length=200, required=False)

    def chosen(self) -> list[Chosen]:
        """The parts and home items of a sound form."""
        told = self.cleaned_data
        parts = [
            Chosen(part.id, "", part.title, told[f"who_{part.id}"], told[f"often_{part.id}"])
            for part in self.offered_parts
            if part.id in told["parts"]
        ]
        items = [
            Chosen("home", item.id, item.title, "The person", str(item.row["dose"])[:200])
            for item in self.offered_home
            if item.id in told["home"]
        ]
        return [*parts, *items]
