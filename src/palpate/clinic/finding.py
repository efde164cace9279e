"""What somebody types to find a person: parts of a name in any order, a birth date in a usual spelling, a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from palpate.clinic.names import match_name

LONGEST = 200  # characters that are read
FIRST_BIRTH = date(1900, 1, 1)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WHOLE_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])")
_DOTS = re.compile(r"(?<![0-9])([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})(?![0-9])")
_EITHER = re.compile(r"(?<![0-9])([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})(?![0-9])")
_DAY_FIRST = re.compile(r"(?<![0-9])([0-9]{1,2})(?:\.|st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+([0-9]{4})(?![0-9])")
_MONTH_FIRST = re.compile(r"(?<![a-z])([a-z]{3,9})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})(?![0-9])")
_NUMBER = re.compile(r"\+?[0-9][0-9()/. +-]*")
SPELLINGS = ((_ISO, "ymd"), (_DOTS, "dmy"), (_EITHER, "either"), (_DAY_FIRST, "dMy"), (_MONTH_FIRST, "Mdy"))


@dataclass(frozen=True)
class Wanted:
    """What is looked for: all of it must fit. `births` are the days a typed date can mean; `year` a birth year."""

    words: tuple[str, ...] = ()
    births: frozenset[date] = frozenset()
    digits: str = ""
    year: int | None = None

    def __bool__(self) -> bool:
        return bool(self.words or self.births or self.digits or self.year)


def read_wanted(text: str, today: date) -> Wanted:
    """What a line of typing looks for. Never fails: what is no date and no number is part of a name."""
    rest = match_name(text[:LONGEST].replace("\0", " "))  # PostgreSQL has no such character
    births, rest = _take_date(rest)
    digits, year = "", None
    for found in _NUMBER.findall(rest):
        only = re.sub("[^0-9]", "", found)
        if len(only) == 4 and FIRST_BIRTH.year <= int(only) <= today.year:
            year = int(only)
        if len(only) >= 3:
            digits += only
            rest = rest.replace(found, " ", 1)
    words = tuple(word for word in rest.replace(",", " ").split() if any(letter.isalnum() for letter in word))
    return Wanted(words, frozenset(births), digits, year if digits == str(year) else None)


def days_meant(text: str) -> tuple[date, ...]:
    """The days that a typed date can mean, in order: none where it is no date, two where day and month are unclear."""
    births, rest = _take_date(match_name(text[:LONGEST]))
    return () if rest.strip() else tuple(sorted(births))


def _take_date(text: str) -> tuple[set[date], str]:
    """The days that the first date in a text can mean, and the text without it."""
    for pattern, order in SPELLINGS:
        found = pattern.search(text)
        if found is None:
            continue
        orders = ("dmy", "mdy") if order == "either" else (order,)
        days = {day for one in orders if (day := _day(one, found.groups())) is not None}
        if days:
            return days, f"{text[: found.start()]} {text[found.end() :]}"
    return set(), text


def _day(order: str, parts: tuple[str, ...]) -> date | None:
    told = dict(zip(order, parts, strict=True))
    try:
        month = _month(told["M"]) if "M" in told else int(told["m"])
        return date(int(told["y"]), month, int(told["d"]))
    except ValueError:
        return None


def _month(word: str) -> int:
    """The number of a month by its name or the first three letters of it. Errors: ValueError."""
    whole = WHOLE_MONTHS.index(word) + 1 if word in WHOLE_MONTHS else 0
    return whole or MONTHS.index("sep" if word == "sept" else word) + 1
