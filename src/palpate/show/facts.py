"""What is asked or found, and what is worked out from it: one record per fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.condition import from_json, number, written
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.show.blocks import (
    Block,
    Bullets,
    Code,
    Field,
    Line,
    Link,
    Para,
    Part,
    Record,
    Span,
    Tag,
    Tree,
    joined,
    text,
)
from palpate.show.index import Index, anchor
from palpate.show.words import in_words, label, rule_link, with_unit

STAGES = {"intake": "At the intake", "session": "At a session"}


def asked(pathway: Pathway, index: Index) -> Part:
    """Facts that are asked or found, by group, in the document's order."""
    rows = [row for row in pathway.meaning["facts"] if row["stage"] != "derived"]
    must = sum(row["if_unknown"] == "ask" for row in rows)
    again = sum(bool(row.get("each_session")) for row in rows)
    return Part(
        "facts",
        "What is asked",
        (
            Para(
                (
                    f"{len(rows)} facts. {must} of them must be known: a decision to treat waits for them. {again} are "
                    "asked again at every session. The others may stay unknown; a rule that needs one is then unknown.",
                )
            ),
        ),
        tuple(_groups(pathway, index, rows, "facts")),
    )


def worked_out(pathway: Pathway, index: Index) -> Part:
    """Facts that nobody is asked, and how each comes about."""
    rows = [row for row in pathway.meaning["facts"] if row["stage"] == "derived"]
    return Part(
        "derived",
        "What is worked out",
        (
            Para(
                (
                    "Nobody is asked these. They follow from the answers above, or from the course itself: its "
                    "sessions, ratings and clearances. Where an answer they need is unknown, they are unknown too.",
                )
            ),
        ),
        tuple(_groups(pathway, index, rows, "derived")),
    )


def _groups(pathway: Pathway, index: Index, rows: list[Mapping[str, Any]], place: str) -> list[Part]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.get("group", ""), []).append(row)
    return [
        Part(f"{place}-{name}", label(name) or "Others", tuple(_fact(pathway, index, row) for row in members))
        for name, members in groups.items()
    ]


def _fact(pathway: Pathway, index: Index, row: Mapping[str, Any]) -> Record:
    unit = row.get("unit", "")
    fields = [
        Field("Question", text(row["question"])) if row.get("question") else None,
        Field("Means", text(row["meaning"])),
        Field("Answers", _answers(pathway.vocabulary[row["id"]])),
        Field("Worked out", _made(pathway, row)) if row["stage"] == "derived" else None,
        Field("Used by", text(*_used_by(index, row["id"]))),
    ]
    return Record(
        anchor("facts", row["id"]), label(row["id"], unit), row["id"], _tags(row), tuple(filter(None, fields)), "fact"
    )


def _tags(row: Mapping[str, Any]) -> tuple[Span, ...]:
    tags: list[Span] = []
    if row["stage"] in STAGES:
        again = ", asked again each session" if row.get("each_session") else ""
        tags.append(Tag("stage", STAGES[row["stage"]] + again))
    if row["if_unknown"] == "ask":
        tags.append(Tag("must", "Must be known"))
    return tuple(tags)


def _answers(fact: Fact) -> tuple[Block, ...]:
    if fact.kind == "bool":
        return text("Yes or no")
    if fact.kind == "enum":
        return (Bullets(tuple(Tree((said, " ", Code(value))) for value, said in fact.values.items())),)
    what = "A whole number" if fact.kind == "int" else "A number"
    return text(f"{what} from {number(fact.low)} to {with_unit(fact.high, fact.unit)}")


def _made(pathway: Pathway, row: Mapping[str, Any]) -> tuple[Block, ...]:
    made = row.get("made")
    if made is None:
        return text("From the course: its sessions, ratings and clearances.")
    vocabulary = pathway.vocabulary
    if "cases" in made:
        items = []
        # The vocabulary keeps the author's order; a compiled pathway's tables have theirs sorted.
        for value, said in vocabulary[row["id"]].values.items():
            node = from_json(made["cases"][value])
            tree = in_words(node, vocabulary)
            head: Line = (f"“{said}” where: ", *tree.line)
            items.append(Tree((*head, " ", Code(written(node))), tree.items))
        return (Bullets(tuple(items)),)
    if "count" in made:
        nodes = [from_json(data) for data in made["count"]]
        return (*text("One point for each of these:"), Bullets(tuple(in_words(node, vocabulary) for node in nodes)))
    rounded = ", rounded down to a whole number" if made["floor"] else ""
    return text(Code(str(row["written"])), rounded)


def _used_by(index: Index, name: str) -> Line:
    rules: list[Span] = [rule_link(rule) for rule in index.reads.get(name, ())]
    others: list[Span] = [Link(link.text, link.to, link.name) for link in index.elsewhere.get(name, ())]
    said: list[Line] = []
    if rules:
        said.append((f"{len(rules)} rule{'s' if len(rules) != 1 else ''}: ", *joined(rules)))
    if others:
        said.append(("elsewhere: " if rules else "No rule by itself; ", *joined(others)))
    return joined(said, "; ") or ("No condition names it; the course and the response rule read it.",)
