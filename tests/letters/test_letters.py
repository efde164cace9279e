"""The documents on paper: what they say, that they fit, that they are tagged, and that the same goes in and out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from palpate.letters import (
    Answers,
    CannotPrint,
    DischargeNote,
    Document,
    DoesNotFit,
    HomeItem,
    HomePlan,
    HomeRules,
    MassageGiven,
    NextTreatmentReferral,
    PainCourse,
    Practice,
    Rating,
    Reason,
    Referral,
    Response,
    UrgentHandover,
    follow_up_dates,
    from_data,
    to_data,
)
from palpate.letters.words import age, number, printable
from tests.letters import samples

HOSTILE = (
    '#panic() #read("/etc/passwd") *bold* _it_ $x^2$ <script>alert(1)</script> \\u{41} `raw` @ref // -- ~ "q" [[ ]] #{'
)
NAMES = (
    "Zoë Ångström Łódź",
    "Ελένη Παπαδοπούλου",
    "Наталья Ђорђевић",
    "محمد بن علي",
    "משה בן־דוד",
    "मोहन कुमार श्री",
    "สมชาย ใจดี",
)
MISSING_TOOLS = [tool for tool in ("pdftotext", "pdfinfo") if shutil.which(tool) is None]
needs_poppler = pytest.mark.skipif(bool(MISSING_TOOLS), reason=f"poppler is missing: {MISSING_TOOLS}")


def by_kind(document: Document) -> str:
    return document.kind


def text_of(pdf: bytes) -> str:
    """What can be read from the PDF, on one line, without the invisible breaks in long words."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().replace("\u200b", "").split())


def info_of(pdf: bytes) -> dict[str, str]:
    done = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True)
    return {
        name: value.strip()
        for name, value in (line.split(":", 1) for line in done.stdout.decode().splitlines() if ":" in line)
    }


def pages_of(pdf: bytes) -> int:
    return int(info_of(pdf)["Pages"])


def with_every_text(document: Document, text: str) -> Document:
    """The same document with this text in place of every free text."""

    def put(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: put(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [put(item, name) for item in value]
        fixed = name in ("kind", "purpose", "urgency", "paper") or re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))
        return text if isinstance(value, str) and not fixed else value

    return from_data(put(to_data(document)))


STAY = {
    *("kind", "purpose", "urgency", "paper", "name", "phone", "therapist", "profession", "licence", "record", "id"),
    *("version", "digest", "emergency_text", "emergency_number", "time", "called_by", "called_at", "call_back"),
    *("reply_link", "stop", "emergency", "rule"),
}
PAIRS = {"known", "facts", "pain", "activities", "background", "vitals", "done", "numbers"}


def grown(value: Any, times: int, name: str = "") -> Any:
    """Stored data with every text and every list so many times as long; names, numbers and fixed texts stay."""
    if isinstance(value, dict):
        return {key: grown(item, times, key) for key, item in value.items()}
    if isinstance(value, list):
        longer = [grown(item, times, name) for item in value]
        is_pair = name in PAIRS and bool(value) and isinstance(value[0], str)
        return longer if is_pair or name in ("ratings", "sessions", "follow_up") else longer * times
    fixed = not isinstance(value, str) or name in STAY or re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    return value if fixed else " ".join([value] * times)


def long_version(document: Document, times: int) -> Document:
    return from_data(grown(to_data(document), times))


# ---- what every document must be


@needs_poppler
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_each_document_is_tagged_for_screen_readers_and_keeps_to_its_pages(document: Document) -> None:
    pdf = document.pdf()
    info = info_of(pdf)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/Lang(en)" in pdf
    assert info["Tagged"] == "yes"
    assert info["Title"] == document.title
    assert int(info["Pages"]) == document.pages
    assert info["JavaScript"] == "no"


