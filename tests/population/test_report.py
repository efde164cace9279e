"""The report: its numbers are those of the people, its caveats stand in it, and nothing in it can run or call out."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from palpate.library import load_pathway
from palpate.library.cases import case_folder, whole_document
from palpate.pathway.pathway import Pathway
from palpate.population.batch import decide_rows
from palpate.population.report import FINDINGS, Tally, write_report
from palpate.population.report.outcomes import Group, groups_of, together, whole_of
from palpate.population.report.plots import Bar, bars
from palpate.population.report.words import CAVEATS, CLASSES, LEAST, counted, percent
from palpate.population.sample.block import draw_block
from palpate.population.sample.rows import rows_of, schema_of

PATHWAY = load_pathway()
HEALTHY = {"moment": "review", "pain_site": "neck", "age_years": 40, "pain_duration_days": 200}
WELL = whole_document(case_folder("back_massage"), "well_intake", {"moment": "intake"})["facts"]  # all is answered


def counted_up(people: list[dict[str, Any]], pathway: Pathway = PATHWAY, protocol: str | None = None) -> Tally:
    """The tally of a few people, each a row of the contract's section 5."""
    rows = [{"id": f"p{at}", **HEALTHY, **person} for at, person in enumerate(people)]
    tally = Tally(pathway)
    batch = pa.RecordBatch.from_pylist(rows, schema=schema_of(pathway))
    decided, known = decide_rows(pathway, batch)
    assert decided["fault"].null_count == len(rows)
    if protocol is not None:
        known.course["protocol"] = [list(pathway.protocols).index(protocol)] * len(rows)
    tally.care = tally.add(known, decided).to_pylist()  # type: ignore[attr-defined]
    return tally


@pytest.fixture(scope="module")
def tally() -> Tally:
    """Of 1,500 people of the sample, counted in three parts."""
    whole = Tally(PATHWAY)
    batch = rows_of(draw_block(PATHWAY, 11, 0), 1_500)
    for at in range(0, 1_500, 500):
        part = Tally(PATHWAY)
        decided, known = decide_rows(PATHWAY, batch.slice(at, 500))
        part.add(known, decided)
        whole.merge(Tally.of_json(PATHWAY, part.to_json()))
    return whole


