"""What an author or a caller can get wrong, in one line each.

Everything wrong is collected first and raised together as `Faults`; only the doors (command line, pages)
turn faults into exit codes or sentences for other readers. A fault never quotes a parser's own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_WORD = 100  # no known word is longer, and looking for the nearest one takes as long as the word
MOST_HINTS = 50  # faults of one document for which the nearest known word is looked up: each takes milliseconds
# Control characters other than tab and newline, lone surrogates, line and paragraph separators, and what overrides the
# direction of writing: nobody types them, and they let a text be read as another than it is (S-23).
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = re.compile(r"\w{1,80}", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    code    a short lasting name, such as `unknown-fact`
    place   where: `rules.toml:42`, or a JSON path such as `$.facts.pain_now`
    text    what was found and what was expected
    """

    code: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class Faults(ValueError):
    """Everything that is wrong with one document; `faults` holds at least one Fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, or None."""
    if len(word) > LONGEST_WORD:
        return None
    from difflib import get_close_matches  # only needed when something is wrong

    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; the nearest known one is X`, or nothing."""
    near = nearest(word, known)
    return f"; the nearest known one is {near}" if near else ""


def shown(value: object, limit: int = 60) -> str:
    """A value as it stood in the document, cut to a readable length, on one line."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=True, default=str)  # str: TOML has dates
    except (RecursionError, ValueError):
        text = "a value too deep or too long to be shown"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def step(key: str) -> str:
    """A key as one step of a path: as it stands where it is a plain word, else quoted and cut."""
    return key if _PLAIN.fullmatch(key) else shown(key)


def one_line(text: str) -> str:
    """Text from outside, fit for a terminal: what moves the cursor, or turns or hides text, is written out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def listed(words: Sequence[str], limit: int = 12) -> str:
    """Words for a sentence: `a, b or c`."""
    if len(words) > limit:
        return ", ".join(words[:limit]) + f" ... ({len(words)} in all)"
    if len(words) == 1:
        return words[0]
    return ", ".join(words[:-1]) + " or " + words[-1]
