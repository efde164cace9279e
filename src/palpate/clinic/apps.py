"""The clinic as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "palpate.clinic"
    label = "clinic"
    verbose_name = "Palpate clinic"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from palpate.clinic import acts, sealed
        from palpate.clinic.booking import constraint

        acts.guard_models(self)
        post_migrate.connect(sealed.after_migrate, sender=self, dispatch_uid="sealed")
        post_migrate.connect(constraint.after_migrate, sender=self, dispatch_uid="booked-once")
