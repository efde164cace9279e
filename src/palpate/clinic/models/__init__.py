"""The tables of the clinic, one file for each part of the work.

Only `palpate.clinic.access` may call the managers of these models (a house test holds it), so that no query on people
can forget whose they are.
"""

from __future__ import annotations

from palpate.clinic.models.care import (
    AdverseEvent,
    Amendment,
    Answer,
    Appointment,
    BodyDrawing,
    Consent,
    Episode,
    Measure,
    Note,
    PlanItem,
    PlanTick,
    Session,
    Touch,
)
from palpate.clinic.models.decisions import Clearance, Decision, Override
from palpate.clinic.models.papers import Letter, ReferralLink, Upload
from palpate.clinic.models.people import BreakGlass, CareTeam, Merge, Person
from palpate.clinic.models.practice import ApiKey, PathwayCopy, Practice, PublishedPathway, Room, Site
from palpate.clinic.models.trail import AuditHead, AuditRow, FormKey, Notice
from palpate.clinic.models.users import AccountLink, Throttle, User

__all__ = [
    "AccountLink",
    "AdverseEvent",
    "Amendment",
    "Answer",
    "ApiKey",
    "Appointment",
    "AuditHead",
    "AuditRow",
    "BodyDrawing",
    "BreakGlass",
    "CareTeam",
    "Clearance",
    "Consent",
    "Decision",
    "Episode",
    "FormKey",
    "Letter",
    "Measure",
    "Merge",
    "Note",
    "Notice",
    "Override",
    "PathwayCopy",
    "Person",
    "PlanItem",
    "PlanTick",
    "Practice",
    "PublishedPathway",
    "ReferralLink",
    "Room",
    "Session",
    "Site",
    "Throttle",
    "Touch",
    "Upload",
    "User",
]
