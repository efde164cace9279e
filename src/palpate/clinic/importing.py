"""People from a CSV file: read strictly, looked at as a whole, stored as a whole or not at all.

The file is UTF-8 and quoted by RFC 4180. Its first line names columns of COLUMNS; nothing about them is guessed. Every
fault is said with its line. Rows in = people + doubles + faults, always.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from palpate.clinic.access import people as rows
from palpate.clinic.access.practice import therapists
from palpate.clinic.acts import open_deed
from palpate.clinic.models import CareTeam, Person
from palpate.clinic.moment import now
from palpate.clinic.names import match_name
from palpate.clinic.people import LONGEST, alike, check_birth, clean_fields
from palpate.clinic.refusals import BadInput, Conflict

# The columns a file may have, in the words of the record. These two it must have.
COLUMNS = (*LONGEST, "birth_date", "therapist")
NEEDED = ("given_name", "birth_date")
MOST_ROWS, MOST_BYTES = 20_000, 8 << 20
MOST_FAULTS = 1_000  # lines that a page shows; all are counted
_FIELD = re.compile(r'"((?:[^"]|"")*)"|([^",\r\n]*)')
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line; `line` counts from 1 as an editor does, `column` may be empty."""

    line: int
    column: str
    says: str


@dataclass(frozen=True)
class Row:
    """One line that can become a person, with the one in the practice that it may be: `same`, or only `alike`."""

    line: int
    told: Mapping[str, str]
    born: date
    match_name: str
    therapist: uuid.UUID | None
    same: uuid.UUID | None = None
    alike: uuid.UUID | None = None


@dataclass
class Preview:
    """What a file would do. `digest` names the file and what the practice held when it was looked at."""

    rows: int = 0
    new: list[Row] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)
    alike: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    faulty_rows: int = 0
    digest: str = ""


class BadQuotes(ValueError):
    """The file does not keep to RFC 4180 from this line on."""

    def __init__(self, line: int, says: str) -> None:
        super().__init__(says)
        self.line, self.says = line, says


