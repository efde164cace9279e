"""A pathway that could end in "treat" for a person about whom nothing is known is refused when it is loaded."""

from __future__ import annotations

from datetime import date

from palpate.pathway.decision import decide
from palpate.pathway.episode import MOMENTS, Episode, Session
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway

_DAY = date(2026, 1, 15)


def never_treats_the_unknown(pathway: Pathway, place: str) -> None:
    """Errors: Faults at `place`, one per moment at which an empty document would be treated."""
    faults = []
    for moment in MOMENTS:
        for sessions in ((), (Session(date(2026, 1, 5)),)):
            decision = decide(pathway, Episode(as_of=_DAY, facts={}, moment=moment, sessions=sessions))
            if decision.disposition.startswith("treat"):
                given = "after a session" if sessions else "before any session"
                text = f"with nothing known, moment {moment} {given} ends in {decision.disposition}"
                faults.append(Fault("treats-the-unknown", place, text))
    if faults:
        raise Faults(faults)
