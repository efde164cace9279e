"""The description of the API for programs (OpenAPI 3.1), written by hand. A test holds it against the routes."""

from __future__ import annotations

from typing import Any

_ID = {"type": "string", "format": "uuid"}
_DAY = {"type": "string", "format": "date"}
_INSTANT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_MAYBE_ID = {"type": ["string", "null"], "format": "uuid"}
_TEXTS = (
    "given_name", "family_name", "phone", "email", "address", "emergency_contact", "doctor", "language", "contact_by",
)  # fmt: skip
_PERSON = {**dict.fromkeys(_TEXTS, _TEXT), "birth_date": _DAY}
_BOOKING: dict[str, Any] = {
    "person": _ID,
    "therapist": _ID,
    "room": _MAYBE_ID,
    "episode": _MAYBE_ID,
    "starts": _INSTANT,
}
_SCORE: dict[str, Any] = {
    "date": _DAY,
    "name": _TEXT,
    "value": {"type": "number"},
    "values": {"type": "array", "items": {"type": ["number", "null"]}, "maxItems": 3},
}
_DECISION = {
    "type": "object",
    "description": "As `palpate decide` writes it, with `about`: what the pathway is for, and its limits.",
    "required": ["disposition", "reasons", "ask", "pathway"],
}


def description() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Palpate",
            "version": "1",
            "description": "Decisions, people, appointments and scores of one practice. It makes no diagnosis.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/decide": {
                "post": _post(
                    "Decides an episode document. Nothing is stored.",
                    "decision:create",
                    "Episode",
                    _DECISION,
                    200,
                    once=False,
                )
            },
            "/people": {
                "get": _get(
                    "A page of people.", "people:read", _listed("people", _ref("Person"), next=_MAYBE_ID), _PAGE
                ),
                "post": _post("Adds a person.", "people:create", "NewPerson", _ref("Person")),
            },
            "/people/{person}": {"get": _get("One person.", "people:read", _ref("Person"), [_path("person")])},
            "/episodes/{episode}/decisions": {
                "get": _get(
                    "The stored decisions of an episode, the newest first.",
                    "decision:read",
                    _listed("decisions", {"type": "object"}, episode=_ID),
                    [_path("episode")],
                )
            },
            "/episodes/{episode}/measures": {
                "post": {
                    **_post("Adds a score.", "measure:create", "Score", {"type": "object"}),
                    "parameters": [_path("episode"), _ONCE],
                }
            },
            "/appointments": {
                "get": _get(
                    "The appointments of a day.",
                    "appointment:read",
                    _listed("appointments", _ref("Appointment"), day=_DAY),
                    [{"name": "day", "in": "query", "required": True, "schema": _DAY}],
                ),
                "post": _post("Books an appointment.", "appointment:create", "NewAppointment", _ref("Appointment")),
            },
            "/openapi.json": {
                "get": {
                    "summary": "This description.",
                    "security": [],
                    "responses": {"200": {"description": "OpenAPI 3.1", "content": _json({"type": "object"})}},
                }
            },
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "Made in the settings."}},
            "schemas": {
                "Episode": {"type": "object", "required": ["palpate", "as_of", "facts"]},
                "NewPerson": _closed(_PERSON, ["given_name", "birth_date"]),
                "Person": _open({"id": _ID, **_PERSON, "version": {"type": "integer"}}),
                "NewAppointment": _closed(
                    {**_BOOKING, "minutes": {"type": "integer"}}, ["person", "therapist", "starts", "minutes"]
                ),
                "Appointment": _open(
                    {"id": _ID, **_BOOKING, "ends": _INSTANT, "state": _TEXT, "version": {"type": "integer"}}
                ),
                "Score": _closed(_SCORE, ["name"]),
                "Problem": _open(
                    {
                        "title": _TEXT,
                        "status": {"type": "integer"},
                        "detail": _TEXT,
                        "number": {"type": "string", "description": "Stands in the log as well."},
                        "faults": {"type": "array", "items": {"type": "object"}},
                    }
                ),
            },
        },
    }


_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key with the same body gets the first answer again, for 48 hours.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 64},
}
_PAGE = [
    {"name": "after", "in": "query", "schema": _ID, "description": "The last id of the page before."},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
]
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "There is no good key.",
    "403": "The key lacks the scope.",
    "404": "It does not exist, or is not open to this key.",
    "405": "Another method is needed.",
    "409": "It collides with something, or the first call is still running.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A value is at fault; `faults` or `detail` says which.",
    "429": "More than 10 calls a second.",
    "503": "Nothing can be decided or stored just now. Nothing was saved.",
}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _open(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _listed(name: str, item: Any, **more: Any) -> dict[str, Any]:
    return _open({name: {"type": "array", "items": item}, **more})


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _ID}


def _answers(status: int, schema: Any) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": _ref("Problem")}}
    refused = {code: {"description": text, "content": problem} for code, text in _REFUSALS.items()}
    return {str(status): {"description": "Done.", "content": _json(schema)}, **refused}


def _get(summary: str, scope: str, schema: Any, parameters: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": f"Scope `{scope}`.",
        "parameters": parameters,
        "responses": _answers(200, schema),
    }


def _post(summary: str, scope: str, body: str, schema: Any, status: int = 201, *, once: bool = True) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": f"Scope `{scope}`.",
        "parameters": [_ONCE] if once else [],
        "requestBody": {"required": True, "content": _json(_ref(body))},
        "responses": _answers(status, schema),
    }
