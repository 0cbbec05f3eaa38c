"""
What this app tells borrowers, beyond the receipt: money taken back, and autopay before and after a collection.

Values: amount_minor, currency, loan_number; of a payment taken back received_on, returned_on and, where something is
due, due_minor; of a payout account, paid_on, due_on and until_on, the last day on which the loan can be given back; of
one that is given back pay_by_on; of autopay account, due_on, collect_on or next_on, and late_after_on where waiting
costs something.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

_ASK = _(
    "If this month is difficult, tell us on your loan's page. Asking costs nothing, and we look for a way together."
)
_PAUSE = _("You can change the day, pause or end autopay at any time on your loan's page.")
_LATE = _("The due date was %(late_after_on)s. Each day after it adds penalty interest; paying yourself stops it.")

for _template in (
    MessageTemplate(
        "repayments.charged_back",
        _("A payment of %(amount)s was taken back"),
        (
            _(
                "Your payment of %(amount)s for loan %(loan_number)s, received on %(received_on)s, was taken back by "
                "your bank on %(returned_on)s, so it no longer counts."
            ),
            _("%(due)s is due now. You can pay it on your loan's page."),
            _("If you did not ask your bank for this, or if something was wrong, tell us; we will look into it."),
        ),
    ),
    MessageTemplate(
        "repayments.refunded",
        _("%(amount)s went back to you"),
        (
            _(
                "%(amount)s of your payment for loan %(loan_number)s, received on %(received_on)s, went back to you "
                "on %(returned_on)s, so it no longer counts."
            ),
            _("%(due)s is due now. You can pay it on your loan's page."),
        ),
    ),
    MessageTemplate(
        "repayments.paid_out",
        _("%(amount)s is there"),
        (
            _("On %(paid_on)s we paid out %(amount)s of loan %(loan_number)s to %(account)s."),
            _("The first payment is due on %(due_on)s. The schedule is on your loan's page."),
            _("Until %(until_on)s you can give the loan back without a reason; only the sum itself is returned then."),
        ),
    ),
    MessageTemplate(
        "repayments.payout_failed",
        _("Our payout did not arrive"),
        (
            _("We could not pay out %(amount)s of loan %(loan_number)s to %(account)s."),
            _(
                "Sign in to name another account of yours. Nothing is owed, and no interest runs until the money is"
                " there."
            ),
            _("You can also withdraw from the contract without cost."),
        ),
    ),
    MessageTemplate(
        "repayments.payout_to_card_failed",
        _("Our payout did not arrive"),
        (
            _("We could not pay out %(amount)s of loan %(loan_number)s to %(account)s."),
            _("We look into it with the bank. Nothing is owed to us, and no interest runs until the money is there."),
            _("Go on paying your card as before. You can also withdraw from the contract without cost."),
        ),
    ),
    MessageTemplate(
        "repayments.payout_given_up",
        _("Contract cancelled without cost"),
        (
            _("The %(amount)s of loan %(loan_number)s could not be paid out, so the contract is cancelled."),
            _("You owe nothing. You can apply again whenever you like."),
        ),
    ),
    MessageTemplate(
        "repayments.part_given_up",
        _("A part of your loan is cancelled without cost"),
        (
            _("The %(amount)s of loan %(loan_number)s could not be paid out, so this part of it is cancelled."),
            _("You owe nothing for it, and the rest of the contract goes on as agreed."),
        ),
    ),
    MessageTemplate(
        "repayments.payout_held",
        _("A part of your loan waits"),
        (
            _("The payout of %(amount)s of loan %(loan_number)s waits. It costs nothing until the money is there."),
            _("Sign in to read what it waits for, and what you can do. Then it is paid out by itself."),
            _("If you do not need this part any more, you can say so there."),
        ),
    ),
    MessageTemplate(
        "repayments.give_back",
        _("How to give loan %(loan_number)s back"),
        (
            _("You give loan %(loan_number)s back. Pay %(amount)s by %(pay_by_on)s; no interest and no fee is owed."),
            _("If less has arrived by then, the loan runs on as agreed."),
        ),
    ),
    MessageTemplate(
        "repayments.given_back",
        _("Loan %(loan_number)s is given back"),
        (_("You have given loan %(loan_number)s back. Nothing is owed any more, and it has cost nothing."),),
    ),
    MessageTemplate(
        "repayments.not_given_back",
        _("Loan %(loan_number)s runs on"),
        (
            _(
                "The sum of loan %(loan_number)s had not arrived in full by %(pay_by_on)s, so the loan runs on as"
                " agreed."
            ),
            _("What you paid counts. You can pay the rest off on any day; interest is owed until then only."),
            _(
                "If this month is difficult, tell us on your loan's page. Asking costs nothing, and we look for a way "
                "together."
            ),
        ),
    ),
    MessageTemplate(
        "autopay.notice",
        _("On %(collect_on)s we collect %(amount)s"),
        (
            _(
                "On %(collect_on)s we collect what is due for loan %(loan_number)s from account %(account)s, "
                "%(amount)s as things stand."
            ),
            _PAUSE,
            _ASK,
        ),
    ),
    MessageTemplate(
        "autopay.tries_again",
        _("%(amount)s could not be collected yet"),
        (
            _(
                "We could not collect %(amount)s for loan %(loan_number)s from account %(account)s. We try again on "
                "%(next_on)s; the try itself costs you nothing."
            ),
            _("If you pay on your loan's page before, we collect nothing more."),
            _LATE,
            _ASK,
        ),
    ),
    MessageTemplate(
        "autopay.not_collected",
        _("%(amount)s could not be collected"),
        (
            _(
                "We could not collect %(amount)s for loan %(loan_number)s from account %(account)s, and we do not try "
                "again for this installment."
            ),
            _("You can pay on your loan's page; a part helps too."),
            _LATE,
            _ASK,
        ),
    ),
    MessageTemplate(
        "autopay.ended",
        _("Autopay for loan %(loan_number)s has ended"),
        (
            _(
                "Account %(account)s no longer allows collections, so autopay for loan %(loan_number)s has ended. "
                "%(amount)s was not collected."
            ),
            _("You can pay on your loan's page, and set up autopay with another account there."),
            _LATE,
            _ASK,
        ),
    ),
):
    register(_template)
