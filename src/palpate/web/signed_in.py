"""Who is signed in, read by two queries that are put together once: every page asks them.

What is asked is what Django and django-allauth ask; only the way there is shorter (see `palpate.clinic.access.ready`).
"""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as StoredSession

from palpate.clinic.access import users as rows
from palpate.clinic.models import User
from palpate.clinic.moment import now


class SessionStore(StoredSession):
    """Sessions in the store."""

    def _get_session_from_db(self) -> Any:
        found = rows.session_row(str(self.session_key), now())
        if found is None:
            self._session_key = None
        return found


class Backend(AuthenticationBackend):  # type: ignore[misc]  # django-allauth has no types
    """Signs in by address and password, as django-allauth does."""

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, if they may still sign in."""
        user = rows.signed_in(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
