"""
What can be asked next: the links of the OpenAPI document, from an answer to the operations at addresses it names.

A row says which parts of addresses an operation's answer gives. It is linked to every operation whose address is made
of just these parts, so a new operation on a loan or an application is linked by itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# By operation: the parts of addresses, each a runtime expression of OpenAPI or a plain value.
GIVEN: dict[str, list[dict[str, str]]] = {
    "list_products": [{"code": "$response.body#/products/0/code"}],
    "list_loans": [{"number": "$response.body#/results/0/id"}],
    "list_payments": [{"payment": "$response.body#/results/0/id"}],
    "list_loan_payments": [{"payment": "$response.body#/results/0/id"}],
    "record_payment": [{"payment": "$response.body#/id"}],
    "record_split_payment": [{"split": "$response.body#/id"}],
    "list_refunds": [{"refund": "$response.body#/results/0/id"}],
    "ask_refund": [{"refund": "$response.body#/id"}],
    "list_payoff_quotes": [{"number": "$request.path.number", "quote": "$response.body#/payoff_quotes/0/id"}],
    "quote_payoff": [{"number": "$request.path.number", "quote": "$response.body#/id"}],
    "list_documents": [
        {"number": "$request.path.number", "code": "$response.body#/documents/0/code", "file_format": "pdf"},
    ],
    "issue_document": [
        {"number": "$request.path.number", "code": "$response.body#/code", "file_format": "pdf"},
    ],
    "list_all_restructuring_offers": [{"offer": "$response.body#/results/0/id"}],
    "list_restructuring_offers": [{"offer": "$response.body#/results/0/id"}],
    "list_applications": [{"reference": "$response.body#/results/0/id"}],
    "apply": [
        {"reference": "$response.body#/id"},
        {"reference": "$response.body#/id", "step": "work"},
    ],
    "get_application": [{"reference": "$request.path.reference", "position": "$response.body#/offers/0/position"}],
}


def add_links(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Put the links into the document; a postprocessing hook of drf-spectacular."""
    operations = dict(_operations(result))
    for name, choices in GIVEN.items():
        if name not in operations:
            continue
        answers = operations[name]["responses"]
        success = next(answer for status, answer in answers.items() if status.startswith("2"))
        links = {link: told for given in choices for link, told in _links(operations, name, given)}
        if links:
            success["links"] = links
    return result


def _links(
    operations: Mapping[str, dict[str, Any]], source: str, given: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations.items():
        parts = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "path"}
        if name != source and parts == set(given):
            yield name, {"operationId": name, "parameters": dict(given), "description": operation["summary"]}


def _operations(result: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in result["paths"].values():
        for operation in item.values():
            yield operation["operationId"], operation
