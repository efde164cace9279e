"""A pathway as a clinician reads and signs it: HTML that prints, Markdown for a diff, and its meaning as JSON.

This room puts a pathway into words and decides nothing about anybody but the worked examples that it is handed. It
reads no clock and no file but its own style sheet: the same pathway and cases always give the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from palpate.pathway.pathway import Pathway
from palpate.show.cases import CaseLike, CaseOrPair, RuleCaseLike
from palpate.show.content import document_of
from palpate.show.in_order import in_document_order
from palpate.show.markdown import markdown
from palpate.show.page import page

__all__ = ["CaseLike", "CaseOrPair", "RuleCaseLike", "show_html", "show_json", "show_markdown"]


def show_html(
    pathway: Pathway,
    cases: Sequence[CaseOrPair] | None = None,
    rule_cases: Sequence[RuleCaseLike] | None = None,
    on: date | None = None,
) -> str:
    """The pathway as one self-contained HTML page, ending in a line break.

    Takes   cases: whole cases, each alone or as a pair (case, differences), where differences is a list of sentences
            that say in what the decision differs from what the case expects (empty: in nothing).
            rule_cases: cases of single rules. The page works out itself what the pathway says about each case.
            on: the day on which it is read; a review that is past by then is said so. Without it nothing is said.
    """
    return page(document_of(pathway, cases, rule_cases, on))


def show_markdown(
    pathway: Pathway,
    cases: Sequence[CaseOrPair] | None = None,
    rule_cases: Sequence[RuleCaseLike] | None = None,
    on: date | None = None,
) -> str:
    """The same content as plain Markdown, ending in a line break. Takes what `show_html` takes."""
    return markdown(document_of(pathway, cases, rule_cases, on))


def show_json(pathway: Pathway) -> str:
    """The pathway's meaning as indented JSON, keys in the document's order, ending in a line break."""
    return in_document_order(pathway.meaning)
