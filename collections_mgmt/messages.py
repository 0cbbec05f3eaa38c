"""
What this app tells borrowers about what they asked or objected to: that it arrived and that there is an answer. The
words of the answer are on the page only, for whoever is signed in.

Of relief: reference, accept_on, loan_number, ended_numbers, amount_minor, due_on, withdraw_on, overdue_minor,
given_up_minor, cure_on.
Of plans and settlements: loan_number, amount_minor, paid_minor, waived_minor, parts, due_on, accept_on.
Values: reference; due_on, the day of the answer. Before a report: loan_number, amount_minor, due_on, report_on, code.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

for _template in (
    MessageTemplate(
        "collections.help_received",
        _("We have your request for help"),
        (
            _("Your request %(reference)s has arrived. A person reads it and answers by %(due_on)s."),
            _("Until then we do not remind you of these loans, and no penalty interest is added."),
        ),
    ),
    MessageTemplate(
        "collections.help_received_again",
        _("We have your request for help"),
        (
            _("Your request %(reference)s has arrived. A person reads it and answers by %(due_on)s."),
            _("Until then, your contracts go on as they are, with their due dates and our reminders."),
        ),
    ),
    MessageTemplate(
        "collections.help_answered",
        _("There is an answer to your request for help"),
        (_("A person has answered your request %(reference)s. Sign in to read it, and what you can do next."),),
    ),
    MessageTemplate(
        "collections.complaint_received",
        _("We have your complaint"),
        (
            _("Your complaint has the number %(reference)s. A person answers it by %(due_on)s."),
            _("It costs you nothing and is not held against you."),
        ),
    ),
    MessageTemplate(
        "collections.complaint_written_to",
        _("We have a question about your complaint"),
        (_("We wrote to you about your complaint %(reference)s. Sign in to read it and to answer."),),
    ),
    MessageTemplate(
        "collections.complaint_answered",
        _("There is an answer to your complaint"),
        (
            _("A person has answered your complaint %(reference)s. Sign in to read it."),
            _("If it does not help you, you can say so there, or turn to the regulator."),
        ),
    ),
    MessageTemplate(
        "collections.dispute_received",
        _("We look into your credit record"),
        (
            _("Your objection %(reference)s to the record of loan %(loan_number)s has arrived and is marked there."),
            _("You have our answer by %(due_on)s."),
        ),
    ),
    MessageTemplate(
        "collections.dispute_answered",
        _("There is an answer about your credit record"),
        (
            _("A person has looked into your objection %(reference)s to the record of loan %(loan_number)s."),
            _("Sign in to read the answer."),
        ),
    ),
    MessageTemplate(
        "collections.arrangement_made",
        _("Your plan for loan %(loan_number)s"),
        (
            _("You pay %(amount)s for loan %(loan_number)s in %(parts)s payments, the last one by %(due_on)s."),
            _("While you keep to it we do not remind you of this loan. The contract and its dates stay as they are."),
            _("If a payment becomes too much, tell us before its day. On the loan's page you see them all."),
        ),
    ),
    MessageTemplate(
        "collections.arrangement_kept",
        _("Your plan for loan %(loan_number)s is done"),
        (_("All payments of your plan for loan %(loan_number)s are here: %(paid)s. Thank you."),),
    ),
    MessageTemplate(
        "collections.arrangement_broken",
        _("A payment of your plan is missing: loan %(loan_number)s"),
        (
            _("A payment of your plan for loan %(loan_number)s did not come in time, so the plan has ended."),
            _("What you paid, %(paid)s, counts. The loan goes on as its contract says, and we may remind you again."),
            _("If you cannot pay as planned, ask for help on the loan's page. A person answers."),
        ),
    ),
    MessageTemplate(
        "collections.settlement_offered",
        _("An offer to end loan %(loan_number)s"),
        (
            _("You can end loan %(loan_number)s by paying %(amount)s. We keep this offer open up to %(accept_on)s."),
            _("You asked for it, as one of us noted on %(asked_on)s. If that is not so, tell us on these pages."),
            _("Sign in to read what it means, also for your credit record, and decide in peace."),
        ),
    ),
    MessageTemplate(
        "collections.settlement_accepted",
        _("Agreed: how loan %(loan_number)s ends"),
        (
            _("You accepted our offer %(reference)s. The first payment is %(amount)s, by %(due_on)s."),
            _("With the last payment the rest is no longer owed. Until then all of the debt stands."),
        ),
    ),
    MessageTemplate(
        "collections.settlement_completed",
        _("Loan %(loan_number)s has ended"),
        (
            _("You paid %(paid)s as agreed. Loan %(loan_number)s has ended and nothing more is owed on it."),
            _("The rest, %(waived)s, is given up. The credit record says that part of the debt was reduced."),
        ),
    ),
    MessageTemplate(
        "collections.settlement_broken",
        _("The agreement about loan %(loan_number)s has ended"),
        (
            _(
                "A payment agreed on for loan %(loan_number)s did not come in time, so the agreement %(reference)s has"
                " ended."
            ),
            _("All that the contract asks for is owed again, less what you paid: %(paid)s counts."),
            _("If you can still pay, or need another way, tell us. A person answers."),
        ),
    ),
    MessageTemplate(
        "collections.settlement_expired",
        _("Our offer about loan %(loan_number)s has ended"),
        (
            _("Our offer %(reference)s to end loan %(loan_number)s was not accepted in time. Nothing has changed."),
            _("If you would still like to end the loan, tell us."),
        ),
    ),
    MessageTemplate(
        "collections.offer_made",
        _("We have an offer that may make paying easier"),
        (
            _("Sign in to see offer %(reference)s and what each way costs. Decide in peace, up to %(accept_on)s."),
            _("Until then we do not remind you of these loans, and no penalty interest is added."),
            _("It is your choice. If you do nothing, your contract stays as it is."),
        ),
    ),
    MessageTemplate(
        "collections.offer_made_again",
        _("We have an offer that may make paying easier"),
        (
            _("Sign in to see offer %(reference)s and what each way costs. You can accept it up to %(accept_on)s."),
            _("Until you do, your contract goes on as it is, with its due dates and our reminders."),
            _("It is your choice. If you do nothing, your contract stays as it is."),
        ),
    ),
    MessageTemplate(
        "collections.offer_expiring",
        _("Our offer %(reference)s ends soon"),
        (
            _("You can accept our offer %(reference)s up to %(accept_on)s. Sign in to look at it."),
            _("If you do nothing, your contract stays as it is. You can ask for help again at any time."),
        ),
    ),
    MessageTemplate(
        "collections.offer_accepted",
        _("Agreed: the new plan for loan %(loan_number)s"),
        (
            _("Loan %(loan_number)s goes by plan %(reference)s now. The first payment is %(amount)s on %(due_on)s."),
            _("The amendment of your contract is among your papers. It says what it costs and what is reported."),
            _("Up to %(withdraw_on)s you can take it back on the loan's page, as long as nothing was paid since."),
        ),
    ),
    MessageTemplate(
        "collections.autopay_ends",
        _("Autopay does not pay loan %(loan_number)s"),
        (
            _("Autopay was set up for %(ended_numbers)s, which ended when they became loan %(loan_number)s."),
            _("Nothing is collected for the new loan. Its first payment is %(amount)s on %(due_on)s."),
            _("If it is to be collected again, set autopay up on the page of loan %(loan_number)s."),
            _("If you take the plan back, autopay for the loans before goes on as it was."),
        ),
    ),
    MessageTemplate(
        "collections.plan_broken",
        _("A payment of your plan is missing: loan %(loan_number)s"),
        (
            _("A payment of plan %(reference)s for loan %(loan_number)s has not come. %(overdue)s is overdue."),
            _("If it is paid by %(cure_on)s, the plan goes on as agreed. Otherwise it ends."),
            _("%(given_up)s that we gave up would then be owed again."),
            _("If you cannot pay, tell us. A person answers."),
        ),
    ),
    MessageTemplate(
        "collections.plan_cured",
        _("Your plan for loan %(loan_number)s goes on"),
        (_("What was missing of plan %(reference)s for loan %(loan_number)s has come. The plan goes on. Thank you."),),
    ),
    MessageTemplate(
        "collections.plan_ended",
        _("Your plan for loan %(loan_number)s has ended"),
        (
            _("Plan %(reference)s for loan %(loan_number)s has ended, because a payment was missing for too long."),
            _("The schedule stays as it was agreed."),
            _("%(given_up)s that we gave up under the plan is owed again."),
            _("If you need another way, ask for help on the loan's page. A person answers."),
        ),
    ),
    MessageTemplate(
        "collections.plan_completed",
        _("You have paid your plan to its end: loan %(loan_number)s"),
        (
            _("All payments of plan %(reference)s are here, and loan %(loan_number)s has ended. Thank you."),
            _("A certificate of it lies with your papers."),
        ),
    ),
    MessageTemplate(
        "collections.loan_placed",
        _("Who writes and calls about loan %(loan_number)s"),
        (
            _(
                "%(agency)s now contacts you for us about loan %(loan_number)s, up to %(ends_on)s at the longest. You"
                " owe nothing more because of that, and the debt stays with us."
            ),
            _(
                "It knows your name, a few digits of your ID number, your phone and the amount, nothing else. Pay on"
                " these pages as before, never to a person."
            ),
            _(
                "If you are in trouble, or object to something, tell us here. From that moment it no longer contacts"
                " you."
            ),
        ),
    ),
    MessageTemplate(
        "collections.loan_recalled",
        _("Only we contact you about loan %(loan_number)s again"),
        (
            _("%(agency)s no longer contacts you about loan %(loan_number)s. If it still does, tell us here."),
            _("What you paid meanwhile counts in full."),
        ),
    ),
    MessageTemplate(
        "collections.legal_planned",
        _("Before we go to court about loan %(loan_number)s"),
        (
            _("We are going to ask a court to decide about %(amount)s that is overdue on loan %(loan_number)s."),
            _("You can still end this: pay, agree on a plan with us, or ask for help on the loan's page."),
            _("If you think that the amount is wrong, object to it there. Free legal advice is open to you."),
        ),
    ),
    MessageTemplate(
        "collections.before_report",
        _("Before your credit record changes: loan %(loan_number)s"),
        (
            _("The installment of %(due_on)s on loan %(loan_number)s is not paid yet; %(amount)s is open in all."),
            _(
                "If what is due is paid by %(report_on)s, the month is not noted as overdue. Otherwise it is noted with"
                " the code %(code)s."
            ),
            _("If you cannot pay by then, tell us. On the loan's page you can choose a day or ask for a plan."),
            _("If you think that this is wrong, you can object on the page of your credit record."),
        ),
    ),
):
    register(_template)
