"""The server's worker and its log: what gunicorn says by itself must keep to the same rules as our pages."""

from __future__ import annotations

import logging
from http import HTTPStatus
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


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads whose answer to an unreadable request says nothing of what was sent."""

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
