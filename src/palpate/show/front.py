"""The first chapters: what this document is, how to read it, and what leads to what at a glance."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from palpate.pathway.pathway import DISPOSITIONS, PRECAUTIONS, URGENCIES, Pathway
from palpate.show.blocks import (
    Block,
    Bullets,
    Chart,
    Code,
    Field,
    Fields,
    Line,
    Link,
    Note,
    Para,
    Part,
    Strong,
    Table,
    Tag,
    bullets,
    joined,
    text,
)
from palpate.show.charts import Column, flow, matrix
from palpate.show.index import Index, anchor
from palpate.show.words import (
    DISPOSITION_WORDS,
    EVIDENCE_TELLS,
    EVIDENCE_WORDS,
    URGENCY_TELLS,
    URGENCY_WORDS,
    disposition_tag,
    label,
    source_link,
)

RULE_TELLS = {
    "precaution": "Massage may go ahead, done as the rule says.",
    "local_avoid": "Massage may go ahead elsewhere; the named area is left alone.",
    "none": "The rule restricts nothing. It says what a finding does and does not mean.",
}


def about(pathway: Pathway, on: date | None) -> Part:
    """Title, version, dates, digest, intended use, limits and founding statements.

    Takes   on: the day on which it is read, to say whether the review is due; None says nothing about it.
    """
    row = pathway.meaning["pathway"]
    facts = [
        Field("Pathway", text(Code(pathway.id), " version ", Strong(pathway.version))),
        Field("Date", text(row["date"])),
        Field("Review by", _review(row["review_by"], on)),
        Field("Digest", text(Code(pathway.digest))),
        Field("Signed by", text(row.get("signed_by") or "Nobody yet. The last page is for the signature.")),
        Field("Holds", text(_holds(pathway))),
    ]
    blocks: list[Block] = [Fields(tuple(facts)), *_settings_now(pathway)]
    parts = [
        Part("intended-use", "Intended use", text(row["intended_use"])),
        Part("limits", "Limits", (bullets(*row["limits"]),)),
    ]
    if row.get("founding"):
        parts.append(
            Part(
                "founding",
                "Founding statements",
                (
                    Para(("What Palpate was founded on. The rest of this document says how far each is supported.",)),
                    bullets(*row["founding"]),
                ),
            )
        )
    if row.get("sources"):
        blocks.append(Para(("Sources of this chapter: ", *joined([source_link(name) for name in row["sources"]]))))
    return Part("about", "About this document", tuple(blocks), tuple(parts))


def _review(review_by: str, on: date | None) -> tuple[Block, ...]:
    said = text(review_by)
    if on is None:
        return said
    try:
        late = (on - date.fromisoformat(review_by)).days
    except ValueError:
        return (*said, Note("past", ("This is not a date, so nobody can tell whether the review is due.",)))
    if late <= 0:
        return said
    days = "1 day" if late == 1 else f"{late} days"
    return (*said, Note("past", (f"The review is past: on {on.isoformat()} it was due for {days}.",)))


def _holds(pathway: Pathway) -> str:
    meaning = pathway.meaning
    counts = [
        (len([row for row in meaning["facts"] if row["stage"] != "derived"]), "facts that are asked or found"),
        (len([row for row in meaning["facts"] if row["stage"] == "derived"]), "facts that are worked out"),
        (len(meaning["rules"]), "rules"),
        (len(meaning["protocols"]), "protocols"),
        (len(meaning.get("evidence", ())), "claims with their evidence"),
        (len(meaning["sources"]), "sources"),
    ]
    return ", ".join(f"{count} {what}" for count, what in counts)


def _settings_now(pathway: Pathway) -> list[Block]:
    """A digest belongs to the chosen settings, so they stand beside it."""
    return [
        Para((f"{table['title']}: ", Strong(table["values"].get(table["value"], table["value"])), "."))
        for table in pathway.meaning["settings"].values()
    ]


# --- how to read it ---------------------------------------------------------------------------------------------------


def how_to_read(pathway: Pathway) -> Part:
    """Dispositions in order, urgencies, unknown, evidence words and marks."""
    return Part(
        "read",
        "How to read it",
        (
            Para(
                (
                    "Every rule says what leads to what. All rules that hold apply; the most serious one decides, and "
                    "what the others ask for still counts. A rule without a restriction decides nothing.",
                )
            ),
        ),
        (
            Part("dispositions", "Dispositions, the most serious first", (_dispositions(pathway),)),
            Part("urgencies", "How soon, where a medical examination comes first", (_urgencies(),)),
            Part("unknown", "Unknown is not no", (_unknown(), *_judge(pathway))),
            Part("clearing", "What a clinician's clearance does", (_clearing(pathway),)),
            Part("evidence-words", "What stands behind a rule", (_evidence_words(), _marks())),
        ),
    )


def _dispositions(pathway: Pathway) -> Table:
    words = pathway.meaning["dispositions"]
    rows: list[tuple[Line, ...]] = []
    anchors = []
    for word in DISPOSITIONS:
        said = words.get(word, {"headline": "", "tells": ""})
        rows.append(((disposition_tag(word),), (Strong(said["headline"]),), (said["tells"],)))
        anchors.append(f"disposition-{word}")
    for word, tells in RULE_TELLS.items():
        rows.append(((disposition_tag(word),), ("Said by a rule",), (tells,)))
        anchors.append(f"disposition-{word}")
    heads = ("Disposition", "In one sentence", "What it tells the therapist")
    return Table("dispositions-table", "Dispositions", heads, tuple(rows), True, tuple(anchors), (25, 30, 45))


def _urgencies() -> Table:
    rows = tuple(((URGENCY_WORDS[word],), (URGENCY_TELLS[word],)) for word in URGENCIES)
    return Table("urgencies-table", "Urgencies, the soonest first", ("Urgency", "Means"), rows)


def _unknown() -> Bullets:
    return bullets(
        "A question that was not asked is unknown. It is never read as no, and nothing is filled in.",
        "A condition is therefore yes, no or unknown. “All of these” is no as soon as one part is no; “any of these” "
        "is yes as soon as one part is yes; “at least n” counts. Whatever else is learned, a yes or a no stays.",
        "While an answer that must be known could still lead to one of the first four dispositions, the decision is "
        "not to treat: it stays incomplete and says what to ask.",
        "Where the person was asked such a question and cannot answer it, a medical examination comes first: the same "
        "day where the answer could have meant an emergency, otherwise before the first session.",
    )


def _judge(pathway: Pathway) -> tuple[Block, ...]:
    rows: list[tuple[Line, ...]] = []
    for row in pathway.meaning["judge"]:
        sources = joined([source_link(name) for name in row["sources"]])
        evidence = ", ".join(EVIDENCE_WORDS.get(word, label(word)) for word in row["evidence"])
        rows.append(((label(row["id"]),), (row["because"],), (row["do"],), (evidence, ". ", *sources)))
    anchors = tuple(anchor("judge", row["id"]) for row in pathway.meaning["judge"])
    heads = ("When", "Because", "Do", "Who says so")
    widths = (15, 30, 35, 20)
    return (Table("judge-table", "What is said when answers are missing", heads, tuple(rows), True, anchors, widths),)


def _clearing(pathway: Pathway) -> Bullets:
    lines = [
        "A clinician's written clearance names the rules that it covers and lifts those, for as long as each accepts.",
        "It covers what was known when it was given. What is new since then is not covered.",
        "It never lifts an emergency, unless that rule says that an examination settles it.",
        "A clinician's no is kept: no massage.",
    ]
    if pathway.acute_when is not None:
        from palpate.pathway.condition import written

        line: Line = ("Pain counts as acute where this holds: ", Code(written(pathway.acute_when)))
        return bullets(*lines, line)
    return bullets(*lines)


def _evidence_words() -> Table:
    rows = tuple(((word,), (EVIDENCE_TELLS[key],)) for key, word in EVIDENCE_WORDS.items())
    return Table("evidence-words-table", "Kinds of evidence and of source", ("Kind", "Means"), rows)


def _marks() -> Block:
    return bullets(
        (
            Tag("policy", "Our own cautious policy"),
            " No source decides it: it is the practice's caution, and a signature carries it.",
        ),
        (
            Tag("unverified", "Unverified"),
            " A statement or figure that could not be confirmed in the original. It may guide a rule; it is never "
            "shown to a patient.",
        ),
    )


# --- what leads to what -----------------------------------------------------------------------------------------------


def overview(pathway: Pathway, index: Index) -> Part:
    """Two figures: from answers to a decision, and how many rules of each section lead to which disposition."""
    columns = [Column(word, urgency, _head(word, urgency)) for word, urgency in _outcomes(pathway)]
    counted = Counter((rule.section, rule.disposition, rule.urgency) for rule in pathway.rules)
    sections = [(row["id"], row["title"]) for row in pathway.meaning["sections"]]
    numbers = [[counted[section, c.disposition, c.urgency] for c in columns] for section, _ in sections]
    totals = [sum(row[at] for row in numbers) for at in range(len(columns))]
    return Part(
        "overview",
        "What leads to what",
        (
            Chart(
                flow(_stages(pathway), columns, totals),
                "From answers to a decision",
                _flow_table(columns, totals),
            ),
            Chart(
                matrix(sections, columns, numbers),
                "How many rules of each section lead to which disposition",
                _matrix_table(sections, columns, numbers, totals, index),
            ),
        ),
    )


def _outcomes(pathway: Pathway) -> list[tuple[str, str | None]]:
    """Every outcome that a rule has, the most serious first."""
    order: list[tuple[str, str | None]] = []
    for word in [*DISPOSITIONS, *PRECAUTIONS, "none"]:
        order += [(word, urgency) for urgency in URGENCIES] if word == "medical_exam_first" else [(word, None)]
    found = {(rule.disposition, rule.urgency) for rule in pathway.rules}
    return [one for one in order if one in found]


def _head(word: str, urgency: str | None) -> str:
    return f"Examination, {URGENCY_WORDS[urgency]}" if urgency else DISPOSITION_WORDS[word]


def _stages(pathway: Pathway) -> list[tuple[int, str, str]]:
    stages: Counter[Any] = Counter(row["stage"] for row in pathway.meaning["facts"])
    return [
        (stages["intake"], "asked at", "the intake"),
        (stages["session"], "asked or found", "at a session"),
        (stages["derived"], "worked out", "from them"),
    ]


def _flow_table(columns: list[Column], totals: list[int]) -> Table:
    rows: list[tuple[Line, ...]] = [
        ((disposition_tag(c.disposition, c.urgency),), (str(total),)) for c, total in zip(columns, totals, strict=True)
    ]
    rows.append((("All rules",), (str(sum(totals)),)))
    return Table("flow-table", "Rules by disposition", ("Disposition", "Rules"), tuple(rows))


def _matrix_table(
    sections: list[tuple[str, str]], columns: list[Column], numbers: list[list[int]], totals: list[int], index: Index
) -> Table:
    rows: list[tuple[Line, ...]] = []
    for (section, title), counts in zip(sections, numbers, strict=True):
        cells: list[Line] = [(str(count) if count else "–",) for count in counts]
        head: Line = (Link(title, f"#{anchor('sections', section)}"),)
        rows.append((head, *cells, (str(len(index.sections[section])),)))
    rows.append((("All sections",), *((str(total),) for total in totals), (str(sum(totals)),)))
    heads = ("Section", *(column.head for column in columns), "Rules")
    return Table("matrix-table", "Rules of each section by disposition", heads, tuple(rows))
