"""
Relief in the demo: an income that fell where a flood came, a campaign that offers, a plan that was signed, and
warnings of the last night for people to look at.

Everything is done by the services. Offers are made only where the next payment is weeks away, so that no payment of
the book meets new terms.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import Count

from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.services.economy import ask_shock
from collections_mgmt.services.observe import CASH_FLOW, Income, note_place, take_income
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.campaigns import ask_start, run_campaigns, write_campaign
from collections_mgmt.services.relief.offer_codes import ask_offer_code
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.read_sheet import open_sheet
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.approvals.services.decide import approve
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import give_consents
from dashu.kernel.dates import LENDER_ZONE, add_months
from dashu.messaging.secret_texts import reaches_phones, shows_secrets
from dashu.policy import rules as policy
from dashu.portal.demo.desk_history import Coming
from dashu.portal.demo.logins import staff_user
from dashu.users.models import Borrower
from loans.models import Loan, Product
from loans.services.draft_contract import Where
from repayments.selectors.standings import standings_of

# Before the last day: incomes fell, the campaign offered, and the first of its offers was signed.
NOTICED_BEFORE, OFFERED_BEFORE, SIGNED_BEFORE = timedelta(days=4), timedelta(days=3), timedelta(days=2)
FEWEST_LEFT, MOST_ASKED = 4, 3_000_00
FIRST_WAVE, SECOND_WAVE = 4, 3
MOST_LOOKED_AT = 200
SITE = "https://demo.dashu.example"
_ESSENTIALS = {"HOUSING": 1_500_00, "FOOD": 1_000_00}
# What is left of the income of now carries so much of the installment; before, there was as much more of it.
_CARRIED, _KEPT = 8, 7
_EVERYBODY: dict[str, object] = {"triggers": [], "strong": False, "regions": [], "sectors": [], "products": []}


def work_on_relief(*, day: date, last_day: date, coming: Coming) -> None:
    """Do what belongs to a day before it is closed; `day` is one of the last of the book."""
    if day == last_day - NOTICED_BEFORE:
        _flood(today=day)
        fitting = _fitting(today=day)
        # In a small book, half of them are kept for the warnings of the last night.
        most = min(FIRST_WAVE, (len(fitting) + 1) // 2)
        if _incomes_fall([loan for loan in fitting if coming(loan.pk, day) is None][:most], today=day):
            _campaign(today=day, last_day=last_day)
    if day == last_day - OFFERED_BEFORE:
        run_campaigns(now=_at(day, time(9, 30)))
    if day == last_day - SIGNED_BEFORE:
        _one_signs(now=_at(day, time(19, 40)))
    if day == last_day:
        _incomes_fall(_fitting(today=day)[:SECOND_WAVE], today=day)


def _fitting(*, today: date) -> list[Loan]:
    """
    Return loans in time that a plan could ease, of people with no other one.

    Who can sign in shows the state that they are named after.
    """
    running = Loan.objects.filter(
        status=Loan.Status.ACTIVE,
        product_terms__product__kind=Product.Kind.CONSUMER,
        borrower__kind=Borrower.Kind.PERSON,
        borrower__user=None,
        borrower__budgets=None,
        events__kind="PAYMENT",
    )
    alone = running.alias(lent=Count("borrower__loans", distinct=True)).filter(lent=1)
    found = alone.select_related("borrower", "balance").order_by("pk")[:MOST_LOOKED_AT]
    loans = [loan for loan in found if loan.borrower.phone]
    standings = standings_of(loans, today=today)
    return [
        loan
        for loan in loans
        if (standing := standings.get(loan.pk))
        and not standing.due_now
        and 0 < standing.next_due <= MOST_ASKED
        and sum(bool(row.unpaid) for row in standing.rows) >= FEWEST_LEFT
    ]


def _flood(*, today: date) -> None:
    asked = ask_shock(
        **_place(today),
        from_on=today,
        to_on=today + timedelta(days=60),
        what="洪水过后，部分店铺和工地停工",
        reason="演示",
        user=staff_user("supervisor"),
        today=today,
        idempotency_key="demo-shock",
    )
    approve(request_id=asked.pk, user=staff_user("admin"), today=today)


def _incomes_fall(loans: Sequence[Loan], *, today: date) -> int:
    """Have banks tell, as these people agreed to, that an income fell; return how many they are."""
    texts = [text.pk for text in latest_texts([CASH_FLOW])]
    for loan in loans:
        person, asked = loan.borrower, standings_of([loan], today=today)[loan.pk].next_due
        now = -(-(sum(_ESSENTIALS.values()) + asked * _CARRIED // 10) * 10 // 9)
        actor = f"borrower:{person.pk}"
        told_at = _at(today - timedelta(days=45), time(20, 15))
        give_consents(borrower_id=person.pk, text_ids=texts, about="", now=told_at, actor=actor)
        state_budget(
            borrower_id=person.pk,
            currency=loan.currency,
            household=1,
            income={"ALL": now * 10 // _KEPT},
            expenses=_ESSENTIALS,
            debts={},
            cause="INCOME",
            now=told_at,
            actor=actor,
        )
        note_place(borrower_id=person.pk, **_place(today), today=today, actor=actor)
        for months in (3, 2, 1, 0):
            credited_on = add_months(today, -months)
            income = Income(
                borrower_number=person.number,
                credited_on=credited_on,
                amount_minor=now if months == 0 else now * 10 // _KEPT,
                currency=loan.currency,
                reference=f"DEMO-{person.number}-{credited_on:%Y%m}",
            )
            take_income(income, source="demo", today=today)
    return len(loans)


def _campaign(*, today: date, last_day: date) -> None:
    """The supervisor writes it, the administrator approves it."""
    writer = staff_user("supervisor")
    campaign = write_campaign(
        name="洪水之后，先问一声",
        audience=_EVERYBODY,
        holdout_bps=0,  # drawn by ids, which an interrupted seeding uses up: the same book has to come of it
        per_day=20,
        quiet_days=30,
        first_on=today,
        last_on=last_day + timedelta(days=30),
        user=writer,
        now=_at(today, time(16, 0)),
    )
    asked = ask_start(
        campaign_id=campaign.pk,
        reason="演示：在逾期之前提供帮助",
        user=writer,
        today=today,
        idempotency_key="demo-campaign",
        preview=[],
    )
    approve(request_id=asked.pk, user=staff_user("admin"), today=today)


def _one_signs(*, now: datetime) -> None:
    """Have the first who was offered something accept what is recommended, where a code could be sent or shown."""
    made = OfferSet.objects.filter(source=OfferSet.Source.CAMPAIGN, status=OfferSet.Status.OPEN)
    offered = made.order_by("borrower__number").first()
    if offered is None or not (reaches_phones() or shows_secrets()):
        return
    quote_anew(set_id=offered.pk, now=now)
    offer = offered.offers.filter(status=RestructuringOffer.Status.OFFERED).order_by("number").first()
    if offer is None:
        return
    actor = f"borrower:{offered.borrower_id}"
    open_sheet(offer_id=offer.pk, now=now - timedelta(minutes=3), actor=actor)
    code = ask_offer_code(offer_id=offer.pk, now=now, actor=actor)
    accept_offer(
        offer_id=offer.pk,
        code=code.sealed_code or "",
        language=offered.borrower.language,
        now=now + timedelta(minutes=1),
        site=SITE,
        where=Where("203.0.113.7", "demo"),
        actor=actor,
    )


def _place(today: date) -> dict[str, str]:
    """Return where the flood came: one region, and whatever one does there."""
    return {"region": next(iter(policy.early_warning_places(today)["regions"])), "sector": ""}


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=LENDER_ZONE)
