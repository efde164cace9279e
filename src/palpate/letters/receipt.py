"""The receipt: what was paid, for which sessions, to whom. It holds no diagnosis and no clinical word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from palpate.letters.documents import Document
from palpate.letters.parts import Pairs

MOST_LINES = 30


@dataclass(frozen=True)
class ReceiptLine:
    """One line. `when` is the day in words, `more` stands small below what it is for; `amount` with its currency."""

    when: str
    what: str
    amount: str
    minutes: str = ""
    therapist: str = ""
    more: str = ""


@dataclass(frozen=True)
class Translation:
    """What a receipt says, in the person's language: it stands on a page of its own behind the first.

    `labels` are the words of the printed form: number, date, what, minutes, amount, total. `note` says that it is the
    same receipt, and counts once; `born` is the birth date with what stands before it. All else as in Receipt.
    """

    language: str
    direction: Literal["ltr", "rtl"]
    labels: Pairs
    date: str
    born: str
    note: str
    heading: str
    lines: tuple[ReceiptLine, ...]
    total: str
    paid: str
    about: str = ""
    issuer: Pairs = ()
    details: Pairs = ()
    tax: str = ""


@dataclass(frozen=True)
class Receipt(Document):
    """A numbered receipt, a refund, or a receipt that cancels another. At most three pages, six with a translation, and
    never shortened.

    All amounts are words already, made where the money is counted. `heading` says what the document is; `about` is one
    sentence below it, such as which receipt is cancelled. `issuer` holds what identifies the practice (registration and
    tax numbers), `details` what an insurer asks for (referring clinician, code). `tax` is one sentence, or empty.
    Errors: ValueError for a receipt without a number, without lines, or with more than 30 of them.
    """

    kind: ClassVar[str] = "receipt"
    title: ClassVar[str] = "Receipt"
    size: ClassVar[float] = 11
    pages: ClassVar[int] = 1
    most_pages: ClassVar[int] = 6

    number: str
    heading: str
    lines: tuple[ReceiptLine, ...]
    total: str
    paid: str
    about: str = ""
    address: tuple[str, ...] = ()
    issuer: Pairs = ()
    details: Pairs = ()
    tax: str = ""
    translation: Translation | None = None

    def __post_init__(self) -> None:
        if not self.number.strip():
            raise ValueError("a receipt needs its number")
        if not 1 <= len(self.lines) <= MOST_LINES:
            raise ValueError(f"a receipt has from 1 to {MOST_LINES} lines")

    @property
    def file_name(self) -> str:
        """A name to save the PDF under. It holds no name of a person."""
        return f"receipt-{self.number}.pdf"
