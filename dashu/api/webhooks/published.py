"""The webhooks of the OpenAPI document: what is posted to endpoints, one entry and one example for each type."""

from typing import Any

from dashu.api.webhooks import examples
from dashu.webhooks.catalog import CATALOG, VERIFICATION, EventType

_HEADERS = {
    "webhook-id": "The event's id, the same at every try: what you have taken, pass over.",
    "webhook-timestamp": "Seconds since 1970 at which this try was signed; refuse what is older than five minutes.",
    "webhook-signature": "One or two signatures `v1,…` with a space between them; one that fits is enough.",
}
_ANSWERS = {
    "2XX": {"description": "Taken. Answer as soon as the event is kept, and work on it afterwards."},
    "410": {"description": "Gone: the endpoint is disabled and nothing is sent to it any more."},
    "default": {"description": "Not taken: tried again eleven times over nearly 24 hours, then given up."},
}


def add_webhooks(result: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """A postprocessing hook of the schema generator."""
    result["webhooks"] = {each.name: {"post": _operation(each)} for each in CATALOG.values()}
    result["webhooks"][VERIFICATION] = {"post": _verification()}
    return result


def _operation(type: EventType) -> dict[str, Any]:
    fields = {name: {} if value is None else _schema_of(value) for name, value in type.example.items()}
    payload = {
        "allOf": [{"$ref": "#/components/schemas/PartnerEventOut"}],
        "properties": {
            "type": {"const": type.name},
            "data": {"type": "object", "properties": fields, "required": sorted(fields)},
        },
    }
    example = {**examples.EVENT, "type": type.name, "data": dict(type.example)}
    subject = next(type.example[name] for name in ("loan", "application", "job", "endpoint") if name in type.example)
    about = f"{type.about} `subject` is {type.subject}."
    return _posted(type.name, about, payload, {**example, "subject": subject})


def _verification() -> dict[str, Any]:
    about = 'Sent when you ask for it, before anything else: answer 200 with the challenge, as `{"challenge": "…"}`.'
    example = {
        "id": examples.EVENT_ID,
        "type": VERIFICATION,
        "timestamp": "2026-02-01T09:05:00+08:00",
        "data": {"challenge": "9vq0mLr4zH8b2nY7sX1c5dKfG3jT6wPe"},
    }
    return _posted(VERIFICATION, about, {"type": "object", "required": sorted(example)}, example)


def _posted(name: str, about: str, schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": name,
        "description": about,
        "tags": ["webhooks"],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": {name: {"value": example}}}},
        },
        "responses": _ANSWERS,
    }


def _schema_of(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"$ref": "#/components/schemas/MoneyShape"}
    return {"type": "integer"} if isinstance(value, int) else {"type": ["string", "null"]}