@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_the_same_document_gives_the_same_bytes_also_from_its_stored_data(document: Document) -> None:
    stored = json.dumps(to_data(document))
    again = from_data(json.loads(stored))
    assert again == document
    assert again.pdf() == document.pdf()
    assert from_data(json.loads(stored)).file_name == f"{document.kind.replace('_', '-')}-2026-03-16.pdf"


def test_the_same_document_gives_the_same_bytes_in_another_process_and_zone() -> None:
    code = (
        "import sys, json, hashlib; from palpate.letters import from_data; "
        "print(hashlib.sha256(from_data(json.load(sys.stdin)).pdf()).hexdigest())"
    )
    stored = json.dumps(to_data(samples.NEXT))
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=stored,
            capture_output=True,
            text=True,
            check=True,
            env={"TZ": zone, "LC_ALL": "C"},
        ).stdout
        for zone in ("Pacific/Auckland", "America/Los_Angeles")
    }
    assert len(hashes) == 1


@needs_poppler
def test_the_only_day_in_the_file_is_the_documents_own() -> None:
    early, late = (replace(samples.HOME_PLAN, date=day).pdf() for day in (date(2020, 1, 2), date(2031, 7, 8)))
    assert "2020" in info_of(early)["CreationDate"]
    assert "2031" in info_of(late)["CreationDate"]
    days = set(re.findall(rb"<xmp:(?:Create|Modify|Metadata)Date>(\d{4}-\d\d-\d\d)", late))
    assert days <= {b"2031-07-08"}


@needs_poppler
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_s69_name_birth_date_and_age_stand_on_every_page(document: Document) -> None:
    pdf = document.pdf()
    for page in range(1, pages_of(pdf) + 1):
        done = subprocess.run(
            ["pdftotext", "-f", str(page), "-l", str(page), "-layout", "-", "-"],
            input=pdf,
            capture_output=True,
            check=True,
        )
        said = " ".join(done.stdout.decode().split())
        assert "Ingrid Sørensen" in said
        assert "2 April 1979 (46 years)" in said
        assert said.count("Ingrid Sørensen") >= 2, "in the page and at its foot"


@needs_poppler
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_hostile_text_is_printed_as_it_is_and_nothing_in_it_is_run(document: Document) -> None:
    said = text_of(with_every_text(document, HOSTILE).pdf())
    assert "#panic()" in said
    assert '#read("/etc/passwd")' in said.replace("“", '"').replace("”", '"')
    assert "*bold* _it_ $x^2$" in said
    assert "<script>alert(1)</script>" in said
    assert "root:" not in said


@needs_poppler
@pytest.mark.parametrize("name", NAMES)
def test_names_in_the_scripts_of_our_people_print(name: str) -> None:
    said = text_of(replace(samples.REFERRAL, person=replace(samples.PERSON, name=name)).pdf())
    if name in NAMES[:3]:
        assert name in said
    # Scripts that run from right to left, or reorder, are read back in another order: their letters are there.
    assert {letter for letter in name if letter.isalpha()} <= set(said)


@needs_poppler
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_every_document_prints_all_scripts_in_all_its_texts(document: Document) -> None:
    said = text_of(with_every_text(document, " · ".join(NAMES)).pdf())
    assert {letter for name in NAMES for letter in name if letter.isalpha()} <= set(said)


@needs_poppler
@pytest.mark.parametrize(
    ("document", "letter"), [*((document, "W") for document in samples.ALL), (samples.URGENT, "न"), (samples.NEXT, "م")]
)
def test_a_name_of_200_letters_stays_whole_and_on_the_page(document: Document, letter: str) -> None:
    pdf = replace(document, person=replace(document.person, name=letter * 200)).pdf()
    assert pages_of(pdf) <= document.most_pages
    said = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert said.count(letter) >= 200
    right_edge = 595.276
    assert all(float(x) <= right_edge for x in re.findall(r'xMax="([\d.]+)"', said))


