"""Consent: what is asked to be signed, what was signed, and what of it stands on a day.

The rules come from `palpate.library`: which text a place asks for, who signs, how long it lasts. Everything fails
closed: a person of whom nobody said that they can decide alone needs a guardian, as somebody under age does.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from palpate.clinic import clock_guard
from palpate.clinic import moment as clock
from palpate.clinic.access.consenting import newest_status, papers, papers_without_words
from palpate.clinic.access.once import once
from palpate.clinic.access.practice import the_practice
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import Answer, Consent, Episode, Practice
from palpate.clinic.names import clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library import consent_needs as library
from palpate.library import languages, wording
from palpate.library.consent_needs import Need, age_on, covers, expires_on, load_text, needed
from palpate.library.place_rules import PlaceRules, areas, keep_words, load_place
from palpate.pathway.faults import Faults
from palpate.pathway.strict_json import read_json

AREA_OF_REGION = {"thigh": "back_of_thigh"}  # where the words of a session and those of a consent differ
DECIDES_ALONE = ("yes", "no", "cannot_say")
MOST_STROKES, MOST_POINTS, LARGEST_BOX = 60, 1500, 5000  # as in signature.js; the box in CSS pixels
SHORTEST_LINE = 30.0  # CSS pixels in all strokes together: less is a slip of the hand and no signature
LONGEST_WHY = 1000  # characters
NOT_TREATED = "Nobody can consent to this area: it is not treated here."


@dataclass(frozen=True)
class Missing:
    """A consent that is lacking. `areas`: for which; empty: without it nothing may begin. `why` is for people."""

    text: str
    areas: tuple[str, ...]
    signer: str
    why: str


@dataclass(frozen=True)
class Standing:
    """What consent allows on a day.

    begins     the general consent stands, and a guardian's where one must sign: a session may start
    touchable  of the areas that were asked about, those that may be touched
    missing    what is lacking, with the reason; empty when all that was asked about is covered
    guardian   whether a guardian must sign for this person
    until      the last day on which the general consent stands; None where it does not
    lasts_day  of the areas asked about, those that must be signed for anew on every day
    """

    begins: bool
    touchable: frozenset[str]
    missing: tuple[Missing, ...]
    guardian: bool
    until: date | None
    lasts_day: frozenset[str]

    def may_touch(self, area: str) -> bool:
        """Whether an area, or a region of a session, was asked about and may be touched."""
        return area_of(area) in self.touchable

    def why_not(self, area: str = "") -> str:
        """The reason why nothing may begin, or why this area may not be touched; empty where it may."""
        about = area_of(area) if area else ""
        return next((m.why for m in self.missing if not m.areas or about in m.areas), "")


@dataclass(frozen=True)
class Sheet:
    """One text as it lies before the signer. `digest` is of these very words: what is signed is what was shown."""

    need: Need
    title: str
    words: str
    digest: str
    expires: date
    language: str = languages.ENGLISH
    direction: str = "ltr"

    @property
    def blocks(self) -> list[tuple[str, str]]:
        return blocks_of(self.words)


@dataclass(frozen=True)
class Signed:
    """A sheet with its signature (of `read_signature`). `agrees`: the person's own yes beside a guardian's."""

    sheet: Sheet
    mark: Mapping[str, Any]
    agrees: bool


def area_of(region: str) -> str:
    """The area of a consent to which a region of a session or of the body map belongs."""
    return AREA_OF_REGION.get(region, region)


def area_names(ids: Iterable[str]) -> str:
    """Names of areas in the order from the neck down, as they stand in the middle of a sentence."""
    chosen = set(ids)
    names = [area.name for id, area in areas().items() if id in chosen]
    return "; ".join(name[:1].lower() + name[1:] for name in names)


def blocks_of(words: str) -> list[tuple[str, str]]:
    """A stored text as ("heading" or "text", words), without its title."""
    blocks = words.split("\n\n")[1:]
    return [("heading", block[2:]) if block.startswith("# ") else ("text", block) for block in blocks]


# --- what stands ------------------------------------------------------------------------------------------------------


def standing(episode: Episode, asked: Iterable[str], day: date) -> Standing:
    """What consent allows on `day` for these areas (ids of areas, or regions of a session).

    A consent that lasts one session counts on the day on which it was signed, since an episode has one session a day.
    An area that does not exist or that nobody treats is never covered.
    """
    areas = frozenset(area_of(area) for area in asked)

    def found() -> Standing:
        return _standing(episode, papers_without_words(episode), _practice(), areas, day)

    return once(("standing", episode.pk, areas, day), found)


def _standing(
    episode: Episode, rows: Sequence[Consent], practice: Practice, asked: AbstractSet[str], day: date
) -> Standing:
    rules = load_place(practice.place)
    usable = _usable(episode, rows, day)
    age = age_on(day, episode.person.birth_date) if decides_alone(rows) == "yes" else None
    at = _at(day, practice.time_zone)

    def lacking(needs: Iterable[Need]) -> list[Need]:
        return [need for need in needs if not covers(usable, need, at, str(episode.pk), day.isoformat())]

    base = needed(rules, (), age)
    without = lacking(base)
    missing = [Missing(need.text, (), need.signer, _why(need, "", rows, day, practice.time_zone)) for need in without]
    known = areas()
    touchable = set()
    for area in sorted(asked):
        if area not in known or not known[area].treated:
            missing.append(Missing("general", (area,), base[0].signer, NOT_TREATED))
            continue
        lacks = lacking(needed(rules, (area,), age))
        if not lacks and not without:
            touchable.add(area)
        missing += [Missing(n.text, (area,), n.signer, _why(n, area, rows, day, practice.time_zone)) for n in lacks]
    begins = not without
    gone = {row.withdraws_id for row in rows}
    until = [row.expires for row in rows if row.kind == "general" and row.pk not in gone and row.withdraws_id is None]
    daily = {area for area in asked if area in rules.sensitive and rules.sensitive[area].span == "session"}
    guardian = base[0].signer == "guardian"
    return Standing(
        begins,
        frozenset(touchable),
        tuple(missing),
        guardian,
        max((last for last in until if last is not None), default=None) if begins else None,
        frozenset(daily),
    )


def decides_alone(rows: Sequence[Consent]) -> str:
    """Whether the person can decide alone, as it was said at the newest consent: yes, no or cannot_say.

    Before the first consent nothing has been signed, so nothing hangs on it: "yes" then leaves it to the age.
    """
    given = [row for row in rows if row.withdraws_id is None and row.signature.get("therapist_signed") is True]
    return str(given[-1].signature.get("decides_alone", "cannot_say")) if given else "yes"


def status_of(episode: Episode, day: date) -> str | None:
    """The answer to the pathway's `consent_status` on a day: given, guardian_given, missing; None: nobody was asked."""
    rows = papers_without_words(episode)
    if not rows:
        return None
    stands = _standing(episode, rows, _practice(), set(), day)
    if not stands.begins:
        return "missing"
    return "guardian_given" if stands.guardian else "given"


