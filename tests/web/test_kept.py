"""What a page keeps of its frame for the next page: never anything of the one who looks."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Engine

from palpate.web.templatetags import kept
from palpate.web.templatetags.way import StepsNode

ENGINE = Engine(libraries={"kept": "palpate.web.templatetags.kept"})


def page(text: str) -> Any:
    """A template that is written again and again, as those of the pages are."""
    return ENGINE.from_string("{% load kept %}" + text)


def test_what_is_personal_is_filled_in_anew_on_each_page() -> None:
    told = page("{% kept theme for user_name csrf_token %}<p class={{ theme }}>{{ user_name }}{% csrf_token %}</p>{% endkept %}")  # fmt: skip # noqa: E501
    first = told.render(Context({"theme": "dim", "user_name": "Ada", "csrf_token": "one"}))
    second = told.render(Context({"theme": "dim", "user_name": "Bram", "csrf_token": "two"}))
    assert first == '<p class=dim>Ada<input type="hidden" name="csrfmiddlewaretoken" value="one"></p>'
    assert second == first.replace("Ada", "Bram").replace("one", "two")


def test_nothing_personal_is_kept() -> None:
    told = page("{% kept theme for user_name %}<p>{{ user_name }}</p>{% endkept %}")
    told.render(Context({"theme": "dim", "user_name": "Ada Lind"}))
    node = told.nodelist.get_nodes_by_type(kept.KeptNode)[0]
    assert node.kept
    assert "Ada" not in repr(node.kept)


def test_s31_what_is_filled_in_is_escaped() -> None:
    told = page("{% kept for user_name %}<p>{{ user_name }}</p>{% endkept %}")
    assert told.render(Context({"user_name": "<b>'"})) == "<p>&lt;b&gt;&#x27;</p>"


def test_a_part_is_written_anew_for_whatever_it_hangs_on() -> None:
    told = page("{% kept nav for user_name %}{% for label, url in nav %}{{ label }}{% endfor %}{% endkept %}")
    for labels in (["Today"], ["Today", "Notes"], ["Today"]):
        nav = [(label, "/") for label in labels]
        assert told.render(Context({"nav": nav, "user_name": "Ada"})) == "".join(labels)


def test_a_part_asks_whether_something_personal_is_there() -> None:
    told = page("{% kept for user_name %}{% if user_name %}{{ user_name }}{% else %}Display{% endif %}{% endkept %}")
    for name, shown in (("Ada", "Ada"), ("", "Display"), (None, "Display"), ("Bram", "Bram")):
        assert told.render(Context({"user_name": name})) == shown


def test_no_more_is_kept_than_a_few_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    told = page("{% kept theme %}{{ theme }}{% endkept %}")
    for number in range(10):
        assert told.render(Context({"theme": str(number)})) == str(number)
    assert len(told.nodelist.get_nodes_by_type(kept.KeptNode)[0].kept) <= 3


def test_s31_a_step_is_escaped_wherever_it_comes_from() -> None:
    written = StepsNode().render(Context({"steps": [("<b>", '/"x', "todo"), ("Plan", "", "current")]}))
    assert "<b>" not in written
    assert 'href="/&quot;x"' in written
    assert 'aria-current="step"' in written
