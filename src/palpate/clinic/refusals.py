"""Why an act is not done. The doors turn these into pages, problem JSON or exit codes; the wording is for people."""

from __future__ import annotations


class Refused(Exception):
    """An act that is not done, with a sentence for people. Nothing of it is stored."""

    status = 400

    def __init__(self, message: str = "", **about: object) -> None:
        super().__init__(message)
        self.message = message
        self.about = about


class NotVisible(Refused):
    """Absent, or another's: the answer is the same (S-09)."""

    status = 404


class Forbidden(Refused):
    """Seen, but not to be changed this way."""

    status = 403


class Conflict(Refused):
    """The row has changed since it was read, or the form belongs to another person (S-56, S-69)."""

    status = 409


class BadInput(Refused):
    """A value outside what is allowed; `field` names it."""

    status = 422

    def __init__(self, message: str, field: str = "", **about: object) -> None:
        super().__init__(message, **about)
        self.field = field
