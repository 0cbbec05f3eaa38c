from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.utils import translation

from dashu.ledger import accounts
from dashu.ledger.chart import InvalidChart, accounts_for, forget_chart, load_chart
from dashu.ledger.models import Account, AccountRole
from loans.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget():
    yield
    forget_chart()


@pytest.fixture
def chart(tmp_path):
    """Write the chart with a change, and return the file."""

    def write(change) -> Path:
        rows = yaml.safe_load(settings.LEDGER_CHART_FILE.read_text(encoding="utf-8"))
        path = tmp_path / "chart.yaml"
        path.write_text(yaml.safe_dump(change(rows) or rows, allow_unicode=True), encoding="utf-8")
        return path

    return write


def account(code: str, kind: str = "ASSET", **more: object) -> dict[str, object]:
    return {"code": code, "kind": kind, "name": {"en": code, "zh-Hans": code, "zh-Hant": code}, **more}


class TestChart:
    def test_has_every_account_that_services_post_to(self):
        assert set(Account.objects.filter(parent=None).values_list("code", flat=True)) == accounts.STANDARD

    def test_names_every_account_in_three_languages(self):
        suspense = Account.objects.get(pk=accounts.UNIDENTIFIED_RECEIPTS)
        names = []
        for language in ("en", "zh-hans", "zh-hant"):
            with translation.override(language):
                names.append(suspense.label)

        assert names == ["Suspense: unidentified receipts", "暂收待查款", "暫收待查款"]
        assert suspense.kind == Account.Kind.LIABILITY

    def test_loads_again_without_change(self):
        before = list(Account.objects.order_by("code").values())
        roles = set(AccountRole.objects.values_list("product", "role", "account"))

        assert load_chart() == 44
        assert list(Account.objects.order_by("code").values()) == before
        assert set(AccountRole.objects.values_list("product", "role", "account")) == roles

    def test_makes_a_code_with_a_point_a_part(self):
        assert list(Account.objects.filter(parent="1301").values_list("code", flat=True)) == [
            "1301.01",
            "1301.02",
            "1301.03",
        ]


class TestAccountsFor:
    def test_gives_each_product_its_own_receivables_and_interest_income(self):
        roles = ["1301", "1311", "1312", "1313", "4001", "1001"]

        found = {product: [accounts_for(product)[role] for role in roles] for product in ("consumer", "card-repayment")}

        assert found == {
            "consumer": ["1301.01", "1311.01", "1312.01", "1313.01", "4001.01", "1001"],
            "card-repayment": ["1301.03", "1311.03", "1312.03", "1313.03", "4001.03", "1001"],
        }

    def test_gives_a_product_the_chart_does_not_name_the_standard_accounts(self):
        assert accounts_for("boat") == {code: code for code in accounts.STANDARD}

    def test_needs_no_statement_when_asked_again(self, django_assert_num_queries):
        accounts_for("sme")

        with django_assert_num_queries(0):
            accounts_for("consumer")

    def test_says_the_same_in_sql(self, rules):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT product.code, chart.role, chart.account_id FROM (SELECT code FROM loans_product"
                " UNION VALUES ('boat'), ('')) AS product CROSS JOIN LATERAL ledger_accounts_of(product.code) AS chart"
            )
            rows = cursor.fetchall()

        assert len(rows) == len(accounts.STANDARD) * (Product.objects.count() + 2)
        assert [account for product, role, account in rows] == [
            accounts_for(product)[role] for product, role, _a in rows
        ]

    def test_follows_a_newly_loaded_chart_at_once(self, chart):
        def open_account_for_boats(rows):
            rows.append(account("1301.04", products=["boat"]))
            rows.append(account("1001.01", products=[""]))

        accounts_for("boat")
        load_chart(chart(open_account_for_boats))

        assert (accounts_for("boat")["1301"], accounts_for("boat")["1001"]) == ("1301.04", "1001.01")
        assert (accounts_for("sme")["1301"], accounts_for("sme")["1001"]) == ("1301.02", "1001.01")

    def test_takes_from_an_account_what_it_no_longer_stands_for_and_keeps_it(self, chart):
        def retire(rows):
            return [row for row in rows if row["code"] != "1301.01"]

        load_chart(chart(retire))

        assert accounts_for("consumer")["1301"] == "1301"
        assert Account.objects.filter(pk="1301.01").exists() is True


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda rows: [row for row in rows if row["code"] != "1390"], "has no account 1390"),
            (lambda rows: [*rows, account("1301.04.1")], "1301.04.1 is a part of 1301.04"),
            (lambda rows: [*rows, account("1301.04", "INCOME")], "of the same kind"),
            (lambda rows: [*rows, account("1301.04", products=["sme"])], "Two accounts stand for 1301"),
            (lambda rows: [*rows, account("1301")], "1301 is in the chart twice"),
            (lambda rows: [*rows, account("13O1")], "is not an account"),
            (lambda rows: [*rows, account("1401", "THING")], "is not an account"),
            (lambda rows: [*rows, {"code": "1401", "kind": "ASSET", "name": {"en": "x"}}], "is not an account"),
            (lambda rows: [*rows, account(1401)], "is not an account"),
            (lambda rows: {"accounts": rows}, "is not an account"),
            (
                lambda rows: [{**row, "kind": "EXPENSE"} if row["code"] == "4005" else row for row in rows],
                "4005 is there already",
            ),
        ],
    )
    def test_a_chart_that_cannot_be_changes_nothing(self, change, sentence, chart):
        before = set(Account.objects.values_list("code", "kind")), AccountRole.objects.count()

        with pytest.raises(InvalidChart, match=sentence):
            load_chart(chart(change))

        assert (set(Account.objects.values_list("code", "kind")), AccountRole.objects.count()) == before
