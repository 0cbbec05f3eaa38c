"""
Guides whose requests are sent: a block `http` is a request, and the block `json` below it the answer that it gets.

A request is written as on the wire: method and address, headers, an empty line, the body. `{name}` stands for what the
reader fills in, or for what an earlier answer held: in an answer, `"{name}"` keeps what stands there, and where it is
known already compares. `"…"` is any value, and `"…": "…"` at the end of an object says that it has more fields. The
status stands behind `json`.

    ```http
    POST /api/v1/loans/{loan}/payments
    Idempotency-Key: first

    {"amount": {"amount": "100.00", "currency": "CNY"}, "received_on": "{today}", "reference": "first"}
    ```

    ```json 201
    {"loan": "{loan}", "…": "…"}
    ```
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PAIR = re.compile(r"^```http\n(.*?)\n```\n+(?:[^`\n][^\n]*\n+)*```json (\d+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\{(\w+)\}")
ANY = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """A request of a guide, and what it is answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer: Any


Send = Callable[[str, str, dict[str, str], str], tuple[int, Any]]


def steps_of(guide: str) -> list[Step]:
    """
    Return the steps in their order.

    :raises ValueError: a request stands without its answer, or an answer is no JSON.
    """
    found = _PAIR.findall(guide)
    if len(found) != guide.count("```http"):
        raise ValueError(f"{guide.count('```http')} requests, and {len(found)} of them with an answer")
    return [_step(request, int(status), answer) for request, status, answer in found]


def follow(guide: str, send: Send, names: dict[str, Any]) -> list[str]:
    """Send every request of a guide and return what differs from it. :param names: what the reader fills in."""
    differences = []
    for number, step in enumerate(steps_of(guide), start=1):
        headers = {name: _filled(value, names) for name, value in step.headers.items()}
        status, answer = send(step.method, _filled(step.path, names), headers, _filled(step.body, names))
        where = f"{number}. {step.method} {step.path}"
        if status != step.status:
            differences.append(f"{where}: {status} and not {step.status}: {answer}")
        differences += _differences(step.answer, answer, where, names)
    return differences


def _step(request: str, status: int, answer: str) -> Step:
    head, _empty, body = request.partition("\n\n")
    first, *others = head.splitlines()
    method, path = first.split(" ", 1)
    headers = dict(line.split(": ", 1) for line in others)
    return Step(method, path, headers, body, status, json.loads(answer))


def _filled(text: str, names: dict[str, Any]) -> str:
    return _NAME.sub(lambda found: str(names.get(found[1], found[0])), text)


def _differences(told: Any, given: Any, where: str, names: dict[str, Any]) -> list[str]:
    if told == ANY:
        return []
    if isinstance(told, str) and (named := _NAME.fullmatch(told)):
        told = names.setdefault(named[1], given)
    if isinstance(told, dict) and isinstance(given, dict):
        told, is_open = {name: value for name, value in told.items() if name != ANY}, ANY in told
        lacking = [f"{where}.{name} is missing" for name in told if name not in given]
        beyond = [] if is_open else [f"{where}.{name} is not in the guide" for name in given if name not in told]
        inner = [_differences(told[name], given[name], f"{where}.{name}", names) for name in told if name in given]
        return [*lacking, *beyond, *(each for found in inner for each in found)]
    if isinstance(told, list) and isinstance(given, list):
        is_open = told[-1:] == [ANY]
        rows = told[:-1] if is_open else told
        if len(given) < len(rows) or (len(given) > len(rows) and not is_open):
            return [f"{where} has {len(given)} entries"]
        pairs = enumerate(zip(rows, given, strict=False))
        return [each for at, (a, b) in pairs for each in _differences(a, b, f"{where}[{at}]", names)]
    told = _filled(told, names) if isinstance(told, str) else told
    return [] if told == given and type(told) is type(given) else [f"{where} is {given!r} and not {told!r}"]
