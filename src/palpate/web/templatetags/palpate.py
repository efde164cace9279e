"""Tags that every template may use without loading them."""

from __future__ import annotations

import uuid
from typing import Any

from django import template

from palpate.show.words import label

register = template.Library()


@register.inclusion_tag("parts/form_marks.html", takes_context=True)
def form_marks(context: dict[str, Any], person: Any = None, version: int | None = None) -> dict[str, Any]:
    """The hidden marks of a form: its key (S-55), whose it is (S-69) and which version it saw (S-56)."""
    request = context.get("request")
    kept = request.POST.get("_form") if request is not None and request.method == "POST" else None
    return {"key": kept or uuid.uuid4(), "person": getattr(person, "pk", person), "version": version}


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or nothing where there is no such key."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def worded(name: Any) -> str:
    """A name of the pathway or of the store as words: `back_massage` is "Back massage"."""
    return label(str(name))
