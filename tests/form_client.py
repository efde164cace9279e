"""A client that sends forms as pages do: with the mark of the person on whose page they stand (S-69)."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.test.client import MULTIPART_CONTENT

OF_A_PERSON = re.compile(r"/people/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


class FormClient(Client):
    """Django's client, whose forms to a person's address carry that person where a test does not say another."""

    def post(  # type: ignore[override]
        self, path: str, data: Any = None, content_type: str = MULTIPART_CONTENT, **more: Any
    ) -> Any:
        found = OF_A_PERSON.match(path)
        if found and content_type == MULTIPART_CONTENT and (data is None or isinstance(data, dict)):
            data = {"_person": found[1], **(data or {})}
        return super().post(path, data, content_type, **more)
