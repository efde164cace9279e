"""The plan: goals, protocol, check and stop rule, and the blend with who does what and whether it was done."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import planning as plans
from palpate.clinic.access import care, planning
from palpate.clinic.decided import Reading, read
from palpate.clinic.models import Episode, Person, PlanItem
from palpate.clinic.overruling import may_treat_now
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.pathway import Pathway
from palpate.show.words import label, spelled_out
from palpate.web.page import person_page, today_of
from palpate.web.pages.decision.shown import sources_of
from palpate.web.pages.paying.shown import card
from palpate.web.pages.plan.forms import PlanForm
from palpate.web.routes import ClinicRequest

EVIDENCE = {
    "none_direct": "no trial of this plan",
    "rct_back_short_term": "trials in back pain, for a short time",
    "one_small_rct": "one small trial",
    "rct_chronic": "trials in chronic pain",
    "small_rcts_chronic": "small trials in chronic pain",
    "rct_neck_only": "trials of neck pain only",
}
CHOSEN_HERE = {"minutes": "the minutes", "gap_days": "the gaps", "within_days": "the limit in days"}


def plan(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Shows the plan, or the one that is proposed; keeps it at one tap. A stale page shows both texts (S-56)."""
    decision = care.decisions(episode).first()
    reading = read(decision) if decision is not None else None
    if reading is None or reading.pathway is None or not reading.answer:
        if request.method == "POST":
            raise Conflict("There is no decision that a plan could rest on. Nothing was saved.")
        return person_page(request, "plan/none.html", person, episode=episode, step="plan")
    pathway = reading.pathway
    parts, home = plans.parts_for(reading), plans.home_for(reading)
    form = PlanForm(
        request.POST or None,
        initial=_initial(episode, pathway, parts, home),
        protocols=plans.protocols_for(pathway, episode),
        parts=parts,
        home=home,
        exceptions=pathway.meaning["summary"]["exceptions"],
    )
    if request.method != "POST":
        return _page(request, person, episode, reading, form)
    if _version(request) != episode.version:
        return _page(request, person, episode, reading, form, status=409)
    if form.is_valid():
        told = form.cleaned_data
        try:
            plans.keep_plan(
                request.actor,
                episode,
                _version(request),
                reading,
                goals=told["goals"],
                protocol=told["protocol"],
                chosen=[_checked(one) for one in form.chosen()],
                exception=told["exception"],
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return HttpResponseRedirect(_after(episode, reading), status=303)
    return _page(request, person, episode, reading, form, status=422)


def _checked(one: plans.Chosen) -> plans.Chosen:
    """The same part with its free text cleaned (S-23)."""
    if one.part == plans.HOME:
        return one
    who = plans.words_of(one.who, f"who_{one.part}")
    often = plans.words_of(one.how_often, f"often_{one.part}")
    return plans.Chosen(one.part, one.item, one.what, who, often)


def _after(episode: Episode, reading: Reading) -> str:
    """Where a kept plan leads: to the first session where massage is open, else back to the plan."""
    ids = {"person": episode.person_id, "episode": episode.pk}
    treats, _ = may_treat_now(episode, reading.decision)
    return reverse("door" if treats else "plan", kwargs=ids)


def _initial(
    episode: Episode, pathway: Pathway, parts: list[plans.Offered], home: list[plans.Offered]
) -> dict[str, Any]:
    """The plan as it is kept, or what is proposed where none is."""
    rows = list(planning.plan_items(episode))
    kept = {row.part: row for row in rows if row.part not in (plans.HOME, plans.EXCEPTION)}
    found: dict[str, Any] = {
        "goals": episode.goals,
        "protocol": episode.protocol or pathway.default_protocol,
        "exception": next((row.item for row in rows if row.part == plans.EXCEPTION), ""),
    }
    if episode.planned_at is None:
        found["parts"], found["home"] = plans.proposed(pathway, parts, home)
        if not plans.complete(pathway, home, found["parts"], found["home"]):
            # No exercise is offered, so only one of the two exceptions can hold.
            found["exception"] = "not_safe_yet"
    else:
        found["parts"] = list(kept)
        found["home"] = [row.item for row in rows if row.part == plans.HOME]
    for part in parts:
        row = kept.get(part.id)
        found[f"who_{part.id}"] = row.who if row else part.row["who"]
        found[f"often_{part.id}"] = row.how_often if row else part.row["how_often"]
    return found


def _page(
    request: ClinicRequest, person: Person, episode: Episode, reading: Reading, form: PlanForm, *, status: int = 200
) -> HttpResponse:
    pathway = reading.pathway
    assert pathway is not None
    meaning = pathway.meaning
    treats, why = may_treat_now(episode, reading.decision)
    parts, home = plans.parts_for(reading), plans.home_for(reading)
    chosen_protocol = form["protocol"].value()
    if chosen_protocol not in pathway.protocols:
        chosen_protocol = pathway.default_protocol
    chosen_parts, chosen_home = set(form["parts"].value() or ()), set(form["home"].value() or ())
    context: dict[str, Any] = {
        "form": form,
        "reading": reading,
        "treats": treats,
        "why_closed": "" if treats else why,
        "kept": episode.planned_at,
        "stale": _standing(episode) if status == 409 else None,
        "protocols": [
            _protocol(pathway, row, open_now, chosen_protocol)
            for row, open_now in plans.protocols_for(pathway, episode)
        ],
        "protocol": pathway.protocols[chosen_protocol],
        "dates": plans.dates_of(episode, pathway, chosen_protocol),
        "dose": _plain(pathway, meaning["dose"]["about"]),
        "stop_rules": plans.stop_rules(pathway),
        "rule": meaning["summary"]["rule"],
        "about": meaning["summary"]["about"],
        "parts": [_part(pathway, form, part, part.id in chosen_parts) for part in parts if part.offered],
        "not_offered": [part for part in parts if not part.offered],
        "home": [{"item": item, "on": item.id in chosen_home} for item in home if item.offered],
        "home_not_offered": [item for item in home if not item.offered],
        "home_rules": meaning["home_rules"],
        "most_home": plans.most_home_items(pathway),
        "refuse": meaning["refuse"],
        "followed": _followed(episode, today_of(request)),
        "done_words": plans.DONE,
        "paid": card(request.actor, person),
    }
    return person_page(request, "plan/page.html", person, context, episode=episode, step="plan", status=status)


def _protocol(pathway: Pathway, row: Any, open_now: bool, chosen: str) -> dict[str, Any]:
    return {
        "row": row,
        "open": open_now,
        "on": row["id"] == chosen,
        "suits": ", ".join(label(word).lower() for word in row["suits"]),
        "evidence": EVIDENCE.get(row["evidence"], label(row["evidence"]).lower()),
        "checks": " and ".join(str(check) for check in row["checks"]),
        "ours": ", ".join(CHOSEN_HERE[key] for key in row["assumed"]),
        "because": _plain(pathway, row["because"]),
        "unverified": _plain(pathway, row.get("unverified", "")),
        "sources": sources_of(pathway, row["sources"]),
    }


def _plain(pathway: Pathway, text: str) -> str:
    """A text about a plan, which names other plans as the document does, with their titles."""
    return spelled_out(text, {name: row.title for name, row in pathway.protocols.items()})


def _part(pathway: Pathway, form: PlanForm, part: plans.Offered, on: bool) -> dict[str, Any]:
    return {
        "part": part,
        "on": on,
        "who": form[f"who_{part.id}"],
        "often": form[f"often_{part.id}"],
        "sources": sources_of(pathway, part.row["sources"]),
    }


def _standing(episode: Episode) -> dict[str, Any]:
    """What is kept now, for a page that was opened before it changed."""
    return {
        "goals": episode.goals,
        "protocol": label(episode.protocol),
        "items": [item.what for item in planning.plan_items(episode)],
    }


def _followed(episode: Episode, today: Any) -> list[dict[str, Any]]:
    """The parts of a kept plan with what was told of them: today, and the newest day of before."""
    told: dict[Any, dict[Any, str]] = {}
    for tick in planning.ticks(episode):
        told.setdefault(tick.item_id, {}).setdefault(tick.day, tick.done)
    found = []
    for item in planning.plan_items(episode):
        if item.part == plans.EXCEPTION:
            continue
        days = told.get(item.pk, {})
        before = [(day, plans.DONE[done]) for day, done in days.items() if day != today]
        found.append({"item": item, "today": days.get(today, ""), "before": before[:5]})
    return found


def tick(request: ClinicRequest, person: Person, episode: Episode, plan_item: PlanItem) -> HttpResponse:
    """Records whether a part of the plan was done."""
    plans.tick(request.actor, plan_item, request.POST.get("done", ""), today_of(request))
    ids = {"person": person.pk, "episode": episode.pk}
    return HttpResponseRedirect(reverse("plan", kwargs=ids) + "#followed", status=303)


def _version(request: ClinicRequest) -> int:
    told = request.POST.get("_version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1
