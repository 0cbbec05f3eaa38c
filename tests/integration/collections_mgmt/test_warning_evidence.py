"""What early warning is worth on the published books: the figures, pinned; skipped where the books are absent."""

import json

import pytest
from django.core.management import call_command

from tests.integration.tapes.books import FOLDER

ON = "2026-11-30"
needs_books = [
    pytest.mark.realbook,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published books are not at {FOLDER}"),
]


def told(capsys, *given, **options):
    call_command("early_warning_evidence", *given, **options)
    return capsys.readouterr().out


def of_book(capsys, book):
    return [json.loads(line) for line in told(capsys, str(FOLDER), f"--book={book}", f"--on={ON}").splitlines()]


def table(found):
    rows = found["table"]
    return [rows[row][column] for row in ("warned", "not_warned") for column in ("late", "fine")]


class TestCards:
    pytestmark = needs_books

    @pytest.fixture
    def found(self, capsys):
        return of_book(capsys, "uci_taiwan_cards")

    def test_are_played_with_the_champion_and_the_challenger(self, found):
        assert [(each["scorecard"], each["loans"]) for each in found] == [("behavior-1", 1629), ("behavior-2", 1629)]
        assert found[0]["shows"] == ["ONLY_THE_LEAST", "PARTIAL_PAYMENTS", "SCORE_DOWN"]
        assert "PAYS_LATER" in found[0]["cannot_show"]
        assert len(found[0]["assumptions"]) == 6

    def test_show_what_rules_score_and_both_would_have_done(self, found):
        by = {name: table(each) for name, each in found[0]["by"].items()}

        assert by == {
            "rules only": [0, 0, 291, 1338],
            "score only": [72, 92, 219, 1246],
            "rules and score": [8, 4, 283, 1334],
            "any one trigger": [81, 134, 210, 1204],
        }

    def test_give_each_figure_its_interval(self, found):
        both = found[0]["by"]["rules and score"]

        assert both["base_rate"]["value"] == 0.1786
        assert both["precision"] == {"value": 0.6667, "interval": [0.3906, 0.8619]}
        assert both["recall"] == {"value": 0.0275, "interval": [0.014, 0.0533]}
        assert both["lift"] == {"value": 3.732, "interval": [2.1867, 4.8248]}
        assert both["false_offer_rate"] == {"value": 0.003, "interval": [0.0012, 0.0077]}
        assert both["lead_months"] == {"median": 2.0, "interval": [2.0, 2.0], "quartiles": [2.0, 2.0]}

    def test_show_what_bills_and_limits_would_add(self, found):
        assert table(found[1]["by"]["score only"]) == [69, 84, 222, 1254]


class TestVehicles:
    pytestmark = needs_books

    def test_are_too_few_to_say_much(self, capsys):
        (found,) = of_book(capsys, "absee_amcar")

        assert found["loans"] == 24
        assert table(found["by"]["rules and score"]) == [2, 4, 7, 11]
        assert table(found["of_each_trigger"]["PAYS_LATER"]) == [4, 12, 5, 3]
        assert found["of_each_trigger"]["PAYS_LATER"]["lead_months"]["quartiles"] == [5.0, 6.0]


class TestShortLoans:
    pytestmark = needs_books

    def test_show_how_far_a_drift_of_the_day_of_payment_warns(self, capsys):
        (found,) = of_book(capsys, "superlender")

        assert found["loans"] == 1462
        assert found["shows"] == ["PAYS_LATER"]
        drift = found["of_each_trigger"]["PAYS_LATER"]
        assert table(drift) == [8, 210, 17, 1227]
        assert drift["lift"] == {"value": 2.1461, "interval": [1.0942, 4.1363]}
        assert table(found["by"]["rules only"]) == [0, 0, 25, 1437]


class TestCommand:
    def test_refuses_a_folder_without_the_book(self, capsys, tmp_path):
        with pytest.raises(SystemExit):
            call_command("early_warning_evidence", str(tmp_path), "--book=absee_amcar", f"--on={ON}")

        assert json.loads(capsys.readouterr().out)["error"]["code"] == "book_missing"

    def test_prints_a_table_for_people(self, capsys, tmp_path):
        (tmp_path / "superlender_prev_loans.csv").write_text(
            "customerid,loannumber,firstduedate,firstrepaiddate\n"
            + "".join(
                f"C1,{number},2016-{number:02}-10,2016-{number:02}-{day}\n"
                for number, day in enumerate([10, 10, 10, 20, 21, 22], start=1)
            )
            + "C1,7,2016-07-10,2016-08-20\n"
        )

        found = told(capsys, str(tmp_path), "--book=superlender", f"--on={ON}", "--table")

        assert "superlender, behavior-1: 1 loans" in found
        assert "any one trigger" in found
        assert "months before the arrears: median 2.6 (2.6 to 2.6)" in found
        assert "cannot show: AUTOPAY_FAILED" in found
