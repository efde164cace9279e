"""The whole screen asked again on a day without a session, as a check that went badly asks for (dose.md, section 5).

This door's spellings (S-25): `yes`, `no`, a value of the question's own list, `cannot_say`, or nothing: not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect, QueryDict

from palpate.clinic import checking
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Episode, Person
from palpate.clinic.refusals import BadInput
from palpate.pathway.facts import Fact
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.check.forms import MARKS, WRONG
from palpate.web.pages.check.views import here, seen, the_pathway
from palpate.web.pages.intake.forms import with_no
from palpate.web.pages.intake.screens import no_of
from palpate.web.routes import ClinicRequest

CANNOT_SAY = "cannot_say"


class ScreenForm(forms.Form):
    """Every question of the screen. Nothing is chosen beforehand: what was said on another day is not asked today."""

    use_required_attribute = False

    def __init__(self, facts: Sequence[Fact], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.asked = facts
        for fact in facts:
            own = [("yes", "Yes"), ("no", "No")] if fact.kind == "bool" else list(fact.values.items())
            self.fields[fact.name] = forms.ChoiceField(
                label=fact.question,
                choices=[*own, (CANNOT_SAY, "Cannot say")],
                widget=forms.RadioSelect,
                required=False,
                error_messages=WRONG,
            )

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        for name in self.fields:
            if isinstance(self.data, QueryDict) and len(set(self.data.getlist(name))) > 1:
                self.add_error(name, "Two answers came for one question. Tap one of them.")
        return told

    def told(self) -> dict[str, Any]:
        """By fact, its value, or None for "cannot say". Of a sound form."""
        found: dict[str, Any] = {}
        for fact in self.asked:
            word = self.cleaned_data.get(fact.name)
            if word == CANNOT_SAY:
                found[fact.name] = None
            elif word:
                found[fact.name] = word == "yes" if fact.kind == "bool" else word
        return found


def screen(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Asks every question of the screen again; keeps the answers all at once, and decides with them."""
    pathway, day = the_pathway(), today_of(request)
    facts = [fact for fact in checking.screen_facts(pathway) if fact.kind in ("bool", "enum")]
    if request.method != "POST":
        return _page(request, person, episode, ScreenForm(facts))
    data: QueryDict = request.POST
    others: list[str] = []
    if "none" in data:
        data, others = with_no(request.POST, facts)
    form = ScreenForm(facts, data)
    if wrong := sorted(set(request.POST) - MARKS - {"none"} - set(form.fields)):
        raise BadInput(f"This form holds something that was not asked: {', '.join(wrong)[:200]}. Nothing was saved.")
    form.is_valid()
    for name in others:
        form.add_error(name, "Another answer is chosen here, so “no to all of these” was not taken.")
    if not form.errors:
        try:
            checking.keep_screen(request.actor, episode, seen(request), form.told(), pathway, day)
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            decision = decide_now(request.actor, episode, "review", day)
            emergency = decision.disposition == "emergency"
            to = url_of(episode, "decision") if emergency else here("check", episode)
            return HttpResponseRedirect(to, status=303)
    return _page(request, person, episode, form, 422)


def _page(
    request: ClinicRequest, person: Person, episode: Episode, form: ScreenForm, status: int = 200
) -> HttpResponse:
    noes = [fact for fact in form.asked if no_of(fact) is not None]
    context = {"form": form, "noes": noes, "left_open": [fact for fact in form.asked if fact not in noes]}
    return person_page(request, "check/screen.html", person, context, episode=episode, step="check", status=status)
