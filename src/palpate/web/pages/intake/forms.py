"""Questions of the pathway as a form, and the ratings of before the first touch.

Each door lists its spellings (S-25): here an answer is exactly `yes`, `no`, `cannot_say`, a value of the question's own
list, `not_asked` (an earlier answer taken back), or nothing at all. Numbers are ASCII digits within the range of their
question (S-24). Everything else is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from palpate.clinic.intake import (
    ANSWERED,
    CANNOT_SAY,
    HIGHEST,
    LOWEST,
    MOST_ACTIVITIES,
    NOT_ASKED,
    ONSET,
    RATINGS,
    Ratings,
    Said,
    Told,
)
from palpate.clinic.names import LONGEST_NAME, clean_name
from palpate.clinic.refusals import BadInput
from palpate.pathway.facts import Fact
from palpate.show.words import spelled_out
from palpate.web.pages.intake.screens import no_of
from palpate.web.pages.intake.told import labels

DIGITS = re.compile(r"[0-9]{1,6}")
UNITS = {"days": 1, "weeks": 7, "months": 30, "years": 365}  # as the question's meaning counts them
YES_NO = [("yes", "Yes"), ("no", "No")]
UNSURE = (CANNOT_SAY, "Cannot say")
TAKE_BACK = (NOT_ASKED, "Take the answer back")
SCALE = [(str(n), str(n)) for n in range(LOWEST, HIGHEST + 1)]
WRONG_CHOICE = {"invalid_choice": "This is none of the answers. Tap one of them."}


def read_whole(text: str, fact: Fact) -> int:
    """A whole number in ASCII digits, within the fact's range. Errors: BadInput, for people."""
    low, high = int(fact.low), int(fact.high)
    wanted = f"Write a whole number from {low} to {high}, in digits ({fact.unit})."
    if not DIGITS.fullmatch(text.strip(" ")) or not low <= int(text) <= high:
        raise BadInput(wanted, fact.name)
    return int(text)


@dataclass(frozen=True)
class Question:
    """One question as a page shows it. `look`: choice, scale or number. `stands`: the answer of an earlier day."""

    fact: Fact
    look: str
    field: forms.BoundField
    state: forms.BoundField | None
    unit: forms.BoundField | None
    proposal: str = ""
    stands: Said | None = None

    @property
    def meaning(self) -> str:
        """What exactly is meant, with the answers as they stand on the buttons."""
        return spelled_out(self.fact.meaning, self.fact.values)

    @property
    def stood(self) -> str:
        """The answer of an earlier day in words."""
        return labels(self.fact, self.stands.state, self.stands.value) if self.stands else ""


class QuestionForm(forms.Form):
    """The questions of one screen. Nothing is required: what is left out is not asked, and stays so.

    Only answers of `day` are chosen beforehand. An older one stands beside its question and is sent on by nobody who
    did not ask again: else a "no" of last month would count as asked today.
    """

    use_required_attribute = False  # our own words stand by the field, not a bubble of the browser

    def __init__(
        self,
        facts: Sequence[Fact],
        said: Mapping[str, Said],
        day: date,
        data: QueryDict | None = None,
        onset_days: int | None = None,
    ) -> None:
        of_today = {name: answer for name, answer in said.items() if answer.day == day}
        super().__init__(data, initial=_initial(facts, of_today, onset_days))
        self.asked = facts
        self.older = {name: answer for name, answer in said.items() if answer.day != day}
        for fact in facts:
            before = fact.name in said or (fact.name == ONSET and onset_days is not None)
            back = [TAKE_BACK] if before else []
            if fact.kind == "bool":
                self._choice(fact.name, fact.question, [*YES_NO, UNSURE, *back])
            elif fact.kind == "enum":
                self._choice(fact.name, fact.question, [*fact.values.items(), UNSURE, *back])
            elif _is_scale(fact):
                self._choice(fact.name, fact.question, [*SCALE, UNSURE, *back])
            else:
                self.fields[fact.name] = forms.CharField(
                    label=fact.question, required=False, strip=False, max_length=40
                )
                self.fields[fact.name].widget.attrs.update({"inputmode": "numeric", "autocomplete": "off"})
                self._choice(f"{fact.name}__state", "What counts", [("", "The number above"), UNSURE, *back])
                if fact.name == ONSET:
                    self._choice(f"{fact.name}__unit", "Counted in", [(unit, unit) for unit in UNITS])

    def _choice(self, name: str, label: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label, choices=choices, widget=forms.RadioSelect, required=False, error_messages=WRONG_CHOICE
        )

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        for name in self.fields:
            if isinstance(self.data, QueryDict) and len(set(self.data.getlist(name))) > 1:
                self.add_error(name, "Two answers came for one question. Tap one of them.")
        self.told: dict[str, Told] = {}
        for fact in self.asked:
            if fact.name in self.errors or f"{fact.name}__state" in self.errors:
                continue
            try:
                answer = _told(fact, told, self.initial)
            except BadInput as bad:
                self.add_error(fact.name, bad.message)
                continue
            if answer is not None:
                self.told[fact.name] = answer
        return told

    def questions(self, proposals: Mapping[str, str]) -> list[Question]:
        """The questions in order. Takes proposals: by fact, what speaks for an answer; the person still taps it."""
        found = []
        for fact in self.asked:
            look = "choice" if fact.kind in ("bool", "enum") else "scale" if _is_scale(fact) else "number"
            state = self[f"{fact.name}__state"] if look == "number" else None
            unit = self[f"{fact.name}__unit"] if fact.name == ONSET else None
            proposal, stands = proposals.get(fact.name, ""), self.older.get(fact.name)
            found.append(Question(fact, look, self[fact.name], state, unit, proposal, stands))
        return found