def keep_status(actor: Actor, episode: Episode, day: date) -> Answer | None:
    """Answers `consent_status` from what was signed, once a day and whenever it changes. Call inside an act.

    Returns  the new answer; None where the newest one says the same of the same day, or where nobody was asked yet.
    """
    open_deed()
    status, latest = status_of(episode, day), newest_status(episode)
    if status is None or (latest and (latest.state, latest.value, latest.day) == ("answered", status, day)):
        return None
    answer = Answer(episode=episode, fact="consent_status", state="answered", value=status, day=day)
    answer.at, answer.by_id = clock.now(), actor.user_id
    answer.save()
    return answer


def _usable(episode: Episode, rows: Sequence[Consent], day: date) -> list[library.Consent]:
    """What the library judges. A paper that has run out counts no more, but that it was taken back still does."""
    given = [(row, _of_library(row, rows, episode)) for row in rows if row.withdraws_id is None]
    return [consent for row, consent in given if consent.withdrawn_at is not None or _in_time(row, day)]


def _of_library(row: Consent, rows: Sequence[Consent], episode: Episode) -> library.Consent:
    taken_back = [no.at for no in rows if no.withdraws_id == row.pk]
    told = row.signature
    version = int(row.text_version) if row.text_version.isascii() and row.text_version.isdigit() else 0
    return library.Consent(
        text=row.kind,
        version=version,
        place=row.place,
        areas=frozenset(row.areas),
        signer=row.signer_is,
        person_agrees=told.get("person_agrees"),
        therapist_signed=told.get("therapist_signed") is True,
        given_at=row.at,
        withdrawn_at=min(taken_back) if taken_back else None,
        course=str(episode.pk),
        session=told.get("day"),
    )


def _in_time(row: Consent, day: date) -> bool:
    return row.expires is None or row.expires >= day


def _at(day: date, zone: str) -> datetime:
    """Now, if `day` is today; else the last instant of that day, so that the whole day must be covered."""
    if day == clock.today(zone):
        return clock.now()
    return datetime.combine(day, time.max, ZoneInfo(zone))


