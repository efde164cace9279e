"""The sections of the report: a sentence, a drawing, the numbers of it as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from palpate.population.report import words
from palpate.population.report.outcomes import Group, groups_of, whole_of
from palpate.population.report.plots import Bar, bars
from palpate.population.report.tally import FINDINGS, Tally
from palpate.population.report.words import counted, number, percent
from palpate.show.markup import Markup, element, together

MOST_BARS = 15
MOST_ROWS = 20  # a longer table is folded
LONG = 40  # characters; a longer cell is a sentence, and gets room


def sections_of(tally: Tally, rows: int, at_fault: int) -> list[tuple[str, str, Markup]]:
    """(anchor, title, content) of every section, in order.

    Takes  rows: of the input; at_fault: how many of them were not decided.
    """
    decided = rows - at_fault
    return [
        ("rows", "What was read", _rows(rows, at_fault)),
        ("decisions", "Decisions", _decisions(tally, decided)),
        ("rules", "Rules, by how often they hold", _rules(tally, decided)),
        ("unknown", "What is unknown", _unknown(tally)),
        ("wait", "From the onset of pain to the first session", _wait(tally)),
        ("given", "Sessions given against planned", _given(tally)),
        ("response", "Response, over all who started", _response(tally)),
        ("care", "Too much and too little care", _care(tally)),
        ("caveats", "What these numbers do not show", _caveats()),
    ]


def _rows(rows: int, at_fault: int) -> Markup:
    table = _table(
        "What was read",
        ("What", "Decisions"),
        [("Rows of the input", number(rows)), ("Decided", number(rows - at_fault)), ("At fault", number(at_fault))],
    )
    said = _p(
        "Every number here counts decisions: one for each row or document. Who stands in the input twice counts twice."
    )
    if not at_fault:
        return together(said, table)
    more = _p(
        "Rows at fault were not decided. Each stands in ", _code("faults.parquet"), " with what is wrong with it."
    )
    return together(said, table, more)


def _decisions(tally: Tally, decided: int) -> Markup:
    found = tally.under("decision")
    totals = {word: sum(n for key, n in found.items() if key[1] == word) for word in words.DISPOSITIONS}
    drawn = [Bar(words.DISPOSITIONS[word], n, counted(n, decided)) for word, n in totals.items() if n]
    by_moment = []
    for word, said in words.DISPOSITIONS.items():
        for urgency in (*words.URGENCIES, ""):
            each = [found.get((moment, word, urgency), 0) for moment in words.MOMENTS]
            if sum(each):
                name = f"{said}, {words.URGENCIES[urgency]}" if urgency else said
                by_moment.append((name, *map(number, each), number(sum(each)), percent(sum(each), decided)))
    return together(
        _p("The most serious first, as it would have been shown to the therapist."),
        bars(drawn, _described("Decisions", drawn)),
        _table("Decisions by moment", ("Decision", *words.MOMENTS.values(), "All", "Share"), by_moment),
    )


def _rules(tally: Tally, decided: int) -> Markup:
    hits = [(rule, tally["rule", rule.id]) for rule in tally.pathway.rules]
    hits = sorted(((rule, n) for rule, n in hits if n), key=lambda pair: -pair[1])
    if not hits:
        return _p("No rule holds for anybody.")
    that_count = [(rule, n) for rule, n in hits if rule.disposition != "none"][:MOST_BARS]
    drawn = [Bar(rule.id, n, counted(n, decided)) for rule, n in that_count]
    rows = [
        (_code(rule.id), words.LEADS_TO[rule.disposition], number(n), percent(n, decided), rule.because)
        for rule, n in hits
    ]
    silent = [rule.id for rule in tally.pathway.rules if not tally["rule", rule.id]]
    return together(
        _p(
            "A rule counts where it holds and no clearance lifts it, also where a more serious one decided. Rules "
            "that are a note only stand in the table."
        ),
        bars(drawn, _described("Rules that hold most often", drawn)),
        _table("All rules that hold", ("Rule", "Leads to", "Decisions", "Share", "Why"), rows),
        _p(f"{len(silent)} of {len(tally.pathway.rules)} rules hold for nobody."),
    )


def _unknown(tally: Tally) -> Markup:
    facts = tally.pathway.vocabulary.facts
    rows = [(name, tally["asked", name], tally["unknown", name], tally["unsure", name]) for name in facts]
    rows = sorted((row for row in rows if row[2] or row[3]), key=lambda row: -(row[2] + row[3]) / max(row[1], 1))
    if not rows:
        return _p("Every question that must be answered has an answer.")
    drawn = [
        Bar(name, (unknown + unsure) / whole, counted(unknown + unsure, whole))
        for name, whole, unknown, unsure in rows[:MOST_BARS]
    ]
    table = [
        (_code(name), facts[name].question, number(whole), number(unknown), number(unsure),
         percent(unknown + unsure, whole))
        for name, whole, unknown, unsure in rows
    ]  # fmt: skip
    heads = ("Fact", "Question", "To be asked", "Not asked", "Cannot say", "Without an answer")
    return together(
        _p("Questions that a decision to treat waits for, where they apply. Not asked is never no."),
        bars(drawn, _described("Questions most often without an answer, as shares", drawn)),
        _table("Questions without an answer", heads, table),
    )  # fmt: skip


def _wait(tally: Tally) -> Markup:
    started = tally["started",]
    found = {key[0]: n for key, n in tally.under("wait").items()}
    if not started:
        return _nobody_started()
    drawn = [Bar(said, found.get(key, 0), counted(found.get(key, 0), started)) for key, said in words.WAITS.items()]
    rows = [(bar.words, number(int(bar.length)), percent(int(bar.length), started)) for bar in drawn]
    return together(
        _p(f"Of {number(started)} decisions about somebody whose course has begun."),
        bars(drawn, _described("Time from onset to the first session", drawn)),
        _table("Time from onset to the first session", ("Time", "Decisions", "Share"), rows),
    )


def _given(tally: Tally) -> Markup:
    pairs: dict[int, dict[int, int]] = {}
    for (plan, done), n in tally.under("given").items():
        pairs.setdefault(int(plan), {})[int(done)] = n
    if not pairs:
        return _nobody_started()
    rows, drawn = [], []
    for planned in sorted(pairs):
        of = pairs[planned]
        started, given = sum(of.values()), sum(count * n for count, n in of.items())
        full = sum(n for count, n in of.items() if planned and count >= planned)
        name = f"{planned} sessions planned" if planned else "Number planned not known"
        mean = f"{given / started:.1f}" if started >= words.LEAST else "–"
        rows.append((name, number(started), number(given), mean, number(full), percent(full, started)))
        drawn.append(Bar(f"{name}: all given", full, counted(full, started)))
        short = started - full
        drawn.append(Bar(f"{name}: fewer so far", short, counted(short, started)))
    heads = ("Plan", "Started", "Sessions given", "Mean given", "All given", "Share")
    return together(
        _p("Courses that are still under way are among those with fewer: what is given so far is not what will be."),
        bars(drawn, _described("Sessions given against planned", drawn)),
        _table("Sessions given against planned", heads, rows),
    )


def _response(tally: Tally) -> Markup:
    groups = groups_of(tally)
    if not groups:
        few = tally["started",]
        said = f"Fewer than {words.LEAST} courses have begun: too few to show what became of them."
        return _p(said) if few else _nobody_started()
    whole = whole_of(groups)
    ways = [Bar(f"{name}", part / of if of else 0, counted(part, of)) for name, part, of in whole.ways]
    rows = [(name, number(part), number(of), percent(part, of)) for name, part, of in whole.ways]
    drawn = [Bar(said, whole.classes[kind], counted(whole.classes[kind], whole.started))
             for kind, said in words.CLASSES.items()]  # fmt: skip
    return together(
        _p(f"{number(whole.started)} started; {number(whole.missing)} of them have no class, among them "
           f"{number(whole.classes['no_check'])} who have not come to a check. The truth lies between the last two "
           "ways of counting."),
        bars(ways, _described("Share of those who responded, counted three ways", ways)),
        _table("Responded, counted three ways", ("Counted", "Responded", "Of", "Share"), rows),
        bars(drawn, _described("All who started, by class", drawn)),
        _table("By protocol", ("Protocol", "Started", *words.CLASSES.values(), "Measured only", "At least", "At most"),
               [_by_protocol(group) for group in (*groups, whole)] if len(groups) > 1 else [_by_protocol(whole)]),
        _p("At least: the missing as not responded. At most: the missing as responded. Protocols with fewer than "
           f"{words.LEAST} people are put together with others."),
    )  # fmt: skip


def _by_protocol(group: Group) -> tuple[str, ...]:
    each = [number(group.classes[kind]) for kind in words.CLASSES]
    return (group.name, number(group.started), *each, *(percent(part, of) for _, part, of in group.ways))


def _care(tally: Tally) -> Markup:
    drawn = [Bar(one.title, n, number(n)) for one in FINDINGS for n in [tally["care", one.name]]]
    rows = [
        (one.title, number(tally["care", one.name]), number(tally["care_sessions", one.name]), one.rule,
         _code(one.name))
        for one in FINDINGS
    ]  # fmt: skip
    line = (
        'python -c "import pyarrow.parquet as p; '
        "print(*p.read_table('care.parquet', filters=[('finding', '=', '{}')])['id'], sep='\\n')\""
    )
    return together(
        _p("Findings to look into, not verdicts: there may be a good reason that the input does not tell. Sessions are "
           "those after the check in the first line, else all that were given."),
        bars(drawn, _described("Findings", drawn)),
        _table("Findings of care", ("Finding", "Decisions", "Sessions", "Rule", "Name in care.parquet"), rows),
        _p("The ids of each finding stand in ", _code("care.parquet"), ", in this folder. To list those of one:"),
        element("pre", {"tabindex": 0}, element("code", None, line.format(FINDINGS[0].name))),
    )  # fmt: skip


def _caveats() -> Markup:
    return element(
        "ul", None, *(element("li", None, element("strong", None, head), " " + said) for head, said in words.CAVEATS)
    )


# --- pieces ---------------------------------------------------------------------------------------------------------


def _nobody_started() -> Markup:
    return _p("The input says of nobody that a course has begun: it has no sessions, or no columns that tell of them.")


def _described(what: str, drawn: Sequence[Bar]) -> str:
    return f"{what}. " + "; ".join(f"{bar.words}: {bar.told}" for bar in drawn) + "."


def _p(*parts: str) -> Markup:
    return element("p", None, *parts)


def _code(text: str) -> Markup:
    return element("code", None, text)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table that scrolls by itself on a narrow screen; the first column names the row."""
    head = element("tr", None, *(element("th", {"scope": "col"}, name) for name in heads))
    body = [element("tr", None, element("th", {"scope": "row"}, row[0]), *map(_cell, row[1:])) for row in rows]
    table = element(
        "table", None, element("caption", None, caption), element("thead", None, head), element("tbody", None, *body)
    )
    wide = element("div", {"class": "wide", "tabindex": 0, "role": "region", "aria-label": caption}, table)
    if len(rows) <= MOST_ROWS:
        return wide
    return element("details", None, element("summary", None, f"{caption}: {len(rows)} rows"), wide)


def _cell(text: str) -> Markup:
    return element("td", {"class": "long" if len(text) > LONG else None}, text)
