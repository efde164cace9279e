"""The rules by section: what holds, what follows, why, what to do, who says so, and what lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.condition import written
from palpate.pathway.pathway import Pathway, Rule
from palpate.show.blocks import Block, Bullets, Code, Field, Note, Para, Part, Record, Span, Tag, bullets, joined, text
from palpate.show.index import Index, anchor
from palpate.show.words import (
    EVIDENCE_WORDS,
    disposition_tag,
    in_words,
    label,
    named_setting,
    source_link,
)


def rules(pathway: Pathway, index: Index) -> Part:
    """Every section with its rules, in the document's order."""
    rows = {row["id"]: row for row in pathway.meaning["rules"]}
    sections = []
    for section in pathway.meaning["sections"]:
        blocks = [*_about(section), *(_rule(pathway, rows[name]) for name in index.sections[section["id"]])]
        sections.append(Part(anchor("sections", section["id"]), _title(section), tuple(blocks)))
    return Part(
        "rules",
        "The rules",
        (
            Para(
                (
                    f"{len(rows)} rules in {len(sections)} sections. Each condition stands in plain words, with every "
                    "fact linked to its question, and below it as the document writes it.",
                )
            ),
        ),
        tuple(sections),
    )


def _title(section: Mapping[str, Any]) -> str:
    return f"{section['title']} ({section['row']})" if section.get("row") else str(section["title"])


def _about(section: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = [Para((section["about"],))]
    if section.get("figures"):
        blocks += [Para(("Figures:",)), bullets(*section["figures"])]
    blocks += unverified(section)
    blocks.append(Para(("Sources: ", *joined([source_link(name) for name in section["sources"]]))))
    return blocks


def _rule(pathway: Pathway, row: Mapping[str, Any]) -> Record:
    rule = pathway.rule[row["id"]]
    fields = [
        Field("When", _when(pathway, rule)),
        Field("Because", text(rule.because)),
        Field("Do", text(row["do"])),
        *_do_if(pathway, row),
        Field("Clearance", text(_clearance(rule))),
        Field("Evidence", text(*_evidence(rule.evidence), " ", *joined([source_link(name) for name in rule.sources]))),
        Field("Note", text(rule.note)) if rule.note else None,
        *unverified_field(row),
    ]
    tags: list[Span] = [disposition_tag(rule.disposition, rule.urgency)]
    if rule.rows:
        tags.append(Tag("row", "Dossier " + ", ".join(rule.rows)))
    return Record(
        anchor("rules", rule.id), label(rule.id), rule.id, tuple(tags), tuple(filter(None, fields)), rule.disposition
    )


def _when(pathway: Pathway, rule: Rule) -> tuple[Block, ...]:
    tree = in_words(rule.when, pathway.vocabulary)
    code = Code(written(rule.when))
    if not tree.items:
        return (Para((*tree.line, " ", code)),)
    return (Para(tree.line), Bullets(tree.items), Para((code,)))


def _do_if(pathway: Pathway, row: Mapping[str, Any]) -> list[Field]:
    """What to do instead under a practice's setting."""
    return [
        Field("Do instead", text(f"Where the practice has set “{named_setting(pathway, value)}”: {said}"))
        for value, said in row.get("do_if", {}).items()
    ]


def _clearance(rule: Rule) -> str:
    if rule.clearance_days is None:
        return "Nothing lifts it."
    said = f"A clinician's clearance lifts it for {_days(rule.clearance_days)}"
    if rule.clearance_acute_days is not None and rule.clearance_acute_days != rule.clearance_days:
        said += f", for {_days(rule.clearance_acute_days)} while the pain is acute"
    return said + "."


def _days(count: int) -> str:
    return "that day only" if count == 0 else "1 day" if count == 1 else f"{count} days"


def _evidence(words: tuple[str, ...]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for word in words:
        said = EVIDENCE_WORDS.get(word, label(word))
        spans.append(Tag(word, said[:1].upper() + said[1:]))
    return joined(spans, " ")


def unverified(row: Mapping[str, Any]) -> list[Block]:
    """What could not be confirmed, marked; nothing where all was."""
    if not row.get("unverified"):
        return []
    return [Note("unverified", (Tag("unverified", "Unverified"), " ", row["unverified"]))]


def unverified_field(row: Mapping[str, Any]) -> list[Field]:
    """The same as a field, whose label is the mark."""
    return [Field("Unverified", (Note("unverified", (row["unverified"],)),))] if row.get("unverified") else []
