"""The main places of the clinic, by role."""

from __future__ import annotations

from dataclasses import dataclass

from palpate.clinic.actor import AUDITOR, DESK, OWNER, THERAPIST


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    roles: tuple[str, ...]


NAVIGATION = (
    Entry("Today", "/", (OWNER, THERAPIST, DESK, AUDITOR)),
    Entry("Book", "/book/", (OWNER, THERAPIST, DESK, AUDITOR)),
    Entry("People", "/people/", (OWNER, THERAPIST, DESK, AUDITOR)),
    Entry("Calls", "/calls/", (OWNER, DESK)),
    Entry("Wishes", "/wishes/", (OWNER, DESK)),
    Entry("Referrals", "/referrals/", (OWNER, THERAPIST)),
    Entry("Notes", "/notes/", (THERAPIST,)),
    Entry("Adverse events", "/adverse/", (OWNER, THERAPIST, AUDITOR)),
    Entry("Outcomes", "/outcomes/", (OWNER, THERAPIST, AUDITOR)),
    Entry("Settings", "/settings/", (OWNER, THERAPIST, DESK, AUDITOR)),
)
