"""The folder of an audit, written whole or not at all.

Everything is written into a folder beside it, whose name says that it is not finished, and takes its name only when all
of it is safely on the disk. So a run that is killed leaves nothing that looks like a result.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import DISPOSITIONS, Pathway
from palpate.population.batch import schema_of
from palpate.population.columns import counted
from palpate.population.report import CARE_SCHEMA

FAULTS_SCHEMA = pa.schema([("file", pa.string()), ("row", pa.int64()), ("id", pa.string()), ("reason", pa.string())])


def decisions_schema(ask: bool) -> pa.Schema:
    """The columns of `decisions.parquet` in memory; with `ask` the facts that `decide` would ask as well."""
    return pa.schema([field for field in schema_of(ask, coded=True) if field.name != "fault"])


WORDS = ("disposition", "urgency", "rules.list.element", "ask.list.element", "file", "finding")  # few, and repeated


def _leaves(schema: pa.Schema) -> set[str]:
    """The columns of a Parquet file with this schema, by their paths in it."""
    return {f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name for field in schema}


class Folder:
    """The folder while it is being written; a context manager that keeps nothing unless `finish` was called."""

    def __init__(self, out: Path, pathway: Pathway, ask: bool) -> None:
        self.out, self.pathway = out, pathway
        self.rows = self.at_fault = 0
        self.hits: Counter[str] = Counter()
        self.dispositions: Counter[str] = Counter()
        check_free(out)
        self.beside = Path(tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}.unfinished-"))
        self.schema = decisions_schema(ask)
        self._writers: dict[str, pq.ParquetWriter] = {}
        try:
            for name, schema in (("decisions", self.schema), ("faults", FAULTS_SCHEMA), ("care", CARE_SCHEMA)):
                file = self.beside / f"{name}.parquet"
                self._writers[name] = pq.ParquetWriter(
                    file,
                    schema,
                    compression="zstd",
                    compression_level=1,
                    use_dictionary=[column for column in WORDS if column in _leaves(schema)],
                    write_statistics=["id"],  # by which a person is found; of the rest they cost more than they help
                    store_schema=False,  # whoever reads it finds words, not places in a dictionary
                )
        except BaseException:
            shutil.rmtree(self.beside, ignore_errors=True)
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for writer in self._writers.values():
            try:
                writer.close()
            except (OSError, pa.ArrowException):
                if kind is None:
                    raise
        shutil.rmtree(self.beside, ignore_errors=True)

    def add(self, decided: pa.RecordBatch, faults: pa.RecordBatch, care: pa.RecordBatch | None) -> None:
        """Adds decisions (columns of `schema`), rows at fault, and the findings of care. Errors: OSError."""
        self._write("decisions", decided)
        self._write("faults", faults)
        if care is not None:
            self._write("care", care)
        self.rows += decided.num_rows + faults.num_rows
        self.at_fault += faults.num_rows
        self.dispositions.update(counted(decided.column("disposition")))
        self.hits.update(counted(decided.column("rules").flatten()))

    def _write(self, name: str, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._writers[name].write_batch(batch)

    def summary(self, source: str) -> dict[str, Any]:
        """What the run counted: rows, rows at fault, rows per disposition, hits per rule."""
        about = {"id": self.pathway.id, "version": self.pathway.version, "digest": self.pathway.digest}
        return {
            "palpate": 1,
            "source": source,
            "pathway": about | {"settings": dict(self.pathway.settings)},
            "rows": self.rows,
            "decided": self.rows - self.at_fault,
            "at_fault": self.at_fault,
            "dispositions": {word: self.dispositions[word] for word in DISPOSITIONS},
            "rules": {rule.id: self.hits[rule.id] for rule in self.pathway.rules},
        }

    def finish(self, source: str, report: Any) -> None:
        """Writes the summary and the report, and gives the folder its name.

        Takes   report: called with the folder, writes `report.html` into it.
        Errors  OSError; Faults, where somebody else has meanwhile made the folder.
        """
        for writer in self._writers.values():
            writer.close()
        text = json.dumps(self.summary(source), ensure_ascii=False, indent=1) + "\n"
        (self.beside / "summary.json").write_text(text, encoding="utf-8")
        report(self.beside)
        for file in self.beside.iterdir():
            _sync(file)
        _sync(self.beside)
        os.chmod(self.beside, 0o777 & ~_mask())
        check_free(self.out)
        os.rename(self.beside, self.out)
        _sync(self.out.absolute().parent)


def check_free(out: Path) -> None:
    """Errors: Faults, where the folder exists and is not empty, or has nowhere to stand."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        what = "the folder is not empty; name a new one" if out.is_dir() else "this is a file; name a new folder"
        raise Faults([Fault("not-empty", str(out), what)])
    if not out.absolute().parent.is_dir():
        raise Faults([Fault("no-such-file", str(out), "the folder in which it should stand does not exist")])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mask() -> int:
    """What this account takes away from new files; the system tells it only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
