"""Rules of the clinic that hold for every file: where queries begin, what never reaches one, and the hazard log."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import palpate

ROOT = Path(__file__).parents[2]
SOURCE = Path(palpate.__file__).parent
ACCESS = SOURCE / "clinic" / "access"
CLINIC = [
    path
    for folder in ("clinic", "web", "cli")
    for path in sorted((SOURCE / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
MANAGERS = {"objects", "_default_manager", "_base_manager"}
# The manager of the users is made where Django wants it, and used nowhere but in `access`.
MAY_NAME_A_MANAGER = {("clinic/models/users.py", "objects")}
PERSONAL_REQUEST = {"GET", "POST", "FILES", "COOKIES", "META", "headers", "body", "cleaned_data"}
HAZARDS = ROOT / "docs" / "hazards.toml"
KEYS = {"title", "cause", "effect", "harm", "before", "after", "held", "planned", "owner", "state"}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in CLINIC:
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_s09_no_query_begins_outside_the_access_module() -> None:
    found = []
    for name, tree in trees():
        if name.startswith("clinic/access/"):
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in MANAGERS
                and (name, node.attr) not in MAY_NAME_A_MANAGER
            ):
                found.append(f"{name}:{node.lineno} .{node.attr}")
            # `person.episodes.create()` is a manager too: rows are made by their own classes, inside an act.
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("create", "get_or_create", "update_or_create", "bulk_create", "raw")
                and isinstance(node.func.value, ast.Attribute)
            ):
                found.append(f"{name}:{node.lineno} .{node.func.value.attr}.{node.func.attr}()")
    assert not found, found


def test_s28_no_words_of_a_request_become_names_of_fields_or_sql() -> None:
    found = []
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("extra", "RawSQL", "raw"):
                found.append(f"{name}:{node.lineno} {node.attr}")
            if isinstance(node, (ast.ImportFrom, ast.Import)) and any(a.name == "RawSQL" for a in node.names):
                found.append(f"{name}:{node.lineno} RawSQL")
            if not isinstance(node, ast.Call):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            query = function in ("filter", "exclude", "get", "annotate", "alias", "values", "Q", "update", "aggregate")
            for word in node.keywords:
                inside = {part.attr for part in ast.walk(word.value) if isinstance(part, ast.Attribute)}
                if word.arg is None and (query or name.startswith("clinic/access/")) and inside & PERSONAL_REQUEST:
                    found.append(f"{name}:{node.lineno} **{ast.unparse(word.value)}")
                if word.arg is None and query and name.startswith("web/"):
                    found.append(f"{name}:{node.lineno} {function}(**{ast.unparse(word.value)})")
            if function == "order_by":
                bad = [ast.unparse(given) for given in node.args if not isinstance(given, ast.Constant)]
                bad = [text for text in bad if not re.fullmatch(r"(models\.)?F\('\w+'\)\.(asc|desc)\(.*\)", text)]
                found += [f"{name}:{node.lineno} order_by({text})" for text in bad]
            fixed = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if function in ("execute", "executemany") and name.startswith("web/") and not fixed:
                found.append(f"{name}:{node.lineno} {function}()")
    assert not found, found


def test_s25_no_question_is_asked_by_djangos_own_boolean_fields() -> None:
    for name, tree in trees():
        if not name.startswith("web/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("NullBooleanField", "BooleanField", "NullBooleanSelect"), (
                    f"{name}:{node.lineno}"
                )


def hazards() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = tomllib.loads(HAZARDS.read_text(encoding="utf-8"))
    return found


def lines_with_a_test() -> set[str]:
    """The lines of the safety requirements for which some test carries the number."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {f"S-{number}" for number in re.findall(r"def test_s([0-9]{2})_", text)}


def test_s63_every_hazard_says_all_that_it_must() -> None:
    for id, hazard in hazards().items():
        assert set(hazard) == KEYS, id
        assert all(str(hazard[key]).strip() for key in KEYS - {"held", "planned"}), id
        before, after = hazard["before"], hazard["after"]
        assert isinstance(before, int), id
        assert isinstance(after, int), id
        assert 1 <= after < before <= 5, id
        assert hazard["state"] in ("open", "controlled"), id


def test_s63_every_control_that_is_held_has_its_test_and_the_rest_is_said_to_be_planned() -> None:
    tested = lines_with_a_test()
    for id, hazard in hazards().items():
        held, planned = set(hazard["held"]), set(hazard["planned"])  # type: ignore[call-overload]
        assert held | planned, f"{id} has no control"
        assert not held & planned, id
        assert held <= tested, f"{id}: no test carries {sorted(held - tested)}"
        assert (hazard["state"] == "controlled") == (not planned), f"{id}: its state and its controls disagree"


def test_s63_the_page_about_hazards_and_the_log_agree() -> None:
    page = (ROOT / "docs" / "explanation" / "hazards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (H\d+) (.+?) \| (\d) \| (\d) \| (\w+) \|$", page, re.MULTILINE)
    found = {id: (title.casefold(), int(before), int(after), state) for id, title, before, after, state in rows}
    expected = {
        id: (str(row["title"]).casefold(), row["before"], row["after"], row["state"]) for id, row in hazards().items()
    }
    assert found == expected


def test_s48_every_table_is_in_an_export_or_is_left_out_by_name() -> None:
    from django.apps import apps

    from palpate.clinic.access.exporting import LEFT_OUT, PERSONAL, PRACTICE

    tables = {model.__name__ for model in apps.get_app_config("clinic").get_models()}
    assert tables == set(PERSONAL) | set(PRACTICE) | set(LEFT_OUT)


def test_s65_has_its_property_test() -> None:
    assert "S-65" in lines_with_a_test()