def _why(need: Need, area: str, rows: Sequence[Consent], day: date, zone: str) -> str:
    """Why a need is not met, from the newest paper that comes near it."""
    own = [row for row in rows if row.kind == need.text and row.withdraws_id is None]
    about = [row for row in own if not area or area in row.areas]
    name = load_text(need.text).title
    who = "a parent or guardian" if need.signer == "guardian" else "the person"
    if not about:
        return f"“{name}” is not signed yet." if not own else f"“{name}” was signed, but not for: {area_names([area])}."
    row = about[-1]
    noes = [no for no in rows if no.withdraws_id and no.kind == need.text and no.at >= row.at]
    if noes:
        return f"“{name}” was taken back on {_words(noes[-1].at.astimezone(ZoneInfo(zone)).date())}."
    if not _in_time(row, day):
        return (
            f"“{name}” ran out on {_words(row.expires) if row.expires else 'an earlier day'}; it must be signed again."
        )
    if row.signature.get("therapist_signed") is not True:
        return f"“{name}” was signed on the person's telephone. The therapist has not signed it yet."
    if row.signer_is != need.signer:
        return f"“{name}” must be signed by {who}."
    if row.place != need.place:
        return f"“{name}” was signed under the rules of another place; it must be signed again."
    if row.text_version not in [str(version) for version in need.versions]:
        return f"The words of “{name}” have changed since; it must be signed again."
    return f"“{name}” does not stand today; it must be signed again."


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _practice() -> Practice:
    practice = the_practice()
    if practice is None:
        raise Conflict("There is no practice yet. Nothing was saved.")
    return practice


# --- asking and signing -----------------------------------------------------------------------------------------------


def rules_here() -> PlaceRules:
    """The rules of the practice's place; those of `default` where it is not known."""
    return load_place(_practice().place)


def read_areas(chosen: Iterable[str]) -> tuple[str, ...]:
    """Areas that were chosen, in the order of the list. Errors: BadInput, for none and for one that is not treated."""
    picked, known = set(chosen), areas()
    for area in sorted(picked):
        if area not in known or not known[area].treated:
            raise BadInput("there is no such area to choose", "areas")
    if not picked:
        raise BadInput("choose at least one area", "areas")
    return tuple(area for area in known if area in picked)


def sheets(episode: Episode, chosen: Sequence[str], day: date, alone: str) -> tuple[Sheet, ...]:
    """What must still be signed for these areas on a day, filled in for this practice.

    Takes   alone: whether the person can decide alone (DECIDES_ALONE); anything but "yes" calls for a guardian.
    Returns the texts that do not stand yet; all of them where all stand, so that they can be signed again.
    """
    practice = _practice()
    rules = load_place(practice.place)
    age = age_on(day, episode.person.birth_date) if alone == "yes" else None
    found = []
    for need in needed(rules, chosen, age):
        text = load_text(need.text)
        words = {"practice": practice.name, "areas": area_names(need.areas), "keep": keep_words(rules)}
        lines = [text.title]
        for part in text.filled(words):
            lines += [f"# {part.heading}", *part.paragraphs]
        whole = "\n\n".join(lines)
        digest = hashlib.sha256(whole.encode()).hexdigest()
        found.append(Sheet(need, text.title, whole, digest, expires_on(need, day) - timedelta(days=1)))
    usable, at = _usable(episode, list(papers(episode)), day), _at(day, practice.time_zone)
    lacking = [one for one in found if not covers(usable, one.need, at, str(episode.pk), day.isoformat())]
    return tuple(lacking or found)


def in_language(sheet: Sheet, code: str) -> Sheet:
    """A sheet in the language of its signer, as it is shown and stored; in English where the language lacks a part."""
    language = languages.read(code)
    text = wording.consent(language, sheet.need.text)
    if text.language != language.code:
        language = languages.read(text.language)
    if language.code == languages.ENGLISH:
        return sheet
    words = {
        "practice": _practice().name,
        "areas": wording.area_names(language, sheet.need.areas),
        "keep": wording.keep_words(language, rules_here()),
    }
    lines = [text.title]
    for part in text.filled(words):
        lines += [f"# {part.heading}", *part.paragraphs]
    whole = "\n\n".join(lines)
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return replace(
        sheet, title=text.title, words=whole, digest=digest, language=language.code, direction=language.direction
    )


def read_signature(text: str, field: str = "signature") -> dict[str, Any]:
    """A signature as `signature.js` sends it, checked stroke by stroke.

    Returns  {"strokes", "width", "height"} of a drawn one, {"typed"} of a typed one: what the store keeps.
    Errors   BadInput: nothing was signed, or what came is no signature. Nothing is repaired.
    """
    if not text.strip():
        raise BadInput("nothing is signed yet", field)
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except Faults:
        raise BadInput("the signature did not arrive whole; sign again", field) from None
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "typed" and set(value) == {"kind", "name"} and isinstance(value["name"], str):
        name = clean_name(value["name"], field=field)
        if not name:
            raise BadInput("nothing is signed yet", field)
        return {"typed": name}
    if kind == "drawn" and set(value) == {"kind", "width", "height", "strokes"}:
        return _drawn(value["width"], value["height"], value["strokes"], field)
    raise BadInput("the signature did not arrive whole; sign again", field)


