"""Which consents a plan needs, in which words, and whether the consents that are there cover them.

Everything fails closed. An unknown age is that of a minor. An area that nobody treats cannot be consented to. A yes
that was not asked for is no yes. What counts is the wording as it was signed: an older version counts only where the
text says that it is still good.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from palpate.library.place_rules import FOLDER, Lasting, PlaceRules, Statement, areas, later
from palpate.pathway.faults import HIDDEN, Fault, Faults, did_you_mean, listed, shown
from palpate.pathway.toml_text import place_in, read_toml

TEXTS = FOLDER / "texts"
TEXT_IDS = ("general", "sensitive_areas", "guardian")
WORDS = ("practice", "areas", "keep")  # what is filled in for the person, in braces
OLDEST_YEARS = 130
_BRACES = re.compile(r"\{([^{}]*)\}")
_TEXT_KEYS: dict[str, type] = {
    "id": str, "version": int, "date": datetime.date, "language": str, "title": str, "still_good": list, "parts": dict,
}  # fmt: skip
_PART_KEYS: dict[str, type] = {"heading": str, "paragraphs": list, "sources": list}


@dataclass(frozen=True)
class Part:
    """A heading with its paragraphs, and the sources of the shipped pathway that they rest on."""

    id: str
    heading: str
    paragraphs: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ConsentText:
    """The words that are signed, in one version. `still_good`: older versions whose consents remain good."""

    id: str
    version: int
    date: datetime.date
    language: str
    title: str
    still_good: tuple[int, ...]
    parts: tuple[Part, ...]

    def filled(self, words: Mapping[str, str]) -> tuple[Part, ...]:
        """The parts with every word of WORDS in its place, as they are shown and stored with the signature.

        Errors  Faults: a word is missing or empty; nobody is asked to sign a gap.
        """
        lacking = [word for word in WORDS if not words.get(word, "").strip()]
        if lacking:
            raise Faults(Fault("missing-word", f"{self.id}.toml", f"nothing stands for {{{word}}}") for word in lacking)
        return tuple(
            Part(p.id, p.heading, tuple(_BRACES.sub(lambda m: words[m[1]], line) for line in p.paragraphs), p.sources)
            for p in self.parts
        )


@dataclass(frozen=True)
class Need:
    """One consent that a plan needs before the first touch.

    text      which wording: general, sensitive_areas or guardian
    versions  the versions that count, the present one first
    place     the place whose rules ask for it
    areas     area ids that it must name, sorted; none while there is no plan yet
    signer    who signs: the person, or a guardian. The therapist signs every consent as well
    agrees    the person's own yes must be on record beside the guardian's signature
    stays     the guardian, or an adult named by both, stays in the room
    lasts     how long it lasts; for a course, the person is still asked for a spoken yes at every session
    because   what it rests on, with certainty and sources
    """

    text: str
    versions: tuple[int, ...]
    place: str
    areas: tuple[str, ...]
    signer: Literal["person", "guardian"]
    agrees: bool
    stays: bool
    lasts: Lasting
    because: tuple[Statement, ...]


@dataclass(frozen=True)
class Consent:
    """A consent as it was given, from the store.

    person_agrees  the person's own yes: True, False, or None where nobody asked, which is no yes
    given_at       when it was signed, and withdrawn_at when it was taken back: with a time zone
    course         the course of treatment for which it was given, and `session` the session, if for one only
    """

    text: str
    version: int
    place: str
    areas: frozenset[str]
    signer: str
    person_agrees: bool | None
    therapist_signed: bool
    given_at: datetime.datetime
    withdrawn_at: datetime.datetime | None
    course: str
    session: str | None


def load_text(name: str) -> ConsentText:
    """The present version of one of TEXT_IDS. Errors: Faults, where there is none or its file is not whole."""
    if name not in TEXT_IDS:
        what = f"there is no consent text {shown(name)}; there are {listed(TEXT_IDS)}"
        raise Faults([Fault("unknown-text", "", what)])
    return _load_text(name)


def read_text(file: str, text: str) -> ConsentText:
    """A consent text from TOML. Errors: Faults, everything wrong, one line each, with file and line."""
    data = read_toml(file, text)
    if isinstance(data, Fault):
        raise Faults([data])
    faults = _wrong_keys(file, text, "", "", data, _TEXT_KEYS)
    parts = data.get("parts", {})
    rows = {name: row for name, row in parts.items() if isinstance(row, dict)} if isinstance(parts, dict) else {}
    if isinstance(parts, dict) and (not parts or len(rows) < len(parts)):
        faults.append(Fault("wrong-type", file, "there must be parts, each a table such as [parts.risks]"))
    for name, row in rows.items():
        faults += _wrong_keys(file, text, "parts", name, row, _PART_KEYS)
        faults += _wrong_words(file, text, name, row)
    if type(data.get("version")) is int:
        good = data.get("still_good", [])
        older = isinstance(good, list) and all(type(v) is int and 0 < v < data["version"] for v in good)
        if data["version"] < 1 or not older:
            what = "versions count from 1, and those that are still good are older than this one"
            faults.append(Fault("wrong-version", place_in(file, text, "version", "", ""), what))
    if faults:
        raise Faults(faults)
    built = (Part(n, r["heading"], tuple(r["paragraphs"]), tuple(r["sources"])) for n, r in rows.items())
    plain = {key: data[key] for key in ("id", "version", "date", "language", "title")}
    return ConsentText(**plain, still_good=tuple(data["still_good"]), parts=tuple(built))


def needed(place: PlaceRules, plan_areas: Iterable[str], age_years: int | None) -> tuple[Need, ...]:
    """The consents that a plan needs, in the order in which they are asked.

    Takes   plan_areas: area ids that the plan touches; empty before there is a plan, for the general consent alone.
            age_years: whole years on the day, or None where it is not known: then a guardian signs, as for a minor.
    Returns the general consent; one for the sensitive areas of each duration; a guardian's, below the place's age.
    Errors  Faults: an area that does not exist or that nobody treats, or an age that is none.
    """
    named = sorted(set(plan_areas))
    known = areas()
    faults = [_wrong_area(area, known) for area in named if area not in known or not known[area].treated]
    if age_years is not None and (type(age_years) is not int or not 0 <= age_years <= OLDEST_YEARS):
        what = f"{shown(age_years)} is no age in whole years; None says that it is not known"
        faults.append(Fault("wrong-age", "", what))
    if faults:
        raise Faults(faults)
    minor = age_years is None or age_years < place.own_consent_from_years

    def need(text: str, its_areas: Iterable[str], lasts: Lasting, because: Iterable[str]) -> Need:
        """One need of this person at this place."""
        words = load_text(text)
        rests = [place.because[name] for name in because] + ([place.because["age"]] if minor else [])
        return Need(
            text, (words.version, *words.still_good), place.id, tuple(its_areas), "guardian" if minor else "person",
            minor, minor and place.guardian_stays, lasts, tuple(dict.fromkeys(rests)),
        )  # fmt: skip

    needs = [need("general", named, place.general, ["general"])]
    durations = dict.fromkeys(place.sensitive[area] for area in named if area in place.sensitive)
    for lasts in durations:
        same = [area for area in named if place.sensitive.get(area) == lasts]
        needs.append(need("sensitive_areas", same, lasts, same))
    if minor:
        needs.append(need("guardian", named, place.general, ["age"]))
    return tuple(needs)


def covers(consents: Iterable[Consent], need: Need, at: datetime.datetime, course: str, session: str | None) -> bool:
    """Whether these consents, all of one person, cover a need at this moment.

    Every area of the need must be named by a consent of that wording, in a version that counts, under the rules of that
    place, signed by the right person and the therapist, for this course (or this very session, where it lasts only
    one), neither run out nor taken back. Several consents may cover the areas between them; a need without areas takes
    one. Taking one consent back ends all consents with that wording which were given before it, in the areas that it
    names: who says no to an area means the area and not a sheet of paper. A new signature counts again.

    Takes   at: the moment of the touch, with a time zone; session: its id, None outside a session.
    Errors  ValueError: a moment without a time zone.
    """
    own = [consent for consent in consents if consent.text == need.text]
    moments = [at, *(c.given_at for c in own), *(c.withdrawn_at for c in own if c.withdrawn_at is not None)]
    if any(moment.tzinfo is None for moment in moments):
        raise ValueError("a moment without a time zone cannot be compared")
    good = [consent for consent in own if _good(consent, need, at, course, session)]
    noes = [c for c in own if c.withdrawn_at is not None and c.withdrawn_at <= at]
    if not need.areas:
        return any(not any(_ended(consent, no) for no in noes) for consent in good)
    return all(
        any(area in c.areas and not any(_ended(c, no) and _about(no, area) for no in noes) for c in good)
        for area in need.areas
    )


def expires_on(need: Need, given_on: datetime.date) -> datetime.date:
    """The first day on which a consent given on that day no longer counts, even if its session or course still runs."""
    return given_on + datetime.timedelta(days=need.lasts.days)


def age_on(day: datetime.date, birth: datetime.date | None) -> int | None:
    """Whole years of age on a day; None where the birth date is not known or lies after the day."""
    if birth is None or birth > day:
        return None
    years = day.year - birth.year
    return years if later(birth, years) <= day else years - 1


def _good(consent: Consent, need: Need, at: datetime.datetime, course: str, session: str | None) -> bool:
    """Whether one consent is of the kind that the need asks for, and stands at this moment but for withdrawals."""
    of_its_kind = (
        consent.version in need.versions
        and consent.place == need.place
        and consent.signer == need.signer
        and consent.therapist_signed is True
        and (consent.person_agrees is True or not need.agrees)
        and consent.person_agrees is not False
    )
    in_time = consent.given_at <= at < consent.given_at + datetime.timedelta(days=need.lasts.days)
    one_session = session is not None and consent.session == session
    here = one_session if need.lasts.span == "session" else consent.session is None or one_session
    return of_its_kind and in_time and here and consent.course == course


def _ended(consent: Consent, no: Consent) -> bool:
    return no.withdrawn_at is not None and consent.given_at <= no.withdrawn_at


def _about(no: Consent, area: str) -> bool:
    return not no.areas or area in no.areas


def _wrong_area(area: str, known: Mapping[str, Any]) -> Fault:
    if area in known:
        return Fault("area-not-treated", "", f"{area} is not part of any plan, so nobody can consent to it")
    return Fault("unknown-area", "", f"there is no area {shown(area)}{did_you_mean(area, known)}")


@lru_cache(maxsize=len(TEXT_IDS))
def _load_text(name: str) -> ConsentText:
    file = f"{name}.toml"
    text = read_text(file, (TEXTS / file).read_text(encoding="utf-8"))
    if text.id != name:
        raise Faults([Fault("wrong-id", f"{file}:1", f"id is {shown(text.id)}, and the file is called {file}")])
    return text


def _wrong_keys(
    file: str, text: str, table: str, entry: str, row: Mapping[str, Any], keys: Mapping[str, type]
) -> list[Fault]:
    faults = []
    name = f"{table}.{entry}: " if table else ""
    for key in [*keys, *(key for key in row if key not in keys)]:
        where = place_in(file, text, table or key, entry, key if table else "")
        if key not in keys:
            faults.append(Fault("unknown-key", where, f"{name}{shown(key)} is unknown{did_you_mean(key, keys)}"))
        elif key not in row:
            faults.append(Fault("missing-key", where, f"{name}{key} is missing"))
        elif type(row[key]) is not keys[key]:
            faults.append(Fault("wrong-type", where, f"{name}{key} is {shown(row[key])}, which is of another type"))
        elif isinstance(row[key], str) and (not row[key].strip() or HIDDEN.search(row[key])):
            faults.append(Fault("bad-text", where, f"{name}{key} is empty or holds signs that nobody types"))
    return faults


def _wrong_words(file: str, text: str, entry: str, row: Mapping[str, Any]) -> list[Fault]:
    """Paragraphs that are no text or hold a word in braces that nothing stands for, and parts without either."""
    faults = []
    for key in ("paragraphs", "sources"):
        lines = row.get(key)
        where = place_in(file, text, "parts", entry, key)
        if isinstance(lines, list) and (not lines or not all(isinstance(x, str) and x.strip() for x in lines)):
            faults.append(Fault("bad-text", where, f"parts.{entry}: {key} must hold one text or more"))
        for line in lines if isinstance(lines, list) and key == "paragraphs" else ():
            for word in _BRACES.findall(line) if isinstance(line, str) else ():
                if word not in WORDS:
                    what = f"parts.{entry}: nothing stands for {{{word}}}; there are {listed(WORDS)}"
                    faults.append(Fault("unknown-word", where, what))
    return faults
