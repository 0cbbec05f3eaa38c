"""What is given up says so for half a year before it goes."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import get_resolver, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dashu.api.schema import problems
from dashu.api.views import PartnerView

pytestmark = pytest.mark.django_db


class OldQuotes(PartnerView):
    scopes = {"GET": ["quotes"]}
    deprecated_on = date(2026, 1, 1)
    sunset_on = date(2026, 7, 1)
    successor = "/api/v1/quotes"

    @extend_schema(operation_id="old_quote", responses={200: None, **problems()})
    def get(self, request: Request) -> Response:
        return Response({})


class Lasting(PartnerView):
    scopes = {"GET": ["quotes"]}

    @extend_schema(operation_id="lasting", responses={200: None, **problems()})
    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("api/v1/old-quotes", OldQuotes.as_view()),
    path("api/v1/lasting", Lasting.as_view()),
    *get_resolver("dashu.urls").url_patterns,
]


def views(patterns: Any) -> Iterator[type[PartnerView]]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern.url_patterns)
        elif issubclass(view := getattr(pattern.callback, "view_class", object), PartnerView):
            yield view


class TestDeprecation:
    @pytest.fixture(autouse=True)
    def _old(self, settings):
        settings.ROOT_URLCONF = __name__

    def test_is_told_with_every_answer(self, program):
        for answer in (program.get("old-quotes"), program.post("old-quotes", {})):
            assert answer["Deprecation"] == "@1767196800"
            assert answer["Sunset"] == "Tue, 30 Jun 2026 16:00:00 GMT"
            assert answer["Link"] == '</api/v1/quotes>; rel="successor-version"'

    def test_is_marked_in_the_schema(self):
        paths = SchemaGenerator(patterns=urlpatterns[:2]).get_schema(public=True)["paths"]

        old = paths["/api/v1/old-quotes"]["get"]
        assert old["deprecated"] is True
        assert {"Deprecation", "Sunset"} <= set(old["responses"]["200"]["headers"])
        assert "deprecated" not in paths["/api/v1/lasting"]["get"]

    def test_is_not_told_of_what_lasts(self, program):
        answer = program.get("lasting")

        assert answer.status_code == 200
        assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers)


class TestSunset:
    def test_comes_half_a_year_after_deprecation_at_the_earliest(self):
        found = [*views(get_resolver("dashu.urls").url_patterns), OldQuotes]

        assert len(found) > 2
        for view in found:
            if view.sunset_on:
                assert view.deprecated_on
                assert view.sunset_on - view.deprecated_on >= timedelta(days=180), view
