"""The clinic's own settings on a folder that lives as long as the test run. Nothing of the machine's own installation
reaches a test; DATABASE_URL does, and names the PostgreSQL server that `tests/on_postgresql.py` has started."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from tests.memory import place

for name in [name for name in os.environ if name.startswith("PALPATE_") and name != "PALPATE_HYPOTHESIS"]:
    del os.environ[name]
os.environ["PALPATE_DATA"] = tempfile.mkdtemp(prefix="palpate-tests-", dir=place())
atexit.register(shutil.rmtree, os.environ["PALPATE_DATA"], ignore_errors=True)

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402

from palpate.web.settings import *  # noqa: E402, F403
from palpate.web.settings import STORAGES as SHIPPED_STORAGES  # noqa: E402

# A hash costs a tenth of a second and 100 MB on purpose; here it stays Argon2id and costs next to nothing. That an
# installation hashes at full cost has its own test, which asks a process that does not know these settings.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1

# Tests ask for the files themselves; that they can be collected, compressed and fingerprinted has its own test.
STORAGES = {**SHIPPED_STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
os.makedirs(STATIC_ROOT, exist_ok=True)  # noqa: F405  # whitenoise warns when it is missing
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# A file, not memory: a server in a thread of its own shares it as processes share the real one.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["PALPATE_DATA"], "tests.sqlite3")}  # noqa: F405
