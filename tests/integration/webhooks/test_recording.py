"""Events are written with what they tell of, and read in an order that nobody can fall out of."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from dashu import events
from dashu.kernel.dates import lender_now
from dashu.users.models import Partner
from dashu.webhooks.models import PartnerEvent
from dashu.webhooks.selectors import feed_page
from dashu.webhooks.services import record
from dashu.webhooks.services.positions import place_events
from dashu.webhooks.services.tidying import KEPT_FOR, tidy_events
from tests import factories


def tell(partner: Partner, subject: str = "here") -> None:
    record(partner_id=partner.pk, type="webhook.test", subject=subject, data={"endpoint": subject})


def read(partner: Partner, after: int | None = None) -> list[str]:
    assert partner.user is not None
    return [event.subject for event in feed_page(user=partner.user, partner=partner, after=after, limit=50).events]


def counted(partner: Partner) -> list[int | None]:
    return [*PartnerEvent.objects.filter(partner=partner).order_by("id").values_list("position", flat=True)]


@pytest.mark.django_db
class TestRecord:
    def test_is_in_the_feed_once_it_is_placed(self, dana):
        tell(dana)
        before = read(dana)
        place_events()

        assert (before, read(dana)) == ([], ["here"])

    def test_leaves_nothing_of_a_write_that_was_rolled_back(self, dana):
        with transaction.atomic():
            tell(dana)
            transaction.set_rollback(True)

        assert PartnerEvent.objects.exists() is False

    def test_tells_nobody_of_what_no_partner_brought(self):
        record(partner_id=None, type="webhook.test", subject="x", data={"endpoint": "x"})

        assert PartnerEvent.objects.exists() is False

    def test_tells_nobody_of_a_history_that_is_written_down(self, dana):
        with events.silenced():
            tell(dana)

        assert PartnerEvent.objects.exists() is False

    def test_takes_only_what_the_catalog_lists(self, dana):
        with pytest.raises(AssertionError, match="nobody listed"):
            record(partner_id=dana.pk, type="loan.vanished", subject="x", data={})
        with pytest.raises(AssertionError, match="other fields"):
            record(partner_id=dana.pk, type="webhook.test", subject="x", data={"name": "Amina"})

        assert PartnerEvent.objects.exists() is False

    def test_another_partner_reads_nothing_of_it(self, dana):
        brook = factories.partner("Brook")
        tell(dana)
        place_events()

        assert read(brook) == []

    def test_each_partner_has_a_count_of_its_own(self, dana):
        """Else a partner would learn from its numbers how much others bring."""
        brook = factories.partner("Brook")
        for partner in (brook, dana, brook, brook):
            tell(partner)
        place_events()
        for partner in (dana, brook):
            tell(partner)
        place_events()

        assert counted(dana) == [1, 2]
        assert counted(brook) == [1, 2, 3, 4]

    def test_the_count_goes_on_where_everything_was_deleted(self, dana):
        for _time in range(3):
            tell(dana)
        place_events()
        tidy_events(now=lender_now() + KEPT_FOR + timedelta(days=1))
        assert counted(dana) == []

        tell(dana)
        place_events()

        assert counted(dana) == [4]


@pytest.mark.django_db(transaction=True)
class TestPositions:
    def test_a_write_that_commits_later_comes_after_what_was_read(self, dana):
        """The one who began first has the smaller id, and commits last."""
        began, may_end = threading.Event(), threading.Event()

        def slow() -> None:
            try:
                with transaction.atomic():
                    tell(dana, "slow")
                    began.set()
                    assert may_end.wait(10)
            finally:
                connections.close_all()

        writer = threading.Thread(target=slow)
        writer.start()
        assert began.wait(10)
        tell(dana, "quick")
        place_events()
        assert dana.user is not None
        page = feed_page(user=dana.user, partner=dana, after=None, limit=50)
        may_end.set()
        writer.join()
        place_events()

        assert [event.subject for event in page.events] == ["quick"]
        assert read(dana, page.after) == ["slow"]
        assert [*PartnerEvent.objects.order_by("id").values_list("subject", flat=True)] == ["slow", "quick"]

    def test_one_at_a_time_places_events(self, dana):
        """Whoever comes second waits until the first has committed, and finds nothing left to do."""
        tell(dana)
        counts: list[int] = []

        def place() -> None:
            try:
                counts.append(place_events())
            finally:
                connections.close_all()

        second = threading.Thread(target=place)
        with transaction.atomic():
            place_events()
            second.start()
            _wait_for_a_waiter()
        second.join()

        assert counts == [0]
        assert PartnerEvent.objects.filter(position=None).exists() is False


def _wait_for_a_waiter() -> None:
    for _try in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waited")
