"""What a page that only reads needs several times is read once.

The memory lives as long as one such request, in its own thread, and nothing is carried from one request to the next.
Whatever is saved meanwhile empties it. A request that changes things has no such memory: it reads what stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

Found = TypeVar("Found")
_kept: ContextVar[dict[Any, Any] | None] = ContextVar("palpate_once", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Within it, `once` remembers."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(name: Any, read: Callable[[], Found]) -> Found:
    """What `read` gives; within `reading_once` it is called once for each name."""
    kept = _kept.get()
    if kept is None:
        return read()
    if name not in kept:
        kept[name] = read()
    return cast("Found", kept[name])


def forget() -> None:
    """Empties the memory, since something changes."""
    kept = _kept.get()
    if kept:
        kept.clear()
