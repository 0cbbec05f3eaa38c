import pytest

from dashu.messaging.templates import MessageIncomplete, UnknownTemplate, all_templates, render
from tests import samples  # noqa: F401 – registers them

PARAMS = {"amount_minor": 1_234_50, "currency": "CNY", "due_on": "2026-01-31", "loan_number": "L7"}


class TestRender:
    def test_writes_amount_and_date_the_readers_way(self):
        english = render("sample.upcoming", PARAMS, "en")

        assert english.subject == "CN¥1,234.50 is due on January 31, 2026"
        assert english.body.splitlines() == [
            "CN¥1,234.50 for loan L7 is due on January 31, 2026.",
            "You can pay on your loan's page.",
        ]

    def test_leaves_out_sentences_whose_values_are_not_given(self):
        receipt = {"amount_minor": 500_00, "loan_number": "L7", "received_on": "2026-02-01", "reference": "P-9"}

        short = render("repayments.receipt", receipt, "en")
        full = render("repayments.receipt", {**receipt, "next_amount_minor": 700_00, "next_due_on": "2026-03-01"}, "en")

        assert len(short.body.splitlines()) == 2
        assert "The next payment is CN¥700.00, due on March 1, 2026." in full.body

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount_minor": None},
            {"due_on": None},
            {"amount_minor": "12.50"},
            {"amount_minor": 12.5},
            {"due_on": "soon"},
        ],
    )
    def test_refuses_values_that_are_missing_or_malformed(self, wrong):
        with pytest.raises(MessageIncomplete):
            render("sample.due_today", {**PARAMS, **wrong}, "en")

    def test_refuses_a_template_that_does_not_exist(self):
        with pytest.raises(UnknownTemplate, match=r"reminder\.unknown"):
            render("reminder.unknown", PARAMS, "en")

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
    def test_every_template_can_be_written_in_every_language(self, language):
        days = (
            "received_on",
            "next_due_on",
            "returned_on",
            "collect_on",
            "next_on",
            "late_after_on",
            "from_on",
            "pay_by_on",
            "paid_on",
            "until_on",
            "report_on",
            "accept_on",
            "ends_on",
            "withdraw_on",
            "cure_on",
            "noted_on",
            "asked_on",
            "home_on",
            "work_on",
        )
        happened = ("payment", "settlement", "reversal", "waiver", "fee", "refund")
        amounts = (
            "next_amount",
            "due",
            "left_to_pay",
            "left_before",
            "overdue",
            "next_due",
            "paid",
            "waived",
            "given_up",
            *happened,
        )
        texts = {
            "reference": "P-9",
            "lender": "Dashu",
            "title": "A budget in an evening",
            "when": "March 1, 18:00",
            "place": "The library",
            "clock": "18:00",
            "reason": "The speaker is ill.",
            "contract": "L7",
            "ended_numbers": "L5, L6",
            "account": "•••• 6789",
            "link": "https://loans.example/P-9",
            "parts": 3,
            "agency": "North",
            "opens": "21:00",
            "closes": "22:00",
            "code": "1",
            "years": "3",
        }
        params = {**PARAMS, **dict.fromkeys(days, "2026-02-01"), **{f"{name}_minor": 1 for name in amounts}, **texts}

        for template in all_templates():
            text = render(template.code, params, language)

            assert text.subject
            assert text.body
            of_no_loan = ("privacy.", "messages.", "messaging.", "education.")
            if not template.code.startswith(of_no_loan):
                assert any(number in text.subject + text.body for number in ("L7", "P-9")), template.code
            assert "%(" not in text.subject + text.body

    @pytest.mark.parametrize(
        ("language", "subject"),
        [("zh-hans", "我们已收到 ¥1,234.50"), ("zh-hant", "我們已收到 CN¥1,234.50")],
    )
    def test_speaks_the_borrowers_language(self, language, subject):
        receipt = {**PARAMS, "received_on": "2026-02-01"}

        assert render("repayments.receipt", receipt, language).subject == subject
