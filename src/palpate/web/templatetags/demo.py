"""The accounts of the made-up practice, for its sign-in page: a newcomer cannot know them otherwise."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()

SEES = {
    "owner": "owner, and a therapist herself",
    "therapist": "therapist: most of the made-up people are his",
    "colleague": "another therapist",
    "desk": "front desk: appointments, no health data",
    "auditor": "auditor: the audit trail",
}


@register.simple_tag
def demo_accounts() -> dict[str, Any]:
    """`{"password": text, "accounts": [{"name", "email", "sees"}]}`, the therapist first. For a demo practice only."""
    from palpate.clinic.demo.fill import PASSWORD, STAFF, email_of

    accounts = [{"name": name, "email": email_of(key), "sees": SEES[key]} for key, name, *_ in STAFF]
    accounts.sort(key=lambda account: account["email"] != email_of("therapist"))
    return {"password": PASSWORD, "accounts": accounts}
