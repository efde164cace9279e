"""S-68: a fault of the pathway is mended, and the recall list names exactly the people whom it touched."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from palpate.cli import main
from palpate.cli.recall import recall_list
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, Episode
from palpate.library import SHIPPED, load_pathway
from tests.clinic_world import World, make_person
from tests.decided_world import answer, decide
from tests.installation import Installation


def _faulty(folder: Path) -> str:
    """A copy of the shipped pathway in which pain counts as acute for 28 days only: the seeded fault."""
    shutil.copytree(SHIPPED / "back_massage", folder)
    derived = folder / "15_derived.toml"
    text = derived.read_text(encoding="utf-8")
    mild = text.replace("pain_duration_days < 42", "pain_duration_days < 28").replace(
        "between 42 and 84", "between 28 and 84"
    )
    assert mild != text
    derived.write_text(mild, encoding="utf-8")
    return str(folder)


def _somebody(world: World, name: str, days: int) -> None:
    """A person whose low back has hurt for some days, asked everything and decided."""
    with act(world.actor(world.therapist), "contact", "test", change=True):
        world.person = make_person(name, "Test", date(1980, 5, 5), world.therapist)
        world.episode = Episode(person=world.person, therapist=world.therapist, opened=world.practice.created)
        world.episode.onset = world.day - timedelta(days=days)
        world.episode.save()
    answer(world)
    decide(world)


def test_s68_the_recall_list_holds_exactly_the_people_whom_the_fault_touched(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, days in (("Early", 20), ("Between", 35), ("Edge", 41), ("After", 42), ("Long", 120)):
        _somebody(world, name, days)
    # The command opens an installation of its own; here the store of the test is the one.
    monkeypatch.setattr("palpate.cli.recall.open_installation", lambda data: 0)
    faulty, mended = load_pathway(_faulty(tmp_path / "faulty")), load_pathway()
    assert recall_list("", faulty, mended, as_json=True) == 0
    *rows, total = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["person"].split()[0] for row in rows} == {"Between", "Edge"}
    assert {row["to"]["disposition"] for row in rows} == {"medical_exam_first"}
    assert total == {"stored_episodes": 5, "changed": 2, "at_fault": 0}
    trail = AuditRow.objects.latest("number")
    assert trail.deed == "recall-list"
    assert len(trail.persons) == 5


def test_s68_equal_pathways_recall_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _somebody(world, "Early", 20)
    monkeypatch.setattr("palpate.cli.recall.open_installation", lambda data: 0)
    assert recall_list("", load_pathway(), load_pathway(), as_json=False) == 0
    assert "0 of 1 stored episodes would be decided otherwise." in capsys.readouterr().out


def test_the_command_reads_a_practices_own_folder(seeded: Installation, tmp_path: Path) -> None:
    done = seeded.palpate("pathway", "diff", _faulty(tmp_path / "faulty"), "back_massage", "--data", seeded.data)
    assert done.code == 0, done.err
    assert "stored episodes would be decided otherwise" in done.out


def test_a_folder_without_an_installation_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pathway", "diff", "back_massage", "back_massage", "--data", str(tmp_path / "none")]) == 2
    assert "there is no installation in" in capsys.readouterr().err