@needs_poppler
@pytest.mark.parametrize("paper", ["a4", "us-letter"])
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
@pytest.mark.parametrize("times", [2, 8])
def test_long_texts_keep_to_the_pages_and_say_what_is_left_out(document: Document, times: int, paper: Any) -> None:
    long = long_version(replace(document, practice=replace(document.practice, paper=paper)), times)
    pdf = long.pdf()
    assert pages_of(pdf) <= document.most_pages
    if times == 8:
        said = text_of(pdf)
        assert "continued in the record" in said
        assert "Shortened to fit" in said


@needs_poppler
@pytest.mark.parametrize("document", samples.ALL, ids=by_kind)
def test_a_document_that_fits_says_nothing_of_shortening(document: Document) -> None:
    said = text_of(document.pdf())
    assert "continued in the record" not in said
    assert "Shortened" not in said


@needs_poppler
@pytest.mark.parametrize(("paper", "width"), [("a4", "595.276 x 841.89"), ("us-letter", "612 x 792")])
def test_the_paper_is_that_of_the_place(paper: Any, width: str) -> None:
    pdf = replace(samples.REFERRAL, practice=replace(samples.PRACTICE, paper=paper)).pdf()
    assert info_of(pdf)["Page size"].startswith(width)


# ---- letters that no font has


def test_a_letter_that_no_font_has_is_named() -> None:
    with pytest.raises(CannotPrint) as caught:
        replace(samples.REFERRAL, person=replace(samples.PERSON, name="王小明"), situation="Name 王 \U0001f600").pdf()
    assert caught.value.letters == tuple(sorted("王小明\U0001f600"))
    assert "王 (U+738B)" in str(caught.value)


def test_half_a_letter_is_named_too() -> None:
    with pytest.raises(CannotPrint, match=r"U\+DFFF"):
        replace(samples.URGENT, person=replace(samples.PERSON, name="A\udfff")).pdf()


def test_a_letter_that_is_no_character_is_named_by_its_code() -> None:
    with pytest.raises(CannotPrint, match=r"U\+E000"):
        replace(samples.HOME_PLAN, goal="\ue000").pdf()


@needs_poppler
def test_an_urgent_hand_over_can_come_out_whatever_the_name_is_written_in() -> None:
    pdf = replace(samples.URGENT, person=replace(samples.PERSON, name="王小\ud800 (Wang Xiao)")).pdf(spell_missing=True)
    assert "[U+738B][U+5C0F][U+D800] (Wang Xiao)" in text_of(pdf)


def test_fonts_of_the_practice_are_used(tmp_path: Path) -> None:
    # With an empty folder the same letters are missing as before: the folder is looked into, and no other.
    with pytest.raises(CannotPrint):
        replace(samples.HOME_PLAN, goal="王").pdf(font_folders=[str(tmp_path)])
    assert samples.HOME_PLAN.pdf(font_folders=[str(tmp_path)]) == samples.HOME_PLAN.pdf()


def test_control_and_direction_signs_do_not_reach_the_page() -> None:
    assert printable("a\x00b\tc\nd\u202ee\u2066f\u2028g\ufeff") == "ab c def g"
    assert printable("e\u0301") == "é"
    assert printable("क\u094d\u200dष") == "क\u094d\u200dष", "the joiner that a script needs stays"
    with_signs = replace(samples.HOME_PLAN, goal="walk\x07 \u202efast\u202c")
    assert with_signs.pdf() == replace(samples.HOME_PLAN, goal="walk fast").pdf()


# ---- the referral


