"""What the tests of the command line share: a document that ends in `treat`, and calls in this process or in one of
their own.

`treat` is the base of every attack: whatever is broken in that document, it must not be the answer any more.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from palpate.cli import main
from palpate.library.cases import case_folder, whole_document

FORBIDDEN = ("Traceback", "Error", "Exception", "sqlglot", "json.", "NoneType", "errno", ".py")


@dataclass(frozen=True)
class Done:
    """What a call left: its exit code, its output as bytes, and the lines that it said beside it."""

    code: int
    out: bytes
    lines: list[str]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self) -> list[str]:
        """The faults of a call of which nothing was decided: exit code 2, clear lines, and no output at all."""
        assert self.code == 2
        assert self.out == b""
        assert self.lines
        for line in self.lines:
            assert line.isprintable()
            assert not any(word in line for word in FORBIDDEN), line
        return self.lines


@pytest.fixture
def well() -> dict[str, Any]:
    """Somebody of whom everything is known and nothing is wrong, at the intake: `treat`."""
    document = whole_document(case_folder("back_massage"), "well_intake", {"moment": "intake"})
    return json.loads(json.dumps({**document, "id": "ep-1", "as_of": "2026-03-16"}))  # a copy, free to be broken


@pytest.fixture
def call(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """`call("decide", path)` runs the command line in this process; `stdin` is what it is fed."""

    def called(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Done(code, out, err.decode().splitlines())

    return called


@pytest.fixture
def decided(call: Callable[..., Done], tmp_path: Path) -> Callable[[bytes | dict[str, Any]], Done]:
    """`decided(document)` writes the document to `ep.json` and decides it; lines name the file without its folder."""

    def run(document: bytes | dict[str, Any]) -> Done:
        path = tmp_path / "ep.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        done = call("decide", path)
        return Done(done.code, done.out, [line.replace(f"{tmp_path}/", "") for line in done.lines])

    return run


@pytest.fixture(scope="session")
def palpate() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("palpate"))


@pytest.fixture
def process(palpate: str) -> Callable[..., Done]:
    """The same in a process of its own, for what only a process shows.

    `streams` is shell text behind the call, such as `>&-`; `limits` bounds resources, such as {RLIMIT_AS: bytes}.
    """

    def run(
        *arguments: object, streams: str = "", limits: Mapping[int, int] | None = None, env: Any = None, **own: Any
    ) -> Done:
        def bounded() -> None:
            for name, most in (limits or {}).items():
                resource.setrlimit(name, (most, most))

        done = subprocess.run(
            ["sh", "-c", f'exec "$0" "$@" {streams}', palpate, *map(str, arguments)],
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **own},
            preexec_fn=bounded,
            env={**os.environ, "PYTHONUNBUFFERED": "", **(env or {})},
            check=False,
        )
        return Done(done.returncode, done.stdout or b"", done.stderr.decode().splitlines())

    return run
