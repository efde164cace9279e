"""`palpate pathway diff A B --episodes FILE` over a population: what would change for how many; and, where protocols or
thresholds differ, who would have been stopped when."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from palpate.cli.documents import STREAMS, say_faults
from palpate.cli.installation import say
from palpate.cli.output import write_out
from palpate.pathway.faults import Faults, one_line
from palpate.pathway.pathway import Pathway

PACKAGES = ("numpy", "pyarrow")
TABLES = (".parquet", ".csv")
MANY = 8 << 20  # bytes of documents, some thousands: from here on they are counted, not listed
MEMORY = 1 << 30  # bytes that may be unpacked at a time
MOST_FAULTS = 10  # that are said one by one
OF_STOPS = ("protocols", "response")  # tables of the pathway that say when a course is judged, and how


def changes_stops(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether differences between two pathways (`compare`) could change when a course is stopped."""
    return any(row["table"] in OF_STOPS for row in rows)


def is_population(name: str) -> bool:
    """Whether a file is counted by columns: a table of decisions, or more documents than anybody reads one by one."""
    if name.lower().endswith(TABLES):
        return True
    try:
        return name.lower().endswith(STREAMS) and os.stat(name).st_size > MANY
    except (OSError, ValueError):
        return False


def compare_many(name: str, before: Pathway, after: Pathway, as_json: bool) -> int:
    """Writes how many decisions would change, from what to what, by which rules, with examples.

    Returns  0; 1 where it could not be done; 2 where the file or a line of it is at fault. What is wrong has been said.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        say(f"the packages for populations are not installed ({', '.join(missing)}); make setup installs them")
        return 1
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # read when Arrow is loaded; see `population.limit`
    if not hasattr(os, "fork"):
        return _compared(Path(name), before, after, as_json)
    from palpate.population.apart import apart

    code = apart(lambda: _compared(Path(name), before, after, as_json))
    if code < 0:
        say(one_line(f"{name}: reading it ended the program; it may be damaged, or made to harm"))
        return 1
    return code


def _compared(file: Path, before: Pathway, after: Pathway, as_json: bool) -> int:
    from palpate.population.apart import without_pandas

    without_pandas()
    from palpate.population.comparing import Comparison, compare_file
    from palpate.population.limit import at_most

    found, said = Comparison(), 0
    try:
        with at_most(MEMORY):
            for faults in compare_file(before, after, file, found):
                for line, wrong in list(faults.items())[: MOST_FAULTS - said]:
                    said += 1
                    say_faults(f"{file}:{line}", Faults(wrong))
    except Faults as wrong_file:
        say_faults("", wrong_file)
        return 2
    except MemoryError:
        say(one_line(f"{file}: it unpacks to more than memory allows"))
        return 2
    except OSError:
        say(one_line(f"{file}: the file cannot be read"))
        return 2
    if found.at_fault > said:
        say(f"{found.at_fault - said} more are at fault")
    write_out(json.dumps(found.to_data(), ensure_ascii=False) + "\n" if as_json else found.to_text())
    return 2 if found.at_fault else 0


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
