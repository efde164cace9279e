"""The one place where queries begin. Nothing else calls a model's manager (a house test holds it).

Every query on people starts at `visible_to(actor, scope)`. What another may see and what does not exist give the same
answer: `NotVisible`.
"""

from __future__ import annotations

from palpate.clinic.access.people import may_write, person_of, visible_to

__all__ = ["may_write", "person_of", "visible_to"]
