"""The demo practice: made-up people in every state of care, so that every page has something to show (`--demo`).

Everything in it is done by the same deeds as in a real practice, with the clock held at the days of its past. So its
decisions, notes and audit trail are real ones. Nobody in it exists.
"""

from __future__ import annotations

from palpate.clinic.demo.fill import PASSWORD, STAFF, fill, filled_on

__all__ = ["PASSWORD", "STAFF", "fill", "filled_on"]
