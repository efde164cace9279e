"""Rules by place: what consent, records and covering ask of a practice in one province, state or country.

A place is one TOML file in `places/`. Each says where every statement comes from and whether anybody has read it
(`read`), whether nobody could (`unverified`), or whether it is our own caution (`policy`). What was not read may not be
milder than `default.toml`, which holds the strictest of all places: the loader refuses such a file. Nothing here is
legal advice, and the pathway's own rule stays above every place: nobody under 18 signs alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from palpate.library import SHIPPED
from palpate.pathway.faults import HIDDEN, Fault, Faults, did_you_mean, listed, shown
from palpate.pathway.toml_text import place_in, read_toml

FOLDER = SHIPPED / "places"
DEFAULT_PLACE = "default"
PATHWAY_ADULT_YEARS = 18  # the pathway's rule `minor_without_guardian`, from screening.md, row B4-13
TOPICS = ("consent", "age", "withdrawal", "areas", "draping", "records", "reporting")
CERTAINTIES = ("read", "unverified", "policy")
KINDS = ("law", "regulator", "second_hand")
SPANS = ("session", "course")  # the stricter first
LONGEST_DAYS = 3660

_TABLES: dict[str, tuple[str, ...] | None] = {
    "consent": ("age", "general"), "records": ("keep",), "sensitive": None, "not_sensitive": None, "statements": None,
    "sources": None,
}  # fmt: skip
_LASTING = {"lasts": str, "days": int, "statement": str}
_KEYS: dict[str, dict[str, type]] = {
    "": {"id": str, "name": str, "regulator": str, "title": str, "checked": datetime.date},
    "consent.age": {"own_from_years": int, "guardian_stays": bool, "statement": str},
    "consent.general": _LASTING,
    "records.keep": {"adult_years": int, "minor_years": int, "majority_years": int, "statement": str},
    "sensitive": _LASTING,
    "not_sensitive": {"statement": str},
    "statements": {"topic": str, "text": str, "certainty": str, "sources": list},
    "sources": {"title": str, "section": str, "url": str, "kind": str},
}
_MAY_LACK = {("statements", "sources"), ("sources", "section")}
_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", datetime.date: "a date"}
_RANGES = {
    "own_from_years": (PATHWAY_ADULT_YEARS, 25), "days": (1, LONGEST_DAYS), "adult_years": (1, 50),
    "minor_years": (0, 50), "majority_years": (16, 25),
}  # fmt: skip
_ONE_OF = {"lasts": SPANS, "topic": TOPICS, "certainty": CERTAINTIES, "kind": KINDS}


@dataclass(frozen=True)
class Source:
    """Where a statement was read. kind: law, regulator, or second_hand (somebody's account of them)."""

    id: str
    title: str
    section: str
    url: str
    kind: str


@dataclass(frozen=True)
class Statement:
    """One sentence about a place. certainty: read, unverified (nobody has read it), policy (our own caution)."""

    id: str
    topic: str
    text: str
    certainty: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Lasting:
    """How long a consent lasts: for one session or for a course of treatment, and never longer than `days` days."""

    span: Literal["session", "course"]
    days: int


@dataclass(frozen=True)
class Area:
    """An area of the body that a plan can name. `treated` is False where no plan of ours ever touches it."""

    id: str
    name: str
    treated: bool


@dataclass(frozen=True)
class PlaceRules:
    """What one place asks, whole and checked.

    own_consent_from_years   from this age on a person signs alone; below it, and at an unknown age, a guardian signs
    guardian_stays           the guardian, or an adult named by both, stays in the room
    general                  how long the general consent lasts
    sensitive                area id -> how long its consent of its own lasts; an area that is not here needs none
    adult_years              years for which records are kept after the last contact
    minor_years              the same after the birthday `majority_years`, for who was younger at the last contact
    because                  what a value rests on: `age`, `general`, `records` or an area id -> Statement
    statements               everything said about the place, for its page, in the order of the file
    """

    id: str
    name: str
    regulator: str
    title: str
    checked: datetime.date
    own_consent_from_years: int
    guardian_stays: bool
    general: Lasting
    sensitive: Mapping[str, Lasting]
    adult_years: int
    minor_years: int
    majority_years: int
    because: Mapping[str, Statement]
    statements: tuple[Statement, ...]

    def of_topic(self, topic: str) -> tuple[Statement, ...]:
        """The statements about one of TOPICS, in the order of the file."""
        return tuple(statement for statement in self.statements if statement.topic == topic)


def areas() -> dict[str, Area]:
    """Every area that a plan can name, by id, in the order of `areas.toml`. Errors: Faults."""
    return dict(_areas())


def places() -> tuple[tuple[str, str], ...]:
    """(id, name) of every place, by name, the default last. Errors: Faults, if any file is not whole."""
    found = [load_place(path.stem) for path in FOLDER.glob("*.toml") if path.stem != "areas"]
    return tuple((rules.id, rules.name) for rules in sorted(found, key=lambda r: (r.id == DEFAULT_PLACE, r.name)))


def load_place(place: str) -> PlaceRules:
    """The rules of a place, or of `default`, the strictest, where there is no such place.

    The caller sees which it got by `id`. Errors: Faults, where a shipped file is not whole: then nobody can consent.
    """
    return _load(place if place in _known() else DEFAULT_PLACE)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The ids of the places that are shipped; they do not change while the program runs."""
    return frozenset(path.stem for path in FOLDER.glob("*.toml")) - {"areas"}


def read_place(file: str, text: str, known: Mapping[str, Area], strictest: PlaceRules | None) -> PlaceRules:
    """A place from its text.

    Takes   file: the name for faults; known: the areas; strictest: the default place, None only to read that one.
    Errors  Faults: everything wrong, one line each, with file and line.
    """
    data = read_toml(file, text)
    if isinstance(data, Fault):
        raise Faults([data])
    faults = [*_shape(file, text, data), *_values(file, text, data)]
    if not faults:
        faults = [*_references(file, text, data, known, strictest)]
    if faults:
        raise Faults(faults)
    rules = _built(data)
    if strictest is not None and (milder := [*_milder(file, text, rules, strictest)]):
        raise Faults(milder)
    return rules


def keep_until(place: PlaceRules, last_contact: datetime.date, birth: datetime.date | None) -> datetime.date:
    """The first day on which the record of a person may be destroyed. An unknown birth date counts as a newborn's."""
    grown = later(birth or last_contact, place.majority_years)
    as_adult = later(last_contact, place.adult_years)
    return as_adult if grown <= last_contact else max(as_adult, later(grown, place.minor_years))


def keep_words(place: PlaceRules) -> str:
    """How long records are kept, as the end of a sentence that begins `We keep it`."""
    young = f"if you were under {place.majority_years} then, at least until you are "
    return f"for {place.adult_years} years after your last visit, and {young}{place.majority_years + place.minor_years}"


def later(day: datetime.date, years: int) -> datetime.date:
    """The same day some years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)


@lru_cache(maxsize=32)
def _load(place: str) -> PlaceRules:
    strictest = None if place == DEFAULT_PLACE else _load(DEFAULT_PLACE)
    file = f"{place}.toml"
    rules = read_place(file, (FOLDER / file).read_text(encoding="utf-8"), dict(_areas()), strictest)
    if rules.id != place:
        raise Faults([Fault("wrong-id", f"{file}:1", f"id is {shown(rules.id)}, and the file is called {file}")])
    return rules


@lru_cache(maxsize=1)
def _areas() -> tuple[tuple[str, Area], ...]:
    data = read_toml("areas.toml", (FOLDER / "areas.toml").read_text(encoding="utf-8"))
    if isinstance(data, Fault):
        raise Faults([data])
    return tuple((name, Area(name, row["name"], row["treated"])) for name, row in data["areas"].items())


def _rows(data: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], dict[str, type]]]:
    """(table, entry, row, keys) for every entry of every known table; the top of the file has an empty table."""
    yield "", "", {key: value for key, value in data.items() if key not in _TABLES}, _KEYS[""]
    for table in _TABLES:
        found = data.get(table, {})
        for entry, row in found.items() if isinstance(found, dict) else ():
            keys = _KEYS.get(f"{table}.{entry}") or _KEYS.get(table)
            if isinstance(row, dict) and keys is not None:
                yield table, entry, row, keys


def _at(file: str, text: str, table: str, entry: str, key: str) -> str:
    return place_in(file, text, table or key, entry, key if table else "")


def _shape(file: str, text: str, data: dict[str, Any]) -> Iterator[Fault]:
    """Unknown and missing tables and keys, and values of another type."""
    for table, entries in _TABLES.items():
        found = data.get(table, {})
        if not isinstance(found, dict) or not all(isinstance(row, dict) for row in found.values()):
            what = f"[{table}] must hold tables such as [{table}.name]"
            yield Fault("wrong-type", _at(file, text, table, "", ""), what)
            continue
        for entry in found:
            if entries is not None and entry not in entries:
                what = f"[{table}.{entry}] is unknown{did_you_mean(entry, entries)}"
                yield Fault("unknown-key", _at(file, text, table, entry, ""), what)
        for entry in entries or ():
            if entry not in found:
                yield Fault("missing-key", file, f"[{table}.{entry}] is missing")
    for table, entry, row, keys in _rows(data):
        name = f"{table}.{entry}: " if table else ""
        for key, value in row.items():
            where = _at(file, text, table, entry, key)
            if key not in keys:
                yield Fault("unknown-key", where, f"{name}{shown(key)} is unknown{did_you_mean(key, keys)}")
            elif type(value) is not keys[key]:
                yield Fault("wrong-type", where, f"{name}{key} is {shown(value)}; it must be {_WORDS[keys[key]]}")
        for key in keys:
            if key not in row and (table, key) not in _MAY_LACK:
                yield Fault("missing-key", _at(file, text, table, entry, ""), f"{name}{key} is missing")


def _values(file: str, text: str, data: dict[str, Any]) -> Iterator[Fault]:
    """Texts that are empty or hide something, numbers out of range, words that are not on their list."""
    for table, entry, row, _ in _rows(data):
        name = f"{table}.{entry}: " if table else ""
        for key, value in row.items():
            where = _at(file, text, table, entry, key)
            if isinstance(value, str) and (not value.strip() or HIDDEN.search(value)):
                yield Fault("bad-text", where, f"{name}{key} is empty or holds signs that nobody types")
            elif key in _ONE_OF and isinstance(value, str) and value not in _ONE_OF[key]:
                what = f"{name}{key} is {shown(value)}; it must be {listed(_ONE_OF[key])}"
                yield Fault("unknown-word", where, what)
            elif key in _RANGES and type(value) is int and not _RANGES[key][0] <= value <= _RANGES[key][1]:
                what = f"{name}{key} is {shown(value)}; it must be from {_RANGES[key][0]} to {_RANGES[key][1]}"
                yield Fault("out-of-range", where, what)
            elif key == "sources" and isinstance(value, list) and not all(isinstance(item, str) for item in value):
                yield Fault("wrong-type", where, f"{name}sources must be a list of names of sources")
            elif key == "url" and isinstance(value, str) and not value.startswith(("https://", "http://")):
                yield Fault("bad-url", where, f"{name}url must begin with https:// or http://")


def _references(
    file: str, text: str, data: dict[str, Any], known: Mapping[str, Area], strictest: PlaceRules | None
) -> Iterator[Fault]:
    """Areas, statements and sources that do not exist, are not used, are missing or stand twice."""
    statements, sources = data.get("statements", {}), data.get("sources", {})
    cited: set[str] = set()
    for table, entry, row, _ in _rows(data):
        if "statement" in row and row["statement"] not in statements:
            what = f"{table}.{entry}: there is no statement {shown(row['statement'])}"
            what += did_you_mean(row["statement"], statements)
            yield Fault("unknown-statement", _at(file, text, table, entry, "statement"), what)
        if table in ("sensitive", "not_sensitive") and entry not in known:
            what = f"there is no area {shown(entry)}{did_you_mean(entry, known)}"
            yield Fault("unknown-area", _at(file, text, table, entry, ""), what)
        if table != "statements":
            continue
        where, named = _at(file, text, table, entry, "sources"), row.get("sources", [])
        for source in named:
            if source not in sources:
                what = f"statements.{entry}: there is no source {shown(source)}"
                yield Fault("unknown-source", where, what)
        cited.update(named)
        if row["certainty"] == "read" and not named:
            yield Fault("read-without-source", where, f"statements.{entry} is `read` but names no source")
        if row["certainty"] == "policy" and named:
            yield Fault("policy-with-source", where, f"statements.{entry} is our own policy and names a source")
    for source in sources:
        if source not in cited:
            what = f"no statement names the source {source}"
            yield Fault("unused-source", _at(file, text, "sources", source, ""), what)
    for topic in TOPICS:
        if all(row["topic"] != topic for row in statements.values()):
            yield Fault("missing-topic", file, f"no statement is about {topic}")
    sensitive, free = data.get("sensitive", {}), data.get("not_sensitive", {})
    for area in free:
        if area in sensitive:
            where = _at(file, text, "not_sensitive", area, "")
            yield Fault("said-twice", where, f"{area} is sensitive and not sensitive")
    for area in strictest.sensitive if strictest else ():
        if area not in sensitive and area not in free:
            what = f"{area} is sensitive in the default; say [sensitive.{area}] or [not_sensitive.{area}]"
            yield Fault("missing-area", file, what)


def _built(data: dict[str, Any]) -> PlaceRules:
    sources = {
        name: Source(name, row["title"], row.get("section", ""), row["url"], row["kind"])
        for name, row in data.get("sources", {}).items()
    }
    statements = {
        name: Statement(
            name, row["topic"], row["text"].strip(), row["certainty"], tuple(sources[s] for s in row.get("sources", ()))
        )
        for name, row in data["statements"].items()
    }
    age, general, keep = data["consent"]["age"], data["consent"]["general"], data["records"]["keep"]
    sensitive, free = data.get("sensitive", {}), data.get("not_sensitive", {})
    rests = {"age": age, "general": general, "records": keep, **sensitive, **free}
    return PlaceRules(
        id=data["id"], name=data["name"], regulator=data["regulator"], title=data["title"], checked=data["checked"],
        own_consent_from_years=age["own_from_years"], guardian_stays=age["guardian_stays"],
        general=Lasting(general["lasts"], general["days"]),
        sensitive=MappingProxyType({area: Lasting(row["lasts"], row["days"]) for area, row in sensitive.items()}),
        adult_years=keep["adult_years"], minor_years=keep["minor_years"], majority_years=keep["majority_years"],
        because=MappingProxyType({name: statements[row["statement"]] for name, row in rests.items()}),
        statements=tuple(statements.values()),
    )  # fmt: skip


def _milder(file: str, text: str, rules: PlaceRules, strictest: PlaceRules) -> Iterator[Fault]:
    """Values that are milder than the default's though nobody has read what they rest on."""

    def shorter(mine: Lasting | None, theirs: Lasting) -> bool:
        """Whether a consent is asked for less often than in the default, or not at all."""
        return mine is None or SPANS.index(mine.span) > SPANS.index(theirs.span) or mine.days > theirs.days

    grown, their_grown = rules.majority_years + rules.minor_years, strictest.majority_years + strictest.minor_years
    younger = rules.own_consent_from_years < strictest.own_consent_from_years
    mild = {
        ("consent", "age", "age"): younger or rules.guardian_stays < strictest.guardian_stays,
        ("consent", "general", "general"): shorter(rules.general, strictest.general),
        ("records", "keep", "records"): rules.adult_years < strictest.adult_years or grown < their_grown,
    }
    for area, theirs in strictest.sensitive.items():
        table = "sensitive" if area in rules.sensitive else "not_sensitive"
        mild[table, area, area] = shorter(rules.sensitive.get(area), theirs)
    for (table, entry, name), is_mild in mild.items():
        if is_mild and rules.because[name].certainty != "read":
            what = f"{table}.{entry} is milder than the default, but its statement is {rules.because[name].certainty}"
            yield Fault("milder-unread", _at(file, text, table, entry, ""), what)
