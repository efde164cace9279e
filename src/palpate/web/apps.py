"""The pages as a Django application: it brings the templates and the static files."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "palpate.web"
    label = "web"
    verbose_name = "Palpate pages"

    def ready(self) -> None:
        from palpate.web import signing

        signing.listen()
