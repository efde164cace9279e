"""What reaches the log: listed keys only, ids and never names, nothing that could break a line (S-39)."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

LISTED = ("request", "route", "method", "status", "status_code", "episode", "kind", "milliseconds")


class ListedKeys(logging.Formatter):
    """One JSON object a line: time, level, logger, a fixed message, and the keys of `LISTED`.

    A message's arguments are left out, since they may hold a path with a person's id or a text. A message of another
    library that was made without arguments may hold the same in itself, and is left out too. Of an exception stay its
    type and the places in the code, never its message or a value.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "from": record.name,
            "says": _fixed(record),
        }
        told.update({key: _plain(getattr(record, key)) for key in LISTED if hasattr(record, key)})
        if record.exc_info and record.exc_info[0] is not None:
            told["fault"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            told["where"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
        return json.dumps(told, ensure_ascii=True)


def _fixed(record: logging.LogRecord) -> str:
    ours = record.name.split(".")[0] == "palpate"
    return record.msg if isinstance(record.msg, str) and len(record.msg) <= 200 and (ours or record.args) else ""


def _plain(value: Any) -> str:
    # Django puts the whole request here, whose text holds the path and the query.
    return str(getattr(value, "number", "")) if isinstance(value, HttpRequest) else str(value)[:80]


class NothingPersonal(SafeExceptionReporterFilter):
    """Error reports carry no bodies, no cookies and no local variables."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        return []
