"""One strict reader for JSON that comes from outside.

UTF-8, at most 1 MiB, no duplicate keys, no NaN or Infinity (also not by overflow), whole numbers within 2^53, no NUL,
no lone surrogates, no deep nests (S-22). A fault names its place; Python's own words and tracebacks never get out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from palpate.pathway.faults import Fault, Faults, shown, step

LARGEST = 1 << 20  # bytes in one document (contract section 1)
DEEPEST = 32  # lists and objects inside each other
WHOLE = 1 << 53  # beyond it neighbouring whole numbers are one and the same in most other programs

# What plain decoding lets through stands in a text with one of these; all others need no second look.
_SUSPECT = re.compile(rb"\\u|[0-9]{16}|[0-9][eE]")
_LONE = re.compile("[\ud800-\udfff]")


class _Strange(Exception):
    """Something that JSON does not have, or that stands twice; the slow reader says what and where."""


class _Pairs(list[Any]):
    """An object as its pairs, so that a key that stands twice can be seen."""


class _Word(str):
    """A number as it was written, because it has no value that could be kept."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise _Strange
    return result


def _constant(word: str) -> Any:
    raise _Strange


def _whole(text: str) -> Any:
    # Python itself refuses numbers with thousands of digits; none with more than 16 is within 2^53.
    number = int(text) if len(text) <= 17 else WHOLE + 1
    return number if abs(number) <= WHOLE else _Word(text)


def _decimal(text: str) -> Any:
    number = float(text)
    return _Word(text) if abs(number) == float("inf") else number


_decode: Callable[[str], Any] = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
_decode_all: Callable[[str], Any] = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_constant=_Word, parse_int=_whole, parse_float=_decimal
).decode


def read_json(raw: bytes, largest: int = LARGEST) -> Any:
    """The value that `raw` holds.

    Takes    raw: bytes of one JSON text; largest: how many bytes it may have.
    Errors   Faults: one where the text is no JSON at all, else every value that is refused, each with its JSON path.
    """
    if len(raw) > largest:
        raise _fault("too-large", f"the document has more than {largest} bytes ({largest >> 20} MiB)")
    try:
        text = raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        hint = "; it looks like UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise _fault("not-utf-8", f"byte {error.start + 1} is not UTF-8{hint}") from None
    try:
        if not _SUSPECT.search(raw) and raw.count(b"[") + raw.count(b"{") <= DEEPEST:
            with suppress(_Strange):
                return _decode(text)
        return _strictly(text)
    except json.JSONDecodeError as error:
        raise _fault("not-json", _unreadable(text, error)) from None
    except RecursionError:
        raise _fault("too-deep", f"lists and objects are nested more than {DEEPEST} deep") from None


def breaks_off(raw: bytes) -> bool:
    """Whether `raw` could be the beginning of one JSON text that goes on behind its end."""
    try:
        text = raw.decode().removeprefix("\ufeff")
        json.JSONDecoder(parse_int=_whole).decode(text)
    except json.JSONDecodeError as error:
        # No text goes on behind the end of a line.
        return error.pos >= len(text.rstrip()) and not error.msg.startswith("Invalid control character")
    except (UnicodeDecodeError, RecursionError):
        return False
    return False


def _strictly(text: str) -> Any:
    """The same value, looked at piece by piece. Errors: Faults with every piece that is refused."""
    faults: list[Fault] = []
    value = _plain(_decode_all(text), "$", 0, faults)
    if faults:
        raise Faults(faults)
    return value


def _plain(value: Any, place: str, depth: int, faults: list[Fault]) -> Any:
    if isinstance(value, _Word):
        faults.append(Fault("not-a-number", place, _no_number(value)))
    elif isinstance(value, str):
        wrong = _wrong_text(value)
        if wrong:
            faults.append(Fault("wrong-text", place, f"found {shown(value)}, which holds {wrong}"))
    elif isinstance(value, list):
        if depth == DEEPEST:
            faults.append(Fault("too-deep", place, f"lists and objects are nested more than {DEEPEST} deep"))
        elif isinstance(value, _Pairs):
            return _plain_object(value, place, depth, faults)
        else:
            return [_plain(item, f"{place}[{at}]", depth + 1, faults) for at, item in enumerate(value)]
    return value


def _plain_object(pairs: _Pairs, place: str, depth: int, faults: list[Fault]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        inside = f"{place}.{step(key)}"
        wrong = _wrong_text(key)
        if wrong:
            faults.append(Fault("wrong-text", inside, f"this key holds {wrong}"))
        if key in result:
            faults.append(Fault("duplicate-key", inside, "this key stands twice in one object"))
        result[key] = _plain(value, inside, depth + 1, faults)
    return result


def _wrong_text(text: str) -> str:
    if "\0" in text:
        return "the character NUL"
    return "half of a surrogate pair, which is no character" if _LONE.search(text) else ""


def _no_number(word: str) -> str:
    if word.lstrip("-")[0] in "NI":
        return f"found {word}, which is no number in JSON; leave out what is unknown, or write null"
    if "." in word or "e" in word.lower():
        return f"found {_cut(word)}, a number too large to be kept"
    return f"found {_cut(word)}; whole numbers go from -2^53 to 2^53"


def _cut(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:20]}... ({len(word)} characters)"


def _unreadable(text: str, error: json.JSONDecodeError) -> str:
    """Where the text stops being JSON, and on what. The parser's own message only tells the cases apart."""
    if not text.strip():
        return "the document is empty"
    where = f"line {error.lineno} column {error.colno}" if "\n" in text.rstrip() else f"column {error.colno}"
    if error.msg.startswith("Unterminated string"):
        return f"the text that begins at {where} is never closed"
    if error.msg.startswith("Extra data"):
        return f"the document is complete, and more follows at {where}"
    if error.pos >= len(text.rstrip()):
        return f"the document breaks off at {where}"
    return f"cannot be read as JSON at {where}, where {text[error.pos]!a} stands"


def _fault(code: str, text: str) -> Faults:
    return Faults([Fault(code, "$", text)])
