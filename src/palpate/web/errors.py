"""Pages that say what happened, what was and was not saved, and what to do (S-38)."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from palpate.clinic.refusals import Refused

log = logging.getLogger("palpate.web")

TITLES = {
    400: "That request could not be read",
    403: "That is not open to you",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "Something has changed meanwhile",
    411: "That request could not be read",
    413: "That is too large",
    422: "Something needs to be put right",
    429: "Too many tries",
    500: "Something went wrong in the program",
    503: "Please try again in a moment",
}
WHAT = {
    404: "Either it does not exist, or it is not open to you. Nothing was changed.",
    500: "Nothing of this request was saved. Please try again; if it happens again, report the number below.",
}


def wants_json(request: HttpRequest) -> bool:
    return request.content_type == "application/json" or request.path.startswith("/api/")


def error_page(request: HttpRequest, status: int, message: str = "", retry: int | None = None, **more: Any) -> HttpResponse:
    """An error as a page, or as problem JSON for a program. Takes retry: seconds after which to try again."""
    number = getattr(request, "number", "")
    message = message or WHAT.get(status, "Nothing was saved.")
    title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    if wants_json(request):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": message, "number": number, **more}
        response: HttpResponse = JsonResponse(problem, status=status)
        response["Content-Type"] = "application/problem+json"
    else:
        context = {"status": status, "title": title, "message": message, "number": number, **more}
        response = HttpResponse(render_to_string("error.html", context), status=status)
    if retry is not None:
        response["Retry-After"] = str(retry)
    return response


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page of a refusal; a field's message is shown by the forms themselves."""
    return error_page(request, refused.status, refused.message, retry=refused.about.get("retry"))  # type: ignore[arg-type]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or from elsewhere (S-14)."""
    return error_page(request, 403, "This form came from another page, or the page was open too long. Nothing was saved. "
                      "Open the page again and send it once more.")  # fmt: skip


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever the program did not foresee. The log has the same number."""
    log.error("a request failed", extra={"request": getattr(request, "number", "")})
    return error_page(request, 500)
