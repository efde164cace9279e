"""Which consents a plan needs, and when those that are there cover them."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

import pytest

from palpate import load_pathway
from palpate.library.consent_needs import (
    TEXT_IDS,
    TEXTS,
    Consent,
    Need,
    age_on,
    covers,
    expires_on,
    load_text,
    needed,
    read_text,
)
from palpate.library.place_rules import areas, keep_words, load_place, places
from palpate.pathway.faults import Faults

IDS = [place for place, _ in places()]
TREATED = [area.id for area in areas().values() if area.treated]
NOW = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


def texts_of(needs: tuple[Need, ...]) -> list[str]:
    return [need.text for need in needs]


def given(need: Need, **other: Any) -> Consent:
    """A consent that covers the need an hour before NOW, but for what is said otherwise."""
    plain: dict[str, Any] = {
        "text": need.text, "version": need.versions[0], "place": need.place, "areas": frozenset(need.areas),
        "signer": need.signer, "person_agrees": True, "therapist_signed": True, "given_at": NOW - HOUR,
        "withdrawn_at": None, "course": "c1", "session": "s1",
    }  # fmt: skip
    return Consent(**{**plain, **other})


def holds(consents: list[Consent], need: Need, at: datetime.datetime = NOW, session: str | None = "s1") -> bool:
    return covers(consents, need, at, "c1", session)


def general() -> Need:
    return needed(load_place("ontario"), ["low_back"], 40)[0]


def buttock(place: str = "ontario") -> Need:
    return needed(load_place(place), ["low_back", "buttock"], 40)[1]


@pytest.mark.parametrize("place", IDS)
def test_an_adult_with_a_plan_for_the_low_back_signs_one_consent(place: str) -> None:
    (need,) = needed(load_place(place), ["low_back"], 40)
    assert (need.text, need.signer, need.areas, need.agrees, need.stays) == (
        "general",
        "person",
        ("low_back",),
        False,
        False,
    )


@pytest.mark.parametrize("place", IDS)
def test_a_sensitive_area_always_needs_an_extra_consent_where_the_place_says_so(place: str) -> None:
    rules = load_place(place)
    for area in TREATED:
        needs = needed(rules, ["low_back", area], 40)
        extra = [need for need in needs if need.text == "sensitive_areas"]
        assert [need.areas for need in extra] == ([(area,)] if area in rules.sensitive else [])
        assert all(need.lasts == rules.sensitive[area] for need in extra)
        assert area in needs[0].areas


def test_areas_whose_consents_last_differently_are_signed_apart() -> None:
    needs = needed(load_place("ontario"), ["buttock", "inner_thigh", "chest_wall", "low_back"], 40)
    assert [(n.areas, n.lasts.span) for n in needs[1:]] == [
        (("buttock",), "course"),
        (("chest_wall", "inner_thigh"), "session"),
    ]


@pytest.mark.parametrize("place", IDS)
@pytest.mark.parametrize("age", [None, 0, 12, 17])
def test_an_unknown_age_never_passes_as_adult_and_neither_does_a_childs(place: str, age: int | None) -> None:
    needs = needed(load_place(place), ["low_back", "buttock"], age)
    assert texts_of(needs) == ["general", "sensitive_areas", "guardian"]
    assert all((need.signer, need.agrees, need.stays) == ("guardian", True, True) for need in needs)


def test_the_age_is_the_places() -> None:
    assert texts_of(needed(load_place("british_columbia"), ["low_back"], 18)) == ["general", "guardian"]
    assert texts_of(needed(load_place("british_columbia"), ["low_back"], 19)) == ["general"]
    assert texts_of(needed(load_place("texas"), ["low_back"], 18)) == ["general"]
    assert texts_of(needed(load_place("nowhere"), ["low_back"], 18)) == ["general", "guardian"]


@pytest.mark.parametrize("age", [-1, 131, True, 40.0, "40", float("nan")])
def test_s24_what_is_no_age_is_refused(age: Any) -> None:
    with pytest.raises(Faults, match="is no age in whole years"):
        needed(load_place("ontario"), ["low_back"], age)


def test_an_area_that_nobody_treats_or_that_is_not_there_is_refused_and_all_are_named_at_once() -> None:
    with pytest.raises(Faults) as caught:
        needed(load_place("ontario"), ["breast", "gluteal_cleft", "low_bak", "buttock"], 40)
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == 3
    assert "nobody can consent" in said[0]
    assert "low_back" in said[2]


def test_before_there_is_a_plan_the_general_consent_is_enough() -> None:
    (need,) = needed(load_place("default"), [], 40)
    assert need.areas == ()
    assert holds([given(need)], need)
    assert not holds([], need)


@pytest.mark.parametrize("place", IDS)
def test_every_need_says_what_it_rests_on(place: str) -> None:
    for need in needed(load_place(place), ["low_back", "buttock", "inner_thigh"], None):
        assert need.because
        assert need.because[-1].topic == "age"


def test_a_consent_as_it_should_be_covers() -> None:
    assert holds([given(general())], general())
    assert holds([given(buttock())], buttock())
    assert holds([given(buttock("texas"), session=None)], buttock("texas"))


@pytest.mark.parametrize(
    "other",
    [
        {"text": "sensitive_areas"}, {"version": 99}, {"place": "texas"}, {"areas": frozenset()},
        {"areas": frozenset({"neck"})}, {"signer": "guardian"}, {"signer": "therapist"}, {"therapist_signed": False},
        {"person_agrees": False}, {"given_at": NOW + HOUR}, {"given_at": NOW - datetime.timedelta(days=365)},
        {"withdrawn_at": NOW}, {"withdrawn_at": NOW - HOUR / 2}, {"course": "c0"}, {"session": "s0"},
    ],
)  # fmt: skip
def test_a_consent_that_differs_in_one_thing_does_not_cover(other: dict[str, Any]) -> None:
    assert not holds([given(general(), **other)], general())


@pytest.mark.parametrize("answer", [None, False])
def test_without_the_young_persons_own_yes_the_guardians_signature_does_not_count(answer: bool | None) -> None:
    for need in needed(load_place("united_kingdom"), ["low_back", "buttock"], 15):
        assert holds([given(need)], need)
        assert not holds([given(need, person_agrees=answer)], need)


def test_what_a_guardian_signed_does_not_count_once_the_person_is_of_age() -> None:
    rules = load_place("texas")
    young, grown = needed(rules, ["low_back"], 17)[0], needed(rules, ["low_back"], 18)[0]
    assert holds([given(young)], young)
    assert not holds([given(young)], grown)


def test_a_general_consent_is_never_one_for_a_sensitive_area() -> None:
    assert not holds([given(general(), areas=frozenset({"low_back", "buttock"}))], buttock())


def test_a_consent_for_one_session_does_not_count_in_the_next_or_outside_a_session() -> None:
    need = buttock("maryland")
    assert holds([given(need)], need)
    assert not holds([given(need)], need, session="s2")
    assert not holds([given(need)], need, session=None)
    assert not holds([given(need, session=None)], need, session=None)
    assert not holds([given(need)], need, at=NOW + datetime.timedelta(days=1))


def test_a_consent_for_a_course_counts_in_all_its_sessions_until_its_last_day() -> None:
    consent = given(general(), session=None)
    day = datetime.timedelta(days=1)
    assert holds([consent], general(), at=NOW + 364 * day, session="s9")
    assert not holds([consent], general(), at=NOW + 365 * day, session="s9")
    assert expires_on(general(), datetime.date(2026, 3, 2)) == datetime.date(2027, 3, 2)


def test_areas_may_be_covered_by_several_consents_but_every_one_must_be() -> None:
    need = needed(load_place("maryland"), ["buttock", "inner_thigh"], 40)[1]
    one, two = given(need, areas=frozenset({"buttock"})), given(need, areas=frozenset({"inner_thigh"}))
    assert holds([one, two], need)
    assert not holds([one], need)


def test_a_no_to_an_area_ends_every_earlier_yes_to_it_and_a_new_signature_counts_again() -> None:
    need = buttock()
    old = given(need, given_at=NOW - 3 * HOUR)
    no = given(need, given_at=NOW - 4 * HOUR, withdrawn_at=NOW - 2 * HOUR)
    assert holds([old], need)
    assert not holds([old, no], need)
    assert holds([old, no, given(need)], need)
    assert holds([old, no], need, at=NOW - 2 * HOUR - HOUR / 2)


def test_a_no_to_one_area_leaves_the_other() -> None:
    need = needed(load_place("maryland"), ["buttock", "inner_thigh"], 40)[1]
    no = given(need, areas=frozenset({"inner_thigh"}), given_at=NOW - 2 * HOUR, withdrawn_at=NOW - HOUR / 2)
    only_buttock = dataclasses.replace(need, areas=("buttock",))
    assert not holds([given(need), no], need)
    assert holds([given(need), no], only_buttock)


def test_a_no_without_areas_ends_them_all() -> None:
    need = buttock()
    no = given(need, areas=frozenset(), given_at=NOW - 2 * HOUR, withdrawn_at=NOW - HOUR / 2)
    assert not holds([given(need), no], need)


def test_an_older_wording_counts_only_where_the_text_says_so() -> None:
    need = dataclasses.replace(general(), versions=(3, 2))
    assert holds([given(need, version=2)], need)
    assert not holds([given(need, version=1)], need)


@pytest.mark.parametrize("naive", ["at", "given_at", "withdrawn_at"])
def test_a_moment_without_a_time_zone_is_refused(naive: str) -> None:
    bare = NOW.replace(tzinfo=None)
    consent = given(general()) if naive == "at" else given(general(), **{naive: bare})
    with pytest.raises(ValueError, match="time zone"):
        holds([consent], general(), at=bare if naive == "at" else NOW)


def test_the_age_counts_whole_years_and_is_unknown_without_a_birth_date() -> None:
    day = datetime.date
    assert age_on(day(2026, 3, 1), day(2008, 3, 2)) == 17
    assert age_on(day(2026, 3, 2), day(2008, 3, 2)) == 18
    assert age_on(day(2026, 2, 28), day(2008, 2, 29)) == 17
    assert age_on(day(2026, 3, 1), day(2008, 2, 29)) == 18
    assert age_on(day(2026, 3, 1), None) is None
    assert age_on(day(2026, 3, 1), day(2026, 3, 2)) is None


# The wording.


def plain(name: str) -> str:
    words = {
        "practice": "Alder Street Massage",
        "areas": "low back, buttocks",
        "keep": keep_words(load_place("ontario")),
    }
    return "\n".join(line for part in load_text(name).filled(words) for line in part.paragraphs)


@pytest.mark.parametrize("name", TEXT_IDS)
def test_a_text_says_the_areas_the_right_to_stop_how_long_records_are_kept_and_leaves_no_gap(name: str) -> None:
    text = plain(name)
    assert "low back, buttocks" in text
    assert "at any time" in text or "take it back now" in text
    assert "for 10 years after your last visit" in text
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize("name", TEXT_IDS)
def test_a_text_is_plain_enough_for_somebody_of_twelve(name: str) -> None:
    """Flesch-Kincaid grade at most 6 (Kincaid 1975), with vowel groups for syllables, and no sentence over 30 words."""
    sentences = [s for s in re.split(r"(?<=[.?!])\s+", plain(name)) if s]
    words = [w for s in sentences for w in re.findall(r"[A-Za-z']+", s)]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", w.lower())))) for w in words)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    assert grade <= 6, grade
    assert max(len(s.split()) for s in sentences) <= 30


@pytest.mark.parametrize("name", TEXT_IDS)
def test_a_text_rests_on_sources_of_the_pathway(name: str) -> None:
    known = {source["id"] for source in load_pathway().meaning["sources"]}
    assert {source for part in load_text(name).parts for source in part.sources} <= known


def test_the_general_text_holds_what_a_texas_consultation_document_must_hold() -> None:
    """16 TAC 117.91(a): techniques, parts, draping, ending by either side, sexual conduct, both signatures."""
    text = plain("general")
    pieces = [
        "hands and forearms",
        "speaks against",
        "areas in your plan",
        "A woman's breasts stay covered",
        "cleft of your buttocks stay covered all the time",
        "the therapist ends the session",
        "The therapist may end the session too",
        "sexual word or touch ends it at once",
        "The therapist signs",
    ]
    for piece in pieces:
        assert piece in text, piece


def test_nobody_signs_a_gap() -> None:
    with pytest.raises(Faults) as caught:
        load_text("general").filled({"areas": " ", "practice": "Alder Street"})
    assert len(caught.value.faults) == 2


def test_what_is_filled_in_is_not_read_again() -> None:
    words = {"practice": "{areas}", "areas": r"\1 {keep}", "keep": "for ever"}
    filled = load_text("general").filled(words)
    assert any("massage at {areas}." in line for part in filled for line in part.paragraphs)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 1", "version = 0", "versions count from 1"),
        ("still_good = []", "still_good = [1]", "versions count from 1"),
        ('title = "', 'titel = "', "title is missing"),
        ("at {practice}.", "at {practise}.", "nothing stands for {practise}"),
        ('heading = "What we will do"', "heading = 1", "which is of another type"),
        ('sources = ["nice_ng59", "who_2023"]', "sources = []", "sources must hold one text or more"),
        ("date = 2026-11-25", "date = 2026-13-25", "cannot be read as TOML"),
    ],
)
def test_a_fault_in_a_text_says_where_it_is(old: str, new: str, said: str) -> None:
    text = (TEXTS / "general.toml").read_text(encoding="utf-8")
    with pytest.raises(Faults) as caught:
        read_text("general.toml", text.replace(old, new, 1))
    found = [str(fault) for fault in caught.value.faults if said in str(fault)]
    assert found
    assert found[0].startswith("general.toml")


def test_a_text_that_is_not_there_is_refused() -> None:
    with pytest.raises(Faults, match="there is no consent text"):
        load_text("../ontario")
