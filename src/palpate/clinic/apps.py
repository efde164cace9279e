"""The clinic as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "palpate.clinic"
    label = "clinic"
    verbose_name = "Palpate clinic"

    def ready(self) -> None:
        from palpate.clinic import acts

        acts.guard_models(self)
