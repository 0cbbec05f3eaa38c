"""What lies in the file of an application: papers, consents, parties, who else is like it, and what happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.consents.models import ConsentEntry
from dashu.users.models import Borrower, User
from dashu.web.staff_tables import Column, Table, wrapped
from dashu.web.templatetags.dashu import money, percent
from loans.desk.decision import limits_of
from loans.desk.queue import application_link
from loans.desk.seen import Seen, findings_of, shortfalls_of
from loans.desk.words import CARDS, FIGURES, GUARANTEES, SHARED, actor_names, compared_with
from loans.domain.applications import Status
from loans.event_words import event_in_words
from loans.models import Application, ApplicationEvent, CreditReview, Offer
from loans.reason_words import limits_in_words, reasons_in_words
from loans.selectors.guarantees import guarantees_of
from loans.selectors.same_particulars import same_particulars
from loans.selectors.same_person import same_customers


def documents_table(application: Application) -> Table:
    """Return the papers that were sent. Those that were removed stay as a trace."""
    rows = [
        [
            document.get_kind_display(),
            wrapped(document.name),
            gettext("Removed") if document.removed_at else document.get_scan_display(),
            _moment(document.added_at),
            document.sha256[:12],
        ]
        for document in application.documents.order_by("-id")
    ]
    return Table(
        title=_("Papers"),
        columns=[
            Column(_("kind")),
            Column(_("file name")),
            Column(_("scan")),
            Column(_("added at")),
            Column(_("SHA-256 begins")),
        ],
        rows=rows,
        empty=_("No paper was sent."),
    )


def customers_table(application: Application, user: User) -> Table:
    """Return the other customers with the same ID number or phone; who may look at customers gets links."""
    rows = [
        [
            _customer_link(same.borrower, user),
            same.borrower.identity.masked_name,
            " · ".join(str(SHARED[each]) for each in same.shared),
            same.loans,
            _compared_on(same.borrower),
        ]
        for same in same_customers(application, viewer=user)
    ]
    return Table(
        title=_("Other customers with the same ID number or phone"),
        columns=[
            Column(_("customer")),
            Column(_("name")),
            Column(_("what is the same")),
            Column(_("loans"), is_number=True),
            Column(_("identity compared")),
        ],
        rows=rows,
        empty=_("Nobody."),
        note=_("It proves nothing by itself; families share phones."),
    )


def _customer_link(borrower: Borrower, user: User) -> str:
    if not user.has_perm("users.view_borrower"):
        return borrower.number
    address = reverse("admin:users_borrower_change", args=[borrower.pk])
    return format_html('<a href="{}">{}</a>', address, borrower.number)


def _compared_on(borrower: Borrower) -> str:
    verified_at = borrower.identity.verified_at
    return date_format(localtime(verified_at)) if verified_at else gettext("Not yet")


def same_table(application: Application) -> Table:
    rows = [
        [
            application_link(same.application),
            " · ".join(str(SHARED[each]) for each in same.shared),
            same.application.product.label,
            same.application.get_status_display(),
        ]
        for same in same_particulars(application)
    ]
    return Table(
        title=_("Who else has the same particulars"),
        columns=[Column(_("application")), Column(_("what is the same")), Column(_("product")), Column(_("status"))],
        rows=rows,
        empty=_("Nobody."),
        note=_("It proves nothing by itself; families share phones."),
    )


def consents_table(application: Application) -> Table:
    entries = ConsentEntry.objects.filter(borrower_id=application.borrower_id, about=application.reference)
    rows = [
        [entry.text.get_purpose_display(), entry.text.version, entry.get_kind_display(), _moment(entry.at)]
        for entry in entries.select_related("text").order_by("-id")
    ]
    return Table(
        title=_("Consents"),
        columns=[Column(_("purpose")), Column(_("version"), is_number=True), Column(_("kind")), Column(_("at"))],
        rows=rows,
        empty=_("None."),
        note=_("The newest first; the newest of a purpose is what holds."),
    )


def parties_table(application: Application) -> Table | None:
    """Return the business, the guarantors and the card that it names; None where it names none of them."""
    rows = list(_parties(application))
    if not rows:
        return None
    columns = [Column(_("who")), Column(_("name")), Column(_("number")), Column(_("share"), is_number=True)]
    return Table(_("Others that it names"), columns, rows, empty="")


def guarantees_table(application: Application, *, now: datetime) -> Table | None:
    """Return how far the guarantors are with the cost sheet as it is now; None where there are none."""
    rows = [
        [
            guarantee.guarantor.masked_name,
            guarantee.guarantor.masked_phone or "–",
            percent(Decimal(guarantee.guarantor.share_bps) / 10_000),
            GUARANTEES[guarantee.state],
            _moment(guarantee.link.made_at) if guarantee.link else "–",
            _moment(guarantee.answer.at) if guarantee.answer else "–",
            guarantee.answer.evidence_digest[:12] if guarantee.answer else "–",
        ]
        for guarantee in guarantees_of(application, now=now)
    ]
    if not rows:
        return None
    return Table(
        title=_("What the guarantors answered"),
        columns=[
            Column(_("guarantor")),
            Column(_("phone")),
            Column(_("share"), is_number=True),
            Column(_("state")),
            Column(_("asked at")),
            Column(_("answered at")),
            Column(_("evidence begins")),
        ],
        rows=rows,
        empty="",
        note=_("To the cost sheet as it is now; when one of its figures changes they are asked again."),
    )


def _parties(application: Application) -> Iterator[list[Any]]:
    if business := getattr(application, "business", None):
        yield [_("Business"), business.name, business.credit_code, "–"]
    for guarantor in application.guarantors.all():
        bears = percent(Decimal(guarantor.share_bps) / 10_000)
        yield [_("Guarantor"), guarantor.masked_name, guarantor.masked_number, bears]
    if card := getattr(application, "card", None):
        yield [_("Card to pay off"), f"{card.issuer_shown} · {CARDS[card.belonging]}", card.masked_number, "–"]


def timeline_table(application: Application) -> Table:
    events = list(application.events.order_by("-id")[:200])
    actors = [actor for event in events for actor in (event.actor, event.data.get("to")) if actor]
    names = actor_names(actors, application)
    rows = [
        [
            _moment(event.at),
            event_in_words(event),
            names[event.actor],
            wrapped(_said(event, application, names)),
            gettext("Staff only") if event.is_internal else gettext("The applicant, too"),
        ]
        for event in events
    ]
    return Table(
        title=_("What happened so far"),
        columns=[
            Column(_("at")),
            Column(_("event")),
            Column(_("by")),
            Column(_("details")),
            Column(_("who sees it")),
        ],
        rows=rows,
        empty=_("Nothing yet."),
        note=_("The newest first."),
    )


def _said(event: ApplicationEvent, application: Application, names: Any) -> str:
    data, kind = event.data, ApplicationEvent.Kind
    if event.kind == kind.HANDED_OVER:
        whom = names[data["to"]] if data.get("to") else gettext("Given back")
        return f"{whom}: {data.get('words', '')}"
    if event.kind == kind.FACT_VERIFIED:
        name = str(FIGURES.get(data["name"], data["name"]))
        return f"{name}: {money(data['minor'], application.currency)} · {data.get('words', '')}"
    if event.kind == kind.IDENTITY_CHECKED:
        return f"{compared_with(event)} · {data.get('words', '')}"
    return str(data.get("words") or data.get("failure") or "")


def decisions_table(application: Application) -> Table:
    """Return every decision so far: each keeps what it was made from."""
    reviews = application.reviews.select_related("decided_by").order_by("-id")
    return Table(
        title=_("Decisions so far"),
        columns=[
            Column(_("at")),
            Column(_("outcome")),
            Column(_("by")),
            Column(_("words to the applicant")),
            Column(_("rules of")),
        ],
        rows=[
            [
                _moment(review.decided_at),
                review.get_outcome_display(),
                str(review.decided_by) if review.decided_by else gettext("By rules"),
                wrapped(review.note or "–"),
                date_format(review.rules_on),
            ]
            for review in reviews
        ],
        empty=_("None yet."),
    )


def requests_table(application: Application) -> Table | None:
    """Return what the applicant says about a decision that a person shall look at again; None where they did not."""
    rows = [
        [
            _moment(asked.asked_at),
            wrapped(asked.words or "–"),
            date_format(asked.due_on),
            asked.get_outcome_display() if asked.outcome else gettext("Waits for an answer"),
        ]
        for asked in application.review_requests.order_by("-id")
    ]
    if not rows:
        return None
    columns = [
        Column(_("asked at")),
        Column(_("what the applicant says")),
        Column(_("answer promised by")),
        Column(_("answer")),
    ]
    return Table(_("Review by a person asked for"), columns, rows, empty="")


def applicants_view(seen: Seen) -> Table:
    """Return what the applicant reads now: the state, the promise, the reasons of the decision that they know."""
    application = seen.application
    latest = application.reviews.first()
    rows: list[list[Any]] = [[_("State"), application.get_status_display()]]
    if application.status == Status.REFERRED and application.due_at:
        rows.append([_("Answer promised by"), date_format(localtime(application.due_at))])
    if latest and application.status != Status.REFERRED:
        rows.extend(_told(latest))
    happened = application.events.filter(is_internal=False).order_by("-id")[:20]
    rows.extend([_moment(event.at), event_in_words(event)] for event in happened)
    return Table(_("What the applicant sees"), [Column(_("item")), Column(_("what is shown"))], rows, empty="")


def _told(review: CreditReview) -> Iterator[list[Any]]:
    chosen = review.answer.get("reasons")
    findings = [each for each in findings_of(review) if chosen is None or each.reason.value in chosen]
    if review.outcome == CreditReview.Outcome.REFUSE:
        for reason in reasons_in_words(findings, shortfalls_of(review)):
            yield [_("Reason"), wrapped(f"{reason.fact} {reason.help}")]
    for limit in limits_in_words(limits_of(review)):
        yield [_("Limit"), wrapped(f"{limit.fact} {limit.help}")]
    if review.note:
        yield [_("Words to the applicant"), wrapped(review.note)]


def _moment(at: Any) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT")


def made_offers_table(offers: Sequence[Offer], seen: Seen) -> Table:
    """Return the offers that the latest decision made."""
    currency = seen.application.currency
    return Table(
        title=_("Offers"),
        columns=[
            Column(_("offer"), is_number=True),
            Column(_("amount"), is_number=True),
            Column(_("installments"), is_number=True),
            Column(_("highest installment"), is_number=True),
            Column(_("rate"), is_number=True),
            Column(_("lapses after")),
            Column(_("chosen")),
        ],
        rows=[
            [
                offer.position,
                money(offer.principal_minor, currency),
                offer.installment_count,
                money(offer.figures["highest"], currency),
                percent(offer.annual_rate),
                date_format(offer.expires_on),
                gettext("Chosen") if offer.chosen_at else "",
            ]
            for offer in offers
        ],
        empty=_("None."),
    )
