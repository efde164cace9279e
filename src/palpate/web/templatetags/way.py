"""The person and the steps on top of a page of a person's way, each written by one node: `{% load way %}`.

They stand on every clinical page, and as templates they took longer than what the page itself has to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template

register = template.Library()

SIGN = '<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M16 3l14 25H2zM16 12v8M16 24v.5"/></svg>'
SAME_NAME = "Somebody else has the same name. Check the birth date."
_NAME, _BORN, _AGE, _SAME = (
    template.Variable(f"person.{name}") for name in ("name", "birth_date", "age_years", "same_name")
)


class PersonNode(template.Node):
    """Name, birth date and age, and the warning where another has that name (S-69)."""

    def render(self, context: Any) -> str:
        born, age, same = _BORN.resolve(context), _found(_AGE, context), _found(_SAME, context)
        name, url, note = escape(_NAME.resolve(context)), context.get("person_url"), context.get("person_note")
        facts = f'<span>born <time datetime="{born:%Y-%m-%d}">{born.day} {born:%B} {born.year}</time></span>'
        facts += f"<span>{age} years</span>" if age is not None else ""
        facts += f"<span>{escape(str(note))}</span>" if note else ""
        warning = f'<p class="same-name">{SIGN}{SAME_NAME if same is True else escape(str(same))}</p>' if same else ""
        named = f'<a href="{escape(url)}">{name}</a>' if url else name
        return (
            '<div class="person" role="region" aria-label="Person">\n  <div class="person-in">\n'
            f'    <p class="person-name">{named}</p>\n    <p class="person-facts">{facts}</p>\n    {warning}\n'
            "  </div>\n</div>"
        )


def _found(variable: template.Variable, context: Any) -> Any:
    try:
        return variable.resolve(context)
    except template.VariableDoesNotExist:
        return None


class StepsNode(template.Node):
    """The steps, each with its place: done, current or todo."""

    def render(self, context: Any) -> str:
        return (
            '<nav class="way" aria-label="The person\'s way">\n  <ol>\n    '
            + "".join([_step(at, *step) for at, step in enumerate(_steps(context), 1)])
            + "\n  </ol>\n</nav>"
        )


def _steps(context: Any) -> Iterable[tuple[str, str, str]]:
    found: Iterable[tuple[str, str, str]] = context["steps"]
    return found


def _step(at: int, label: str, url: str, state: str) -> str:
    mark, done = ("✓", '<span class="unseen"> (done)</span>') if state == "done" else (str(at), "")
    text = (
        f'<span class="way-mark" aria-hidden="true">{mark}</span><span class="way-label">{escape(label)}</span>{done}'
    )
    if state == "current":
        text = f'<span class="way-in" aria-current="step">{text}</span>'
    else:
        text = f'<a href="{escape(url)}">{text}</a>' if url else f'<span class="way-in">{text}</span>'
    return f'<li class="is-{escape(state)}">{text}</li>\n    '


@register.tag
def person_header(parser: Any, token: Any) -> PersonNode:
    """`{% person_header %}`: what parts/person_header.html says that it takes."""
    return PersonNode()


@register.tag
def way_steps(parser: Any, token: Any) -> StepsNode:
    """`{% way_steps %}`: what parts/steps.html says that it takes."""
    return StepsNode()
