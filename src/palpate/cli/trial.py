"""`palpate pathway diff A B --episodes FILE` where protocols or thresholds differ: who would have been stopped when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from palpate.cli.documents import STREAMS, say_faults
from palpate.cli.installation import say
from palpate.cli.output import write_out
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway

PACKAGES = ("numpy", "pyarrow")
OF_STOPS = ("protocols", "response")  # tables of the pathway that say when a course is judged, and how


def changes_stops(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether differences between two pathways (`compare`) could change when a course is stopped."""
    return any(row["table"] in OF_STOPS for row in rows)


def try_out(name: str, before: Pathway, after: Pathway, as_json: bool) -> int:
    """Tries both pathways on the courses of a stream of documents and writes what the second would have changed.

    Returns  0; 1 where it could not be tried, which then has been said; 2 where the file is at fault.
    """
    if not name.lower().endswith(STREAMS):
        return 0  # one document is no population, and standard input cannot be read a second time
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        say(f"not tried on the courses: the packages for populations are not installed ({', '.join(missing)})")
        return 1
    from palpate.population.sources import lines_of
    from palpate.population.trial import Trial

    trial = Trial()
    try:
        for lines, _ in lines_of(Path(name)):
            trial.add(before, after, [line for _, line in lines])
    except Faults as faults:
        say_faults("", faults)
        return 2
    if as_json:
        write_out(json.dumps({"trial": trial.to_data()}, ensure_ascii=False) + "\n")
    else:
        write_out("\n" + trial.to_text())
    return 0
