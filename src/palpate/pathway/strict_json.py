"""One strict reader for JSON that comes from outside.

UTF-8, at most 1 MiB, no duplicate keys, no NaN or Infinity (also not by overflow), no lone surrogates, no deep nests.
A fault names its place; Python's own words and tracebacks never get out.
"""

from __future__ import annotations

import json
from typing import Any

from palpate.pathway.faults import Fault, Faults

LARGEST = 1 << 20  # bytes in one document (contract section 1)


class _Bad(Exception):
    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Bad("duplicate-key", f"the key {json.dumps(key)[:60]} stands twice in one object")
            seen.add(key)
    return result


def _constant(word: str) -> Any:
    raise _Bad("not-a-number", f"found {word}, which is no number in JSON; leave out what is unknown, or write null")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode


def read_json(raw: bytes) -> Any:
    """The value that `raw` holds.

    Takes    raw: bytes of one JSON text.
    Errors   Faults with one fault, its place `$`.
    """
    if len(raw) > LARGEST:
        raise _fault("too-large", f"the document has more than {LARGEST} bytes (1 MiB)")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _fault("not-utf-8", f"byte {error.start + 1} is not UTF-8") from None
    try:
        return _decode(text.removeprefix("\ufeff"))
    except _Bad as bad:
        raise _fault(bad.code, bad.text) from None
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()):
            raise _fault("not-json", f"the document breaks off at line {error.lineno} column {error.colno}") from None
        where = f"line {error.lineno} column {error.colno}"
        raise _fault("not-json", f"cannot be read as JSON at {where}, where {text[error.pos]!r} stands") from None
    except RecursionError:
        raise _fault("too-deep", "lists or objects are nested too deep") from None
    except ValueError:  # an integer with thousands of digits
        raise _fault("not-a-number", "holds a number with too many digits") from None


def _fault(code: str, text: str) -> Faults:
    return Faults([Fault(code, "$", text)])
