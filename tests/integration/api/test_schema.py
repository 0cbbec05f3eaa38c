import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.django_db

OPERATIONS = {
    ("post", "/api/v1/quotes"): ["quotes"],
    ("get", "/api/v1/loans"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/schedule"): ["loans:read"],
    ("get", "/api/v1/loans/{number}/position"): ["loans:read"],
    ("get", "/api/v1/book"): ["loans:read"],
    ("get", "/api/v1/book/totals"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/payments"): ["payments:write"],
    ("post", "/api/v1/payments"): ["payments:write"],
    ("get", "/api/v1/loans/{number}/payoff-quotes"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/payoff-quotes"): ["payments:write"],
    ("post", "/api/v1/loans/{number}/payoff-quotes/{quote}/acceptance"): ["payments:write"],
    ("post", "/api/v1/loans/{number}/payoff-quotes/{quote}/settlement"): ["payments:write"],
    ("get", "/api/v1/loans/{number}/documents"): ["loans:read"],
    ("post", "/api/v1/loans/{number}/documents"): ["documents:write"],
    ("get", "/api/v1/loans/{number}/documents/{code}/{file_format}"): ["loans:read"],
    ("get", "/api/v1/products"): ["applications:read"],
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
    ("get", "/api/v1/applications/{reference}/documents"): ["applications:read"],
    ("post", "/api/v1/applications/{reference}/documents"): ["applications:write"],
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
    def test_is_valid_openapi_3_1(self, schema):
        assert schema["openapi"] == "3.1.0"
        validate_schema(schema)

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

    def test_examples_are_what_the_schemas_say(self, schema):
        checked = 0
        for operation in operations(schema).values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            contents = [content for body in bodies for content in body.get("content", {}).items()]
            for content in [content for kind, content in contents if "json" in kind]:
                assert content["examples"]
                validator = jsonschema.Draft202012Validator({**content["schema"], "components": schema["components"]})
                for example in content["examples"].values():
                    validator.validate(example["value"])
                    checked += 1
        assert checked > 50
