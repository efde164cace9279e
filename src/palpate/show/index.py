"""Who uses what: which rules read a fact, what cites a source. Worked out once for a whole page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from palpate.pathway.condition import from_json, named_in
from palpate.pathway.pathway import Pathway
from palpate.show.blocks import Link
from palpate.show.words import label

# table of the document -> (what an entry is called, the beginning of its anchor)
KINDS = {
    "rules": ("rule", "rule"),
    "facts": ("fact", "fact"),
    "sections": ("section", "section"),
    "judge": ("judge's own text", "judge"),
    "protocols": ("protocol", "protocol"),
    "trials": ("trial", "trial"),
    "measures": ("measure", "measure"),
    "guidelines": ("guideline", "guideline"),
    "blends": ("combination tried", "blend"),
    "parts": ("part of the plan", "part"),
    "switch": ("next step", "switch"),
    "refuse": ("refusal", "refuse"),
    "home": ("home item", "home"),
    "evidence": ("evidence", "evidence"),
    "sources": ("source", "source"),
}
SINGLES = {
    "pathway": ("this document", "about"),
    "response": ("response rule", "response"),
    "dose": ("doses", "doses"),
    "summary": ("combined care", "combination"),
    "handover": ("handover", "handover"),
    "home_rules": ("rules of the home programme", "home-rules"),
}


def anchor(table: str, entry: str) -> str:
    """Where an entry of a table stands on the page."""
    return f"{KINDS[table][1]}-{entry}"


class Index:
    """reads    fact -> ids of the rules that name it
    elsewhere   fact -> links to derived facts and plan entries whose condition names it
    cites       source -> what cites it: kind in words -> links
    sections    section -> ids of its rules
    """

    def __init__(self, pathway: Pathway) -> None:
        self.reads: dict[str, list[str]] = {}
        self.elsewhere: dict[str, list[Link]] = {}
        self.cites: dict[str, dict[str, list[Link]]] = {}
        self.sections: dict[str, list[str]] = {row["id"]: [] for row in pathway.meaning["sections"]}
        for rule in pathway.rules:
            self.sections.setdefault(rule.section, []).append(rule.id)
            for fact in rule.named:
                self.reads.setdefault(fact, []).append(rule.id)
        for fact, link in _other_readers(pathway.meaning):
            links = self.elsewhere.setdefault(fact, [])
            if link not in links:
                links.append(link)
        for source, kind, link in _citing(pathway.meaning):
            links = self.cites.setdefault(source, {}).setdefault(kind, [])
            if link not in links:
                links.append(link)


def _other_readers(meaning: Mapping[str, Any]) -> Iterator[tuple[str, Link]]:
    for row in meaning["facts"]:
        made = row.get("made", {})
        link = Link(label(row["id"], row.get("unit", "")), f"#{anchor('facts', row['id'])}", row["id"])
        for node in [*made.get("cases", {}).values(), *made.get("count", ())]:
            for fact in named_in(from_json(node)):
                yield fact, link
        for fact, *_ in made.get("sum", ()):
            yield fact, link
    for table in ("parts", "switch", "home"):
        for row in meaning.get(table, ()):
            for key in ("when", "avoid_when"):
                if row.get(key):
                    for fact in named_in(from_json(row[key])):
                        yield fact, Link(row["title"], f"#{anchor(table, row['id'])}", row["id"])


def _citing(meaning: Mapping[str, Any]) -> Iterator[tuple[str, str, Link]]:
    for table, (kind, _) in KINDS.items():
        if table in ("facts", "sources"):
            continue
        for row in meaning.get(table, ()):
            for source in row.get("sources", ()):
                title = row.get("title") or label(row["id"])
                yield source, kind, Link(title, f"#{anchor(table, row['id'])}", row["id"])
    for table, (kind, place) in SINGLES.items():
        for source in meaning.get(table, {}).get("sources", ()):
            yield source, kind, Link(kind.capitalize(), f"#{place}", table)
