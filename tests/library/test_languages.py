"""The patient's languages: each is whole, says what English says, and belongs to the words of the pathway."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from palpate.figures import REGIONS
from palpate.library import load_pathway, wording
from palpate.library.consent_needs import TEXT_IDS, WORDS, load_text
from palpate.library.languages import ENGLISH, Language, codes, missing, read, say
from palpate.library.place_rules import areas, keep_words, load_place, places
from palpate.pathway.facts import Fact
from tests.library.reading import grade

OTHERS = [code for code in codes() if code != ENGLISH]
PATHWAY = load_pathway()
# Asked of nobody, since the practice knows them, and what only the therapist finds.
KNOWN = {"age_years", "consent_status"}
TOLD_AT_A_SESSION = (
    "sedation_today", "soreness_hours", "dark_urine", "large_bruise_or_swelling", "allergic_reaction", "spasm_response",
    "global_change",
)  # fmt: skip
QUESTIONS = [
    fact
    for fact in PATHWAY.vocabulary.facts.values()
    if (fact.stage == "intake" and fact.name not in KNOWN) or fact.name in TOLD_AT_A_SESSION
]
RATINGS = ("pain_nrs", "own_activities", "global_change", "sleep_nrs", "mood_nrs", "soreness_nrs")
MOST_GRADE = 7.0  # about the age of twelve
# Names that have no plainer word; each is counted as one word of one syllable.
NAMES = re.compile(
    r"\b(apixaban|rivaroxaban|clopidogrel|heparin|warfarin|aspirin|ibuprofen|naproxen|prednisolone|chemotherapy|"
    r"radiotherapy|physiotherapy|acupuncture|chiropractor|tuberculosis|diabetes|osteoporosis|melanoma|myeloma|"
    r"psoriasis|arthritis|ankylosing|spondylitis|rheumatoid|ulcerative|colitis|epidural|pacemaker|stimulator|"
    r"infection|allergic|pregnant|pregnancy|operation|medicine|medicines|syndrome|emergency)\b",
    re.IGNORECASE,
)


def texts(language: Language, before: str = "") -> dict[str, str]:
    """Every single text whose key begins so, a plural form as `key.form`, without the marks `of`."""
    found: dict[str, str] = {}
    for key, phrase in language.phrases.items():
        if key.startswith(before) and not key.endswith(".of"):
            forms = {"": phrase} if isinstance(phrase, str) else {f".{form}": text for form, text in phrase.items()}
            found |= {key + form: text for form, text in forms.items()}
    return found


def test_there_are_the_five_languages_english_first() -> None:
    names = {"en": "English", "ar": "العربية", "de": "Deutsch", "es": "Español", "fr": "Français"}
    assert codes()[0] == ENGLISH
    assert {code: read(code).name for code in codes() if code in names} == names


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_says_everything_that_english_says(code: str) -> None:
    assert missing(read(code)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_left_in_english(code: str) -> None:
    english, own = texts(read(ENGLISH)), texts(read(code))
    same = [key for key, text in own.items() if text == english.get(key) and len(re.findall(r"[a-z]{2,}", text)) > 2]
    assert same == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_phrase_is_in_the_letters_of_its_language(code: str) -> None:
    for key, text in texts(read(code)).items():
        letters = re.findall(r"[^\W\d_]", re.sub(r"\{[^}]*\}", "", text))
        from_the_right = sum("\u0590" <= letter <= "\u08ff" for letter in letters)
        rtl = read(code).direction == "rtl" and bool(letters)
        assert from_the_right > len(letters) / 2 if rtl else not from_the_right, key


def test_arabic_runs_from_right_to_left() -> None:
    assert read("ar").direction == "rtl"


@pytest.mark.parametrize("code", codes())
def test_the_direction_is_that_of_the_script(code: str) -> None:
    from babel import Locale

    language = read(code)
    assert language.direction == Locale.parse(language.locale).text_direction


@pytest.mark.parametrize("code", codes())
def test_every_question_of_the_pathway_is_worded_for_its_present_meaning(code: str) -> None:
    for fact in QUESTIONS:
        asked = wording.question(read(code), fact)
        assert (asked.code, asked.direction) == (code, read(code).direction), fact.name
        assert list(asked.answers) == (["true", "false"] if fact.kind == "bool" else list(fact.values))
        assert len(set(asked.answers.values())) == len(asked.answers)
        assert asked.help != fact.meaning


@pytest.mark.parametrize("code", codes())
def test_every_home_item_and_next_step_is_worded_for_its_present_meaning(code: str) -> None:
    language = read(code)
    for item in PATHWAY.meaning["home"]:
        said = wording.home_item(language, item)
        assert said.code == code
        assert bool(said.note) is bool(item["claim"])
    assert all(wording.next_step(language, step).code == code for step in PATHWAY.meaning["switch"])


@pytest.mark.parametrize("code", codes())
def test_whatever_the_pathway_can_decide_or_rate_has_its_words(code: str) -> None:
    phrases = read(code).phrases
    for name in PATHWAY.meaning["dispositions"]:
        assert {f"dispositions.{name}.title", f"dispositions.{name}.text"} <= set(phrases)
    assert {f"urgency.{name}" for name in ("same_day", "within_2_weeks", "routine")} <= set(phrases)
    classes = ("responded", "partly", "not_responded", "worse", "indeterminate")
    assert {f"response.{name}" for name in classes} <= set(phrases)
    assert {f"parts.{part['id']}" for part in PATHWAY.meaning["parts"]} <= set(phrases)
    assert {f"measures.{name}.question" for name in RATINGS} <= set(phrases)


@pytest.mark.parametrize("code", codes())
def test_every_place_on_the_body_has_a_name_of_its_own(code: str) -> None:
    names = [wording.region(read(code), r.view, r.place, r.side) for r in REGIONS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("code", codes())
def test_the_consents_stand_in_every_language_with_the_same_parts_and_gaps(code: str) -> None:
    for name in TEXT_IDS:
        english, own = load_text(name), wording.consent(read(code), name)
        assert (own.language, own.version, own.still_good) == (code, english.version, english.still_good)
        for mine, theirs in zip(own.parts, english.parts, strict=True):
            assert (mine.id, mine.sources) == (theirs.id, theirs.sources)
            assert len(mine.paragraphs) == len(theirs.paragraphs)
            assert (mine.heading == theirs.heading) is (code == ENGLISH)
        filled = " ".join(line for part in own.filled(dict.fromkeys(WORDS, "§")) for line in part.paragraphs)
        asked = " ".join(line for part in english.parts for line in part.paragraphs)
        assert filled.count("§") == len(re.findall(r"\{\w+\}", asked))


def test_the_english_words_of_a_consent_are_those_of_its_own_file() -> None:
    for place, _ in places():
        assert wording.keep_words(read(ENGLISH), load_place(place)) == keep_words(load_place(place))
    assert wording.consent(read(ENGLISH), "general") is load_text("general")
    assert wording.area_names(read(ENGLISH), ["low_back", "neck"]) == "back of the neck; low back"


@pytest.mark.parametrize("code", codes())
def test_the_areas_of_a_plan_can_be_named(code: str) -> None:
    treated = [id for id, area in areas().items() if area.treated]
    between = say(read(code), "fill.between")
    names = wording.area_names(read(code), reversed(treated)).split(between)
    assert names == [say(read(code), f"areas.{id}") for id in treated]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("code", OTHERS)
def test_the_limits_of_a_safety_text_are_the_same_in_every_language(code: str) -> None:
    """A limit that was mistyped in a translation would be another question. One and two may be written as words."""
    own = texts(read(code))
    for key, text in texts(read(ENGLISH)).items():
        if key.startswith(("facts.", "answers.", "safety.", "consent.", "home")):
            assert limits(own[key]) == limits(text), key


def limits(text: str) -> list[int]:
    """The numbers above two in a text, sorted; `1,000`, `1.000` and `1 000` are the same.

    French doctors say 16/10 for 160/100, and call Down syndrome by the number of the chromosome.
    """
    plain = re.sub(r"(?<=\d)[.,\u00a0](?=\d{3}\b)", "", text.replace("(16/10)", "").replace("trisomie 21", ""))
    return sorted(number for number in map(int, re.findall(r"\d+", plain)) if number > 2)


# --- how hard it is to read -------------------------------------------------------------------------------------------


def test_a_child_of_twelve_can_read_every_question() -> None:
    asked = [wording.question(read(ENGLISH), fact) for fact in QUESTIONS]
    hard = {one.fact: grade(NAMES.sub("it", f"{one.question} {one.help}")) for one in asked}
    assert not {fact: found for fact, found in hard.items() if found > MOST_GRADE}


@pytest.mark.parametrize(
    "table", ["facts", "phone", "messages", "safety", "dispositions", "next", "home", "home_rules", "measures"]
)
def test_a_child_of_twelve_can_read_every_part_of_the_page(table: str) -> None:
    lines = [text if text[-1] in ".?!:" else f"{text}." for text in texts(read(ENGLISH), f"{table}.").values()]
    assert grade(" ".join(lines)) <= MOST_GRADE - 1


def test_the_measure_of_reading_tells_hard_from_easy() -> None:
    assert grade("The cat sat on the mat. It was warm.") < 1
    assert grade("Anticoagulant administration necessitates individualised haematological surveillance.") > 20
    # Two sentences of eleven words and thirteen syllables, counted by hand.
    known = grade("Where does your back hurt most? Please show it to us.")
    assert known == pytest.approx(0.39 * 11 / 2 + 11.8 * 11 / 11 - 15.59)


# --- what belongs to the pathway --------------------------------------------------------------------------------------


def test_a_question_that_the_pathway_has_changed_is_asked_in_its_own_words() -> None:
    fact = PATHWAY.vocabulary["fever_or_chills"]
    changed = replace(fact, meaning="In the past 72 hours: a reading of 39.0 or higher.")
    asked = wording.question(read("ar"), changed)
    assert (asked.question, asked.help, asked.code, asked.direction) == (fact.question, changed.meaning, "en", "ltr")
    assert asked.answers == {"true": "Yes", "false": "No"}


def test_a_question_that_the_pathway_adds_is_asked_in_its_own_words() -> None:
    own = Fact("left_handed", "enum", "Which hand?", "The hand that writes.", values={"l": "Left", "r": "Right"})
    asked = wording.question(read("de"), own)
    assert (asked.question, asked.help, asked.short) == ("Which hand?", "The hand that writes.", "left handed")
    assert (asked.answers, asked.code) == ({"l": "Left", "r": "Right"}, "en")


def test_an_answer_that_the_pathway_adds_takes_the_whole_question_to_its_own_words() -> None:
    fact = PATHWAY.vocabulary["leg_symptoms"]
    more = replace(fact, values={**fact.values, "moving": "It moves about"})
    assert wording.question(read("es"), more).answers == more.values


def older(code: str, key: str, of: str) -> Language:
    """A language in which one mark is for other words of the pathway than those in force."""
    language = read(code)
    return replace(language, phrases={**language.phrases, key: of})


def test_a_translation_of_an_older_question_gives_way_to_english() -> None:
    fact = PATHWAY.vocabulary["saddle_numbness"]
    asked = wording.question(older("fr", "facts.saddle_numbness.of", "00000000"), fact)
    assert (asked.code, asked.question) == ("en", "Has the feeling between your legs changed?")


def test_a_translation_of_an_older_home_item_or_next_step_gives_way_to_english() -> None:
    item, step = PATHWAY.meaning["home"][0], PATHWAY.meaning["switch"][0]
    assert wording.home_item(older("fr", f"home.{item['id']}.of", "00000000"), item).code == "en"
    assert wording.next_step(older("fr", f"next.{step['id']}.of", "00000000"), step).code == "en"
    changed = wording.home_item(read("fr"), {**item, "dose": "once a year"})
    assert (changed.often, changed.how, changed.code) == ("once a year", item["how"], "en")
    assert wording.next_step(read("fr"), {**step, "next_step": "Nothing."}).text == "Nothing."


def test_a_translation_of_an_older_consent_is_not_signed() -> None:
    assert wording.consent(older("de", "consent.general.of", "version 0"), "general").language == "en"
    lacking = {key: text for key, text in read("de").phrases.items() if key != "consent.general.risks.3"}
    assert wording.consent(replace(read("de"), phrases=lacking), "general").language == "en"
