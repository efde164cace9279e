"""A limit on the memory of this process while a population is read (S-27).

What a compressed file unpacks to is not known before, and its own footer may lie. So the system is asked to refuse more
than was granted; Arrow and NumPy then raise MemoryError, and the process goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def at_most(extra: int) -> Iterator[None]:
    """Lets the process hold `extra` bytes more than it does now. Without effect where the system has no such limit.

    Arrow must have been loaded with its plain memory pool: the others set address space aside, which would count.
    """
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            held = int(file.read().split()[5]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(ValueError, OSError):  # a lower limit stands already
        resource.setrlimit(resource.RLIMIT_DATA, (held + extra, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
