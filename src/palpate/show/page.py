"""The HTML page: one file that asks nobody for anything, runs no script, and prints."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from importlib.resources import files

from palpate.show.blocks import Document, Part
from palpate.show.charts import shape_symbols
from palpate.show.html import part
from palpate.show.markup import Markup, css_text, element


def page(document: Document) -> str:
    """The whole page. The same document always gives the same text."""
    style = _style(document)
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy(style)}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("title", None, f"{document.title} ({document.mark})"),
        # Without this, a browser asks the server for /favicon.ico.
        element("link", {"rel": "icon", "href": "data:,"}),
        element("style", None, style),
    )
    body = element(
        "body",
        None,
        element("a", {"class": "skip", "href": "#main"}, "Skip to the document"),
        shape_symbols(),
        _masthead(document),
        _contents(document),
        element("main", {"id": "main", "tabindex": -1}, *(part(one) for one in document.parts)),
        element("footer", {"class": "foot"}, element("p", None, f"{document.mark} · {document.digest}")),
    )
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


def _masthead(document: Document) -> Markup:
    return element(
        "header",
        {"class": "masthead"},
        element("p", {"class": "eyebrow"}, "Care pathway, to be read and signed"),
        element("h1", None, document.title),
        element("p", None, document.mark, element("br"), element("code", {"class": "digest"}, document.digest)),
    )


def _contents(document: Document) -> Markup:
    return element(
        "nav",
        {"id": "contents", "aria-labelledby": "contents-heading"},
        element("h2", {"id": "contents-heading"}, "Contents"),
        element("ol", None, *(_entry(one) for one in document.parts)),
    )


def _entry(one: Part) -> Markup:
    inner = [element("li", None, element("a", {"href": f"#{child.anchor}"}, child.title)) for child in one.parts]
    below = element("ol", None, *inner) if inner else ""
    return element("li", None, element("a", {"href": f"#{one.anchor}"}, one.title), below)


def _style(document: Document) -> Markup:
    """The style sheet, and the foot of every printed page, which needs the words of this document."""
    sheet = files("palpate.show").joinpath("style.css").read_text(encoding="utf-8")
    foot = (
        "@page{"
        f"@bottom-left{{content:{css_text(f'{document.mark} · {document.digest}')}}}"
        '@bottom-right{content:counter(page) " of " counter(pages)}'
        "}"
    )
    # Markup, because a style sheet is not read as HTML: `css_text` has written every `<` by its number.
    return Markup(f"{sheet}\n{foot}\n")


def _policy(style: str) -> str:
    """What the page may do, as its own header: this style sheet and nothing else, whatever text has slipped in."""
    fingerprint = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{fingerprint}'; img-src data:; base-uri 'none'; form-action 'none'"
