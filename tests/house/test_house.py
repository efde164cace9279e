"""Rules of the house that a reader would otherwise have to trust."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import palpate

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "palpate" / "pathway"
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py") if path.parent.name != "migrations")  # those are made
# Lines of the safety requirements: all of them.
LINES = range(1, 72)
HELD_HERE = tuple(f"s{number:02}" for number in LINES)


def test_imports_point_inward() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_core_has_no_clock_no_chance_and_opens_no_file() -> None:
    forbidden = {"today", "now", "utcnow", "open", "input", "print", "system", "getenv", "urlopen", "read_text"}
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                # `now` of standing.py takes what is known, not the time
                assert name not in forbidden or (path.name == "decision.py" and name == "now"), f"{path.name}: {name}()"


@pytest.mark.parametrize("module", ["palpate", "palpate.pathway.decision", "palpate.library", "palpate.cli"])
def test_importing_loads_nothing_that_a_first_decision_does_not_need(module: str) -> None:
    heavy = "sqlglot tomllib django numpy pyarrow pyspark ortools typing_extensions asyncio email http"
    code = f"import sys, {module}; print([name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_decision_with_the_compiled_pathway_needs_no_parser() -> None:
    code = (
        "import sys, json; from palpate import load_pathway, decide; "
        "decide(load_pathway(), {'palpate': 1, 'as_of': '2026-01-15', 'facts': {}}); print('sqlglot' in sys.modules)"
    )
    from palpate.library import compile_shipped

    compile_shipped()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == palpate.__version__
    assert f"## {palpate.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_file_fits_in_a_readers_head() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 600}
    assert not long


def test_every_public_function_says_what_comes_back() -> None:
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                # Plain records and functions of a line or two say it by their names.
                plain = len(node.body) <= (6 if isinstance(node, ast.ClassDef) else 2)
                assert ast.get_docstring(node) or plain, f"{path.name}: {node.name} has no docstring"


def test_no_path_of_a_machine_and_no_registry_stands_in_the_project() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    bad = re.compile(r"(?<![\w.])/(?:work|farm|root)/|pypi\.org|files\.pythonhosted|registry\.npmjs")
    for name in listed:
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".toml", ".txt", ".yml", ".cfg", "")
            and path.is_file()
            and path != Path(__file__)
        ):
            assert not bad.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_every_safety_line_of_this_part_has_a_test_that_carries_its_number() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    missing = [line for line in HELD_HERE if f"def test_{line}_" not in text]
    assert not missing


def fences(kind: str) -> list[tuple[str, str]]:
    found = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for at, block in enumerate(re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)):
            found.append((f"{path.relative_to(ROOT)}:{at}", block))
    return found


@pytest.mark.parametrize(("where", "code"), fences("python"), ids=[where for where, _ in fences("python")])
def test_python_in_the_manual_runs(where: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, where, "exec"), {"__name__": "manual"})


@pytest.mark.parametrize(("where", "block"), fences("console"), ids=[where for where, _ in fences("console")])
def test_commands_in_the_manual_give_what_they_show(where: str, block: str, tmp_path: Path) -> None:
    """Each `$ palpate ...` is run; its output must hold every line shown, in order, up to a line `...`."""
    environment = {**os.environ, "COLUMNS": "92", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
    assert commands, where
    for command, shown in commands:
        if "palpate" not in command or "make " in command:
            continue
        line = command.replace(".venv/bin/palpate", "palpate").replace("/tmp/", f"{tmp_path}/")
        done = subprocess.run(
            ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, env=environment, check=False
        )
        got = (done.stdout + done.stderr).replace(f"{tmp_path}/", "/tmp/")
        at = 0
        for expected in shown.splitlines():
            if expected.strip() in ("...", ""):
                continue
            found = got.find(expected.strip().removesuffix("...").strip(), at)
            assert found >= 0, f"{where}: {command}\nnot in the output: {expected}\n{got[:1500]}"
            at = found
