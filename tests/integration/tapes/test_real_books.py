"""
The published books, through the live services and the close. Skipped where the folder with them is absent.

The figures to expect are those of the folder's README.
"""

import os
from datetime import date
from pathlib import Path

import pytest

from dashu.tapes.models import AgeingNight, TapeEvent
from dashu.tapes.reconciling import RECONCILERS, Comparison, payments_refused
from dashu.tapes.services.import_tape import Report, import_tape
from dashu.tapes.services.replay_tape import replay_tape
from repayments.selectors.reconciliation import differences

FOLDER = Path(os.environ.get("DASHU_REAL_BOOKS", Path(__file__).resolve().parents[4] / "shared" / "data"))

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.realbook,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published books are not at {FOLDER}"),
]


def load(name: str, file: str, months: str | None = None) -> Report:
    return import_tape(path=FOLDER / file, mapping_name=name, months_path=FOLDER / months if months else None)


def compare(name: str, kind: str, file: str | None = None) -> dict[str, Comparison]:
    return {item.figure: item for item in RECONCILERS[kind](name, FOLDER / file if file else None)}


class TestSuperLender:
    def test_every_night_has_the_ageing_of_the_book(self, rules):
        file = "superlender_prev_loans.csv"
        report = load("superlender", file)
        assert (report.loans_new, report.errors) == (18_183, [])

        replay_tape(source="superlender")

        ageing = compare("superlender", "ageing", file)["ageing of a night"]
        assert (ageing.agree, ageing.total) == (563, 563)
        nights = dict(AgeingNight.objects.values_list("as_of", "by_days"))
        assert nights[date(2016, 12, 31)] == {"0": 562, "1-29": 42, "30-59": 2, "60-89": 1, "90+": 4}
        assert nights[date(2017, 3, 31)] == {"0": 991, "1-29": 41, "30-59": 5, "60-89": 1, "90+": 1}
        assert payments_refused("superlender").disagreements == ()
        assert differences() == []


class TestInstallments:
    def test_lending_club_rounds_up(self, rules):
        report = load("lendingclub", "lendingclub_5k.csv")

        found = compare("lendingclub", "installment")["installment to the cent"]

        assert (report.loans_new, report.errors) == (5_000, [])
        assert found.total == 5_000
        assert found.share >= 0.999

    def test_prosper_rounds_half_up(self, rules):
        report = load("prosper", "prosper_2764.csv")
        assert (report.loans_new, report.loans_known, report.errors) == (2_761, 3, [])

        found = compare("prosper", "installment")["installment to the cent"]

        assert round(found.share, 3) == 0.954

    def test_berka_splits_the_amount_evenly(self, rules):
        report = load("berka", "berka_loans_682.csv")

        found = compare("berka", "installment")["installment to the cent"]

        assert (report.loans_new, report.errors) == (682, [])
        assert (found.agree, found.total) == (682, 682)


class TestWorldOmni:
    def test_a_takeover_with_opening_arrears_ages_without_exception(self, rules):
        report = load("worldomni", "absee_worldomni_2020-07_snapshot.csv")
        assert report.loans_new + len(report.errors) == 4_000
        assert {error.code for error in report.errors} == {"nothing_outstanding"}

        replay_tape(source="worldomni")

        found = compare("worldomni", "snapshot")
        assert found["ageing by the money past due"].disagreements == ()
        assert found["days past due"].disagreements == ()
        assert differences() == []


class TestAmeriCredit:
    def test_month_ends_have_the_servicers_days_past_due(self, rules):
        report = load("amcar", "absee_amcar_loans.csv", months="absee_amcar_months.csv")
        assert (report.loans_new, report.errors) == (24, [])

        replay_tape(source="amcar")

        found = compare("amcar", "months")
        assert found["days past due, loans never extended"].share >= 0.97
        assert found["days past due, all loans"].share >= 0.92
        assert found["days past due, all loans"].total > 390
        assert found["balance within 0.5% of it"].share >= 0.5
        assert TapeEvent.objects.filter(kind="PROCEEDS").count() == 1
        assert differences() == []
