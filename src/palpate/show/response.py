"""The response rule: its numbers in sentences, and every combination of codes with the class that follows.

The combinations are worked out by the rule itself (`palpate.pathway.response`), so this page cannot differ from it.
"""

from __future__ import annotations

from fractions import Fraction

from palpate.pathway.condition import number
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import Numbers, combine
from palpate.show.blocks import Field, Fields, Line, Para, Part, Small, Table, Tables, Tag, bullets, joined, text
from palpate.show.rules import unverified
from palpate.show.words import label, source_link

CODES = (2, 1, 0, -2, None)
CODE_WORDS = {2: "2 full", 1: "1 partial", 0: "0 none", -2: "−2 worse", None: "– not known"}
FLAG_WORDS = {
    "mixed_review": "mixed: review",
    "global_only": "own view only",
    "single_domain": "one domain",
    "uncorroborated": "not supported",
    "no_domain": "no domain",
}
FLAG_TELLS = {
    "mixed_review": "One says better and another says worse: somebody looks at it again.",
    "global_only": "The class rests on the person's own view of the change alone.",
    "single_domain": "Only one of pain and activities is known, and nothing else.",
    "uncorroborated": "A full change in one, and nothing else that is known supports it.",
    "no_domain": "Neither pain nor activities can be told.",
}


def response(pathway: Pathway) -> Part:
    """Codes, combination table, timing, limits."""
    row = pathway.meaning["response"]
    numbers = pathway.numbers
    return Part(
        "response",
        "The response rule",
        (
            Para(("Has the person responded to massage by now? Pain, the person's own activities and the person's own "
                  "view of the change each get a code, and the codes together give one class. Points are on scales of "
                  "0 to 10. A value on a threshold has reached it; nothing is rounded before it is compared.",)),
            Para((row["because"],)),
            *unverified(row),
        ),
        (
            Part("response-codes", "The codes", (_codes(numbers),)),
            Part("response-classes", "The classes", (
                Para(("One table for each code of the own view. Words in brackets or beneath a class are flags.",)),
                _combinations(pathway),
                bullets(*((f"{FLAG_WORDS[flag]}: ", FLAG_TELLS[flag]) for flag in FLAG_WORDS),
                        f"A rise of pain by {_n(numbers.drift)} or more that is not yet worse is flagged as well."),
            )),
            Part("response-timing", "When, and what else is told", (_timing(numbers),)),
            Part("response-limits", "What a class does not mean", (
                bullets(*row["limits"]),
                Para(("Sources: ", *joined([source_link(name) for name in row["sources"]]))),
            )),
        ),
    )  # fmt: skip


def _n(value: Fraction) -> str:
    return number(float(value))


def _points(value: Fraction) -> str:
    return f"{_n(value)} point" + ("" if value == 1 else "s")


def _share(value: Fraction) -> str:
    return f"{_n(value * 100)} %"


def _codes(n: Numbers) -> Table:
    pain = {
        2: f"Fell by {_points(n.pain_full)} or more, and by {_share(n.pain_full_share)} or more of the baseline",
        1: f"Fell by {_points(n.pain_partial)} or more, and by {_share(n.pain_partial_share)} or more of the baseline",
        0: "Anything else",
        -2: f"Rose by {_points(n.pain_worse)} or more; or, from a baseline above {_n(n.pain_ceiling)}, rose by "
        f"{_points(n.edge_worse)} or more to 10",
        None: f"A rating is missing; or the baseline is under {_n(n.pain_floor)}, where only worse can be told",
    }
    activities = {
        2: f"Gained {_points(n.activities_full)} or more",
        1: f"Gained {_points(n.activities_partial)} or more",
        0: "Anything else",
        -2: f"Lost {_points(n.activities_worse)} or more; or, from under {_n(n.activities_floor)}, lost "
        f"{_points(n.edge_worse)} or more down to 0",
        None: f"Too few activities rated both times; or they began above {_n(n.activities_ceiling)}, where only worse "
        "can be told",
    }
    overall = {
        2: f"{n.global_full:+d} or more",
        1: "+1",
        0: "Between these",
        -2: f"−{abs(n.global_worse)} or less",
        None: "Not asked",
    }
    rows = tuple(((CODE_WORDS[code],), (pain[code],), (activities[code],), (overall[code],)) for code in CODES)
    heads = ("Code", "Pain (high is bad)", "Own activities (high is good)", "Own view of the change, −3 to +3")
    return Table("response-codes-table", "How each code comes about", heads, rows, True, (), (15, 30, 35, 20))


def _combinations(pathway: Pathway) -> Tables:
    words = pathway.vocabulary["response"].values if "response" in pathway.vocabulary else {}
    tables = []
    for overall in CODES:
        rows: list[tuple[Line, ...]] = []
        for pain in CODES:
            cells: list[Line] = [(f"Pain {CODE_WORDS[pain]}",)]
            for activities in CODES:
                kind, flags = combine(pain, activities, overall)
                said: Line = (Tag(f"class-{kind}", words.get(kind, label(kind))),)
                if flags:
                    said = (*said, " ", Small(", ".join(FLAG_WORDS.get(flag, label(flag)) for flag in flags)))
                cells.append(said)
            rows.append(tuple(cells))
        heads = ("", *(f"Activities {CODE_WORDS[code]}" for code in CODES))
        name = f"response-{'unknown' if overall is None else f'code-{overall}'.replace('--', '-minus-')}"
        tables.append(Table(name, f"Own view of the change: {CODE_WORDS[overall]}", heads, tuple(rows)))
    return Tables(tuple(tables))


def _timing(n: Numbers) -> Fields:
    rows = [
        ("First check", f"At the earliest {n.first_days} days after session 1."),
        ("End check", f"{n.end_days[0]} to {n.end_days[1]} days after the last session."),
        (
            "Baseline",
            f"The mean of the rating at booking, {n.booking_days[0]} to {n.booking_days[1]} days before session 1, and "
            "that of session 1 before touch; or session 1 alone. It stands for the whole course.",
        ),
        (
            "Recovered",
            f"Pain {_n(n.recovered_pain)} at the check, and own activities, where rated, {_n(n.recovered_activities)} "
            "or more.",
        ),
        (
            "Stalled",
            f"Partly at the check and partly again one session later, with less than {_points(n.stalled_pain)} of pain "
            f"and less than {_points(n.stalled_activities)} of own activities gained since: that counts as not "
            "responded.",
        ),
    ]
    return Fields(tuple(Field(name, text(said)) for name, said in rows))
