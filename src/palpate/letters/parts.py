"""What the documents are made of: plain frozen records of text, days and numbers.

A label-value pair with an empty value prints as "not known"; an empty list prints as what it means. "Not asked" and
"cannot say" have lists of their own, because neither is a "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Pairs = tuple[tuple[str, str], ...]
Paper = Literal["a4", "us-letter"]


@dataclass(frozen=True)
class Practice:
    """The head of every document: where it comes from and who answers for it.

    `profession` is the therapist's professional title, `licence` the number and who gave it, as it should be read.
    """

    name: str
    address: tuple[str, ...]
    phone: str
    therapist: str
    profession: str
    licence: str = ""
    email: str = ""
    paper: Paper = "a4"


@dataclass(frozen=True)
class Person:
    """Whom the document is about. `record` is the practice's own number for the person, if it uses one."""

    name: str
    birth_date: date | None
    record: str = ""


@dataclass(frozen=True)
class PathwayStamp:
    """Which pathway decided: its id, version and digest, as the decision gives them."""

    id: str
    version: str
    digest: str = ""


@dataclass(frozen=True)
class Reason:
    """A rule that asked for this, as the decision's `reasons` give it. `title` is for people; else the id is shown."""

    rule: str
    because: str
    title: str = ""
    facts: Pairs = ()


@dataclass(frozen=True)
class Answers:
    """What is known (question or fact, answer), what was not asked, and what was asked but could not be said."""

    known: Pairs = ()
    not_asked: tuple[str, ...] = ()
    cannot_say: tuple[str, ...] = ()


@dataclass(frozen=True)
class MassageGiven:
    """The sessions so far. `minutes` and `spacing` are said in words ("45 minutes each", "7 to 14 days apart")."""

    sessions: int
    planned: int | None = None
    minutes: str = ""
    spacing: str = ""
    techniques: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Rating:
    """One rating of pain on its day, 0 to 10."""

    day: date
    value: float


@dataclass(frozen=True)
class PainCourse:
    """Pain over the course, for the chart. Raises ValueError for a value outside 0 to 10.

    `real_change` is the change, in points, below which a difference may be no more than the error of the measurement;
    the caller takes it from the pathway's response rule. `baseline` None: there is none, and the chart says so.
    """

    ratings: tuple[Rating, ...]
    baseline: float | None
    real_change: float
    sessions: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        values = [rating.value for rating in self.ratings] + ([] if self.baseline is None else [self.baseline])
        # `not (0 <= v <= 10)` also refuses NaN, which would draw a point nowhere.
        if any(not 0 <= value <= 10 for value in values) or not 0 <= self.real_change <= 10:
            raise ValueError("pain and its real change are numbers from 0 to 10")


@dataclass(frozen=True)
class Response:
    """What the check found: the class and flags of the response rule, and baseline and latest numbers in pairs.

    `kind` None: there was no check. The pairs read (measure, "7 → 4").
    """

    kind: Literal["responded", "partly", "not_responded", "worse", "indeterminate"] | None
    flags: tuple[str, ...] = ()
    numbers: Pairs = ()


@dataclass(frozen=True)
class HomeItem:
    """One thing to do at home. `assumed`: the dose is customary and not from a trial. `stop`: when to stop this one."""

    title: str
    dose: str
    how: str = ""
    stop: str = ""
    done: str = ""
    assumed: bool = False


@dataclass(frozen=True)
class HomeRules:
    """What holds for every item at home, in the pathway's words (`home_rules`). ValueError without `stop`.

    `stop` says when to stop and when to get help, and is never shortened. `emergency` is for a text of its own.
    """

    start: str
    progress: str
    stop: str
    emergency: str = ""

    def __post_init__(self) -> None:
        if not self.stop.strip():
            raise ValueError("what is done at home needs the words that say when to stop")