def decode(content: bytes) -> str:
    """The text of a file. A mark of byte order in front is passed over. Errors: BadInput, where it is not UTF-8."""
    if len(content) > MOST_BYTES:
        raise BadInput(f"this file is larger than {MOST_BYTES >> 20} MiB; split it", "file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"line {line}: this is not UTF-8; save the file as CSV UTF-8", "file") from None


def read_csv(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text by RFC 4180, each with the line on which it begins. Empty lines are passed over.

    Errors  BadQuotes: a quote inside a cell that is not quoted, text after a quoted cell, or a quote that never ends.
    """
    at, line = 0, 1
    while at < len(text):
        cells, began, starts = [], line, at
        while True:
            found = _FIELD.match(text, at)
            assert found is not None  # the second half matches nothing at all, too
            quoted, plain = found.groups()
            if quoted is None and text.startswith('"', at):
                raise BadQuotes(began, "a quote is opened and never closed")
            cells.append(plain if quoted is None else quoted.replace('""', '"'))
            line += found.group().count("\n")
            at = found.end()
            if text.startswith(",", at):
                at += 1
                continue
            if at < len(text) and text[at] not in "\r\n":
                where = "after a quoted cell" if quoted is not None else "in a cell that does not begin with one"
                raise BadQuotes(line, f"a quote or a letter stands {where}")
            break
        if at > starts:
            yield began, cells
        if text.startswith("\r\n", at):
            at += 2
        elif text.startswith("\r", at):
            raise BadQuotes(line, "a line ends with a lone carriage return")
        else:
            at += 1
        line += 1


def preview(text: str, today: date) -> Preview:
    """Looks at a whole file and stores nothing. Every fault is named, each with its line."""
    found = Preview()
    staff = {user.email: user.pk for user in therapists()}
    known: dict[date, list[tuple[uuid.UUID, str]]] = defaultdict(list)
    for id, name, born in rows.names_and_births():
        known[born].append((id, name))
    seen: dict[tuple[str, date], int] = {}
    head: list[str] = []
    try:
        for line, cells in read_csv(text):
            if not head:
                head = [cell.strip() for cell in cells]
                if _head_faults(line, head, found):
                    return found
                continue
            found.rows += 1
            if found.rows > MOST_ROWS:
                found.faults.append(Fault(line, "", f"a file holds at most {MOST_ROWS:,} people; split it"))
                break
            _read_row(line, head, cells, today, staff, known, seen, found)
    except BadQuotes as bad:
        found.faults.append(Fault(bad.line, "", f"{bad.says}; what follows was not read"))
    if not head and not found.faults:
        found.faults.append(Fault(1, "", "this file is empty; its first line names the columns"))
    elif not found.rows and not found.faults:
        found.faults.append(Fault(2, "", "there are no people in this file"))
    told = [text, *(f"{row.line} {row.same} {row.alike}" for row in (*found.same, *found.alike))]
    found.digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return found


def _head_faults(line: int, head: list[str], found: Preview) -> bool:
    if len(head) == 1 and (";" in head[0] or "\t" in head[0]):
        found.faults.append(Fault(line, "", "cells are set apart by commas here; save the file so"))
        return True
    for name in dict.fromkeys(head):
        if name not in COLUMNS:
            found.faults.append(Fault(line, name[:40], f"there is no such column; there are {', '.join(COLUMNS)}"))
        elif head.count(name) > 1:
            found.faults.append(Fault(line, name, "this column stands there twice"))
    for name in NEEDED:
        if name not in head:
            found.faults.append(Fault(line, name, "this column is missing"))
    return bool(found.faults)


def _read_row(
    line: int,
    head: list[str],
    cells: list[str],
    today: date,
    staff: Mapping[str, uuid.UUID],
    known: Mapping[date, list[tuple[uuid.UUID, str]]],
    seen: dict[tuple[str, date], int],
    found: Preview,
) -> None:
    """Puts one row where it belongs: among the new, the doubles or the faults."""
    faults: list[Fault] = []
    if len(cells) != len(head):
        faults.append(Fault(line, "", f"{len(cells)} cells stand here; the first line names {len(head)} columns"))
        cells = [*cells, *[""] * len(head)][: len(head)]
    told = dict(zip(head, cells, strict=True))
    clean: dict[str, str] = {}
    for name in told.keys() & LONGEST.keys():
        try:
            clean.update(clean_fields({name: told[name]}))
        except BadInput as bad:
            faults.append(Fault(line, name, bad.message))
    born = _born(line, told["birth_date"].strip(), today, faults)
    mail = told.get("therapist", "").strip().casefold()
    if mail and mail not in staff:
        faults.append(Fault(line, "therapist", "nobody who treats people here has this address for e-mail"))
    if born is not None and "given_name" in clean:
        name = match_name(f"{clean['given_name']} {clean.get('family_name', '')}")
        if (name, born) in seen:
            faults.append(Fault(line, "", f"the same name and birth date stand in line {seen[name, born]}"))
        seen.setdefault((name, born), line)
        if not faults:
            same = next((id for id, other in known.get(born, ()) if other == name), None)
            like = next((id for id, other in known.get(born, ()) if alike(other, name)), None)
            row = Row(line, clean, born, name, staff.get(mail), same, like)
            (found.same if same else found.alike if like else found.new).append(row)
    if faults:
        found.faulty_rows += 1
        found.faults += sorted(faults, key=lambda fault: fault.column)


def _born(line: int, text: str, today: date, faults: list[Fault]) -> date | None:
    try:
        if not _ISO.fullmatch(text):
            raise BadInput("a birth date is written like 1979-04-02")
        return check_birth(date.fromisoformat(text), today)
    except BadInput as bad:
        faults.append(Fault(line, "birth_date", bad.message))
    except ValueError:
        faults.append(Fault(line, "birth_date", "there is no such day"))
    return None


def bring_in(text: str, today: date, digest: str, *, link: bool, alike_too: bool) -> tuple[Preview, int, int]:
    """Stores what a preview showed, whole or not at all. Call inside an act.

    Takes    digest: of the preview that was confirmed.  link: people who are here already join the care team of the
             therapist their row names.  alike_too: people who only look like somebody are brought in as new ones.
    Returns  the preview, how many people came in, how many were linked.
    Errors   BadInput, where there is any fault; Conflict, where file or practice is not what was looked at.
    """
    found = preview(text, today)
    if found.faults:
        raise BadInput("nothing was brought in: there are faults in this file", "text")
    if found.digest != digest:
        raise Conflict("The file, or the people in the practice, are no longer what was shown. Look at it again.")
    at = now()
    people, teams = [], []
    for row in (*found.new, *(found.alike if alike_too else ())):
        person = Person(**row.told, birth_date=row.born, match_name=row.match_name, created=at)
        people.append(person)
        if row.therapist is not None:
            teams.append(CareTeam(person=person, therapist_id=row.therapist, since=at))
    pairs = {(row.same, row.therapist) for row in found.same if row.same and row.therapist} if link else set()
    pairs -= rows.teams_of({person for person, _ in pairs})
    teams += [CareTeam(person_id=person, therapist_id=therapist, since=at) for person, therapist in pairs]
    rows.add_people(people, teams)
    deed = open_deed()
    deed.concerns(*people, *(person for person, _ in pairs))
    deed.about |= {"people": len(people), "linked": len(pairs), "digest": digest[:16]}
    return found, len(people), len(pairs)
