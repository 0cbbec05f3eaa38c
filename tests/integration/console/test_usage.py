"""How much is called, hour by hour or day by day, for the partner and for who works here."""

from datetime import datetime

import pytest
from django.test import Client

from dashu.api.services.record_call import sum_up_calls
from dashu.kernel.dates import LENDER_ZONE
from dashu.users.models import User
from tests import factories
from tests.integration.console.calls import called
from tests.integration.console.conftest import signed_in

pytestmark = pytest.mark.django_db

DAYS = {"first": "2026-03-01", "last": "2026-03-03"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=LENDER_ZONE)


@pytest.fixture
def three_days(dana, eli):
    """Summed up for the first two days, single calls for the third; day and hour are the lender's."""
    for minute, milliseconds in enumerate((10, 30, 50)):
        called(dana, at=at(1, 0, minute), milliseconds=milliseconds)
    called(dana, at=at(1, 23, 30), status=429, code="too_many_requests", operation="create_quote")
    called(dana, at=at(2, 9), status=503)
    called(eli, at=at(2, 9))
    sum_up_calls(now=at(3, 0, 10))
    called(dana, at=at(3, 8), status=404, code="loan_not_found")


def test_the_days_add_up_whether_summed_up_or_not(browser, three_days):
    calls, operations, times = browser.get("/partner/usage/", DAYS).context["charts"]

    assert calls.rows == [("03-01", [3, 0, 1, 0]), ("03-02", [0, 0, 0, 1]), ("03-03", [0, 1, 0, 0])]
    assert operations.rows == [("get_loan", [3, 1, 0, 1]), ("create_quote", [0, 0, 1, 0])]
    assert times.rows == [("03-01", [12, 50]), ("03-02", [12, 12]), ("03-03", [12, 12])]
    assert calls.summary == "6 calls, of which 1 were refused because there were too many at once."


def test_two_days_are_shown_by_the_hour(browser, three_days):
    calls, _operations, times = browser.get("/partner/usage/", {"first": "2026-03-01", "last": "2026-03-02"}).context[
        "charts"
    ]

    assert len(calls.rows) == 48
    assert dict(calls.rows)["03-01 00:00"] == [3, 0, 0, 0]
    assert dict(times.rows)["03-01 00:00"] == [30, 50]
    assert dict(times.rows)["03-01 01:00"] == [None, None]


def test_the_same_comes_as_a_file(browser, three_days):
    answer = browser.get("/partner/usage/", {**DAYS, "format": "csv"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "begins,calls,answered,refused,limited,failed,replayed,p50_ms,p95_ms",
        "2026-03-01T00:00:00+08:00,4,3,1,1,0,0,12,50",
        "2026-03-02T00:00:00+08:00,1,0,0,0,1,0,12,12",
        "2026-03-03T00:00:00+08:00,1,0,1,0,0,0,12,12",
    ]


@pytest.mark.parametrize("last", ["2026-02-27", "2026-07-01", "soon"])
def test_a_range_that_is_none_is_said_and_the_last_week_shown(browser, three_days, last):
    answer = browser.get("/partner/usage/", {"first": "2026-03-01", "last": last})

    assert answer.status_code == 200
    assert answer.context["form"].errors != {}
    assert (answer.context["last"] - answer.context["first"]).days == 6


def test_it_asks_the_database_equally_often_however_long_the_range(
    browser, three_days, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(9) as first:
        browser.get("/partner/usage/", {"first": "2026-03-03", "last": "2026-03-03"})

    with django_assert_num_queries(len(first.captured_queries)):
        browser.get("/partner/usage/", DAYS)


def test_who_works_here_sees_a_partners_usage_where_their_role_shows_partners(dana, three_days, rules):
    administrator = factories.staff("Ada", User.Role.ADMIN)
    User.objects.filter(pk=administrator.pk).update(is_superuser=True)
    collector = factories.staff("Chidi", User.Role.COLLECTOR)

    page = _as(administrator).get(f"/partner/usage/of/{dana.code}/", DAYS)
    assert page.context["charts"][0].rows[0] == ("03-01", [3, 0, 1, 0])
    link = _as(administrator).get(f"/admin/users/partner/{dana.pk}/usage/")
    assert link.headers["Location"] == f"/partner/usage/of/{dana.code}/"
    may_view = collector.has_perm("users.view_partner")
    assert _as(collector).get(f"/partner/usage/of/{dana.code}/").status_code == (200 if may_view else 404)
    assert signed_in(dana).get(f"/partner/usage/of/{dana.code}/").status_code == 404


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
