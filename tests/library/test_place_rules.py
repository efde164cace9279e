"""Rules by place: every file is whole, what nobody read is never milder than the default, faults have their line."""

from __future__ import annotations

import datetime

import pytest

from palpate.library.place_rules import (
    FOLDER,
    PATHWAY_ADULT_YEARS,
    SPANS,
    TOPICS,
    PlaceRules,
    areas,
    keep_until,
    keep_words,
    later,
    load_place,
    places,
    read_place,
)
from palpate.pathway.faults import Faults

IDS = ("british_columbia", "maryland", "ontario", "texas", "united_kingdom", "washington", "default")
STRICTEST = load_place("default")
ONTARIO = (FOLDER / "ontario.toml").read_text(encoding="utf-8")


def faults_of(text: str, file: str = "ontario.toml") -> list[str]:
    with pytest.raises(Faults) as caught:
        read_place(file, text, areas(), STRICTEST)
    return [str(fault) for fault in caught.value.faults]


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_the_six_places_and_the_default_are_there_and_the_default_comes_last() -> None:
    assert tuple(place for place, _ in places()) == IDS


@pytest.mark.parametrize("place", IDS)
def test_a_place_loads_and_says_something_about_every_topic(place: str) -> None:
    rules = load_place(place)
    assert rules.id == place
    assert all(rules.of_topic(topic) for topic in TOPICS)
    assert rules.own_consent_from_years >= PATHWAY_ADULT_YEARS


@pytest.mark.parametrize("place", IDS)
def test_what_is_said_to_be_read_names_a_page_and_what_is_our_own_names_none(place: str) -> None:
    for statement in load_place(place).statements:
        if statement.certainty == "read":
            assert statement.sources, statement.id
        if statement.certainty == "policy":
            assert not statement.sources, statement.id
        assert all(source.url.startswith("http") and source.title for source in statement.sources)


@pytest.mark.parametrize("place", IDS)
def test_the_default_is_at_least_as_strict_as_every_place(place: str) -> None:
    rules = load_place(place)
    assert STRICTEST.own_consent_from_years >= rules.own_consent_from_years
    assert STRICTEST.guardian_stays >= rules.guardian_stays
    assert STRICTEST.adult_years >= rules.adult_years
    assert STRICTEST.majority_years + STRICTEST.minor_years >= rules.majority_years + rules.minor_years
    assert set(STRICTEST.sensitive) >= set(rules.sensitive)
    for area, lasts in rules.sensitive.items():
        assert SPANS.index(STRICTEST.sensitive[area].span) <= SPANS.index(lasts.span)
        assert STRICTEST.sensitive[area].days <= lasts.days


@pytest.mark.parametrize("place", IDS)
def test_what_nobody_has_read_is_as_strict_as_the_default(place: str) -> None:
    rules = load_place(place)
    if rules.because["age"].certainty != "read":
        assert rules.own_consent_from_years == STRICTEST.own_consent_from_years
    if rules.because["records"].certainty != "read":
        assert (rules.adult_years, rules.minor_years) == (STRICTEST.adult_years, STRICTEST.minor_years)
    for area, lasts in STRICTEST.sensitive.items():
        if rules.because[area].certainty != "read":
            assert rules.sensitive[area] == lasts


@pytest.mark.parametrize("place", IDS)
def test_the_buttock_needs_a_consent_of_its_own_everywhere(place: str) -> None:
    assert "buttock" in load_place(place).sensitive


def test_the_values_are_those_that_were_read() -> None:
    ontario, maryland, texas, washington = (load_place(p) for p in ("ontario", "maryland", "texas", "washington"))
    assert (ontario.adult_years, ontario.minor_years, ontario.majority_years) == (10, 10, 18)
    assert (ontario.sensitive["buttock"].span, ontario.sensitive["inner_thigh"].span) == ("course", "session")
    assert (maryland.adult_years, maryland.majority_years + maryland.minor_years) == (7, 25)
    assert texas.sensitive["breast"].span == "session"
    assert "chest_wall" not in washington.sensitive
    assert load_place("british_columbia").own_consent_from_years == 19


@pytest.mark.parametrize("place", ["atlantis", "", "Ontario", "areas", "../texas", "texts/general", "texas.toml"])
def test_a_place_that_is_not_there_gives_the_strictest(place: str) -> None:
    assert load_place(place) == STRICTEST


