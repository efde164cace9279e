"""What is sent to people: queued with the deed that it tells of, sent by the worker, and called about where it fails.

    queue("invitation", person, episode=episode)
    booked(appointment); moved(appointment, before); cancelled(appointment); session_given(session)

All of these are called inside an act: the row of the outbox is written in the same transaction, or not at all (S-60).
"""

from __future__ import annotations

from palpate.clinic.messages.outbox import booked, cancelled, moved, queue, session_given, withdraw
from palpate.clinic.messages.words import REASONS

__all__ = ["REASONS", "booked", "cancelled", "moved", "queue", "session_given", "withdraw"]
