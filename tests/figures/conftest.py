"""A template engine without settings, and a reader that sees a figure as a browser's tree would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from palpate import load_pathway
from palpate.figures import (
    BodyMap,
    Change,
    Decided,
    Finding,
    Marked,
    Outcome,
    Phase,
    Rating,
    Stroke,
    body_map_figure,
    course_chart,
    measures_of_an_episode,
    outcome_bars,
    palpation_map,
    region_grid,
    response_bar,
    timeline,
)
from palpate.pathway.response import Numbers

WEB = Path(__file__).parents[2] / "src" / "palpate" / "web"
START = date(2026, 2, 13)
VOID = {"input", "br", "meta", "link", "path", "rect"}


class Seen(HTMLParser):
    """Every element with its attributes, in order, and whether all that was opened was closed again."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture(scope="session")
def numbers() -> Numbers:
    return load_pathway().numbers


@pytest.fixture(scope="session")
def render() -> Callable[..., str]:
    from django.template import Context, Engine

    engine = Engine(dirs=[str(WEB / "templates")])

    def written(template: str, **values: Any) -> str:
        return engine.get_template(f"figures/{template}.html").render(Context(values))

    return written


@pytest.fixture(scope="session")
def seen() -> type[Seen]:
    return Seen


@pytest.fixture(scope="session")
def web() -> Path:
    return WEB


@pytest.fixture(scope="session")
def samples(numbers: Numbers) -> dict[str, dict[str, Any]]:
    """What each template is given, with something of everything in it. `words` is where text from outside goes."""
    ratings = [Rating(day(-5), 7), Rating(day(0), 7), Rating(day(0), 5, True), Rating(day(9), None), Rating(day(18), 4)]
    marked = Marked([day(0), day(9)], [day(21), day(35)], day(16), day(42))
    body_map = BodyMap(("low_back_left", "head_front"), (Stroke("back", ((92.0, 201.0), (94.0, 300.0))),))
    return {
        "course_chart": {"figure": course_chart("pain", "pain", ratings, numbers, Fraction(7), marked, Fraction(2))},
        "timeline": {
            "figure": timeline(
                "record",
                measures_of_an_episode(ratings, ratings, [], [], [Rating(day(0), 32)], []),
                [day(0), day(9)],
                [Decided(day(0), "treat"), Decided(day(1), "emergency"), Decided(day(2), "incomplete")],
                [Phase("course 1", day(0), day(42)), Phase("<b>follow-up</b>", day(42), day(90))],
            )
        },
        "response_bar": {
            "figure": response_bar(
                "response",
                numbers,
                "partly",
                [Change("pain", Fraction(7), Fraction(9, 2)), Change("activities", None, Fraction(5))],
                1,
            )
        },
        "outcome_bars": {
            "figure": outcome_bars(
                "outcomes", "By therapist", [Outcome("<i>Ada</i>", 9, 5, 2, 1, 3), Outcome("Bo", 2, 1, 1)]
            )
        },
        "body_map": {"figure": body_map_figure("body", body_map)},
        "body_map_field": {
            "figure": body_map_figure("field", body_map),
            "field": "body_map",
            "error": "<u>wrong</u>",
        },
        "palpation_map": {
            "figure": palpation_map(
                "hands",
                [
                    Finding("low_back_left", "no", "<s>erector</s>", 6),
                    Finding("neck_right", "partly"),
                    Finding("buttock_left", "yes", signs=("heat", "swelling")),
                    Finding("flank_left", None),
                ],
            )
        },
        "region_grid": {"grid": region_grid("palpation_region", ["low_back_left"])},
    }