@needs_poppler
def test_the_referral_says_everything_a_clinician_needs_in_sbar_order() -> None:
    said = text_of(samples.REFERRAL.pdf())
    at = [said.index(head) for head in ("Situation", "Background", "Assessment", "Request Please", "Your answer")]
    assert at == sorted(at)
    for part in (
        "Linden Street Massage",
        "12 Linden Street",
        "905 555 0142",
        "Maria Okafor, Registered Massage Therapist, CMTO X482",
        "Dr A. Kim",
        "WITHIN 2 WEEKS",
        "by 30 March 2026",
        "Request for a medical examination",
        "Born 2 April 1979 (46 years)",
        "A Acute low back pain.",
        "began less than 42 days ago",
        "Days since it began: 23",
        "Not asked (not a “no”): Bone thinning (osteoporosis); Long use of cortisone.",
        "Asked, could not say: Weight loss without trying.",
        "No massage has been given for this complaint.",
        "Pain, last 7 days (0 to 10): 7",
        "Lifting my son (0 to 10, high is good): 3",
        "Cleared for massage",
        "Cleared with limits",
        "Not cleared",
        "counts for 28 days",
        "clinic.example/r",
        "Pathway back_massage, version 1.0.0 (sha256:aaa5b12fc92f)",
        "makes no diagnosis",
        "consent of the person",
    ):
        assert part in said, part


@needs_poppler
@pytest.mark.parametrize(
    ("urgency", "said"),
    [
        ("same_day", "SAME DAY today, 16 March 2026"),
        ("within_2_weeks", "WITHIN 2 WEEKS by 30 March 2026"),
        ("routine", "ROUTINE"),
    ],
)
@pytest.mark.parametrize("purpose", ["examination", "clearance"])
def test_urgency_and_purpose_are_said_in_words(urgency: Any, said: str, purpose: Any) -> None:
    letter = replace(
        samples.REFERRAL, urgency=urgency, purpose=purpose, to=(), practice=replace(samples.PRACTICE, address=())
    )
    pdf = letter.pdf()
    assert {"examination": "Please examine", "clearance": "Please say, from what you know"}[purpose] in text_of(pdf)
    raw = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert said in " ".join(raw.split())
    assert {"examination": "Request for a medical examination", "clearance": "Request for clearance"}[purpose] in raw
    assert "To the examining clinician" in raw


@needs_poppler
def test_the_massage_given_is_counted_in_words() -> None:
    said = text_of(replace(samples.REFERRAL, massage=samples.GIVEN).pdf())
    assert "2 sessions of 4 planned, 45 minutes each, 10 days apart; first 20 February 2026, last 2 March 2026." in said
    assert "Techniques: neuromuscular, stroking." in said
    once = MassageGiven(1, first=date(2026, 2, 20), last=date(2026, 2, 20))
    said = text_of(replace(samples.REFERRAL, massage=once).pdf())
    assert "1 session; last 20 February 2026. Techniques: not known." in said


@needs_poppler
def test_s65_what_is_not_known_is_never_printed_as_a_no() -> None:
    bare = Referral(
        practice=Practice("P", (), "", "", ""),
        date=samples.TODAY,
        person=replace(samples.PERSON, birth_date=None),
        purpose="clearance",
        urgency="routine",
        to=(),
        situation="",
        reasons=(Reason("some_rule", "", facts=(("Fever", ""),)),),
        answers=Answers(not_asked=("Cancer ever",)),
        massage=MassageGiven(0),
        pathway=samples.PATHWAY,
    )
    said = text_of(bare.pdf())
    assert "Some rule." in said
    assert "Fever: not known" in said
    assert "Not asked (not a “no”): Cancer ever." in said
    assert "Asked, could not say" not in said
    assert "Pain: not rated" in said
    assert "Own activities: not rated" in said
    assert "Born not known" in said
    assert "by phone not known" in said
    assert "nothing that the pathway must know is open" in text_of(replace(bare, answers=Answers()).pdf())


