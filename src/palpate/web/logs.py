"""What reaches the log: listed keys only, ids and never names, nothing that could break a line (S-39)."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

LISTED = ("request", "route", "method", "status", "episode", "milliseconds")


class ListedKeys(logging.Formatter):
    """One JSON object a line: time, level, logger, a fixed message, and the keys of `LISTED`.

    A message's arguments are left out, since they may hold a path with a person's id or a text. Of an exception stay
    its type and the places in the code, never its message or a value.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "from": record.name,
            "says": record.msg if isinstance(record.msg, str) and len(record.msg) <= 200 else "",
        }
        told.update({key: str(getattr(record, key))[:80] for key in LISTED if hasattr(record, key)})
        if record.exc_info and record.exc_info[0] is not None:
            told["fault"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            told["where"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
        return json.dumps(told, ensure_ascii=True)


class NothingPersonal(SafeExceptionReporterFilter):
    """Error reports carry no bodies, no cookies and no local variables."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> list[Any]:
        return []
