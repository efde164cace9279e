"""The episode document: what is known about one person's back pain and its care at one moment.

`read_episode` accepts a document whole or refuses it with every fault at once, each with its JSON path. It repairs
nothing: a value that is not exactly what the contract names is a fault, and an absent one is unknown.
Source: contract section 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from palpate.pathway.condition import Value, number
from palpate.pathway.faults import HIDDEN, MOST_HINTS, Fault, Faults, did_you_mean, listed, shown, step
from palpate.pathway.pathway import Pathway

MOMENTS = ("intake", "session", "review")
OUTCOMES = ("cleared", "cleared_with_limits", "not_cleared")
MOST_ITEMS = 1_000
_KEYS = (
    "palpate", "id", "as_of", "moment", "person", "onset", "protocol", "facts", "unsure", "sessions", "today",
    "measures", "clearances",
)  # fmt: skip
_SESSION_KEYS = ("date", "pain_before", "pain_after", "minutes", "techniques", "facts")
_CLEARANCE_KEYS = ("date", "outcome", "covers", "by", "valid_until", "limits")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A day outside is a slip of the pen. The end also keeps what is counted on from a day (the plan) within the calendar.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_IN_NAME = re.compile(f"[\t\n]|{HIDDEN.pattern}")  # names stand on one line


@dataclass(frozen=True)
class Session:
    """One massage session that was given; pain is 0 to 10, minutes are hands-on."""

    day: date
    pain_before: float | None = None
    pain_after: float | None = None
    minutes: float | None = None
    techniques: tuple[str, ...] = ()
    facts: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One score on its day; `values` for own activities (None: not rated that day), else `value`."""

    day: date
    name: str
    value: float | None = None
    values: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Clearance:
    """A clinician's answer to named rules (or to all known that day: covers is `*`)."""

    day: date
    outcome: str
    covers: tuple[str, ...]
    by: str = ""
    valid_until: date | None = None
    limits: str = ""

    def names(self, rule: str) -> bool:
        return "*" in self.covers or rule in self.covers


@dataclass(frozen=True)
class Episode:
    """A sound episode document. `facts` are the intake's answers; unknown facts are absent."""

    as_of: date
    facts: Mapping[str, Value]
    moment: str
    id: str | None = None
    protocol: str | None = None
    unsure: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    today: Mapping[str, Value] | None = None
    unchanged: bool = False
    measures: tuple[Measure, ...] = ()
    clearances: tuple[Clearance, ...] = ()


def read_episode(data: Any, pathway: Pathway) -> Episode:
    """The episode that a decoded JSON document holds.

    Errors  Faults: everything wrong with it, with JSON paths.
    """
    return _Reader(pathway).read(data)


