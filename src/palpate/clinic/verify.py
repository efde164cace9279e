"""Is the record whole? The chain of the audit trail, each sealed row as the trail says that it was written, each stored
decision decided again, and the seals of the store.

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
from django.db.models import Model

from palpate.clinic import audit, sealed
from palpate.clinic.access import store as rows
from palpate.clinic.access import trail
from palpate.clinic.anchors import Anchor
from palpate.clinic.deciding import NOT_ASSESSED
from palpate.clinic.models import AuditRow, Decision
from palpate.clinic.named import UNKNOWN, Named
from palpate.pathway.decision import decide
from palpate.pathway.pathway import Pathway

SHOWN = 20  # findings of one kind that are said one by one; the rest are counted


@dataclass
class Report:
    """What was looked at, and what is wrong: one line for each fault, the first bad row first.

    rows  of the trail; records: sealed rows, decisions among them
    """

    rows: int = 0
    records: int = 0
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
    report, walk = Report(), _Walk(using, key)
    try:
        _limited(report, _chain(report, walk, list(anchors) if anchors is not None else None, progress))
        for kind in sealed.append_only_models():
            _limited(report, _records(report, kind, walk, progress))
        _limited(report, walk.named.gone(report.rows))
    finally:
        walk.named.close()
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


class _Walk:
    """How far the trail was walked: up to which row, and whether it is broken there."""

    def __init__(self, using: str, key: str) -> None:
        self.using, self.key, self.named = using, key, Named(key)
        self.number, self.hash, self.broken = 0, audit.FIRST, False

    def fault_of(self, row: AuditRow) -> str | None:
        """What is wrong with the next row."""
        fault = _fault_of(row, self.number, self.hash, self.key)
        self.broken = fault is not None
        return fault

    def step(self, row: AuditRow) -> None:
        """Takes a whole row as walked."""
        self.number, self.hash = row.number, row.hash
        self.named.take(row)

    def catch_up(self) -> None:
        """Goes on to what was written since. What is wrong there is for the next time to say."""
        for row in trail.rows_in_order(trail.head_of(self.using).number, self.using, after=self.number):
            if self.fault_of(row) is not None:
                return
            self.step(row)


def _chain(
    report: Report, walk: _Walk, anchors: list[Anchor] | None, progress: Callable[[str, int], None]
) -> Iterator[str]:
    """Walks the trail. After the first bad row the rest says nothing more about itself, so the walk ends there."""
    head = trail.head_of(walk.using)
    written_down = _standing(report, anchors or [])
    for row in trail.rows_in_order(head.number, walk.using):
        fault = walk.fault_of(row)
        if fault is None and row.number in written_down and written_down[row.number] != row.hash:
            fault = f"row {row.number}: it is not the row that was written down outside the store"
        if fault is not None:
            walk.broken = True
            yield fault
            return
        walk.step(row)
        report.rows = walk.number
        progress("rows of the trail", walk.number)
    number = walk.number
    if (number, walk.hash) != (head.number, head.hash if head.number else audit.FIRST):
        yield f"row {number + 1}: the trail ends at row {number}, its head says {head.number}"
    elif written_down and max(written_down) > number:
        yield f"row {number + 1}: the trail ends at row {number}, row {max(written_down)} was written down outside"
    elif not head.number and trail.newest_number(walk.using):
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


# --- What the trail says was written ----------------------------------------------------------------------------------


def _records(report: Report, kind: type[Model], walk: _Walk, progress: Callable[[str, int], None]) -> Iterator[str]:
    """Looks at every row of one sealed table; decisions are decided again too."""

    @lru_cache(maxsize=4)
    def kept(digest: str) -> Pathway | None:
        text = rows.meaning_of(digest, walk.using)
        return Pathway.of_meaning(json.loads(text)) if text is not None else None

    for row in rows.in_order(kind, walk.using):
        name = f"{kind._meta.model_name} {row.pk}"
        fault = None
        if isinstance(row, Decision):
            name += f", number {row.number} of its episode"
            fault = _decided_otherwise(row, kept)
            report.decisions += 1
        unlike = _unlike_the_trail(row, walk)
        if fault or unlike:
            yield f"{name}: {fault or unlike}"
        report.records += 1
        progress("records", report.records)


def _unlike_the_trail(row: Model, walk: _Walk) -> str | None:
    """What the trail says against a row. A trail that is broken says nothing about what it does not name."""
    fault = walk.named.fault_of(row)
    if fault == UNKNOWN and not walk.broken:
        walk.catch_up()
        fault = walk.named.fault_of(row)
    return None if fault == UNKNOWN and walk.broken else fault


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
