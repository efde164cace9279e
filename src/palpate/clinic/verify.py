"""Is the record whole? The chain of the audit trail, each stored decision decided again, and the seals of the store.

Everything is read a page at a time: memory does not grow with the record, and nobody has to stop working. What is added
while it runs is left for the next time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connections

from palpate.clinic import audit, sealed
from palpate.clinic.access import store as rows
from palpate.clinic.access import trail
from palpate.clinic.anchors import Anchor
from palpate.clinic.deciding import NOT_ASSESSED
from palpate.clinic.models import AuditRow, Decision
from palpate.pathway.decision import decide
from palpate.pathway.pathway import Pathway

SHOWN = 20  # findings of one kind that are said one by one; the rest are counted


@dataclass
class Report:
    """What was looked at, and what is wrong: one line for each fault, the first bad row first."""

    rows: int = 0
    decisions: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.faults


def verify(
    using: str = "default",
    anchors: Iterable[Anchor] | None = None,
    *,
    key: str = "",
    progress: Callable[[str, int], None] = lambda what, done: None,
) -> Report:
    """Checks a whole store.

    Takes  anchors: heads that were written down outside the store, in the order in which they were written
           key: the audit key, where it is not this installation's
           progress: called with what is being looked at and how many are done
    """
    report = Report()
    _limited(report, _chain(report, using, list(anchors) if anchors is not None else None, key, progress))
    _limited(report, _decisions(report, using, progress))
    report.faults.extend(sealed.faults(connections[using]))
    return report


def _limited(report: Report, found: Iterator[str]) -> None:
    said = 0
    for said, line in enumerate(found, 1):
        if said <= SHOWN:
            report.faults.append(line)
    if said > SHOWN:
        report.faults.append(f"and {said - SHOWN} more of this kind")


# --- The trail --------------------------------------------------------------------------------------------------------


def _chain(
    report: Report, using: str, anchors: list[Anchor] | None, key: str, progress: Callable[[str, int], None]
) -> Iterator[str]:
    """Walks the trail. After the first bad row the rest says nothing more about itself, so the walk ends there."""
    head = trail.head_of(using)
    written_down = _standing(report, anchors or [])
    number, hash = 0, audit.FIRST
    for row in trail.rows_in_order(head.number, using):
        fault = _fault_of(row, number, hash, key)
        if fault is None and row.number in written_down and written_down[row.number] != row.hash:
            fault = f"row {row.number}: it is not the row that was written down outside the store"
        if fault is not None:
            yield fault
            return
        number, hash = row.number, row.hash
        report.rows = number
        progress("rows of the trail", number)
    if (number, hash) != (head.number, head.hash if head.number else audit.FIRST):
        yield f"row {number + 1}: the trail ends at row {number}, its head says {head.number}"
    elif written_down and max(written_down) > number:
        yield f"row {number + 1}: the trail ends at row {number}, row {max(written_down)} was written down outside"
    elif not head.number and trail.newest_number(using):
        yield "row 1: there are rows, and the head says there are none"
    if anchors is None and number:
        report.notes.append(
            "without anchors, a trail that was cut at its end or written anew with the key "
            "cannot be told from a whole one"
        )


def _fault_of(row: AuditRow, number: int, hash: str, key: str) -> str | None:
    if row.number != number + 1:
        return f"row {number + 1}: it is missing; row {row.number} comes next" if row.number > number else (
            f"row {row.number}: it has a number below 1"
        )  # fmt: skip
    if row.previous != hash:
        return f"row {row.number}: it does not follow row {number}"
    if not audit.same(row, key):
        return f"row {row.number}: it was changed, or written without the key"
    return None


def _standing(report: Report, anchors: Iterable[Anchor]) -> dict[int, str]:
    """The heads that must still be there. A restore gives up what came after its backup, and says so in the report."""
    found: dict[int, str] = {}
    for anchor in anchors:
        if anchor.restored:
            lost = [number for number in found if number >= anchor.number]
            for number in lost:
                del found[number]
            report.notes.append(
                f"the store was restored from a backup; its row {anchor.number} says so, later rows of before are gone"
            )
        found[anchor.number] = anchor.hash
    return found


# --- Decisions --------------------------------------------------------------------------------------------------------


def _decisions(report: Report, using: str, progress: Callable[[str, int], None]) -> Iterator[str]:
    @lru_cache(maxsize=4)
    def kept(digest: str) -> Pathway | None:
        text = rows.meaning_of(digest, using)
        return Pathway.of_meaning(json.loads(text)) if text is not None else None

    for row in rows.decisions_in_order(using):
        fault = _decided_otherwise(row, kept)
        if fault is not None:
            yield f"decision {row.pk}, number {row.number} of its episode: {fault}"
        report.decisions += 1
        progress("decisions", report.decisions)


def _decided_otherwise(row: Decision, kept: Callable[[str], Pathway | None]) -> str | None:
    """What is wrong with a stored decision, or None when it comes out as it was, byte for byte (S-43)."""
    if row.disposition == NOT_ASSESSED:
        return "it has an answer and says that there was none" if row.answer else None
    try:
        told: dict[str, Any] = json.loads(row.answer)
        pathway = kept(row.digest)
        if pathway is None:
            return "the pathway that made it is not kept in the store"
        if pathway.digest != row.digest:
            return "the pathway kept for it is another"
        if decide(pathway, json.loads(row.document)).to_json() != row.answer:
            return "decided again, it comes out otherwise"
        columns = (row.disposition, row.urgency, row.digest, row.pathway, row.pathway_version, row.moment)
        of = told["pathway"]
        said = (told["disposition"], told["urgency"] or "", of["digest"], of["id"], of["version"], told["moment"])
        if columns != said or row.as_of.isoformat() != told["as_of"]:
            return "what the lists show of it is not what it says"
    except Exception as error:
        return f"it cannot be decided again ({type(error).__name__})"
    return None
