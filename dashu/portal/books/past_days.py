"""The book on a past day: its totals, its loans a page at a time, and both as they were known on any day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRun
from collections_mgmt.presenting import bucket_label, classification_label
from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.kernel.money import format_minor
from dashu.ledger import exporting
from dashu.portal.books.files import MEDIA_TYPES, MOST_LINES_OF_A_FILE, asked_format, file_answer
from dashu.portal.books.forms import BookForm
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan, Product
from repayments.models import LoanBalance
from repayments.selectors.book_on import LoanFigures, Picked, book_page, moment_of, whole_book
from repayments.selectors.book_totals import SUMMED, Cell, Sums, ToldTotals, told_totals, totals_on
from repayments.selectors.past_days import end_of

BOOK = "admin:repayments_loanbalance_changelist"
LOANS_OF_A_PAGE = 100
NO_LOANS = _("There are no such loans on this day.")

FIGURES = {
    "loans": _("loans"),
    "principal": _("principal outstanding"),
    "interest": _("interest due"),
    "fee": _("fees due"),
    "penalty": _("penalty due"),
    "credit": _("credit of the borrowers"),
    "overdue": _("overdue amount"),
    "at_risk_30": _("principal over 30 days past due"),
    "at_risk_60": _("principal over 60 days past due"),
    "at_risk_90": _("principal over 90 days past due"),
}
BOOK_COLUMNS: exporting.Header = {
    "loan": _("loan"),
    "product": _("product"),
    "status": _("status"),
    "currency": _("currency"),
    "principal": _("principal outstanding"),
    "interest": _("interest due"),
    "fee": _("fees due"),
    "penalty": _("penalty due"),
    "credit": _("credit of the borrower"),
    "overdue_principal": _("overdue principal"),
    "overdue_interest": _("overdue interest"),
    "overdue_fee": _("overdue fees"),
    "oldest_due_on": _("oldest unpaid due date"),
    "days_past_due": _("days past due"),
    "effective_days_past_due": _("days past due without pauses"),
    "bucket": _("bucket"),
    "classification": _("classification"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked for; `known_on` None for what is known now."""

    as_of: date
    known_on: date | None
    picked: Picked

    @property
    def known_at(self) -> datetime | None:
        return None if self.known_on is None else end_of(self.known_on)

    @property
    def parameters(self) -> dict[str, str]:
        days = {"as_of": self.as_of.isoformat(), "known_on": self.known_on.isoformat() if self.known_on else ""}
        return days | asdict(self.picked)

    def query(self, **other: str) -> str:
        return urlencode({name: value for name, value in (self.parameters | other).items() if value})


