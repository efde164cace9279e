"""The server's worker and its log: what gunicorn says by itself must keep to the same rules as our pages."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from palpate.web.logs import ListedKeys
from palpate.web.middleware import HEADERS

log = logging.getLogger("palpate.server")
# Faults of the one who calls, which gunicorn would answer with a page that repeats what was sent.
OF_THE_CALLER = {
    "LimitRequestLine": 414,
    "LimitRequestHeaders": 431,
    "UnsupportedTransferCoding": 501,
    "ExpectationFailed": 417,
}


Task = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class LastFirst(Executor):
    """Threads of which the one that was at work last is the first to work again; others begin only while it is busy.

    A thread has a connection to the store of its own. What another connection writes makes SQLite forget all that a
    connection holds of the store in memory, and each page writes a row of the trail. By turns, as in Python's own
    pool, each thread would read everything anew for each page.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle: list[SimpleQueue[Task | None]] = []  # the boxes of threads that wait, the latest at the end
        self._waiting: deque[Task] = deque()
        self._over = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Lets a thread call the function, as soon as one is free. Errors: RuntimeError after `shutdown`."""
        task: Task = (Future(), fn, args, kwargs)
        with self._lock:
            if self._over:
                raise RuntimeError("this pool takes no more work")
            if self._idle:
                self._idle.pop().put(task)
            elif len(self._threads) < self._most:
                box: SimpleQueue[Task | None] = SimpleQueue()
                box.put(task)
                self._threads.append(threading.Thread(target=self._run, args=(box,), daemon=True))
                self._threads[-1].start()
            else:
                self._waiting.append(task)
        return task[0]

    def _run(self, box: SimpleQueue[Task | None]) -> None:
        task = box.get()
        while task is not None:
            done, fn, args, kwargs = task
            tell: Callable[[], None] | None = None
            if done.set_running_or_notify_cancel():
                try:
                    tell = partial(done.set_result, fn(*args, **kwargs))
                except BaseException as error:
                    tell = partial(done.set_exception, error)
            following = self._next(box)
            if tell is not None:  # only now: whoever hears of it may send the next request, and this thread is free
                tell()
            task = following or box.get()

    def _next(self, box: SimpleQueue[Task | None]) -> Task | None:
        """A task that waits; None where there is none, and then the thread takes the next one out of its box."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._over:
                box.put(None)
            else:
                self._idle.append(box)
        return None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more tasks. Those that were given are still done, but for waiting ones that are cancelled here."""
        with self._lock:
            self._over = True
            for box in self._idle:
                box.put(None)
            self._idle.clear()
            if cancel_futures:
                for done, *_ in self._waiting:
                    done.cancel()
            threads = list(self._threads)
        for thread in threads if wait else ():
            thread.join()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads whose answer to an unreadable request says nothing of what was sent."""

    def get_thread_pool(self) -> LastFirst:
        """Where the requests are worked on."""
        return LastFirst(self.cfg.threads)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        name = type(exc).__name__
        ours = type(exc).__module__ != "gunicorn.http.errors"
        status = HTTPStatus(500 if ours else OF_THE_CALLER.get(name, 400))
        log.warning("a request could not be read", extra={"status": int(status), "kind": name})
        body = b"That request could not be read. Nothing was saved.\n"
        lines = [
            f"HTTP/1.1 {int(status)} {status.phrase}",
            "Connection: close",
            "Content-Type: text/plain; charset=utf-8",
        ]
        lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in HEADERS.items())]
        try:
            client.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        except OSError:
            log.info("the caller has gone")


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log through our formatter: listed keys only, and no line for each request."""

    def setup(self, cfg: Any) -> None:
        handler = logging.StreamHandler()
        handler.setFormatter(ListedKeys())
        self.cfg = cfg
        for logger in (self.error_log, self.access_log):
            logger.handlers = [handler]
            logger.propagate = False
        self.error_log.setLevel(logging.WARNING)
        self.access_log.setLevel(logging.CRITICAL)

    def access(self, *_: Any, **__: Any) -> None:
        """No line for each request: it would hold addresses of people's pages."""
