"""The base segment of Metro 2: fields at their positions, and what has to agree across them."""

from dataclasses import replace
from datetime import date

import pytest

from dashu.credit_reporting.domain.composing import Coding, Said
from dashu.credit_reporting.domain.facts import Happening, MonthFacts
from dashu.credit_reporting.domain.formats import FileFacts, PersonFacts, Totals
from dashu.credit_reporting.domain.layouts import layout
from dashu.credit_reporting.domain.metro2 import METRO2, base_segment, problems_of
from dashu.finance.arrears import Band, Scale

LAYOUT = layout("metro2_426")
MARCH, MARCH_END = date(2026, 3, 1), date(2026, 3, 31)
CODING = Coding(
    by_days=Scale(tuple(Band(days, code) for days, code in ((0, "0"), (30, "1"), (60, "2"), (90, "3"), (180, "6")))),
    marks={"SETTLED": "E"},
    states={"RUNNING": "11", "LATE": "71", "SETTLED": "13", "CHARGED_OFF": "97", "WRITTEN_OFF": "97", "SOLD": "05"},
)
FACTS = MonthFacts(
    loan_id=1, number="DS1", borrower_id=1, currency="USD", product_kind="CONSUMER", month=MARCH, month_end=MARCH_END,
    opened_on=date(2026, 1, 15), starts_on=date(2026, 1, 15), matures_on=date(2027, 1, 15), status="ACTIVE",
    tier="NORMAL", lent=12_000_99, balance=10_145_88, before=11_079_84, raised=0, paid_principal=933_96, reduced=0,
    ended=0, charged_off=0, days_past_due=0, oldest_due_on=None, overdue=0, overdue_by_age={}, periods=12,
    periods_behind=0, periods_left=10, due=1_100_16, paid=1_100_16, latest_paid_on=date(2026, 3, 15), happened=(),
    noted={MARCH: "0"},
)  # fmt: skip
GRID = "B" * 58 + "00"


def late(code: str, days: int, **changes) -> MonthFacts:
    return replace(FACTS, noted={MARCH: code}, days_past_due=days, overdue=2_200_32, **changes)


def segment(facts: MonthFacts = FACTS, **said) -> dict[str, str]:
    return base_segment(LAYOUT, facts, Said(**{"grid": GRID[:-1] + facts.code, **said}), CODING)


class TestPositions:
    def test_are_those_of_the_format(self):
        values = {
            **segment(),
            **METRO2.person(PersonFacts("Amina Okafor", "1", "x", date(1949, 12, 31))),
            **METRO2.frame(LAYOUT, file_facts(), 1, "2"),
        }

        line = LAYOUT.line("base", values)

        assert len(line) == 426
        assert (line[:4], line[4], line[19], line[42:72].strip()) == ("0426", "1", "1", "DS1")
        assert (line[72], line[73:75], line[75:83]) == ("I", "01", "01152026")
        assert (line[92:101], line[101:104], line[104]) == ("000012000", "012", "M")
        assert (line[105:114], line[114:123], line[123:125], line[125]) == ("000001100", "000001100", "11", " ")
        assert (line[126:150], line[154:163], line[163:172]) == ("0" + "B" * 23, "000010145", "000000000")
        assert (line[181:189], line[189:197], line[205:213]) == ("03312026", "00000000", "03152026")
        assert (line[231:256].strip(), line[256:276].strip(), line[306:314], line[324]) == (
            "OKAFOR",
            "AMINA",
            "12311949",
            "1",
        )

    def test_of_header_and_trailer_with_counts_by_status(self):
        totals = Totals()
        for _number in range(2):
            totals.add({"account_status": "71", "born_on": "1"}, balance=0, overdue=0, is_adverse=True)
        header = LAYOUT.line("header", METRO2.header(LAYOUT, file_facts()))
        trailer = LAYOUT.line("trailer", METRO2.trailer(LAYOUT, file_facts(), totals, ""))

        assert (len(header), header[:10], header[47:63]) == (426, "0426HEADER", "0331202604022026")
        assert (len(trailer), trailer[:11], trailer[11:20]) == (426, "0426TRAILER", "000000002")
        assert (trailer[146:155], trailer[83:92], trailer[371:380]) == ("000000002", "000000000", "000000002")


def file_facts() -> FileFacts:
    return FileFacts("METRO2", "DASHU00001", "DASHU", MARCH, MARCH_END, 1, "MONTHLY", None, date(2026, 4, 2))


