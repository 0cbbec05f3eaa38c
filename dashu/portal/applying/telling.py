"""An application in words: what was answered, what happened, and what was decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_date
from dashu.portal.applying.forms import STEP_FORMS
from dashu.portal.applying.steps import TITLES
from dashu.web.templatetags.dashu import money, percent
from loans.domain.application_facts import ESSENTIALS, Step, steps_of
from loans.domain.card_comparison import CardDebt, Comparison, compare
from loans.domain.offers import Why
from loans.domain.tranches import Part, parts_of_json
from loans.event_words import event_in_words
from loans.models import Application, CreditReview, Offer, ReviewRequest
from loans.reason_words import ReasonWords
from loans.review_words import limits_of_review, review_in_words, ways_of_review
from loans.selectors.decisions import may_ask_for_review
from loans.services.offer_sheets import parts_of_offer, product_of_offer, terms_of_offer


@dataclass(frozen=True, slots=True)
class Section:
    """What was answered to one step. :param facts: pairs of a label and what was said."""

    step: Step
    title: Any
    facts: list[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Happened:
    what: Any
    at: datetime
    is_latest: bool


def timeline_of(application: Application) -> list[Happened]:
    """Return what happened that concerns the applicant, the latest first."""
    events = application.events.filter(is_internal=False).order_by("-id")
    return [Happened(event_in_words(event), event.at, is_latest=not place) for place, event in enumerate(events)]


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What was decided, for the page of an application.

    :param reasons: why not, or why a person looks at it; `changes` is what kept an offer from being what was asked for.
    :param ways: sentences on what would change the answer.
    :param asked: the review by a person that was asked for last; None: none was.
    """

    review: CreditReview
    reasons: list[ReasonWords]
    changes: list[ReasonWords]
    ways: list[str]
    lesson: str | None
    asked: ReviewRequest | None
    may_ask: bool


def decision_of(application: Application) -> Decision | None:
    """Return the latest decision in words; None while there is none."""
    review = application.reviews.first()
    if review is None:
        return None
    asked = application.review_requests.first()
    return Decision(
        review=review,
        reasons=review_in_words(review) if review.outcome != CreditReview.Outcome.APPROVE else [],
        changes=limits_of_review(review),
        ways=[way.words for way in ways_of_review(review, application.currency)],
        lesson=review.answer.get("lesson"),
        asked=asked,
        may_ask=may_ask_for_review(application, review),
    )


@dataclass(frozen=True, slots=True)
class OfferShown:
    """
    An offer as it stands beside the others. Amounts in minor units, rates as fractions.

    :param parts: amount and day of each part; empty for one sum.
    """

    offer: Offer
    why: str
    first: int
    last: int
    all_in_rate: Decimal
    parts: tuple[str, ...]

    @property
    def is_level(self) -> bool:
        return self.first == self.last and not self.parts

    @property
    def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = self.offer.figures
        return figures

    @property
    def holds_under_stress(self) -> bool:
        return int(self.figures["stressed_surplus"]) >= 0


WHYS: dict[str, Any] = {
    Why.SMALLEST_THAT_MEETS_NEED: gettext_lazy("What you asked for"),
    Why.LARGEST_THAT_FITS: gettext_lazy("The most that your month can carry"),
    Why.FOLLOWS_SEASON: gettext_lazy("Follows your season"),
    Why.GENTLEST_INSTALLMENT: gettext_lazy("Least each month"),
    Why.CHEAPEST_IN_ALL: gettext_lazy("Least in all"),
}


def offers_shown(application: Application) -> list[OfferShown]:
    """Return the offers of the latest decision, in their order."""
    review = application.reviews.first()
    offers = (
        Offer.objects.filter(application=application, review=review).select_related("application").order_by("position")
    )
    return [_shown(offer) for offer in offers]


# What issuers ask for at least, however small the balance; minor units.
LEAST_MINIMUM = 100_00


def card_comparison_of(application: Application, shown: OfferShown) -> Comparison | None:
    """Return what paying the card oneself costs beside an offer; None for an application about no card."""
    facts = application.answers.get(Step.CARD)
    if facts is None:
        return None
    offer = shown.offer
    debt = CardDebt(
        statement=offer.principal_minor,
        annual_rate=Decimal(facts["annual_rate"]),
        minimum_share=Decimal(facts["minimum_minor"]) / facts["statement_minor"],
        minimum_floor=min(LEAST_MINIMUM, facts["minimum_minor"]),
    )
    loan, *_later = terms_of_offer(offer, product_of_offer(offer).rules, on=lender_date(offer.made_at))
    return compare(debt, loan)


