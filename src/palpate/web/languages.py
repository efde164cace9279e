"""In which language a page speaks to a patient.

What the person is known to read counts first, then what was chosen on this page, then what the browser asks for; else
English. A view that knows the person says so with `speak`.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from palpate.library.languages import ENGLISH, Language, codes, read

KEY = "language"  # in the session of a link, and the name of the field that chooses


def language_of(request: HttpRequest) -> Language:
    """The language of this page."""
    told = getattr(request, "language", None)
    if isinstance(told, Language):
        return told
    session = getattr(request, "session", None)
    chosen = session.get(KEY) if session is not None else None
    return read(chosen if known(chosen) else _asked_for(request))


def speak(request: HttpRequest, code: str) -> Language:
    """Makes the rest of this request speak a language: the person's own, or the one chosen here before."""
    session = getattr(request, "session", None)
    chosen = session.get(KEY) if session is not None else None
    language = read(chosen if known(chosen) else code)
    request.language = language  # type: ignore[attr-defined]
    return language


def choose(request: HttpRequest, code: str) -> bool:
    """Keeps the language that was tapped, in the session of the link. Returns whether there is such a language."""
    if not known(code):
        return False
    request.session[KEY] = code
    request.language = read(code)  # type: ignore[attr-defined]
    return True


def known(code: Any) -> TypeGuard[str]:
    """Whether there is a language of this code."""
    return isinstance(code, str) and code in codes()


def choices() -> tuple[tuple[str, str], ...]:
    """(code, name in the language itself) of every language: for a form, and for the row of buttons on a page."""
    return tuple((code, read(code).name) for code in codes())


def _asked_for(request: HttpRequest) -> str:
    """The first language of the browser's list that there is; `es-MX` counts as `es`."""
    header = request.headers.get("Accept-Language", "")
    there = codes()
    for wanted, _ in parse_accept_lang_header(header):
        if (code := wanted.split("-")[0]) in there:
            return code
    return ENGLISH
