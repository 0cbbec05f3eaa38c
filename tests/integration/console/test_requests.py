"""The request log in the console."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dashu.api.models import ApiCall
from dashu.kernel.dates import lender_now
from tests.integration.api.conftest import register
from tests.integration.console.calls import called

pytestmark = pytest.mark.django_db


def ids(answer) -> list[str]:
    return [str(call.request_id) for call, _client in answer.context["rows"]]


def test_calls_stand_newest_first_and_no_other_partners_among_them(browser, dana, eli):
    first, second = called(dana), called(dana)
    called(eli)

    answer = browser.get("/partner/requests/")

    assert ids(answer) == [str(second.request_id), str(first.request_id)]
    assert "What was sent and answered is never kept here" in answer.content.decode()


def test_each_box_narrows_the_list(browser, dana):
    key, now = register(dana), lender_now()
    called(dana, at=now - timedelta(hours=1))
    wanted = called(
        dana,
        operation="create_quote",
        method="POST",
        status=422,
        code="invalid_amount",
        client_id=key.pk,
        at=now - timedelta(days=3),
    )
    boxes = {
        "operation": "create_quote",
        "status": "422",
        "code": "invalid_amount",
        "client": key.client_id,
        "request_id": str(wanted.request_id),
        "until": f"{now - timedelta(days=2):%Y-%m-%dT%H:%M}",
    }

    for name, value in [*boxes.items(), ("status", "4xx")]:
        assert ids(browser.get("/partner/requests/", {name: value})) == [str(wanted.request_id)], name
    since = {"since": f"{now - timedelta(days=2):%Y-%m-%dT%H:%M}"}
    assert str(wanted.request_id) not in ids(browser.get("/partner/requests/", since))


@pytest.mark.parametrize(("box", "value"), [("status", "many"), ("request_id", "12"), ("since", "yesterday")])
def test_what_makes_no_sense_in_a_box_is_said_and_shows_nothing(browser, dana, box, value):
    called(dana)

    answer = browser.get("/partner/requests/", {box: value})

    assert (answer.status_code, ids(answer)) == (200, [])
    assert "1 field needs another look." in answer.content.decode()


def test_another_partners_key_is_none_to_choose(browser, dana, eli):
    key = register(eli)
    called(dana)

    answer = browser.get("/partner/requests/", {"client": key.client_id})

    assert (ids(answer), answer.context["form"].errors.keys()) == ([], {"client"})


def test_the_second_page_goes_on_where_the_first_ended_and_keeps_the_boxes(browser, dana):
    for _number in range(52):
        called(dana, status=404)
    called(dana)

    first = browser.get("/partner/requests/", {"status": "404"})
    called(dana, status=404)
    second = browser.get(f"/partner/requests/?{first.context['page'].older}")

    assert (len(ids(first)), len(ids(second)), second.context["page"].older) == (50, 2, "")
    assert set(ids(first)).isdisjoint(ids(second))
    assert browser.get("/partner/requests/?cursor=mine").status_code == 404


def test_one_call_is_found_by_its_request_id_by_its_partner_alone(browser, elis, dana):
    call = called(dana, status=404, code="loan_not_found", client_id=register(dana).pk)

    page = browser.get(f"/partner/requests/{call.request_id}/").content.decode()

    assert [each in page for each in (str(call.request_id), "GET get_loan", "loan_not_found", "203.0.113.0/24")] == [
        True
    ] * 4
    assert elis.get(f"/partner/requests/{call.request_id}/").status_code == 404
    assert browser.get(f"/partner/requests/{uuid4()}/").status_code == 404


def test_the_list_asks_the_database_equally_often_for_few_calls_and_for_many(
    browser, dana, django_assert_num_queries, django_assert_max_num_queries
):
    called(dana)
    with django_assert_max_num_queries(12) as first:
        browser.get("/partner/requests/")
    for _number in range(20):
        called(dana)

    with django_assert_num_queries(len(first.captured_queries)):
        browser.get("/partner/requests/")
    assert ApiCall.objects.count() == 21
