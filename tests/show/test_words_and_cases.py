"""Conditions in plain words, and worked examples beside what the pathway says of them."""

from __future__ import annotations

from html import escape
from types import SimpleNamespace
from typing import Any

import pytest

from palpate.pathway.parse import parse_condition
from palpate.pathway.pathway import Pathway
from palpate.show import show_markdown
from palpate.show.known import known_lines, usual_of
from palpate.show.markdown import escaped
from palpate.show.words import in_words, label, source_label, spelled_out


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("leg_weakness = 'both_legs'", "Leg weakness: “Yes, both legs”"),
        ("leg_weakness <> 'none'", "Leg weakness: any answer but “No”"),
        ("pain_trend in ('steady', 'improving')", "Pain trend: “About the same” or “Getting better”"),
        ("not saddle_numbness", "Saddle numbness: no"),
        ("pain_duration_days <= 14", "Pain duration: at most 14 days"),
        ("age_years > 70", "Age: more than 70 years"),
        ("body_temp_c >= 38", "Body temperature: at least 38 °C"),
        ("pregnancy_weeks between 13 and 27", "Pregnancy: from 13 to 27 weeks"),
        ("pain_now - pain_duration_days > 0", "Pain now: more than Pain duration"),
    ],
)
def test_conditions_in_plain_words(pathway: Pathway, condition: str, said: str) -> None:
    tree = in_words(parse_condition(condition, pathway.vocabulary), pathway.vocabulary)
    assert "".join(one if isinstance(one, str) else one.text for one in tree.line) == said


def test_and_or_and_at_least_become_nested_lists(pathway: Pathway) -> None:
    condition = "saddle_numbness and at_least(2, local_heat, local_redness, local_swelling)"
    tree = in_words(parse_condition(condition, pathway.vocabulary), pathway.vocabulary)
    assert tree.line == ("All of these:",)
    assert tree.items[1].line == ("At least 2 of these 3:",)
    assert len(tree.items[1].items) == 3


def test_names_become_words() -> None:
    assert label("improves_with_nsaid") == "Improves with NSAID"
    assert label("weeks_since_surgery", "weeks") == "Weeks since surgery"
    assert source_label("nice_ng59") == "NICE NG59"
    assert source_label("kamper_2010a") == "Kamper 2010a"


# --- cases ------------------------------------------------------------------------------------------------------------


def case_like(mark: str, **expect: Any) -> Any:
    document = {"palpate": 1, "as_of": "2026-01-15", "facts": {"pain_now": 3}}
    return SimpleNamespace(name=f"A case {mark}", source="Us", document=document, expect=expect, group="Made up")


def test_every_case_is_shown(whole: list[Any], single: list[Any], html: str, plain: str) -> None:
    for case, _ in whole:
        assert escape(case.name, quote=False) in html
        assert escaped(case.name) in plain
    for case in single:
        assert escape(case.said, quote=False) in html
        assert escaped(case.said) in plain


def test_only_the_five_that_cannot_be_seen_are_below_the_floor(pathway: Pathway, whole: list[Any]) -> None:
    published = [case for case, _ in whole if case.expect.get("at_least")]
    text = show_markdown(pathway, published)
    assert f"| At or above the floor | {len(published) - 5} of {len(published)} |" in text
    assert "| Below the floor, because the questions cannot see it | 5 |" in text
    assert "| Below the floor for any other reason | 0 |" in text
    assert "| Above the ceiling, where one is claimed | 0 of " in text


def test_a_case_that_comes_out_otherwise_is_marked(pathway: Pathway) -> None:
    low = case_like("low", at_least="emergency")
    high = case_like("high", at_least="treat", at_most="treat")
    text = show_markdown(pathway, [low, (high, ["incomplete is above the ceiling treat"])])
    assert "| Below the floor for any other reason | 1 |" in text
    assert "| Above the ceiling, where one is claimed | 1 of 1 |" in text
    assert "**Differs** incomplete is above the ceiling treat" in text
    assert "0 of 1 come out exactly as expected" in text


def test_a_rule_case_that_comes_out_otherwise_is_marked(pathway: Pathway) -> None:
    rule = pathway.rules[0].id
    wrong = SimpleNamespace(rule=rule, truth="holds", said="Nothing is known.", facts={})
    lost = SimpleNamespace(rule="no_such_rule", truth="holds", said="A rule of old.", facts={})
    text = show_markdown(pathway, None, [wrong, lost])
    assert "2 differ from what the rule says." in text
    assert "**The rule says: unknown**" in text
    assert "**The rule says: no such rule**" in text
    assert f"{len(pathway.rules) - 1} rules have no case here" in text


def test_a_document_that_is_refused_is_shown_as_refused(pathway: Pathway) -> None:
    case = case_like("bad", disposition="treat")
    case.document["facts"]["pain_now"] = 99
    assert "**Refused**" in show_markdown(pathway, [case])


def test_what_is_known_in_a_case_can_be_put_together_again(pathway: Pathway) -> None:
    def documents() -> list[dict[str, Any]]:
        facts = {"pain_now": 4, "age_years": 40, "saddle_numbness": False, "pain_trend": "steady"}
        missing = {name: value for name, value in facts.items() if name != "age_years"}
        return [{"as_of": "2026-01-15", "facts": one} for one in (facts, facts, {**facts, "pain_now": 8}, missing)]

    usual = usual_of(documents())
    assert usual.intake == documents()[0]["facts"]
    said = [known_lines(document, usual, pathway.vocabulary) for document in documents()]
    assert said[0] == ["The usual answers"]
    assert said[2] == ["Pain now: 8 points", "Else the usual answers"]
    assert said[3] == ["Not known: Age", "Else the usual answers"]
    alone = known_lines({"as_of": "2026-01-15", "facts": {"pain_now": 4}}, usual, pathway.vocabulary)
    assert alone == ["Pain now: 4 points"]


def test_names_within_a_text_are_spelled_out_as_they_stand_on_the_buttons() -> None:
    places = {"low_back": "Low back", "better": "Makes it better"}
    told = "low_back: under the ribs. better: moving helps; see heart_condition, and what is better."
    said = "“Low back”: under the ribs. “Makes it better”: moving helps; see heart condition, and what is better."
    assert spelled_out(told, places) == said
