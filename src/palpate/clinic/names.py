"""Text as it is stored, and names as they are compared (S-23)."""

from __future__ import annotations

import re
import unicodedata

from palpate.clinic.refusals import BadInput

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
_UNREAD = "\ufffd"  # what Django, and many a program one pastes from, puts for bytes that are no letter
_SPACES = re.compile(r"\s+")
LONGEST_NAME, LONGEST_NOTE = 200, 20_000  # characters


def clean_text(text: str, *, field: str = "", longest: int = LONGEST_NOTE) -> str:
    """The text in NFC, with line ends as \\n. Errors: BadInput for letters that are none, or too many characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _CONTROL.search(text):
        raise BadInput("a control character stands in this text; type it again instead of pasting it", field)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInput("half of a character stands in this text; type it again", field)
    if _UNREAD in text:
        raise BadInput(f"a letter of this text did not arrive whole (now {_UNREAD}); type it again", field)
    if len(text) > longest:
        raise BadInput(f"this is {len(text)} characters long; {longest} are allowed", field)
    return text


def clean_name(text: str, *, field: str = "") -> str:
    """A name on one line, in NFC. Errors: BadInput, also for marks that turn the direction of writing round."""
    text = _SPACES.sub(" ", clean_text(text, field=field, longest=10 * LONGEST_NAME)).strip()
    if _DIRECTION.search(text):
        raise BadInput("a mark that turns the direction of writing stands in this name; type it again", field)
    if len(text) > LONGEST_NAME:
        raise BadInput(f"this name is {len(text)} characters long; {LONGEST_NAME} are allowed", field)
    return text


def match_name(name: str) -> str:
    """The form in which names are compared: NFKC, case folded, one space between words."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())).strip()
