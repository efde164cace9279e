"""Who works here, and the counts that slow down guessing."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from palpate.clinic.models.base import Row


class UserManager(BaseUserManager["User"]):
    """Makes users. There is no default account and no superuser: the first owner is made at the first start (S-02)."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).casefold(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of the staff. Patients and referrers have no account: they come by link."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        THERAPIST = "therapist", "Therapist"
        DESK = "desk", "Front desk"
        AUDITOR = "auditor", "Auditor"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=120, blank=True, help_text="Professional title and licence, as on letters.")
    role = models.CharField(max_length=12, choices=Role.choices)
    treats = models.BooleanField(default=False, help_text="An owner who also treats people.")
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)  # raised to end every session of this user (S-04)
    theme = models.CharField(max_length=8, blank=True)
    created = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    @property
    def roles(self) -> frozenset[str]:
        """The roles this user acts in: an owner who treats is a therapist too."""
        return frozenset({self.role, "therapist"} if self.treats and self.role == "owner" else {self.role})

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match, by the newest key or an older one, so that a new key signs nobody out (S-41).

        A new password, role or epoch ends every session at its next request.
        """
        from django.utils.crypto import salted_hmac

        told = f"{self.password}|{self.role}|{self.treats}|{self.session_epoch}"
        return salted_hmac("palpate.session", told, secret=secret, algorithm="sha256").hexdigest()

    def __str__(self) -> str:
        return self.name


class AccountLink(Row):
    """A one-time link with which a member of the staff sets a password (S-07): only the hash of its secret is kept."""

    class Purpose(models.TextChoices):
        INVITE = "invite", "Invitation"
        RESET = "reset", "New password"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="account_links")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField()
    until = models.DateTimeField()
    spent = models.DateTimeField(null=True)  # used, or replaced by a newer one
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")


class Throttle(Row):
    """How often something was tried in a window of time: `key` is a keyed hash, so that no name stands in it."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)
