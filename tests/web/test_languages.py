"""In which language a page speaks, and how a phrase comes into a template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from palpate.library.languages import Language, codes, read
from palpate.web.languages import KEY, choices, choose, known, language_of, speak

SOURCES = Path(__file__).parents[2] / "src" / "palpate"
IN_TEMPLATES = re.compile(r"\{% say(?:_plain)? [\"']([\w.]+)[\"']")
IN_PYTHON = re.compile(r"\bsaid?y?\(\s*[\w.()]+,\s*[\"']([\w.]+)[\"']")


def asking(header: str = "", chosen: str = "") -> object:
    """A request of a browser that asks for languages, with or without a choice in its session."""
    request = RequestFactory().get("/", headers={"Accept-Language": header} if header else {})
    request.session = {KEY: chosen} if chosen else {}  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("it,ar-EG;q=0.7,en;q=0.5", "ar"),
        ("it,pt", "en"),
        ("de;q=0.2,fr;q=0.9", "fr"),
        ("*", "en"),
        ("<script>,\x00", "en"),
    ],
)
def test_a_page_speaks_the_first_language_of_the_browser_that_there_is(header: str, code: str) -> None:
    assert language_of(asking(header)).code == code  # type: ignore[arg-type]


def test_what_was_chosen_counts_before_the_persons_own_language_and_that_before_the_browsers() -> None:
    request = asking("fr")
    assert speak(request, "de").code == "de"  # type: ignore[arg-type]
    assert language_of(request).code == "de"  # type: ignore[arg-type]
    request = asking("fr", chosen="ar")
    assert speak(request, "de").code == "ar"  # type: ignore[arg-type]


def test_a_choice_is_kept_and_an_unknown_one_is_not() -> None:
    request = asking("fr")
    assert choose(request, "es") is True  # type: ignore[arg-type]
    assert choose(request, "../../etc") is False  # type: ignore[arg-type]
    assert request.session[KEY] == "es"  # type: ignore[attr-defined]
    assert language_of(request).code == "es"  # type: ignore[arg-type]
    assert [known(code) for code in ("es", "xx", None, 1, "")] == [True, False, False, False, False]


def test_an_unknown_language_of_a_person_is_english() -> None:
    assert speak(asking("fr"), "xx").code == "en"  # type: ignore[arg-type]


def test_a_page_without_a_session_has_a_language() -> None:
    assert language_of(RequestFactory().get("/")).code == "en"


def test_every_language_can_be_chosen_by_its_own_name() -> None:
    assert [code for code, _ in choices()] == list(codes())
    assert dict(choices())["ar"] == "العربية"


def rendered(text: str, language: Language, **told: object) -> str:
    """A template of one line in a language."""
    return Template("{% load languages %}" + text).render(Context({"language": language, **told}))


def test_a_phrase_is_said_in_the_language_of_the_page_with_its_values_escaped() -> None:
    said = rendered('{% say "safety.emergency" number=number %}', read("de"), number="<b>112</b>")
    assert said.startswith("Rufen Sie jetzt &lt;b&gt;112&lt;/b&gt; an.")


def test_what_a_language_lacks_is_marked_as_english() -> None:
    lacking = Language("ar", "العربية", "rtl", "ar", {})
    assert rendered('{% say "answers.yes" %}', lacking) == '<span lang="en" dir="ltr">Yes</span>'
    assert rendered('{% say_plain "answers.yes" %}', lacking) == "Yes"
    said = rendered('{% say "body.region" place=place side="x" %}', lacking, place="<i>")
    assert "&lt;i&gt;, x" in said
    assert "<i>" not in said


def test_days_times_and_numbers_are_said_too() -> None:
    import datetime

    told = {"day": datetime.date(2026, 1, 2), "time": datetime.time(9, 5), "value": 2.5}
    text = '{% say_day day %} · {% say_day day "short" %} · {% say_time time %} · {% say_number value %}'
    assert rendered(text, read("fr"), **told) == "vendredi 2 janvier 2026 · 02/01/2026 · 09:05 · 2,5"


def test_a_page_knows_its_language_and_direction() -> None:
    text = "{% page_language as own %}{{ own.code }} {{ own.direction }}"
    assert rendered(text, read("ar")) == "ar rtl"
    request = asking("es")
    assert Template("{% load languages %}" + text).render(Context({"request": request})) == "es ltr"
    assert rendered("{% all_languages as all %}{{ all|length }}", read("en")) == str(len(codes()))


def test_every_phrase_that_a_page_says_has_been_written() -> None:
    english = read("en").phrases
    used: dict[str, str] = {}
    for path in SOURCES.rglob("*.html"):
        used |= dict.fromkeys(IN_TEMPLATES.findall(path.read_text(encoding="utf-8")), path.name)
    for path in SOURCES.rglob("*.py"):
        used |= dict.fromkeys(IN_PYTHON.findall(path.read_text(encoding="utf-8")), path.name)
    assert len(used) > 50
    assert {key: where for key, where in used.items() if "." in key and key not in english} == {}
