import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.utils.translation import get_language
from drf_spectacular.drainage import reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from dashu.api import published
from tests.integration.api.conftest import documented_refusals

pytestmark = pytest.mark.django_db

OPERATIONS = {
    ("post", "/api/v1/quotes"): ["quotes"],
    ("get", "/api/v1/borrowers"): ["borrowers:read"],
    ("get", "/api/v1/borrowers/{reference}"): ["borrowers:read"],
    ("patch", "/api/v1/borrowers/{reference}"): ["borrowers:read", "applications:write"],
    ("get", "/api/v1/loans"): ["loans:read"],
    ("get", "/api/v1/loans/{number}"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/schedule"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/schedule-versions"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/position"): ["loans:read"],
    ("get", "/api/v1/book"): ["loans:read"],
    ("get", "/api/v1/book/totals"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/payments"): ["payments:read"],
    ("post", "/api/v1/loans/{number}/payments"): ["payments:write"],
    ("get", "/api/v1/payments"): ["payments:read"],
    ("post", "/api/v1/payments"): ["payments:write"],
    ("get", "/api/v1/payments/{payment}"): ["payments:read"],
    ("get", "/api/v1/split-payments/{split}"): ["payments:read"],
    ("get", "/api/v1/loans/{number}/refunds"): ["payments:read"],
    ("post", "/api/v1/loans/{number}/refunds"): ["payments:write"],
    ("get", "/api/v1/refunds"): ["payments:read"],
    ("get", "/api/v1/refunds/{refund}"): ["payments:read"],
    ("post", "/api/v1/refunds/{refund}/withdraw"): ["payments:write"],
    ("get", "/api/v1/loans/{number}/payoff-quotes"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/payoff-quotes"): ["payments:write"],
    ("get", "/api/v1/loans/{number}/payoff-quotes/{quote}"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/payoff-quotes/{quote}/acceptance"): ["payments:write"],
    ("post", "/api/v1/loans/{number}/payoff-quotes/{quote}/settlement"): ["payments:write"],
    ("get", "/api/v1/loans/{number}/documents"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/documents"): ["documents:write"],
    ("get", "/api/v1/loans/{number}/documents/{code}/{file_format}"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/overdue"): ["overdue:read"],
    ("get", "/api/v1/loans/{number}/overdue/history"): ["overdue:read"],
    ("get", "/api/v1/overdue"): ["overdue:read"],
    ("get", "/api/v1/relief-form"): ["relief:read"],
    ("post", "/api/v1/loans/{number}/budget"): ["relief:write"],
    ("get", "/api/v1/loans/{number}/incomes"): ["relief:read"],
    ("post", "/api/v1/loans/{number}/incomes"): ["relief:write"],
    ("post", "/api/v1/loans/{number}/relief-requests"): ["relief:write"],
    ("get", "/api/v1/loans/{number}/restructuring-offers"): ["relief:read"],
    ("get", "/api/v1/restructuring-offers"): ["relief:read"],
    ("get", "/api/v1/restructuring-offers/{offer}"): ["relief:read"],
    ("post", "/api/v1/restructuring-offers/{offer}/link"): ["relief:write"],
    ("get", "/api/v1/reports/portfolio"): ["reports:read"],
    ("get", "/api/v1/reports/cash"): ["reports:read"],
    ("get", "/api/v1/reports/arrears"): ["reports:read"],
    ("get", "/api/v1/reports/vintages"): ["reports:read"],
    ("get", "/api/v1/products"): ["applications:read"],
    ("get", "/api/v1/products/{code}"): ["applications:read"],
    ("post", "/api/v1/products/{code}/quotes"): ["quotes"],
    ("get", "/api/v1/consent-texts"): ["applications:read"],
    ("get", "/api/v1/card-issuers"): ["applications:read"],
    ("get", "/api/v1/applications"): ["applications:read"],
    ("post", "/api/v1/applications"): ["applications:write"],
    ("get", "/api/v1/applications/{reference}"): ["applications:read"],
    ("put", "/api/v1/applications/{reference}/steps/{step}"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/submit"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/withdraw"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/consents/withdraw"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/review"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/offers/reconsider"): ["applications:write"],
    ("post", "/api/v1/applications/{reference}/offers/{position}/choose"): ["applications:write"],
    ("get", "/api/v1/applications/{reference}/offers/{position}/sheet"): ["applications:read"],
    ("get", "/api/v1/applications/{reference}/disclosure"): ["applications:read"],
    ("get", "/api/v1/applications/{reference}/disclosure/pdf"): ["applications:read"],
    ("post", "/api/v1/applications/{reference}/signature-link"): ["applications:write"],
    ("get", "/api/v1/applications/{reference}/signature"): ["applications:read"],
    ("get", "/api/v1/applications/{reference}/documents"): ["applications:read"],
    ("post", "/api/v1/applications/{reference}/documents"): ["applications:write"],
    ("get", "/api/v1/events"): ["events:read"],
    ("get", "/api/v1/events/{event}"): ["events:read"],
    ("get", "/api/v1/webhook-endpoints"): ["webhooks:read"],
    ("post", "/api/v1/webhook-endpoints"): ["webhooks:write"],
    ("get", "/api/v1/webhook-endpoints/{endpoint}"): ["webhooks:read"],
    ("patch", "/api/v1/webhook-endpoints/{endpoint}"): ["webhooks:write"],
    ("delete", "/api/v1/webhook-endpoints/{endpoint}"): ["webhooks:write"],
    ("get", "/api/v1/webhook-endpoints/{endpoint}/secret"): ["webhooks:write"],
    ("post", "/api/v1/webhook-endpoints/{endpoint}/verify"): ["webhooks:write"],
    ("post", "/api/v1/webhook-endpoints/{endpoint}/rotate-secret"): ["webhooks:write"],
    ("post", "/api/v1/webhook-endpoints/{endpoint}/test"): ["webhooks:write"],
    ("post", "/api/v1/webhook-endpoints/{endpoint}/replay"): ["webhooks:write"],
    ("get", "/api/v1/webhook-endpoints/{endpoint}/deliveries"): ["webhooks:read"],
    ("get", "/api/v1/webhook-deliveries/{delivery}"): ["webhooks:read"],
    ("post", "/api/v1/webhook-deliveries/{delivery}/replay"): ["webhooks:write"],
    ("get", "/api/v1/jobs"): ["jobs:read"],
    ("post", "/api/v1/jobs"): ["jobs:write"],
    ("get", "/api/v1/jobs/{job}"): ["jobs:read"],
    ("post", "/api/v1/jobs/{job}/cancel"): ["jobs:write"],
    ("get", "/api/v1/jobs/{job}/results"): ["jobs:read"],
    ("get", "/api/v1/jobs/{job}/refused"): ["jobs:read"],
}


@pytest.fixture
def schema() -> dict[str, Any]:
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(schema):
    return {(method, path): op for path, item in schema["paths"].items() for method, op in item.items()}


class TestSchema:
    def test_is_built_once_for_each_language(self, monkeypatch):
        built = []
        build = published.SchemaGenerator.get_schema
        monkeypatch.setattr(
            published.SchemaGenerator, "get_schema", lambda *a, **how: built.append(get_language()) or build(*a, **how)
        )
        published._rendered.cache_clear()

        answers = [Client().get(f"/api/v1/schema/?lang={lang}") for lang in ("en", "en", "zh-hans", "xx")]
        Client().get("/api/docs/collection.json", headers={"Accept-Language": "en"})

        assert [answer.status_code for answer in answers] == [200] * 4
        assert answers[0].content == answers[1].content
        assert sorted(built) == ["en", "zh-hans"]

    def test_is_valid_openapi_3_1(self, schema):
        assert schema["openapi"] == "3.1.0"
        validate_schema(schema)

    def test_is_written_without_a_warning(self, capsys):
        """Otherwise: name the set of choices in dashu/settings/enum_names.py, or the type of the field."""
        reset_generator_stats()

        SchemaGenerator().get_schema(public=True)

        assert capsys.readouterr().err == ""

    def test_names_no_set_of_choices_by_a_digest(self, schema):
        names = [name for name in schema["components"]["schemas"] if name.endswith("Enum")]

        assert {"LoanStatusEnum", "ApplicationStatusEnum", "DeliveryStatusEnum"} <= set(names)
        assert [name for name in names if re.search(r"[0-9]", name)] == []

    def test_lists_exactly_the_operations_with_their_scopes(self, schema):
        listed = {name: operation["security"] for name, operation in operations(schema).items()}

        assert listed == {name: [{"partner": scopes}] for name, scopes in OPERATIONS.items()}

    def test_says_how_to_get_a_token(self, schema):
        flow = schema["components"]["securitySchemes"]["partner"]["flows"]["clientCredentials"]

        assert flow["tokenUrl"] == "/oauth/token/"
        assert set(flow["scopes"]) == {
            "quotes",
            "borrowers:read",
            "borrowers:personal",
            "loans:read",
            "payments:read",
            "payments:write",
            "overdue:read",
            "relief:read",
            "relief:write",
            "documents:write",
            "applications:read",
            "applications:write",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "jobs:read",
            "jobs:write",
            "reports:read",
        }

    def test_leads_from_an_answer_to_what_can_be_asked_next(self, schema):
        links = schema["paths"]["/api/v1/loans"]["get"]["responses"]["200"]["links"]

        assert links["get_schedule"]["parameters"] == {"number": "$response.body#/results/0/id"}
        assert {"get_position", "record_payment", "quote_payoff", "list_documents"} <= set(links)

    def test_says_that_unknown_names_are_refused(self, schema):
        assert schema["components"]["schemas"]["PaymentInRequest"]["additionalProperties"] is False
        assert schema["components"]["schemas"]["FeeInRequest"]["additionalProperties"] is False

    def test_names_the_fields_that_can_be_asked_for(self, schema):
        parameters = schema["paths"]["/api/v1/loans"]["get"]["parameters"]
        fields = [each for each in parameters if each.get("name") == "fields"]

        assert fields[0]["schema"]["pattern"].startswith("^(id|status|product|")

    def test_has_an_example_for_every_body_every_answer_and_every_error(self, schema):
        assert without_examples(schema) == []

    def test_would_be_found_lacking_one_example(self, schema):
        operation = schema["paths"]["/api/v1/loans/{number}/documents/{code}/{file_format}"]["get"]
        del operation["responses"]["200"]["content"]["application/pdf"]["examples"]
        del operation["responses"]["429"]["content"]

        assert without_examples(schema) == ["download_document 200 application/pdf", "download_document 429"]

    def test_examples_are_what_the_schemas_say(self, schema):
        checked = 0
        for _where, content in contents_of(schema):
            validator = jsonschema.Draft202012Validator({**content["schema"], "components": schema["components"]})
            for example in content["examples"].values():
                validator.validate(example["value"])
                checked += 1
        assert checked > 1000

    def test_examples_of_tables_have_a_heading_and_rows(self, schema):
        tables = [
            list(csv.reader(StringIO(example["value"])))
            for where, content in contents_of(schema)
            if where.endswith(" text/csv")
            for example in content["examples"].values()
        ]

        assert len(tables) >= 6
        assert [table for table in tables if len(table) < 2 or len({len(row) for row in table}) != 1] == []

    def test_every_write_under_a_key_says_how_the_key_is_refused(self, schema):
        refused = {
            (400, "idempotency_key_missing"),
            (400, "idempotency_key_invalid"),
            (409, "idempotency_key_reused"),
            (409, "request_in_progress"),
        }
        keyed = {name for name, operation in operations(schema).items() if takes_a_key(operation)}

        assert {name for name in keyed if not refused <= documented_refusals(*name)} == set()
        # A quote writes nothing.
        writes = {(method, path) for method, path in OPERATIONS if method != "get" and not path.endswith("/quotes")}
        assert keyed == writes


def contents_of(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every content of a body and of an answer, named by operation, status and media type."""
    for operation in operations(schema).values():
        bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for which, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                yield f"{operation['operationId']} {which} {kind}", content


def without_examples(schema: dict[str, Any]) -> list[str]:
    """Return what nothing is shown of: contents without an example, and errors without a content."""
    bare = [where for where, content in contents_of(schema) if not content.get("examples")]
    errors = [
        f"{operation['operationId']} {status}"
        for operation in operations(schema).values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and "application/problem+json" not in answer.get("content", {})
    ]
    return bare + errors


def takes_a_key(operation: dict[str, Any]) -> bool:
    return any(each.get("name") == "Idempotency-Key" and each["required"] for each in operation.get("parameters", ()))
