"""What the commands of the clinic share: its packages are there, its settings are sound, its store can be reached.

Django is imported here, inside the functions, and nowhere that `palpate decide` comes by.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (
    "django",
    "allauth",
    "argon2",
    "cryptography",
    "csp",
    "django_htmx",
    "gunicorn",
    "psycopg",
    "typst",
    "whitenoise",
)


def say(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"palpate: {text}\n")


def open_installation(data: str | None, *, demo: bool = False, new: bool = False) -> int:
    """Reads the settings and starts Django on them. What is wrong has then been said.

    Takes  data: the data folder, instead of PALPATE_DATA
           demo: the made-up practice, in a folder of its own unless `data` names one
           new: a folder that does not exist yet may be made
    Returns  0, or the exit code.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        say(f"the clinic's packages are not installed ({', '.join(missing)}); make setup installs them")
        return 1
    from palpate.web.config import BadConfig, default_data, demo_data, read_config

    if data is not None:
        os.environ["PALPATE_DATA"] = data
    elif demo and not os.environ.get("PALPATE_DATA"):
        os.environ["PALPATE_DATA"] = str(demo_data(os.environ))
    os.environ["PALPATE_DEMO"] = "1" if demo else ""
    os.umask(0o077)  # whatever is made from here on is for the eyes of this account only
    folder = Path(os.environ.get("PALPATE_DATA") or default_data(os.environ))
    if not new and not (folder / "secrets.json").exists():
        say(f"there is no installation in {folder}; name its folder with --data")
        return 2
    try:
        read_config()
    except BadConfig as wrong:
        for line in wrong.lines:
            say(line)
        return 2
    os.environ["DJANGO_SETTINGS_MODULE"] = "palpate.web.settings"
    import django

    django.setup()
    return 0


class Counter:
    """Shows on a terminal how far long work has come, and nothing in a pipe."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.last = 0.0

    def __call__(self, what: str, done: int) -> None:
        if self.shown and time.monotonic() - self.last > 0.2:
            self.last = time.monotonic()
            sys.stderr.write(f"\r\x1b[K{done} {what}")
            sys.stderr.flush()

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