def _drawn(width: Any, height: Any, strokes: Any, field: str) -> dict[str, Any]:
    spoilt = BadInput("the signature did not arrive whole; sign again", field)
    if not all(type(side) in (int, float) and 1 <= side <= LARGEST_BOX for side in (width, height)):
        raise spoilt
    if not isinstance(strokes, list) or not 1 <= len(strokes) <= MOST_STROKES:
        raise spoilt
    points, length = 0, 0.0
    for stroke in strokes:
        if not isinstance(stroke, list) or not stroke:
            raise spoilt
        for point in stroke:
            if not isinstance(point, list) or len(point) != 2 or not all(type(at) in (int, float) for at in point):
                raise spoilt
            if not (0 <= point[0] <= width and 0 <= point[1] <= height):
                raise spoilt
        points += len(stroke)
        length += sum(math.dist(a, b) for a, b in itertools.pairwise(stroke))
    if points > MOST_POINTS:
        raise spoilt
    if length < SHORTEST_LINE:
        raise BadInput("this is too short for a signature; sign again, or type the name", field)
    return {"strokes": strokes, "width": width, "height": height}


def sign(
    actor: Actor,
    episode: Episode,
    day: date,
    signed: Sequence[Signed],
    alone: str,
    guardian: str = "",
    relation: str = "",
) -> list[Consent]:
    """Stores signed consents and answers the pathway's question about consent from them. Call inside an act.

    Takes   guardian, relation: who signed for the person, where the sheets ask for a guardian.
    Errors  BadInput: a guardian without a name, or a person who has not said yes.
    """
    deed = open_deed()
    clock_guard.check("Signing")
    deed.about["consents"] = [one.sheet.need.text for one in signed]
    guardian, relation = clean_name(guardian, field="guardian"), clean_name(relation, field="relation")
    at, practice, rows = clock.now(), _practice(), []
    for one in signed:
        need = one.sheet.need
        by_guardian = need.signer == "guardian"
        if by_guardian and not guardian:
            raise BadInput("the name of the parent or guardian is missing", "guardian")
        if need.agrees and not one.agrees:
            raise BadInput("without the person's own yes there is no consent", "agrees")
        told: dict[str, Any] = {
            **one.mark,
            "decides_alone": alone,
            "person_agrees": one.agrees,
            "therapist_signed": True,
        }
        told["therapist"], told["language"] = actor.name, one.sheet.language
        if by_guardian:
            told["relation"] = relation
        if need.lasts.span == "session":
            told["day"] = day.isoformat()
        rows.append(
            Consent(
                episode=episode,
                kind=need.text,
                text_version=str(need.versions[0]),
                text=one.sheet.words,
                place=load_place(practice.place).id,
                areas=list(need.areas),
                signed_by=guardian if by_guardian else episode.person.name[:200],
                signer_is=need.signer,
                signature=told,
                at=at,
                expires=one.sheet.expires,
                by_id=actor.user_id,
            )
        )
    for row in rows:
        row.save()
    keep_status(actor, episode, day)
    return rows


def withdraw(actor: Actor, episode: Episode, given: Sequence[Consent], why: str, day: date) -> list[Consent]:
    """Takes consents back, each by a row of its own that names it. Call inside an act.

    A consent that was taken back before stays as it is. No reason is needed.
    """
    open_deed().about["consents"] = [row.kind for row in given]
    why = clean_text(why, field="why", longest=LONGEST_WHY).strip()
    rows = list(papers(episode))
    gone = {row.withdraws_id for row in rows}
    made = []
    for row in given:
        if row.pk in gone or row.withdraws_id is not None:
            continue
        no = Consent(episode=episode, kind=row.kind, text_version=row.text_version, place=row.place, areas=row.areas)
        no.signed_by, no.signer_is, no.withdraws, no.why = row.signed_by, row.signer_is, row, why
        no.at, no.by_id = clock.now(), actor.user_id
        no.save()
        made.append(no)
    keep_status(actor, episode, day)
    return made


def standing_papers(episode: Episode, day: date) -> list[Consent]:
    """Consents that are neither taken back nor run out: those that can be withdrawn, newest first."""
    rows = list(papers(episode))
    gone = {row.withdraws_id for row in rows}
    return [row for row in reversed(rows) if row.withdraws_id is None and row.pk not in gone and _in_time(row, day)]
