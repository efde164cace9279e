"""The worked examples beside a pathway, and whether the pathway shown here agrees with each.

Cases are read by another room and handed over; what is needed of them is named by `CaseLike` and `RuleCaseLike`. What
the pathway says is worked out here, from the pathway that is shown, so that a page never repeats an old result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from palpate.pathway.condition import truth_of
from palpate.pathway.decision import decide
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import DISPOSITIONS, Pathway
from palpate.show.blocks import Block, Break, Line, Note, Para, Part, Small, Span, Strong, Table, Tag, bullets, joined
from palpate.show.index import Index
from palpate.show.known import Usual, known_lines, usual_answers, usual_of
from palpate.show.words import answers, disposition_tag, fact_label, label, rule_link

TRUTHS = {"holds": "Holds", "fails": "Fails", "unknown": "Unknown"}
_TRUTH_OF = {"yes": "holds", "no": "fails", "unknown": "unknown"}
# Published cases compare dispositions by these ranks, the highest first. Source: the README of the published cases.
RANKS = (
    ("emergency",),
    ("medical_exam_first",),
    ("do_not_massage_now", "physician_clearance"),
    ("incomplete",),
    ("change_treatment", "complete"),
    ("treat_with_precautions",),
    ("treat",),
)


class CaseLike(Protocol):
    """A whole episode document and what must come out (`palpate.library.cases.Case`)."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def document(self) -> Mapping[str, Any]: ...
    @property
    def expect(self) -> Mapping[str, Any]: ...
    @property
    def group(self) -> str: ...


