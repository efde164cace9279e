"""The press: a document goes in, the bytes of a PDF come out (tagged, PDF/UA-1), always the same ones.

Values reach typst as one JSON text and stay data: nothing in them is run. Only the fonts that typst carries, those in
`fonts/` and those of `font_folders` are used, never the machine's, so that a letter is the same everywhere. The bytes
also depend on the version of typst, which is locked.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palpate.letters.compose import compose
from palpate.letters.documents import Document
from palpate.letters.fit import Step, groups

if TYPE_CHECKING:
    from typst import Compiler

HERE = Path(__file__).parent
# What typst says of a letter that no font has, once for each.
_NO_GLYPH = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_PAGES = re.compile(rb"<xmpTPg:NPages>(\d+)</xmpTPg:NPages>")
# A kept compiler is one mutable thing, and the server has threads.
_one_at_a_time = threading.Lock()


class LetterFault(Exception):
    """A document could not be made. The message can be shown to the therapist."""


class CannotPrint(LetterFault):
    """Letters that no font has. `letters` holds each of them once, in order of the code."""

    def __init__(self, letters: Sequence[str]) -> None:
        self.letters = tuple(sorted(set(letters)))
        said = ", ".join(f"{_shown(letter)} ({_code(letter)})" for letter in self.letters)
        super().__init__(
            f"No font here has these letters: {said}. Write them another way, or add a font that has them."
        )


class DoesNotFit(LetterFault):
    """Even shortened, a document needs more pages than it may have: a name or a fixed text is too long."""


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else unicodedata.name(letter, "not a letter").lower()


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X}"


def to_pdf(document: Document, *, font_folders: Sequence[str] = (), spell_missing: bool = False) -> bytes:
    """The document as PDF. The same document gives the same bytes.

    `font_folders` are folders with further fonts. A letter that no font has raises CannotPrint, unless `spell_missing`:
    then its code stands in its place ([U+738B]), for a page that must come out whatever happens. DoesNotFit where
    shortening was not enough.
    """
    missing: set[str] = set()

    def tried(step: Step) -> bytes | None:
        """The PDF by this step, if it keeps to the step's pages."""
        page = compose(document, step)
        while True:
            try:
                made = _set(_spelled(page, missing), tuple(font_folders))
            except CannotPrint as fault:
                # Spelling a letter that is spelled already would go on for ever.
                if not spell_missing or missing.issuperset(fault.letters):
                    raise
                missing.update(fault.letters)
            else:
                return made if _page_count(made) <= step.pages else None

    for group in groups(document.size, document.pages, document.most_pages):
        if made := _first(group, tried):
            return made
    raise DoesNotFit(f"{document.title}: longer than {document.most_pages} page(s), even shortened.")


def _first(steps: Sequence[Step], tried: Callable[[Step], bytes | None]) -> bytes | None:
    """What the first step that fits makes, found by halving: each step takes less room than the one before it."""
    if made := tried(steps[0]):
        return made
    found = None
    low, high = 1, len(steps)
    while low < high:
        middle = (low + high) // 2
        if made := tried(steps[middle]):
            found, high = made, middle
        else:
            low = middle + 1
    return found


def _page_count(pdf: bytes) -> int:
    found = _PAGES.search(pdf)
    if found is None:
        raise LetterFault("The page count cannot be read from the PDF.")
    return int(found.group(1))


def _spelled(value: Any, missing: set[str]) -> Any:
    """The same words, with each missing letter as its code."""
    if not missing:
        return value
    if isinstance(value, str):
        return "".join(f"[{_code(letter)}]" if letter in missing else letter for letter in value)
    if isinstance(value, list):
        return [_spelled(item, missing) for item in value]
    if isinstance(value, dict):
        return {key: _spelled(item, missing) for key, item in value.items()}
    return value


@lru_cache(maxsize=4)
def _compiler(font_folders: tuple[str, ...]) -> Compiler:
    from typst import Compiler

    folders = [str(HERE / "fonts"), *font_folders]
    return Compiler(str(HERE / "paper" / "main.typ"), root=HERE / "paper", font_paths=folders, ignore_system_fonts=True)


def _set(page: dict[str, Any], font_folders: tuple[str, ...]) -> bytes:
    """One try: CannotPrint for letters without a font, LetterFault for anything else that typst refuses."""
    from typst import TypstError

    text = json.dumps(page, ensure_ascii=False, allow_nan=False)
    # Half of a pair is no letter, and typst's reader of JSON would refuse it without naming it. For a private letter a
    # font may have a sign of its own, which says something that nobody wrote.
    if strange := [letter for letter in text if unicodedata.category(letter) in ("Cs", "Co")]:
        raise CannotPrint(strange)
    try:
        with _one_at_a_time:
            made = _compiler(font_folders).compile(format="pdf", sys_inputs={"data": text}, pdf_standards=["ua-1"])
    except TypstError as error:
        letters = [letter for found in _NO_GLYPH.findall(error.diagnostic or "") for letter in _unescaped(found)]
        if letters:
            raise CannotPrint(letters) from None
        raise LetterFault(f"The document could not be set: {error.message}") from None
    assert isinstance(made, bytes)
    return made


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
