"""What goes with massage, what the person does at home, and what comes next when massage has not helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.condition import from_json, written
from palpate.pathway.pathway import Pathway
from palpate.show.blocks import (
    Block,
    Bullets,
    Code,
    Field,
    Fields,
    Link,
    Para,
    Part,
    Record,
    Span,
    Tag,
    bullets,
    joined,
    text,
)
from palpate.show.course import fields, sources
from palpate.show.index import anchor
from palpate.show.rules import unverified_field
from palpate.show.words import in_words, label, source_link


def combination(pathway: Pathway) -> Part:
    """One plan: what it always holds, what guidelines and trials say, its parts, what is refused and handed over."""
    meaning = pathway.meaning
    summary = meaning.get("summary")
    blocks: list[Block] = []
    if summary:
        titles = {row["id"]: row["title"] for row in meaning.get("parts", ())}
        always: list[Span] = [
            Link(titles[name], f"#{anchor('parts', name)}", name) if name in titles else label(name)
            for name in summary["every_plan"]
        ]
        blocks += [
            Para((summary["about"],)),
            Fields(
                (
                    *fields(("The rule", summary["rule"])),
                    Field("In every plan", text(*joined(always))),
                    Field("Except", (bullets(*summary["exceptions"]),)),
                    sources(summary),
                )
            ),
        ]
    parts = [
        Part("guidelines", "What guidelines say about massage", _guidelines(meaning)),
        Part("blends", "Does blending help?", _blends(meaning)),
        Part("parts", "The parts of a blended plan", tuple(_part(pathway, row) for row in meaning.get("parts", ()))),
        Part("refuse", "What this practice does not do", _refuse(meaning)),
    ]
    handover = meaning.get("handover")
    if handover:
        cited: list[Block] = [bullets(*handover["fields"])]
        if handover.get("sources"):
            cited.append(Para(("Sources: ", *joined([source_link(name) for name in handover["sources"]]))))
        parts.append(Part("handover", "What is handed over with the person", tuple(cited)))
    return Part("combination", "Massage together with other care", tuple(blocks), tuple(p for p in parts if p.blocks))


def _record(
    table: str, row: Mapping[str, Any], named: tuple[Field, ...], tags: tuple[Span, ...] = (), title: str = ""
) -> Record:
    return Record(
        anchor(table, row["id"]),
        title or row["title"],
        row["id"],
        tags,
        (*named, sources(row), *unverified_field(row)),
        table,
    )


def _guidelines(meaning: Mapping[str, Any]) -> tuple[Block, ...]:
    return tuple(
        _record(
            "guidelines",
            row,
            fields(
                ("Acute pain", row.get("acute")),
                ("Chronic pain", row.get("chronic")),
                ("What goes with it", row.get("attached")),
            ),
        )
        for row in meaning.get("guidelines", ())
    )


def _blends(meaning: Mapping[str, Any]) -> tuple[Block, ...]:
    return tuple(
        _record(
            "blends",
            row,
            fields(("Found", row["finding"]), ("Reading", row["reading"]), ("Certainty", row.get("certainty"))),
        )
        for row in meaning.get("blends", ())
    )


def _refuse(meaning: Mapping[str, Any]) -> tuple[Block, ...]:
    return tuple(
        _record("refuse", row, fields(("Refused", row["text"])), title=label(row["id"]))
        for row in meaning.get("refuse", ())
    )


def _conditions(pathway: Pathway, row: Mapping[str, Any], *named: tuple[str, str]) -> tuple[Field, ...]:
    """`when` and `avoid_when` in words and as written."""
    found = []
    for key, said in named:
        if row.get(key):
            node = from_json(row[key])
            tree = in_words(node, pathway.vocabulary)
            below: tuple[Block, ...] = (Bullets(tree.items),) if tree.items else ()
            found.append(Field(said, (Para(tree.line), *below, Para((Code(written(node)),)))))
    return tuple(found)


def _part(pathway: Pathway, row: Mapping[str, Any]) -> Record:
    return _record(
        "parts",
        row,
        (
            *fields(
                ("Who", row.get("who")),
                ("How often", row.get("how_often")),
                ("Found", row["finding"]),
                ("Certainty", row.get("certainty")),
            ),
            *_conditions(pathway, row, ("when", "Offered when"), ("avoid_when", "Not offered when")),
            *fields(("Note", row.get("note"))),
        ),
        (Tag("plain", "In the plan" if row["in_plan"] else "Not in the plan by itself"),),
    )


def home(pathway: Pathway) -> Part:
    """The home programme: its rules, and every item with its dose and for whom it is not."""
    rules = pathway.meaning.get("home_rules")
    parts = []
    if rules:
        named = fields(
            ("At most", f"{rules['limit_items']} items at a time"),
            ("Begin", rules["start"]),
            ("Progress", rules["progress"]),
            ("Stop", rules["stop"]),
            ("Direction", rules["direction"]),
        )
        parts.append(Part("home-rules", "How it is done", (Fields((*named, sources(rules))),)))
    items = tuple(_item(pathway, row) for row in pathway.meaning.get("home", ()))
    if items:
        parts.append(Part("home-items", "The items", items))
    return Part("home", "The home programme", (), tuple(parts))


def _item(pathway: Pathway, row: Mapping[str, Any]) -> Record:
    tags: list[Span] = [Tag("plain", label(row["goal"]))]
    if row.get("direction"):
        tags.append(Tag("plain", f"Direction: {row['direction']}"))
    dose = "A customary starting point, taken from no trial" if row["assumed"] else ""
    return _record(
        "home",
        row,
        (
            *fields(
                ("How", row["how"]),
                ("Dose", row["dose"]),
                ("About the dose", dose),
                ("What is claimed", row.get("claim")),
            ),
            *_conditions(pathway, row, ("when", "Offered when"), ("avoid_when", "Not offered when")),
            *((Field("Prefer if", (bullets(*row["prefer_if"]),)),) if row.get("prefer_if") else ()),
            *((Field("Avoid if", (bullets(*row["avoid_if"]),)),) if row.get("avoid_if") else ()),
            *fields(("Note", row.get("note"))),
        ),
        tuple(tags),
    )


def switch(pathway: Pathway) -> Part:
    """What comes next when massage has not helped, in the order in which it is looked up."""
    return Part(
        "switch",
        "When massage has not helped",
        (Para(("In this order: the first that fits is the next step; add-ons that fit go with it.",)),),
        (
            Part(
                "switch-table",
                "The next steps",
                tuple(
                    _record(
                        "switch",
                        row,
                        (
                            *_conditions(pathway, row, ("when", "When")),
                            *fields(
                                ("Judged by", row.get("judged_by")),
                                ("Next step", row["next_step"]),
                                ("Who", row["who"]),
                                ("Avoid", row.get("avoid")),
                                ("Note", row.get("note")),
                            ),
                        ),
                        (Tag("row", f"Dossier {row['row']}"), *((Tag("plain", "Add-on"),) if row["add_on"] else ())),
                    )
                    for row in pathway.meaning.get("switch", ())
                ),
            ),
        ),
    )
