"""What every door refuses in an episode, and what it takes: each fact at its edges, each answer in its one spelling."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import Faults, decide, load_pathway
from palpate.pathway.episode import EARLIEST, LATEST, MOST_ITEMS, read_episode
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import DISPOSITIONS

PATHWAY = load_pathway()
FACTS = {name: fact for name, fact in PATHWAY.vocabulary.facts.items() if name not in PATHWAY.worked_out}
NUMBERS = [fact for fact in FACTS.values() if fact.is_number]
BOOLEANS = [fact.name for fact in FACTS.values() if fact.kind == "bool"]
CHOICES = [fact for fact in FACTS.values() if fact.kind == "enum"]
NO_NUMBER = [float("nan"), float("inf"), float("-inf"), True, False, "4", "", [4], {}, 10**400, -(10**400)]


def faults_of(**own: Any) -> list[str]:
    with pytest.raises(Faults) as refused:
        read_episode({"palpate": 1, "as_of": "2026-03-16", "facts": {}, **own}, PATHWAY)
    return [str(fault) for fault in refused.value.faults]


def facts_of(**facts: Any) -> dict[str, Any]:
    return dict(read_episode({"palpate": 1, "as_of": "2026-03-16", "facts": facts}, PATHWAY).facts)


def outside(fact: Fact) -> list[float]:
    step = 1 if fact.kind == "int" else 0.001
    return [fact.low - step, fact.high + step]


@pytest.mark.parametrize("fact", NUMBERS, ids=[fact.name for fact in NUMBERS])
def test_s24_a_number_is_taken_to_both_ends_of_its_range_and_not_beyond(fact: Fact) -> None:
    for value in (fact.low, fact.high):
        assert facts_of(**{fact.name: value}) == {fact.name: value}
    for value in outside(fact):
        (line,) = faults_of(facts={fact.name: value})
        assert line.startswith(f"$.facts.{fact.name}: found {json.dumps(value)}, expected a ")
        assert f"({fact.unit})" in line


@pytest.mark.parametrize("value", NO_NUMBER, ids=range(len(NO_NUMBER)))
def test_s24_what_is_no_number_is_no_number_for_any_fact_and_nan_is_a_fault(value: Any) -> None:
    for fact in NUMBERS:
        (line,) = faults_of(facts={fact.name: value})
        assert line.startswith(f"$.facts.{fact.name}: found ")


def test_s24_a_whole_number_is_whole_however_it_is_written() -> None:
    for fact in NUMBERS:
        if fact.kind == "int":
            assert type(facts_of(**{fact.name: float(fact.high)})[fact.name]) is int
            (line,) = faults_of(facts={fact.name: fact.low + 0.5})
            assert "expected a whole number" in line


@pytest.mark.parametrize("name", list(PATHWAY.measures))
def test_s24_a_score_is_taken_to_both_ends_of_its_range_and_not_beyond(name: str) -> None:
    table = PATHWAY.measures[name]
    low, high = table["range"]
    key, wrap = ("values", lambda score: [score]) if name == "own_activities" else ("value", lambda score: score)

    def row(score: Any) -> list[dict[str, Any]]:
        return [{"date": "2026-03-16", "name": name, key: wrap(score)}]

    for score in (low, high):
        read_episode({"palpate": 1, "as_of": "2026-03-16", "facts": {}, "measures": row(score)}, PATHWAY)
    step = 1 if table.get("whole") else 0.001
    for score in (low - step, high + step, *NO_NUMBER, *([low + 0.5] if table.get("whole") else [])):
        (line,) = faults_of(measures=row(score))
        assert line.startswith(f"$.measures[0].{key}")
        assert f"from {low:g} to {high:g} ({table['unit']})" in line


@pytest.mark.parametrize("answer", [0, 1, 0.0, 1.0, "true", "false", "yes", "no", "Y", "on", "", [], {}, float("nan")])
def test_s25_no_fact_takes_anything_but_true_and_false_for_yes_and_no(answer: Any) -> None:
    for name in BOOLEANS:
        (line,) = faults_of(facts={name: answer})
        assert line.endswith(", expected true or false")


def test_s25_true_false_and_null_are_yes_no_and_unknown_at_every_place_of_a_fact() -> None:
    for name in BOOLEANS:
        for answer in (True, False, None):
            document: dict[str, Any] = {"palpate": 1, "as_of": "2026-03-16", "facts": {name: answer}}
            document |= {"moment": "review", "sessions": [{"date": "2026-03-01", "facts": {name: answer}}]}
            episode = read_episode({**document, "today": {"facts": {name: answer}}}, PATHWAY)
            expected = {} if answer is None else {name: answer}
            assert episode.facts == episode.sessions[0].facts == episode.today == expected


@pytest.mark.parametrize("fact", CHOICES, ids=[fact.name for fact in CHOICES])
def test_s25_a_choice_takes_its_words_and_nothing_that_looks_like_them(fact: Fact) -> None:
    for word in fact.values:
        assert facts_of(**{fact.name: word}) == {fact.name: word}
        for wrong in (word.upper(), f" {word}", f"{word} ", word.replace("_", " ") + "?", f"{word}\u200b"):
            (line,) = faults_of(facts={fact.name: wrong})
            assert "expected one of " in line


@pytest.mark.parametrize("text", ["2026-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "0000-01-01", "1900-02-29"])
def test_a_day_that_does_not_exist_is_a_fault(text: str) -> None:
    assert faults_of(onset=text) == [f"$.onset: found {text}, a date that does not exist"]


def test_a_day_is_taken_from_1900_to_2199() -> None:
    for day in (EARLIEST, LATEST):
        assert read_episode({"palpate": 1, "as_of": day.isoformat(), "facts": {}}, PATHWAY).as_of == day
    assert faults_of(as_of="2200-01-01") == ["$.as_of: found 2200-01-01, expected a day from 1900-01-01 to 2199-12-31"]


@pytest.mark.parametrize("moment", ["intake", "session", "review"])
def test_the_last_day_of_all_can_be_decided(moment: str) -> None:
    """Every plan is counted on from a day; none may run out of the calendar."""
    document: dict[str, Any] = {"palpate": 1, "as_of": LATEST.isoformat(), "moment": moment, "facts": {}}
    if moment == "review":
        document["sessions"] = [{"date": LATEST.isoformat()}]
    assert decide(PATHWAY, document).disposition in DISPOSITIONS


@given(st.dates(), st.dates())
def test_age_and_duration_follow_from_the_dates_or_are_a_fault(born: date, as_of: date) -> None:
    document = {"palpate": 1, "as_of": str(as_of), "facts": {}, "person": {"birth_date": str(born)}, "onset": str(born)}
    try:
        facts = read_episode(document, PATHWAY).facts
    except Faults:
        days = (as_of - born).days
        sound = EARLIEST <= born <= as_of <= LATEST and days <= FACTS["pain_duration_days"].high
        assert not (sound and days < 366 * FACTS["age_years"].high)
    else:
        assert facts["pain_duration_days"] == (as_of - born).days
        birthday = (born.month, born.day) <= (as_of.month, as_of.day)
        assert facts["age_years"] == as_of.year - born.year - (not birthday)


@pytest.mark.parametrize("key", ["sessions", "measures", "clearances", "unsure"])
def test_a_list_holds_a_thousand_things_and_no_more(key: str) -> None:
    (line,) = faults_of(**{key: [None] * (MOST_ITEMS + 1)})
    assert line.startswith(f"$.{key}: found [null, null")
    assert len(line) < 150


HIDING = [
    "\n",
    "\t",
    "\r",
    "\x00",
    "\x1b",
    "\x7f",
    "\x85",
    "\x9b",
    "\u2028",
    "\u2029",
    "\u202a",
    "\u202e",
    "\u2066",
    "\ud800",
]


@pytest.mark.parametrize("sign", HIDING, ids=[f"U+{ord(sign):04X}" for sign in HIDING])
def test_a_name_holds_nothing_that_moves_turns_or_hides_text(sign: str) -> None:
    row = {"date": "2026-03-01", "outcome": "cleared", "covers": ["*"]}
    for own, place in (
        ({"id": f"a{sign}b"}, "$.id"),
        ({"clearances": [{**row, "by": f"a{sign}b"}]}, "$.clearances[0].by"),
        ({"sessions": [{"date": "2026-03-01", "techniques": [f"a{sign}b"]}]}, "$.sessions[0].techniques"),
    ):
        (line,) = faults_of(**own)
        assert line.startswith(f"{place}: found ")
        assert line.isascii()
    limits = {"clearances": [{**row, "limits": f"a{sign}b"}]}
    if sign in "\n\t":  # a note may have lines
        read_episode({"palpate": 1, "as_of": "2026-03-16", "facts": {}, **limits}, PATHWAY)
    else:
        (line,) = faults_of(**limits)
        assert line.startswith("$.clearances[0].limits: found ")


@pytest.mark.parametrize(
    "name", ["Zoë", "Müller-Lüdenscheid", "李小龍", "עִבְרִית", "نیما\u200cپور", "O’Brien", "👩\u200d⚕️"]
)
def test_a_name_of_any_script_is_a_name(name: str) -> None:
    assert read_episode({"palpate": 1, "id": name, "as_of": "2026-03-16", "facts": {}}, PATHWAY).id == name


def test_a_key_that_is_no_word_is_quoted_and_cut_in_its_path() -> None:
    assert faults_of(**{"a b": 1, "c" * 500: 1}) == [
        '$."a b": this key is not known',
        '$."' + "c" * 56 + "...: this key is not known",
    ]
