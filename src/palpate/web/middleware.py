"""What happens to every request before a route is known, and to every answer after."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from palpate.clinic import store

Handler = Callable[[HttpRequest], HttpResponse]

LARGEST = {"upload": 10 << 20, "patient": 256 << 10, "form": 1 << 20}


def request_identity(handle: Handler) -> Handler:
    """Gives each request a number that stands on error pages and in the log, and the caller's address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.number = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        request.address = _address(request)  # type: ignore[attr-defined]
        return handle(request)

    return middleware


def _address(request: HttpRequest) -> str:
    """The caller's address: the header of proxies is believed for as many hops as are configured, and no more."""
    hops: int = settings.CONFIG.proxies
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if hops and len(told) >= hops:
        return str(told[-hops])[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


# What every answer says, whoever makes it. HSTS comes beside these where there is TLS.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def security_headers(handle: Handler) -> Handler:
    """Headers of every answer (S-33). Pages are never kept by a cache (S-34); static files may be."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        static = request.path.startswith(settings.STATIC_URL) and response.status_code in (200, 206, 304)
        for name, value in HEADERS.items():
            if not (static and name == "Cache-Control"):
                response[name] = value
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        return response

    return middleware


def content_policy(handle: Handler) -> Handler:
    """The content security policy of every answer (S-32): worked out once, since no page changes it.

    An answer that has a stricter one of its own keeps it.
    """
    policy = build_policy()

    def middleware(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


class StoreFaults:
    """Answers for a store that cannot be written or that is damaged: 503, nothing saved, and what to do (S-62)."""

    def __init__(self, handle: Handler) -> None:
        self.handle = handle

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from palpate.web.errors import damaged_page

        check = store.marked_damage()
        if check and not request.path.startswith(settings.STATIC_URL):
            return damaged_page(request, check)
        return self.handle(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from palpate.web.errors import store_page

        return store_page(request, error)


def limit_body(handle: Handler) -> Handler:
    """Refuses a body that is too large, whatever its length header says (S-21).

    One that says its length is refused before any of it is read; where the length is false, the server itself reads no
    further. One that comes in chunks is read piece by piece, as far as is allowed here and not one piece further.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        from palpate.web.errors import error_page

        if settings.SECURE_SSL_REDIRECT and request.path.startswith("/api/") and not request.is_secure():
            return error_page(request, 403, "This is only answered over https. If a key was sent, make a new one.")
        limit = _limit(request.path)
        large = f"This is larger than the {limit >> 10} KiB allowed here. Nothing was saved."
        told = request.META.get("CONTENT_LENGTH") or "0"
        if request.META.pop("HTTP_TRANSFER_ENCODING", ""):
            try:
                body = _of_chunks(request, limit)
            except _unreadable():
                return error_page(request, 400, "The end of this request did not arrive. Nothing was saved.")
            if body is None:
                return error_page(request, 413, large)
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = io.BytesIO(body)
        elif not (told.isascii() and told.isdigit()) or int(told) > limit:
            return error_page(request, 413, large)
        return handle(request)

    return middleware


_PIECE = 64 << 10


def _of_chunks(request: HttpRequest, limit: int) -> bytes | None:
    """The body that the server puts together from its chunks, or None once it is larger than the limit in bytes."""
    body = bytearray()
    while piece := request.META["wsgi.input"].read(_PIECE):
        if len(body) + len(piece) > limit:
            return None
        body += piece
    return bytes(body)


def _unreadable() -> tuple[type[Exception], ...]:
    """How the server says that chunks are none, or end too early."""
    from gunicorn.http.errors import ParseException

    return (OSError, ParseException)


def _limit(path: str) -> int:
    if path.startswith("/link/"):
        return LARGEST["patient"]
    return LARGEST["upload"] if path.rstrip("/").endswith(("/uploads", "/import")) else LARGEST["form"]
