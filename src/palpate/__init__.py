"""Palpate: the care pathway of a back-massage practice, as a document that decides.

from palpate import load_pathway, decide
decision = decide(load_pathway(), episode)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from palpate.library import load_pathway
    from palpate.pathway.decision import Decision, decide
    from palpate.pathway.faults import Fault, Faults

__all__ = ["Decision", "Fault", "Faults", "decide", "load_pathway"]
__version__ = "0.1.0"

_HOMES = {
    "load_pathway": "palpate.library",
    "decide": "palpate.pathway.decision",
    "Decision": "palpate.pathway.decision",
    "Fault": "palpate.pathway.faults",
    "Faults": "palpate.pathway.faults",
}


def __getattr__(name: str) -> Any:  # so that `import palpate` loads nothing that is not used
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'palpate' has no attribute {name!r}")