class TestStatus:
    @pytest.mark.parametrize(
        ("code", "days", "status"),
        [("1", 30, "71"), ("2", 60, "78"), ("3", 90, "80"), ("4", 120, "82"), ("5", 150, "83"), ("6", 180, "84")],
    )
    def test_follows_the_days_and_has_the_first_delinquency(self, code, days, status):
        values = segment(late(code, days), first_late_on=date(2026, 2, 14))

        assert (values["account_status"], values["past_due"]) == (status, "2200")
        assert values["first_late_on"] == "02142026"
        assert list(problems_of(values)) == []

    def test_of_less_than_a_dollar_past_due_tells_one(self):
        values = segment(replace(late("1", 30), overdue=49), first_late_on=date(2026, 2, 14))

        assert (values["account_status"], values["past_due"]) == ("71", "1")
        assert list(problems_of(values)) == []

    def test_of_a_paid_loan_that_was_late_has_the_first_delinquency_of_that_time(self):
        settled = replace(FACTS, status="SETTLED", balance=0, noted={MARCH: "E"})
        values = segment(settled, grid="B" * 58 + "2E", late_before_on=date(2026, 1, 20))

        assert (values["account_status"], values["payment_rating"]) == ("13", "2")
        assert values["first_late_on"] == "01202026"
        assert list(problems_of(values)) == []

    def test_of_29_days_is_current_and_tells_nothing_past_due(self):
        values = segment(late("0", 29))

        assert (values["account_status"], values["past_due"], values["first_late_on"]) == ("11", "0", "")
        assert list(problems_of(values)) == []

    def test_of_a_paid_loan_has_a_rating_a_day_and_no_balance(self):
        values = segment(replace(FACTS, status="SETTLED", balance=0, noted={MARCH: "E"}), grid="B" * 58 + "0E")

        assert (values["account_status"], values["payment_rating"], values["closed_on"]) == ("13", "0", "03152026")
        assert list(problems_of(values)) == []

    def test_of_a_charge_off_has_its_amount_and_paid_it_keeps_it(self):
        lost = late("L", 200, status="CHARGED_OFF", charged_off=9_000_00)
        values = segment(lost, first_late_on=date(2026, 1, 20))
        assert (values["account_status"], values["charge_off"]) == ("97", "9000")
        assert list(problems_of(values)) == []

        repaid = replace(lost, status="SETTLED", overdue=0, balance=0, noted={MARCH: "E"})
        values = segment(repaid, first_late_on=date(2026, 1, 20))
        assert (values["account_status"], values["charge_off"], values["balance"]) == ("64", "9000", "0")
        assert list(problems_of(values)) == []

    def test_of_a_sold_loan_says_so(self):
        values = segment(replace(FACTS, status="SOLD", balance=0, noted={MARCH: "E"}), grid="B" * 58 + "0E")

        assert (values["account_status"], values["special_comment"], values["balance"]) == ("05", "AH", "0")


class TestComments:
    @pytest.mark.parametrize(("code", "comment"), [("CO", "CO"), ("CP", "CP"), ("AU", "")])
    def test_say_what_happened(self, code, comment):
        happened = (Happening(code, MARCH, 0),)

        assert segment(replace(FACTS, happened=happened))["special_comment"] == comment

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"is_disputed": True}, "XB"),
            ({"was_disputed": True}, "XH"),
            ({"was_disputed": True, "statement": "No."}, "XC"),
            ({}, ""),
        ],
    )
    def test_mark_disputes(self, said, code):
        assert segment(**said)["compliance"] == code


class TestHistory:
    def test_has_the_months_before_the_newest_first(self):
        assert segment(grid="B" * 56 + "0120")["history"] == "210" + "B" * 21


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"payment_rating": "0"}, ("payment_rating", "only_for_closed")),
            ({"history": "X" * 24}, ("history", "wrong_form")),
            ({"past_due": "5"}, ("past_due", "does_not_fit_the_status")),
            ({"charge_off": "5"}, ("charge_off", "does_not_fit_the_status")),
            ({"first_late_on": "02142026"}, ("first_late_on", "does_not_fit_the_status")),
            ({"closed_on": "02142026"}, ("closed_on", "does_not_fit_the_status")),
            ({"account_status": "71", "past_due": "5"}, ("first_late_on", "does_not_fit_the_status")),
            (
                {"account_status": "71", "past_due": "5", "first_late_on": "02142025"},
                ("first_late_on", "outside_the_account"),
            ),
            ({"account_status": "13", "payment_rating": "0", "closed_on": "03152026"}, ("balance", "ended_but_owed")),
        ],
    )
    def test_find_what_does_not_agree(self, changes, problem):
        assert list(problems_of({**segment(), **changes})) == [problem]

    def test_find_nothing_in_a_sound_segment(self):
        assert list(problems_of(segment())) == []
        assert list(LAYOUT.problems("base", segment())) == [
            (field, "missing") for field in ("rdw", "processing", "identification", "surname", "first_name")
        ]
