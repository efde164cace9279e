"""What stands before every call of another program: its key, its rate, its scopes, its body, its one use.

Cookies do not authenticate here, and a key counts in the header only. Everything that is refused is problem JSON.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any, cast

from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from palpate.clinic import keys, throttle
from palpate.clinic.access import keys as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access import throttle as counts
from palpate.clinic.actor import NOBODY, Actor
from palpate.clinic.acts import act, record_refusal
from palpate.clinic.models import ApiKey, FormKey
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, NotVisible, Refused
from palpate.pathway.faults import Faults
from palpate.pathway.strict_json import read_json
from palpate.web.errors import error_page, refused_page, store_page
from palpate.web.routes import ClinicRequest, Route, View

log = logging.getLogger("palpate.web")

RATE = 10  # calls a second for one key (S-40)
MISSES = 20  # calls without a good key from one address in 15 minutes
KEPT = timedelta(hours=48)  # how long the first answer of a call is given again (S-55)
DEAD = timedelta(minutes=5)  # after which a call that never ended counts as dead
NOTED = timedelta(minutes=1)  # how often the last use of a key is written down


@dataclass(frozen=True)
class Call:
    """What a view of the API gets. `body` is the JSON that came, `query` the parameters of the address."""

    actor: Actor
    request: ClinicRequest
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a view of the API says, and whose it was about."""

    body: Any
    status: int = 200


class Problem(Refused):
    """A refusal with a status of its own and further keys for the problem JSON."""

    def __init__(self, status: int, message: str, **about: Any) -> None:
        super().__init__(message, **about)
        self.status = status


def needs(
    read: str = "", write: str = "", *, once: bool = False, params: tuple[str, ...] = ()
) -> Callable[[Callable[..., Answer]], View]:
    """Marks a view of the API.

    Takes  read, write: the scope that GET and POST need; once: POST must carry an Idempotency-Key;
           params: what may stand in the query of a GET.
    """

    def mark(view: Callable[..., Answer]) -> View:
        view.needs = {"GET": read, "HEAD": read, "POST": write}  # type: ignore[attr-defined]
        view.once = once  # type: ignore[attr-defined]
        view.params = params  # type: ignore[attr-defined]
        return cast(View, view)

    return mark


def keyed(route: Route) -> View:
    """The view of a route of the API, with everything that stands before it."""

    @csrf_exempt
    @wraps(route.view)
    def view(request: HttpRequest, **ids: Any) -> HttpResponse:
        return _answer(route, cast(ClinicRequest, request), ids)

    view.route = route  # type: ignore[attr-defined]
    return cast(View, view)


def _answer(route: Route, request: ClinicRequest, ids: dict[str, Any]) -> HttpResponse:
    if request.method not in route.methods:
        refused = error_page(request, 405, f"This address takes {', '.join(route.methods)} only. Nothing was done.")
        refused["Allow"] = ", ".join(route.methods)
        return refused
    if request.method == "OPTIONS":
        return HttpResponse(headers={"Allow": ", ".join(route.methods)})
    actor = Actor(NOBODY.id, NOBODY.roles, address=request.address, request=request.number)
    try:
        key = _key(request)
        actor = keys.actor_of(key, request.address, request.number)
        scope = route.view.needs[request.method]  # type: ignore[attr-defined]
        if scope not in actor.scopes:
            raise Problem(403, f"This key may not do that: it needs the scope {scope}. Nothing was done.", scope=scope)
        return _called(route, request, ids, key, actor)
    except (Refused, Http404) as refusal:
        refusal = refusal if isinstance(refusal, Refused) else NotVisible()
        if refusal.status != 429:  # a flood must not fill the trail
            _note(actor, route, refusal, ids)
        return problem(request, refusal)
    except Faults as faults:
        _note(actor, route, BadInput("", ""), ids)
        return problem(request, _of_faults(faults))
    except OperationalError as error:
        return store_page(request, error) or error_page(request, 503)


def problem(request: ClinicRequest, refused: Refused) -> HttpResponse:
    """A refusal as problem JSON (RFC 9457), with what its reader needs to put it right."""
    if isinstance(refused, Problem):
        answer = error_page(request, refused.status, refused.message, **refused.about)  # type: ignore[arg-type]
        if refused.status == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="palpate"'
        return answer
    if isinstance(refused, BadInput) and refused.field:
        return error_page(request, refused.status, f"{refused.field}: {refused.message}", field=refused.field)
    return refused_page(request, refused)