@needs_poppler
def test_when_a_referral_is_cut_the_reasons_stay_longest() -> None:
    many = tuple(
        Reason(
            f"rule_{at}",
            f"Reason number {at}: " + "it matters for the safety of this person. " * 4,
            facts=(("Fact", "value"),),
        )
        for at in range(12)
    )
    asides = tuple((f"Aside {at}", "not so important " * 20) for at in range(30))
    said = text_of(replace(samples.REFERRAL, reasons=many[:5], background=asides).pdf())
    assert all(f"Reason number {at}" in said for at in range(5))
    assert "Aside 29" not in said
    said = text_of(replace(samples.REFERRAL, reasons=many * 4, background=asides).pdf())
    assert "Reason number 0" in said
    assert re.search(r"and \d+ more: continued in the record", said)
    assert "WITHIN 2 WEEKS" in said
    assert "Not asked (not a “no”): Bone thinning (osteoporosis)" in said
    assert "ask 905 555 0142" in said


def test_an_urgency_or_purpose_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="urgency"):
        replace(samples.REFERRAL, urgency="soon")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="purpose"):
        replace(samples.REFERRAL, purpose="chat")  # type: ignore[arg-type]


# ---- the urgent hand-over


@needs_poppler
def test_s66_the_emergency_text_stands_first_and_whole_however_long_the_rest_is() -> None:
    for document in (samples.URGENT, long_version(samples.URGENT, 8)):
        said = text_of(document.pdf())
        assert said.index(samples.URGENT.emergency_text) < said.index("Ingrid")
        assert "Emergency number: 911" in said
        assert "14:35" in said
        assert "Numbness between the legs" in said


@needs_poppler
def test_the_urgent_hand_over_says_found_when_known_unknown_done_and_who_called() -> None:
    said = text_of(samples.URGENT.pdf())
    for part in (
        "When: 16 March 2026, 14:20",
        "Blood pressure not measured",
        "Pulse 88 a minute",
        "Not asked (not a “no”)",
        "Asked, could not say: Weight loss without trying.",
        "14:22 Session stopped",
        "Called by Maria Okafor, RMT",
        "14:24",
        "Call back 905 555 0142",
        "Linden Street Massage",
    ):
        assert part in said, part
    empty = replace(samples.URGENT, called_by="", called_at="", call_back="", done=(), vitals=(), found_when="")
    said = text_of(empty.pdf())
    assert "None measured." in said
    assert "When: not recorded" in said
    assert "Called by" in said


def test_an_urgent_hand_over_without_its_emergency_text_is_refused() -> None:
    with pytest.raises(ValueError, match="emergency text"):
        replace(samples.URGENT, emergency_text=" ")


def test_what_cannot_be_shortened_and_does_not_fit_is_refused() -> None:
    with pytest.raises(DoesNotFit):
        replace(samples.URGENT, emergency_text="Stop. " * 3000).pdf()


# ---- the hand-over to the next treatment, and the chart


@needs_poppler
def test_the_hand_over_holds_the_minimum_of_the_dossier() -> None:
    said = text_of(samples.NEXT.pdf())
    for part in (
        "Harbour Physiotherapy",
        "structured exercise for 6 to 12 weeks",
        "65 days since it began",  # duration
        "7 → 6.5",  # baseline and latest pain
        "3.7 → 4",  # and function
        "Not responded.",  # class
        "one measure improved and no other supports it",  # flags
        "2 sessions of 4 planned, 45 minutes each, 10 days apart",  # sessions, minutes, spacing
        "neuromuscular, stroking",  # techniques
        "Knee to chest, 10 slow times, twice a day. Done: most days.",  # home items done
        "medium (total 5, distress 2; imported)",  # risk group
        "Fever or chills: no",  # red-flag answers
        "Asked, could not say: Weight loss without trying.",
        "Adverse events: Soreness of 3 out of 10",
        "Lift my son again",  # the person's goal
        "Grey band: within 2 points",
        "natural course",
    ):
        assert part in said, part


@needs_poppler
@pytest.mark.parametrize(("events", "said"), [(None, "Not asked."), ((), "None reported when asked.")])
def test_no_adverse_event_and_nobody_asked_are_two_things(events: Any, said: str) -> None:
    assert f"Adverse events: {said}" in text_of(replace(samples.NEXT, adverse_events=events).pdf())


