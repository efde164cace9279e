"""What the steps of an intake on a telephone share; and two of them: the drawing, and the consent that is signed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import HttpResponse, QueryDict

from palpate.clinic import phone_intake
from palpate.clinic.consenting import Sheet, in_language, read_signature, standing
from palpate.clinic.models import Episode, PhoneLink
from palpate.clinic.phone_intake import Draft
from palpate.clinic.refusals import BadInput
from palpate.figures import REGIONS, BodyMapFault, body_map_figure, read_body_map
from palpate.figures.body_map import BodyFigure, BodyMap
from palpate.library import wording
from palpate.library.languages import Language, say
from palpate.pathway.pathway import Pathway
from palpate.web.pages.intake.screens import MAP
from palpate.web.pages.phone.entry import page, to
from palpate.web.routes import ClinicRequest

CONSENT = "consent"


@dataclass(frozen=True)
class At:
    """Everything that a step of the intake needs."""

    request: ClinicRequest
    link: PhoneLink
    episode: Episode
    pathway: Pathway
    draft: Draft
    day: date
    language: Language


def step_page(
    at: At, template: str, step: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a step, with its number and the way back. Takes step: what its form says which screen it is."""
    told = {"step": step, "number": at.draft.steps + 1, "can_go_back": at.draft.steps > 0, **(context or {})}
    return page(at.request, template, told, status=status)


# --- where it hurts ---------------------------------------------------------------------------------------------------


def body_map(at: At, drawn: BodyMap, error: str = "", status: int = 200) -> HttpResponse:
    """The page on which the person marks where it hurts. Takes error: what is wrong with what came, in words."""
    figure = _in_words(at.language, body_map_figure("where", drawn), drawn)
    return step_page(at, "phone/map.html", MAP, {"figure": figure, "error": error}, status)


def _in_words(language: Language, figure: BodyFigure, drawn: BodyMap) -> BodyFigure:
    """The figure with its words in the person's language."""
    views = {view: say(language, f"body.view_{view}") for view in ("back", "front")}

    def named(id: str) -> str:
        region = REGIONS[id]
        return wording.region(language, region.view, region.place, region.side)

    def row(view: str, one: Any) -> Any:
        place = REGIONS[one.boxes[0].id].place
        boxes = tuple(
            replace(box, name=named(box.id), side=say(language, f"body.{REGIONS[box.id].side}")) for box in one.boxes
        )
        return replace(one, words=say(language, f"body.{view}.{place}"), boxes=boxes)

    places = say(language, "fill.between").join(named(id) for id in drawn.regions)
    description = say(language, "phone.intake.map_nothing")
    if places:
        description = say(language, "phone.intake.map_marked", places=places)
    return replace(
        figure,
        title=say(language, "phone.intake.map_title"),
        description=description,
        views=tuple(replace(view, words=views[view.view]) for view in figure.views),
        lists=tuple(
            replace(rows, words=views[rows.view], rows=tuple(row(rows.view, one) for one in rows.rows))
            for rows in figure.lists
        ),
    )


def keep_map(at: At, data: QueryDict) -> HttpResponse:
    """Keeps what was marked, or that the drawing was left out. Nothing marked at all comes back (422)."""
    if "pass" in data:
        phone_intake.keep_drawing(at.link, MAP, None)
        return to("phone-intake")
    try:
        drawn = read_body_map(data.get("map", ""), data.getlist("map_region"))
    except BodyMapFault:
        return body_map(at, BodyMap(), say(at.language, "phone.intake.map_first_lost"), 422)
    if not drawn.regions and not drawn.strokes:
        return body_map(at, drawn, say(at.language, "phone.intake.map_empty"), 422)
    phone_intake.keep_drawing(at.link, MAP, drawn)
    return to("phone-intake")


# --- consent ----------------------------------------------------------------------------------------------------------


def sheets(at: At) -> tuple[Sheet, ...]:
    """The consents that can be signed here: none where they stand, where one waits, or where a guardian signs."""
    if standing(at.episode, (), at.day).begins or phone_intake.waiting_consents(at.episode):
        return ()
    return phone_intake.sheets_by_phone(at.episode, at.day)


def shown(at: At, sheet: Sheet, code: str = "") -> Sheet:
    """A sheet in the person's language, as it is shown and stored. Takes code: another language than the page's."""
    return in_language(sheet, code or at.language.code)


def consent(at: At, errors: dict[str, str], status: int = 200) -> HttpResponse:
    """The page on which consent is read and signed. Takes errors: sentences by field."""
    papers = [
        {"sheet": shown(at, sheet), "field": f"signature_{number}", "error": errors.get(f"signature_{number}", ""),
         "value": at.request.POST.get(f"signature_{number}", "")}
        for number, sheet in enumerate(sheets(at))
    ]  # fmt: skip
    return step_page(at, "phone/consent.html", CONSENT, {"papers": papers, "errors": errors}, status)


def keep_consent(at: At, data: QueryDict) -> HttpResponse:
    """Keeps the signatures in the draft, with the digests of the words that were shown, or that it is put off."""
    if "later" in data:
        phone_intake.keep_consent(at.link, {"later": True})
        return to("phone-intake")
    lie = sheets(at)
    there = [shown(at, sheet) for sheet in lie]
    if not lie or data.getlist("shown") != [one.digest for one in there]:
        return consent(at, {"shown": say(at.language, "phone.intake.consent_changed")}, 422)
    errors, marks = {}, []
    for number in range(len(lie)):
        name = f"signature_{number}"
        try:
            marks.append(read_signature(data.get(name, ""), name))
        except BadInput as bad:
            short = "short" in bad.message
            errors[name] = say(at.language, f"phone.intake.sign_{'short' if short else 'missing'}")
    if errors:
        return consent(at, errors, 422)
    told = {"marks": marks, "shown": data.getlist("shown"), "language": at.language.code}
    phone_intake.keep_consent(at.link, told)
    return to("phone-intake")


def signed_marks(draft: Draft) -> list[dict[str, Any]]:
    """The signatures that the draft holds."""
    return list((draft.consent or {}).get("marks", ()))
