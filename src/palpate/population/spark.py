"""The same audit on Apache Spark: its tasks read, decide and write pieces of the input, on whatever machines.

A piece is a file, or a row group of a Parquet file, which a worker reads, checks and decides with the very code of the
local engine, one Arrow batch at a time; so faults, limits and decisions are the same. Each task writes a part of its
own into a folder that every worker sees, and only parts of tasks that ended well are taken: a piece that was tried
twice counts once. The driver puts the parts together in the order of the input.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palpate.pathway.faults import Fault, Faults, one_line
from palpate.pathway.pathway import Pathway, canonical_json

if TYPE_CHECKING:  # Arrow is imported where it is needed: a wrong call is answered without it
    from palpate.population.writing import Folder

MASTERS = ("spark://", "local", "yarn", "k8s://")
HERE = "local[*]"  # the master unless told
GROUPS_TOGETHER = 1  # row groups in one piece
REACH_SECONDS, OFFER_SECONDS = 5.0, 120.0  # for the master to answer, and for a worker to offer itself
KINDS = ("decisions", "faults", "care")
# Of Spark's Java: it hands our batches on and computes nothing, so compiling for speed only delays its start.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
Told = Callable[[int, float], None]


class SparkFault(Exception):
    """Spark cannot be used, or ended before the work was done; the text is one line for people.

    at_call  what was asked for is at fault (exit code 2), not what happened (1)
    """

    def __init__(self, text: str, at_call: bool = False) -> None:
        super().__init__(one_line(text))
        self.at_call = at_call


@dataclass(frozen=True)
class Unit:
    """A piece of the input: a file, or row groups `groups` of it."""

    at: int
    file: str
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Part:
    """What became of a unit: where it is written, or what was wrong.

    files   kind -> the file, of those that hold rows
    faults  (code, place, text) of an input that cannot be audited at all
    failed  the words of the system, where the part could not be written, or "memory"
    """

    at: int
    files: dict[str, str] = field(default_factory=dict)
    tally: str = "[]"
    rows: int = 0
    faults: tuple[tuple[str, str, str], ...] = ()
    failed: str = ""


def check_installed() -> None:
    """Errors  SparkFault, where PySpark or a Java runtime is missing; both are optional to install."""
    if find_spec("pyspark") is None:
        raise SparkFault("--engine spark needs PySpark, which is not installed: pip install 'palpate[spark]'")
    java = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (java and os.access(os.path.join(java, "bin", "java"), os.X_OK))):
        raise SparkFault("--engine spark needs a Java runtime (17 or newer): install one, or set JAVA_HOME")


def audit_on_spark(
    pathway: Pathway,
    source: Path,
    out: Path,
    *,
    master: str | None = None,
    ask: bool = False,
    memory: int | None = None,
    told: Told = lambda *_: None,
) -> Folder:
    """Decides a whole population on Spark and writes the folder of contract section 5; see `audit.audit`.

    Takes    source, out: in folders that this process and every worker see under the same name.
             master: `spark://host:port`, `local[2]`, ... (None: this machine); memory: bytes for each task.
    Returns  the folder, with what it counted; it is the same as that of the local engine.
    Errors   those of `audit.audit`; SparkFault, where Spark cannot be used or ended by itself.
    """
    from palpate.population.report import Tally, write_report
    from palpate.population.report.plots import warm_up
    from palpate.population.sources import check_columns, files_of
    from palpate.population.writing import Folder

    check_installed()
    master = master or HERE
    _check_master(master)
    files = files_of(source)
    for file in files:
        check_columns(pathway, file)
    units = _units(files)
    tally = Tally(pathway)
    with Folder(out, pathway, ask) as folder:
        parts = folder.beside / "parts"
        parts.mkdir()
        threading.Thread(target=warm_up, daemon=True).start()  # while there is nothing else to do here
        task = Task(canonical_json(pathway.meaning), str(parts.absolute()), ask, memory)
        for part in _ran(master, units, task, told):
            tally.merge(Tally.of_json(pathway, part.tally))
            _take(part, folder)
        shutil.rmtree(parts)
        folder.finish(
            source.name,
            lambda beside: write_report(
                beside, tally, source=source.name, rows=folder.rows, at_fault=folder.at_fault
            ),
        )  # fmt: skip
        return folder


# --- on the driver --------------------------------------------------------------------------------------------------


def _units(files: list[Path]) -> list[Unit]:
    from palpate.population.sources import groups_of

    units: list[Unit] = []
    for file in files:
        groups = range(groups_of(file))
        bundles = [tuple(groups[at : at + GROUPS_TOGETHER]) for at in range(0, len(groups), GROUPS_TOGETHER)]
        units += [Unit(len(units) + n, str(file.absolute()), some) for n, some in enumerate(bundles or [None])]
    return units


def _take(part: Part, folder: Folder) -> None:
    """Adds what a part holds to the folder, batch by batch."""
    import pyarrow as pa

    from palpate.population.report import CARE_SCHEMA
    from palpate.population.sources import ahead
    from palpate.population.writing import FAULTS_SCHEMA

    schemas = (folder.schema, FAULTS_SCHEMA, CARE_SCHEMA)
    nothing = [pa.RecordBatch.from_pylist([], schema) for schema in schemas]
    for at, kind in enumerate(KINDS):
        if kind in part.files:
            with pa.OSFile(part.files[kind]) as file:
                for batch in ahead(iter(pa.ipc.open_stream(file))):
                    folder.add(*(batch if at == n else none for n, none in enumerate(nothing)))


def _ran(master: str, units: list[Unit], task: Task, told: Told) -> list[Part]:
    """The parts of all units, in order. Errors: Faults, MemoryError, OSError, SparkFault."""
    from py4j.protocol import Py4JError, Py4JNetworkError

    with _context(master) as context:
        rows = context.accumulator(0)
        try:
            work = context.parallelize(units, min(len(units), 10_000)).mapPartitions(_Counted(task, rows))
            with _watched(context, len(units), lambda: int(rows.value), told), _about_pandas():
                parts: list[Part] = work.collect()
        except (Py4JNetworkError, ConnectionError, EOFError):
            raise SparkFault("Spark ended in the middle of the work; nothing was kept") from None
        except Py4JError as error:
            raise SparkFault(f"Spark gave up: {_reason(error)}; nothing was kept") from None
    faults = [Fault(*fault) for part in parts for fault in part.faults]
    if faults:
        raise Faults(faults)
    failed = next((part.failed for part in parts if part.failed), "")
    if failed == "memory":
        raise MemoryError
    if failed:
        raise OSError(0, failed)
    return sorted(parts, key=lambda part: part.at)


def _reason(error: Any) -> str:
    """What Spark says is the cause, on one line and without its traces."""
    java = getattr(error, "java_exception", None)
    said = str(java.getMessage() if java is not None else error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]


def _check_master(master: str) -> None:
    """Errors  SparkFault. One try at the address: Spark itself would try for minutes, and say much."""
    wrong = f"--master is an address such as spark://host:7077 or local[2], not {master}"
    if not master.startswith(MASTERS):
        raise SparkFault(wrong, at_call=True)
    if not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise SparkFault(wrong, at_call=True)
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=REACH_SECONDS):
            return
    raise SparkFault(f"no Spark master answers at {master}")


@contextmanager
def _context(master: str) -> Iterator[Any]:
    """A Spark context with workers, ended whatever happens."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_SUBMIT_OPTS", QUICK_START)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.task.maxFailures": "2",
        # Read when Arrow and numpy are loaded: by themselves they set a gigabyte of address space aside, which counts
        # against the limit of a task (`limit.at_most`).
        "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
        "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    }
    if master.startswith("local") or "//127.0.0.1:" in master or "//localhost:" in master:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        with _about_pandas():
            SparkContext._ensure_initialized()  # reads spark-defaults.conf, where an executor's options may stand
            conf = SparkConf().setMaster(master).setAppName("palpate audit")
            for name, value in settings.items():
                conf.set(name, value)
            conf.setIfMissing("spark.executor.extraJavaOptions", QUICK_START)
            context = SparkContext(conf=conf)
        context.setLogLevel("OFF")
    except (PySparkException, Py4JError, RuntimeError, OSError) as error:
        raise SparkFault(f"Spark does not start: {_reason(error)}") from None
    try:
        _await_worker(context)
        yield context
    finally:
        with suppress(Exception):  # it may have ended by itself
            context.stop()


