"""A limit on the memory of this process while a population is read (S-27).

What a compressed file unpacks to is not known before, and its own footer may lie. So the system is asked to refuse more
than was granted; Arrow and NumPy then raise MemoryError, and the process goes on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Of glibc's mallopt: from which size memory is taken from the system, and given back, by itself; how much that is free
# is kept. The first is the largest that it allows.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = (-3, 32 << 20), (-1, 512 << 20)


def keep_freed() -> None:
    """Lets this process, and those that come from it, keep what was freed for the next batch.

    Memory that is given back and taken again costs more than many a column. Without effect where the system is another.
    """
    with suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            mallopt(option, value)


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
