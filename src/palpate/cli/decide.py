"""`palpate decide`: one decision per episode document."""

from __future__ import annotations

import argparse
import sys

from palpate.cli.documents import Progress, documents, say_broken, say_faults
from palpate.cli.output import write_out
from palpate.library import load_pathway
from palpate.pathway.decision import Decision, decide
from palpate.pathway.episode import read_episode
from palpate.pathway.faults import Faults, did_you_mean, listed, one_line, shown
from palpate.pathway.pathway import Pathway


def decide_command(options: argparse.Namespace) -> int:
    """Decide every document. Returns 2 if a document was at fault; the others are decided all the same.

    Where palpate itself fails at a document, it is said to be not assessed, and 1 is returned.
    """
    pathway = chosen_pathway(options.pathway, options.setting)
    if pathway is None:
        return 2
    style = options.format or ("text" if sys.stdout.isatty() else "json")
    progress = Progress()
    code = 0
    for name in options.files:
        for source in documents(name):
            try:
                if source.faults:
                    raise source.faults
                write_out(_decided(pathway, source.data, style, options.explain))
            except Faults as faults:
                say_faults(source.place, faults)
                code = code or 2
            except OSError:
                raise  # the output cannot be written: no further document can be decided
            except Exception as error:
                say_broken(source.place, error)
                code = 1
            progress.step()
            if name == "-":
                sys.stdout.buffer.flush()  # whoever feeds us line by line may wait for each answer
    progress.end()
    return code


def _decided(pathway: Pathway, data: object, style: str, explained: bool) -> str:
    episode = read_episode(data, pathway)
    decision = decide(pathway, episode)
    why_not = None
    if explained:
        from palpate.pathway.explain import explain

        why_not = explain(pathway, episode)
        decision = Decision({**decision.data, "explain": why_not})
    if style == "json":
        return decision.to_json() + "\n"
    from palpate.cli.text import as_text

    return as_text(pathway, decision) + "\n"


def chosen_pathway(folder: str | None, settings: list[str]) -> Pathway | None:
    """The pathway of the options, or None where it is at fault, which then has been said."""
    try:
        pathway = load_pathway(folder)
    except Faults as faults:
        say_faults("", faults)
        return None
    chosen = {}
    for text in settings:
        name, _, value = text.partition("=")
        table = pathway.meaning["settings"].get(name)
        if table is None:
            near = did_you_mean(name, pathway.settings)
            sys.stderr.write(one_line(f"--setting: the pathway has no setting {shown(name)}{near}") + "\n")
            return None
        if value not in table["values"]:
            text = f"--setting: {name} is {listed(list(table['values']))}, not {shown(value)}; write NAME=VALUE"
            sys.stderr.write(one_line(text) + "\n")
            return None
        chosen[name] = value
    return pathway.with_settings(chosen) if chosen else pathway
