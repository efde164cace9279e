"""The page around the sections: one file that asks nobody for anything, runs no script, and prints."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from importlib.resources import files

from palpate.population.report.sections import sections_of
from palpate.population.report.tally import Tally
from palpate.show.markup import Markup, element


def page_of(tally: Tally, source: str, rows: int, at_fault: int) -> str:
    """The whole page. Whatever the pathway or the input's name holds is text on it and nothing else (S-31)."""
    pathway = tally.pathway
    style = files("palpate.population.report").joinpath("report.css").read_text(encoding="utf-8")
    title = f"Audit of {source}"
    sections = sections_of(tally, rows, at_fault)
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy(style)}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("title", None, title),
        # Without this, a browser asks the server for /favicon.ico.
        element("link", {"rel": "icon", "href": "data:,"}),
        element("style", None, Markup(style)),  # a style sheet of our own is not read as HTML
    )
    settings = ", ".join(f"{name}: {value}" for name, value in pathway.settings.items())
    about = element(
        "p",
        None,
        f"Pathway {pathway.id} {pathway.version}",
        *([element("br"), settings] if settings else []),
        element("br"),
        element("code", None, pathway.digest),
    )
    contents = [element("li", None, element("a", {"href": f"#{anchor}"}, name)) for anchor, name, _ in sections]
    body = element(
        "body",
        None,
        element("a", {"class": "skip", "href": "#main"}, "Skip to the report"),
        element("header", None, element("h1", None, title), about),
        element("nav", {"aria-label": "Contents"}, element("ol", None, *contents)),
        element(
            "main",
            {"id": "main", "tabindex": -1},
            *(element("section", {"id": anchor}, element("h2", None, name), part) for anchor, name, part in sections),
        ),
    )
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


def _policy(style: str) -> str:
    """What the page may do, as its own header: this style sheet and nothing else, whatever text has slipped in."""
    fingerprint = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{fingerprint}'; img-src data:; base-uri 'none'; form-action 'none'"