def _key(request: ClinicRequest) -> ApiKey:
    """The good key of a call, if it may call now. Errors: Problem 401, 429."""
    word, _, told = request.headers.get("Authorization", "").partition(" ")
    key = keys.key_of(told.strip()) if word.casefold() == "bearer" else None
    if key is None:
        wait = throttle.take([throttle.of_address("api", request.address, MISSES)])
        if wait:
            raise Problem(429, "Too many calls without a good key. Nothing was done.", retry=wait)
        raise Problem(401, "This needs a good key in the header Authorization: Bearer. Nothing was done.")
    at = now()
    second = at.replace(microsecond=0) + timedelta(seconds=1)
    if counts.take(f"key:{key.prefix}", RATE, second, at) is not None:
        raise Problem(429, f"More than {RATE} calls a second. Nothing was done; send it again.", retry=1)
    return key


def _called(route: Route, request: ClinicRequest, ids: dict[str, Any], key: ApiKey, actor: Actor) -> HttpResponse:
    reading = request.method != "POST"
    call = Call(actor, request, None if reading else _body(request), _query(route, request, reading))
    mark = None if reading else _mark(route, request, actor)
    if mark is not None:
        first = _first_answer(mark)
        if first is not None:
            return first
    try:
        with act(actor, route.category, route.name, change=not reading) as deed:
            request.actor, request.deed = actor, deed
            practice = the.the_practice()
            if practice is None:
                raise NotVisible
            request.practice = practice
            if key.last_used is None or now() - key.last_used > NOTED:
                rows.note_use(key.pk, now())
            told: Answer = route.view(call, **ids)  # type: ignore[assignment]
            answer = JsonResponse(told.body, status=told.status, json_dumps_params={"ensure_ascii": False})
            if mark is not None:
                rows.end_use(mark, told.status, answer.content.decode())
        return answer
    except BaseException:
        if mark is not None:
            rows.drop_use(mark)
        raise


def _body(request: ClinicRequest) -> Any:
    """The JSON of a call, by the one strict reader (S-22). Errors: Problem 415, 400."""
    if request.content_type != "application/json":
        raise Problem(415, "The body must be JSON, with Content-Type: application/json. Nothing was done.")
    try:
        return read_json(request.body)
    except Faults as faults:
        raise _of_faults(faults, 400) from None


def _of_faults(faults: Faults, status: int = 422) -> Problem:
    found = [{"code": fault.code, "path": fault.place, "detail": fault.text} for fault in faults.faults]
    return Problem(status, "The body is at fault. Nothing was done.", faults=found)


def _query(route: Route, request: ClinicRequest, reading: bool) -> dict[str, str]:
    """The parameters of the address, each listed and given once. Errors: Problem 400 by name (S-10)."""
    allowed = route.view.params if reading else ()  # type: ignore[attr-defined]
    for name in request.GET:
        if name not in allowed:
            raise Problem(400, f"This address has no parameter {name[:60]!a}. Nothing was done.", parameter=name[:60])
        if len(request.GET.getlist(name)) > 1:
            raise Problem(400, f"The parameter {name} stands twice. Nothing was done.", parameter=name)
    return {name: request.GET[name] for name in request.GET}


def _mark(route: Route, request: ClinicRequest, actor: Actor) -> FormKey | None:
    """The mark of a call that must be done once. Errors: Problem 400 where its key is missing or strange."""
    told = request.headers.get("Idempotency-Key", "")
    if not told and not route.view.once:  # type: ignore[attr-defined]
        return None
    if not (8 <= len(told) <= 64 and told.isascii() and told.isprintable()):
        raise Problem(400, "This call needs a header Idempotency-Key of 8 to 64 characters. Nothing was done.")
    body = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
    return FormKey(actor=actor.id, key=f"api {told}", body_hash=body, at=now())


def _first_answer(mark: FormKey) -> HttpResponse | None:
    """The answer of the first call with this key (S-55); None where this is the first.

    Errors  Problem 422 where the first had another body, 409 while it is still running.
    """
    rows.drop_expired_use(mark, now() - KEPT)
    first = rows.begin_use(mark)
    if first is None:
        return None
    if first.body_hash != mark.body_hash:
        raise Problem(422, "This Idempotency-Key was used before with another body. Nothing was done.")
    if first.status is None:
        if now() - first.at > DEAD and rows.take_over(first, mark.at):
            mark.pk = first.pk
            return None
        raise Problem(409, "The first call with this Idempotency-Key is still running. Nothing was done.", retry=1)
    answer = HttpResponse(first.body, status=first.status, content_type="application/json")
    answer["Idempotent-Replayed"] = "true"
    return answer


def _note(actor: Actor, route: Route, why: Refused, ids: Mapping[str, Any]) -> None:
    named = {name: str(id)[:40] for name, id in ids.items()}
    try:
        record_refusal(actor, route.category, route.name, status=why.status, **named)
    except OperationalError:  # the refusal stands all the same
        log.warning("a refusal could not be recorded", extra={"route": route.name})
