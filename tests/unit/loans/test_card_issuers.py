import re
from datetime import date

import pytest
import yaml

from loans.domain.card_issuers import TABLE, Belonging, issuer_table

CREDIT_OF_MERCHANTS = "6225750000112231"
CREDIT_OF_ABC = "5194120000000019"
DEBIT_OF_ICBC = "6222020200112233446"
AMEX_OF_ICBC = "370247000000009"


class TestBelonging:
    @pytest.mark.parametrize(
        ("number", "code", "belonging"),
        [
            (CREDIT_OF_MERCHANTS, "CMB", Belonging.CONFIRMED),
            (CREDIT_OF_MERCHANTS, "ABC", Belonging.ANOTHER_ISSUER),
            (CREDIT_OF_MERCHANTS, "", Belonging.ANOTHER_ISSUER),
            (CREDIT_OF_ABC, "ABC", Belonging.CONFIRMED),
            (AMEX_OF_ICBC, "ICBC", Belonging.CONFIRMED),
            (AMEX_OF_ICBC + "6", "ICBC", Belonging.WRONG_LENGTH),
            (DEBIT_OF_ICBC, "ICBC", Belonging.NOT_CREDIT),
            (DEBIT_OF_ICBC, "CMB", Belonging.NOT_CREDIT),
            ("6200000000000005", "CMB", Belonging.UNKNOWN),
            ("6200000000000005", "", Belonging.UNKNOWN),
        ],
    )
    def test_follows_from_the_first_digits(self, number, code, belonging):
        assert issuer_table().belonging(number, code) is belonging


class TestIssuers:
    @pytest.mark.parametrize("typed", ["招商银行", " 招商 銀行", "china merchants bank", "招行"])
    def test_are_found_by_any_of_their_names(self, typed):
        issuer = issuer_table().called(typed)

        assert issuer is not None
        assert issuer.code == "CMB"

    def test_a_bank_that_is_not_in_the_table_is_nobody(self):
        assert issuer_table().called("绿叶银行") is None

    def test_have_a_name_in_each_language_and_one_that_is_theirs_alone(self):
        table = issuer_table()

        for issuer in table.issuers.values():
            assert set(issuer.names) == {"zh-Hans", "zh-Hant", "en"}
            assert all(table.called(name) is issuer for name in (*issuer.names.values(), *issuer.also))


class TestTable:
    def test_names_its_day_and_at_least_two_sources(self):
        document = yaml.safe_load(TABLE.read_text(encoding="utf-8"))

        assert issuer_table().as_of == date(2026, 11, 29)
        assert len(document["sources"]) >= 2

    def test_has_each_prefix_once_in_order_and_as_digits(self):
        document = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
        lists = [found for entry in document["issuers"] for found in (*entry["credit"].values(), entry["debit"])]
        prefixes = [prefix for found in lists for prefix in found]

        assert len(prefixes) == len(set(prefixes)) == 595
        assert all(found == sorted(found) for found in lists)
        assert all(re.fullmatch(r"[1-9][0-9]{4,5}", prefix) for prefix in prefixes)