def test_nobody_can_change_the_rules_that_others_hold() -> None:
    with pytest.raises(TypeError):
        del load_place("ontario").sensitive["buttock"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('name = "Ontario"', 'name = ""', 'name = ""', "name is empty"),
        ("own_from_years = 18", "own_from_years = 17", "own_from_years = 17", "it must be from 18 to 25"),
        ("own_from_years = 18", 'own_from_years = "18"', 'own_from_years = "18"', "it must be a whole number"),
        ("own_from_years = 18", "own_from_years = true", "own_from_years = true", "it must be a whole number"),
        ("guardian_stays = true", "guardian_stays = 1", "guardian_stays = 1", "it must be true or false"),
        ("guardian_stays = true", "gardian_stays = true", "gardian_stays", "the nearest known one is guardian_stays"),
        ('lasts = "course"', 'lasts = "ever"', 'lasts = "ever"', "it must be session or course"),
        ("[sensitive.buttock]", "[sensitive.buttok]", "[sensitive.buttok]", "the nearest known one is buttock"),
        ("[consent.age]", "[consent.aged]", "[consent.aged]", "the nearest known one is age"),
        ("[records.keep]", "[record.keep]", "[record.keep]", "is unknown"),
        ('statement = "renewal"', 'statement = "renewals"', '"renewals"', "the nearest known one is renewal"),
        ('sources = ["cmto_reply_2023"]', 'sources = ["cmto_2023"]', '["cmto_2023"]', "there is no source"),
        ('sources = ["cmto_reply_2023"]', "sources = [[1]]", "[[1]]", "must be a list of names"),
        ('sources = ["cmto_reply_2023"]', "sources = []", "sources = []", "names no source"),
        ('url = "https://www.cmto.com/"', 'url = "cmto.com"', 'url = "cmto.com"', "must begin with https://"),
        ('kind = "regulator"', 'kind = "friend"', 'kind = "friend"', "it must be law, regulator or second_hand"),
        ("checked = 2026-11-25", "checked = 2026-11-25T10:00:00", "checked =", "it must be a date"),
        ("adult_years = 10", "adult_years =", "adult_years =", "cannot be read as TOML"),
    ],
)
def test_a_fault_says_in_one_line_where_it_is_and_what_was_expected(old: str, new: str, at: str, said: str) -> None:
    text = ONTARIO.replace(old, new, 1)
    assert text != ONTARIO
    found = [fault for fault in faults_of(text) if said in fault]
    assert len(found) == 1, faults_of(text)
    line = line_of(text, at)
    assert found[0].startswith(f"ontario.toml:{line}: "), found[0]
    assert "\n" not in found[0]


def test_all_faults_of_a_file_are_said_at_once() -> None:
    text = ONTARIO.replace('name = "Ontario"', "name = 3").replace("own_from_years = 18", "own_from_years = 9")
    text = text.replace('lasts = "course"', 'lasts = "ever"')
    assert len(faults_of(text)) == 4


def test_a_topic_nobody_speaks_about_and_an_area_nobody_decided_are_faults() -> None:
    text = ONTARIO.replace('topic = "reporting"', 'topic = "records"').replace(
        "[sensitive.chest_wall]", "[sensitive.arm]"
    )
    found = faults_of(text)
    assert any("no statement is about reporting" in fault for fault in found)
    assert any("chest_wall is sensitive in the default" in fault for fault in found)


def test_an_area_cannot_be_sensitive_and_not() -> None:
    text = ONTARIO + '\n[not_sensitive.buttock]\nstatement = "buttock_by_plan"\n'
    assert any("buttock is sensitive and not sensitive" in fault for fault in faults_of(text))


@pytest.mark.parametrize("statement", ["age_used", "records", "buttock_by_plan"])
def test_a_milder_value_is_refused_as_soon_as_nobody_has_read_its_source(statement: str) -> None:
    head, tail = ONTARIO.split(f"[statements.{statement}]")
    text = f"{head}[statements.{statement}]" + tail.replace('certainty = "read"', 'certainty = "unverified"', 1)
    found = faults_of(text)
    assert len(found) == 1
    assert "is milder than the default, but its statement is unverified" in found[0]


def test_a_guardian_who_need_not_stay_and_a_minors_record_kept_shorter_are_milder_too() -> None:
    bc = (FOLDER / "british_columbia.toml").read_text(encoding="utf-8")
    for old, new, said in (
        ("minor_years = 16", "minor_years = 15", "records.keep is milder"),
        ("majority_years = 19", "majority_years = 18", "records.keep is milder"),
        ("guardian_stays = true", "guardian_stays = false", "consent.age is milder"),
        ("days = 365", "days = 366", "consent.general is milder"),
    ):
        unread = bc.replace('certainty = "read"', 'certainty = "unverified"').replace(old, new, 1)
        found = faults_of(unread, "british_columbia.toml")
        assert len(found) == 1, found
        assert said in found[0]


