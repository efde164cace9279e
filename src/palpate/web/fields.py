"""The fields that each form may send (S-10). One that is not listed is refused by its name, and nothing is saved.

A page would not read a strange field, but who sent it would think that it was. Forms whose fields are the pathway's own
questions look for strange names themselves: they know what was asked.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.routes import ClinicRequest, Route

MARKS = frozenset({"csrfmiddlewaretoken", "_form", "_person", "_version"})  # of every form
ASKED = "(asked)"  # the view compares the names with the questions that it asked
_SIGN_IN = "next"  # where django-allauth leads afterwards

_PERSON = "given_name family_name birth_date phone email address emergency_contact doctor language contact_by"
_BOOKING = "service outside therapist room minutes day time which slot look from to"
_ANSWER = "outcome covers name profession day valid_until limits"
_ACTIVITIES = "activity_1 activity_2 activity_3"
_RATED = "rating_1 rating_2 rating_3"
_SCORES = "pain_nrs sleep_nrs mood_nrs"
_EVENT = "what severity began action outcome settled proposal"
_USER = "name email title role treats"
_START = "code practice country emergency_number place time_zone name title email treats password1 password2"

# By the name of the route. A name that ends with * stands for all that begin so.
FIELDS: Mapping[str, str] = {
    "account_login": f"login password remember {_SIGN_IN}",
    "mfa_authenticate": f"code credential {_SIGN_IN}",
    "mfa_login_webauthn": f"credential {_SIGN_IN}",
    "account_logout": _SIGN_IN,
    "account_reset_password": "email",
    "account-new-password": "code password1 password2",
    "account_theme": f"theme {_SIGN_IN}",
    "account_reauthenticate": f"password {_SIGN_IN}",
    "mfa_reauthenticate": f"code {_SIGN_IN}",
    "mfa_reauthenticate_webauthn": f"credential {_SIGN_IN}",
    "account_change_password": "oldpassword password1 password2",
    "account-factor": "needed",
    "mfa_activate_totp": "code",
    "mfa_deactivate_totp": "",
    "mfa_add_webauthn": "name credential passwordless",
    "mfa_remove_webauthn": "",
    "mfa_generate_recovery_codes": "",
    "start": _START,
    "appointment-state": "arrived no_show booked therapist",
    "appointment-new": f"person episode {_BOOKING}",
    "appointment": f"state by person episode {_BOOKING}",
    "book-move": "appointment to",
    "book-times": "appointment keep",
    "course-book": "chosen why held service therapist from days earliest latest",
    "course-cancel": "appointment",
    "course-follow": "chosen",
    "waiting": "waiting offer answer",
    "waiting-new": "therapist minutes since until days earliest latest",
    "waiting-fits": "waiting",
    "service-new": "name minutes turnover price active",
    "service": "name minutes turnover price active",
    "hours": "since day_* room_*",
    "hours-services": "services",
    "hours-exception": "day kind begins ends gone",
    "closed-days": "day name site gone",
    "book-rules": "cancel_hours cancel_fee no_show_fee currency",
    "receipt-new": "items amount_* how referred_by code",
    "receipt": "why",
    "package-new": "service sessions price how",
    "package": "how",
    "package-take": "session",
    "money-rules": "registration tax_number tax_name tax_rate tax_note code_label refund_rule",
    "people-search": "q purpose sort page",
    "person-new": f"{_PERSON} therapist different",
    "person-edit": _PERSON,
    "person-team": "therapist",
    "person-team-leave": "therapist",
    "person-merge": "double double_version sure",
    "person-unmerge": "",
    "import": "file text same alike digest",
    "episode-new": "complaint ago unit onset",
    "episode-close": "why more",
    "episode-reopen": "why",
    "uploads": "title file",
    "consent-sign": "step areas alone language shown guardian relation agrees therapist signature_*",
    "consent-withdraw": "consent why",
    "intake-map": "map map_region pass",
    "intake-ratings": f"pain_nrs sleep_nrs mood_nrs {_ACTIVITIES} rating_1 rating_2 rating_3 pass",
    "intake-screen": ASKED,
    "intake-decide": "",
    "decision-again": "",
    "decision-overrule": "does reason",
    "handover": "called_by called_at done",
    "referral-new": "to remark agreed",
    "letter-change": "to remark",
    "letter-handed": "how",
    "letter-close": "why",
    "letter-answer": _ANSWER,
    "letter-link": "",
    "letter-link-pdf": "secret",
    "letter-link-revoke": "",
    "clearance-new": _ANSWER,
    "clearance-take-back": "why",
    "link": "secret",
    "link-who": "birth_date",
    "link-letter": _ANSWER,
    "phone": "secret language",
    "phone-born": "birth_date",
    "phone-language": "language",
    "phone-leave": "",
    "phone-intake": f"step shown none pass later map map_region {_SCORES} {_ACTIVITIES} {_RATED} signature_* q_*",
    "phone-intake-back": "again",
    "phone-check-in": f"pain_nrs sleep_nrs global_change {_ACTIVITIES} after new q_*",
    "phone-after": "soreness_nrs after new q_*",
    "phone-tick": "item",
    "phone-ask": "visit what",
    "phone-links": "purpose appointment",
    "phone-link-end": "link",
    "phone-told": "sent",
    "phone-countersign": "alone therapist",
    "wishes": "wish",
    "plan": "goals protocol parts home exception who_* often_*",
    "plan-tick": "done",
    "session-start": "",
    "note": "do none_why s o a p text why",
    "check-ratings": ASKED,
    "check-screen": ASKED,
    "check-muscle": "spasm_response",
    "check-decide": "",
    "check-change": "what",
    "check-letter": "treatment to agreed",
    "discharge": ASKED,
    "follow-up": ASKED,
    "adverse-new": _EVENT,
    "adverse-event": _EVENT,
    "practice-change": "name address phone email country emergency_number place time_zone idle_minutes",
    "room-new": "name site active",
    "room": "name site active",
    "site-new": "name address",
    "site": "name address",
    "pathway-propose": ASKED,
    "pathway-confirm": "",
    "pathway-withdraw": "why",
    "key-new": "name scopes days",
    "key-revoke": "",
    "user-new": _USER,
    "user-change": _USER,
    "user-active": "active",
    "user-end-sessions": "",
    "user-reset-factor": "",
    "user-link": "",
    "glass-open": "reason",
    "glass-sign-off": "",
    "notices-read": "",
    "message-again": "",
    "message-send": "purpose appointment",
    "call-visit": "outcome",
    "call-message": "outcome",
    "message-settings": ASKED,
    "message-text": "subject text",
    "message-text-shipped": "",
    "feed-new": "name",
    "feed-end": "",
    "trail-save": "since until category actor person",
    "export-all": "",
    "export-file": "",
    "export-fhir": "",
    "export-record": "",
    "who-looked-file": "",
    "person-erase": "sure",
    "record-destroy": "sure",
    "record-back": "",
}
# Forms that change a row which several people may change: they say which version of it they were made from (S-56).
VERSIONED = frozenset(
    {
        "person-edit", "person-merge", "person-unmerge", "episode-close", "episode-reopen", "intake-map",
        "intake-ratings", "intake-screen", "intake-decide", "letter-change", "letter-handed", "letter-close",
        "plan", "note", "check-ratings", "check-screen", "check-muscle", "check-change", "discharge",
        "follow-up", "adverse-event", "practice-change", "room", "site", "user-change", "user-active",
        "message-settings", "message-text", "message-text-shipped", "package", "money-rules",
    }
)  # fmt: skip
OF_ONE = ("person", "stranger")  # ids of a path that name a person
_PART = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)


def only_listed(route: Route, request: ClinicRequest) -> None:
    """Errors: BadInput for a form with a field that the route does not list, with the name of the field."""
    if request.content_type == "application/json":
        return
    listed = FIELDS[route.name]
    if listed == ASKED:
        return
    names = listed.split()
    starts = tuple(name[:-1] for name in names if name.endswith("*"))
    for sent in (*request.POST, *request.FILES):
        if sent in MARKS or sent in names:
            continue
        if starts and sent.startswith(starts) and _PART.fullmatch(sent):
            continue
        raise _strange(sent)


def same_person(route: Route, request: ClinicRequest, rows: Mapping[str, Any], persons: Iterable[uuid.UUID]) -> None:
    """A form that was made on one person's page is not taken for another (S-69).

    Takes   rows: what the ids of the path name; persons: all whom these rows concern.
    Errors  BadInput for a form to a person's address that does not say on whose page it was made; Conflict where that
            page was another person's. Where JSON is taken, it has a place of its own for the person: its views look.
    """
    if route.json:
        return
    marked = request.POST.get("_person", "")
    named = [str(rows[name].pk) for name in OF_ONE if name in rows]
    if named and not marked:
        raise BadInput("This form does not say on whose page it was made. Nothing was saved. Open the page again.")
    if marked and (named or persons) and marked not in (named or [str(person) for person in persons]):
        raise Conflict("This form belongs to another person's page. Nothing was saved. Open the page again.")


def with_version(route: Route, request: ClinicRequest) -> None:
    """Errors: BadInput for a form that changes a row and does not say which version it was made from (S-56)."""
    told = request.POST.get("_version", "")
    if route.name in VERSIONED and not (told.isascii() and told.isdigit() and len(told) < 10):
        raise BadInput("This form does not say which version it was made from. Nothing was saved. Open the page again.")


def only_of(request: ClinicRequest, form: forms.Form) -> None:
    """Errors: BadInput for a field that this form does not have, with its name; for forms whose fields vary."""
    for sent in (*request.POST, *request.FILES):
        if sent not in MARKS and sent not in form.fields:
            raise _strange(sent)


def _strange(sent: str) -> BadInput:
    told = "".join(letter for letter in sent[:60] if letter.isprintable())
    return BadInput(f"This form has a field that does not belong to it: {told}. Nothing was saved.", told)
