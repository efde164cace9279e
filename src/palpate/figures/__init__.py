"""Figures: what is looked at before it is read. Plain values go in, a drawing ready to be written comes out.

No Django, no clock, no colour. Each function below gives one frozen record with every place as text, a description in
words and the same numbers as a table; a template of the same name, under `web/templates/figures/`, writes it.
"""

from __future__ import annotations

from palpate.figures.axes import Rating
from palpate.figures.body_map import (
    BodyFigure,
    BodyMap,
    BodyMapFault,
    Stroke,
    body_map_figure,
    read_body_map,
    write_body_map,
)
from palpate.figures.course import Marked, course_chart
from palpate.figures.outcomes import Outcome, outcome_bars
from palpate.figures.palpation import Finding, PalpationFigure, RegionGrid, palpation_map, region_grid
from palpate.figures.regions import REGIONS, Region
from palpate.figures.response_bar import Change, response_bar
from palpate.figures.shapes import Drawing
from palpate.figures.timeline import Decided, Phase, Series, measures_of_an_episode, timeline

__all__ = [
    "REGIONS",
    "BodyFigure",
    "BodyMap",
    "BodyMapFault",
    "Change",
    "Decided",
    "Drawing",
    "Finding",
    "Marked",
    "Outcome",
    "PalpationFigure",
    "Phase",
    "Rating",
    "Region",
    "RegionGrid",
    "Series",
    "Stroke",
    "body_map_figure",
    "course_chart",
    "measures_of_an_episode",
    "outcome_bars",
    "palpation_map",
    "read_body_map",
    "region_grid",
    "response_bar",
    "timeline",
    "write_body_map",
]