def test_a_source_that_nothing_names_and_a_policy_that_hides_behind_one_are_faults() -> None:
    spare = ONTARIO + '\n[sources.spare]\ntitle = "Spare"\nurl = "https://example.org/"\nkind = "law"\n'
    assert faults_of(spare) == [
        f"ontario.toml:{line_of(spare, '[sources.spare]')}: no statement names the source spare"
    ]
    hidden = ONTARIO.replace(
        'certainty = "read"\nsources = ["cmto_reply_2023"]', 'certainty = "policy"\nsources = ["cmto_reply_2023"]'
    )
    assert any("within_a_day is our own policy and names a source" in fault for fault in faults_of(hidden))


@pytest.mark.parametrize("place", IDS)
def test_a_file_that_lost_a_line_is_refused_or_read_and_nothing_else_happens(place: str) -> None:
    lines = (FOLDER / f"{place}.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    said: list[str] = []
    for lost in range(len(lines)):
        text = "".join(lines[:lost] + lines[lost + 1 :])
        try:
            read_place(f"{place}.toml", text, areas(), STRICTEST)
        except Faults as caught:
            said += [str(fault) for fault in caught.faults]
    assert len(said) > len(lines) / 2
    assert not [line for line in said if "\n" in line or not line.startswith(f"{place}.toml")]


def test_an_area_that_is_free_without_a_reading_is_refused() -> None:
    text = (FOLDER / "washington.toml").read_text(encoding="utf-8")
    text = text.replace(
        '[not_sensitive.chest_wall]\nstatement = "chest"', '[not_sensitive.chest_wall]\nstatement = "own_caution"'
    )
    assert any("not_sensitive.chest_wall is milder" in fault for fault in faults_of(text, "washington.toml"))


@pytest.mark.parametrize(
    "text", ["", "id = 3", "consent = 1\nsources = []", "\ufeffid = 'x'", "[sensitive]\nbuttock = 1"]
)
def test_what_is_no_place_at_all_gives_faults_and_nothing_else(text: str) -> None:
    assert faults_of(text, "x.toml")


def test_ids_of_areas_that_are_also_answers_about_pain_are_the_pathways() -> None:
    from palpate import load_pathway

    sites = load_pathway().vocabulary["pain_site"].values
    assert {"neck", "upper_back", "mid_back", "low_back", "flank", "buttock"} <= set(areas()) & set(sites)


def rules_for_records(adult: int, minor: int) -> PlaceRules:
    text = ONTARIO.replace("adult_years = 10", f"adult_years = {adult}").replace(
        "minor_years = 10", f"minor_years = {minor}"
    )
    return read_place("ontario.toml", text, areas(), STRICTEST)


def test_records_of_an_adult_are_kept_from_the_last_contact() -> None:
    day = datetime.date
    assert keep_until(load_place("ontario"), day(2026, 3, 1), day(1980, 1, 1)) == day(2036, 3, 1)
    assert keep_until(load_place("maryland"), day(2026, 3, 1), day(2000, 1, 1)) == day(2033, 3, 1)


def test_records_of_a_minor_are_kept_from_the_birthday_and_never_shorter_than_an_adults() -> None:
    day = datetime.date
    assert keep_until(load_place("ontario"), day(2026, 3, 1), day(2010, 5, 2)) == day(2038, 5, 2)
    assert keep_until(rules_for_records(10, 1), day(2026, 3, 1), day(2009, 5, 2)) == day(2036, 3, 1)


def test_records_without_a_birth_date_are_kept_as_those_of_a_newborn() -> None:
    day = datetime.date
    assert keep_until(load_place("ontario"), day(2026, 3, 1), None) == day(2054, 3, 1)


def test_a_year_later_is_never_a_day_too_early() -> None:
    assert later(datetime.date(2024, 2, 29), 1) == datetime.date(2025, 3, 1)
    assert later(datetime.date(2024, 2, 29), 4) == datetime.date(2028, 2, 29)


def test_the_words_about_keeping_hold_the_years() -> None:
    assert keep_words(load_place("ontario")) == (
        "for 10 years after your last visit, and if you were under 18 then, at least until you are 28"
    )
