"""Questions on a telephone: what a page shows of each, and what came back, read strictly (S-24, S-25).

Every answer is one tap. What is none of the choices, or came twice, is refused by the question's own place on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from palpate.clinic.checkins import new_values
from palpate.clinic.intake import ANSWERED, CANNOT_SAY, Told
from palpate.clinic.refusals import BadInput
from palpate.library import wording
from palpate.library.languages import Language, number, said, say
from palpate.pathway.facts import Fact

MARKS = frozenset({"csrfmiddlewaretoken", "_form", "_person", "_version"})
SCALE = tuple(range(11))
QUESTION = "q_"  # begins the names of fields that are questions of the pathway


@dataclass(frozen=True)
class Choice:
    """One answer to tap."""

    id: str
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Group:
    """One question with its answers. `look`: scale, choice or number. `code`, `direction`: the language it is in."""

    name: str
    label: str
    help: str
    look: str
    choices: tuple[Choice, ...]
    code: str
    direction: str
    error: str = ""
    low: str = ""
    high: str = ""
    text: str = ""  # of a number: what was typed
    units: tuple[Choice, ...] = ()
    note: str = ""

    @property
    def scale(self) -> tuple[Choice, ...]:
        """The eleven numbers of a scale."""
        return self.choices[: len(SCALE)] if self.look == "scale" else ()

    @property
    def others(self) -> tuple[Choice, ...]:
        """What stands beside the numbers of a scale, or all choices."""
        return self.choices[len(SCALE) :] if self.look == "scale" else self.choices


def choices(name: str, pairs: Iterable[tuple[str, str]], chosen: str | None) -> tuple[Choice, ...]:
    """The answers of a question, with ids for the page."""
    return tuple(Choice(f"id_{name}_{at}", value, words, value == chosen) for at, (value, words) in enumerate(pairs))


def scale_pairs(language: Language) -> list[tuple[str, str]]:
    """0 to 10 as the language writes them; what is sent are ASCII digits."""
    return [(str(at), number(language, at)) for at in SCALE]


def measure(
    language: Language, name: str, key: str, errors: Mapping[str, str], chosen: str | None, more: Sequence[Any] = ()
) -> Group:
    """A rating of 0 to 10. Takes key: of its words under `measures`; more: further answers beside the numbers."""
    asked = said(language, f"measures.{key}.question")
    low, high = (_end(language, key, end) for end in ("low", "high"))
    pairs = [*scale_pairs(language), *more]
    return Group(
        name, asked.text, "", "scale", choices(name, pairs, chosen), asked.code, asked.direction,
        error_words(language, errors.get(name, "")), low, high,
    )  # fmt: skip


def _end(language: Language, key: str, end: str) -> str:
    words = f"measures.{key}.{end}"
    own = said(language, words).text
    return say(language, f"phone.end_{end}", words=own)


def plain(
    language: Language,
    name: str,
    label: str,
    pairs: Iterable[tuple[str, str]],
    errors: Mapping[str, str],
    chosen: str | None,
    help: str = "",
) -> Group:
    """A question of our own pages. Takes label and help: keys of phrases."""
    told = said(language, label)
    return Group(
        name, told.text, say(language, help) if help else "", "choice", choices(name, pairs, chosen),
        told.code, told.direction, error_words(language, errors.get(name, "")),
    )  # fmt: skip


def what_is_new(language: Language, fact: Fact, errors: Mapping[str, str], chosen: str | None) -> Group:
    """A question of the safety list, with only those answers that say that something is there."""
    asked = wording.question(language, fact)
    words = {"yes": asked.answers.get("true", "")} if fact.kind == "bool" else asked.answers
    pairs = [("", say(language, "phone.check.not_new")), *((value, words[value]) for value in new_values(fact))]
    pairs.append((CANNOT_SAY, say(language, "answers.cannot_say")))
    return Group(
        QUESTION + fact.name, asked.question, asked.help, "choice", choices(QUESTION + fact.name, pairs, chosen or ""),
        asked.code, asked.direction, error_words(language, errors.get(fact.name, "")),
    )  # fmt: skip


def whole(language: Language, fact: Fact, errors: Mapping[str, str], chosen: str | None) -> Group:
    """A question of the pathway with all its answers, and "I cannot say"."""
    asked = wording.question(language, fact)
    pairs = [*fact_pairs(asked.answers, fact), (CANNOT_SAY, say(language, "answers.cannot_say"))]
    return Group(
        QUESTION + fact.name, asked.question, asked.help, "choice", choices(QUESTION + fact.name, pairs, chosen),
        asked.code, asked.direction, error_words(language, errors.get(fact.name, "")),
    )  # fmt: skip


def fact_pairs(answers: Mapping[str, str], fact: Fact) -> list[tuple[str, str]]:
    """The answers of a question of yes and no, or of a list, as value and words."""
    if fact.kind == "bool":
        return [("yes", answers["true"]), ("no", answers["false"])]
    return [(value, answers[value]) for value in fact.values]


def read_fact(fact: Fact, value: str) -> Told | None:
    """An answer as it was tapped; None where nothing was. Errors: BadInput, for what is none of the answers."""
    if value == "":
        return None
    if value == CANNOT_SAY:
        return Told(CANNOT_SAY)
    if fact.kind == "bool" and value in ("yes", "no"):
        return Told(ANSWERED, value == "yes")
    if fact.kind == "enum" and value in fact.values:
        return Told(ANSWERED, value)
    raise BadInput("this is none of the answers", fact.name)


def read_scale(value: str, low: int = 0, high: int = 10) -> int:
    """A whole number as it was tapped. Errors: BadInput."""
    known = {str(at): at for at in range(low, high + 1)}
    if value not in known:
        raise BadInput("this is none of the answers")
    return known[value]


def one_value(data: QueryDict, name: str) -> str:
    """The one value of a field, or nothing. Errors: BadInput, where two different ones came."""
    values = set(data.getlist(name))
    if len(values) > 1:
        raise BadInput("two answers came", name)
    return values.pop() if values else ""


def strangers(data: QueryDict, known: Iterable[str]) -> list[str]:
    """Names in a form that are none of its own: refused by name (S-10)."""
    own = MARKS | set(known)
    return sorted(name for name in data if name not in own)


ERRORS = {
    "missing": "phone.missing",
    "wrong": "phone.wrong_answer",
    "twice": "phone.two_answers",
    "after_unclear": "phone.check.after_unclear",
    "new_unclear": "phone.check.new_unclear",
    "none_other": "phone.intake.none_other",
    "unit": "phone.unit_wrong",
}


def error_words(language: Language, code: str) -> str:
    """The sentence of a fault by its code; empty where there is none."""
    return say(language, ERRORS[code]) if code else ""