@admin.register(LoanBalance)
class BookAdmin(ReadOnlyAdmin):
    """There is no list of balances of today: the book is shown as of a day."""

    def get_urls(self) -> list[URLPattern]:
        shown, taken = self.admin_site.admin_view(self.book_view), self.admin_site.admin_view(self.export_view)
        return [
            path("", shown, name="repayments_loanbalance_changelist"),
            path("export/", taken, name="repayments_loanbalance_export"),
        ]

    def book_view(self, request: HttpRequest) -> HttpResponse:
        """Show the totals on the first page, and the loans on every page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = lender_today()
        form, asked = _chosen(request.GET, today=today)
        loans = Loan.objects.visible_to(request.user)
        after = _place(request.GET.get("after", ""))
        scope: dict[str, Any] = {"as_of": asked.as_of, "known_at": asked.known_at, "picked": asked.picked}
        page = book_page(loans, **scope, after=after, size=LOANS_OF_A_PAGE)
        tables = (
            [] if after else [table for told in told_totals(loans, **scope) for table in _total_tables(told, asked)]
        )
        address = reverse(BOOK)
        is_partial = page.after is not None and len(page.loans) < LOANS_OF_A_PAGE
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The book on a past day"),
            "opts": self.opts,
            "form": form,
            "kept": {},
            "choices": _choices(asked, address, today=today),
            "asked": asked,
            "is_closed": CloseRun.objects.filter(business_date=asked.as_of, status=CloseRun.Status.CLOSED).exists(),
            "tables": [*tables, _loan_table(page.loans, asked, is_partial=is_partial)],
            "next_page": f"{address}?{asked.query(after=str(page.after))}" if page.after else "",
            "first_page": f"{address}?{asked.query()}" if after else "",
            "may_export": request.user.has_perm("ledger.export_journalentry"),
        }
        return render(request, "ledger/book_on_day.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the loans of the day as a file, and note who took it."""
        if not (self.has_view_permission(request) and request.user.has_perm("ledger.export_journalentry")):
            raise PermissionDenied
        form, asked = _chosen(request.POST, today=lender_today())
        file_format, has_mark = asked_format(request.POST.get("file", ""))
        if request.method != "POST" or not form.is_valid() or file_format not in MEDIA_TYPES:
            messages.error(request, gettext("Choose a day and a format."))
            return redirect(BOOK)
        loans = Loan.objects.visible_to(request.user)
        scope: dict[str, Any] = {"as_of": asked.as_of, "known_at": moment_of(asked.known_on), "picked": asked.picked}
        if file_format != "csv" and _counted(totals_on(loans, **scope)) > MOST_LINES_OF_A_FILE:
            text = gettext("The day has more than %(most)s loans. Take it as CSV, or have it written by %(command)s.")
            messages.error(request, text % {"most": f"{MOST_LINES_OF_A_FILE:,}", "command": "manage.py book_on"})
            return redirect(f"{reverse(BOOK)}?{asked.query()}")
        audit.record(
            action="repayments.book_exported",
            subject_type="book",
            subject_id=asked.as_of,
            actor=actor_of(request),
            data={"format": file_format, **{name: value for name, value in asked.parameters.items() if value}},
        )
        known = f"-known-{asked.known_on}" if asked.known_on else ""
        name = f"book-{asked.as_of}{known}.{file_format}"
        return file_answer(name, file_format, BOOK_COLUMNS, book_rows(whole_book(loans, **scope)), has_mark=has_mark)


def book_rows(loans: Iterator[LoanFigures]) -> Iterator[exporting.Row]:
    """Return an iterator over rows for `BOOK_COLUMNS`."""
    for loan in loans:
        amounts = (
            loan.principal,
            loan.interest,
            loan.fee,
            loan.penalty,
            loan.credit,
            loan.overdue_principal,
            loan.overdue_interest,
            loan.overdue_fee,
        )
        yield (
            exporting.plain_text(loan.number),
            exporting.plain_text(loan.product),
            loan.status,
            loan.currency,
            *(format_minor(amount, loan.currency) for amount in amounts),
            loan.oldest_due_on.isoformat() if loan.oldest_due_on else "",
            str(loan.days_past_due),
            str(loan.effective_days_past_due),
            exporting.plain_text(loan.bucket),
            exporting.plain_text(loan.classification),
        )


def _chosen(given: Any, *, today: date) -> tuple[BookForm, Asked]:
    """Return the form and what it asks for; the running loans of yesterday when it says nothing or cannot be read."""
    asked = Asked(today - timedelta(days=1), None, Picked(status=Loan.Status.ACTIVE.value))
    form = BookForm(given if "as_of" in given else None, initial=asked.parameters, today=today)
    if form.is_bound and form.is_valid():
        asked = Asked(form.cleaned_data["as_of"], form.cleaned_data["known_on"], form.picked)
    return form, asked


