"""Templates and sources hold nothing that could turn a text into markup or a script (S-31)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "palpate" / "web"
TEMPLATES = sorted(WEB.rglob("templates/**/*.html"))
SCRIPTS = sorted((WEB / "static" / "palpate").rglob("*.js"))
SOURCES = sorted((ROOT / "src" / "palpate").rglob("*.py"))

IN_TEMPLATES = {
    "the filter safe": r"\|\s*(safe|safeseq)\b",
    "autoescape off": r"autoescape\s+off",
    "an inline handler": r"<[^>]*\son[a-z]+\s*=",
    "an inline style": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b(?![^>]*\bdata-print\b)",
    "a script of its own": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "an address with javascript": r"javascript:",
    "hx-on": r"hx-on[:\-]",
    "an evaluated filter": r"hx-(vals|headers)\s*=\s*[\"']js:",
}
IN_SCRIPTS = {
    # A swap of htmx by that name is made by htmx, from an answer of our own with all its escaping.
    "innerHTML and its like": r"\b(inner|outer)HTML\b(?!\")|insertAdjacentHTML|document\.write",
    "evaluated text": r"\beval\s*\(|new Function\b|setTimeout\s*\(\s*[\"']",
    "storage in the browser": r"localStorage|indexedDB|document\.cookie",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_s31_no_template_goes_round_the_escaping(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(IN_TEMPLATES["the filter safe"], text)
    assert not re.search(IN_TEMPLATES["autoescape off"], text)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text)
    for what, pattern in IN_TEMPLATES.items():
        found = re.search(pattern, text, re.IGNORECASE)
        assert found is None, f"{template.name}: {what}: {found.group(0)[:60]}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_s31_no_script_writes_markup_or_runs_text(script: Path) -> None:
    text = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", script.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for what, pattern in IN_SCRIPTS.items():
        assert re.search(pattern, text) is None, f"{script.name}: {what}"


def test_s31_no_source_marks_a_text_as_safe() -> None:
    forbidden = {"mark_safe", "SafeString", "SafeText", "safestring"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, (ast.Import, ast.ImportFrom)) else set()
            names |= (
                {node.attr} if isinstance(node, ast.Attribute) else {node.id} if isinstance(node, ast.Name) else set()
            )
            assert not names & forbidden, f"{path.name}: {names & forbidden}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ x|safe }}",
        '<a onclick="x">',
        '<p style="a">',
        "<script>x</script>",
        "{% autoescape off %}",
        '<a href="javascript:x">',
    ],
)
def test_s31_the_lint_finds_what_it_is_for(text: str) -> None:
    assert any(re.search(pattern, text, re.IGNORECASE) for pattern in IN_TEMPLATES.values())
