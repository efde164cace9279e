"""Form fields that read what people type the way the store wants it (S-23, S-24), and keep what was typed as it is."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms

from palpate.clinic.finding import days_meant
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput, NotVisible


def sentence(message: str) -> str:
    """A message of the clinic as it stands beside a field."""
    return f"{message[:1].upper()}{message[1:]}."


class Text(forms.CharField):
    """Text, checked as the store asks for. It is cleaned once more where it is stored."""

    def __init__(self, *, longest: int, rows: int = 0, hint: str = "", complete: str = "off", **kwargs: Any) -> None:
        look = {"autocomplete": complete}
        widget = forms.Textarea(attrs={"rows": rows, **look}) if rows else forms.TextInput(attrs=look)
        super().__init__(strip=False, widget=widget, help_text=hint, **kwargs)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        try:
            return clean_text("" if value is None else str(value), longest=self.longest).strip()
        except BadInput as bad:
            raise forms.ValidationError(sentence(bad.message)) from None


class TypedDate(forms.CharField):
    """A day in a usual spelling; one that can mean two days is asked for again."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        days = days_meant(text)
        if not days:
            raise forms.ValidationError("This is no date that can be read. Write it like 2 April 1979 or 1979-04-02.")
        if len(days) > 1:
            raise forms.ValidationError("Day and month are not clear. Write the month as a word: 2 April 1979.")
        return days[0]


def iso_day(text: str) -> date | None:
    """The day that an ISO date names, or None. ASCII digits only."""
    if not (len(text) == 10 and text.isascii() and text.replace("-", "").isdigit()):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole_number(text: str) -> int:
    """A count such as the version a form saw; 0, which no row has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def an_id(text: str) -> uuid.UUID:
    """The id that a query or form names. Errors: NotVisible, as for an id of nothing."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotVisible from None