class RuleCaseLike(Protocol):
    """One rule and all that is known: it holds, fails or is unknown (`palpate.library.cases.RuleCase`)."""

    @property
    def rule(self) -> str: ...
    @property
    def truth(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


# A case alone, or with everything in which the decision differs from what it expects (empty: it agrees).
CaseOrPair: TypeAlias = CaseLike | tuple[CaseLike, Sequence[str]]


@dataclass(frozen=True)
class _Told:
    """A case with what the pathway shown here decides.

    disposition   "" where the document is refused; `faults` then says why
    differences   as handed over; None where nobody compared
    """

    case: CaseLike
    disposition: str
    urgency: str | None
    faults: str
    differences: tuple[str, ...] | None

    @property
    def published(self) -> bool:
        return bool(self.case.expect.get("at_least"))

    def stands(self, key: str) -> int:
        """Above the bound `key` (positive), on it (0) or below it. A document that is refused is below every bound."""
        return _rank(self.disposition) - _rank(self.case.expect[key])


def _rank(disposition: str) -> int:
    return next((-at for at, alike in enumerate(RANKS) if disposition in alike), -len(RANKS))


def cases_part(
    pathway: Pathway, index: Index, cases: Sequence[CaseOrPair] | None, rule_cases: Sequence[RuleCaseLike] | None
) -> Part:
    """Rule cases by section, whole cases by group, and how the published ones stand to floor and ceiling."""
    told = [_told(pathway, one) for one in cases or ()]
    parts = []
    published = [one for one in told if one.published]
    if published:
        parts.append(Part("cases-published", "Published cases: how many the questions see", _summary(published)))
    if rule_cases:
        parts.append(_rule_cases(pathway, index, rule_cases))
    if told:
        parts.append(_whole_cases(pathway, told))
    said = "Worked examples. Their expected results come from the dossier or from a published report, never from what "
    said += "Palpate itself says. The tests run them all; what the pathway of this page says stands beside each."
    if not parts:
        return Part("cases", "Cases", (Para(("No cases were handed over with this pathway.",)),))
    return Part("cases", "Cases", (Para((said,)),), tuple(parts))


def _told(pathway: Pathway, one: CaseOrPair) -> _Told:
    case, differences = (one[0], tuple(one[1])) if isinstance(one, tuple) else (one, None)
    try:
        decision = decide(pathway, case.document)
    except Faults as faults:
        return _Told(case, "", None, str(faults), differences)
    return _Told(case, decision.disposition, decision.urgency, "", differences)


# --- published cases --------------------------------------------------------------------------------------------------


def _summary(published: Sequence[_Told]) -> tuple[Block, ...]:
    below = [one for one in published if one.stands("at_least") < 0]
    unseen = [one for one in below if one.case.expect.get("unseen")]
    missed = [one for one in below if not one.case.expect.get("unseen")]
    ceilings = [one for one in published if one.case.expect.get("at_most")]
    above = [one for one in ceilings if one.stands("at_most") > 0]
    rows: list[tuple[Line, ...]] = [
        (("States of people from published reports",), (str(len(published)),)),
        (("At or above the floor",), (f"{len(published) - len(below)} of {len(published)}",)),
        (("Below the floor, because the questions cannot see it",), (str(len(unseen)),)),
        (("Below the floor for any other reason",), (str(len(missed)),)),
        (("Above the ceiling, where one is claimed",), (f"{len(above)} of {len(ceilings)}",)),
    ]
    heads = ("Published cases", "Number")
    blocks: list[Block] = [
        Para(
            (
                "The floor is the least that the report calls for; the ceiling is where we would have treated. Both "
                "are our judgement, knowing how it ended. Case reports are about unusual people: these "
                "numbers say nothing about how often a danger is caught.",
            )
        ),
        Table("published-table", "Published cases, floors and ceilings", heads, tuple(rows)),
    ]
    for title, found in (
        ("What the questions cannot see", unseen),
        ("Below the floor for any other reason", missed),
        ("Above the ceiling", above),
    ):
        if found:
            blocks += [Para((Strong(f"{title}:"),)), bullets(*(_one_line(one) for one in found))]
    return tuple(blocks)


def _one_line(one: _Told) -> Line:
    floor = one.case.expect.get("at_least")
    bound: Line = ("; floor: ", disposition_tag(floor)) if floor else ()
    return (one.case.name, ": ", *_decided(one), *bound)


# --- one rule at a time -----------------------------------------------------------------------------------------------


def _rule_cases(pathway: Pathway, index: Index, rule_cases: Sequence[RuleCaseLike]) -> Part:
    by_rule: dict[str, dict[str, list[RuleCaseLike]]] = {}
    for case in rule_cases:
        by_rule.setdefault(case.rule, {}).setdefault(case.truth, []).append(case)
    differ = [case for case in rule_cases if _truth(pathway, case) != case.truth]
    tables: list[Block] = []
    titles = {row["id"]: row["title"] for row in pathway.meaning["sections"]}
    for section, members in index.sections.items():
        named = [rule for rule in members if rule in by_rule]
        if named:
            tables.append(_rule_table(pathway, f"cases-{section}", titles.get(section, section), named, by_rule))
    strangers = [rule for rule in by_rule if rule not in pathway.rule]
    if strangers:
        tables.append(_rule_table(pathway, "cases-without", "Rules that this pathway lacks", strangers, by_rule))
    missing = [rule.id for rule in pathway.rules if rule.id not in by_rule]
    agree = f"{len(rule_cases)} cases for {len(by_rule)} rules. "
    agree += f"{len(differ)} differ from what the rule says." if differ else "The rules say the same in every one."
    blocks: list[Block] = [
        Para(
            (
                agree,
                " Nothing is known in a case but what it names.",
            )
        )
    ]
    if missing:
        links: list[Span] = [rule_link(rule) for rule in missing]
        blocks.append(Note("plain", (f"{len(missing)} rules have no case here: ", *joined(links))))
    return Part("cases-rules", "Each rule: holds, fails, unknown", (*blocks, *tables))


def _truth(pathway: Pathway, case: RuleCaseLike) -> str:
    rule = pathway.rule.get(case.rule)
    return _TRUTH_OF[truth_of(rule.when, case.facts).word] if rule else "no such rule"


def _rule_table(
    pathway: Pathway, name: str, title: str, rules: list[str], by_rule: Mapping[str, Mapping[str, list[RuleCaseLike]]]
) -> Table:
    rows: list[tuple[Line, ...]] = []
    for rule in rules:
        head: Line = (rule_link(rule),) if rule in pathway.rule else (label(rule),)
        cells = [_rule_cell(pathway, by_rule[rule].get(truth, [])) for truth in TRUTHS]
        rows.append((head, *cells))
    return Table(name, title, ("Rule", *TRUTHS.values()), tuple(rows), True, (), (20, 25, 25, 30))


def _rule_cell(pathway: Pathway, cases: Sequence[RuleCaseLike]) -> Line:
    lines: list[Line] = []
    for case in cases:
        facts = "; ".join(answers(case.facts, pathway.vocabulary)) or "nothing is known"
        line: Line = (case.said, " ", Small(facts))
        found = _truth(pathway, case)
        if found != case.truth:
            line = (*line, " ", Tag("differs", f"The rule says: {TRUTHS.get(found, found).lower()}"))
        lines.append(line)
    return joined(lines, Break()) or ("–",)


# --- whole cases ------------------------------------------------------------------------------------------------------


def _whole_cases(pathway: Pathway, told: Sequence[_Told]) -> Part:
    usual = usual_of([one.case.document for one in told])
    groups: dict[str, list[_Told]] = {}
    for one in told:
        groups.setdefault(one.case.group, []).append(one)
    agree = sum(one.differences == () for one in told)
    compared = sum(one.differences is not None for one in told)
    said = f"{len(told)} cases, as of {usual.as_of} where a case names no other day."
    if compared:
        said += f" {agree} of {compared} come out exactly as expected."
    blocks: list[Block] = [Para((said,)), *_usual(pathway, usual)]
    for at, (group, members) in enumerate(groups.items()):
        rows = tuple(_row(pathway, one, usual) for one in members)
        heads = ("Case", "What is known", "Expected", "The pathway says")
        blocks.append(Table(f"cases-group-{at + 1}", label(group), heads, rows, True, (), (30, 30, 20, 20)))
    return Part("cases-whole", "Whole cases", tuple(blocks))


def _usual(pathway: Pathway, usual: Usual) -> list[Block]:
    lines = usual_answers(usual, pathway.vocabulary)
    if not lines:
        return []
    return [
        Para(
            (
                "Most cases share the usual answers below. A case that says “the usual answers” has every one of them, "
                "but for what it names itself; of a case that does not, all that is known is named.",
            )
        ),
        *(Para((Strong(f"{title}: "), ". ".join(said), ".")) for title, said in lines),
    ]


def _row(pathway: Pathway, one: _Told, usual: Usual) -> tuple[Line, ...]:
    known: Line = (". ".join(known_lines(one.case.document, usual, pathway.vocabulary)), ".")
    head: Line = (one.case.name, " ", Small(f"Source: {one.case.source}"))
    return (head, known, _expected(pathway, one.case.expect), _decided(one))


def _decided(one: _Told) -> Line:
    if not one.disposition:
        return (Tag("differs", "Refused"), " ", one.faults)
    said: Line = (disposition_tag(one.disposition, one.urgency),)
    if one.differences:
        said = (*said, " ", Tag("differs", "Differs"), " ", "; ".join(one.differences))
    elif one.differences is not None:
        said = (*said, " ", Small("as expected"))
    return said


def _expected(pathway: Pathway, expect: Mapping[str, Any]) -> Line:
    """What must come out, each key in words; a key that nobody foresaw is shown as it stands."""
    said: list[Line] = []
    rules = {"decisive": "decided by", "holds": "holds", "absent": "does not hold", "lifted": "lifted"}
    for key, value in expect.items():
        if key == "disposition":
            said.append((disposition_tag(str(value), expect.get("urgency")),))
        elif key == "urgency" and "disposition" in expect:
            continue
        elif key in rules:
            links: list[Span] = [rule_link(name) if name in pathway.rule else label(name) for name in value]
            said.append((f"{rules[key]}: ", *(joined(links) or ("none",))))
        elif key in ("ask", "not_asked"):
            names = ", ".join(fact_label(pathway.vocabulary, name) for name in value)
            said.append((f"{'asks' if key == 'ask' else 'does not ask'}: {names}",))
        elif key in ("at_least", "at_most") and value in DISPOSITIONS:
            said.append(("floor: " if key == "at_least" else "ceiling: ", disposition_tag(value)))
        elif key == "asks_nothing" and value:
            said.append(("nothing is left to ask",))
        elif key == "unseen" and value:
            said.append(("the questions cannot see it",))
        else:
            said.append((f"{label(key).lower()}: {_plainly(value)}",))
    return joined(said, Break())


def _plainly(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{label(key).lower()} {_plainly(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plainly(inner) for inner in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return label(value).lower() if isinstance(value, str) and value.isidentifier() else str(value)
