"""An installation of its own for a test: a data folder, and on PostgreSQL a database beside the one of the test run.

Commands and servers run in processes of their own, as in a practice. `seeded` holds a small practice with its record.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

PALPATE = str(Path(sys.executable).with_name("palpate"))
ROOT = Path(__file__).parents[1]
SEED = """
import django; django.setup()
from palpate.clinic import store
from palpate.clinic.acts import act, record_refusal
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Answer
from palpate.clinic import moment
from tests.clinic_world import make_world
store.prepare(lambda: None)
world = make_world()
actor = world.actor(world.therapist)
with act(actor, "decision", "seed", change=True) as deed:
    deed.concerns(world.person)
    decide_now(actor, world.episode, "intake", world.day)
with act(actor, "decision", "seed", change=True) as deed:
    deed.concerns(world.person)
    Answer(episode=world.episode, fact="fever_or_chills", state="answered", value=False, day=world.day,
           at=moment.now()).save()
    decide_now(actor, world.episode, "intake", world.day)
for number in range(20):
    record_refusal(actor, "notes", "seed", persons=[world.other])
"""


@dataclass
class Done:
    """What a process left."""

    code: int
    out: str
    err: str


@dataclass
class Installation:
    """A data folder with its settings. `url` is "" on SQLite."""

    data: Path
    url: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PALPATE_", "DATABASE_", "DJANGO_"))
        }
        found = {**kept, "PALPATE_DATA": str(self.data), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
        found["DJANGO_SETTINGS_MODULE"] = "palpate.web.settings"
        found["PYTHONUNBUFFERED"] = ""  # a line is written at once or not at all
        return {**found, **({"DATABASE_URL": self.url} if self.url else {}), **self.more}

    def palpate(self, *arguments: object) -> Done:
        """Runs a command on this installation."""
        return self._run([PALPATE, *map(str, arguments)])

    def python(self, code: str) -> Done:
        """Runs Python in this installation's settings; a failure fails the test."""
        done = self._run([sys.executable, "-c", code])
        assert done.code == 0, done.err
        return done

    def _run(self, command: list[str]) -> Done:
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)


def _database(url: str, template: str = "") -> str:
    """Makes a database on the server of the test run; returns its address."""
    import psycopg

    name = f"palpate_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        of = f' TEMPLATE "{_name_of(template)}"' if template else ""
        server.execute(f'CREATE DATABASE "{name}"{of}')  # type: ignore[call-overload]
    return _with_name(url, name)


def _with_name(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _drop(server_url: str, url: str) -> None:
    import psycopg

    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{_name_of(url)}" WITH (FORCE)')  # type: ignore[call-overload]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Installation]:
    """An installation that was never started."""
    yield from _made(tmp_path / "data")


def _made(data: Path, template: str = "") -> Iterator[Installation]:
    server = os.environ.get("DATABASE_URL", "")
    url = _database(server, template) if server else ""
    yield Installation(data, url)
    if url:
        _drop(server, url)


@pytest.fixture(scope="session")
def _seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    for made in _made(tmp_path_factory.mktemp("seed") / "data"):
        made.python(SEED)
        yield made


@pytest.fixture
def seeded(_seed: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A practice with two decisions and 23 rows in its trail; each test has its own."""
    shutil.copytree(_seed.data, tmp_path / "data")
    yield from _made(tmp_path / "data", _seed.url)