def test_the_chart_is_described_for_who_cannot_see_it() -> None:
    assert b"/Alt(Pain from 0 to 10 by day. 13 February 2026: 7; 20 February 2026: 7;" in samples.NEXT.pdf()
    from palpate.letters.compose import compose
    from palpate.letters.fit import Step

    chart = compose(samples.NEXT, Step(10.5, 2))["chart"]
    assert chart["alt"].startswith(
        "Pain from 0 to 10 by day. 13 February 2026: 7; 20 February 2026: 7; 2 March 2026: 6;"
    )
    assert (chart["baseline"], chart["low"], chart["high"]) == (0.7, 0.5, 0.9)
    assert chart["ratings"][0] == {"x": 0, "y": 0.7, "said": "7"}
    assert chart["ratings"][-1]["x"] == 1


@needs_poppler
@pytest.mark.parametrize(
    ("course", "said"),
    [
        (PainCourse((), None, 2), "No rating of pain was taken."),
        (PainCourse((Rating(samples.TODAY, 10),), 10, 2), "baseline 10"),
        (PainCourse((Rating(samples.TODAY, 0), Rating(samples.TODAY, 10)), 0, 2, (samples.TODAY,)), "baseline 0"),
        (PainCourse((Rating(samples.TODAY, 4),), None, 2), "There is no baseline"),
        (
            PainCourse(tuple(Rating(samples.TODAY + timedelta(days=at), at % 11) for at in range(200)), 5, 2),
            "baseline 5",
        ),
    ],
)
def test_the_chart_stands_with_few_and_with_many_ratings(course: PainCourse, said: str) -> None:
    assert said in text_of(replace(samples.NEXT, pain=course).pdf())
    assert said in text_of(replace(samples.DISCHARGE, pain=course).pdf())


@pytest.mark.parametrize("value", [-0.1, 10.1, float("nan"), float("inf")])
def test_s24_a_rating_outside_its_range_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        PainCourse((Rating(samples.TODAY, value),), 5, 2)
    with pytest.raises(ValueError, match="0 to 10"):
        PainCourse((), value, 2)


# ---- discharge and home


@needs_poppler
def test_the_discharge_note_has_a_page_for_the_person_and_one_for_clinicians() -> None:
    pdf = samples.DISCHARGE.pdf()
    pages = [
        " ".join(
            subprocess.run(
                ["pdftotext", "-f", n, "-l", n, "-layout", "-", "-"], input=pdf, capture_output=True, check=True
            )
            .stdout.decode()
            .split()
        )
        for n in ("1", "2")
    ]
    for part in (
        "Your back is clearly better than when we began.",
        "they cannot say that the massage was the reason",
        "Knee to chest",
        "10 slow times, twice a day",
        "on 13 April 2026 and on 8 June 2026",
        "See a doctor soon: the pain comes back",
        "Get help at once:",
    ):
        assert part in pages[0], part
    for part in (
        "Discharge note: clinical summary",
        "Responded.",
        "None reported when asked.",
        "Asked again on 13 April 2026",
        "makes no diagnosis",
    ):
        assert part in pages[1], part
    assert "uncorroborated" not in pages[0]


def test_follow_up_is_28_and_84_days_after_the_end() -> None:
    assert follow_up_dates(date(2026, 3, 16)) == (date(2026, 4, 13), date(2026, 6, 8))


@needs_poppler
@pytest.mark.parametrize(
    ("response", "said"),
    [
        (Response("partly"), "Your back is somewhat better, but less than we look for."),
        (Response("not_responded"), "Your back is about as it was."),
        (Response("not_responded", ("mixed_review",)), "Some things are better and others are worse."),
        (Response("worse"), "Your back is worse than when we began."),
        (Response("indeterminate"), "We cannot say whether your back is better"),
        (Response(None), "We have not checked whether your back is better."),
    ],
)
def test_the_response_is_said_honestly(response: Response, said: str) -> None:
    page = text_of(replace(samples.DISCHARGE, response=response).pdf())
    assert said in page
    assert "clearly better" not in page


