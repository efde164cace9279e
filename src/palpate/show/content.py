"""The whole document in order, from front to signature. HTML and Markdown are written from what this returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from palpate.pathway.pathway import Pathway
from palpate.show import course, evidence, facts, front, plans
from palpate.show.blocks import Code, Document, Part, Signature, Span
from palpate.show.cases import CaseOrPair, RuleCaseLike, cases_part
from palpate.show.index import Index
from palpate.show.response import response
from palpate.show.rules import rules


def document_of(
    pathway: Pathway,
    cases: Sequence[CaseOrPair] | None,
    rule_cases: Sequence[RuleCaseLike] | None,
    on: date | None,
) -> Document:
    """Every chapter, numbered."""
    index = Index(pathway)
    chapters = [
        front.about(pathway, on),
        front.how_to_read(pathway),
        front.overview(pathway, index),
        facts.asked(pathway, index),
        facts.worked_out(pathway, index),
        rules(pathway, index),
        response(pathway),
        course.measures(pathway),
        course.protocols(pathway),
        course.trials(pathway),
        plans.combination(pathway),
        plans.home(pathway),
        plans.switch(pathway),
        evidence.evidence(pathway),
        cases_part(pathway, index, cases, rule_cases),
        evidence.settings(pathway),
        evidence.sources(pathway, index),
        _signature(pathway),
    ]
    numbered = tuple(
        Part(part.anchor, f"{at}. {part.title}", part.blocks, part.parts, part.own_page)
        for at, part in enumerate(chapters, 1)
    )
    mark = f"{pathway.id} {pathway.version}"
    return Document(pathway.meaning["pathway"]["title"], mark, pathway.digest, numbered)


def _signature(pathway: Pathway) -> Part:
    about = pathway.meaning["pathway"]
    says = (
        "I have read this pathway. I am a clinician of this practice, and it may be used here within its intended use "
        "and limits, until its review date or until it is changed. A change gives it another digest, and this "
        "signature does not reach that far."
    )
    signed: tuple[tuple[str, Span], ...] = (
        ("Pathway", f"{about['title']} ({pathway.id})"),
        ("Version", pathway.version),
        ("Date", about["date"]),
        ("Review by", about["review_by"]),
        ("Digest", Code(pathway.digest)),
    )
    blanks = ("Name", "Profession", "Registration number", "Date", "Signature")
    return Part("signature", "Signature", (Signature((says,), signed, blanks),), own_page=True)
