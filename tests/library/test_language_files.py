"""The format of a language's file, and how a phrase is said: values, plural forms, numbers, days."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from palpate.library import languages, load_pathway, wording
from palpate.library.languages import ENGLISH, Language, codes, missing, number, read, read_language, said, say
from palpate.pathway.faults import Faults

# --- one more language ------------------------------------------------------------------------------------------------

FIVE = ("en", "ar", "de", "es", "fr")
MADE_UP = """\
[language]
name = "Tok"
direction = "ltr"
locale = "nl"

[answers]
yes = "Yo"

[phone.born.wrong]
one = "Nu {count}"
other = "Nu nu {count}"
"""


def test_adding_a_language_is_adding_one_file(tmp_path: Path) -> None:
    (tmp_path / "tk.toml").write_text(MADE_UP, encoding="utf-8")
    assert codes(tmp_path) == ("en", "tk")
    tok = read("tk", tmp_path)
    assert (tok.code, tok.name, tok.locale) == ("tk", "Tok", "nl")
    assert len(missing(tok)) == len(read(ENGLISH).phrases) - 2
    fact = load_pathway().vocabulary["fever_or_chills"]
    assert wording.question(tok, fact).code == "en"
    assert read("tk").code == "en"  # ours has no such language


def test_the_folder_of_the_languages_is_where_every_page_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from palpate.web.languages import choices, known

    for code in codes():
        (tmp_path / f"{code}.toml").write_text((languages.FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    (tmp_path / "tk.toml").write_text(MADE_UP, encoding="utf-8")
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    assert ("tk", "Tok") in choices()
    assert known("tk")
    assert languages.say("tk", "answers.yes") == "Yo"
    assert languages.said("tk", "answers.no").code == "en"


@pytest.mark.parametrize(
    ("wrong", "right", "kind", "line"),
    [
        ('yes = "Yo"', 'yess = "Yo"', "unknown-key", 7),
        ('yes = "Yo"', 'yes = "<b>Yo</b>"', "markup", 7),
        ('yes = "Yo"', 'yes = "Yo {name}"', "other-words", 7),
        ('yes = "Yo"', 'yes = "Yo }"', "bad-braces", 7),
        ('yes = "Yo"', 'yes = "Yo {a.b}"', "bad-braces", 7),
        ('yes = "Yo"', 'yes = " "', "bad-text", 7),
        ('yes = "Yo"', 'yes = "Yo\\u202e"', "bad-text", 7),
        ('yes = "Yo"', "yes = 1", "wrong-type", 7),
        ('yes = "Yo"', 'yes = { one = "a", other = "b" }', "wrong-type", 7),
        ('one = "Nu {count}"', "", "plural-forms", 9),
        ('locale = "nl"', 'locale = "xx_QQ"', "unknown-locale", 4),
        ('direction = "ltr"', 'direction = "up"', "unknown-word", 3),
        ('name = "Tok"', "", "wrong-header", 0),
        ('name = "Tok"', 'name = ""', "bad-text", 2),
        ("[answers]", "[answers", "not-toml", 6),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(wrong: str, right: str, kind: str, line: int) -> None:
    with pytest.raises(Faults) as caught:
        read_language("tk.toml", MADE_UP.replace(wrong, right))
    found = {fault.code: fault.place for fault in caught.value.faults}
    assert found[kind] == (f"tk.toml:{line}" if line else "tk.toml")


def test_a_file_is_called_by_the_code_of_its_language() -> None:
    with pytest.raises(Faults, match="two or three letters, not tok-tok"):
        read_language("tok-tok.toml", MADE_UP)


# --- saying -----------------------------------------------------------------------------------------------------------


def test_a_phrase_that_nobody_wrote_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(KeyError, match=r"answers\.yes"):
        say("de", "answers.yess")


@pytest.mark.parametrize("values", [{}, {"number": "112", "name": "Ada"}, {"nummer": "112"}])
def test_a_phrase_is_not_said_with_a_gap_or_with_a_value_too_many(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="needs values for number"):
        say("en", "safety.emergency", **values)


def test_a_value_is_put_in_as_it_is_and_braces_in_it_stay_braces() -> None:
    assert "{0.__class__}" in say("en", "safety.emergency", number="{0.__class__}")


def test_a_telephone_number_keeps_its_order_among_arabic() -> None:
    assert "\u2068+33 6 12 34\u2069" in say("ar", "safety.emergency", number="+33 6 12 34")
    assert "+33 6 12 34 now" in say("en", "safety.emergency", number="+33 6 12 34")


def test_arabic_words_keep_their_order_among_english_and_a_web_address_is_left_alone() -> None:
    assert "\u2068سلام\u2069" in say("en", "body.region", place="سلام", side="left")
    link = "https://example.org/l/#abc"
    assert say("ar", "body.region", place=link, side="x").startswith(f"{link}،")


FORMS = {"zero": "z", "one": "o", "two": "t", "few": "{count} f", "many": "{count} m", "other": "{count} x"}


def spoken(code: str, count: object) -> str:
    """A made-up phrase with all plural forms, said for a count in a language."""
    there = read(code)
    own = Language(code, there.name, there.direction, there.locale, {"a": FORMS})
    return say(own, "a", count=count)  # type: ignore[arg-type]


def test_the_plural_forms_are_those_of_the_language() -> None:
    assert [spoken("ar", count) for count in (0, 1, 2, 3, 11, 100)] == ["z", "o", "t", "3 f", "11 m", "100 x"]
    assert [spoken("fr", count) for count in (0, 1, 2)] == ["o", "o", "2 x"]
    assert [spoken("en", count) for count in (0, 1, 2)] == ["0 x", "o", "2 x"]


@pytest.mark.parametrize("count", [1.5, True, "2"])
def test_a_plural_form_is_chosen_by_a_whole_number_only(count: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        spoken("en", count)


def test_what_a_language_lacks_is_said_in_english_and_says_so() -> None:
    empty = Language("ar", "x", "rtl", "ar", {})
    assert said(empty, "answers.yes") == languages.Said("Yes", "en", "ltr")
    assert said("ar", "answers.yes") == languages.Said("نعم", "ar", "rtl")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    found = {code: number(read(code), 1234.5) for code in FIVE}
    assert found == {"en": "1,234.5", "ar": "1,234.5", "de": "1.234,5", "es": "1.234,5", "fr": "1\u202f234,5"}


def test_days_and_times_are_written_as_the_language_writes_them() -> None:
    day, time = datetime.date(2026, 11, 25), datetime.time(14, 5)
    assert {code: wording.day(read(code), day) for code in FIVE} == {
        "en": "Wednesday, 25 November 2026",
        "ar": "الأربعاء، 25 نوفمبر 2026",
        "de": "Mittwoch, 25. November 2026",
        "es": "miércoles, 25 de noviembre de 2026",
        "fr": "mercredi 25 novembre 2026",
    }
    assert {code: wording.clock(read(code), time) for code in FIVE} == {
        "en": "14:05", "ar": "2:05 م", "de": "14:05", "es": "14:05", "fr": "14:05",
    }  # fmt: skip


def test_a_time_with_its_zone_is_written_as_it_stands() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=-5))
    assert wording.clock(read(ENGLISH), datetime.datetime(2026, 7, 1, 9, 30, tzinfo=zone)) == "09:30"


def test_reading_a_language_twice_gives_the_same() -> None:
    assert read("es") is read("es")
    assert read("xx") is read(ENGLISH)
