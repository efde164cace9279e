"""`palpate audit`: the pathway over a population."""

from __future__ import annotations

import argparse
import glob
import os
import re
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from palpate.cli.decide import chosen_pathway
from palpate.cli.documents import say_faults, where_broken
from palpate.cli.installation import say
from palpate.cli.output import write_out
from palpate.pathway.faults import Faults, one_line
from palpate.pathway.pathway import Pathway

PACKAGES = ("numpy", "pyarrow", "vl_convert")
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
LEAST = 256 * 2**20
SHARE = 512 * 2**20  # of a process that works together with others


def audit_command(options: argparse.Namespace) -> int:
    """Audits. Returns 2 where the call or the input is at fault, 1 where it could not be done; nothing is left then."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        say(f"the packages for populations are not installed ({', '.join(missing)}); make setup installs them")
        return 1
    memory = _bytes(options.memory)
    if memory is None or memory < LEAST:
        say("audit: --memory is a number with K, M or G, at least 256M")
        return 2
    if options.master and options.engine != "spark":
        say("audit: --master belongs to --engine spark")
        return 2
    pathway = chosen_pathway(options.pathway, options.setting)
    if pathway is None:
        return 2
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # read when Arrow is loaded; see `population.limit`
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded: threads that nothing here needs
    if not hasattr(os, "fork"):
        return _audited(options, pathway, memory)
    from palpate.population.apart import apart

    code = apart(lambda: _audited(options, pathway, memory))
    if code < 0:
        _clear_away(Path(options.out))
        what = "it may be damaged, or made to harm, or unpack to more than --memory allows"
        say(one_line(f"{options.input}: reading it ended the program; {what} ({options.memory}); nothing was kept"))
        return 1
    return code


def _audited(options: argparse.Namespace, pathway: Pathway, memory: int) -> int:
    from palpate.population.apart import without_pandas
    from palpate.population.spark import SparkFault, audit_on_spark

    source, out, progress = Path(options.input), Path(options.out), _Progress()
    try:
        if options.engine == "spark":
            folder = audit_on_spark(
                pathway, source, out, master=options.master, ask=options.ask, memory=memory, told=progress
            )
        else:
            without_pandas()
            from palpate.population.audit import audit

            hands = _workers(memory)
            folder = audit(pathway, source, out, ask=options.ask, memory=memory, workers=hands, told=progress)
    except Faults as faults:
        progress.end()
        say_faults("", faults)
        return 2
    except MemoryError:
        progress.end()
        say(one_line(f"{source}: it unpacks to more than --memory allows ({options.memory}); nothing was kept"))
        return 2
    except OSError as error:
        progress.end()
        reason = (os.strerror(error.errno) if error.errno else error.strerror or "the system refused").lower()
        say(one_line(f"{out}: it cannot be written: {reason}; nothing was kept"))
        return 1
    except SparkFault as fault:
        progress.end()
        say(f"audit: {fault}")
        return 2 if fault.at_call else 1
    except Exception as error:
        progress.end()
        say(f"palpate itself went wrong ({where_broken(error)}), please report it; nothing was kept")
        return 1
    progress.end()
    write_out(f"{folder.rows} rows: {folder.rows - folder.at_fault} decided, {folder.at_fault} at fault; see {out}\n")
    return 0


def _workers(memory: int) -> int:
    """How many processes may work together: as many as there are cores, of which each has enough memory."""
    if not hasattr(os, "fork"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(min(cores, memory // SHARE), 1)


def _clear_away(out: Path) -> None:
    """What an audit that was ended left beside its folder."""
    for left in out.absolute().parent.glob(f".{glob.escape(out.name)}.unfinished-*"):
        shutil.rmtree(left, ignore_errors=True)


def _bytes(text: str) -> int | None:
    found = re.fullmatch(r"([0-9]{1,9})([KMG]?)", text.upper(), re.ASCII)
    return int(found[1]) * UNITS[found[2]] if found else None


class _Progress:
    """Rows done and time left, on a terminal only."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.began = time.monotonic()

    def __call__(self, rows: int, share: float) -> None:
        if not self.shown:
            return
        spent = time.monotonic() - self.began
        left = f", about {spent / share - spent:.0f} s left" if share > 0 else ""
        sys.stderr.write(f"\r\x1b[K{rows:,} rows{left}")
        sys.stderr.flush()

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
