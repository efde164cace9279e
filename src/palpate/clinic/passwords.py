"""What a password of the staff must be (S-01): long, not common, and not made of names that anybody here knows."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

from palpate.clinic.access.practice import the_practice

SHORTEST, LONGEST = 12, 128  # characters
PRODUCT = "palpate"
SHORTEST_NAME = 3  # letters; a shorter name is in half of all sentences
_NOT_LETTERS = re.compile(r"[\W_]+")


class LengthValidator:
    """12 to 128 characters of any kind. Nothing is trimmed, cut or normalised: each character counts."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < SHORTEST:
            raise ValidationError(f"This is {len(password)} characters long; it needs {SHORTEST} or more.", "too_short")
        if len(password) > LONGEST:
            raise ValidationError(f"This is {len(password)} characters long; {LONGEST} are allowed.", "too_long")

    def get_help_text(self) -> str:
        return (
            f"{SHORTEST} to {LONGEST} characters of any kind. Four or five words that do not belong together do well."
        )


class NotOurNamesValidator:
    """Holds no name of the person, the practice or the product, however it is spaced or cased."""

    def validate(self, password: str, user: Any = None) -> None:
        typed = _letters(password)
        for name in self.names(user):
            if name in typed:
                raise ValidationError("A name that others here know stands in this. Leave your name, the practice's "
                                      "and the program's out.", "our_name")  # fmt: skip

    def names(self, user: Any) -> set[str]:
        """The names that must not stand in a password, as letters and digits only."""
        practice = the_practice()
        told = [PRODUCT, practice.name if practice is not None else ""]
        if user is not None:
            told += [user.name, *user.name.split(), user.email, user.email.partition("@")[0]]
        told += [getattr(user, "practice_name", "")]  # at the first start, before there is a practice
        return {name for name in map(_letters, told) if len(name) >= SHORTEST_NAME}

    def get_help_text(self) -> str:
        return "Without your name, the name of the practice or of the program."


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())