@contextmanager
def _about_pandas() -> Iterator[None]:
    """PySpark warns of new versions of pandas, which nothing here goes through."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _await_worker(context: Any) -> None:
    """Errors  SparkFault, where no worker offers itself: the job would wait for ever."""
    until = time.monotonic() + OFFER_SECONDS
    while _alone(context):
        if time.monotonic() > until:
            raise SparkFault(f"no worker of {context.master} has the cores and the memory to take the work")
        time.sleep(0.2)


def _alone(context: Any) -> bool:
    """No executor works for this context. Spark's list holds the driver as well; on this machine it does the work."""
    if context.master.startswith("local"):
        return False
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) < 2


@contextmanager
def _watched(context: Any, units: int, rows: Callable[[], int], told: Told) -> Iterator[None]:
    """Tells how far the job has come, and ends it where every worker was lost and none comes back."""
    ended, lost = threading.Event(), threading.Event()

    def watch() -> None:
        alone_since = None
        tracker = context.statusTracker()
        while not ended.wait(0.5):
            try:
                stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
                told(rows(), sum(stage.numCompletedTasks for stage in stages if stage) / units)
                alone_since = (alone_since or time.monotonic()) if _alone(context) else None
            except Exception:  # the context has ended, and whoever waits for the result is told by Spark
                return
            if alone_since is not None and time.monotonic() - alone_since > OFFER_SECONDS:
                lost.set()
                context.cancelAllJobs()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception:
        if lost.is_set():
            raise SparkFault("every Spark worker was lost in the middle of the work; nothing was kept") from None
        raise
    finally:
        ended.set()
        watcher.join()


