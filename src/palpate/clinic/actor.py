"""Who is acting: a member of the staff, a clinician or a person with a link, a program with a key, or the program."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

OWNER, THERAPIST, DESK, AUDITOR = "owner", "therapist", "desk", "auditor"
STAFF = frozenset({OWNER, THERAPIST, DESK, AUDITOR})
REFERRER, PROGRAM, PERSON = "referrer", "program", "person"  # by a link, by a key, by a link to their own telephone


@dataclass(frozen=True)
class Actor:
    """The one in whose name something is read or changed.

    id       what the audit trail says: a user's id, "link:<id>", "key:<prefix>", "program" or "nobody"
    roles    the roles they act in; an owner who treats acts as owner and as therapist
    user_id  the user, where there is one
    name     for letters and signatures; never for the trail
    scopes   what a key may do, as "resource:verb"; empty for people
    """

    id: str
    roles: frozenset[str]
    user_id: uuid.UUID | None = None
    name: str = ""
    address: str = ""
    request: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)

    def is_any(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


NOBODY = Actor("nobody", frozenset())


def the_program(doing: str) -> Actor:
    """The actor of a command at the command line, such as a restore."""
    return Actor("program", frozenset({PROGRAM}), name=doing)
