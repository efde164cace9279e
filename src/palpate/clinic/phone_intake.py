"""The intake on a person's own telephone: a draft in the link, one screen at a time, sent as one act.

What was tapped and not sent is no part of the record: it stands in the link, is never shown again, and goes when the
link ends. Only an emergency is sent at once, with what is answered by then: the practice must know. A person may sign
consent; it counts once the therapist has signed too, who explains what is planned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from palpate.clinic import consenting, intake, phone_links
from palpate.clinic import moment as clock
from palpate.clinic.access.consenting import papers
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.checkins import DECISION, TOLD, Reply, kind_of, tell_therapist
from palpate.clinic.consenting import DECIDES_ALONE, Sheet
from palpate.clinic.deciding import decide_now, preview, record_of
from palpate.clinic.document import Given, document_of
from palpate.clinic.intake import ANSWERED, NOT_ASKED, ONSET, Open, Told, moment_of, open_questions
from palpate.clinic.models import Consent, Episode, PhoneLink, PhoneSent
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import hand_of
from palpate.figures import BodyMap, read_body_map, write_body_map
from palpate.pathway.decision import decide
from palpate.pathway.pathway import Pathway

BACK = ("neck", "upper_back", "mid_back", "low_back", "flank")  # what a consent by telephone is asked for


@dataclass(frozen=True)
class Draft:
    """What was tapped so far.

    answers  by question; steps: how many screens were kept; left: those that were left with something open
    drawn    the drawing, None where there is none
    ratings  scores by measure; names and activities: own activities with their scores
    consent  what was signed, or that it was put off; None where it was not asked yet
    """

    begun: bool
    steps: int
    left: tuple[str, ...]
    answers: Mapping[str, Told]
    drawn: BodyMap | None
    rated: bool
    ratings: Mapping[str, int]
    names: tuple[str, ...]
    activities: tuple[int | None, ...]
    consent: Mapping[str, Any] | None


def draft_of(link: PhoneLink) -> Draft:
    """The draft of a link."""
    told = link.draft
    return Draft(
        begun="history" in told,
        steps=len(told.get("history", ())),
        left=tuple(told.get("left", ())),
        answers={name: Told(state, value) for name, (state, value) in told.get("answers", {}).items()},
        drawn=read_body_map(json.dumps(told["drawing"])) if told.get("drawing") else None,
        rated="rated" in told,
        ratings=told.get("ratings", {}),
        names=tuple(told.get("names", ())),
        activities=tuple(told.get("activities", ())),
        consent=told.get("consent"),
    )


def begin(link: PhoneLink) -> None:
    """Begins an empty draft. Call inside an act."""
    _keep(link, {"history": []})


def keep_screen(link: PhoneLink, screen: str, asked: Sequence[str], told: Mapping[str, Told]) -> None:
    """Adds the answers of one screen to the draft; what was left out stays not asked. Call inside an act.

    Takes  asked: the questions that the screen showed; what was answered to them before is replaced.
    """
    kept = {name: row for name, row in link.draft.get("answers", {}).items() if name not in asked}
    answers = {**kept, **{name: [one.state, one.value] for name, one in told.items()}}
    _keep(link, {**_after(link, screen, asked, left=not set(asked) <= set(told)), "answers": answers})


def keep_drawing(link: PhoneLink, step: str, drawn: BodyMap | None) -> None:
    """Adds the drawing to the draft, or that it was left out. Call inside an act."""
    told = _after(link, step, ("drawing",), left=drawn is None)
    if drawn is not None:
        told["drawing"] = json.loads(write_body_map(drawn))
    _keep(link, told)


def keep_ratings(
    link: PhoneLink, step: str, values: Mapping[str, int], names: Sequence[str], activities: Sequence[int | None]
) -> None:
    """Adds the ratings to the draft, or that they were left out. Call inside an act."""
    told = _after(link, step, ("rated", "ratings", "names", "activities"), left=not (values or names))
    if values or names:
        told |= {"rated": True, "ratings": dict(values), "names": list(names), "activities": list(activities)}
    _keep(link, told)


def keep_consent(link: PhoneLink, told: Mapping[str, Any]) -> None:
    """Adds to the draft what was signed, or that the person would rather talk first. Call inside an act."""
    _keep(link, {**_after(link, "consent", ("consent",), left=False), "consent": dict(told)})


def step_back(link: PhoneLink) -> None:
    """Goes back by one screen: what was tapped there is forgotten. Call inside an act."""
    history = list(link.draft.get("history", ()))
    if not history:
        return
    step, names = history.pop()
    told = {name: value for name, value in link.draft.items() if name not in names}
    told["answers"] = {name: row for name, row in told.get("answers", {}).items() if name not in names}
    told["left"] = [one for one in told.get("left", ()) if one != step]
    _keep(link, {**told, "history": history})


def _after(link: PhoneLink, step: str, names: Sequence[str], *, left: bool) -> dict[str, Any]:
    """The draft with one more screen in its history: which it was, and what it held."""
    others = [one for one in link.draft.get("left", ()) if one != step]
    history = [*link.draft.get("history", ()), [step, list(names)]]
    return {**link.draft, "history": history, "left": [*others, step] if left else others}


def _keep(link: PhoneLink, draft: dict[str, Any]) -> None:
    open_deed()
    link.draft = draft
    link.save(update_fields=["draft"])


# --- what is asked next -----------------------------------------------------------------------------------------------


def preview_with(episode: Episode, pathway: Pathway, draft: Draft, day: date) -> dict[str, Any] | None:
    """What the pathway would say if the draft were sent now; nothing is stored. None where nothing can be decided."""
    record = record_of(episode)
    at = clock.now()
    answers = [*record.answers]
    onset = record.onset
    for name, told in draft.answers.items():
        if name == ONSET and told.state == ANSWERED:
            onset = day - timedelta(days=told.value)
        else:
            answers.append(Given(name, told.state, told.value, day, at))
    try:
        document = document_of(replace(record, answers=answers, onset=onset), pathway, moment_of(episode), day)
        return dict(decide(pathway, document).data)
    except Exception:  # as deciding.preview: then everything is asked
        return None


def open_with(episode: Episode, pathway: Pathway, draft: Draft, day: date) -> Open:
    """What the pathway still asks, with the draft."""
    return open_questions(preview_with(episode, pathway, draft, day))


# --- sending ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """A consent as it was signed on the telephone: the sheet in the language shown, and the signature."""

    sheet: Sheet
    mark: Mapping[str, Any]


def send(
    actor: Actor,
    pathway: Pathway,
    link: PhoneLink,
    day: date,
    language: str,
    signed: Sequence[Signed] = (),
) -> Reply:
    """Keeps the draft as the person's answers, ends the link, and decides. Call inside an act.

    Takes   link: locked; signed: consents, if the person has signed any.
    Errors  Conflict, where the link is no longer good or nothing was answered; BadInput.
    """
    deed = open_deed()
    episode = link.episode
    if episode is None or not phone_links.is_live(link):
        raise Conflict("This link is no longer good. Nothing was saved.")
    draft = draft_of(link)
    told = {name: one for name, one in draft.answers.items() if one.state != NOT_ASKED}
    if not (told or draft.drawn or draft.rated or signed):
        raise Conflict("Nothing was answered, so nothing was sent.")
    before = preview(episode, moment_of(episode), day)
    at = clock.now()
    with clock.held_at(at):  # everything of one sending carries one moment
        sent = PhoneSent(link=link, episode=episode, appointment=link.appointment, purpose=link.purpose)
        sent.language, sent.day, sent.at = language, day, at
        sent.told = {"answers": len(told), "consents": [one.sheet.need.text for one in signed]}
        sent.save()
        if told:
            intake.keep_answers(actor, pathway, episode, episode.version, told, day)
        if draft.drawn is not None:
            intake.keep_drawing(actor, episode, episode.version, draft.drawn, day)
        if draft.rated and (draft.ratings or draft.names):
            intake.keep_ratings(actor, episode, episode.version, draft.ratings, draft.names, draft.activities, day)
        for one in signed:
            _sign(episode, one, at)
    phone_links.spend(link)
    deed.about["sent"] = str(sent.pk)
    decision = decide_now(actor, episode, moment_of(episode), day)
    reply = Reply(kind_of(before, decision, bool(told)), decision)
    text = "An intake has come in by telephone." if reply.kind != "emergency" else "An intake needs you at once."
    tell_therapist(episode, text, DECISION if reply.kind == "emergency" else TOLD)
    return reply


def _sign(episode: Episode, one: Signed, at: datetime) -> None:
    need = one.sheet.need
    if need.signer != "person":
        raise BadInput("this consent is signed by a parent or guardian, at the visit")
    told = {**one.mark, "person_agrees": True, "therapist_signed": False, "by_phone": True}
    told["language"] = one.sheet.language
    if need.lasts.span == "session":
        raise BadInput("this consent is signed at the visit it is for")
    Consent(
        episode=episode,
        kind=need.text,
        text_version=str(need.versions[0]),
        text=one.sheet.words,
        place=need.place,
        areas=list(need.areas),
        signed_by=episode.person.name[:200],
        signer_is="person",
        signature=told,
        at=at,
        expires=one.sheet.expires,
    ).save()


def sheets_by_phone(episode: Episode, day: date) -> tuple[Sheet, ...]:
    """The consents that a person can sign on their own: none for whom a guardian signs, none for a single session."""
    needed = consenting.sheets(episode, BACK, day, "yes")
    if any(sheet.need.signer != "person" for sheet in needed):
        return ()
    return tuple(sheet for sheet in needed if sheet.need.lasts.span != "session")


def guardian_signs(episode: Episode, day: date) -> bool:
    """Whether a parent or guardian signs for this person, so that consent waits for the visit."""
    if consenting.standing(episode, (), day).begins:
        return False
    return any(sheet.need.signer == "guardian" for sheet in consenting.sheets(episode, BACK, day, "yes"))


def waiting_consents(episode: Episode) -> list[Consent]:
    """Consents that were signed on the telephone and that no therapist has signed yet, oldest first."""
    given = list(papers(episode))
    gone = {row.withdraws_id for row in given}
    done = {row.signature.get("phone") for row in given}
    return [
        row
        for row in given
        if row.signature.get("by_phone")
        and row.signature.get("therapist_signed") is False
        and row.pk not in gone
        and str(row.pk) not in done
    ]


def countersign(actor: Actor, episode: Episode, alone: str, day: date) -> list[Consent]:
    """The therapist signs what the person signed on the telephone. Call inside an act.

    Each becomes a consent of its own that names the first; the person's signature and its moment stand in both.
    Takes   alone: whether the person can decide alone (DECIDES_ALONE); anything but "yes" calls for a guardian.
    Errors  BadInput; Conflict, where nothing waits.
    """
    deed = open_deed()
    hand_of(actor)
    if alone not in DECIDES_ALONE:
        raise BadInput("choose yes, no or cannot say", "alone")
    waiting = waiting_consents(episode)
    if not waiting:
        raise Conflict("No consent from a telephone waits here. Nothing was saved.")
    made = []
    for row in waiting:
        told = {**row.signature, "therapist_signed": True, "therapist": actor.name, "decides_alone": alone}
        told |= {"phone": str(row.pk), "signed_at": row.at.isoformat(timespec="seconds")}
        new = Consent(episode=episode, kind=row.kind, text_version=row.text_version, text=row.text, place=row.place)
        new.areas, new.signed_by, new.signer_is, new.signature = row.areas, row.signed_by, row.signer_is, told
        new.at, new.expires, new.by_id = clock.now(), row.expires, actor.user_id
        new.save()
        made.append(new)
    deed.about["consents"] = [row.kind for row in made]
    consenting.keep_status(actor, episode, day)
    return made
