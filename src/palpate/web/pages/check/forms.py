"""The forms of the check: ratings by the person, the muscle, the one thing that is changed, the letter, the discharge.

This door's spellings (S-24, S-25): a rating is exactly one of its listed numbers, and a rating that was not given is
absent. Everything else is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from palpate.clinic.checking import ACTIVITIES, CHANGE, CHANGES, MOOD, PAIN, SLEEP
from palpate.clinic.closing import REACHED, REASONS, NextTreatment
from palpate.clinic.referring import LONGEST_TO
from palpate.figures.response_bar import OVERALL_WORDS
from palpate.pathway.pathway import Pathway

SCALE = [(str(n), str(n)) for n in range(11)]
STEPS = [(str(step), words.capitalize()) for step, words in OVERALL_WORDS.items()]
ENDS = {
    PAIN: ("no pain", "the worst I can imagine"),
    SLEEP: ("not at all", "hardly any sleep"),
    MOOD: ("not at all", "as much as I can imagine"),
}
WRONG = {"invalid_choice": "This is none of the answers. Tap one of them."}
MARKS = frozenset({"csrfmiddlewaretoken", "_form", "_person", "_version"})
YES_NO = [("yes", "Yes"), ("no", "No")]


def strange(data: QueryDict, form: forms.Form) -> list[str]:
    """Names in the data that this form does not have (S-10)."""
    return sorted(set(data) - MARKS - set(form.fields))


class RatingsForm(forms.Form):
    """The measures that are asked now, in the pathway's words; own activities are read back in the person's."""

    def __init__(
        self, pathway: Pathway, asked: Sequence[str], activities: Sequence[str], *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.asked, self.activities = tuple(asked), tuple(activities) if ACTIVITIES in asked else ()
        for name in asked:
            if name == ACTIVITIES:
                for at, words in enumerate(self.activities, 1):
                    self.fields[f"activity_{at}"] = _choice(words, SCALE)
            else:
                wording = str(pathway.measures[name]["question"]) if name in pathway.measures else name
                if name == CHANGE:
                    wording = "Compared with just before your first session here, how is your back now?"
                self.fields[name] = _choice(wording, STEPS if name == CHANGE else SCALE)

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        for name in self.fields:
            if isinstance(self.data, QueryDict) and len(set(self.data.getlist(name))) > 1:
                self.add_error(name, "Two answers came for one question. Tap one of them.")
        return told

    def values(self) -> dict[str, int]:
        """What was rated, by measure, but for the activities. Of a sound form."""
        told = self.cleaned_data
        return {name: int(told[name]) for name in self.asked if name != ACTIVITIES and told.get(name)}

    def rated(self) -> list[int | None]:
        """Each activity's rating, None where there is none; empty where none was rated. Of a sound form."""
        found = [self.cleaned_data.get(f"activity_{at}") for at in range(1, len(self.activities) + 1)]
        return [int(value) if value else None for value in found] if any(found) else []

    def rows(self) -> list[dict[str, Any]]:
        """The questions in order, as a page shows them: field, look (scale or steps), ends, first activity or not."""
        found = []
        for name in self.fields:
            low, high = ENDS.get(name, ("", ""))
            if name.startswith("activity_"):
                low, high = "not possible", "as well as before"
            look = "steps" if name == CHANGE else "scale"
            found.append({"field": self[name], "look": look, "low": low, "high": high, "first": name == "activity_1"})
        return found


def _choice(words: str, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=words, choices=choices, widget=forms.RadioSelect, required=False, error_messages=WRONG
    )


class MuscleForm(forms.Form):
    """How the treated muscle has answered; person and therapist judge it together."""

    spasm_response = forms.ChoiceField(
        label="The tight muscle, against how it was before the course",
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Choose how the muscle is now."},
    )

    def __init__(self, words: Mapping[str, str], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["spasm_response"].choices = list(words.items())  # type: ignore[attr-defined]


class ChangeForm(forms.Form):
    """The one thing that is changed."""

    what = forms.ChoiceField(
        label="Change one thing",
        choices=[(id, title) for id, (title, _) in CHANGES.items()],
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Choose the one thing that is changed."},
    )


class LetterForm(forms.Form):
    """The letter to the next treatment."""

    treatment = forms.ChoiceField(
        label="Next treatment",
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Choose the next treatment."},
    )
    to = forms.CharField(label="To", max_length=LONGEST_TO, required=False, help_text="Name and practice, if known.")
    agreed = forms.ChoiceField(
        label="The person agrees to this letter",
        choices=YES_NO,
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Ask the person, and tap the answer."},
    )

    def __init__(self, treatments: Sequence[NextTreatment], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["treatment"].choices = [(one.id, f"{one.title}: {one.who}") for one in treatments]  # type: ignore[attr-defined]


class DischargeForm(forms.Form):
    """Why the course ends, whether the goal was reached, and the home items."""

    reason = forms.ChoiceField(
        label="Why the course ends",
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Choose why the course ends."},
    )
    reached = forms.ChoiceField(
        label="What the person wanted",
        choices=[(id, words or "Not asked") for id, words in REACHED.items()],
        widget=forms.RadioSelect,
        error_messages={**WRONG, "required": "Choose one of these."},
    )
    home = forms.MultipleChoiceField(
        label="At home", required=False, widget=forms.CheckboxSelectMultiple, error_messages=WRONG
    )

    def __init__(self, items: Sequence[tuple[str, str]], most: int, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.most = most
        self.fields["home"].choices = list(items)  # type: ignore[attr-defined]
        self.fields["home"].help_text = f"At most {most} at a time, so that they get done."

    def clean_home(self) -> list[str]:
        chosen = list(self.cleaned_data["home"])
        if len(set(chosen)) > self.most:
            raise forms.ValidationError(f"At most {self.most} home items at a time. Leave some out.")
        return chosen
