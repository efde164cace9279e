"""What happens to every request before a route is known, and to every answer after."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

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
    hops = settings.CONFIG.proxies
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if hops and len(told) >= hops:
        return told[-hops][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def security_headers(handle: Handler) -> Handler:
    """Headers that Django has no setting for. Pages are never kept by a cache (S-34); static files may be."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        if not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def limit_body(handle: Handler) -> Handler:
    """Refuses a body that is too large before it is in memory, whatever its length header says (S-21)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        from palpate.web.errors import error_page

        limit = _limit(request.path)
        told = request.META.get("CONTENT_LENGTH") or "0"
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            return error_page(request, 411, "This request does not say how long it is. Nothing was saved.")
        if not told.isdigit() or int(told) > limit:
            return error_page(request, 413, f"This is larger than the {limit >> 10} KiB allowed here. Nothing was saved.")
        return handle(request)

    return middleware


def _limit(path: str) -> int:
    if path.startswith("/link/"):
        return LARGEST["patient"]
    return LARGEST["upload"] if path.rstrip("/").endswith(("/uploads", "/import")) else LARGEST["form"]
