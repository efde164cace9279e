"""`palpate pathway check`, `show` and `diff`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from palpate.cli.documents import documents, say_broken, say_faults
from palpate.cli.output import write_out
from palpate.library import check_pathway, load_pathway
from palpate.pathway.faults import Faults, one_line, shown
from palpate.pathway.pathway import Pathway


def check_command(options: argparse.Namespace) -> int:
    """Silent and 0 when sound; every fault with file and line, and 2, when not."""
    try:
        check_pathway(options.folder)
    except Faults as faults:
        say_faults("", faults)
        return 2
    return 0


def show_command(options: argparse.Namespace) -> int:
    """The pathway on standard output."""
    from palpate.library.cases import case_folder, cases, rule_cases, wrong_in_case
    from palpate.show import show_html, show_json, show_markdown

    pathway = _loaded(options.folder)
    if pathway is None:
        return 2
    if options.format == "json":
        write_out(show_json(pathway))
        return 0
    folder = case_folder(pathway.id)
    whole = [(case, wrong_in_case(pathway, case)) for case in cases(folder)] if options.folder is None else []
    single = list(rule_cases(folder)) if options.folder is None else []
    if options.format == "html":
        write_out(show_html(pathway, whole, single, on=date.today()))
    else:
        write_out(show_markdown(pathway, whole, single))
    return 0


def diff_command(options: argparse.Namespace) -> int:
    """The differences in meaning, and with --episodes whose decision would change."""
    from palpate.pathway.compare import compare

    before, after = _loaded(options.before, "A"), _loaded(options.after, "B")
    if before is None or after is None:
        return 2
    rows = compare(before, after)
    as_json = options.format == "json"
    if as_json:
        for row in rows:
            write_out(json.dumps(row, ensure_ascii=False) + "\n")
    else:
        _say_differences(before, after, rows)
    code = 0
    if options.episodes:
        from palpate.cli.trial import changes_stops, compare_many, is_population, try_out

        together = compare_many if is_population(options.episodes) else _episodes
        code = together(options.episodes, before, after, as_json)
        if changes_stops(rows):
            code = code or try_out(options.episodes, before, after, as_json)
    if options.data is None:
        return code
    from palpate.cli.recall import recall_list

    return recall_list(options.data, before, after, as_json) or code


def _loaded(folder: str | None, which: str = "") -> Pathway | None:
    """The pathway, or None where it is at fault, which then has been said (of which one, where there are two)."""
    try:
        return load_pathway(folder)
    except Faults as faults:
        say_faults(which, faults)
        return None


def _say_differences(before: Pathway, after: Pathway, rows: list[dict[str, Any]]) -> None:
    for mark, pathway in (("A", before), ("B", after)):
        write_out(f"{mark}  {pathway.id} {pathway.version}  {pathway.digest}\n")
    if not rows:
        write_out("The two mean the same.\n")
    for row in rows:
        name = f"{row['table']} {row['id']}".strip()
        write_out(f"\n{row['change']:8} {name}\n")
        for key, (old, new) in row.get("keys", {}).items():
            write_out(f"         {key}\n           A  {_value(row, key, old)}\n           B  {_value(row, key, new)}\n")


def _value(row: Mapping[str, Any], key: str, value: Any) -> str:
    if key in ("when", "avoid_when", "acute_when") and isinstance(value, list):
        from palpate.pathway.condition import from_json, written

        return written(from_json(value))
    if value is None:
        return "(not there)"
    return value if isinstance(value, str) else shown(value, 400)


def _episodes(name: str, before: Pathway, after: Pathway, as_json: bool) -> int:
    from palpate.pathway.compare import decided_otherwise

    total = changed = cautions = at_fault = 0
    code = 0
    for source in documents(name):
        try:
            if source.faults:
                raise source.faults
            row = decided_otherwise(before, after, source.data)
        except Faults as faults:
            say_faults(source.place, faults)
            at_fault += 1
            code = code or 2
            continue
        except Exception as error:
            say_broken(source.place, error)
            at_fault += 1
            code = 1
            continue
        total += 1
        if row is not None:
            changed += row["differs"] == "decision"
            cautions += row["differs"] == "precautions"
            say_changed(source.place, row, as_json)
    if as_json:
        write_out(
            json.dumps({"episodes": total, "changed": changed, "precautions_changed": cautions, "at_fault": at_fault})
            + "\n"
        )
    else:
        # Whoever reads the last line only must not take what could not be compared for unchanged.
        rest = f" {at_fault} could not be compared, and may change too." if at_fault else ""
        write_out(f"\n{changed} of {total} decisions would change, {cautions} more only in their precautions.{rest}\n")
    return code


def say_changed(place: str, row: dict[str, Any], as_json: bool) -> None:
    """Writes whose decision would change, from what to what, and by which rules."""
    if as_json:
        write_out(json.dumps({"place": place, **row}, ensure_ascii=False) + "\n")
        return
    old, new = (" ".join(filter(None, row[key].values())) for key in ("from", "to"))
    change = f"{old} -> {new}" if row["differs"] == "decision" else f"{old}, with other precautions"
    write_out(f"\n{row['episode'] or one_line(place)}: {change}\n")
    if row["differs"] == "decision" and not set(row["decisive"]) <= set(row["new"]):
        write_out(f"  decided by: {', '.join(row['decisive'])}\n")
    for key, words in (("no_longer", "no longer holds"), ("new", "holds now")):
        if row[key]:
            write_out(f"  {words}: {', '.join(row[key])}\n")