@needs_poppler
def test_the_home_plan_says_what_how_much_and_when_to_stop() -> None:
    said = text_of(samples.HOME_PLAN.pdf())
    for part in (
        "Your home plan",
        "1 Walking that builds up",
        "How much: begin with 50 to 70 % of the comfortable time on 5 days a week (a customary amount to begin with).",
        "Stop this one if: leg pain gets worse on bending forward",
        "Stop and tell us if the pain travels further down a leg.",
        "Get help at once: Numbness between the legs",
        "Next: 25 March 2026, 10:15",
        "905 555 0142",
    ):
        assert part in said, part
    assert "every day; usual tasks cut into shorter pieces (a customary" not in said


def test_a_home_plan_without_words_on_stopping_is_refused() -> None:
    with pytest.raises(ValueError, match="stop"):
        HomeRules("Begin low.", "More later.", " ")


@needs_poppler
def test_documents_with_every_optional_part_empty_print() -> None:
    common: dict[str, Any] = {
        "practice": Practice("P", (), "1", "T", ""),
        "date": samples.TODAY,
        "person": replace(samples.PERSON, record=""),
    }
    rules = HomeRules("", "", "Stop when it hurts more.")
    none = PainCourse((), None, 2)
    for document in (
        UrgentHandover(
            **common,
            time="",
            emergency_text="Stop.",
            reasons=(),
            found_when="",
            answers=Answers(),
            pathway=samples.PATHWAY,
        ),
        NextTreatmentReferral(
            **common,
            to=(),
            presentation="",
            next_step="",
            duration="",
            response=Response(None),
            pain=none,
            massage=MassageGiven(0),
            answers=Answers(),
            pathway=samples.PATHWAY,
        ),
        DischargeNote(
            **common,
            response=Response(None),
            pain=none,
            massage=MassageGiven(0),
            home=(),
            rules=rules,
            follow_up=(),
            pathway=samples.PATHWAY,
        ),
        HomePlan(**common, home=(HomeItem("Walk", "daily"),), rules=rules),
    ):
        assert pages_of(document.pdf()) == document.pages
        assert from_data(to_data(document)) == document


# ---- stored data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "poem"}, "kind"),
        ({"kind": ["referral"]}, "kind"),
        ({"letter": 2}, "letter"),
        ({"urgency": "soon"}, r"referral\.urgency"),
        ({"date": "16.3.2026"}, "Invalid isoformat"),
        ({"date": 3}, r"referral\.date"),
        ({"to": "Dr Kim"}, r"referral\.to"),
        ({"to": [1]}, r"referral\.to\[0\]"),
        ({"pain": [["a"]]}, r"referral\.pain\[0\]"),
        ({"person": {"name": "x"}}, r"referral\.person"),
        ({"extra": 1}, "fields of Referral"),
    ],
)
def test_stored_data_that_is_not_a_document_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_data({**to_data(samples.REFERRAL), **change})


# ---- words


def test_age_and_numbers_in_words() -> None:
    assert [age(date(2000, 2, 29), day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [25, 26]
    assert [number(value) for value in (7, 7.0, 6.5, 0, 10, 3.333)] == ["7", "7", "6.5", "0", "10", "3.33"]


def test_importing_the_room_loads_neither_typst_nor_a_framework() -> None:
    code = "import sys, palpate.letters; print([n for n in ('typst', 'django', 'sqlglot') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_letters_are_made_at_once_by_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    expected = [document.pdf() for document in samples.ALL]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda document: document.pdf(), samples.ALL * 6))
    assert made == expected * 6
