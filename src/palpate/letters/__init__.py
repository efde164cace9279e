"""The practice's documents on paper: frozen records go in, PDF bytes come out.

    from datetime import date
    from palpate.letters import Answers, MassageGiven, PathwayStamp, Person, Practice, Reason, Referral

    letter = Referral(
        practice=Practice("Back Room", ("1 Elm Street", "Springfield"), "555 0100", "Ann Lee", "RMT", "CMTO A123"),
        date=date(2026, 3, 16),
        person=Person("Sam Roe", date(1979, 4, 2)),
        purpose="examination",
        urgency="routine",
        to=("Dr Kim", "Elm Street Surgery"),
        situation=decision["summary"],
        reasons=(Reason(rule["rule"], rule["because"], facts=(("Pain site", "low back"),)),),
        answers=Answers(known=(("Fever", "no"),), not_asked=("Bone thinning",), cannot_say=("Weight loss",)),
        massage=MassageGiven(sessions=0),
        pathway=PathwayStamp("back_massage", "1.0.0", "sha256:..."),
    )
    pdf = letter.pdf()                       # bytes; tagged, PDF/UA-1; one page
    stored = json.dumps(to_data(letter))     # and from_data(json.loads(stored)).pdf() == pdf

`Referral`, `UrgentHandover` (one page each), `NextTreatmentReferral`, `DischargeNote` and `HomePlan` (at most two) are
the documents; `Receipt` (at most three pages in each language) is never shortened.

Text is data and is never run. It is printed on one line without control characters and without signs that turn its
direction. What does not fit is set smaller, then shortened from the least important up, and the page says
"continued in the record". `CannotPrint` names letters that no font has (`.letters`); the fonts here have Latin, Greek,
Cyrillic, Arabic, Hebrew, Devanagari and Thai. For others pass `font_folders=[...]`; and where a page must come out
whatever happens, as an urgent hand-over must, `spell_missing=True` prints the letter's code instead.

No framework, no clock, no file but the templates and fonts of this room. typst is loaded with the first letter.
"""

from palpate.letters.data import from_data, to_data
from palpate.letters.documents import (
    DischargeNote,
    Document,
    HomePlan,
    NextTreatmentReferral,
    Referral,
    UrgentHandover,
    follow_up_dates,
)
from palpate.letters.parts import (
    Answers,
    HomeItem,
    HomeRules,
    MassageGiven,
    PainCourse,
    PathwayStamp,
    Person,
    Practice,
    Rating,
    Reason,
    Response,
)
from palpate.letters.press import CannotPrint, DoesNotFit, LetterFault, to_pdf
from palpate.letters.receipt import Receipt, ReceiptLine, Translation

__all__ = [
    "Answers",
    "CannotPrint",
    "DischargeNote",
    "Document",
    "DoesNotFit",
    "HomeItem",
    "HomePlan",
    "HomeRules",
    "LetterFault",
    "MassageGiven",
    "NextTreatmentReferral",
    "PainCourse",
    "PathwayStamp",
    "Person",
    "Practice",
    "Rating",
    "Reason",
    "Receipt",
    "ReceiptLine",
    "Referral",
    "Response",
    "Translation",
    "UrgentHandover",
    "follow_up_dates",
    "from_data",
    "to_data",
    "to_pdf",
]
