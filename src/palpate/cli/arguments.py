"""What each command takes. A wrong call is one line on standard error and exit code 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from palpate.pathway.faults import one_line


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        # Without short forms of options: a script that uses one would break when a new option shares its letters.
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(one_line(f"{self.prog}: {message}; see {self.prog} --help") + "\n")
        raise SystemExit(2)


def _run(module: str, name: str) -> Callable[[argparse.Namespace], Any]:
    return lambda options: getattr(import_module(module), name)(options)


def parser_of() -> argparse.ArgumentParser:
    """The parser of the whole command line; `run` of its result carries out the command."""
    from palpate import __version__

    parser = _Parser(
        prog="palpate", description="The care pathway of a back-massage practice, as a document that decides."
    )
    parser.add_argument("--version", action="version", version=f"palpate {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _decide(commands)
    pathway = commands.add_parser(
        "pathway", help="check, show or compare pathway documents", description="Pathway documents."
    )
    parts = pathway.add_subparsers(metavar="COMMAND", required=True)
    _check(parts)
    _show(parts)
    _diff(parts)
    _schedule(commands)
    _audit(commands)
    _sample(commands)
    _serve(commands)
    _work(commands)
    _backup(commands)
    _restore(commands)
    _verify(commands)
    _doctor(commands)
    _unlock(commands)
    _clock(commands)
    return parser


def _decide(commands: Any) -> None:
    decide = commands.add_parser(
        "decide",
        help="one decision per episode document",
        description="Decides episode documents (JSON). A file whose name ends in .ndjson holds one document a line and "
        "gives one decision a line; - is standard input, in either form.",
    )
    decide.add_argument("files", nargs="+", metavar="FILE", help="episode documents; - for standard input")
    decide.add_argument(
        "--format", choices=("json", "text"), help="text for people (the default on a terminal), or json"
    )
    decide.add_argument(
        "--explain", action="store_true", help="also say why not: what stopped each rule, what would change it"
    )
    _pathway_option(decide)
    decide.set_defaults(run=_run("palpate.cli.decide", "decide_command"))


def _pathway_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pathway", metavar="DIR", help="another pathway than the shipped back_massage")
    command.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="a practice setting of the pathway"
    )


def _check(parts: Any) -> None:
    check = parts.add_parser(
        "check",
        help="check a pathway document",
        description="Checks a pathway document. Prints every fault with file and line; silent when it is sound.",
    )
    check.add_argument("folder", nargs="?", metavar="DIR", help="a pathway folder (default: the shipped back_massage)")
    check.set_defaults(run=_run("palpate.cli.pathway", "check_command"))


def _show(parts: Any) -> None:
    show = parts.add_parser(
        "show",
        help="the pathway for a clinician to read and sign",
        description="Shows a pathway with its questions, rules, sources, evidence and cases, to be read and signed.",
    )
    show.add_argument("folder", nargs="?", metavar="DIR", help="a pathway folder (default: the shipped back_massage)")
    show.add_argument(
        "--format", choices=("html", "markdown", "json"), default="html", help="html (default), markdown or json"
    )
    show.set_defaults(run=_run("palpate.cli.pathway", "show_command"))


def _diff(parts: Any) -> None:
    diff = parts.add_parser(
        "diff",
        help="what changed between two pathways",
        description="Compares two pathways by meaning, rule by rule; with --episodes also whose decision would change.",
    )
    diff.add_argument("before", metavar="A", help="a pathway folder")
    diff.add_argument("after", metavar="B", help="a pathway folder")
    diff.add_argument("--data", metavar="DIR", help="a practice's data folder: whose decision would change there")
    diff.add_argument(
        "--episodes",
        metavar="FILE",
        help="episode documents (.json, or .ndjson with one a line; - for stdin), or a table (.parquet, .csv)",
    )
    diff.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default), or json: one object a line"
    )
    diff.set_defaults(run=_run("palpate.cli.pathway", "diff_command"))


def _schedule(commands: Any) -> None:
    schedule = commands.add_parser(
        "schedule",
        help="books whole courses",
        description="Books whole courses at times that keep all their rules: as many as possible, each as early as "
        "possible, with as few changes of therapist as possible. Request and answer are JSON.",
    )
    schedule.add_argument("file", metavar="FILE", help="a schedule request (JSON); - for standard input")
    schedule.add_argument(
        "--seconds", type=_seconds, default=10.0, metavar="N", help="how long to search at most (default: 10)"
    )
    schedule.add_argument("--seed", type=int, default=0, metavar="N", help="of all chance in the search (default: 0)")
    schedule.set_defaults(run=_run("palpate.cli.schedule", "schedule_command"))


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0, up to 86400")
    return number


def _data_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", metavar="DIR", help="folder of the practice's data (default: PALPATE_DATA, else yours)"
    )


def _audit(commands: Any) -> None:
    audit = commands.add_parser(
        "audit",
        help="the pathway over a population",
        description="Decides a whole population and writes decisions, rows at fault, a summary and a report into a new "
        "folder. INPUT is a Parquet or CSV file with one row per decision, an .ndjson file of episode documents, or a "
        "folder of such files. Whatever goes wrong, there is no folder then that looks finished.",
    )
    audit.add_argument("input", metavar="INPUT", help="a .parquet, .csv or .ndjson file, or a folder of them")
    audit.add_argument("--out", metavar="DIR", required=True, help="the folder to make; it must not hold anything yet")
    audit.add_argument("--ask", action="store_true", help="also which facts decide would ask of each; much slower")
    audit.add_argument(
        "--engine", choices=("local", "spark"), default="local", help="in this process (default), or on Apache Spark"
    )
    audit.add_argument("--master", metavar="URL", help="of Spark, such as spark://host:7077 (default: on this machine)")
    audit.add_argument(
        "--memory", metavar="SIZE", default="1G", help="how much may be unpacked at a time, such as 512M (default: 1G)"
    )
    _pathway_option(audit)
    audit.set_defaults(run=_run("palpate.cli.audit", "audit_command"))


def _sample(commands: Any) -> None:
    sample = commands.add_parser(
        "sample",
        help="made-up, plausible episodes",
        description="Writes N made-up, plausible episodes, to try things and to measure with. The same seed always "
        "gives the same bytes. Nobody in them is real, and what they show is no evidence of anything.",
    )
    sample.add_argument("count", metavar="N", type=int, help="how many")
    sample.add_argument("--seed", metavar="S", type=int, default=1, help="another gives other people (default: 1)")
    sample.add_argument(
        "--format", choices=("ndjson", "parquet"), default="ndjson",
        help="ndjson: whole episode documents, one a line (default); parquet: one row per decision",
    )  # fmt: skip
    sample.add_argument("--out", metavar="FILE", help="where to write (default: standard output)")
    sample.set_defaults(run=_run("palpate.cli.sample", "sample_command"))


def _serve(commands: Any) -> None:
    serve = commands.add_parser(
        "serve",
        help="the clinic in the browser",
        description="Serves the clinic. Its first line of output is the address, once it answers. The store is SQLite "
        "in the data folder, or the PostgreSQL of DATABASE_URL; it is brought up to date first. SIGTERM ends it.",
    )
    serve.add_argument("--demo", action="store_true", help="a made-up practice, in a data folder of its own")
    _data_option(serve)
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1, this machine only)")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000; 0: a free one")
    serve.set_defaults(run=_run("palpate.cli.serve", "serve_command"))


def _work(commands: Any) -> None:
    work = commands.add_parser(
        "work",
        help="the background work apart from the server",
        description="Sends messages, makes the nightly backup and writes the heads of the audit trail, where the store "
        "is PostgreSQL. palpate serve does the same by itself: of all processes one leads. SIGTERM ends it.",
    )
    work.add_argument("--once", action="store_true", help="do what is due now, and end")
    _data_option(work)
    work.set_defaults(run=_run("palpate.cli.work", "work_command"))


def _backup(commands: Any) -> None:
    backup = commands.add_parser(
        "backup",
        help="an online copy that proves itself",
        description="Writes a backup while the clinic runs, restores it aside and checks all of it. It is encrypted "
        "when PALPATE_BACKUP_KEY is set.",
    )
    backup.add_argument("file", metavar="FILE", help="the backup to write; it must not exist yet")
    _data_option(backup)
    backup.set_defaults(run=_run("palpate.cli.backup", "backup_command"))


def _restore(commands: Any) -> None:
    restore = commands.add_parser(
        "restore",
        help="puts a backup in the place of the store, or tries it",
        description="Restores a backup aside, checks all of it, and then puts it in the place of the store. palpate "
        "serve must not be running.",
    )
    restore.add_argument("file", metavar="FILE", help="a backup made by palpate backup")
    restore.add_argument("--force", action="store_true", help="also over a practice that is there; it is kept beside")
    restore.add_argument(
        "--drill", action="store_true", help="only try it: check it aside, say how long it took, leave nothing"
    )
    _data_option(restore)
    restore.set_defaults(run=_run("palpate.cli.backup", "restore_command"))


def _verify(commands: Any) -> None:
    verify = commands.add_parser(
        "verify",
        help="is the record whole?",
        description="Checks the audit trail and that each record is as the trail says it was written, decides every "
        "stored decision again, and looks for the seals of the store. Ends with 0 when all is whole, else with 1 and "
        "the first bad row.",
    )
    verify.add_argument("--anchors", metavar="FILE", help="heads of the trail that were kept outside the store")
    _data_option(verify)
    verify.set_defaults(run=_run("palpate.cli.verify", "verify_command"))


def _doctor(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="what this installation runs on, and what is amiss",
        description="Says what this installation runs on and what is amiss with it. Ends with 1 where something must "
        "be put right.",
    )
    _data_option(doctor)
    doctor.set_defaults(run=_run("palpate.cli.doctor", "doctor_command"))


def _unlock(commands: Any) -> None:
    unlock = commands.add_parser(
        "unlock",
        help="a one-time link for somebody who lost their password",
        description="Prints a link with which somebody who works here sets a new password; it is good once, for 30 "
        "minutes. For an owner whom nobody else can help. The audit trail and every owner are told.",
    )
    unlock.add_argument("email", metavar="EMAIL", help="the address they sign in with")
    unlock.add_argument(
        "--second-factor", action="store_true", help="also take away their second factor; they set up a new one"
    )
    unlock.add_argument("--port", type=int, default=8000, help="of palpate serve, where no PALPATE_SITE is set")
    _data_option(unlock)
    unlock.set_defaults(run=_run("palpate.cli.unlock", "unlock_command"))


def _clock(commands: Any) -> None:
    clock = commands.add_parser(
        "clock",
        help="is the clock behind what was recorded, and may it stay so?",
        description="Shows the clock beside the latest time that was recorded. While it is over five minutes behind, "
        "links, codes and signing stop, until an owner accepts it here. Ends with 1 while it is behind.",
    )
    clock.add_argument(
        "--accept", metavar="EMAIL",
        help="the clock is right: the address of an owner, whose password is asked (or read from standard input)",
    )  # fmt: skip
    _data_option(clock)
    clock.set_defaults(run=_run("palpate.cli.clock", "clock_command"))