class _Reader:
    def __init__(self, pathway: Pathway) -> None:
        self.pathway = pathway
        self.vocabulary = pathway.vocabulary.facts
        self.faults: list[Fault] = []

    def fault(self, code: str, place: str, text: str) -> None:
        self.faults.append(Fault(code, place, text))

    def read(self, data: Any) -> Episode:
        if type(data) is not dict:
            raise Faults([Fault("wrong-type", "$", f"found {shown(data)}, expected an object")])
        self._keys(data, _KEYS, "$")
        if "palpate" not in data:
            self.fault("missing-key", "$", "the key palpate is missing; it says which version of the format this is: 1")
        elif type(data["palpate"]) is not int or data["palpate"] != 1:
            self.fault("wrong-version", "$.palpate", f"found {shown(data['palpate'])}, expected 1")
        as_of = self._date(data, "as_of", "$", needed=True)
        if "facts" not in data:
            self.fault("missing-key", "$", "the key facts is missing; it may be empty, as {}")
        facts = self._facts(data.get("facts", {}), "$.facts")
        sessions = self._sessions(data.get("sessions"), as_of)
        today, unchanged = self._today(data.get("today"))
        moment = self._moment(data, sessions, today)
        self._derive(data, facts, today, sessions, as_of)
        episode = Episode(
            as_of=as_of or date.min,
            facts=facts,
            moment=moment,
            id=self._text(data.get("id"), "$.id"),
            protocol=self._protocol(data.get("protocol")),
            unsure=self._unsure(data.get("unsure"), facts, today, moment),
            sessions=sessions,
            today=today,
            unchanged=unchanged,
            measures=self._measures(data.get("measures"), as_of),
            clearances=self._clearances(data.get("clearances"), as_of),
        )
        if today is not None and moment == "intake":
            self.fault(
                "wrong-moment", "$.today", "today belongs to the moments session and review, and the moment is intake"
            )
        if today is not None and moment == "session" and sessions and sessions[-1].day == as_of:
            place = f"$.sessions[{len(sessions) - 1}].date"
            self.fault("wrong-moment", place, "a session dated as_of may stand beside today at moment review only")
        if self.faults:
            raise Faults(self.faults)
        return episode

    # --- parts ---------------------------------------------------------------------------------------------------

    def _facts(self, data: Any, place: str) -> dict[str, Value]:
        if data is None:
            return {}
        if type(data) is not dict:
            self.fault("wrong-type", place, f"found {shown(data)}, expected an object of fact names and answers")
            return {}
        known: dict[str, Value] = {}
        vocabulary = self.vocabulary
        for name, value in data.items():
            fact = vocabulary.get(name)
            if fact is None:
                near = self._near(name, vocabulary)
                self.fault("unknown-fact", f"{place}.{step(name)}", f"no fact is called that{near}")
            elif name in self.pathway.worked_out:
                self.fault("worked-out", f"{place}.{name}", "this is worked out from the document and cannot be given")
            elif value is not None:
                if fact.kind == "bool":
                    if value is True or value is False:
                        known[name] = value
                        continue
                elif fact.kind == "enum" and type(value) is str and value in fact.values:
                    known[name] = value
                    continue
                wrong = fact.wrong(value)
                if wrong:
                    self.fault("wrong-value", f"{place}.{name}", wrong)
                else:
                    known[name] = int(value) if fact.kind == "int" else value
        return known

    def _sessions(self, data: Any, as_of: date | None) -> tuple[Session, ...]:
        sessions: list[Session] = []
        for index, row in self._rows(data, "$.sessions"):
            place = f"$.sessions[{index}]"
            self._keys(row, _SESSION_KEYS, place)
            day = self._date(row, "date", place, needed=True)
            if day and as_of and day > as_of:
                self.fault("after-as-of", f"{place}.date", f"found {day}, which is after as_of ({as_of})")
            if day and sessions and day < sessions[-1].day:
                before = sessions[-1].day
                self.fault("out-of-order", f"{place}.date", f"found {day} behind {before}; sessions stand oldest first")
            techniques = row.get("techniques")
            if techniques is not None and not _words(techniques):
                self.fault("wrong-type", f"{place}.techniques", f"found {shown(techniques)}, expected a list of words")
                techniques = None
            sessions.append(
                Session(
                    day=day or date.min,
                    pain_before=self._number(row.get("pain_before"), f"{place}.pain_before", 0, 10, "points"),
                    pain_after=self._number(row.get("pain_after"), f"{place}.pain_after", 0, 10, "points"),
                    minutes=self._number(row.get("minutes"), f"{place}.minutes", 0, 480, "minutes"),
                    techniques=tuple(techniques or ()),
                    facts=self._facts(row.get("facts"), f"{place}.facts"),
                )
            )
        return tuple(sessions)

    def _today(self, data: Any) -> tuple[dict[str, Value] | None, bool]:
        if data is None:
            return None, False
        if type(data) is not dict:
            self.fault("wrong-type", "$.today", f"found {shown(data)}, expected an object")
            return None, False
        self._keys(data, ("unchanged", "facts"), "$.today")
        unchanged = data.get("unchanged")
        if unchanged is not None and type(unchanged) is not bool:
            self.fault("wrong-value", "$.today.unchanged", f"found {shown(unchanged)}, expected true or false")
        return self._facts(data.get("facts"), "$.today.facts"), unchanged is True

    def _moment(self, data: Mapping[str, Any], sessions: Sequence[Session], today: object) -> str:
        moment = data.get("moment")
        if moment is None:
            if today is not None:
                return "session"
            return "review" if sessions else "intake"
        if moment not in MOMENTS:
            self.fault("wrong-value", "$.moment", f"found {shown(moment)}, expected {listed(MOMENTS)}")
            return "intake"
        return str(moment)

    def _protocol(self, name: Any) -> str | None:
        if name is None:
            return None
        protocols = self.pathway.protocols
        if type(name) is not str or name not in protocols:
            near = self._near(name, protocols)
            text = f"found {shown(name)}, and the pathway has no protocol called that{near}"
            self.fault("unknown-protocol", "$.protocol", text)
            return None
        return name

    def _unsure(self, data: Any, facts: Any, today: Any, moment: str) -> tuple[str, ...]:
        if data is None:
            return ()
        if not _words(data):
            self.fault("wrong-type", "$.unsure", f"found {shown(data)}, expected a list of fact names")
            return ()
        for index, name in enumerate(data):
            place = f"$.unsure[{index}]"
            fact = self.vocabulary.get(name)
            if fact is None:
                near = self._near(name, self.vocabulary)
                self.fault("unknown-fact", place, f"no fact is called {shown(name)}{near}")
            elif name in (today or {}) or (name in facts and (moment == "intake" or not fact.each_session)):
                self.fault("answered-twice", place, f"{name} stands among the unsure and is answered as well")
        return tuple(dict.fromkeys(data))

    def _measures(self, data: Any, as_of: date | None) -> tuple[Measure, ...]:
        measures = []
        known = self.pathway.measures
        for index, row in self._rows(data, "$.measures"):
            place = f"$.measures[{index}]"
            self._keys(row, ("date", "name", "value", "values"), place)
            day = self._date(row, "date", place, needed=True)
            if day and as_of and day > as_of:
                self.fault("after-as-of", f"{place}.date", f"found {day}, which is after as_of ({as_of})")
            name = row.get("name")
            if type(name) is not str or name not in known:
                near = self._near(name, known)
                self.fault(
                    "unknown-measure", f"{place}.name", f"found {shown(name)}, and no measure is called that{near}"
                )
                continue
            measure = self._measure(row, name, day or date.min, place)
            if measure is not None:
                measures.append(measure)
        return tuple(measures)

    def _measure(self, row: Mapping[str, Any], name: str, day: date, place: str) -> Measure | None:
        table = self.pathway.measures[name]
        low, high = table["range"]
        whole = bool(table.get("whole"))
        if name == "own_activities":
            values = row.get("values")
            if "value" in row:
                self.fault("wrong-type", f"{place}.value", f"{name} has its ratings under the key values")
                return None
            if type(values) is not list or not 1 <= len(values) <= 3:
                self.fault(
                    "wrong-type", f"{place}.values", f"found {shown(values)}, expected a list of one to three ratings"
                )
                return None
            rated = tuple(
                self._number(v, f"{place}.values[{i}]", low, high, table["unit"]) for i, v in enumerate(values)
            )
            return Measure(day, name, values=rated)
        if "values" in row:
            self.fault("wrong-type", f"{place}.values", f"{name} has one value, under the key value")
            return None
        if "value" not in row:
            self.fault("missing-key", place, "the key value is missing; it is null where the score is not known")
            return None
        value = self._number(row.get("value"), f"{place}.value", low, high, table["unit"], whole)
        return None if value is None else Measure(day, name, value)

    def _clearances(self, data: Any, as_of: date | None) -> tuple[Clearance, ...]:
        clearances = []
        for index, row in self._rows(data, "$.clearances"):
            place = f"$.clearances[{index}]"
            self._keys(row, _CLEARANCE_KEYS, place)
            day = self._date(row, "date", place, needed=True)
            until = self._date(row, "valid_until", place, latest=date.max)  # people write 9999-12-31 for "for good"
            if day and as_of and day > as_of:
                self.fault("after-as-of", f"{place}.date", f"found {day}, which is after as_of ({as_of})")
            if day and until and until < day:
                self.fault(
                    "out-of-order", f"{place}.valid_until", f"found {until}, which is before its own date ({day})"
                )
            outcome = row.get("outcome")
            if outcome not in OUTCOMES:
                self.fault("wrong-value", f"{place}.outcome", f"found {shown(outcome)}, expected {listed(OUTCOMES)}")
            covers = row.get("covers")
            if not _words(covers) or not covers:
                self.fault("wrong-type", f"{place}.covers", f'found {shown(covers)}, expected rule ids, or ["*"]')
                covers = []
            for at, rule in enumerate(covers):
                if rule != "*" and rule not in self.pathway.rule:
                    near = self._near(rule, self.pathway.rule)
                    self.fault("unknown-rule", f"{place}.covers[{at}]", f"no rule is called {shown(rule)}{near}")
            by = self._text(row.get("by"), f"{place}.by") or ""
            limits = self._text(row.get("limits"), f"{place}.limits", 2_000, HIDDEN) or ""
            rules = tuple(dict.fromkeys(covers))
            clearances.append(Clearance(day or date.min, str(outcome), rules, by, until, limits))
        return tuple(clearances)

    def _derive(
        self, data: Mapping[str, Any], facts: dict[str, Value], today: Mapping[str, Value] | None,
        sessions: Sequence[Session], as_of: date | None,
    ) -> None:  # fmt: skip
        """Age from the birth date and duration from the onset; a second, other value is a fault that names both."""
        person = data.get("person")
        if person is not None and type(person) is not dict:
            self.fault("wrong-type", "$.person", f"found {shown(person)}, expected an object")
            person = None
        if person:
            self._keys(person, ("birth_date",), "$.person")
        born = self._date(person or {}, "birth_date", "$.person")
        onset = self._date(data, "onset", "$")
        if as_of is None:
            return
        if born:
            age = _years(born, as_of)
            self._follows(facts, today or {}, "age_years", age, "$.person.birth_date", born, as_of)
            self._agrees(sessions, "age_years", age, lambda day: _years(born, day))
        if onset:
            days = (as_of - onset).days
            self._follows(facts, today or {}, "pain_duration_days", days, "$.onset", onset, as_of)
            self._agrees(sessions, "pain_duration_days", days, lambda day: (day - onset).days)

    def _agrees(self, sessions: Sequence[Session], name: str, now: int, then: Callable[[date], int]) -> None:
        """What a session says of the same must have been so on its day; what follows from the date stands."""
        for at, session in enumerate(sessions):
            if name in session.facts:
                said = session.facts[name]
                if said not in (now, then(session.day)):
                    text = f"found {shown(said)}, but the date that the document gives makes it {then(session.day)}"
                    self.fault("disagreement", f"$.sessions[{at}].facts.{name}", text)
                session.facts.pop(name)  # read for its own sake; what follows from the date stands

    def _follows(
        self, facts: dict[str, Value], today: Mapping[str, Value], name: str, value: int, place: str, day: date,
        as_of: date,
    ) -> None:  # fmt: skip
        if day > as_of:
            self.fault("after-as-of", place, f"found {day}, which is after as_of ({as_of})")
            return
        if name not in self.vocabulary:
            self.fault("unknown-fact", place, f"the pathway has no fact {name} that this date could give")
            return
        if self.vocabulary[name].wrong(value):
            expected = self.vocabulary[name].expected()
            self.fault("wrong-value", place, f"found {day}, which makes {name} {value}, expected {expected}")
            return
        for part, given in (("$.facts", facts), ("$.today.facts", today)):
            if name in given and given[name] != value:
                text = (
                    f"found {day}, which makes {name} {value} on {as_of}, but {part}.{name} says {shown(given[name])}"
                )
                self.fault("disagreement", place, text)
        facts.setdefault(name, value)

    # --- values --------------------------------------------------------------------------------------------------

    def _keys(self, row: Mapping[str, Any], known: Sequence[str], place: str) -> None:
        for key in row:
            if key not in known:
                near = self._near(key, known)
                self.fault("unknown-key", f"{place}.{step(key)}", f"this key is not known{near}")

    def _near(self, word: Any, known: Iterable[str]) -> str:
        return did_you_mean(word, known) if type(word) is str and len(self.faults) < MOST_HINTS else ""

    def _rows(self, data: Any, place: str) -> list[tuple[int, dict[str, Any]]]:
        if data is None:
            return []
        if type(data) is not list or len(data) > MOST_ITEMS:
            self.fault("wrong-type", place, f"found {shown(data)}, expected a list of at most {MOST_ITEMS}")
            return []
        rows = []
        for index, row in enumerate(data):
            if type(row) is dict:
                rows.append((index, row))
            else:
                self.fault("wrong-type", f"{place}[{index}]", f"found {shown(row)}, expected an object")
        return rows

    def _date(
        self, row: Mapping[str, Any], key: str, place: str, needed: bool = False, latest: date = LATEST
    ) -> date | None:
        value = row.get(key)
        if value is None:
            if needed:
                self.fault("missing-key", place, f"the key {key} is missing; it is a date such as 2026-03-16")
            return None
        if type(value) is str and _DAY.fullmatch(value):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                self.fault("no-such-date", f"{place}.{key}", f"found {value}, a date that does not exist")
                return None
            if EARLIEST <= day <= latest:
                return day
            text = f"found {value}, expected a day from {EARLIEST} to {latest}"
            self.fault("wrong-value", f"{place}.{key}", text)
            return None
        self.fault("wrong-value", f"{place}.{key}", f"found {shown(value)}, expected a date such as 2026-03-16")
        return None

    def _number(self, value: Any, place: str, low: float, high: float, unit: str, whole: bool = False) -> float | None:
        if value is None:
            return None
        if type(value) in (int, float) and low <= value <= high and not (whole and value != int(value)):
            return int(value) if whole else value
        what = "a whole number" if whole else "a number"
        hint = "; a number is written without quotes" if type(value) is str else ""
        expected = f"{what} from {number(low)} to {number(high)} ({unit})"
        self.fault("wrong-value", place, f"found {shown(value)}, expected {expected}{hint}")
        return None

    def _text(self, value: Any, place: str, longest: int = 200, refused: re.Pattern[str] = _IN_NAME) -> str | None:
        if value is None:
            return None
        if type(value) is not str or len(value) > longest or refused.search(value):
            what = "one line" if refused is _IN_NAME else "a text"
            expected = f"{what} of at most {longest} characters, without control characters"
            self.fault("wrong-value", place, f"found {shown(value)}, expected {expected}")
            return None
        return value


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _words(data: Any) -> bool:
    return (
        type(data) is list
        and len(data) <= MOST_ITEMS
        and all(type(word) is str and len(word) <= 200 and not _IN_NAME.search(word) for word in data)
    )
