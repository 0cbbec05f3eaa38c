"""
What a borrower's own pages tell them at this moment, for staff who hold their file.

Made by the same selectors as the portal, never by signing in as somebody else. That somebody looked is kept.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.reaching import FilePage, PageAtFile, register_page
from collections_mgmt.models import CaseFile
from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.messaging.models import OutboxMessage
from dashu.portal.inbox import Told, told_of
from dashu.portal.own_loans import own_loans
from dashu.portal.presenting import LoanCard, Overview, card_of, overview_of
from dashu.portal.trouble.agreeing import offer_on, plan_of
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import PayoffQuote
from repayments.selectors.standings import standings_of

SHOWN_MESSAGES = 20


def seen_by_borrower(request: HttpRequest, file: CaseFile) -> FilePage:
    """Return what the home, the loans and the messages of a file's borrower say today."""
    today = lender_today()
    loans = list(own_loans(request).filter(borrower=file.borrower_id))
    standings = standings_of(loans, today=today)
    overview = overview_of([card_of(loan, standings.get(loan.pk), today) for loan in loans], currency=file.currency)
    sent = OutboxMessage.objects.visible_to(request.user).filter(
        borrower=file.borrower_id, status=OutboxMessage.Status.SENT
    )
    told = [told_of(message) for message in sent.order_by("-sent_at", "-pk")[:SHOWN_MESSAGES]]
    audit.record(
        action="collections.seen_as_borrower",
        subject_type="borrower",
        subject_id=file.borrower_id,
        actor=actor_of(request),
        data={"file": file.number},
    )
    return FilePage(
        note=_("As it stands on their own pages today. You read it as yourself, and it is kept that you did."),
        figures=_figures(overview, unread=sum(each.is_unread for each in told)),
        tables=[_loans(overview.cards), _offers(loans, today), _messages(told)],
    )


def _figures(overview: Overview, *, unread: int) -> list[Figure]:
    due_on = date_format(overview.next_due_on) if overview.next_due_on else "–"
    return [
        Figure(_("due now"), money(overview.due_now_minor, overview.currency), _("on all loans, penalty included")),
        Figure(_("next due date"), due_on),
        Figure(_("principal still owed"), money(overview.principal_minor, overview.currency)),
        Figure(_("unread messages"), unread, _("among the latest %(shown)s") % {"shown": SHOWN_MESSAGES}),
    ]


def _loans(cards: Sequence[LoanCard]) -> Table:
    return Table(
        title=_("Their loans"),
        columns=[
            Column(_("loan")),
            Column(_("what stands there")),
            Column(_("due now"), is_number=True),
            Column(_("next payment")),
            Column(_("still owed"), is_number=True),
        ],
        rows=[_loan_row(card) for card in cards],
        empty=_("No loan stands on their page."),
    )


def _loan_row(card: LoanCard) -> list[Any]:
    address = reverse("portal:loan", args=[card.number])
    named = format_html('<a href="{}">{}</a> · {}', address, card.number, card.product)
    standing = card.standing
    if standing is None:
        return [named, card.badge.text, "–", "–", "–"]
    coming = "–"
    if standing.next_due and standing.next_due_on:
        coming = f"{money(standing.next_due, card.currency)} · {date_format(standing.next_due_on)}"
    return [
        named,
        card.badge.text,
        money(standing.due_now, card.currency),
        coming,
        money(standing.principal, card.currency),
    ]


def _offers(loans: Sequence[Loan], today: date) -> Table:
    return Table(
        title=_("What is open to them"),
        columns=[Column(_("loan")), Column(_("what")), Column(_("amount"), is_number=True), Column(_("until"))],
        rows=[row for loan in loans for row in _offers_on(loan, today)],
        empty=_("No offer, plan or payoff amount is open."),
    )


def _offers_on(loan: Loan, today: date) -> Iterator[list[Any]]:
    if offer := offer_on(loan):
        what = gettext("Settlement %(reference)s: %(state)s") % {
            "reference": offer.reference,
            "state": offer.get_status_display(),
        }
        yield [loan.number, what, money(offer.total_minor, loan.currency), date_format(offer.accept_by)]
    if plan := plan_of(loan, today=today):
        following = plan.next_part
        what = gettext("Plan %(reference)s of %(count)s payments") % {
            "reference": plan.reference,
            "count": len(plan.parts),
        }
        until = date_format(following.due_on) if following else "–"
        yield [loan.number, what, money(plan.total_minor, loan.currency), until]
    open_quotes = [PayoffQuote.Status.OFFERED, PayoffQuote.Status.ACCEPTED]
    for quote in PayoffQuote.objects.filter(loan=loan, status__in=open_quotes, valid_to__gte=today):
        what = gettext("Amount that pays the loan off: %(state)s") % {"state": quote.get_status_display()}
        yield [loan.number, what, money(quote.total_minor, loan.currency), date_format(quote.valid_to)]


def _messages(told: Sequence[Told]) -> Table:
    return Table(
        title=_("Their messages"),
        columns=[
            Column(_("sent")),
            Column(_("what")),
            Column(_("why")),
            Column(_("how")),
            Column(_("read or arrived")),
        ],
        rows=[
            [
                date_format(localtime(each.sent_at), "SHORT_DATETIME_FORMAT"),
                each.subject,
                wrapped(each.why),
                each.channel,
                _arrival(each),
            ]
            for each in told
        ],
        note=_("The latest %(shown)s. What was written stands with the messages themselves.")
        % {"shown": SHOWN_MESSAGES},
        empty=_("Nothing was sent to them."),
    )


def _arrival(told: Told) -> Any:
    if told.arrival:
        return told.arrival[0]
    return _("not read yet") if told.is_unread else _("read")


register_page(PageAtFile("as-seen", _("What the borrower sees"), seen_by_borrower))
