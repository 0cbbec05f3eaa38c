from datetime import date, timedelta

import pytest

from repayments.domain.statements import Component, Due, Movement, What, statement

DAY = date(2026, 3, 16)
C = Component


def told(*movements, opening=None, closing=None, dues=()):
    opening = opening or {}
    if closing is None:
        closing = dict(opening)
        for movement in movements:
            for component, minor in movement.balances.items():
                closing[component] = closing.get(component, 0) + minor
    return statement(
        first=date(2026, 3, 1), last=date(2026, 4, 30), opening=opening, closing=closing, movements=movements, dues=dues
    )


def penalty(on, minor):
    return Movement(on, "ACCRUAL", f"Close {on}", {C.PENALTY: minor}, {C.PENALTY: minor}, 0)


def payment(on, minor, kind="PAYMENT", description="Payment P1"):
    return Movement(on, kind, description, {C.PRINCIPAL: -minor}, {}, minor)


class TestStatement:
    def test_refuses_books_that_do_not_add_up(self):
        with pytest.raises(AssertionError, match="principal does not reconcile"):
            told(payment(DAY, 100), opening={C.PRINCIPAL: 500}, closing={C.PRINCIPAL: 401})

    def test_penalty_is_one_line_a_month(self):
        nights = [penalty(DAY + timedelta(days=step), 10 + step) for step in range(20)]

        lines = told(*nights).lines

        assert [(line.on, line.to, line.charged_total) for line in lines] == [
            (DAY, date(2026, 3, 31), sum(range(10, 26))),
            (date(2026, 4, 1), date(2026, 4, 4), sum(range(26, 30))),
        ]

    def test_penalty_is_parted_where_something_else_happened(self):
        lines = told(penalty(DAY, 5), payment(DAY, 30), penalty(DAY + timedelta(days=1), 4), opening={C.PRINCIPAL: 100})

        assert [(line.what, line.owed) for line in lines.lines] == [
            (What.PENALTY, 105),
            (What.PAYMENT, 75),
            (What.PENALTY, 79),
        ]

    def test_a_loss_that_we_book_leaves_the_claim_and_a_recovery_lowers_it(self):
        loss = Movement(DAY, "CHARGE_OFF", "Charge-off", {C.PRINCIPAL: -900, C.INTEREST: -80, C.CLAIM: 980}, {}, 0)
        recovery = Movement(DAY + timedelta(days=9), "PAYMENT", "Payment R", {C.CLAIM: -100}, {}, 100)

        lines = told(loss, recovery, opening={C.PRINCIPAL: 900, C.INTEREST: 80}).lines

        assert [(line.what, line.charged_total, line.received, line.owed) for line in lines] == [
            (What.CHARGE_OFF, 980, 0, 980),
            (What.PAYMENT, 0, 100, 880),
        ]

    def test_what_a_payment_finds_due_is_charged_in_its_line(self):
        early = Movement(DAY, "PAYMENT", "Payment P2", {C.PRINCIPAL: -920}, {C.INTEREST: 180}, 1_100)

        [line] = told(early, opening={C.PRINCIPAL: 920}).lines

        assert (line.charged, line.paid) == ({C.INTEREST: 180}, {C.PRINCIPAL: 920, C.INTEREST: 180})

    def test_money_beyond_all_dues_is_a_credit(self):
        over = Movement(DAY, "PAYMENT", "Payment P3", {C.PRINCIPAL: -70, C.CREDIT: -30}, {}, 100)

        shown = told(over, opening={C.PRINCIPAL: 70})

        assert shown.lines[0].paid == {C.PRINCIPAL: 70, C.CREDIT: 30}
        assert shown.closing_owed == -30

    @pytest.mark.parametrize(
        ("cash", "what"),
        [(100, What.PAYMENT_BOOKED_LATE), (-100, What.PAYMENT_RETURNED), (0, What.CORRECTION)],
    )
    def test_a_restatement_is_named_by_its_money(self, cash, what):
        entry = Movement(DAY, "RESTATEMENT", "Payment P", {C.PRINCIPAL: -cash, C.PENALTY: -3}, {C.PENALTY: -3}, cash)

        [line] = told(entry, opening={C.PRINCIPAL: 500, C.PENALTY: 3}).lines

        assert (line.what, line.charged, line.received) == (what, {C.PENALTY: -3}, cash)

    def test_two_installments_of_one_day_have_a_line_each(self):
        dues = [Due(1, DAY, 900, 80, 0), Due(2, DAY, 910, 70, 0)]
        accrual = Movement(DAY, "ACCRUAL", "Close", {C.INTEREST: 150}, {C.INTEREST: 150}, 0)

        lines = told(accrual, dues=dues).lines

        assert [(line.what, line.detail["number"], line.charged_total) for line in lines] == [
            (What.DUE, 1, 150),
            (What.DUE, 2, 0),
        ]

    def test_an_act_without_a_name_of_its_own_keeps_its_kind(self):
        waived = Movement(DAY, "WAIVER", "Waiver", {C.PENALTY: -40}, {}, 0)

        [line] = told(waived, opening={C.PENALTY: 40}).lines

        assert (line.what, line.detail["kind"], line.paid, line.received) == (What.OTHER, "WAIVER", {C.PENALTY: 40}, 0)

    def test_what_is_long_overdue_is_set_apart_and_grows_by_month(self):
        owed = {C.INTEREST: 90, C.PENALTY: 7}
        moved = {C.INTEREST: -90, C.PENALTY: -7, C.SET_APART: 99}
        switch = Movement(DAY, "ACCRUAL", "Close", moved, moved, 0)
        nights = [
            Movement(DAY + timedelta(days=n), "ACCRUAL", "Close", {C.SET_APART: 2}, {C.SET_APART: 2}, 0)
            for n in (1, 2, 3)
        ]

        lines = told(switch, *nights, opening=owed).lines

        assert [(line.what, line.to, line.charged_total, line.owed) for line in lines] == [
            (What.SET_APART, None, 2, 99),
            (What.INTEREST_AND_PENALTY, DAY + timedelta(days=3), 6, 105),
        ]

    def test_paying_what_was_set_apart_pays_interest(self):
        earned = {C.INTEREST: 40, C.SET_APART: -40}
        paid = Movement(DAY, "PAYMENT", "Payment P", {C.SET_APART: -40, C.PRINCIPAL: -60}, earned, 100)

        [line] = told(paid, opening={C.PRINCIPAL: 500, C.SET_APART: 60}).lines

        assert (line.paid, line.owed) == ({C.INTEREST: 40, C.PRINCIPAL: 60}, 460)

    def test_the_price_of_a_sale_is_not_received_from_the_borrower(self):
        sale = Movement(DAY, "SALE", "Sale to B", {C.PRINCIPAL: -900}, {}, 500)
        undone = Movement(DAY, "SALE", "Undo sale 7", {C.PRINCIPAL: 900}, {}, -500)

        lines = told(sale, undone, opening={C.PRINCIPAL: 900}).lines

        assert [(line.what, line.received, line.owed) for line in lines] == [
            (What.OTHER, 0, 0),
            (What.CORRECTION, 0, 900),
        ]
