"""Answers that the caller has already are not sent again."""

import gzip

import pytest
from django.test import Client

from dashu.api.conditional import PreconditionFailed, PreconditionRequired, entity_tag, require_match
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db


class TestReading:
    def test_again_what_is_the_same_is_answered_without_a_body(self, program, danas_loan):
        first = program.get("loans")

        again = program.get("loans", **{"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
        assert again["Vary"] == first["Vary"]
        assert {"Authorization", "Accept-Language"} <= set(first["Vary"].split(", "))
        assert not {"Content-Type", "Content-Length", "Content-Language"} & set(again.headers)

    def test_what_has_changed_is_answered_anew(self, program, danas_loan):
        first = program.get("loans")
        danas_loan.status = "SETTLED"
        danas_loan.save()

        again = program.get("loans", **{"If-None-Match": first["ETag"]})

        assert again.status_code == 200
        assert again["ETag"] != first["ETag"]

    def test_tags_are_strong_and_compared_weakly(self, program, danas_loan):
        tag = program.get("loans")["ETag"]

        assert tag[0] == tag[-1] == '"'
        for given in (f"W/{tag}", f'"other", {tag}', "*"):
            assert program.get("loans", **{"If-None-Match": given}).status_code == 304
        assert program.get("loans", **{"If-None-Match": tag.strip('"')}).status_code == 200

    def test_other_fields_and_other_languages_have_other_tags(self, program, danas_loan):
        asked = [
            program.get("loans"),
            program.get("loans?fields=id"),
            program.get("loans", **{"Accept-Language": "zh-hans"}),
            program.get("loans", **{"Accept-Language": "zh-hant"}),
        ]

        assert len({answer["ETag"] for answer in asked}) == 4

    def test_compressed_is_the_same_bytes_each_time_under_a_tag_of_its_own(self, program):
        plain = program.get("schema/")
        one, other = (program.get("schema/", **{"Accept-Encoding": "gzip"}) for _time in range(2))

        assert one["Content-Encoding"] == "gzip"
        assert gzip.decompress(one.content) == plain.content
        assert one.content == other.content
        assert one["ETag"] == plain["ETag"][:-1] + '-gzip"'
        assert int(one["Content-Length"]) == len(one.content) < len(plain.content)
        assert "Accept-Encoding" in plain["Vary"]
        known = program.get("schema/", **{"Accept-Encoding": "gzip", "If-None-Match": one["ETag"]})
        assert (known.status_code, known.content) == (304, b"")
        assert "Content-Encoding" not in known

    def test_head_has_the_same_tag(self, program, danas_loan):
        answer = program.client.head("/api/v1/loans", headers=program.headers({}))

        assert (answer.status_code, answer["ETag"]) == (200, program.get("loans")["ETag"])

    def test_head_needs_the_scope_of_get(self, dana):
        program = program_of(dana, scope="quotes")

        assert program.client.head("/api/v1/loans", headers=program.headers({})).status_code == 403

    def test_neither_refusals_nor_writes_have_a_tag(self, program):
        assert "ETag" not in program.get("loans?colour=red")
        assert "ETag" not in program.post("quotes", {})
        assert_problem(program.get("loans?colour=red", **{"If-None-Match": "*"}), 422, "unknown_field", "colour")

    def test_other_pages_are_left_alone(self, db):
        assert "ETag" not in Client().get("/accounts/login/")


class TestRequireMatch:
    document = {"name": "大树", "amount": "1.00"}

    class Asked:
        def __init__(self, given: str | None) -> None:
            self.headers = {} if given is None else {"If-Match": given}

    @property
    def tag(self) -> str:
        return entity_tag('{"name":"大树","amount":"1.00"}'.encode(), language="en-us")

    @pytest.fixture(autouse=True)
    def _english(self, monkeypatch):
        monkeypatch.setattr("dashu.api.conditional.get_language", lambda: "en-us")

    def test_lets_through_what_the_caller_read(self):
        for given in (f'"{self.tag}"', f'"{self.tag}-gzip"', f'"other", "{self.tag}"', "*"):
            require_match(self.Asked(given), self.document)

    @pytest.mark.parametrize("given", ['"other"', "", "no tag"])
    def test_refuses_another_state(self, given):
        with pytest.raises(PreconditionFailed):
            require_match(self.Asked(given), self.document)

    def test_refuses_a_tag_that_was_weakened(self):
        with pytest.raises(PreconditionFailed):
            require_match(self.Asked(f'W/"{self.tag}"'), self.document)

    def test_refuses_an_update_without_the_header_where_it_is_demanded(self):
        with pytest.raises(PreconditionRequired):
            require_match(self.Asked(None), self.document)

        require_match(self.Asked(None), self.document, demanded=False)
