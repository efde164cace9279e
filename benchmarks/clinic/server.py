"""The server of `palpate serve` with one worker, for any application.

    python benchmarks/clinic/server.py palpate.web.wsgi:application 8000
    python benchmarks/clinic/server.py plain:application 8000          calls it, since it is a function that makes one

The application is loaded first, as `palpate serve` does, and the worker is forked from there.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import Any

from gunicorn.app.base import BaseApplication

THREADS = 4


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    found = getattr(import_module(module), name)
    application = found() if inspect.isfunction(found) else found
    from django.db import connections

    from palpate.web.worker import Log, Worker  # only now: it takes Django as the application has set it up

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            told = {"bind": f"127.0.0.1:{sys.argv[2]}", "workers": 1, "threads": THREADS, "worker_class": Worker}
            told |= {"logger_class": Log, "preload_app": True, "control_socket_disable": True}
            for key, value in told.items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            connections.close_all()
            return application

    Server().run()


if __name__ == "__main__":
    main()
