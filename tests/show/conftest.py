"""The shipped pathway and its cases, and what is shown of them: made once, because it takes a second or two."""

from __future__ import annotations

from typing import Any

import pytest

from palpate.library import load_pathway
from palpate.library.cases import case_folder, cases, rule_cases, wrong_in_case
from palpate.pathway.pathway import Pathway
from palpate.show import show_html, show_markdown


@pytest.fixture(scope="session")
def pathway() -> Pathway:
    return load_pathway()


@pytest.fixture(scope="session")
def whole(pathway: Pathway) -> list[Any]:
    """(case, its differences) for every whole case."""
    return [(case, wrong_in_case(pathway, case)) for case in cases(case_folder(pathway.id))]


@pytest.fixture(scope="session")
def single(pathway: Pathway) -> list[Any]:
    return list(rule_cases(case_folder(pathway.id)))


@pytest.fixture(scope="session")
def html(pathway: Pathway, whole: list[Any], single: list[Any]) -> str:
    return show_html(pathway, whole, single)


@pytest.fixture(scope="session")
def plain(pathway: Pathway, whole: list[Any], single: list[Any]) -> str:
    return show_markdown(pathway, whole, single)
