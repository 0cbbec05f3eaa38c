"""
What can be asked next: the links of the OpenAPI document, from an answer to the operations at addresses it names.

A row says which parts of addresses an operation's answer gives. It is linked to every operation whose address is made
of just these parts, so a new operation on a loan or an application is linked by itself. A reference is that of an
application, or, below `/borrowers/`, that of a borrower.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# By operation: the parts of addresses, each a runtime expression of OpenAPI or a plain value.
GIVEN: dict[str, list[dict[str, str]]] = {
    "list_products": [{"code": "$response.body#/products/0/code"}],
    "list_loans": [{"number": "$response.body#/results/0/id"}],
    "list_payments": [{"payment": "$response.body#/results/0/id"}],
    "list_borrowers": [{"borrowers/reference": "$response.body#/results/0/reference"}],
    "list_loan_payments": [{"payment": "$response.body#/results/0/id"}],
    "record_payment": [{"payment": "$response.body#/id"}],
    "record_split_payment": [{"split": "$response.body#/id"}],
    "list_refunds": [{"refund": "$response.body#/results/0/id"}],
    "list_loan_refunds": [{"refund": "$response.body#/results/0/id"}],
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
    "ask_relief": [{"offer": "$response.body#/offers/id"}],
    "make_relief_link": [{"offer": "$request.path.offer"}],
    "list_applications": [{"reference": "$response.body#/results/0/id"}],
    "apply": [
        {"reference": "$response.body#/id"},
        {"reference": "$response.body#/id", "step": "work"},
    ],
    "list_events": [{"event": "$response.body#/results/0/id"}],
    "list_webhook_endpoints": [{"endpoint": "$response.body#/results/0/id"}],
    "create_webhook_endpoint": [{"endpoint": "$response.body#/id"}],
    "list_webhook_deliveries": [{"delivery": "$response.body#/results/0/id"}],
    "list_jobs": [{"job": "$response.body#/results/0/id"}],
    "upload_job": [{"job": "$response.body#/id"}],
    "get_application": [{"reference": "$request.path.reference", "position": "$response.body#/offers/0/position"}],
}


def add_links(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Put the links into the document; a postprocessing hook of drf-spectacular."""
    operations, parts = dict(_operations(result)), dict(_parts(result))
    for name, choices in GIVEN.items():
        if name not in operations:
            continue
        answers = operations[name]["responses"]
        success = next(answer for status, answer in answers.items() if status.startswith("2"))
        links = {link: told for given in choices for link, told in _links(operations, parts, name, given)}
        if links:
            success["links"] = links
    return result


def _links(
    operations: Mapping[str, dict[str, Any]], parts: Mapping[str, set[str]], source: str, given: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    parameters = {name.rpartition("/")[2]: value for name, value in given.items()}
    for name, operation in operations.items():
        if name != source and parts[name] == set(given):
            yield name, {"operationId": name, "parameters": parameters, "description": operation["summary"]}


def _parts(result: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield by operation the parts that its address is made of."""
    for path, item in result["paths"].items():
        parts = {re.sub(r"[{}]", "", part) for part in re.findall(r"(?:borrowers/)?{\w+}", path)}
        for operation in item.values():
            yield operation["operationId"], parts


def _operations(result: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in result["paths"].values():
        for operation in item.values():
            yield operation["operationId"], operation
