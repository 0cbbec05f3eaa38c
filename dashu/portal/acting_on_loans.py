"""
The one page of every act on a loan: its form, then what it would do, then the booking of just that.

The steps are told apart by the button that was pressed. What is confirmed is signed by the preview; a loan that has
changed meanwhile shows its new preview instead of being booked. What another person has to approve is asked for with
the same button in other words, and the page says beforehand who decides.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext

from dashu.approvals.acts import act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.presenting import Line, lines_of, roles_that_approve
from dashu.approvals.selectors import pending_for_loan
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.step_up import proved
from dashu.web.staff_tables import Table
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.act_forms import ActForm
from repayments.act_presenting import change_tables, event_line, recorded
from repayments.models import LoanBalance, LoanEvent
from repayments.services.act_fields import Kind
from repayments.services.acts import ACTS, UNDO, Act, Group, permission_to_undo
from repayments.services.perform_act import LoanChanged, Seen, Stake, book_or_submit, booked_since, preview_act
from repayments.services.previewing import LoanChange


@dataclass(frozen=True, slots=True)
class Button:
    label: Any
    href: str


@dataclass(frozen=True, slots=True)
class ActGroup:
    """The acts of one kind that a person may do to a loan as it stands."""

    label: Any
    buttons: list[Button]


@dataclass(frozen=True, slots=True)
class ShownLoan:
    """One loan of a preview. :param recorded: what would be recorded, in words."""

    number: str
    recorded: str
    tables: list[Table]


@dataclass(frozen=True, slots=True)
class ShownNeed:
    """
    Why confirming only asks.

    :param roles: who may decide.
    :param waiting: what of the same kind on this loan waits already, so that nobody asks for it twice.
    """

    label: Any
    amount: str
    roles: list[Any]
    waiting: list[Line]


def act_groups(request: HttpRequest, loan: Loan) -> list[ActGroup]:
    """Return the buttons for the loan's page; none before it is paid out."""
    balance = LoanBalance.objects.filter(pk=loan.pk).first()
    if balance is None:
        return []
    groups = []
    for group in Group:
        offered = [
            Button(act.label, act_address(loan, act.code))
            for act in ACTS.values()
            if act.group == group and request.user.has_perm(act.permission) and act.fits(loan, balance)
        ]
        if offered:
            groups.append(ActGroup(group.label, offered))
    return groups


def act_address(loan: Loan, code: str, **given: int | str) -> str:
    address = reverse("admin:loans_loan_act", args=[loan.pk, code])
    return f"{address}?{urlencode(given)}" if given else address


@partial(proved, when=lambda request: request.POST.get("step") == "confirm")
def act_view(request: HttpRequest, loan_id: int, code: str) -> HttpResponse:
    """
    Ask, show, book; what is booked needs a fresh proof of who books it.

    :raises PermissionDenied: the person may not do this act, or undo this event.
    """
    act = UNDO if code == UNDO.code else ACTS.get(code)
    loan = Loan.objects.visible_to(request.user).select_related("borrower").filter(pk=loan_id).first()
    if act is None or loan is None:
        raise Http404
    event = _event_to_undo(request, loan) if act is UNDO else None
    _refuse_without_permission(request, act, event)

    step = request.POST.get("step", "")
    form = ActForm(request.POST or None, act=act, loan=loan, initial=_initial(request, act))
    page: dict[str, Any] = {
        "act": act,
        "loan": loan,
        "form": form,
        "event": event,
        "about_event": event_line(event) if event else "",
    }
    if step in ("preview", "confirm") and form.is_valid():
        about: dict[str, Any] = {
            "loan": loan,
            "payload": form.payload,
            "today": lender_today(),
            "user": request.user,
        }
        try:
            if step == "confirm":
                token = request.POST.get("token", "")
                try:
                    return _done(request, act, loan, book_or_submit(act, token=token, **about))
                except LoanChanged as changed:
                    page |= {"stale": changed.user_message, "since": [event_line(one) for one in booked_since(token)]}
            page |= _shown(form, preview_act(act, **about))
        except DomainError as error:
            form.add_error(act.field_of(error), error.user_message)
    context = {
        **admin.site.each_context(request),
        **page,
        "title": gettext("%(act)s · loan %(number)s") % {"act": act.label, "number": loan.number},
        "opts": Loan._meta,
    }
    return render(request, "staff/servicing_act.html", context)


def _done(request: HttpRequest, act: Act, loan: Loan, asked: ApprovalRequest | None) -> HttpResponse:
    """Say what became of the act, on the page that shows it."""
    if asked is not None and asked.status == ApprovalRequest.Status.PENDING:
        roles = roles_that_approve(asked.kind, asked.amount, today=lender_today())
        told = gettext("Asked for: %(act)s. Nothing is booked until another person approves it: %(roles)s.")
        messages.info(request, told % {"act": act.label, "roles": _names(roles)})
        return redirect("admin:approvals_approvalrequest_change", asked.pk)
    messages.success(request, gettext("Booked: %(act)s.") % {"act": act.label})
    return redirect("admin:loans_loan_change", loan.pk)


def shown_loan(change: LoanChange) -> ShownLoan:
    return ShownLoan(change.before.number, recorded(change), change_tables(change))


def _refuse_without_permission(request: HttpRequest, act: Act, event: LoanEvent | None) -> None:
    needed = permission_to_undo(event.kind) if event else act.permission
    if needed is None or not request.user.has_perm("loans.view_loan") or not request.user.has_perm(needed):
        raise PermissionDenied


def _event_to_undo(request: HttpRequest, loan: Loan) -> LoanEvent:
    given = request.POST.get("event") or request.GET.get("event", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    event = LoanEvent.objects.filter(pk=wanted, loan=loan).first()
    if event is None:
        raise Http404
    return event


def _initial(request: HttpRequest, act: Act) -> dict[str, Any]:
    """What the address says, and today for a day that has to be given."""
    names = {field.name for field in act.fields}
    given = {name: value for name, value in request.GET.items() if name in names and "\0" not in value}
    days = {field.name: lender_today() for field in act.fields if field.kind is Kind.DAY and field.is_required}
    return days | given


def _shown(form: ActForm, seen: Seen) -> Mapping[str, Any]:
    return {
        "seen": seen,
        "changes": [shown_loan(change) for change in seen.preview.loans],
        "given": list(_given(form)),
        "need": _need(form.loan, seen.needs) if seen.needs else None,
    }


def _need(loan: Loan, stake: Stake) -> ShownNeed:
    today = lender_today()
    return ShownNeed(
        label=act_kind(stake.kind).label,
        amount=money(stake.amount),
        roles=roles_that_approve(stake.kind, stake.amount, today=today),
        waiting=lines_of(pending_for_loan(loan.pk, on=today).filter(kind=stake.kind)),
    )


def _given(form: ActForm) -> Iterator[tuple[Any, str]]:
    """Yield what the person asked for, in their words, for reading again before it is booked."""
    for field in form.act.fields:
        text = form.payload.get(field.name, "")
        if text and field.name != "event":
            labels = dict(field.choices)
            value = field.read(text, form.loan)
            match field.kind:
                case Kind.DAY:
                    shown = date_format(value)
                case Kind.AMOUNT:
                    shown = money(value, form.loan.currency)
                case Kind.YES:
                    shown = gettext("yes")
                case _:
                    shown = str(labels.get(text, text))
            yield field.label, shown


def _names(roles: Iterable[Any]) -> str:
    return " · ".join(str(role) for role in roles)
