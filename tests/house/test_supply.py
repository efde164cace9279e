"""Dependencies are locked, hashed and listed; Django is at its newest 5.2 (S-42)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("file", LOCKED, ids=lambda path: path.name)
def test_s42_every_package_is_pinned_and_hashed_and_no_address_stands_there(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==[^\s;]+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


def test_s42_what_is_asked_for_is_what_is_locked_and_what_runs_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = (ROOT / "requirements" / "clinic.txt").read_text(encoding="utf-8")
    for asked in [*project["dependencies"], *project["optional-dependencies"]["clinic"]]:
        name, pinned = re.match(r"([A-Za-z0-9_-]+)(?:\[.*\])?==(.+)", asked).groups()  # type: ignore[union-attr]
        assert re.search(
            rf"^{re.escape(name)}(\[[^\]]*\])?=={re.escape(pinned)}\b", locked, re.IGNORECASE | re.MULTILINE
        ), asked
        assert version(name) == pinned


def test_s42_django_is_a_late_5_2() -> None:
    major, minor, patch = map(int, version("Django").split("."))
    assert (major, minor) == (5, 2)
    assert patch >= 19


def test_s42_the_bill_of_materials_names_every_locked_package_with_its_hashes() -> None:
    command = [sys.executable, ROOT / "requirements" / "bill_of_materials.py"]
    bill = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    found = {part["name"]: part for part in bill["components"]}
    assert found["django"]["version"] == version("Django")
    assert all(part["hashes"] for part in found.values())
    locked = (ROOT / "requirements" / "clinic.txt").read_text(encoding="utf-8")
    assert len(found) == len(re.findall(r"^[A-Za-z0-9].*==", locked, re.MULTILINE))
