"""
The requests of the API as a collection for Postman (v2.1), which Bruno and others import as well.

It is written from the OpenAPI document, so that it has every operation and every example, and nothing else.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
JSON, FORM = "application/json", "multipart/form-data"
# What is kept of an answer for the requests after it.
KEEP_ACCESS = 'pm.collectionVariables.set("token", pm.response.json().access_token);'
KEEP_TAG = 'pm.collectionVariables.set("etag", pm.response.headers.get("ETag"));'


def postman_collection(schema: Mapping[str, Any], *, base_url: str) -> dict[str, Any]:
    """
    Return the collection of an OpenAPI document.

    :param base_url: the variable `base_url` of the collection, without a slash at its end.
    """
    folders: dict[str, list[list[dict[str, Any]]]] = {}
    names: dict[str, None] = {}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            folders.setdefault(operation["tags"][0], []).extend(_steps(path, method, operation, schema))
            names |= dict.fromkeys(_named(operation, "path"))
    kept = dict.fromkeys(("client_id", "client_secret", "token", "etag", *names), "")
    variables = {"base_url": base_url, **kept}
    return {
        "info": {
            "name": schema["info"]["title"],
            "description": "Ask for a token first: it is kept for all other requests.",
            "schema": FORMAT,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "item": [_token(), *(_folder(tag, items) for tag, items in sorted(folders.items()))],
    }


def _folder(tag: str, steps: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the requests of a tag, those that delete last: so that all can be sent one after the other."""
    steps = sorted(steps, key=lambda step: step[-1]["request"]["method"] == "DELETE")
    return {"name": tag, "item": [item for step in steps for item in step]}


def _token() -> dict[str, Any]:
    credentials = {"username": "{{client_id}}", "password": "{{client_secret}}"}
    return {
        "name": "token",
        "event": [_then(KEEP_ACCESS)],
        "request": {
            "method": "POST",
            "auth": {
                "type": "basic",
                "basic": [{"key": name, "value": value, "type": "string"} for name, value in credentials.items()],
            },
            "header": [],
            "url": _url("/oauth/token/", {}),
            "body": {"mode": "urlencoded", "urlencoded": [{"key": "grant_type", "value": "client_credentials"}]},
        },
        "response": [],
    }


def _then(script: str) -> dict[str, Any]:
    """Return what is done with an answer."""
    return {"listen": "test", "script": {"type": "text/javascript", "exec": [script]}}


def _steps(
    path: str, method: str, operation: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[list[dict[str, Any]]]:
    """Yield each request; before one that is refused without `If-Match` the read whose ETag it sends."""
    for item in _items(path, method, operation, schema):
        if not _needs_tag(operation):
            yield [item]
            continue
        [read] = _items(path, "get", schema["paths"][path]["get"], schema)
        yield [{**read, "name": f"{read['name']} (before: {operation['summary']})", "event": [_then(KEEP_TAG)]}, item]


def _needs_tag(operation: Mapping[str, Any]) -> bool:
    return any(each.get("name") == "If-Match" and each.get("required") for each in operation.get("parameters", ()))


def _items(path: str, method: str, operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a request for each example of a body; one without where the operation takes none."""
    for name, body in _bodies(operation, schema):
        request = {
            "method": method.upper(),
            "description": operation.get("description", ""),
            "header": list(_headers(operation, body)),
            "url": _url(path, operation),
            **({"body": body} if body else {}),
        }
        title = operation["summary"] + (f" ({name})" if name else "")
        yield {"name": title, "request": request, "response": list(_answers(operation, request))}


def _bodies(operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    content = operation.get("requestBody", {}).get("content", {})
    for name, example in content.get(JSON, {}).get("examples", {}).items():
        raw = json.dumps(example["value"], ensure_ascii=False, indent=2)
        yield name, {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    if FORM in content:
        shape = _resolved(content[FORM]["schema"], schema)
        yield "", {"mode": "formdata", "formdata": list(_form_fields(shape, schema))}
    if not content:
        yield "", None


def _form_fields(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fields of a form; those that may be left out are listed, and switched off."""
    for name, described in shape["properties"].items():
        field = _resolved(described, schema)
        if field.get("format") == "binary":
            yield {"key": name, "type": "file", "src": ""}
        else:
            value = str(next(iter(field.get("enum", ())), ""))
            yield {"key": name, "type": "text", "value": value, "disabled": name not in shape.get("required", ())}


def _resolved(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema refers to where it only refers to another one."""
    referring: Mapping[str, Any] = next(iter(described.get("allOf", ())), described)
    reference = referring.get("$ref")
    if reference is None:
        return described
    named: Mapping[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return named


def _headers(operation: Mapping[str, Any], body: Mapping[str, Any] | None) -> Iterator[dict[str, str]]:
    if body and body["mode"] == "raw":
        yield {"key": "Content-Type", "value": JSON}
    for name in _named(operation, "header"):
        if name == "Idempotency-Key":
            yield {"key": name, "value": "{{$guid}}"}
        elif name == "If-Match" and _needs_tag(operation):
            yield {"key": name, "value": "{{etag}}"}


def _named(operation: Mapping[str, Any], place: str) -> list[str]:
    """Return the names of an operation's own parameters; those that all operations share are not asked for."""
    return [each["name"] for each in operation.get("parameters", ()) if each.get("in") == place]


def _url(path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an address; what its query may hold is listed, and switched off."""
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.removeprefix("/").split("/")]
    given = {each["name"]: each for each in operation.get("parameters", ()) if "name" in each}
    return {
        "raw": "{{base_url}}/" + "/".join(parts),
        "host": ["{{base_url}}"],
        "path": parts,
        "variable": [
            {"key": name, "value": _first(given[name]) or "{{" + name + "}}"} for name in _named(operation, "path")
        ],
        "query": [
            {"key": name, "value": "", "disabled": True, "description": given[name].get("description", "")}
            for name in _named(operation, "query")
        ],
    }


def _first(parameter: Mapping[str, Any]) -> str:
    """Return the first of the values that a part of an address can have; empty where they are not listed."""
    return str(next(iter(parameter["schema"].get("enum", ())), ""))


def _answers(operation: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for status, answer in sorted(operation["responses"].items()):
        if status.startswith("2") and "content" not in answer:
            yield {"name": status, "originalRequest": request, "code": int(status), "header": [], "body": ""}
        for kind, content in answer.get("content", {}).items():
            about = {
                "originalRequest": request,
                "code": int(status),
                "header": [{"key": "Content-Type", "value": kind}],
            }
            for name, example in content.get("examples", {}).items():
                yield {"name": f"{status} {name}", **about, "body": _shown(example["value"])}


def _shown(value: Any) -> str:
    """Return an example as it would come over the wire: a text is a file, anything else JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
