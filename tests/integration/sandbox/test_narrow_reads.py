"""Every read that takes `fields` gives just those, of whatever a sandbox has."""

import re
from typing import Any

import pytest

from loans.models import Application


@pytest.fixture
def parts(acme) -> dict[str, str]:
    offered = Application.objects.get(partner__code="acme", status="OFFERED").reference
    return {"number": "SBX-ACME-RUNNING", "reference": offered, "position": "1"}


def narrowed(schema: dict[str, Any], parts: dict[str, str]) -> dict[str, str]:
    """Return the first name that `fields` takes, by address; of the reads whose address can be made of the parts."""
    found = {}
    for template, item in schema["paths"].items():
        given = {each.get("name"): each for each in item.get("get", {}).get("parameters", ())}
        names = re.findall(r"{(\w+)}", template)
        if "fields" in given and all(name in parts for name in names):
            path = re.sub(r"{(\w+)}", lambda name: parts[name[1]], template).removeprefix("/api/v1/")
            found[path] = given["fields"]["schema"]["pattern"].removeprefix("^(").partition("|")[0]
    return found


def test_every_read_gives_only_the_fields_that_are_named(acme, client, parts) -> None:
    asked = narrowed(client.get("/api/v1/schema/").json(), parts)

    answers = {path: acme.get(f"{path}?fields={name}") for path, name in asked.items()}
    shown = {path: answer.json() for path, answer in answers.items()}

    rows = {path: row for path, all_of in shown.items() for row in all_of.get("results", [all_of])}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    assert {path: set(row) for path, row in rows.items()} == {path: {asked[path]} for path in rows}
    assert {"loans", "applications", "book"} <= asked.keys()
