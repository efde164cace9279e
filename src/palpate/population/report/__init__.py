"""The report of an audit: one page to read, print and hand on. It opens offline and runs no script.

How it is made: a `Tally` is given every batch while the audit runs (`add`), and `write_report` writes what it counted.
"""

from __future__ import annotations

import os
from pathlib import Path

from palpate.population.report.tally import CARE_SCHEMA, FINDINGS, Tally

__all__ = ["CARE_SCHEMA", "FINDINGS", "Tally", "write_report"]


def write_report(folder: Path, tally: Tally, *, source: str, rows: int, at_fault: int) -> Path:
    """Writes `report.html` into a folder.

    Takes    tally: of every decided row; source: what was audited, as the caller named it.
             rows, at_fault: of the input.
    Returns  the file. The same counts always give the same bytes.
    Errors   OSError.
    """
    from palpate.population.report.page import page_of

    file = folder / "report.html"
    with open(file, "w", encoding="utf-8", newline="\n") as to:
        to.write(page_of(tally, source, rows, at_fault))
        to.flush()
        os.fsync(to.fileno())
    return file