@pytest.fixture(scope="module")
def page(tally: Tally, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = write_report(tmp_path_factory.mktemp("report"), tally, source="some.parquet", rows=1_503, at_fault=3)
    return file.read_text(encoding="utf-8")


def test_parts_counted_apart_add_up_to_the_whole(tally: Tally) -> None:
    batch = rows_of(draw_block(PATHWAY, 11, 0), 1_500)
    decided, known = decide_rows(PATHWAY, batch)
    once = Tally(PATHWAY)
    once.add(known, decided)
    assert +once.counts == +tally.counts


def test_decisions_and_rules_are_counted_as_they_were_made(tally: Tally) -> None:
    decided, _ = decide_rows(PATHWAY, rows_of(draw_block(PATHWAY, 11, 0), 1_500))
    rows = decided.to_pylist()
    found = Counter((row["disposition"], row["urgency"] or "") for row in rows)
    for (disposition, urgency), count in found.items():
        assert sum(n for key, n in tally.under("decision").items() if key[1:] == (disposition, urgency)) == count
    assert tally.under("rule") == {(rule,): n for rule, n in Counter(r for row in rows for r in row["rules"]).items()}


def test_unknown_unsure_and_not_to_be_asked_are_three_things() -> None:
    tally = counted_up([{}, {"fever_or_chills": False}, {"unsure": ["fever_or_chills"]}, {"moment": "session"}])
    assert [tally[what, "fever_or_chills"] for what in ("asked", "unknown", "unsure")] == [4, 2, 1]
    assert tally["asked", "sedation_today"] == 1, "what is found at a session is to be asked there only"
    idle = counted_up([{"pregnancy_status": "not_pregnant"}, {"pregnancy_status": "low_risk"}, {}])
    assert [idle[what, "pregnancy_weeks"] for what in ("asked", "unknown")] == [2, 2]


def test_the_wait_is_from_onset_to_the_first_session() -> None:
    people = [
        {"sessions_completed": 1, "pain_duration_days": 50, "days_since_first_session": 9},
        {"sessions_completed": 1, "pain_duration_days": 50, "days_since_first_session": 8},
        {"sessions_completed": 1},
        {"sessions_completed": 0, "pain_duration_days": 3},
    ]
    tally = counted_up(people)
    assert +Counter(tally.under("wait")) == {("42",): 1, ("85",): 1, ("unknown",): 1}
    assert tally["started",] == 3


# --- findings of care -----------------------------------------------------------------------------------------------

CHECKED = {"pain_baseline": 6, "activities_baseline": 4.0, "activities_at_check": 4.0, "global_change": 0}


@pytest.mark.parametrize(
    ("person", "finding"),
    [
        ({"sessions_completed": 3, **CHECKED, "pain_at_check": 6}, ("sessions_after_stop", 1)),
        ({"sessions_completed": 2, **CHECKED, "pain_at_check": 6}, None),
        ({"sessions_completed": 3, **CHECKED, "pain_at_check": 2, "activities_at_check": 8}, None),
        ({"sessions_completed": 4}, ("stopped_unmeasured", 4)),
        ({"sessions_completed": 4, **CHECKED, "pain_at_check": 2}, None),
        ({"sessions_completed": 1, "anticoagulant_use": "anticoagulant"}, ("referral_unanswered", 1)),
        ({"sessions_completed": 1, "anticoagulant_use": "anticoagulant", "cleared": ["anticoagulant"]}, None),
        ({"sessions_completed": 0, "anticoagulant_use": "anticoagulant"}, None),
    ],
)
def test_each_finding_is_found_where_its_rule_says_and_nowhere_else(
    person: dict[str, Any], finding: tuple[str, int] | None
) -> None:
    tally = counted_up([{**WELL, **HEALTHY, **person}])
    found = [(row["finding"], row["sessions"]) for row in tally.care]  # type: ignore[attr-defined]
    assert found == ([finding] if finding else [])
    assert {name for (name,), n in tally.under("care").items() if n} == {name for name, _ in found}


def test_massage_in_acute_low_back_pain_without_an_examination_is_found() -> None:
    acute = {"sessions_completed": 1, "pain_site": "low_back", "pain_duration_days": 20}
    tally = counted_up([acute, {**acute, "cleared": ["acute_low_back_pain"]}, {**acute, "sessions_completed": 0}])
    found = [row["id"] for row in tally.care if row["finding"] == "acute_unexamined"]  # type: ignore[attr-defined]
    assert found == ["p0"]


# --- outcomes -------------------------------------------------------------------------------------------------------


def test_everybody_who_started_is_counted_and_the_missing_both_ways() -> None:
    better = {"sessions_completed": 2, **CHECKED, "pain_at_check": 1, "activities_at_check": 8, "global_change": 3}
    people = [better] * 3 + [{"sessions_completed": 2, **CHECKED, "pain_at_check": 6}] * 2
    people += [{"sessions_completed": 2}] * 4 + [{"sessions_completed": 1}] * 1 + [{"sessions_completed": 0}] * 7
    (group,) = groups_of(counted_up(people))
    assert group.started == 10
    assert group.ways == (
        ("Of those measured only", 3, 5),
        ("Of all who started, the missing as not responded", 3, 10),
        ("Of all who started, the missing as responded", 8, 10),
    )


def test_groups_go_by_protocol_where_the_input_tells_it() -> None:
    (group,) = groups_of(counted_up([{"sessions_completed": 2}] * 5, protocol="weekly_6"))
    assert group.name == PATHWAY.protocols["weekly_6"].title


def group(name: str, started: int) -> Group:
    return Group(name, {**dict.fromkeys(CLASSES, 0), "responded": started})


@pytest.mark.parametrize("sizes", [[], [3], [2, 2], [4, 20], [4, 5, 30], [1, 1, 1, 9], [5, 5], [4, 4, 90]])
def test_no_group_is_small_and_none_follows_by_subtraction(sizes: list[int]) -> None:
    shown = together([group(f"g{at}", size) for at, size in enumerate(sizes)])
    assert all(one.started >= LEAST for one in shown)
    if sum(sizes) >= LEAST:
        assert whole_of(shown).started == sum(sizes)
    else:
        assert shown == []


def test_of_too_few_there_is_no_share() -> None:
    assert percent(1, LEAST - 1) == "–"
    assert counted(2, 4) == "2"
    assert counted(2, 5) == "2 (40 %)"
    assert percent(1, 1_000) == "under 1 %"
    assert percent(999, 1_000) == "over 99 %"


# --- the page -------------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """Every element and attribute of a page, with its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_data(self, text: str) -> None:
        self.said += text


def test_the_page_has_every_section_a_drawing_and_a_table_for_it_and_the_caveats(page: str) -> None:
    read = Elements(page)
    for part in (
        "Decisions",
        "Rules",
        "unknown",
        "From the onset",
        "Sessions given",
        "Response",
        "Too much",
        "do not show",
    ):
        assert part in read.said
    assert all(head in read.said for head, _ in CAVEATS)
    assert "Menezes Costa 2012" in read.said
    assert all(one.title in read.said and one.name in read.said for one in FINDINGS)
    assert read.tags["table"] >= read.tags["svg"] >= 7
    described = [value for tag, name, value in read.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(described) == read.tags["svg"]
    assert all(len(text) > 20 for text in described)
    assert "1\u202f500" in read.said
    assert "faults.parquet" in read.said


def test_only_words_that_are_too_long_for_a_drawing_are_cut_off() -> None:
    words = "Of all who started, the missing as not responded"
    drawn = bars([Bar("m" * 60, 1, "1"), Bar(words, 2, "2")], "two bars")
    assert f">{words}</text>" in drawn
    assert drawn.count("m…</text>") == drawn.count("…") == 1


def test_the_same_counts_give_the_same_bytes(tally: Tally, page: str, tmp_path: Path) -> None:
    again = Tally.of_json(PATHWAY, tally.to_json())
    assert write_report(tmp_path, again, source="some.parquet", rows=1_503, at_fault=3).read_text("utf-8") == page


def test_s31_the_page_runs_nothing_and_calls_nobody(page: str) -> None:
    read = Elements(page)
    assert not {"script", "iframe", "object", "img", "form", "base"} & set(read.tags)
    assert not [row for row in read.attributes if row[1].startswith("on") or row[1] == "style"]
    links = [value for _, name, value in read.attributes if name in ("href", "src", "xlink:href", "action")]
    assert all(value.startswith("#") or value == "data:," for value in links)
    assert any("default-src 'none'" in value for _, name, value in read.attributes if name == "content")
    assert not re.search(r"url\(|@import", page)


def test_s31_what_a_name_or_a_pathway_holds_is_text_on_the_page(tally: Tally, page: str, tmp_path: Path) -> None:
    attack = "</svg></style><script>x()</script><b onclick=x()>\"'&"
    meaning = {**PATHWAY.meaning, "protocols": [{**row, "title": attack} for row in PATHWAY.meaning["protocols"]]}
    meaning["rules"] = [{**row, "because": attack} for row in meaning["rules"]]
    meaning["facts"] = [{**row, "question": attack} for row in meaning["facts"]]
    hostile = Tally.of_json(Pathway.of_meaning(meaning), tally.to_json())
    hostile.counts["response", "weekly_6", "responded"] += 9
    file = write_report(tmp_path, hostile, source=attack, rows=1_500, at_fault=0)
    read, usual = Elements(file.read_text("utf-8")), Elements(page)
    assert set(read.tags) == set(usual.tags)
    assert {(tag, name) for tag, name, _ in read.attributes} == {(tag, name) for tag, name, _ in usual.attributes}
    assert attack in read.said


def test_an_audit_of_nobody_says_so_and_shows_no_share(tmp_path: Path) -> None:
    read = Elements(write_report(tmp_path, Tally(PATHWAY), source="empty", rows=0, at_fault=0).read_text("utf-8"))
    assert "No rule holds for anybody" in read.said
    assert "says of nobody that a course has begun" in read.said
    assert " %" not in read.said.replace("100 %", "").split("What these numbers")[0].split("Decisions", 2)[-1]
