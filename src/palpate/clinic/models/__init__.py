"""The tables of the clinic, one file for each part of the work.

Only `palpate.clinic.access` may call the managers of these models (a house test holds it), so that no query on people
can forget whose they are.
"""

from __future__ import annotations

from palpate.clinic.models.booking import (
    BookRules,
    Gives,
    HeldSession,
    Holiday,
    HoursException,
    Offer,
    Service,
    TherapistHours,
    Waiting,
)
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
from palpate.clinic.models.messages import CalendarFeed, Call, Job, Message, MessageSettings, MessageText
from palpate.clinic.models.money import HowPaid, MoneyRules, Package, PackageUse, Receipt, ReceiptLine, RefundRule
from palpate.clinic.models.papers import Letter, ReferralLink, Upload
from palpate.clinic.models.people import BreakGlass, CareTeam, Merge, Person
from palpate.clinic.models.phone import PhoneLink, PhoneSeen, PhoneSent, Wish
from palpate.clinic.models.practice import ApiKey, PathwayCopy, Practice, PublishedPathway, Room, Site
from palpate.clinic.models.privacy import Erasure
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
    "BookRules",
    "BreakGlass",
    "CalendarFeed",
    "Call",
    "CareTeam",
    "Clearance",
    "Consent",
    "Decision",
    "Episode",
    "Erasure",
    "FormKey",
    "Gives",
    "HeldSession",
    "Holiday",
    "HoursException",
    "HowPaid",
    "Job",
    "Letter",
    "Measure",
    "Merge",
    "Message",
    "MessageSettings",
    "MessageText",
    "MoneyRules",
    "Note",
    "Notice",
    "Offer",
    "Override",
    "Package",
    "PackageUse",
    "PathwayCopy",
    "Person",
    "PhoneLink",
    "PhoneSeen",
    "PhoneSent",
    "PlanItem",
    "PlanTick",
    "Practice",
    "PublishedPathway",
    "Receipt",
    "ReceiptLine",
    "ReferralLink",
    "RefundRule",
    "Room",
    "Service",
    "Session",
    "Site",
    "TherapistHours",
    "Throttle",
    "Touch",
    "Upload",
    "User",
    "Waiting",
    "Wish",
]
