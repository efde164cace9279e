"""What a clinician reads must be all there is, and nothing but text may come from the document."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from palpate.library import check_pathway
from palpate.pathway.pathway import Pathway, canonical_json
from palpate.pathway.schema import ENTRIES, SINGLE
from palpate.show import show_html, show_json, show_markdown
from palpate.show.markdown import code, escaped

VOID = {"br", "col", "link", "meta"}
MARK = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(1)>|`*_[x](http://e.example)_*`"


class Page(HTMLParser):
    """An HTML page taken apart: its elements with attributes, its text, and whether its tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.style = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        return flat(" ".join(self.text))

    def all(self, attribute: str) -> list[str]:
        return [value or "" for _, found in self.elements for name, value in found.items() if name == attribute]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


# --- everything is there ----------------------------------------------------------------------------------------------


def test_every_entry_of_the_document_has_its_place_on_the_page(pathway: Pathway, page: Page, plain: str) -> None:
    ids = set(page.all("id"))
    prefixes = {
        "rules": "rule", "facts": "fact", "sections": "section", "sources": "source", "evidence": "evidence",
        "protocols": "protocol", "home": "home", "measures": "measure", "trials": "trial", "guidelines": "guideline",
        "blends": "blend", "parts": "part", "switch": "switch", "refuse": "refuse", "judge": "judge",
    }  # fmt: skip
    for table, prefix in prefixes.items():
        for row in pathway.meaning[table]:
            assert f"{prefix}-{row['id']}" in ids, f"{table}.{row['id']} is not on the page"
            if table not in ("sections", "judge"):
                assert code(row["id"]) in plain, f"{table}.{row['id']} is not in the Markdown"
    for setting in pathway.settings:
        assert f"setting-{setting}" in ids


def test_every_text_of_the_document_can_be_read(pathway: Pathway, page: Page, plain: str) -> None:
    words = page.words
    for place, text in texts(pathway.meaning):
        assert flat(text) in words, f"{place} is not on the page"
        if not place.endswith(".url"):
            assert escaped(text) in plain, f"{place} is not in the Markdown"


def test_every_condition_stands_as_written(pathway: Pathway, page: Page, plain: str) -> None:
    from palpate.pathway.condition import from_json, written

    words = page.words
    for table in ("rules", "parts", "switch", "home"):
        for row in pathway.meaning[table]:
            for key in ("when", "avoid_when"):
                if row.get(key):
                    said = written(from_json(row[key]))
                    assert said in words
                    assert code(said) in plain


def test_the_numbers_of_the_overview_are_those_of_the_rules(pathway: Pathway, plain: str) -> None:
    counted = Counter(rule.disposition for rule in pathway.rules)
    assert f"| **Emergency** | {counted['emergency']} |" in plain
    assert f"| **Avoid an area** | {counted['local_avoid']} |" in plain
    assert f"| All rules | {len(pathway.rules)} |" in plain
    for section in pathway.meaning["sections"]:
        rules = [rule for rule in pathway.rules if rule.section == section["id"]]
        assert re.search(rf"^\| {re.escape(escaped(section['title']))} \|.*\| {len(rules)} \|$", plain, re.MULTILINE)


def test_the_response_table_is_worked_out_by_the_rule(plain: str) -> None:
    table = plain.split("Own view of the change: 0 none:")[1].split("Own view of the change:")[0]
    assert "| Pain 2 full | **Responded** | **Responded** | **Partly responded** (not supported) |" in table
    assert "| Pain −2 worse | **Not responded** (mixed: review) |" in table


def test_what_cites_a_source_stands_beside_it(pathway: Pathway, html: str) -> None:
    for rule in pathway.rules:
        for source in rule.sources:
            record = html.split(f'id="source-{source}"')[1].split("</article>")[0]
            assert f'href="#rule-{rule.id}"' in record


def test_our_own_policy_and_what_is_unverified_are_marked(pathway: Pathway, html: str) -> None:
    for rule in pathway.rules:
        record = html.split(f'id="rule-{rule.id}"')[1].split("</article>")[0]
        assert ("Our own cautious policy</span>" in record) == ("policy" in rule.evidence)
        assert ('class="note note-unverified"' in record) == bool(rule.unverified)


# --- the page as HTML -------------------------------------------------------------------------------------------------


def test_the_page_is_balanced_and_every_link_inside_it_leads_somewhere(page: Page) -> None:
    assert page.open == []
    ids = page.all("id")
    assert len(ids) == len(set(ids)), [name for name, times in Counter(ids).items() if times > 1]
    for target in [href[1:] for href in page.all("href") if href.startswith("#")]:
        assert target in ids, f"#{target} leads nowhere"
    for names in page.all("aria-labelledby"):
        assert set(names.split()) <= set(ids)


