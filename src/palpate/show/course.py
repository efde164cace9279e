"""How the course is measured and planned: measures, doses and protocols with their days, and the trials behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.condition import number
from palpate.pathway.pathway import Pathway
from palpate.show.blocks import (
    Block,
    Chart,
    Code,
    Field,
    Line,
    Link,
    Para,
    Part,
    Record,
    Span,
    Table,
    Tag,
    bullets,
    joined,
    text,
)
from palpate.show.charts import timeline, windows
from palpate.show.index import anchor
from palpate.show.rules import unverified, unverified_field
from palpate.show.words import label, source_link

HIGH_IS = {"bad": "A high score is bad", "good": "A high score is good"}


def fields(*named: tuple[str, Any]) -> tuple[Field, ...]:
    """A field for each (label, text) whose text is not empty."""
    return tuple(Field(name, text(str(said))) for name, said in named if said not in (None, "", []))


def sources(row: Mapping[str, Any]) -> Field:
    return Field("Sources", text(*joined([source_link(name) for name in row["sources"]])))


def measures(pathway: Pathway) -> Part:
    """Every measure: how it is asked and scored, and what a change in it means for one person."""
    first = [row for row in pathway.meaning["measures"] if row.get("default_set")]
    rest = [row for row in pathway.meaning["measures"] if not row.get("default_set")]
    parts = [Part("measures-default", "The default set", tuple(_measure(row) for row in first))] if first else []
    if rest:
        parts.append(Part("measures-others", "Others", tuple(_measure(row) for row in rest)))
    return Part(
        "measures",
        "Measures",
        (
            Para(
                (
                    "A change in one person is real only above the error of the measure, and matters only from the "
                    "important change on. A difference between the means of two groups is neither.",
                )
            ),
        ),
        tuple(parts),
    )


def _measure(row: Mapping[str, Any]) -> Record:
    low, high = row["range"]
    kind = ", whole numbers" if row.get("whole") else ""
    minutes = row.get("minutes")
    return Record(
        anchor("measures", row["id"]),
        row["title"],
        row["id"],
        (Tag("plain", HIGH_IS[row["high_is"]]),),
        (
            *fields(
                ("Question", row["question"]),
                ("Range", f"{number(low)} to {number(high)} {row['unit']}{kind}"),
                ("Asked about", row.get("recall")),
                ("Taken at", row.get("when")),
                ("Takes", f"{number(minutes)} min" if minutes else ""),
                ("Important change", row.get("important_change")),
                ("Error", row.get("error")),
                ("Scoring", row.get("scoring")),
                ("Limits", row.get("limits")),
                ("Licence", row.get("licence")),
                ("LOINC", row.get("loinc")),
            ),
            sources(row),
            *unverified_field(row),
        ),
        "measure",
    )


# --- protocols --------------------------------------------------------------------------------------------------------


def protocols(pathway: Pathway) -> Part:
    """The rules of dose, and every protocol with the days on which its sessions may fall."""
    parts = []
    dose = pathway.meaning.get("dose")
    if dose:
        blocks: list[Block] = [Para((dose["about"],)), bullets(*dose["rules"]), *unverified(dose)]
        blocks.append(Para(("Sources: ", *joined([source_link(name) for name in dose["sources"]]))))
        parts.append(Part("doses", "Doses, gaps and checks", tuple(blocks)))
    records = tuple(_protocol(pathway, row) for row in pathway.meaning["protocols"])
    parts.append(Part("protocols-all", "The protocols", records))
    return Part(
        "protocols",
        "Protocols",
        (
            Para(
                (
                    "How many sessions, how far apart, within how many days, and after which of them the response is "
                    "judged. None is called better than its evidence says.",
                )
            ),
        ),
        tuple(parts),
    )


def _protocol(pathway: Pathway, row: Mapping[str, Any]) -> Record:
    protocol = pathway.protocols[row["id"]]
    tags: list[Span] = []
    if row.get("default"):
        tags.append(Tag("plain", "The default"))
    if row.get("extension"):
        tags.append(Tag("plain", "Only as an extension"))
    low, high = protocol.gap_days
    checks = " and ".join(str(check) for check in protocol.checks)
    rows: list[tuple[Line, ...]] = [
        (
            (f"Session {w.session}",),
            ("day 0" if w.session == 1 else f"day {w.first} to {w.last}",),
            ("check after it" if w.check else "",),
        )
        for w in windows(protocol)
    ]
    table = Table(
        f"days-{row['id']}",
        f"Days of “{row['title']}”, counted from session 1",
        ("Session", "May fall on", "Check"),
        tuple(rows),
    )
    caption = f"When the sessions may fall, in days from session 1 (within {protocol.within_days} days)"
    caption += "; diamonds mark the earliest day of a check" if protocol.checks else ""
    chart = Chart(timeline(protocol, pathway.numbers.first_days), caption, table)
    plan = {part["id"]: part["title"] for part in pathway.meaning.get("parts", ())}
    goes_with: list[Span] = [
        Link(plan[name], f"#{anchor('parts', name)}", name) if name in plan else label(name)
        for name in row.get("with", ())
    ]
    if row.get("row") and row["row"] != row["id"]:
        tags.append(Tag("row", f"Dossier {row['row']}"))
    return Record(
        anchor("protocols", row["id"]),
        row["title"],
        row["id"],
        tuple(tags),
        (
            *fields(
                ("Sessions", f"{protocol.sessions}, of {protocol.minutes} minutes each"),
                ("Gaps", f"{low} to {high} days from one session to the next, all within {protocol.within_days} days"),
                (
                    "Checks",
                    (f"After session {checks}, and a" if checks else "A") + "t the end of the course",
                ),
            ),
            Field("Days", (chart,)),
            *fields(("Suits", ", ".join(label(word).lower() for word in row["suits"]))),
            *((Field("Goes with", text(*joined(goes_with))),) if goes_with else ()),
            Field("Evidence", text(label(row["evidence"]), " ", Code(row["evidence"]))),
            *fields(("Because", row["because"])),
            *((Field("Our own choice", text(_chosen(row["assumed"]))),) if row.get("assumed") else ()),
            sources(row),
            *unverified_field(row),
        ),
        "protocol",
    )


def _chosen(keys: list[str]) -> str:
    words = {"minutes": "the minutes", "gap_days": "the gaps", "within_days": "the limit in days"}
    return ", ".join(words.get(key, label(key).lower()) for key in keys) + ": taken from no trial"


def trials(pathway: Pathway) -> Part:
    """What trials gave and found."""
    return Part(
        "trials",
        "Trials",
        tuple(
            Record(
                anchor("trials", row["id"]),
                row["title"],
                row["id"],
                (),
                (
                    *fields(
                        ("People", row["people"]),
                        ("Dose", row["dose"]),
                        ("Technique", row["technique"]),
                        ("Compared with", row["comparator"]),
                        ("Result", row["result"]),
                        ("Follow-up", row["follow_up"]),
                    ),
                    sources(row),
                    *unverified_field(row),
                ),
                "trial",
            )
            for row in pathway.meaning["trials"]
        ),
    )
