"""Exports: of one person as one JSON file, of everything as a ZIP with each table as CSV and as JSON.

Everything is written as it is read, a page at a time, so that memory does not grow with the practice. Hashes of
passwords, links and keys never leave the store.
"""

from __future__ import annotations

import base64
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from palpate import __version__
from palpate.clinic.access import exporting as tables
from palpate.clinic.access.exporting import LEFT_OUT, PERSONAL, PRACTICE, OneMoment
from palpate.clinic.models import Person

FORMAT = 1
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # with their wide forms
CONTROL = frozenset("\t\r\n\0")  # these too start what a spreadsheet may take for more than text
MARK = b"\xef\xbb\xbf"  # without it, spreadsheets take UTF-8 for another alphabet
UNSEEN = frozenset("\ufeff\u200b\u2060")
PIECE = 1 << 16  # bytes of the ZIP that are sent at once
ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


# --- one person -------------------------------------------------------------------------------------------------------


def person_json(person: Person, at: datetime) -> Iterator[bytes]:
    """Everything about one person as one JSON object, in pieces: `tables` holds every table, `counts` its rows."""
    with OneMoment():
        about = {"palpate_export": FORMAT, "program": __version__, "person": str(person.pk), "made": _plain(at)}
        yield (json.dumps(about, ensure_ascii=False)[:-1] + ', "tables": {').encode()
        counts = {}
        for at_table, name in enumerate(PERSONAL):
            yield f"{',' if at_table else ''}\n{json.dumps(name)}: [".encode()
            count = 0
            for row in tables.in_pages(tables.rows_of_person(person, name), name):
                yield (("," if count else "") + "\n" + json_of(row)).encode()
                count += 1
            counts[name] = count
            yield b"]"
        yield ('},\n"counts": ' + json.dumps(counts) + "}\n").encode()


def json_of(row: Mapping[str, Any]) -> str:
    """A row as JSON; dates and times as ISO 8601, times in UTC, files as base64."""
    return json.dumps(row, ensure_ascii=False, default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    raise TypeError(f"{type(value).__name__} is not exported")


# --- everything -------------------------------------------------------------------------------------------------------


class _Pipe:
    """What the ZIP is written into: it cannot be wound back, and gives away what it has at once."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.at = 0

    def write(self, data: bytes) -> int:
        self.kept += data
        self.at += len(data)
        return len(data)

    def tell(self) -> int:
        return self.at

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        found, self.kept = bytes(self.kept), bytearray()
        return found

    def full(self) -> Iterator[bytes]:
        """What there is, once it is worth sending."""
        if len(self.kept) >= PIECE:
            yield self.take()


def everything(at: datetime) -> Iterator[bytes]:
    """The whole practice as a ZIP, in pieces: `csv/TABLE.csv`, `json/TABLE.ndjson`, `files/`, and `about.json`."""
    pipe = _Pipe()
    counts: dict[str, int] = {}
    with OneMoment(), zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name in (*PERSONAL, *PRACTICE):
            counts[name] = 0
            for file, pieces in ((f"csv/{name}.csv", _as_csv(name, counts)), (f"json/{name}.ndjson", _as_lines(name))):
                with archive.open(_entry(file, at), "w", force_zip64=True) as table:
                    for piece in pieces:
                        table.write(piece)
                        yield from pipe.full()
        for row in tables.in_pages(tables.all_rows("Upload"), "Upload"):
            archive.writestr(_entry(file_name(row), at), bytes(row["content"]))
            yield from pipe.full()
        about = {
            "palpate_export": FORMAT,
            "program": __version__,
            "made": _plain(at),
            "counts": counts,
            "left_out": LEFT_OUT,
        }
        archive.writestr(_entry("about.json", at), json.dumps(about, indent=1))
    yield pipe.take()


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _as_csv(name: str, counts: dict[str, int]) -> Iterator[bytes]:
    columns = tables.columns(name)
    yield MARK + csv_line(columns).encode()
    for row in tables.in_pages(tables.all_rows(name), name):
        counts[name] += 1
        told = {**row, "content": file_name(row)} if name == "Upload" else row
        yield csv_line(told[column] for column in columns).encode()


def _as_lines(name: str) -> Iterator[bytes]:
    for row in tables.in_pages(tables.all_rows(name), name):
        told = {**row, "content": file_name(row)} if name == "Upload" else row
        yield (json_of(told) + "\n").encode()


def file_name(upload: Mapping[str, Any]) -> str:
    """Where the bytes of a file that came in lie in the ZIP: by id, never under a name that somebody gave it."""
    return f"files/{upload['id']}{ENDINGS.get(upload['media_type'], '.bin')}"


# --- CSV (S-36) -------------------------------------------------------------------------------------------------------


def csv_line(values: Iterable[Any]) -> str:
    """One line of CSV after RFC 4180. Numbers stay numbers; no text can become a formula."""
    return ",".join(_quoted(csv_cell(value)) for value in values) + "\r\n"


def csv_cell(value: Any) -> str:
    """A value as the text of a cell, before quotes. Unknown is an empty cell, never "no"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, (list, dict)):
        return harmless(json.dumps(value, ensure_ascii=False, default=_plain))
    return harmless(str(_plain(value)))


def harmless(text: str) -> str:
    """Text with `'` before it where a spreadsheet could take it for a formula, however many blanks stand first."""
    for sign in text:
        if sign in FORMULA or sign in CONTROL:
            return "'" + text
        if not (sign.isspace() or sign in UNSEEN):
            return text
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def csv_stream(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """A CSV file in pieces."""
    yield MARK + csv_line(header).encode()
    for row in rows:
        yield csv_line(row).encode()
