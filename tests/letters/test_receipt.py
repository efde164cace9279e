"""The receipt on paper: all lines and amounts stand on it, whatever is written there, and nothing is shortened."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from palpate.letters import Person, Practice, Receipt, ReceiptLine, Translation, from_data, to_data
from tests.letters.test_letters import info_of, pages_of, text_of

LINE = ReceiptLine("1 March 2026", "Back massage", "80.00 CAD", "60", "Ann Lee, RMT, CMTO A123")
RECEIPT = Receipt(
    practice=Practice(
        "Harbour Street Back Care", ("4 Harbour Street", "Halifax"), "555 0100", "", "", paper="us-letter"
    ),
    date=date(2026, 3, 16),
    person=Person("Sam Roe", date(1979, 4, 2)),
    number="2026-0007",
    heading="Receipt",
    lines=(LINE, replace(LINE, when="8 March 2026", amount="0.00 CAD", more="Session 2 of 6 of a package.")),
    total="80.00 CAD",
    paid="Paid: card, 16 March 2026.",
    address=("1 Quay Lane", "Halifax"),
    issuer=(("Registration", "BN 123 456"), ("Tax number", "1234 RT0001")),
    details=(("Referred by", "Dr Kim, 99887"), ("Code", "X12")),
    tax="Contains 13 % HST: 9.20 CAD.",
)


def test_everything_that_an_insurer_asks_for_stands_on_one_page() -> None:
    pdf = RECEIPT.pdf()
    text = text_of(pdf)
    for said in (
        "Harbour Street Back Care", "4 Harbour Street", "No. 2026-0007", "Sam Roe", "Born 2 April 1979", "1 Quay Lane",
        "BN 123 456", "1234 RT0001", "Dr Kim, 99887", "X12", "1 March 2026", "60", "80.00 CAD", "0.00 CAD",
        "Ann Lee, RMT, CMTO A123", "Session 2 of 6 of a package.", "Contains 13 % HST: 9.20 CAD.", "Paid: card",
    ):  # fmt: skip
        assert said in text, said
    assert pages_of(pdf) == 1
    assert info_of(pdf)["Tagged"] == "yes"
    assert "diagnosis" not in text.casefold()
    assert RECEIPT.file_name == "receipt-2026-0007.pdf"


def test_thirty_long_lines_all_stand_there_and_the_total_after_them() -> None:
    long = replace(LINE, more="A session of a package, " * 6)
    lines = tuple(replace(long, amount=f"{number}.55 CAD") for number in range(100, 130))
    pdf = replace(RECEIPT, lines=lines, total="3,451.50 CAD").pdf()
    text = text_of(pdf)
    assert all(f"{number}.55 CAD" in text for number in range(100, 130))
    assert "3,451.50 CAD" in text
    assert "continued in the record" not in text
    assert pages_of(pdf) <= 3


def test_a_stored_receipt_prints_to_the_same_bytes() -> None:
    assert from_data(json.loads(json.dumps(to_data(RECEIPT)))).pdf() == RECEIPT.pdf()


def test_what_looks_like_markup_is_text() -> None:
    text = text_of(replace(RECEIPT, about='#panic("x") $1 *b* @a').pdf())
    assert '#panic("x") $1 *b* @a' in text


@pytest.mark.parametrize("but", [{"number": " "}, {"lines": ()}, {"lines": (LINE,) * 31}])
def test_a_receipt_that_cannot_be_right_is_not_made(but: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a receipt"):
        replace(RECEIPT, **but)  # type: ignore[arg-type]


ARABIC = Translation(
    language="ar", direction="rtl",
    labels=(("number", "رقم"), ("date", "التاريخ"), ("what", "مقابل"), ("minutes", "الدقائق"), ("amount", "المبلغ"),
            ("total", "المجموع")),
    date="16 مارس 2026", born="تاريخ الميلاد: 2 أبريل 1979", note="الإيصال نفسه", heading="إيصال",
    lines=tuple(replace(line, when="1 مارس 2026") for line in RECEIPT.lines), total="80.00 CAD", paid="دُفع",
    details=(("بإحالة من", "Dr Kim, 99887"),),
)  # fmt: skip


def test_a_translation_stands_on_a_page_of_its_own_and_numbers_keep_their_order_from_right_to_left() -> None:
    both = replace(RECEIPT, translation=ARABIC)
    pdf = both.pdf()
    assert pages_of(pdf) == 2
    english, both_pages = text_of(RECEIPT.pdf()), text_of(pdf)
    for said in ("2026-0007", "1 Quay Lane", "Dr Kim, 99887", "80.00 CAD"):  # no part has changed places
        assert both_pages.count(said) == 2 * english.count(said) > 0, said
    assert from_data(json.loads(json.dumps(to_data(both)))).pdf() == pdf


def test_thirty_lines_in_two_languages_are_all_there() -> None:
    lines = tuple(replace(LINE, amount=f"{number}.55 CAD") for number in range(100, 130))
    pdf = replace(RECEIPT, lines=lines, translation=replace(ARABIC, lines=lines)).pdf()
    text = text_of(pdf)
    assert all(text.count(f"{number}.55 CAD") == 2 for number in range(100, 130))
