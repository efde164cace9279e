"""What is claimed and what is known of it, the settings, and the sources in full with everything that cites them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.pathway import Pathway
from palpate.show.blocks import (
    Break,
    Code,
    Field,
    Line,
    Link,
    Para,
    Part,
    Record,
    Small,
    Span,
    Table,
    Tag,
    bullets,
    joined,
    text,
)
from palpate.show.index import Index, anchor
from palpate.show.rules import unverified_field
from palpate.show.words import EVIDENCE_WORDS, VERDICT_WORDS, label, source_label, source_link


def evidence(pathway: Pathway) -> Part:
    """Every claim with its verdict, how sure that is, the effect, in whom, and the sources."""
    rows: list[tuple[Line, ...]] = []
    for row in pathway.meaning.get("evidence", ()):
        effect: Line = (row["effect"],)
        if row.get("unverified"):
            effect = (*effect, " ", Tag("unverified", "Unverified"), " ", row["unverified"])
        verdict = Tag(f"verdict-{row['verdict']}", VERDICT_WORDS.get(row["verdict"], label(row["verdict"])))
        rows.append(
            (
                (row["claim"], " ", Small(row["row"]), " ", Code(row["id"])),
                (verdict, Break(), f"Certainty: {label(row['certainty']).lower()}"),
                effect,
                (row["population"],),
                joined([source_link(name) for name in row["sources"]]),
            )
        )
    anchors = tuple(anchor("evidence", row["id"]) for row in pathway.meaning.get("evidence", ()))
    widths = (25, 15, 30, 15, 15)
    heads = ("Claim", "Verdict", "Effect", "In whom", "Sources")
    return Part(
        "evidence",
        "Evidence",
        (
            Para(
                (
                    "Each claim about back pain and massage, and what is known of it. Figures in round brackets after "
                    "an estimate are its interval. A minus favours massage, or exercise, where pain and function are "
                    "meant.",
                )
            ),
            Table("evidence-table", "Claims and their evidence", heads, tuple(rows), True, anchors, widths),
        ),
    )


def settings(pathway: Pathway) -> Part:
    """What a practice may choose, and what is chosen here."""
    records = []
    for name, table in pathway.meaning["settings"].items():
        lines: list[Line] = [
            (said, " ", Code(value), *((" ", Tag("plain", "Chosen")) if value == table["value"] else ()))
            # What is chosen comes first, then by name: an order that a compiled pathway has as well.
            for value, said in sorted(table["values"].items(), key=lambda one: (one[0] != table["value"], one[0]))
        ]
        records.append(
            Record(f"setting-{name}", table["title"], name, (), (Field("Choices", (bullets(*lines),)),), "setting")
        )
    said = "A practice may choose these. Another choice is another meaning: it has another digest and is signed anew."
    return Part("settings", "Settings", (Para((said,)), *records))


def sources(pathway: Pathway, index: Index) -> Part:
    """Every source in full, in the document's order, and what cites it."""
    records = tuple(_source(index, row) for row in pathway.meaning["sources"])
    said = (
        f"{len(records)} sources, in the document's order. Words in square brackets describe a work whose exact title "
        "was not at hand. An address without a page leads to the site only."
    )
    return Part("sources", "Sources", (Para((said,)), *records))


def _source(index: Index, row: Mapping[str, Any]) -> Record:
    kind = EVIDENCE_WORDS.get(row["kind"], label(row["kind"]))
    tags: list[Span] = [Tag(row["kind"], kind[:1].upper() + kind[1:])]
    if row.get("row"):
        tags.append(Tag("row", f"Dossier {row['row']}"))
    fields = [Field("Reference", text(row["citation"]))]
    if row["url"]:
        fields.append(Field("Address", text(Link(row["url"], row["url"]))))
    fields += unverified_field(row)
    cited: list[Line] = []
    for kind_of, links in index.cites.get(row["id"], {}).items():
        many = f"{len(links)} {_plural(kind_of)}: " if len(links) > 1 else f"{kind_of}: "
        if links[0].text.lower() == kind_of:  # a table that stands once, named by its kind
            many = ""
        spans: list[Span] = [*links]
        cited.append((many, *joined(spans)))
    fields.append(Field("Cited by", text(*joined(cited, "; "))))
    return Record(
        anchor("sources", row["id"]), source_label(row["id"]), row["id"], tuple(tags), tuple(fields), "source"
    )


def _plural(kind: str) -> str:
    special = {
        "part of the plan": "parts of the plan",
        "combination tried": "combinations tried",
        "evidence": "claims",
    }
    return special.get(kind, f"{kind}s")