def _shown(offer: Offer) -> OfferShown:
    parts = parts_of_offer(offer)
    totals = [row["principal"] + row["interest"] + row["fee"] for row in (offer.sheet or {})["rows"]]
    return OfferShown(
        offer=offer,
        why=" · ".join(str(WHYS[why]) for why in offer.figures["whys"]),
        first=totals[0],
        # The last installment absorbs what rounding left; the one before it says whether all are alike.
        last=totals[-2] if len(totals) > 1 else totals[-1],
        all_in_rate=Decimal(offer.figures["all_in_rate"]),
        parts=tuple(part_in_words(part, offer.application.currency) for part in parts if len(parts) > 1),
    )


def sections_of(application: Application) -> list[Section]:
    """Return all answers, by step, for looking over before they are handed in."""
    return [
        Section(step, TITLES[step], list(_FACTS[step](application, application.answers.get(step.value, {}))))
        for step in steps_of(application.product.kind)
    ]


def _loan(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    months = facts["months"]
    yield _("Amount"), money(facts["amount_minor"], application.currency)
    yield _("Time"), ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
    yield _("For"), application.get_purpose_display()
    for number, part in enumerate(parts_of_json(facts.get("tranches", ())), start=1):
        yield _("Part %(number)s") % {"number": number}, part_in_words(part, application.currency)


def part_in_words(part: Part, currency: str) -> str:
    """Return amount and day of a part that is asked for or offered."""
    words = {"amount": money(part.minor, currency)}
    if part.on is None:
        return _("%(amount)s, as soon as the contract is signed") % words
    return _("%(amount)s on %(day)s") % {**words, "day": date_format(part.on, "DATE_FORMAT")}


def _person(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    identity = application.borrower.identity
    yield _("Name"), identity.name
    yield _("Identity card number"), identity.masked_number
    yield _("Mobile phone"), identity.masked_phone
    yield _("Living on your income"), facts["household"]
    yield _("Living in mainland China"), _yes_or_no(facts["is_resident"])


def _business(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    yield _("Business"), application.business.name
    yield _("Unified social credit code"), application.business.credit_code
    yield _("Years in business"), facts["years"]
    yield _("Sales in a usual month"), money(facts["monthly_revenue_minor"], application.currency)
    for guarantor in application.guarantors.all():
        share = percent(Decimal(guarantor.share_bps) / 10_000)
        told = (f"{guarantor.masked_name} {guarantor.masked_number}", guarantor.masked_phone, share)
        yield _("Guarantor"), " · ".join(part for part in told if part)


def _card(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    yield _("Card"), f"{application.card.issuer_shown} {application.card.masked_number}"
    yield _("Balance on the latest statement"), money(facts["statement_minor"], application.currency)
    yield _("Minimum payment on the statement"), money(facts["minimum_minor"], application.currency)


def _work(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    fields: Any = STEP_FORMS[Step.WORK].base_fields
    yield fields["job"].label, dict(fields["job"].choices)[facts["job"]]
    yield fields["years_in_job"].label, facts["years_in_job"]
    yield fields["home"].label, dict(fields["home"].choices)[facts["home"]]


def _month(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    fields = STEP_FORMS[Step.MONTH].base_fields
    for name in ("income", *ESSENTIALS, "assets"):
        yield fields[name].label, money(facts[f"{name}_minor"], application.currency)


def _debts(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if not facts["debts"]:
        yield _("Other loans"), _("None")
    for debt in facts["debts"]:
        monthly, left = (money(debt[name], application.currency) for name in ("monthly_minor", "left_minor"))
        yield debt["lender"], _("%(monthly)s a month, %(left)s still owed") % {"monthly": monthly, "left": left}
    yield _("A loan that I could not repay as agreed"), _yes_or_no(facts["had_defaults"])


def _documents(application: Application, _facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    documents = list(application.documents.filter(removed_at=None))
    for document in documents:
        yield document.get_kind_display(), document.name
    if not documents:
        yield _("Papers"), _("None yet")


def _consents(application: Application, _facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for text in consents_held(borrower_id=application.borrower_id, about=application.reference).values():
        yield text.title_shown, _("Agreed")


def _yes_or_no(value: bool) -> str:
    return _("Yes") if value else _("No")


_FACTS = {
    Step.LOAN: _loan,
    Step.PERSON: _person,
    Step.BUSINESS: _business,
    Step.CARD: _card,
    Step.WORK: _work,
    Step.MONTH: _month,
    Step.DEBTS: _debts,
    Step.DOCUMENTS: _documents,
    Step.CONSENTS: _consents,
}
