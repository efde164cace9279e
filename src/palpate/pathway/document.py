"""Text of a pathway -> its meaning, or all its faults at once, each with its file and line.

The text is TOML in one or more files, read in name order. What cannot be run is refused here: an unknown key, a wrong
type, a condition that can never hold, a rule without a source. Nothing is repaired and nothing is guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from math import comb
from typing import Any

from palpate.pathway.condition import (
    And,
    AtLeast,
    Between,
    Compare,
    In,
    Node,
    Not,
    children,
    facts_of,
    named_in,
    spelled_out,
    to_json,
)
from palpate.pathway.domains import Domains
from palpate.pathway.facts import Fact, Vocabulary
from palpate.pathway.faults import HIDDEN, MOST_HINTS, Fault, Faults, did_you_mean, listed, shown, step
from palpate.pathway.parse import (
    FORBIDDEN,
    RESERVED,
    Expand,
    Unreadable,
    parse_arithmetic,
    parse_condition,
)
from palpate.pathway.pathway import URGENCIES, Pathway
from palpate.pathway.schema import ENTRIES, NEEDED, SINGLE, Keys, expected_of, texts_in
from palpate.pathway.spelling import over_cases, over_count, over_value
from palpate.pathway.toml_text import place_in, read_toml

LARGEST = 2 << 20  # bytes of one pathway document (S-30)
MOST_NODES, DEEPEST = 5_000, 80  # of one condition with its derived facts spelled out
MOST_DAYS = 1_000  # of anything that a protocol counts: days, minutes, sessions
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
# Facts that the response rule and the course read, whether or not a condition names them.
USED_BY_THE_JUDGE = frozenset(
    {"pain_baseline", "pain_at_check", "activities_baseline", "activities_at_check", "global_change", "spasm_response"}
    | {
        "sessions_planned",
        "sessions_completed",
        "days_since_first_session",
        "days_since_last_session",
        "course_week",
        "pain_now",
    }
)


def read(files: Mapping[str, str]) -> Pathway:
    """The pathway that the files write.

    Takes   files: file name -> text, in reading order.
    Errors  Faults: everything wrong with the document.
    """
    reader = _Reader(files)
    meaning = reader.meaning()
    if reader.faults:
        raise Faults(dict.fromkeys(reader.faults))
    return Pathway.of_meaning(meaning)


class _Elsewhere(Unreadable):
    """A condition that is sound but for a derived fact whose own fault is said where it stands."""


class _Reader:
    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.faults: list[Fault] = []
        self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in ENTRIES}
        self.single: dict[str, dict[str, Any]] = {}
        self.home_of: dict[tuple[str, str], str] = {}
        self.nodes: dict[tuple[str, str, str], Node] = {}
        self.cited: set[str] = set()
        self.unread = False  # whether some condition could not be read, so that nobody knows what it would use
        self.sizes: dict[int, tuple[Node, int, int]] = {}

    # --- faults with their lines ---------------------------------------------------------------------------------

    def fault(self, code: str, table: str, entry: str, text: str, key: str = "") -> None:
        file = self.home_of.get((table, entry)) or self.home_of.get((table, ""), "")
        self.faults.append(Fault(code, self._place(file, table, entry, key), text))

    def _place(self, file: str, table: str, entry: str, key: str) -> str:
        return place_in(file, self.files[file], table, entry, key) if file else next(iter(self.files), "")

    def _near(self, word: str, known: Iterable[str]) -> str:
        return did_you_mean(word, known) if len(self.faults) < MOST_HINTS else ""

    # --- reading -------------------------------------------------------------------------------------------------

    def meaning(self) -> dict[str, Any]:
        if sum(len(text) for text in self.files.values()) > LARGEST:
            raise Faults([Fault("too-large", "", f"the document has more than {LARGEST} bytes (2 MiB)")])
        for file, text in self.files.items():
            self._file(file, text)
        if self.faults:
            raise Faults(self.faults)
        for table in NEEDED:
            if not self.rows.get(table) and table not in self.single:
                first = next(iter(self.files), "the folder is empty")
                self.faults.append(Fault("missing-table", first, f"the document has no [{table}] table"))
        if self.faults:
            raise Faults(self.faults)
        for table, entries in self.rows.items():
            for entry, row in entries.items():
                self._keys(table, entry, row, ENTRIES[table])
        for table, row in self.single.items():
            self._keys(table, "", row, SINGLE[table])
        if self.faults:
            raise Faults(self.faults)
        self._facts()
        if self.faults:
            raise Faults(self.faults)
        self._conditions()
        self._rules()
        self._protocols()
        self._settings_and_dispositions()
        self._sources()
        if not self.unread:
            self._unused_facts()
        if not self.faults:
            self._can_hold()
        return {} if self.faults else self._assemble()

    def _file(self, file: str, text: str) -> None:
        data = read_toml(file, text)
        if isinstance(data, Fault):
            self.faults.append(data)
            return
        for table, content in data.items():
            if type(content) is not dict:
                place = self._place(file, table, "", table)
                what = "is not written as a table" if table in (*SINGLE, *ENTRIES) else "stands outside every table"
                self.faults.append(Fault("unknown-key", place, f"{step(table)} {what}"))
            elif table in SINGLE:
                if table in self.single:
                    what = f"[{table}] stands here and in {self.home_of[table, '']}"
                    self.faults.append(Fault("twice", self._place(file, table, "", ""), what))
                self.single[table] = content
                self.home_of[table, ""] = file
            elif table in ENTRIES:
                self._entries(file, table, content)
            else:
                near = self._near(table, [*ENTRIES, *SINGLE])
                place = self._place(file, table, "", "")
                self.faults.append(Fault("unknown-table", place, f"a pathway has no table [{step(table)}]{near}"))

    def _entries(self, file: str, table: str, content: Mapping[str, Any]) -> None:
        for entry, row in content.items():
            if (table, entry) in self.home_of:
                where = self._place(self.home_of[table, entry], table, entry, "")
                self.home_of[table, entry] = file
                self.fault("twice", table, entry, f"[{table}.{entry}] stands already at {where}")
                continue
            self.home_of[table, entry] = file
            self.home_of.setdefault((table, ""), file)
            if type(row) is not dict:
                self.fault("wrong-type", table, entry, f"{table}.{step(entry)} is no table of its own")
            elif not _ID.fullmatch(entry):
                text = f"{shown(entry)} is no name: small letters, digits and _, at most 64"
                self.fault("bad-name", table, entry, text)
            elif table in ("facts", "derived") and (entry in RESERVED or entry in FORBIDDEN):
                self.fault(
                    "bad-name", table, entry, f"{entry} has a meaning of its own in conditions; name it otherwise"
                )
            else:
                self.rows[table][entry] = row

    def _keys(self, table: str, entry: str, row: Mapping[str, Any], keys: Keys) -> None:
        who = self._who(table, entry)
        known = [key.lstrip("!") for key in keys]
        for key in row:
            if key not in known:
                text = f"{who} has an unknown key {step(key)}{self._near(key, known)}"
                self.fault("unknown-key", table, entry, text, key)
        for key, kind in keys.items():
            name = key.lstrip("!")
            if name not in row:
                if key != name:
                    self.fault("missing-key", table, entry, f"{who} has no {name}")
                continue
            expected = expected_of(kind, row[name])
            if expected:
                self.fault(
                    "wrong-type", table, entry, f"{who}: {name} is {shown(row[name])}, expected {expected}", name
                )
            elif any(HIDDEN.search(text) for text in texts_in(row[name])):
                text = f"{who}: {name} holds a control character, or one that overrides the direction of writing"
                self.fault("hidden-character", table, entry, text, name)
            elif kind == "text" and key != name and not row[name].strip() and name not in ("url", "question"):
                self.fault("missing-key", table, entry, f"{who}: {name} is empty", name)

    @staticmethod
    def _who(table: str, entry: str) -> str:
        names = {"rules": "rule", "facts": "fact", "derived": "derived fact", "sources": "source"}
        word = names.get(table, table.rstrip("s"))
        return f"{word} {entry}" if entry else f"[{table}]"

    # --- meaning -------------------------------------------------------------------------------------------------

    def _facts(self) -> None:
        facts = []
        for table in ("facts", "derived"):
            for entry, row in self.rows[table].items():
                if table == "derived" and entry in self.rows["facts"]:
                    self.fault("twice", table, entry, f"{entry} is a fact that is asked and a derived one")
                kind: str = row["type"]
                if table == "derived":
                    self._way(entry, row)
                low, high = row.get("range", (0, 0))
                if kind == "enum" and len(row.get("values", ())) < 2:
                    self.fault("wrong-type", table, entry, f"{self._who(table, entry)} is an enum and needs values")
                if kind in ("int", "float") and (not row.get("range") or low >= high or not row.get("unit")):
                    self.fault("wrong-type", table, entry, f"{self._who(table, entry)} needs a range and a unit")
                elif kind == "int" and not (float(low).is_integer() and float(high).is_integer()):
                    text = f"{self._who(table, entry)} is a whole number, and its range does not end at whole numbers"
                    self.fault("wrong-type", table, entry, text, "range")
                for value in row.get("values", ()):
                    if not _ID.fullmatch(value):
                        text = f"{self._who(table, entry)}: the value {shown(value)} is no name"
                        self.fault("bad-name", table, entry, text)
                stage = row.get("stage", "derived")
                facts.append(
                    Fact(entry, kind, row.get("question", ""), row["meaning"], stage, row["group"],
                         row.get("each_session", False), row["if_unknown"] == "ask", row.get("values", {}),
                         low, high, row.get("unit", ""))
                )  # fmt: skip
        self.vocabulary = Vocabulary.of(facts)
        self.asked = Vocabulary.of(fact for fact in facts if fact.name not in self._made())
        self.expand = {name: self._expander(name) for name in self._made()}

    def _way(self, entry: str, row: Mapping[str, Any]) -> None:
        """That a derived fact is worked out in one way, which gives values of its type."""
        kinds = {
            "cases": ("enum",),
            "count": ("int",),
            "value": ("int", "float"),
            "from": ("bool", "enum", "int", "float"),
        }
        ways = [way for way in kinds if way in row]
        if len(ways) != 1:
            text = f"derived fact {entry} needs one of cases, count, value, from"
            self.fault("missing-key", "derived", entry, text)
        elif row["type"] not in kinds[ways[0]]:
            text = f"derived fact {entry} has type {row['type']}, and {ways[0]} gives {listed(kinds[ways[0]])}"
            self.fault("wrong-type", "derived", entry, text, "type")

    def _made(self) -> list[str]:
        """Derived facts that are spelled out over asked facts; the others the judge works out from the course."""
        return [name for name, row in self.rows["derived"].items() if "from" not in row]

    def _expander(self, name: str) -> Expand:
        row = self.rows["derived"][name]
        made: dict[str, Any] = {}

        def parts() -> dict[str, Any]:
            if not made:
                made["done"] = True
                if "cases" in row:
                    made["cases"] = {v: self._parse("derived", name, "cases", c) for v, c in row["cases"].items()}
                    wrong = set(row["cases"]) ^ set(row.get("values", {}))
                    if wrong:
                        text = f"derived fact {name}: cases and values differ in {listed(sorted(wrong))}"
                        self.fault("wrong-type", "derived", name, text, "cases")
                elif "count" in row:
                    made["count"] = tuple(self._parse("derived", name, "count", c) for c in row["count"])
                else:
                    try:
                        made["value"] = parse_arithmetic(row["value"], self.asked)
                    except Unreadable as error:
                        self.unread = True
                        self.fault("bad-condition", "derived", name, f"derived fact {name}: value {error}", "value")
            return made

        def spell(said: Compare | In | Between) -> Node:
            made = parts()
            if made.get("cases") and None not in made["cases"].values():
                return over_cases(said, made["cases"])
            if made.get("count") and None not in made["count"]:
                return over_count(said, made["count"])
            if "value" in made:
                return over_value(said, *made["value"])
            raise _Elsewhere

        return spell

    def _parse(self, table: str, entry: str, key: str, text: str) -> Node | None:
        vocabulary, expand = self.vocabulary, self.expand
        later: set[str] = set()
        if table == "derived":  # a derived fact may use those that stand before it, so none can use itself
            made = self._made()
            later = set(made[made.index(entry) :])
            vocabulary = Vocabulary.of(fact for fact in vocabulary.facts.values() if fact.name not in later)
            expand = {name: spell for name, spell in expand.items() if name not in later}
        try:
            node = parse_condition(text, vocabulary, expand)
            size, depth = self._size(node)
            if size > MOST_NODES or depth > DEEPEST:
                raise Unreadable("is too large once its derived facts and at_least(...) are spelled out")
            return node
        except _Elsewhere:
            self.unread = True
        except Unreadable as error:
            self.unread = True
            said = str(error)
            if table == "derived" and any(said.startswith(f"names {name}, and no") for name in later):
                said = said.split(",")[0] + ", which does not stand before it"
            self.fault("bad-condition", table, entry, f"{self._who(table, entry)}: {key} {said}", key)
        return None

    def _size(self, node: Node) -> tuple[int, int]:
        """How many nodes a condition has, spelled out, and how deep they stand; each is looked at once.

        A few derived facts that use each other twice are soon more nodes than any memory holds.
        """
        if id(node) not in self.sizes:
            below = [self._size(child) for child in children(node)]
            size = 1 + sum(size for size, _ in below)
            if isinstance(node, AtLeast):
                size += comb(len(node.items), node.n)  # the ways to hold, all of which the proofs have to go through
            self.sizes[id(node)] = (node, size, 1 + max((depth for _, depth in below), default=0))
        return self.sizes[id(node)][1:]

    def _conditions(self) -> None:
        # Expanders parse lazily; touch each once so that a derived fact that no rule names is checked too.
        for name, spell in self.expand.items():
            fact = self.vocabulary[name]
            value: Any = next(iter(fact.values)) if fact.kind == "enum" else fact.high
            with suppress(Unreadable):  # already reported where it stands
                spell(Compare(name, "=", value))
        for table, keys in ENTRIES.items():
            named = [key.lstrip("!") for key, kind in keys.items() if kind == "condition"]
            for entry, row in self.rows[table].items():
                for key in named:
                    if row.get(key, "").strip():
                        node = self._parse(table, entry, key, row[key])
                        if node is not None:
                            self.nodes[table, entry, key] = node
        acute = self.single["pathway"].get("acute_when")
        if acute:
            node = self._parse("pathway", "", "acute_when", acute)
            if node is not None:
                self.nodes["pathway", "", "acute_when"] = node

    def _rules(self) -> None:
        for entry, row in self.rows["rules"].items():
            who = f"rule {entry}"
            if not row["when"].strip():
                self.fault("missing-key", "rules", entry, f"{who}: when is empty", "when")
            if row["section"] not in self.rows["sections"]:
                near = self._near(row["section"], self.rows["sections"])
                text = f"{who}: no section is called {shown(row['section'])}{near}"
                self.fault("unknown-section", "rules", entry, text, "section")
            if (row["disposition"] == "medical_exam_first") != ("urgency" in row):
                text = f"{who}: medical_exam_first has an urgency ({listed(list(URGENCIES))}), and nothing else has one"
                self.fault("wrong-urgency", "rules", entry, text, "disposition")
            if ("policy" in row["evidence"]) != ("palpate_policy" in row["sources"]) and "palpate_policy" in self.rows[
                "sources"
            ]:
                text = f"{who}: the evidence 'policy' and the source palpate_policy go together"
                self.fault("wrong-evidence", "rules", entry, text, "evidence")
            for value in row.get("do_if", ()):
                if not any(value in table["values"] for table in self.rows["settings"].values()):
                    self.fault(
                        "unknown-setting", "rules", entry, f"{who}: no setting has the value {step(value)}", "do_if"
                    )

    def _protocols(self) -> None:
        defaults = [entry for entry, row in self.rows["protocols"].items() if row.get("default")]
        if len(defaults) != 1:
            self.fault("no-default", "protocols", "", "exactly one protocol has default = true")
        for entry, row in self.rows["protocols"].items():
            low, high = row["gap_days"]
            counted = (low, high, row["within_days"], row["sessions"], row["minutes"])
            if not all(type(n) is int and 0 <= n <= MOST_DAYS for n in counted) or not row["minutes"]:
                text = f"protocol {entry}: days, sessions and minutes are whole numbers from 0 to {MOST_DAYS}"
                self.fault("cannot-fit", "protocols", entry, text, "gap_days")
            elif low > high or (row["sessions"] - 1) * low > row["within_days"]:
                span = f"{row['sessions']} sessions {low} days apart do not fit into {row['within_days']} days"
                text = f"protocol {entry}: {span}"
                self.fault("cannot-fit", "protocols", entry, text, "gap_days")
            if row["sessions"] < 1 or any(not 1 <= check <= row["sessions"] for check in row["checks"]):
                text = f"protocol {entry}: a check stands after a session that it does not have"
                self.fault("cannot-fit", "protocols", entry, text, "checks")

        row = self.single["response"]
        for key in ("first_days", "end_days", "booking_days"):
            days = row[key] if isinstance(row[key], list) else [row[key]]
            if not all(type(n) is int and 0 <= n <= MOST_DAYS for n in days) or days != sorted(days):
                text = f"[response]: {key} is {shown(row[key])}, expected whole days from 0 to {MOST_DAYS}"
                self.fault("wrong-value", "response", "", text + ("" if len(days) == 1 else ", the lower first"), key)

    def _settings_and_dispositions(self) -> None:
        for entry, row in self.rows["settings"].items():
            if row["default"] not in row["values"]:
                self.fault(
                    "wrong-value", "settings", entry, f"setting {entry}: its default is not among its values", "default"
                )
        from palpate.pathway.pathway import DISPOSITIONS

        for word in DISPOSITIONS:
            if word not in self.rows["dispositions"]:
                self.fault("missing-table", "dispositions", "", f"the disposition {word} has no words of its own")
        for word in self.rows["dispositions"]:
            if word not in DISPOSITIONS:
                text = f"there is no disposition {word}{self._near(word, DISPOSITIONS)}"
                self.fault("unknown-key", "dispositions", word, text)
        for word in ("unanswered", "unsure_emergency", "unsure_other"):
            if word not in self.rows["judge"]:
                self.fault("missing-table", "judge", "", f"the judge's own text {word} is missing")

    def _sources(self) -> None:
        known = self.rows["sources"]
        for table, rows in [*self.rows.items(), *((name, {"": row}) for name, row in self.single.items())]:
            for entry, row in rows.items():
                if table == "sources":
                    continue
                if "sources" in row and not row["sources"]:
                    self.fault("no-source", table, entry, f"{self._who(table, entry)} names no source", "sources")
                for source in row.get("sources", ()):
                    self.cited.add(source)
                    if source not in known:
                        near = self._near(source, known)
                        text = f"{self._who(table, entry)} cites {step(source)}, and no source is called that{near}"
                        self.fault("unknown-source", table, entry, text, "sources")
        for source in known:
            if source not in self.cited:
                self.fault("uncited-source", "sources", source, f"source {source} is cited by nothing")

    def _unused_facts(self) -> None:
        used = set(USED_BY_THE_JUDGE)
        for node in self.nodes.values():
            used.update(facts_of(node), named_in(node))
        for name in self._made():
            for value in self._derived_nodes(name):
                used.update(facts_of(value))
        for name, fact in self.vocabulary.facts.items():
            if name not in used:
                table = "derived" if fact.stage == "derived" else "facts"
                self.fault("unused-fact", table, name, f"fact {name} is used by no rule")

    def _derived_nodes(self, name: str) -> list[Node]:
        spell, fact = self.expand[name], self.vocabulary[name]
        values: list[Any] = list(fact.values) if fact.kind == "enum" else [fact.high]
        try:
            return [spell(Compare(name, "=", value)) for value in values]
        except Unreadable:
            return []

    def _can_hold(self) -> None:
        from palpate.pathway.asking import TooEntangled
        from palpate.pathway.engine import can_hold

        plain = {place: spelled_out(node) for place, node in self.nodes.items()}
        made = [node for name in self._made() for node in self._derived_nodes(name)]
        domains = Domains([*plain.values(), *made], self.vocabulary.facts)
        for (table, entry, key), node in plain.items():
            who = self._who(table, entry)
            try:
                if not can_hold(node, domains, self.vocabulary.facts):
                    self.fault("never-holds", table, entry, f"{who}: {key} can never hold, whatever is known", key)
                elif not can_hold(Not(node), domains, self.vocabulary.facts):
                    self.fault(
                        "always-holds", table, entry, f"{who}: {key} holds for everybody, so it asks nothing", key
                    )
            except TooEntangled:  # what cannot be checked is not loaded
                text = f"{who}: {key} is too entangled to find out whether it can hold; write it as several rules"
                self.fault("too-entangled", table, entry, text, key)
        for name in self._made():
            row = self.rows["derived"][name]
            if "cases" not in row:
                continue
            try:
                for first, second in itertools.combinations(self._derived_nodes(name), 2):
                    if can_hold(And((first, second)), domains, self.vocabulary.facts):
                        text = f"derived fact {name}: two of its cases can hold at once"
                        self.fault("cases-overlap", "derived", name, text, "cases")
            except TooEntangled:
                text = f"derived fact {name}: its cases are too entangled to find out whether two can hold at once"
                self.fault("too-entangled", "derived", name, text, "cases")

    # --- the result ----------------------------------------------------------------------------------------------

    def _assemble(self) -> dict[str, Any]:
        meaning: dict[str, Any] = {}
        for table, rows in self.rows.items():
            meaning[table] = [self._row(table, entry, row) for entry, row in rows.items()]
        facts, derived = meaning.pop("facts"), meaning.pop("derived")
        meaning["facts"] = facts + [{**row, "stage": "derived"} for row in derived]
        meaning["settings"] = {
            entry: {"title": row["title"], "values": row["values"], "value": row["default"]}
            for entry, row in self.rows["settings"].items()
        }
        meaning["dispositions"] = dict(self.rows["dispositions"])
        for table, row in self.single.items():
            meaning[table] = dict(row)
        node = self.nodes.get(("pathway", "", "acute_when"))
        if node is not None:
            meaning["pathway"]["acute_when"] = to_json(node)
        return meaning

    def _made_of(self, name: str) -> dict[str, Any]:
        """How a derived fact is worked out, as plain data."""
        row = self.rows["derived"][name]
        if "cases" in row:
            return {"cases": {v: to_json(self._node(name, "cases", c)) for v, c in row["cases"].items()}}
        if "count" in row:
            return {"count": [to_json(self._node(name, "count", c)) for c in row["count"]]}
        (terms, constant), floored = parse_arithmetic(row["value"], self.asked)
        parts = [[fact, size.numerator, size.denominator] for fact, size in terms.items()]
        return {"sum": parts, "constant": [constant.numerator, constant.denominator], "floor": floored}

    def _node(self, name: str, key: str, text: str) -> Node:
        node = self._parse("derived", name, key, text)
        assert node is not None  # it was read without a fault before
        return node

    def _row(self, table: str, entry: str, row: Mapping[str, Any]) -> dict[str, Any]:
        result = {"id": entry, **row}
        if table in ("facts", "derived") and "values" in row:
            result["order"] = list(row["values"])  # which the sorted keys of the canonical JSON would lose
        for key in ("when", "avoid_when"):
            if (table, entry, key) in self.nodes:
                result[key] = to_json(self.nodes[table, entry, key])
            elif ENTRIES[table].get(key) == "condition":
                result.pop(key, None)
        if "row" in row and table == "rules":
            result["rows"] = [result.pop("row"), *row.get("rows", ())]
        if table == "derived":
            result.pop("value", None)
            for key in ("cases", "count"):
                result.pop(key, None)
            if entry in self.expand:
                result["made"] = self._made_of(entry)
                result["written"] = row.get("cases") or row.get("count") or row["value"]
        return result