def _place(text: str) -> int:
    """Return the id of the loan that the page begins after; the first page for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _choices(asked: Asked, address: str, *, today: date) -> list[tuple[Any, str, bool]]:
    days = [
        (_("Yesterday"), today - timedelta(days=1)),
        (_("End of last month"), today.replace(day=1) - timedelta(days=1)),
        (_("End of last year"), date(today.year - 1, 12, 31)),
    ]
    return [(title, f"{address}?{asked.query(as_of=day.isoformat())}", day == asked.as_of) for title, day in days]


def _total_tables(told: ToldTotals, asked: Asked) -> Iterator[Table]:
    totals, difference = told.totals, told.difference
    currency = totals.currency
    yield _figure_table(told, asked)
    for state, (title, column, label) in STATE_WORDS.items():
        if getattr(asked.picked, state):
            continue
        words = {"currency": currency, "state": title}
        if by_code := getattr(totals, state):
            yield _state_table(gettext("%(currency)s, %(state)s") % words, column, by_code, currency, label)
        if difference is not None and (differing := _differing(getattr(difference, state))):
            title = gettext("%(currency)s, %(state)s: what is known now less what was known then") % words
            yield _state_table(title, column, differing, currency, label)


STATE_WORDS: dict[str, tuple[Any, Any, Callable[[str], Any]]] = {
    "status": (_("by status"), _("status"), lambda code: Loan.Status(code).label),
    "bucket": (_("by bucket"), _("bucket"), bucket_label),
    "classification": (_("by classification"), _("classification"), classification_label),
}


def _figure_table(told: ToldTotals, asked: Asked) -> Table:
    totals, difference = told.totals, told.difference
    then = _amounts(totals.sums, totals.currency)
    columns = [Column(_("figure")), Column(_("amount"), is_number=True)]
    rows: list[list[Any]] = [[capfirst(FIGURES[name]), amount] for name, amount in zip(SUMMED, then, strict=True)]
    if difference is not None:
        now = _amounts(totals.sums + difference.sums, totals.currency)
        since = _amounts(difference.sums, totals.currency)
        columns = [
            Column(_("figure")),
            Column(gettext("known on %(day)s") % {"day": lender_date(asked.known_on)}, is_number=True),
            Column(_("known now"), is_number=True),
            Column(_("difference"), is_number=True),
        ]
        rows = [[*row, *more] for row, *more in zip(rows, now, since, strict=True)]
    title = gettext("%(currency)s on %(day)s") % {"currency": totals.currency, "day": lender_date(asked.as_of)}
    return Table(title, columns, rows, empty="")


def _state_table(
    title: str, column: Any, by_code: Mapping[str, Sums], currency: str, label: Callable[[str], Any]
) -> Table:
    columns = [Column(column), *(Column(FIGURES[name], is_number=True) for name in SUMMED)]
    rows = [[label(code), *_amounts(sums, currency)] for code, sums in by_code.items()]
    return Table(title, columns, rows, empty=NO_LOANS)


def _differing(by_code: Mapping[str, Sums]) -> dict[str, Sums]:
    return {code: sums for code, sums in by_code.items() if sums != Sums()}


def _amounts(sums: Sums, currency: str) -> list[str]:
    loans, *amounts = (getattr(sums, name) for name in SUMMED)
    return [f"{loans:,}".replace("-", "−"), *(money(amount, currency) for amount in amounts)]


def _loan_table(loans: Sequence[LoanFigures], asked: Asked, *, is_partial: bool) -> Table:
    products = {product.code: product.label for product in Product.objects.all()}
    days = {name: value for name, value in asked.parameters.items() if name in ("as_of", "known_on") and value}
    rows = [
        [
            _loan_on_day(loan, days),
            products[loan.product],
            Loan.Status(loan.status).label,
            *(
                money(amount, loan.currency)
                for amount in (loan.principal, loan.interest, loan.fee, loan.penalty, loan.credit, loan.overdue)
            ),
            loan.days_past_due,
            loan.effective_days_past_due,
            bucket_label(loan.bucket),
            classification_label(loan.classification),
        ]
        for loan in loans
    ]
    columns = [
        Column(_("loan")),
        Column(_("product")),
        Column(_("status")),
        *(Column(FIGURES[name], is_number=True) for name in ("principal", "interest", "fee", "penalty")),
        Column(_("credit of the borrower"), is_number=True),
        Column(FIGURES["overdue"], is_number=True),
        Column(_("days past due"), is_number=True),
        Column(_("without pauses"), is_number=True),
        Column(_("bucket")),
        Column(_("classification")),
    ]
    note = _("Few loans are of this kind, so the search went only so far. The next page goes on from there.")
    empty = note if is_partial else NO_LOANS
    return Table(_("Loans"), columns, rows, empty=empty, note=note if rows and is_partial else "")


def _loan_on_day(loan: LoanFigures, days: dict[str, str]) -> SafeString:
    address = reverse("admin:loans_loan_change", args=[loan.loan_id])
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(days), loan.number)


def _counted(cells: Iterable[Cell]) -> int:
    return sum(cell.sums.loans for cell in cells)