# --- on the workers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What a worker is sent: the pathway's meaning, where to write, and what to do."""

    meaning: bytes
    parts: str
    ask: bool
    memory: int | None

    def done(self, unit: Unit, attempt: int) -> Part:
        """Decides a unit and writes its part. The attempt is in the files' names: one that failed leaves others."""
        from palpate.population.apart import without_pandas

        without_pandas()
        from palpate.population.audit import add_file
        from palpate.population.limit import at_most
        from palpate.population.report import Tally

        pathway = _pathway_of(self.meaning)
        tally = Tally(pathway)
        writer = _Writer(Path(self.parts), f"{unit.at:06d}-{attempt}", self.ask)
        try:
            with writer, at_most(self.memory) if self.memory is not None else nullcontext():
                for _ in add_file(pathway, Path(unit.file), writer, tally, self.ask, unit.groups):
                    pass
        except Faults as faults:
            return Part(unit.at, faults=tuple((fault.code, fault.place, fault.text) for fault in faults.faults))
        except MemoryError:
            return Part(unit.at, failed="memory")
        except OSError as error:
            return Part(unit.at, failed=error.strerror or "the system refused")
        return Part(unit.at, writer.names, tally.to_json(), writer.rows)


@dataclass(frozen=True)
class _Counted:
    """The task over the units of one partition, with the driver's count of rows."""

    task: Task
    rows: Any

    def __call__(self, units: Iterator[Unit]) -> Iterator[Part]:
        from pyspark import TaskContext

        context = TaskContext.get()
        attempt = context.taskAttemptId() if context is not None else 0
        _use_cores(context.cpus() if context is not None else 1)
        for unit in units:
            part = self.task.done(unit, attempt)
            self.rows.add(part.rows)
            yield part


def _use_cores(count: int) -> None:
    """Arrow reads with every core of the machine unless told; a task has those that Spark gave it."""
    import pyarrow as pa

    pa.set_cpu_count(count)


_pathways: dict[bytes, Pathway] = {}


def _pathway_of(meaning: bytes) -> Pathway:
    """The pathway of its meaning; a worker's process makes it once."""
    if meaning not in _pathways:
        _pathways.clear()
        _pathways[meaning] = Pathway.of_meaning(json.loads(meaning))
    return _pathways[meaning]


class _Writer:
    """The files of one part, each begun when its first rows come; an `audit.Taker`, as `writing.Folder` is."""

    def __init__(self, folder: Path, name: str, ask: bool) -> None:
        from palpate.population.writing import decisions_schema

        self.schema = decisions_schema(ask)
        self.names: dict[str, str] = {}
        self.rows = 0
        self._place, self._name = folder, name
        self._files: dict[str, Any] = {}

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def add(self, decided: Any, faults: Any, care: Any) -> None:
        """The same as `Folder.add`."""
        self.rows += decided.num_rows + faults.num_rows
        for kind, batch in zip(KINDS, (decided, faults, care), strict=True):
            if batch is not None and batch.num_rows:
                self._file(kind, batch.schema).write_batch(batch)

    def _file(self, kind: str, schema: Any) -> Any:
        import pyarrow as pa

        if kind not in self._files:
            # As Arrow holds it: the driver reads it once, and Parquet would have to be taken apart again.
            self.names[kind] = str(self._place / f"{kind}-{self._name}.arrow")
            packed = pa.ipc.IpcWriteOptions(compression="lz4")
            self._files[kind] = pa.ipc.new_stream(self.names[kind], schema, options=packed)
        return self._files[kind]
