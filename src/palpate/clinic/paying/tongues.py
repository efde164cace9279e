"""The languages of a receipt: English, in which the practice keeps its books, and the person's own beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from palpate.clinic.messages.words import language_of
from palpate.clinic.paying import sums
from palpate.letters.words import day as english_day
from palpate.library import languages, wording
from palpate.library.languages import Language

LABELS = ("number", "date", "what", "minutes", "amount", "total")


@dataclass(frozen=True)
class Tongue:
    """One language, with what a receipt says in it."""

    language: Language

    @property
    def is_english(self) -> bool:
        return self.language.code == languages.ENGLISH

    def say(self, key: str, **values: str | int) -> str:
        """A phrase of receipts. Numbers stand in figures that are read everywhere, as the amounts do."""
        return languages.say(self.language, f"receipt.{key}", **{name: str(value) for name, value in values.items()})

    def day(self, day: date) -> str:
        """A day in words."""
        return english_day(day) if self.is_english else wording.day(self.language, day, "long")

    def amount(self, cents: int, currency: str) -> str:
        """An amount with its currency."""
        return sums.in_words(cents, currency, self.language.locale)


ENGLISH = Tongue(languages.read(languages.ENGLISH))


def tongue(code: str) -> Tongue:
    """The language of a code."""
    return Tongue(languages.read(code))


def of_person(told: str) -> tuple[Tongue, ...]:
    """English, and the language in which somebody is written to where that is another."""
    own = tongue(language_of(told))
    return (ENGLISH,) if own.is_english else (ENGLISH, own)
