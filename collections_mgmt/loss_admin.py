"""Claims that were booked as losses: what came in since, what would qualify, and the acts that book it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.models import CreditRecordMonth, LossClaim
from collections_mgmt.selectors.losses import Candidate, Loss, charge_off_candidates, losses_of, write_off_candidates
from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money, percent_shown
from loans.admin import FoundByLoan, loan_link
from loans.models import Loan
from repayments.models import Payment
from repayments.selectors.claims import Claim

CHARGE_OFF, WRITE_OFF = "charge_off_loan", "write_off_loan"
SHOWN = 200


@admin.register(LossClaim)
class LossClaimAdmin(FoundByLoan, ReadOnlyAdmin):
    loan_key = "pk"
    list_display = ["number", "borrower_name", "state", "charged_off_on", "lost", "recovered", "share", "principal"]
    list_filter = ["status"]
    list_select_related = ["borrower", "balance"]
    ordering = ["-pk"]
    fields = [("loan_number", "borrower_name"), ("status", "charged_off_on")]
    readonly_fields = [name for line in fields for name in line]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_list = ["qualifying"]
    actions_detail = ["open_loan", "write_off"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LossClaim]:
        seen = Loan.objects.visible_to(person_of(request)).values("pk")
        return LossClaim.objects.filter(pk__in=seen).select_related("borrower", "balance")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Look up what was lost and recovered for all rows of the page at once."""
        found = super().get_changelist_instance(request)
        losses = losses_of([claim.pk for claim in found.result_list])
        for claim in found.result_list:
            claim.loss = losses.get(claim.pk)
        return found

    @admin.display(description=_("loan"))
    def loan_number(self, claim: LossClaim) -> SafeString:
        return loan_link(claim)

    @admin.display(description=_("borrower"))
    def borrower_name(self, claim: LossClaim) -> str:
        return claim.borrower.name

    @display(description=_("claim"), label={"CHARGED_OFF": "info", "WRITTEN_OFF": "warning"})
    def state(self, claim: LossClaim) -> tuple[str, Any]:
        return claim.status, _("continues") if claim.status == Loan.Status.CHARGED_OFF else _("has ended")

    @admin.display(description=_("charged off on"))
    def charged_off_on(self, claim: LossClaim) -> str:
        loss = _loss(claim)
        return date_format(loss.charged_off_on, "SHORT_DATE_FORMAT") if loss else "–"

    @admin.display(description=_("principal lost"))
    def lost(self, claim: LossClaim) -> str:
        loss = _loss(claim)
        return money(loss.lost_minor, claim.currency) if loss else "–"

    @admin.display(description=_("recovered since"))
    def recovered(self, claim: LossClaim) -> str:
        loss = _loss(claim)
        return money(loss.recovered_minor, claim.currency) if loss else "–"

    @admin.display(description=_("share"))
    def share(self, claim: LossClaim) -> str:
        loss = _loss(claim)
        return percent_shown(loss.share) if loss and loss.share is not None else "–"

    @admin.display(description=_("principal claimed"))
    def principal(self, claim: LossClaim) -> str:
        is_claimed = claim.status == Loan.Status.CHARGED_OFF
        return money(claim.balance.principal_minor if is_claimed else 0, claim.currency)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        claim = self.get_object(request, object_id)
        shown = {"figures": _figures(claim), "tables": [_recoveries(claim), _reported(claim)]} if claim else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_write_off_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("repayments.write_off_loanevent"):
            return False
        claims = LossClaim.objects.filter(status=Loan.Status.CHARGED_OFF)
        return object_id is None or claims.filter(pk=object_id).exists()

    @action(description=_("Open the loan"), url_path="loan", permissions=["view"], icon="request_quote")
    def open_loan(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What comes in, is given up or is sold is booked there, by the acts of every loan."""
        if self.get_object(request, str(object_id)) is None:
            raise Http404
        return redirect("admin:loans_loan_change", object_id)

    @action(description=_("End the claim"), url_path="write-off", permissions=["write_off"], icon="block")
    def write_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if self.get_object(request, str(object_id)) is None:
            raise Http404
        return redirect("admin:loans_loan_act", object_id, WRITE_OFF)

    @action(description=_("What would qualify"), url_path="qualifying", permissions=["view"], icon="checklist")
    def qualifying(self, request: HttpRequest) -> HttpResponse:
        """Show which loans are old enough, what speaks against them, and where each act is previewed and asked for."""
        today, user = lender_today(), person_of(request)
        tables: list[Table] = []
        figures: list[Figure] = []
        try:
            terms = policy.loss_terms(today)
            off = charge_off_candidates(user=user, on=today)
            over = write_off_candidates(user=user, on=today)
        except PolicyRuleMissing:
            off, over = [], []
        else:
            figures = [_sum(_("would be charged off"), off), _sum(_("claims that could be ended"), over)]
            tables = [
                _candidates(
                    request,
                    off,
                    CHARGE_OFF,
                    _("Charge-off"),
                    gettext("Late for %(days)s days or longer. It becomes a loss on the books; the claim continues.")
                    % {"days": terms.charge_off_days},
                ),
                _candidates(
                    request,
                    over,
                    WRITE_OFF,
                    _("Write-off"),
                    gettext(
                        "Charged off %(days)s days ago or longer, nothing came in for %(quiet)s days, and at most"
                        " %(small)s or past its limitation period. The claim ends, and nothing is asked for any more."
                    )
                    % {
                        "days": terms.write_off_days,
                        "quiet": terms.quiet_days,
                        "small": money(terms.small_minor, terms.currency),
                    },
                ),
            ]
        context = {**self.admin_site.each_context(request), "title": _("What would qualify"), "opts": self.opts}
        return render(request, "staff/report.html", {**context, "figures": figures, "tables": tables})


def _loss(claim: Any) -> Loss | None:
    if not hasattr(claim, "loss"):
        claim.loss = losses_of([claim.pk]).get(claim.pk)
    found: Loss | None = claim.loss
    return found


def _sum(title: Any, found: list[Candidate]) -> Figure:
    ready = [each for each in found if each.qualifies]
    return Figure(title, len(ready), _("of %(count)s that are old enough") % {"count": len(found)})


def _candidates(request: HttpRequest, found: list[Candidate], act: str, title: Any, note: str) -> Table:
    may = request.user.has_perm(f"repayments.{act.removesuffix('_loan')}_loanevent")
    return Table(
        title=title,
        note=note,
        columns=[
            Column(_("loan")),
            Column(_("borrower")),
            Column(_("overdue"), is_number=True),
            Column(_("days"), is_number=True),
            Column(_("what speaks against it")),
            Column(_("next step")),
        ],
        rows=[
            [
                loan_link(each.loan),
                each.loan.borrower.name,
                money(each.owed_minor, each.loan.currency),
                each.days,
                _against(each),
                _step(each, act) if may and each.qualifies else "–",
            ]
            for each in found[:SHOWN]
        ],
        tones=["" if each.qualifies else "quiet" for each in found[:SHOWN]],
        empty=_("No loan is old enough."),
    )


def _against(each: Candidate) -> str:
    words = [str(reason.label) for reason in each.against]
    if each.is_enforceable:
        words.append(gettext("It can still be enforced"))
    return ", ".join(words) or gettext("nothing speaks against it")


def _step(each: Candidate, act: str) -> SafeString:
    address = reverse("admin:loans_loan_act", args=[each.loan.pk, act])
    return format_html('<a href="{}">{}</a>', address, gettext("Preview and ask"))


def _figures(claim: LossClaim) -> list[Figure]:
    loss = _loss(claim)
    figures = [
        Figure(
            _("claimed today"),
            money(Claim(claim).at(lender_today()), claim.currency),
            _("The claim is the loan's own; it is no new debt."),
        )
    ]
    if loss:
        share = "–" if loss.share is None else percent_shown(loss.share)
        figures += [
            Figure(_("principal lost"), money(loss.lost_minor, claim.currency), date_format(loss.charged_off_on)),
            Figure(_("recovered since"), money(loss.recovered_minor, claim.currency), share),
        ]
    return figures


def _recoveries(claim: LossClaim) -> Table:
    loss = _loss(claim)
    payments = Payment.objects.filter(loan=claim.pk, is_returned=False)
    if loss:
        payments = payments.filter(received_on__gte=loss.charged_off_on)
    return Table(
        title=_("what came in since"),
        columns=[Column(_("received on")), Column(_("payment")), Column(_("amount"), is_number=True)],
        rows=[
            [date_format(paid.received_on), paid.reference, money(paid.amount_minor, claim.currency)]
            for paid in payments.order_by("-received_on", "-event_id")[:SHOWN]
        ],
        empty=_("Nothing came in."),
    )


def _reported(claim: LossClaim) -> Table:
    months = CreditRecordMonth.objects.filter(loan=claim.pk).order_by("-month")[:6]
    return Table(
        title=_("credit record"),
        note=_(
            "A loss is reported once, in the month in which it was booked; what comes in later reports nothing new."
        ),
        columns=[Column(_("month")), Column(_("code"))],
        rows=[[date_format(each.month, "Y-m"), each.code] for each in months],
        empty=_("Nothing is reported yet."),
    )
