import pytest

from dashu.api.reading import only
from tests.integration.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


class TestFields:
    def test_are_those_asked_for(self, program, danas_loan):
        page = program.get("loans?fields=id,status").json()

        assert page == {"results": [{"id": danas_loan.number, "status": "ACTIVE"}], "next_cursor": None}

    def test_unknown_are_refused(self, program):
        assert_problem(program.get("loans?fields=id,salary"), 422, "unknown_field", "fields")

    def test_of_a_page_are_those_of_its_rows(self):
        assert only({"results": [{"id": 1, "status": 2}], "next_cursor": None}, ["id"]) == {
            "results": [{"id": 1}],
            "next_cursor": None,
        }

    def test_are_all_where_none_are_named(self):
        assert only({"id": 1, "status": 2}, None) == {"id": 1, "status": 2}
