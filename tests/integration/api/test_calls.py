"""What is written down of calls: enough to answer for them, and nothing about the people they were about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from dashu.api import middleware
from dashu.api.models import ApiCall, ApiUsage
from dashu.api.selectors import Usage, usage_by_hour, usage_by_operation
from dashu.api.services.record_call import forget_calls, sum_up_calls
from dashu.api.tasks import forget_old_calls
from dashu.users.models import Partner
from tests import factories
from tests.integration.api.conftest import PAYMENT, PartnerProgram, ask_for_token, register

pytestmark = pytest.mark.django_db

HOUR = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def recorded(program: PartnerProgram, settings) -> PartnerProgram:
    settings.RECORD_API_CALLS = True
    return program


def only_call() -> ApiCall:
    return ApiCall.objects.get()


class TestCall:
    def test_is_written_down_with_what_became_of_it(self, recorded, danas_loan, dana):
        answer = recorded.pay(danas_loan, PAYMENT)

        call = only_call()
        assert (call.partner, call.client.user, call.operation) == (dana, dana.user, "record_payment")
        assert (call.method, call.status, call.code, call.is_replay) == ("POST", 201, "", False)
        assert call.response_bytes == len(answer.content)
        assert call.request_bytes == int(answer.request["CONTENT_LENGTH"])
        assert 0 < call.milliseconds < 60_000
        assert call.network == "127.0.0.0/24"
        assert answer["X-Request-Id"] == str(call.request_id)

    def test_names_neither_the_loan_nor_the_amount_nor_what_was_asked_for(self, recorded, danas_loan):
        recorded.pay(danas_loan, PAYMENT)
        recorded.get(f"loans/{danas_loan.number}/schedule")
        recorded.get("loans?status=ACTIVE")

        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(c::text, ' ') FROM api_apicall c")
            written = cursor.fetchone()[0]
        assert ApiCall.objects.count() == 3
        assert danas_loan.number not in written
        assert "1100.16" not in written
        assert "ACTIVE" not in written

    @pytest.mark.parametrize("path", ["schema/", "errors/", "nothing"])
    def test_of_an_address_that_is_no_operation_is_answered(self, recorded, path):
        answer = recorded.get(path)

        assert only_call().status == answer.status_code == (404 if path == "nothing" else 200)

    def test_of_the_description_is_written_down_by_its_name(self, recorded):
        recorded.get("schema/")

        assert only_call().operation == "get_schema"

    def test_sent_again_says_so(self, recorded, danas_loan):
        recorded.pay(danas_loan, PAYMENT)
        recorded.pay(danas_loan, PAYMENT)

        assert list(ApiCall.objects.order_by("id").values_list("is_replay", flat=True)) == [False, True]

    def test_refused_keeps_the_code(self, recorded):
        recorded.get("loans?colour=red")

        call = only_call()
        assert (call.operation, call.status, call.code) == ("list_loans", 422, "unknown_field")

    def test_without_a_good_token_belongs_to_nobody(self, recorded):
        PartnerProgram(Client(), "guessed").get("loans")

        call = only_call()
        assert (call.partner, call.client, call.status, call.code) == (None, None, 401, "invalid_token")

    def test_of_an_inactive_partner_belongs_to_it(self, recorded, dana):
        dana.is_active = False
        dana.save()

        recorded.get("loans")

        assert (only_call().partner, only_call().code) == (dana, "partner_inactive")

    def test_of_an_address_that_does_not_exist_does_not_name_it(self, recorded):
        recorded.get("people/110101199003078515")

        call = only_call()
        assert (call.operation, call.status, call.code) == ("", 404, "not_found")

    def test_for_a_token_is_one_too(self, dana, settings):
        settings.RECORD_API_CALLS = True
        register(dana)

        ask_for_token("client-of-dana")

        assert (only_call().operation, only_call().status) == ("get_token", 200)

    def test_that_cannot_be_put_together_is_answered_all_the_same(self, recorded, danas_loan, monkeypatch, caplog):
        def broken(*_about):
            raise RuntimeError("no such operation")

        monkeypatch.setattr(middleware, "answered", broken)

        answer = recorded.get(f"loans/{danas_loan.number}")

        assert (answer.status_code, answer.json()["id"]) == (200, danas_loan.number)
        assert ApiCall.objects.exists() is False
        assert answer["X-Request-Id"] in caplog.text

    def test_of_another_page_is_not_written_down(self, recorded):
        answer = recorded.client.get("/accounts/login/")

        assert ApiCall.objects.exists() is False
        assert "X-Request-Id" not in answer

    def test_keeps_only_the_network_of_the_address(self, recorded):
        recorded.client.get("/api/v1/loans", headers=recorded.headers({}), REMOTE_ADDR="2001:db8:1:2:3::4")

        assert only_call().network == "2001:db8:1::/48"

    def test_that_cannot_be_written_down_is_answered_all_the_same(self, recorded, monkeypatch):
        def refuse(_call):
            raise DatabaseError

        monkeypatch.setattr(middleware, "record_call", refuse)

        assert recorded.get("loans").status_code == 200
        assert ApiCall.objects.exists() is False

    def test_costs_one_statement_after_the_answer(self, recorded, django_assert_num_queries):
        recorded.get("loans")

        with django_assert_num_queries(3) as asked:
            recorded.get("loans")

        assert [query["sql"].split()[0] for query in asked.captured_queries] == ["SELECT", "SELECT", "WITH"]

    def test_is_seen_by_its_partner_and_by_staff(self, recorded, dana, administrator):
        recorded.get("loans")

        other = factories.partner("Elif")
        assert ApiCall.objects.visible_to(dana.user).count() == 1
        assert ApiCall.objects.visible_to(administrator).count() == 1
        assert ApiCall.objects.visible_to(other.user).count() == 0


class TestRequestId:
    def test_is_ours_whatever_the_caller_sends(self, program):
        answer = program.get("loans", **{"X-Request-Id": "Amina 13800000000"})

        assert UUID(answer["X-Request-Id"]).version == 4

    def test_comes_with_refusals_too(self, program):
        refused = [PartnerProgram(Client(), None).get("loans"), program.get("nothing"), ask_for_token("nobody")]

        assert len({UUID(answer["X-Request-Id"]) for answer in refused}) == 3


def call(partner: Partner, at: datetime, **more) -> ApiCall:
    return ApiCall.objects.create(
        **{
            "at": at,
            "partner": partner,
            "client": partner.user.oauth2_provider_application.get(),
            "operation": "list_loans",
            "method": "GET",
            "status": 200,
            "milliseconds": 10,
            "request_bytes": 1,
            "response_bytes": 100,
            "request_id": UUID(int=1),
            **more,
        }
    )


class TestUsage:
    @pytest.fixture
    def calls(self, dana) -> None:
        register(dana)
        call(dana, HOUR)
        call(dana, HOUR + timedelta(minutes=59), status=404, milliseconds=30)
        call(dana, HOUR + timedelta(minutes=30), operation="record_payment", status=429, is_replay=True)
        call(dana, HOUR + timedelta(hours=1), status=500)
        call(dana, HOUR + timedelta(hours=3))

    def usage(self, dana, **asked):
        return usage_by_hour(partner_id=dana.pk, since=HOUR, until=HOUR + timedelta(days=1), **asked)

    def test_is_the_same_before_and_after_hours_were_summed_up(self, dana, calls):
        before = self.usage(dana)

        sum_up_calls(now=HOUR + timedelta(hours=2, minutes=30))
        after = self.usage(dana)

        assert before == after
        assert after[HOUR] == Usage(
            calls=3,
            refused=2,
            limited=1,
            failed=0,
            replayed=1,
            milliseconds=50,
            slowest=30,
            request_bytes=3,
            response_bytes=300,
        )
        assert [(hour, each.calls, each.failed) for hour, each in after.items()] == [
            (HOUR, 3, 0),
            (HOUR + timedelta(hours=1), 1, 1),
            (HOUR + timedelta(hours=3), 1, 0),
        ]

    def test_of_an_hour_is_summed_up_only_when_it_is_over(self, dana, calls):
        sum_up_calls(now=HOUR + timedelta(hours=1, minutes=1))
        assert ApiUsage.objects.exists() is False

        sum_up_calls(now=HOUR + timedelta(hours=1, minutes=2))
        assert set(ApiUsage.objects.values_list("hour", "operation", "calls")) == {
            (HOUR, "list_loans", 2),
            (HOUR, "record_payment", 1),
        }

    def test_summed_up_again_is_the_same(self, dana, calls):
        for _time in range(2):
            sum_up_calls(now=HOUR + timedelta(hours=9))

        assert sum(ApiUsage.objects.values_list("calls", flat=True)) == 5

    def test_is_told_by_operation_too(self, dana, calls):
        found = usage_by_operation(partner_id=dana.pk, since=HOUR, until=HOUR + timedelta(days=1))

        assert {name: each.calls for name, each in found.items()} == {"list_loans": 4, "record_payment": 1}

    def test_is_that_of_the_partner_and_client(self, dana, calls):
        other = factories.partner("Elif")

        assert usage_by_hour(partner_id=other.pk, since=HOUR, until=HOUR + timedelta(days=1)) == {}
        assert self.usage(dana, client_id=0) == {}


class TestForgetting:
    def test_deletes_what_is_old_in_batches_and_keeps_the_sums(self, dana, monkeypatch):
        monkeypatch.setattr("dashu.api.services.record_call.BATCH", 2)
        register(dana)
        for days in range(5):
            call(dana, HOUR + timedelta(days=days))
        sum_up_calls(now=HOUR + timedelta(days=9))

        assert forget_calls(before=HOUR + timedelta(days=3)) == 3

        assert ApiCall.objects.count() == 2
        assert ApiUsage.objects.count() == 5

    def test_waits_for_90_days(self, dana):
        register(dana)
        now = datetime.now(UTC)
        call(dana, now - timedelta(days=89))
        call(dana, now - timedelta(days=91))

        forget_old_calls()

        assert only_call().at > now - timedelta(days=90)
