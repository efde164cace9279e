"""`palpate pathway diff A B --data DIR`: the people of a practice whose decision would change (S-68)."""

from __future__ import annotations

import json

from palpate.cli.documents import say_broken, say_faults
from palpate.cli.installation import open_installation
from palpate.cli.output import write_out
from palpate.cli.pathway import say_changed
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway


def recall_list(data: str, before: Pathway, after: Pathway, as_json: bool) -> int:
    """Decides the newest stored document of every episode by both pathways, and writes who differs.

    Each with the settings that its decision was made with, where a pathway has them. Returns the exit code.
    """
    code = open_installation(data)
    if code:
        return code
    from palpate.clinic.actor import the_program
    from palpate.clinic.acts import act
    from palpate.clinic.recall import stored
    from palpate.pathway.compare import decided_otherwise

    total = changed = at_fault = 0
    old, new = _WithSettings(before), _WithSettings(after)
    with act(the_program("pathway diff"), "decision", "recall-list", change=False):
        for one in stored():
            total += 1
            try:
                row = decided_otherwise(old(one.settings), new(one.settings), one.document)
            except Faults as faults:
                say_faults(one.whose, faults)
                at_fault, code = at_fault + 1, code or 2
                continue
            except Exception as error:
                say_broken(one.whose, error)
                at_fault, code = at_fault + 1, 1
                continue
            if row is not None:
                changed += 1
                told = {**row, "person": one.whose, "as_of": one.as_of} if as_json else {**row, "episode": one.whose}
                say_changed(one.episode, told, as_json)
    if as_json:
        write_out(json.dumps({"stored_episodes": total, "changed": changed, "at_fault": at_fault}) + "\n")
    else:
        rest = f" {at_fault} could not be compared, and may change too." if at_fault else ""
        write_out(f"\n{changed} of {total} stored episodes would be decided otherwise.{rest}\n")
    return code


class _WithSettings:
    """A pathway with each practice's choices that its decisions were made with, made ready once for each choice."""

    def __init__(self, pathway: Pathway) -> None:
        self.pathway = pathway
        self.made: dict[tuple[tuple[str, str], ...], Pathway] = {}

    def __call__(self, settings: dict[str, str]) -> Pathway:
        known = self.pathway.meaning["settings"]
        own = {name: value for name, value in settings.items() if name in known and value in known[name]["values"]}
        key = tuple(sorted(own.items()))
        if key not in self.made:
            self.made[key] = self.pathway.with_settings(own) if own else self.pathway
        return self.made[key]
