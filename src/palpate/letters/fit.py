"""How a document is made to fit its pages: smaller type first, then less text, and it says so.

What safety rests on (why, what was found, what is unknown) is shortened last and least; what stands beside it
(measures, techniques, background) goes first. What is left out is named as "continued in the record".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from palpate.letters.words import printable

Entry = TypeVar("Entry")
IN_THE_RECORD = "continued in the record"
SMALLEST = 8.5  # points; below it print is hard to read
COMFORTABLE = 9.5  # a second page is better than type smaller than this


@dataclass(frozen=True)
class Step:
    """One try: the size of the type in points, how many pages it may take, and how much may stand there (None: all).

    `text` and `items` bound what safety rests on, in characters and entries; the `aside_` ones the rest.
    """

    size: float
    pages: int
    text: int | None = None
    items: int | None = None
    aside_text: int | None = None
    aside_items: int | None = None


# text, items, aside text, aside items: the rest is cut to little before safety is touched.
_CUTS: tuple[tuple[int | None, int | None, int, int], ...] = (
    (None, None, 400, 8),
    (None, None, 200, 5),
    (None, None, 100, 3),
    (600, 10, 100, 2),
    (400, 8, 80, 2),
    (250, 6, 80, 2),
    (160, 5, 60, 1),
    (120, 4, 40, 1),
    (90, 3, 30, 1),
)


def groups(size: float, pages: int, most_pages: int) -> Iterator[list[Step]]:
    """The tries in groups; in each, a step takes less room than the one before it.

    First smaller type on `pages`, down to what is comfortable; then on `most_pages` smaller type, and then less text.
    """
    if pages < most_pages:
        yield [Step(each, pages) for each in _sizes(size, COMFORTABLE)]
    yield [Step(each, most_pages) for each in _sizes(size, SMALLEST)] + [
        Step(SMALLEST, most_pages, *cut) for cut in _CUTS
    ]


def _sizes(first: float, last: float) -> Iterator[float]:
    """From the first down to the last, by half points."""
    return (first - half / 2 for half in range(int((first - last) * 2) + 1))


class Cutter:
    """Cuts by one step, and remembers whether it had to (`cut`)."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.cut = False

    def text(self, said: str) -> str:
        """What safety rests on, shortened only when all else has been."""
        return self._short(said, self.step.text)

    def aside(self, said: str) -> str:
        """What stands beside it."""
        return self._short(said, self.step.aside_text)

    def short(self, said: str) -> str:
        """The label or the value of a pair that safety rests on: a third of what a sentence may have."""
        return self._short(said, None if self.step.text is None else max(self.step.text // 3, 30), "…")

    def aside_short(self, said: str) -> str:
        return self._short(said, self.step.aside_text, "…")

    def items(self, entries: Sequence[Entry], rest: Callable[[str], Entry]) -> list[Entry]:
        """The first entries; `rest` makes the entry that says how many are left out."""
        return self._first(entries, self.step.items, rest)

    def aside_items(self, entries: Sequence[Entry], rest: Callable[[str], Entry]) -> list[Entry]:
        return self._first(entries, self.step.aside_items, rest)

    def _short(self, said: str, most: int | None, mark: str = f"… ({IN_THE_RECORD})") -> str:
        clean = printable(said)
        if most is None or len(clean) <= most:
            return clean
        self.cut = True
        # At the last space, unless that would lose much of what may stand.
        head = clean[:most]
        at = head.rfind(" ")
        return f"{head[: at if at > most * 2 // 3 else most].rstrip()} {mark}"

    def _first(self, entries: Sequence[Entry], most: int | None, rest: Callable[[str], Entry]) -> list[Entry]:
        if most is None or len(entries) <= most:
            return list(entries)
        self.cut = True
        return [*entries[:most], rest(f"and {len(entries) - most} more: {IN_THE_RECORD}")]
