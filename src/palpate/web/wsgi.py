"""The application as a WSGI server calls it."""

from __future__ import annotations

import gc
import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palpate.web.settings")
application = get_wsgi_application()


# What a therapist opens between two people: read before the first of them is asked for.
FIRST_PAGES = (
    "base.html",
    "way.html",
    "day/day.html",
    "session/door.html",
    "session/session.html",
    "decision/page.html",
)


def _set_aside() -> None:
    """Takes what lives as long as the process out of the sight of the garbage collector.

    The pathway alone is some hundred thousand objects. Looking through them again and again took a third of the
    processor time of a page.
    """
    from palpate.clinic.deciding import pathway_with

    with suppress(Exception):  # a pathway that cannot be read is told by each page that needs it (S-64)
        pathway_with("back_massage")
    for name in FIRST_PAGES:
        get_template(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


_set_aside()
