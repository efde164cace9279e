"""`palpate serve` as people and programs meet it: a real server in a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from django.test import Client

from palpate.clinic.acts import upkeep
from palpate.clinic.demo.fill import PASSWORD, PAST, email_of
from palpate.clinic.models import Practice, User
from palpate.clinic.moment import now
from palpate.web.serving import _fill_demo
from tests.clinic_world import World
from tests.installation import PALPATE, ROOT, Installation


@contextmanager
def serving(installation: Installation, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server and its address; ended by SIGTERM, which must leave exit code 0."""
    with subprocess.Popen(
        [PALPATE, "serve", "--port", "0", *options], env=installation.environment, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as server:  # fmt: skip
        assert server.stdout
        assert server.stderr
        try:
            address = server.stdout.readline().strip()
            assert address, server.stderr.read()
            yield server, address
        finally:
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate()
        assert server.returncode == 0, err
        assert out == ""
        assert "Traceback" not in err


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Message
    body: bytes


def ask(address: str, path: str = "/", **headers: str) -> Answer:
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        told = connection.getresponse()
        return Answer(told.status, told.headers, told.read())


def workers(server: subprocess.Popen[str]) -> list[int]:
    told = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in told.split()]


def memory(pids: list[int]) -> int:
    """The highest memory that these processes have had, in kB, added up."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                total += int(line.split()[1])
    return total


def test_the_first_line_is_the_address_and_it_answers_and_a_term_signal_ends_it_cleanly(empty: Installation) -> None:
    with serving(empty) as (server, address):
        assert address.startswith("http://localhost:")
        answer = ask(address, "/start/")
        assert answer.status in (200, 302, 303)
        assert answer.headers["Server"] in (None, "gunicorn")  # no version
        assert len(workers(server)) == 2
        second = empty.palpate("serve", "--port", "0")
        assert second.code == 1
        assert "another palpate is at work" in second.err
    for name in ("secrets.json", "palpate.sqlite3", "setup-code"):
        file = empty.data / name
        assert not file.exists() or file.stat().st_mode & 0o077 == 0
    assert not (empty.data / "setup-code").exists()  # nobody else can reach it


def test_s21_a_streamed_body_without_length_and_one_that_is_too_large_stay_out_of_memory(seeded: Installation) -> None:
    with serving(seeded) as (server, address):
        parts = urlsplit(address)
        assert ask(address, "/account/sign-in/").status == 200
        # what comes in chunks and is small enough is taken like any other; what ends too early is not
        chunks = b"4\r\nlogi\r\n3\r\nn=a\r\n0\r\n\r\n"
        for sent, status in ((chunks, b"403"), (b"zz\r\n", b"400")) * 4:  # 403: read, but no token of a form
            with socket.create_connection((parts.hostname, parts.port), timeout=60) as caller:
                caller.sendall(b"POST /account/sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n")
                caller.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + sent)
                assert caller.recv(64).split()[1] == status, sent
        before = memory(workers(server))
        for head in (b"Transfer-Encoding: chunked", b"Content-Length: 209715200", b"Content-Length: 2000000"):
            with socket.create_connection((parts.hostname, parts.port), timeout=60) as caller:
                caller.sendall(b"POST /account/sign-in/ HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
                chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n" if b"chunked" in head else b"x" * 0x10000
                if b"chunked" in head:
                    for _ in range(17):  # one more than is allowed here
                        caller.sendall(chunk)
                status = caller.recv(64)
                assert status.split()[1] == b"413", status
                try:
                    for _ in range(800):  # 50 MiB, which nobody reads
                        caller.sendall(chunk)
                except OSError:
                    pass
        # there is no room either for a chunk that says it is enormous
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as caller:
            caller.sendall(b"POST /account/sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            caller.sendall(b"40000000\r\n")
            caller.sendall(b"x" * ((1 << 20) + 0x10000))
            assert caller.recv(64).split()[1] == b"413"
        assert memory(workers(server)) - before < 16_000  # kB
        # what is no request at all is answered in our words, with our headers, and without what was sent
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as caller:
            caller.sendall(b"GET /<b>Marker</b> HTTP/9.9\r\nHost: localhost\r\n\r\n")
            answer = caller.recv(4096)
            assert answer.startswith(b"HTTP/1.1 4")
            assert b"Marker" not in answer
            assert b"nosniff" in answer


def test_static_files_are_fingerprinted_compressed_and_kept(seeded: Installation) -> None:
    with serving(seeded) as (_, address):
        page = ask(address, "/account/sign-in/").body.decode()
        files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        assert files
        for file in files:
            answer = ask(address, file, accept_encoding="gzip")
            assert answer.status == 200
            assert re.search(r"\.[0-9a-f]{12}\.\w+$", file)
            assert "immutable" in (answer.headers["Cache-Control"] or "")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Encoding"] == "gzip" or len(answer.body) < 1500


def test_another_host_than_this_machine_needs_an_https_address(empty: Installation) -> None:
    done = empty.palpate("serve", "--host", "0.0.0.0", "--port", "0")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "PALPATE_SITE" in done.err
    assert empty.palpate("serve", "--port", "70000").code == 2


def test_behind_a_proxy_the_first_start_asks_for_a_code_that_only_the_console_has(empty: Installation) -> None:
    empty.more |= {"PALPATE_SITE": "https://clinic.example", "PALPATE_PROXIES": "1"}
    code = "import django; django.setup()\nfrom palpate.web import serving\nprint(serving.make_ready(False)[-1])"
    said = empty.python(code).out.strip()
    file = empty.data / "setup-code"
    assert said == f"code for the first start: {file.read_text()}"
    assert len(file.read_text()) >= 20
    assert file.stat().st_mode & 0o777 == 0o600
    assert empty.python(code).out.strip() == said


def test_s02_made_up_and_real_people_never_share_a_store(seeded: Installation) -> None:
    done = seeded.palpate("serve", "--demo", "--port", "0", "--data", str(seeded.data))
    assert (done.code, done.out) == (2, "")
    assert "real practice" in done.err
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\n"
        "from palpate.clinic.acts import upkeep\n"
        "with upkeep(): connection.cursor().execute("
        f"'UPDATE clinic_practice SET demo = {'true' if seeded.url else '1'}')"
    )
    done = seeded.palpate("serve", "--port", "0")
    assert (done.code, done.out) == (2, "")
    assert "--demo" in done.err


def signed_in_page(address: str, email: str, password: str) -> str:
    """Signs in as a browser does, with the form of the page; returns the page that comes next."""
    browser = build_opener(HTTPCookieProcessor())
    form = browser.open(f"{address}account/sign-in/").read().decode()
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form))
    told = urlencode({"csrfmiddlewaretoken": token, "login": email, "password": password}).encode()
    page: str = browser.open(f"{address}account/sign-in/", told).read().decode()
    return page


@pytest.mark.slow
def test_the_demo_says_its_address_first_and_lets_its_people_in_and_its_record_is_whole(empty: Installation) -> None:
    with serving(empty, "--demo", "--data", str(empty.data)) as (_, address):
        page = signed_in_page(address, email_of("therapist"), PASSWORD)
        assert "Linden Lane Back Care" in page
        assert "Daniel Ruiz" in page
    done = empty.palpate("verify")
    assert done.code == 0, done.out
    assert int(re.findall(r"(\d+) decisions decided again", done.out)[0]) > 20
    with serving(empty, "--demo", "--data", str(empty.data)) as (server, _):
        server.send_signal(signal.SIGTERM)
        assert server.stderr is not None
        assert "filling" not in server.stderr.read()  # it is there already


def test_a_demo_that_was_stopped_while_it_was_filled_leaves_nothing_and_is_filled_at_the_next_start(
    empty: Installation,
) -> None:
    said = empty.python(
        "import django; django.setup()\n"
        "import os; from importlib import import_module\n"
        "from palpate.clinic import store; from palpate.clinic.access import practice as the, trail\n"
        "from palpate.web import serving; from django.conf import settings; from dataclasses import replace\n"
        "store.prepare(lambda: None)\n"
        "module = import_module('palpate.clinic.demo.fill'); stories = module.STORIES\n"
        "def killed(stage):\n"
        "    print(the.the_practice() is not None, trail.head_of().number > 0, flush=True)\n"
        "    os._exit(0)\n"
        "    yield\n"
        "module.STORIES = (killed,)\n"
        "settings.CONFIG = replace(settings.CONFIG, demo=True)\n"
        "serving._fill_demo()"
    )
    assert said.out.split() == ["True", "True"]
    assert "filling" in said.err
    left = empty.python(
        "import django; django.setup()\n"
        "from palpate.clinic.access import practice as the, trail\n"
        "print(the.the_practice(), trail.head_of().number)"
    )
    assert left.out.split() == ["None", "0"]


def test_a_demo_of_another_day_says_so_at_its_start_and_how_to_fill_it_anew(
    world: World, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for days, url, told in (
        (0, "", ""),
        (1, "", f"to fill it anew, stop, remove {tmp_path} and start again"),
        (1, "postgresql://somewhere", "to fill it anew, stop, empty its database and start again"),
    ):
        settings.CONFIG = replace(settings.CONFIG, data=tmp_path, database_url=url, demo=True)
        with upkeep():
            Practice.objects.update(created=now() - PAST - timedelta(days=days), demo=True)
        _fill_demo()
        said = capsys.readouterr().err
        assert told in said if told else not said


def test_s53_owners_alone_are_told_that_no_backup_was_made_and_never_in_the_demo(
    world: World, signed_in: Callable[[User], Client], settings: Any, tmp_path: Path
) -> None:
    settings.CONFIG = replace(settings.CONFIG, data=tmp_path)
    said = "The last good backup was never made"
    for hours, demo, user, shown in (
        (1, False, world.owner, False),
        (27, False, world.owner, True),
        (27, False, world.therapist, False),
        (27, True, world.owner, False),
    ):
        with upkeep():
            Practice.objects.update(created=now() - timedelta(hours=hours), demo=demo)
        settings.CONFIG = replace(settings.CONFIG, demo=demo)
        assert (said in signed_in(user).get("/").content.decode()) is shown, (hours, demo, user.role)


def test_s07_unlock_gives_an_owner_who_lost_the_password_one_link_and_tells(seeded: Installation) -> None:
    nobody = seeded.palpate("unlock", "stranger@example.org")
    assert (nobody.code, nobody.out, len(nobody.err.splitlines())) == (2, "", 1)
    first, done = (seeded.palpate("unlock", "owner@example.org", "--port", 8123) for _ in range(2))
    assert (first.code, done.code) == (0, 0)
    spent, secret = (one.out.strip().partition("#")[2] for one in (first, done))
    assert done.out == f"http://localhost:8123/account/password/new/#{secret}\n"
    told = seeded.python(
        "import django; django.setup()\n"
        "from django.db import transaction\n"
        "from palpate.clinic import users\nfrom palpate.clinic.models import AuditRow, Notice\n"
        f"with transaction.atomic(): spent, link = users.link_of({spent!r}), users.link_of({secret!r})\n"
        "print(spent, link.user.email)\nprint((link.until - link.made).total_seconds())\n"
        "row = AuditRow.objects.latest('number')\n"
        "print(row.deed, row.actor, row.about['account'] == str(link.user_id), Notice.objects.count())"
    )
    assert told.out.split() == ["None", "owner@example.org", "1800.0", "unlock", "program", "True", "2"]
    assert seeded.palpate("verify").code == 0


def test_s41_a_start_with_unsound_settings_says_each_in_a_line_and_ends_with_2(empty: Installation) -> None:
    empty.more |= {"PALPATE_HOSTS": "*", "PALPATE_DEBUG": "1", "PALPATE_SESSION_KEY": "hunter2"}
    done = empty.palpate("serve", "--port", "0")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 3)


def test_s62_a_start_from_a_broken_trail_is_refused_with_the_check_and_the_newest_backup(seeded: Installation) -> None:
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\nfrom palpate.clinic import sealed\n"
        "sealed.unseal(connection)\n"
        "connection.cursor().execute(\"UPDATE clinic_auditrow SET deed = 'other' WHERE number = 7\")"
    )
    done = seeded.palpate("serve", "--port", "0")
    assert (done.code, done.out) == (1, "")
    assert "row 7 is not whole" in done.err
    assert "newest backup: none is known" in done.err


def test_without_the_packages_of_the_clinic_one_line_says_what_to_do(empty: Installation) -> None:
    code = (
        "import sys\nsys.modules['gunicorn'] = None\nimport importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'gunicorn' else real(name, *a)\n"
        "from palpate.cli import main\nsys.exit(main(['serve', '--port', '0']))"
    )
    done = empty._run([sys.executable, "-c", code])
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert "make setup" in done.err


def test_a_port_that_is_taken_is_said_in_a_line(empty: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = empty.palpate("serve", "--port", str(taken.getsockname()[1]))
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)


def test_deciding_loads_neither_django_nor_the_server() -> None:
    code = (
        "import os, sys\nfrom palpate.cli import main\nmain(['decide', 'examples/' + os.listdir('examples')[0]])\n"
        "names = ('django', 'gunicorn', 'cryptography', 'palpate.web', 'palpate.clinic')\n"
        "print([name for name in names if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.django_db
def test_the_sweep_takes_what_is_over_and_leaves_the_rest(world: object) -> None:
    from datetime import timedelta

    from palpate.clinic.models import FormKey, Throttle
    from palpate.clinic.moment import now
    from palpate.web.serving import housekeeping

    for number, hours in enumerate((1, 47, 49, 200)):
        FormKey(actor="a", key=str(number), body_hash="", at=now() - timedelta(hours=hours)).save()
        Throttle(key=str(number), until=now() - timedelta(hours=hours - 48)).save()
    housekeeping()
    assert sorted(FormKey.objects.values_list("key", flat=True)) == ["0", "1"]
    assert sorted(Throttle.objects.values_list("key", flat=True)) == ["0", "1"]
