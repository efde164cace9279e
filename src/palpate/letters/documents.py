"""The documents. Each is a frozen record: fill it, then call `.pdf()`.

Everything that is printed is given here; nothing is looked up and no clock is read. A record that cannot be right
(an urgency nobody knows, an urgent hand-over without its emergency text) raises ValueError when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, Literal, get_args

from palpate.letters.parts import (
    Answers,
    HomeItem,
    HomeRules,
    MassageGiven,
    PainCourse,
    Pairs,
    PathwayStamp,
    Person,
    Practice,
    Reason,
    Response,
)

Purpose = Literal["examination", "clearance"]
Urgency = Literal["same_day", "within_2_weeks", "routine"]
# Days after the end of the course on which the person is asked again. Source: dose.md, section 5 (phone_days).
FOLLOW_UP_DAYS = (28, 84)


def follow_up_dates(end: date) -> tuple[date, date]:
    """The two days on which the person is asked again after a course that ended on `end`."""
    first, second = FOLLOW_UP_DAYS
    return end + timedelta(days=first), end + timedelta(days=second)


@dataclass(frozen=True)
class Document:
    """What every document has: the practice, the day it is dated, and the person.

    `size` is the type to begin with (points), `pages` how many are wanted, `most_pages` how many it may take.
    """

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    size: ClassVar[float] = 10.5
    pages: ClassVar[int] = 1
    most_pages: ClassVar[int] = 1

    practice: Practice
    date: date
    person: Person

    def pdf(self, font_folders: Sequence[str] = (), spell_missing: bool = False) -> bytes:
        """The document as PDF: see `palpate.letters.press.to_pdf`."""
        from palpate.letters.press import to_pdf

        return to_pdf(self, font_folders=font_folders, spell_missing=spell_missing)

    @property
    def file_name(self) -> str:
        """A name to save the PDF under. It holds no name of a person."""
        return f"{self.kind.replace('_', '-')}-{self.date.isoformat()}.pdf"


@dataclass(frozen=True)
class Referral(Document):
    """A letter that asks a clinician to examine or to clear. One page, in SBAR order.

    `situation` is the decision's summary; `reasons` are the rules that asked, the decisive first. `pain` and
    `activities` are (what, numbers). `valid_for` says how long an answer counts ("28 days"). `reply_link` is printed as
    it is given; without one, the phone and the form on the page remain. `consent` says who agreed to sending it, when.
    """

    kind: ClassVar[str] = "referral"
    title: ClassVar[str] = "Referral letter"
    size: ClassVar[float] = 11.5

    purpose: Purpose
    urgency: Urgency
    to: tuple[str, ...]
    situation: str
    reasons: tuple[Reason, ...]
    answers: Answers
    massage: MassageGiven
    pathway: PathwayStamp
    pain: Pairs = ()
    activities: Pairs = ()
    background: Pairs = ()
    request: str = ""
    valid_for: str = ""
    reply_link: str = ""
    consent: str = ""

    def __post_init__(self) -> None:
        if self.purpose not in get_args(Purpose) or self.urgency not in get_args(Urgency):
            raise ValueError(f"no such purpose or urgency: {self.purpose}, {self.urgency}")


@dataclass(frozen=True)
class UrgentHandover(Document):
    """What goes with the person in an emergency. One page.

    `emergency_text` is the pathway's fixed text, given by the caller and never shortened. `time` is the time of day of
    the document ("14:35"). `vitals` are (what, value); an empty value prints as not measured. `done` is (time, what).
    What is not yet known of the call is left as a line to write on.
    """

    kind: ClassVar[str] = "urgent_handover"
    title: ClassVar[str] = "Urgent hand-over"
    size: ClassVar[float] = 13

    time: str
    emergency_text: str
    reasons: tuple[Reason, ...]
    found_when: str
    answers: Answers
    pathway: PathwayStamp
    emergency_number: str = ""
    vitals: Pairs = ()
    done: Pairs = ()
    background: Pairs = ()
    called_by: str = ""
    called_at: str = ""
    call_back: str = ""

    def __post_init__(self) -> None:
        if not self.emergency_text.strip():
            raise ValueError("an urgent hand-over needs the pathway's emergency text")


@dataclass(frozen=True)
class NextTreatmentReferral(Document):
    """The hand-over to the next treatment when massage has not helped. At most two pages.

    What it must hold is the minimum of combination.md, section 5.3. `presentation` is the row of the switch table in
    words, `next_step` what is asked for, `risk_group` the group and score as they were imported.
    """

    kind: ClassVar[str] = "next_treatment_referral"
    title: ClassVar[str] = "Hand-over to the next treatment"
    most_pages: ClassVar[int] = 2

    to: tuple[str, ...]
    presentation: str
    next_step: str
    duration: str
    response: Response
    pain: PainCourse
    massage: MassageGiven
    answers: Answers
    pathway: PathwayStamp
    home: tuple[HomeItem, ...] = ()
    risk_group: str = ""
    adverse_events: tuple[str, ...] | None = None
    goal: str = ""
    not_advised: str = ""
    reply_link: str = ""
    consent: str = ""


@dataclass(frozen=True)
class DischargeNote(Document):
    """The end of a course: a page for the person in plain words, and a page for clinicians.

    `home` and `rules` are the home plan; `follow_up` the days on which the person is asked again (`follow_up_dates`);
    `soon` says for what to see a doctor soon. `adverse_events` None:
    nobody asked; empty: asked, and there were none.
    """

    kind: ClassVar[str] = "discharge_note"
    title: ClassVar[str] = "End of the course"
    size: ClassVar[float] = 11.5
    pages: ClassVar[int] = 2
    most_pages: ClassVar[int] = 2

    response: Response
    pain: PainCourse
    massage: MassageGiven
    home: tuple[HomeItem, ...]
    rules: HomeRules
    follow_up: tuple[date, ...]
    pathway: PathwayStamp
    goal: str = ""
    goal_reached: str = ""
    soon: str = ""
    complaint: str = ""
    next_step: str = ""
    adverse_events: tuple[str, ...] | None = None
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True)
class HomePlan(Document):
    """What the person does at home: the items with dose, the rules that hold for all, and when to stop."""

    kind: ClassVar[str] = "home_plan"
    title: ClassVar[str] = "Your home plan"
    size: ClassVar[float] = 12
    most_pages: ClassVar[int] = 2

    home: tuple[HomeItem, ...]
    rules: HomeRules
    goal: str = ""
    next_visit: str = ""
