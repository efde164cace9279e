"""What the pathway says, in a patient's words: questions, home items, next steps, consents, places on the body, days.

A wording is used whole or not at all. It must be written for the very words of the pathway that is in force (`of`), and
must lack nothing; otherwise it is said in English, and where the English wording is for other words too, in the words
of the pathway itself. So a question never means something else in one language than in another.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from palpate.library.consent_needs import ConsentText, load_text
from palpate.library.languages import ENGLISH, Language, read, said, say
from palpate.library.place_rules import PlaceRules
from palpate.library.place_rules import areas as all_areas
from palpate.pathway.facts import Fact

SHORT_OF = 8  # hexadecimal digits of `of`: enough to notice a change, which nobody makes in bad faith


@dataclass(frozen=True)
class Question:
    """One question as the patient reads it, all in one language.

    help     part of the question, always shown with it; may be empty
    short    its subject in a few words, for a list to pick from
    answers  enum: value -> words, in the pathway's order; yes or no: `true` and `false`; a number: empty
    """

    fact: str
    question: str
    help: str
    short: str
    answers: Mapping[str, str]
    code: str
    direction: str


@dataclass(frozen=True)
class HomeWords:
    """One item of the home programme: how it is done, how often, and a note of how sure its good is, or nothing."""

    id: str
    title: str
    how: str
    often: str
    note: str
    code: str
    direction: str


@dataclass(frozen=True)
class NextWords:
    """What comes next when massage has not helped."""

    id: str
    text: str
    code: str
    direction: str


def of_fact(fact: Fact) -> str:
    """The mark of a question's words: what it asks, what its answer means, and what can be chosen."""
    return _mark([fact.question, fact.meaning, list(fact.values.items())])


def of_home(item: Mapping[str, Any]) -> str:
    """The mark of an item of the pathway's home programme."""
    return _mark([item["title"], item["how"], item["dose"], item["claim"]])


def of_next(switch: Mapping[str, Any]) -> str:
    """The mark of one of the pathway's next steps."""
    return _mark([switch["title"], switch["next_step"]])


def question(language: Language, fact: Fact) -> Question:
    """A fact of the pathway in force, as it is asked of the person."""
    keys = [f"answers.enum.{fact.name}.{value}" for value in fact.values]
    own = _whole(language, f"facts.{fact.name}", of_fact(fact), ("question", "short"), keys)
    if own is None:
        english = read(ENGLISH)
        answers = dict(fact.values) or _yes_no(english, fact)
        return Question(fact.name, fact.question, fact.meaning, fact.name.replace("_", " "), answers, *_as(english))
    answers = {value: say(own, key) for value, key in zip(fact.values, keys, strict=True)} or _yes_no(own, fact)
    asked, short = (say(own, f"facts.{fact.name}.{part}") for part in ("question", "short"))
    return Question(fact.name, asked, _may_lack(own, f"facts.{fact.name}.help"), short, answers, *_as(own))


def home_item(language: Language, item: Mapping[str, Any]) -> HomeWords:
    """A row of the home programme of the pathway in force (`meaning["home"]`)."""
    key = f"home.{item['id']}"
    own = _whole(language, key, of_home(item), ("title", "how", "often"))
    if own is None:
        words = (item["title"], item["how"], item["dose"], item["claim"])
        return HomeWords(item["id"], *words, *_as(read(ENGLISH)))
    title, how, often = (say(own, f"{key}.{part}") for part in ("title", "how", "often"))
    return HomeWords(item["id"], title, how, often, _may_lack(own, f"{key}.note"), *_as(own))


def next_step(language: Language, switch: Mapping[str, Any]) -> NextWords:
    """A row of what comes next, of the pathway in force (`meaning["switch"]`)."""
    own = _whole(language, f"next.{switch['id']}", of_next(switch), ("text",))
    if own is None:
        return NextWords(switch["id"], switch["next_step"], *_as(read(ENGLISH)))
    return NextWords(switch["id"], say(own, f"next.{switch['id']}.text"), *_as(own))


def consent(language: Language, name: str) -> ConsentText:
    """A consent text in a language, with its own version and sources; in English where the language lacks a part.

    Its `language` says which it is: what is signed is what was shown. Errors: Faults, as `load_text`.
    """
    text = load_text(name)
    before = f"consent.{name}"
    keys = [key for key in read(ENGLISH).phrases if key.startswith(f"{before}.")]
    if _whole(language, before, f"version {text.version}", (), keys) is not language or language.code == ENGLISH:
        return text
    parts = tuple(
        replace(
            part,
            heading=str(language.phrases[f"{before}.{part.id}.heading"]),
            paragraphs=tuple(
                str(language.phrases[f"{before}.{part.id}.{at}"]) for at in range(1, len(part.paragraphs) + 1)
            ),
        )
        for part in text.parts
    )
    return replace(text, language=language.code, title=say(language, f"{before}.title"), parts=parts)


def keep_words(language: Language, place: PlaceRules) -> str:
    """How long records are kept, for `{keep}` of a consent."""
    until = place.majority_years + place.minor_years
    return say(language, "fill.keep", years=place.adult_years, majority=place.majority_years, until=until)


def area_names(language: Language, ids: Iterable[str]) -> str:
    """Areas of a plan from the neck down, for `{areas}` of a consent: in the middle of a sentence."""
    chosen = set(ids)
    return say(language, "fill.between").join(say(language, f"areas.{id}") for id in all_areas() if id in chosen)


def region(language: Language, view: str, place: str, side: str) -> str:
    """A region of the body map, such as `Low back, left`. Takes the values of `palpate.figures.Region`."""
    words = say(language, f"body.{view}.{place}")
    return words if place == "head" else say(language, "body.region", place=words, side=say(language, f"body.{side}"))


# --- days and times ---------------------------------------------------------------------------------------------------


def day(language: Language, date: datetime.date, length: str = "full") -> str:
    """A day as the language writes it. Takes length: of CLDR; `full` with the weekday, `long`, `medium` or `short`."""
    from babel.dates import format_date

    return str(format_date(date, format=length, locale=language.locale))


def clock(language: Language, time: datetime.time | datetime.datetime) -> str:
    """A time of day as the language writes it, such as 14:05. A moment is written in the zone that it has."""
    from babel.dates import format_time

    return str(format_time(time, format="short", locale=language.locale))


# --- inside -----------------------------------------------------------------------------------------------------------


def _mark(words: object) -> str:
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT_OF]


def _whole(language: Language, before: str, of: str, parts: Iterable[str], also: Iterable[str] = ()) -> Language | None:
    """The language, else English, in which a wording of this mark is whole; None where it is in neither."""
    keys = [*(f"{before}.{part}" for part in parts), *also]
    english = read(ENGLISH)
    wanted = keys + [key for key in english.phrases if key.startswith(f"{before}.")]
    for own in (language, english):
        if own.phrases.get(f"{before}.of") == of and all(key in own.phrases for key in wanted):
            return own
    return None


def _yes_no(language: Language, fact: Fact) -> dict[str, str]:
    if fact.kind != "bool":
        return {}
    return {"true": say(language, "answers.yes"), "false": say(language, "answers.no")}


def _may_lack(language: Language, key: str) -> str:
    return said(language, key).text if key in language.phrases else ""


def _as(language: Language) -> tuple[str, str]:
    return language.code, language.direction
