"""Every read that takes `fields` gives just those, of whatever a sandbox has."""

import re
from typing import Any

import pytest

from loans.models import Application, Loan

# Of what the sandbox has nothing to read: no offer is chosen yet, and nobody agreed that incomes are told.
NOTHING_THERE = {"disclosure": 404, "incomes": 403}


@pytest.fixture
def parts(acme) -> dict[str, str]:
    offered = Application.objects.get(partner__code="acme", status="OFFERED").reference
    person = Loan.objects.get(number="SBX-ACME-RUNNING").borrower.external_id
    return {"number": "SBX-ACME-RUNNING", "reference": offered, "position": "1", "borrower": person}


def narrowed(schema: dict[str, Any], parts: dict[str, str]) -> dict[str, str]:
    """Return the first name that `fields` takes, by address; of the reads whose address can be made of the parts."""
    found = {}
    for template, item in schema["paths"].items():
        given = {each.get("name"): each for each in item.get("get", {}).get("parameters", ())}
        template = template.replace("borrowers/{reference}", "borrowers/{borrower}")
        names = re.findall(r"{(\w+)}", template)
        has_no_more = not any(each.get("required") and each["in"] == "query" for each in given.values())
        if "fields" in given and has_no_more and all(name in parts for name in names):
            path = re.sub(r"{(\w+)}", lambda name: parts[name[1]], template).removeprefix("/api/v1/")
            found[path] = given["fields"]["schema"]["pattern"].removeprefix("^(").partition("|")[0]
    return found


def rows_of(shown: dict[str, Any], name: str) -> list[Any]:
    """Return the rows of a list, and of a document itself."""
    lists = [] if set(shown) == {name} else [each for each in shown.values() if isinstance(each, list)]
    return lists[0] if lists else [shown]


def test_every_read_gives_only_the_fields_that_are_named(acme, client, parts) -> None:
    asked = narrowed(client.get("/api/v1/schema/").json(), parts)

    answers = {path: acme.get(f"{path}?fields={name}") for path, name in asked.items()}
    refused = {path: answers.pop(path).status_code for path in list(answers) if answers[path].status_code != 200}
    shown = {path: answer.json() for path, answer in answers.items()}

    rows = {path: row for path, all_of in shown.items() for row in rows_of(all_of, asked[path])}
    assert {path.rpartition("/")[2]: status for path, status in refused.items()} == NOTHING_THERE
    assert {path: set(row) for path, row in rows.items()} == {path: {asked[path]} for path in rows}
    assert {"loans", "applications", "book"} <= asked.keys()