def _is_scale(fact: Fact) -> bool:
    return fact.is_number and (fact.low, fact.high) == (LOWEST, HIGHEST)


def _initial(facts: Sequence[Fact], said: Mapping[str, Said], onset_days: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for fact in facts:
        if fact.name == ONSET and onset_days is not None:
            found[ONSET], found[f"{ONSET}__unit"] = str(onset_days), "days"
        elif fact.name in said:
            found |= _shown_again(fact, said[fact.name])
    return found


def _shown_again(fact: Fact, said: Said) -> dict[str, str]:
    if said.state == CANNOT_SAY:
        return {f"{fact.name}__state" if fact.is_number and not _is_scale(fact) else fact.name: CANNOT_SAY}
    if fact.kind == "bool":
        return {fact.name: "yes" if said.value else "no"}
    return {fact.name: str(said.value)}


def _told(fact: Fact, told: Mapping[str, Any], before: Mapping[str, Any]) -> Told | None:
    """The answer to one question, or None where there is none. Errors: BadInput.

    A number that stood there before does not count against a tap that says otherwise.
    """
    value = told.get(fact.name) or ""
    state = told.get(f"{fact.name}__state") or ""
    if state and value.strip(" ") and value != before.get(fact.name):
        raise BadInput("A number came, and another answer too. Tap the one that counts.")
    state = state or (value if value in (CANNOT_SAY, NOT_ASKED) else "")
    if state:
        return Told(state)
    if not value.strip(" "):
        return None
    if fact.kind == "bool":
        return Told(ANSWERED, value == "yes")
    if fact.kind == "enum":
        return Told(ANSWERED, value)
    if fact.name != ONSET:
        return Told(ANSWERED, read_whole(value, fact))
    unit = told.get(f"{ONSET}__unit") or ""
    if unit not in UNITS:
        raise BadInput("Say whether these are days, weeks, months or years.")
    days = read_whole(value, fact) * UNITS[unit]
    return Told(ANSWERED, read_whole(str(days), fact))


def with_no(data: QueryDict, facts: Sequence[Fact]) -> tuple[QueryDict, list[str]]:
    """The form with an explicit no to every question shown that has a plain no ("none of these").

    Returns  the form, and the names of questions where something else was chosen: then nothing is kept.
    """
    filled = data.copy()
    others = []
    for fact in facts:
        no = no_of(fact)
        if no is None:
            continue
        if data.get(fact.name, "") not in ("", no):
            others.append(fact.name)
            continue
        filled[fact.name] = no
    return filled, others


def unknown_names(data: QueryDict, form: forms.Form) -> list[str]:
    """Names in a form that is none of its own: refused by name (S-10)."""
    own = {"csrfmiddlewaretoken", "shown", "none", *form.fields}
    return sorted(name for name in data if name not in own and not name.startswith("_"))


class RatingsForm(forms.Form):
    """Pain, sleep and mood of the last 7 days, and up to three activities, each 0 to 10 by a tap."""

    use_required_attribute = False  # our own words stand by the field, not a bubble of the browser

    def __init__(self, wording: Mapping[str, str], now: Ratings, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_ratings(now))
        self.now = now
        for name in RATINGS:
            self._scale(name, wording[name])
        for at in range(1, MOST_ACTIVITIES + 1):
            field = forms.CharField(label=f"Activity {at}", required=False, strip=False, max_length=LONGEST_NAME)
            if at <= now.fixed:
                field.widget.attrs["readonly"] = True
            field.widget.attrs["autocomplete"] = "off"
            self.fields[f"activity_{at}"] = field
            self._scale(f"rating_{at}", f"How well can you do activity {at} today?")

    def _scale(self, name: str, label: str) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label, choices=SCALE, widget=forms.RadioSelect, required=False, error_messages=WRONG_CHOICE
        )

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        self.values = {name: int(told[name]) for name in RATINGS if told.get(name)}
        self.names: list[str] = []
        self.rated: list[int | None] = []
        for at in range(1, MOST_ACTIVITIES + 1):
            name = f"activity_{at}"
            try:
                text = clean_name(told.get(name) or "", field=name)
            except BadInput as bad:
                self.add_error(name, bad.message)
                continue
            rating = told.get(f"rating_{at}")
            if not text:
                if rating:
                    self.add_error(name, "Say what this rating is about.")
                if at <= self.now.fixed:
                    self.add_error(name, "An activity that was rated keeps its name.")
                continue
            self.names.append(text)
            self.rated.append(int(rating) if rating else None)
        return told

    @property
    def scales(self) -> list[forms.BoundField]:
        return [self[name] for name in RATINGS]

    @property
    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each activity with its rating."""
        return [(self[f"activity_{at}"], self[f"rating_{at}"]) for at in range(1, MOST_ACTIVITIES + 1)]


def _ratings(now: Ratings) -> dict[str, str]:
    """Names stand for good; a rating is given anew each time, so that none is sent on by accident."""
    return {f"activity_{at}": name for at, name in enumerate(now.names, 1)}
