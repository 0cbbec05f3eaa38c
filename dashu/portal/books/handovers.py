"""Loans that were taken over: the tapes, how the loans of one agree, and the proof of each, on any closed day."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.portal.books.forms import DayForm
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.tapes.agreement import Agreement, Parts, agreements, refuse_unproven, totals
from dashu.tapes.models import Handover
from dashu.tapes.proof import Moved, Proof, RowProof, proof_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from repayments.models import LoanEvent

LOANS_OF_A_PAGE = 50
SHOWN_MOVEMENTS = 200

LABELS = {
    "principal": _("principal"),
    "interest": _("interest due"),
    "fee": _("fees due"),
    "penalty": _("penalty due"),
    "credit": _("credit of the borrower"),
}
KINDS: dict[str, Any] = dict(LoanEvent.Kind.choices) | {
    "ACCRUAL": _("Nightly close"),
    "RESTATEMENT": _("Correction"),
    "RECLASSIFICATION": _("Moved to another account"),
}


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    """The list shows tapes; below it stand the loans of one tape, and below that the proof of one loan."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.tape_view)
        return [path("tape/<str:source>/", view, name="tapes_handover_tape"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._refuse_others(request)
        context = {**self._frame(request, gettext("Loans taken over")), "tables": [_tapes()]}
        return render(request, "ledger/takeovers.html", context)

    def tape_view(self, request: HttpRequest, source: str) -> HttpResponse:
        """Show how the loans of one tape agree, a page at a time, and the sums over all of them."""
        self._refuse_others(request)
        if not Handover.objects.filter(source=source).exists():
            raise Http404
        after = _number(request.GET.get("after", ""))
        form, on = _chosen(request)
        figures: list[Figure] = []
        tables: list[Table] = []
        found: list[Agreement] = []
        if on is not None:
            form, on = _proven(form, on)
        if not form.errors:
            summary = totals(source=source, on=on)
            found = agreements(source=source, on=on, after=after, size=LOANS_OF_A_PAGE + 1)
            figures = _tape_figures(summary)
            tables = [*([_sums(summary)] if summary else []), _loans(found[:LOANS_OF_A_PAGE], on)]
        address = reverse("admin:tapes_handover_tape", args=[source])
        chosen = {"on": on.isoformat()} if on else {}
        context = {
            **self._frame(request, gettext("Takeover of %(source)s") % {"source": source}),
            "form": form,
            "note": _day_note(on),
            "takeover_day": address if on or form.errors else "",
            "figures": figures,
            "tables": tables,
            "first_page": f"{address}?{urlencode(chosen)}" if after else "",
            "next_page": (
                f"{address}?{urlencode({**chosen, 'after': found[LOANS_OF_A_PAGE - 1].handover_id})}"
                if len(found) > LOANS_OF_A_PAGE
                else ""
            ),
            "back": reverse("admin:tapes_handover_changelist"),
            "back_text": gettext("All tapes"),
        }
        return render(request, "ledger/takeover.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the proof of one loan: four figures side by side, its rows, and what moved in between."""
        self._refuse_others(request)
        handover = Handover.objects.select_related("loan").filter(pk=_number(object_id)).first()
        if handover is None:
            raise Http404
        form, on = _chosen(request)
        proof: Proof | None = None
        if not form.errors:
            try:
                proof = proof_of(handover, on=on)
            except DomainError as refusal:
                form.add_error("on", refusal.user_message)
        address = reverse("admin:tapes_handover_change", args=[handover.pk])
        context = {
            **self._frame(request, gettext("Takeover of loan %(number)s") % {"number": handover.loan.number}),
            "form": form,
            "note": _day_note(on or handover.taken_over_on),
            "takeover_day": address if on or form.errors else "",
            "figures": _proof_figures(handover, proof) if proof else [],
            "tables": [_sides(proof), _movements(proof), _rows(proof)] if proof else [],
            "first_page": "",
            "next_page": "",
            "back": reverse("admin:loans_loan_change", args=[handover.loan_id]),
            "back_text": gettext("Loan %(number)s") % {"number": handover.loan.number},
        }
        return render(request, "ledger/takeover.html", context)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}


def _number(text: str) -> int:
    """Return a row's id from an address; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _chosen(request: HttpRequest) -> tuple[DayForm, date | None]:
    """Return the form and the day that it says; None when it says none or cannot be read."""
    form = DayForm(request.GET if request.GET.get("on") else None, initial={"on": None})
    return form, form.cleaned_data["on"] if form.is_bound and form.is_valid() else None


def _proven(form: DayForm, on: date) -> tuple[DayForm, date | None]:
    try:
        refuse_unproven(on)
    except DomainError as refusal:
        form.add_error("on", refusal.user_message)
        return form, None
    return form, on


def _day_note(on: date | None) -> str:
    if on is None:
        return gettext("Each loan at the end of its own day of takeover.")
    return gettext("At the end of %(day)s.") % {"day": date_format(on)}


def fen(minor: int) -> str:
    return gettext("%(minor)s fen") % {"minor": f"{minor:,}"}


def _tapes() -> Table:
    found = (
        Handover.objects.order_by("source")
        .values("source")
        .annotate(loans=Count("pk"), first=Min("taken_over_on"), last=Max("taken_over_on"))
    )
    return Table(
        title=_("Tapes"),
        columns=[
            Column(_("tape")),
            Column(_("loans"), is_number=True),
            Column(_("taken over from")),
            Column(_("taken over to")),
        ],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:tapes_handover_tape", args=[tape["source"]]), tape["source"]
                ),
                f"{tape['loans']:,}",
                date_format(tape["first"]),
                date_format(tape["last"]),
            ]
            for tape in found
        ],
        empty=_("No loan has been taken over with its own schedule yet. Load one with manage.py import_tape."),
    )


def _tape_figures(summary: Agreement | None) -> list[Figure]:
    if summary is None:
        return [Figure(_("loans"), "0", _("No loan of this tape had been taken over by that day."))]
    tone = "late" if summary.differing else "good"
    return [
        Figure(_("loans"), f"{summary.loans:,}"),
        Figure(_("loans that differ"), f"{summary.differing:,}", tone=tone),
    ]


def _sums(summary: Agreement) -> Table:
    return Table(
        title=_("All loans of the tape"),
        note=_("What was stated, with everything that was posted since, is what the ledger and the installments say."),
        columns=_SIDES[:-1],
        rows=[_side(summary, part, None) for part in LABELS],
        tones=[_tone(summary, part, None) for part in LABELS],
        empty="",
    )


_SIDES = [
    Column(_("part")),
    Column(_("difference"), is_number=True),
    Column(_("stated"), is_number=True),
    Column(_("posted since"), is_number=True),
    Column(_("both together"), is_number=True),
    Column(_("ledger"), is_number=True),
    Column(_("installments"), is_number=True),
    Column(_("lived through anew"), is_number=True),
]


def _sides(proof: Proof) -> Table:
    return Table(
        title=_("Side by side"),
        note=_(
            "What the other system stated, with everything that was posted since, must be what the ledger holds, what"
            " the installments carry, and what living through the loan's events from the takeover gives."
        ),
        columns=_SIDES,
        rows=[_side(proof.agreement, part, proof.lived) for part in LABELS],
        tones=[_tone(proof.agreement, part, proof.lived) for part in LABELS],
        empty="",
    )


def _side(found: Agreement, part: str, lived: Parts | None) -> list[Any]:
    """Return one part on all sides; penalty and credit are in no installment."""
    row = getattr(found.rows, part, None)
    return [
        LABELS[part],
        fen(_difference(found, part, lived)),
        *(
            money(getattr(side, part), found.currency)
            for side in (found.stated, found.since, found.expected, found.ledger)
        ),
        "–" if row is None else money(row, found.currency),
        *([money(getattr(lived, part), found.currency)] if lived else []),
    ]


def _difference(found: Agreement, part: str, lived: Parts | None) -> int:
    held = getattr(found.ledger, part)
    others = [getattr(found.expected, part), getattr(found.rows, part, held), getattr(lived, part, held)]
    return sum(abs(minor - held) for minor in others)


def _tone(found: Agreement, part: str, lived: Parts | None) -> str:
    return "changed" if _difference(found, part, lived) else ""


def _loans(found: Sequence[Agreement], on: date | None) -> Table:
    return Table(
        title=_("Loans"),
        columns=[
            Column(_("loan")),
            Column(_("difference"), is_number=True),
            Column(""),
            Column(_("number at the source")),
            Column(_("taken over on")),
            *(Column(label, is_number=True) for label in LABELS.values()),
        ],
        rows=[
            [
                _link("admin:loans_loan_change", one.loan_id, one.number),
                fen(one.difference_minor),
                _link("admin:tapes_handover_change", one.handover_id, gettext("Proof"), on),
                one.external_id,
                date_format(one.taken_over_on),
                *(money(minor, one.currency) for minor in one.ledger),
            ]
            for one in found
        ],
        tones=["changed" if one.difference_minor else "" for one in found],
        note=_("The amounts are those of the ledger."),
        empty=_("There are no more loans."),
    )


def _link(page: str, pk: int, text: str, on: date | None = None) -> SafeString:
    query = f"?on={on.isoformat()}" if on else ""
    return format_html('<a href="{}{}">{}</a>', reverse(page, args=[pk]), query, text)


def _proof_figures(handover: Handover, proof: Proof) -> list[Figure]:
    stated = handover.days_past_due
    differs = stated is not None and stated != proof.days_past_due
    return [
        Figure(_("difference"), fen(proof.difference_minor), tone="late" if proof.difference_minor else "good"),
        Figure(
            _("taken over on"),
            date_format(handover.taken_over_on),
            _link_to_tape(handover.source),
        ),
        Figure(
            _("days past due at the takeover"),
            proof.days_past_due,
            _("Not stated.") if stated is None else gettext("Stated: %(days)s") % {"days": stated},
            "late" if differs else "plain",
        ),
    ]


def _link_to_tape(source: str) -> SafeString:
    text = gettext("All loans of %(source)s") % {"source": source}
    return format_html('<a href="{}">{}</a>', reverse("admin:tapes_handover_tape", args=[source]), text)


def _movements(proof: Proof) -> Table:
    """The newest movements, with those before them in one line, and their sum, which is what was posted since."""
    currency = proof.agreement.currency
    has_apart = any(moved.set_apart for moved in proof.movements)
    shown = proof.movements[-SHOWN_MOVEMENTS:]
    earlier = proof.movements[: len(proof.movements) - len(shown)]
    rows = [["", "", gettext("Earlier"), *_amounts(earlier, has_apart, currency)]] if earlier else []
    rows += [
        [
            date_format(moved.on),
            _link("admin:ledger_journalentry_change", moved.entry_id, str(moved.entry_id)),
            KINDS.get(moved.kind, moved.kind),
            *_amounts([moved], has_apart, currency),
        ]
        for moved in shown
    ]
    if proof.movements:
        rows.append(["", "", gettext("Total"), *_amounts(proof.movements, has_apart, currency)])
    return Table(
        title=_("What was posted since the takeover"),
        note=_("Interest and penalty that are set apart, as no longer earned, count above as interest and penalty due.")
        if has_apart
        else "",
        columns=[
            Column(_("effective on")),
            Column(_("journal entry")),
            Column(_("event")),
            *(Column(label, is_number=True) for label in LABELS.values()),
            *([Column(_("set apart"), is_number=True)] if has_apart else []),
        ],
        rows=rows,
        empty=_("Nothing yet."),
    )


def _amounts(movements: Iterable[Moved], has_apart: bool, currency: str) -> list[str]:
    lines = [(*moved.parts, *([moved.set_apart] if has_apart else [])) for moved in movements]
    return [money(sum(column), currency) if any(column) else "" for column in zip(*lines, strict=True)]


def _rows(proof: Proof) -> Table:
    currency = proof.agreement.currency
    return Table(
        title=_("Installments as they were handed over"),
        note=_("Principal, interest and fee together. What new terms replaced has no open part any more."),
        columns=[
            Column(_("installment")),
            Column(_("due on")),
            Column(_("demanded, stated"), is_number=True),
            Column(_("demanded, here"), is_number=True),
            Column(_("open, stated"), is_number=True),
            Column(_("open, here"), is_number=True),
            Column(_("difference"), is_number=True),
            Column(_("open on the day"), is_number=True),
        ],
        rows=[_row(row, currency) for row in proof.rows],
        tones=["changed" if row.difference_minor or row.due_on != row.due_on_here else "" for row in proof.rows],
        empty="",
    )


def _row(row: RowProof, currency: str) -> list[Any]:
    amounts = (row.stated, row.demanded, row.stated_open, row.opened)
    return [
        row.number,
        date_format(row.due_on),
        *(money(sum(parts), currency) for parts in amounts),
        fen(row.difference_minor),
        "–" if row.open_on_day is None else money(row.open_on_day, currency),
    ]
