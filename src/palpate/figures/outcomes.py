"""The outcome bars: what became of all who started, by protocol or by therapist.

Always over all who started, so that those who were not measured stand in the bar and not outside it. A group of a few
people is named and not shown: a share of three means nothing, and may point at somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from palpate.figures.shapes import Drawing, Key, Part, Path, Table, hatch, label, line, n, rect, wide

WIDTH, LEFT, RIGHT, TOP, ROW, BAR, SIZE = 340.0, 2.0, 338.0, 8.0, 62.0, 28.0, 14.0
# (class, words, pattern), from the best to what is not known.
CLASSES = (
    ("responded", "responded", "rising"),
    ("partly", "partly", "falling"),
    ("not_responded", "not responded", "plain"),
    ("worse", "worse", "crossed"),
    ("not_measured", "not measured", "dotted"),
)


@dataclass(frozen=True)
class Outcome:
    """How many people of a group came to which class; together they are all who started."""

    words: str
    responded: int = 0
    partly: int = 0
    not_responded: int = 0
    worse: int = 0
    not_measured: int = 0

    @property
    def started(self) -> int:
        return self.responded + self.partly + self.not_responded + self.worse + self.not_measured

    def count(self, kind: str) -> int:
        """How many came to this class of `CLASSES`."""
        return int(getattr(self, kind))


def outcome_bars(name: str, title: str, groups: Sequence[Outcome], least: int = 5) -> Drawing:
    """A bar for each group, all of the same length, parted by class.

    Takes    least: a group with fewer people is shown as "fewer than ...", with no number of its own.
    """
    parts: list[Part] = []
    for at, group in enumerate(groups):
        y = TOP + ROW * at
        if group.started < least:
            parts.append(label(LEFT, y + SIZE, group.words, "start", "row-word"))
            parts.append(rect(LEFT, y + 19, RIGHT - LEFT, BAR, "few"))
            words = _few(least)
            parts.append(label((LEFT + RIGHT) / 2, y + 19 + BAR / 2 + 4, words, "middle", "few-word"))
        else:
            parts.append(label(LEFT, y + SIZE, group.words, "start", "row-word"))
            parts.append(label(RIGHT, y + SIZE, f"{group.started} started", "end", "count-word"))
            parts += _bar(group, y + 19)
    height = TOP + ROW * len(groups) + 22
    if groups:
        parts += _axis(height - 22)
    keys = [
        Key(
            (rect(1, 1, 22, 14, f"share share-{kind}"), Path(hatch(1, 1, 22, 14, pattern, 5), f"hatch hatch-{kind}")),
            words,
        )
        for kind, words, pattern in CLASSES
    ]
    return Drawing(
        name,
        title,
        _describe(groups, least),
        n(WIDTH),
        n(height),
        tuple(parts),
        _table(title, groups, least),
        tuple(keys) if groups else (),
    )


def shares(counts: Sequence[int]) -> tuple[int, ...]:
    """Whole percentages that add up to 100 (largest remainders), so that a row of the table can be checked by eye."""
    total = sum(counts)
    if not total:
        return tuple(0 for _ in counts)
    whole = [100 * count // total for count in counts]
    order = sorted(range(len(counts)), key=lambda at: (-(100 * counts[at] % total), at))
    for at in order[: 100 - sum(whole)]:
        whole[at] += 1
    return tuple(whole)


def _bar(group: Outcome, y: float) -> list[Part]:
    parts: list[Part] = []
    x = LEFT
    for kind, words, pattern in CLASSES:
        count = group.count(kind)
        if not count:
            continue
        width = (RIGHT - LEFT) * count / group.started
        parts.append(rect(x, y, width, BAR, f"share share-{kind}"))
        strokes = hatch(x, y, width, BAR, pattern, 7)
        parts += [Path(strokes, f"hatch hatch-{kind}")] if strokes else []
        inside = f"{count} {words}"
        if width < wide(inside, SIZE) + 8:
            inside = str(count)
        if width >= wide(inside, SIZE) + 4:
            parts.append(label(x + width / 2, y + BAR / 2 + 4, inside, "middle", "halo share-word"))
        x += width
    return parts


def _axis(y: float) -> list[Part]:
    parts: list[Part] = [line(LEFT, y, RIGHT, y, "axis")]
    for share in (0, 25, 50, 75, 100):
        x = LEFT + (RIGHT - LEFT) * share / 100
        parts.append(line(x, y, x, y + 4, "axis"))
        words = f"{share} %"
        half = wide(words, SIZE) / 2
        parts.append(label(min(max(x, half), WIDTH - half), y + 17, words, "middle", "tick-word"))
    return parts


def _few(least: int) -> str:
    return f"fewer than {least} people"


def _describe(groups: Sequence[Outcome], least: int) -> str:
    if not groups:
        return "Nobody has started a course in this period."
    sentences = []
    for group in groups:
        if group.started < least:
            sentences.append(f"{group.words}: {_few(least)}.")
            continue
        counts = [f"{group.count(kind)} {words}" for kind, words, _ in CLASSES]
        sentences.append(f"{group.words}: of {group.started} who started, {', '.join(counts)}.")
    return " ".join(sentences)


def _table(title: str, groups: Sequence[Outcome], least: int) -> Table:
    rows = []
    for group in groups:
        if group.started < least:
            rows.append((group.words, _few(least), *("–" for _ in CLASSES)))
            continue
        counts = [group.count(kind) for kind, _, _ in CLASSES]
        cells = [f"{count} ({share} %)" for count, share in zip(counts, shares(counts), strict=True)]
        rows.append((group.words, str(group.started), *cells))
    return Table(
        f"{title}, over all who started", ("Group", "Started", *(words for _, words, _ in CLASSES)), tuple(rows)
    )
