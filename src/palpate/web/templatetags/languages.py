"""Tags of the pages that a patient reads: `{% load languages %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html

from palpate.library.languages import Language, number, said
from palpate.library.wording import clock, day
from palpate.web.languages import choices, language_of

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: dict[str, Any], key: str, **values: Any) -> str:
    """`{% say "phone.send" %}`: a phrase in the language of the page, with its values in place.

    What the language lacks is said in English and marked so, so that a screen reader pronounces it as English. A page
    that writes an attribute uses `say_plain`.
    """
    language = _language(context)
    found = said(language, key, **values)
    return found.text if found.code == language.code else other(found)


@register.simple_tag(takes_context=True)
def say_plain(context: dict[str, Any], key: str, **values: Any) -> str:
    """The same without the mark: for an attribute or a title, where none can stand."""
    return said(_language(context), key, **values).text


@register.simple_tag(takes_context=True)
def say_day(context: dict[str, Any], date: Any, length: str = "full") -> str:
    """`{% say_day appointment.day %}`: a day as the language writes it."""
    return day(_language(context), date, length)


@register.simple_tag(takes_context=True)
def say_time(context: dict[str, Any], time: Any) -> str:
    """A time of day as the language writes it."""
    return clock(_language(context), time)


@register.simple_tag(takes_context=True)
def say_number(context: dict[str, Any], value: float) -> str:
    """A number as the language writes it."""
    return number(_language(context), value)


@register.simple_tag(takes_context=True)
def page_language(context: dict[str, Any]) -> Language:
    """`{% page_language as language %}`: with `code` for `lang` and `direction` for `dir` of the page."""
    return _language(context)


@register.simple_tag
def all_languages() -> tuple[tuple[str, str], ...]:
    """(code, name in itself) of every language."""
    return choices()


def other(found: Any) -> str:
    """A text of another language than the page's, marked with `lang` and `dir`. Takes text, code and direction."""
    return format_html('<span lang="{}" dir="{}">{}</span>', found.code, found.direction, found.text)


def _language(context: dict[str, Any]) -> Language:
    given = context.get("language")
    return given if isinstance(given, Language) else language_of(context["request"])