def test_the_page_asks_no_host_for_anything(page: Page) -> None:
    asking = {"src", "srcset", "data", "poster", "action", "formaction", "background", "style", "xlink:href"}
    for tag, attributes in page.elements:
        assert tag not in {"script", "iframe", "object", "embed", "img", "form", "base", "video", "audio", "input"}
        assert not asking & set(attributes), f"<{tag}> asks for something"
        assert not [name for name in attributes if name.startswith("on")]
        href = attributes.get("href") or ""
        if tag == "a":
            assert href.startswith(("#", "https://", "http://"))
        elif href:
            assert href.startswith("#") or (tag, href) == ("link", "data:,")
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else(html: str) -> None:
    style = html.split("<style>")[1].split("</style>")[0]
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    said = next(found for tag, found in Page(html).elements if found.get("http-equiv") == "Content-Security-Policy")
    assert f"style-src 'sha256-{fingerprint}'" in str(said["content"])
    assert str(said["content"]).startswith("default-src 'none'")


def test_headings_do_not_skip_a_level_and_tables_have_captions_and_scopes(html: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", html)]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        assert table.count("<caption") == 1
        assert "<th>" not in table
        assert 'scope="col"' in table
        assert 'scope="row"' in table


def test_each_drawing_says_what_it_shows(html: str) -> None:
    drawings = re.findall(r'<svg class="drawing.*?</svg>', html, re.DOTALL)
    assert len(drawings) > 7
    for drawing in drawings:
        assert 'role="img"' in drawing
        assert re.search(r"<title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>", drawing)


def test_the_same_pathway_gives_the_same_page(pathway: Pathway, html: str, whole: list[Any], single: list[Any]) -> None:
    assert show_html(Pathway.of_meaning(pathway.meaning), whole, single) == html


def test_a_compiled_pathway_gives_the_same_page_as_its_text(pathway: Pathway) -> None:
    kept = Pathway.of_meaning(json.loads(canonical_json(pathway.meaning)))
    fresh = check_pathway()
    assert kept.digest == fresh.digest
    assert show_html(kept) == show_html(fresh)
    assert show_markdown(kept) == show_markdown(fresh)
    assert show_json(kept) == show_json(fresh)


# --- nothing but text comes from the document -------------------------------------------------------------------------

NAMES = {("rules", "section"), ("summary", "every_plan"), ("protocols", "with"), ("pathway", "id")}


def texts(meaning: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text that an author wrote for a reader: (place, text)."""
    found: list[tuple[str, str]] = []

    def note(place: str, text: str) -> str:
        found.append((place, text))
        return text

    rewritten(meaning, note)
    # Shown in other words, or as part of a number.
    reworded = {
        "facts.unit", "facts.group", "measures.unit", "home.direction", "home.goal", "protocols.suits",
        "protocols.evidence", "protocols.assumed",
    }  # fmt: skip
    yield from ((place, text) for place, text in found if text and place not in reworded)


def rewritten(meaning: Mapping[str, Any], change: Any) -> dict[str, Any]:
    """The meaning with every text for a reader changed; names, conditions and numbers as they are."""

    def row_of(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        keys = {**ENTRIES.get(table, {}), **(ENTRIES["derived"] if table == "facts" else {}), **SINGLE.get(table, {})}
        kinds = {key.lstrip("!"): kind for key, kind in keys.items()}
        result = dict(row)
        for key, value in row.items():
            place = f"{table}.{key}"
            if (table, key) in NAMES or key in ("id", "value", "default"):
                continue
            if kinds.get(key) == "text" and isinstance(value, str):
                result[key] = change(place, value)
            elif kinds.get(key) == "texts":
                result[key] = [change(place, text) for text in value]
            elif kinds.get(key) == "words":
                result[key] = {name: change(place, text) for name, text in value.items()}
        return result

    result: dict[str, Any] = {}
    for table, rows in meaning.items():
        if isinstance(rows, list):
            result[table] = [row_of(table, row) for row in rows]
        elif table in ("settings", "dispositions"):
            result[table] = {name: row_of(table, row) for name, row in rows.items()}
        else:
            result[table] = row_of(table, rows)
    return result


def shown_with(pathway: Pathway, mark: str) -> tuple[str, str]:
    marked = Pathway.of_meaning(rewritten(pathway.meaning, lambda _, text: text + mark))
    document = {"palpate": 1, "as_of": "2026-01-15", "facts": {"pain_now": 3}, "id": f"c{mark}"}
    said = {"name": f"A case {mark}", "source": f"S {mark}", "group": f"G {mark}"}
    case = SimpleNamespace(**said, document=document, expect={"disposition": "treat", "note": mark})
    whole = [(case, [f"differs {mark}"])]
    facts = {"saddle_numbness": True}
    single = [SimpleNamespace(rule="cauda_equina_saddle", truth="holds", said=f"Said {mark}", facts=facts)]
    return show_html(marked, whole, single), show_markdown(marked, whole, single)


def test_markup_in_the_document_becomes_text_and_no_new_element(pathway: Pathway) -> None:
    hostile, _ = shown_with(pathway, MARK)
    harmless, _ = shown_with(pathway, "x")
    page, other = Page(hostile), Page(harmless)
    assert page.open == []

    def shape(of: Page) -> list[tuple[str, list[str]]]:
        # A title is drawn on one line or two, according to its length; that is the one thing that may differ.
        return [(tag, sorted(found)) for tag, found in of.elements if tag != "text"]

    assert shape(page) == shape(other)
    assert "<script" not in hostile
    assert flat(MARK) in page.words


def test_an_address_that_is_none_becomes_no_link(pathway: Pathway) -> None:
    def change(place: str, text: str) -> str:
        return "javascript:alert(1)" if place == "sources.url" else text

    html = show_html(Pathway.of_meaning(rewritten(pathway.meaning, change)))
    assert "javascript:alert(1)" in html
    assert not [href for href in Page(html).all("href") if not href.startswith(("#", "data:,"))]


def test_a_version_cannot_break_out_of_the_style_sheet(pathway: Pathway) -> None:
    bad = '1"}</style><script>alert(1)</script>'
    about = {**pathway.meaning["pathway"], "version": bad}
    html = show_html(Pathway.of_meaning({**pathway.meaning, "pathway": about}))
    page = Page(html)
    assert html.count("</style>") == 1
    assert "script" not in {tag for tag, _ in page.elements}
    assert "\\22 \\7d \\3c \\2f style\\3e " in page.style


# --- Markdown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", ["", MARK, "\n# heading\n| a | b |\n---\n> quote\n"], ids=["as it is", "signs", "lines"]
)
def test_markdown_tables_are_well_formed(pathway: Pathway, plain: str, mark: str) -> None:
    text = shown_with(pathway, mark)[1] if mark else plain
    columns = 0
    for line in text.splitlines():
        row = line.strip()
        if not row.startswith("|"):
            columns = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", row)) - 1
        columns = columns or cells
        assert cells == columns, row
        assert row.endswith("|")


def test_markup_in_the_document_is_escaped_in_markdown(pathway: Pathway) -> None:
    _, text = shown_with(pathway, MARK)
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text.replace("\\`", ""))
    assert re.search(r"(?<!\\)<(?!https?://)", outside) is None
    assert re.search(r"(?<!\\)\[", outside) is None


def test_no_text_makes_a_heading_or_a_list_of_its_own(pathway: Pathway) -> None:
    _, text = shown_with(pathway, "\n\n# Not a heading\n\n- not an item\n")
    assert not re.search(r"^\s*# Not", text, re.MULTILINE)
    assert not re.search(r"^\s*- not an item", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b is leg_weakness", "a_b is leg_weakness"),
        ("_so_", "\\_so\\_"),
        ("2 * 3 | 4 < 5", "2 \\* 3 \\| 4 \\< 5"),
        ("one\n  two", "one two"),
        ("R&D &amp; co", "R&D \\&amp; co"),
    ],
)
def test_text_is_escaped_where_markdown_would_read_it(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_a_code_span_holds_its_own_backticks() -> None:
    assert code("a `b` c") == "``a `b` c``"
    assert code("`x") == "`` `x ``"


# --- review and json ----------------------------------------------------------------------------------------------


def test_a_review_that_is_past_is_said_so(pathway: Pathway) -> None:
    due = date.fromisoformat(pathway.meaning["pathway"]["review_by"])
    assert "The review is past" not in show_html(pathway)
    assert "The review is past" not in show_html(pathway, on=due)
    late = show_markdown(pathway, on=date(due.year + 1, due.month, due.day))
    assert re.search(r"The review is past: on [-\d]+ it was due for 36[56] days\.", late)


def test_a_review_date_that_is_none_is_said_so(pathway: Pathway) -> None:
    about = {**pathway.meaning["pathway"], "review_by": "soon"}
    assert "This is not a date" in show_html(Pathway.of_meaning({**pathway.meaning, "pathway": about}), on=date.today())


def test_json_is_the_whole_meaning_in_the_document_s_order(pathway: Pathway) -> None:
    text = show_json(pathway)
    assert json.loads(text) == pathway.meaning
    assert next(iter(json.loads(text))) == "pathway"
    assert list(json.loads(text)["rules"][0])[:3] == ["id", "section", "rows"]
    assert next(iter(json.loads(text)["dispositions"])) == "emergency"


def test_a_pathway_with_the_needed_tables_only_is_shown(pathway: Pathway) -> None:
    from palpate.pathway.schema import NEEDED

    meaning = {**pathway.meaning}
    for table in list(meaning):
        if table not in (*NEEDED, "settings", "sections"):
            if isinstance(meaning[table], list):
                meaning[table] = []
            else:
                del meaning[table]
    page = Page(show_html(Pathway.of_meaning(meaning)))
    assert page.open == []
    ids = page.all("id")
    assert [href for href in page.all("href") if href.startswith("#") and href[1:] not in ids] == []
