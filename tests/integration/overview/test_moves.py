"""Where loans stood at both ends of a month, and the rates that follow."""

from decimal import Decimal

import pytest

from collections_mgmt.models import BucketMove, CloseRun, DeskDay, LoanMove
from collections_mgmt.selectors.overview import Scope, moves_of, portfolios
from collections_mgmt.services.write_desk_figures import write_desk_figures
from dashu.kernel.dates import lender_now
from dashu.policy.rules import delinquency_buckets
from tests.integration.overview.conftest import FEBRUARY, JANUARY, MARCH, close

pytestmark = pytest.mark.django_db

CNY = Scope("CNY")


def moves():
    started = portfolios({FEBRUARY: delinquency_buckets(FEBRUARY)}, CNY)
    return moves_of([MARCH], CNY, started)[MARCH]


class TestMoves:
    def test_of_a_month(self, book):
        kept = LoanMove.objects.filter(month_end=MARCH)
        month = moves()

        assert {move.loan_id: (move.bucket_before, move.bucket, move.was_contacted) for move in kept} == {
            book.amina.pk: ("M1", "CURRENT", True),
            book.brook.pk: ("M1", "CURRENT", False),
            book.chen.pk: ("CURRENT", "M1", False),
            book.eve.pk: ("M1", "M2", False),
        }
        assert {pair: worth.loans for pair, worth in month.cells.items()} == {
            ("M1", "CURRENT"): 2,
            ("M1", "M2"): 1,
            ("CURRENT", "M1"): 1,
            ("CURRENT", "SETTLED"): 1,
            ("NEW", "CURRENT"): 1,
        }
        assert month.share("M1", "M2", by_balance=False) == Decimal("0.3333")
        # Eve's 12,000.00 of the three times 12,000.00 that were in M1 when the month began
        assert month.share("M1", "M2", by_balance=True) == Decimal("0.3333")
        # Chen's 11,079.84 of the 22,159.68 of Chen and Dai
        assert month.share("CURRENT", "M1", by_balance=True) == Decimal("0.5000")
        assert month.share("M2", "M3", by_balance=False) is None
        assert (month.cured, month.behind_before, month.cure_rate) == (2, 3, Decimal("0.6667"))
        assert (month.cured_alone, month.self_cure_rate) == (1, Decimal("0.5000"))

    def test_are_the_same_when_the_figures_are_written_again(self, book):
        before = list(BucketMove.objects.order_by("pk").values())

        assert write_desk_figures(through=MARCH, now=lender_now()) == 0
        DeskDay.objects.all().delete()
        assert write_desk_figures(through=MARCH, now=lender_now()) == 4

        assert list(BucketMove.objects.order_by("pk").values()) == before


class TestOwedDays:
    def test_are_made_good_in_order_after_the_figures_failed(self, loan, monkeypatch):
        def fail(**_given: object) -> int:
            raise RuntimeError("the figures cannot be written")

        with monkeypatch.context() as broken:
            broken.setattr("collections_mgmt.services.close_day.write_desk_figures", fail)
            with pytest.raises(RuntimeError):
                close(JANUARY)
        assert CloseRun.objects.get(business_date=JANUARY).status == CloseRun.Status.CLOSED
        assert not DeskDay.objects.exists()

        close(FEBRUARY)

        days = DeskDay.objects.order_by("written_at", "business_date").values_list("business_date", flat=True)
        assert list(days) == [JANUARY, FEBRUARY]
        assert BucketMove.objects.filter(month_end=JANUARY, bucket_before="NEW").count() == 1
