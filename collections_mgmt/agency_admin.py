"""Agencies with their scorecards, loans that they have or had, and the files that they got."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from collections_mgmt.agency_forms import EvaluateForm, ProposeForm
from collections_mgmt.agency_pages import (
    files_table,
    month_figures,
    month_of,
    months_table,
    paid_table,
    recall_words,
    recalls_table,
    score_figures,
)
from collections_mgmt.agreement_acts import stored_table
from collections_mgmt.forms import ReasonForm
from collections_mgmt.models import Agency, AgencyFile, AgencyRate, Placement
from collections_mgmt.selectors.agency_figures import collected, scorecard
from collections_mgmt.services.agencies import evaluate_agency, evaluation_due, refuse_agency
from collections_mgmt.services.agency_files import make_recall_file, take_file
from collections_mgmt.services.ask_placement import PLACE, ask_placement, by_age_table, propose, reasons_table
from collections_mgmt.services.placements import recall_placement
from dashu.approvals.acts import act_kind
from dashu.approvals.presenting import roles_that_approve
from dashu.audit import services as audit
from dashu.kernel.dates import lender_now, lender_today, month_end_of
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money, format_minor
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Figure
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link

MEDIA = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class RateInline(TabularInline):
    model = AgencyRate
    extra = 0
    hide_title = True


@admin.register(Agency)
class AgencyAdmin(ModelAdmin):
    list_display = ["name", "license", "contract", "evaluation", "score", "there_now", "is_active"]
    fields = [("name", "code"), ("license", "is_active"), ("contract_from", "contract_to")]
    inlines = [RateInline]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["place", "recall_file", "commission", "evaluate"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    @admin.display(description=_("contract"))
    def contract(self, agency: Agency) -> str:
        days = [date_format(day, "SHORT_DATE_FORMAT") for day in (agency.contract_from, agency.contract_to)]
        return " – ".join(days)

    @admin.display(description=_("evaluation due"))
    def evaluation(self, agency: Agency) -> str:
        try:
            due = evaluation_due(agency, policy.agency_terms(lender_today()))
        except PolicyRuleMissing:
            return "–"
        return date_format(due, "SHORT_DATE_FORMAT")

    @admin.display(description=_("loans there now"))
    def there_now(self, agency: Agency) -> int:
        return Placement.objects.running().filter(agency=agency).count()

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._note("agency_changed" if change else "agency_added", obj, request, form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.has_changed():
            rates = [[rate.from_days, rate.bps] for rate in form.instance.rates.all()]
            self._note("agency_rates_changed", form.instance, request, rates)

    def _note(self, what: str, agency: Agency, request: HttpRequest, changed: Any) -> None:
        audit.record(
            action=f"collections.{what}",
            subject_type="agency",
            subject_id=agency.code,
            actor=actor_of(request),
            data={"changed": changed},
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        agency = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if agency is not None:
            today = lender_today()
            card = scorecard(agency.pk)
            try:
                shown["figures"] = score_figures(agency, card, policy.agency_terms(today), today=today)
            except PolicyRuleMissing:
                shown["figures"] = []
            shown["tables"] = [recalls_table(card), files_table(agency)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_place_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.place_placement")

    def has_export_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.export_agencyfile")

    def has_evaluate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.evaluate_agency")

    @action(description=_("Give it loans"), url_path="place", permissions=["place"], icon="move_up")
    def place(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask which loans, show how many go and why others stay, and ask another person."""
        agency, today = self._found(request, object_id), lender_today()
        terms = policy.agency_terms(today)
        form = ProposeForm(
            request.POST or None,
            currency=terms.currency,
            initial={
                "from_days": terms.least_days_past_due,
                "amount": format_minor(terms.least_minor, terms.currency),
                "key": uuid4(),
            },
        )
        shown: dict[str, Any] = {}
        try:
            refuse_agency(agency, on=today)
            if request.method == "POST" and request.POST.get("step") != "edit" and form.is_valid():
                shown = self._proposed(request, agency, form)
        except DomainError as refusal:
            if form.is_bound and not form.errors:
                add_refusal(form, refusal)
            elif not form.is_bound:
                messages.warning(request, refusal.user_message)
                return redirect(self._page(agency))
        if asked := shown.get("asked"):
            messages.success(request, _("Asked for. The loans go once another person has approved it."))
            return redirect("admin:approvals_approvalrequest_change", asked.pk)
        context = {**self.admin_site.each_context(request), "title": _("Give it loans"), "opts": self.opts}
        given = {"agency": agency, "form": form, "back": self._page(agency)}
        return render(request, "staff/placement.html", {**context, **given, **shown})

    def _proposed(self, request: HttpRequest, agency: Agency, form: ProposeForm) -> dict[str, Any]:
        given, today = form.cleaned_data, lender_today()
        scrub = propose(
            agency_id=agency.pk,
            from_days=given["from_days"],
            to_days=given["to_days"],
            least_minor=given["amount"],
            most=given["most"],
            today=today,
        )
        ids = [row.loan_id for row in scrub.fit]
        seen = f"{len(ids)}:{scrub.owed_minor}:{sum(ids)}"
        if request.POST.get("step") == "ask" and given["seen"] == seen:
            asked = ask_placement(
                agency_id=agency.pk,
                loan_ids=ids,
                reason=given["reason"],
                user=person_of(request),
                today=today,
                idempotency_key=f"placement:{given['key']}",
            )
            return {"asked": asked}
        form.data = {**form.data.dict(), "seen": seen}  # type: ignore[attr-defined]
        currency = policy.agency_terms(today).currency
        return {
            "kind": act_kind(PLACE).label,
            "roles": roles_that_approve(PLACE, Money(scrub.owed_minor, currency), today=today),
            "has_some": bool(ids),
            "figures": [
                Figure(_("would go"), len(ids)),
                Figure(_("overdue on them"), money(scrub.owed_minor, currency)),
                Figure(_("stay with us"), len(scrub.unfit)),
            ],
            "tables": [
                stored_table(by_age_table(scrub, agency, currency)),
                stored_table(reasons_table(scrub)),
            ],
        }

    @action(description=_("File of what came back"), url_path="recalls", permissions=["export"], icon="undo")
    def recall_file(self, request: HttpRequest, object_id: int) -> HttpResponse:
        agency = self._found(request, object_id)
        untold = Placement.objects.filter(agency=agency, recalled_on__isnull=False, recall_file=None).count()
        return ask_and_do(
            self,
            request,
            _plain_form(request),
            lambda _given: make_recall_file(agency_id=agency.pk, today=lender_today(), actor=actor_of(request)),
            back=self._page(agency),
            title=_("File of what came back"),
            text=_(
                "Loans that came back since the last file: %(count)s. The new file names them by their number only;"
                " send it today, so that nobody calls these people any more."
            )
            % {"count": untold},
            done=_("The file is made. Take it from the list below."),
        )

    @action(description=_("Commission"), url_path="commission", permissions=["view"], icon="percent")
    def commission(self, request: HttpRequest, object_id: int) -> HttpResponse:
        agency, today = self._found(request, object_id), lender_today()
        month = month_of(request.GET.get("month", ""), today)
        currency = policy.agency_terms(today).currency
        address = reverse("admin:collections_mgmt_agency_commission", args=[agency.pk])
        paid = collected(agency_id=agency.pk, first=month, last=month_end_of(month))
        title = _("payments of %(month)s") % {"month": date_format(month, "Y-m")}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Commission of %(agency)s") % {"agency": agency.name},
            "opts": self.opts,
            "back": self._page(agency),
            "figures": month_figures(paid, currency, month),
            "tables": [
                paid_table(paid, currency, title=title),
                months_table(collected(agency_id=agency.pk), currency, address),
            ],
        }
        return render(request, "staff/report.html", context)

    @action(description=_("Note an evaluation"), url_path="evaluate", permissions=["evaluate"], icon="grading")
    def evaluate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        agency = self._found(request, object_id)
        return ask_and_do(
            self,
            request,
            EvaluateForm(request.POST or None),
            lambda given: evaluate_agency(agency_id=agency.pk, today=lender_today(), actor=actor_of(request), **given),
            back=self._page(agency),
            title=_("Note an evaluation"),
            text=_("How it treats people counts first, then what it recovers. It is due at least once a year."),
            done=_("Noted."),
        )

    def _found(self, request: HttpRequest, pk: int) -> Agency:
        agency = self.get_object(request, str(pk))
        if agency is None:
            raise Http404
        return agency

    def _page(self, agency: Agency) -> str:
        return reverse("admin:collections_mgmt_agency_change", args=[agency.pk])


class ThereFilter(admin.SimpleListFilter):
    """What agencies have now, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("back", _("came back")), ("untold", _("agency not told yet")), ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset
            case "back":
                return queryset.filter(recalled_on__isnull=False)
            case "untold":
                return queryset.filter(recalled_on__isnull=False, recall_file=None)
        return queryset.filter(recalled_on=None)

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("with an agency")}
        yield from others


@admin.register(Placement)
class PlacementAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = ["reference", "state", "agency", "loan_number", "borrower", "owed", "placed_on", "ends_on", "back"]
    list_filter = [ThereFilter, "agency"]
    list_select_related = ["loan__borrower", "agency"]
    ordering = ["-pk"]
    fields = [
        ("reference", "agency"),
        ("loan_number", "borrower"),
        ("owed", "days"),
        ("placed_on", "ends_on"),
        ("recalled_on", "because"),
        ("file", "recall_file"),
        "words",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["recall"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        return Placement.objects.visible_to(person_of(request))

    @display(description=_("state"), label={"there": "info", "untold": "warning", "back": "success"})
    def state(self, placement: Placement) -> tuple[str, Any]:
        if placement.recalled_on is None:
            return "there", _("with the agency")
        return ("back", _("came back")) if placement.recall_file_id else ("untold", _("agency not told yet"))

    @admin.display(description=_("loan"))
    def loan_number(self, placement: Placement) -> SafeString:
        return loan_link(placement.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, placement: Placement) -> str:
        return placement.loan.borrower.name

    @admin.display(description=_("overdue when placed"))
    def owed(self, placement: Placement) -> str:
        return money(placement.owed_minor, placement.loan.currency)

    @admin.display(description=_("because"))
    def because(self, placement: Placement) -> str:
        return recall_words(placement.reasons) or "–"

    @admin.display(description=_("came back"))
    def back(self, placement: Placement) -> str:
        if placement.recalled_on is None:
            return "–"
        return f"{date_format(placement.recalled_on, 'SHORT_DATE_FORMAT')} · {recall_words(placement.reasons)}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        placement = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if placement is not None:
            paid = collected(placement_id=placement.pk)
            shown["tables"] = [paid_table(paid, placement.loan.currency, title=_("payments meanwhile"))]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_recall_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.recall_placement"):
            return False
        return object_id is None or Placement.objects.running().filter(pk=object_id).exists()

    @action(description=_("Call it back"), url_path="recall", permissions=["recall"], icon="undo")
    def recall(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if self.get_object(request, str(object_id)) is None:
            raise Http404
        return ask_and_do(
            self,
            request,
            ReasonForm(request.POST or None),
            lambda given: recall_placement(
                placement_id=object_id, reason=given["reason"], today=lender_today(), actor=actor_of(request)
            ),
            back=reverse("admin:collections_mgmt_placement_change", args=[object_id]),
            title=_("Call it back"),
            text=_(
                "From this moment the agency may not contact the borrower, who is told so, and gets nothing of what"
                " comes in later. Tell it by the file of what came back."
            ),
            done=_("It is back. Tell the agency by the file of what came back."),
        )


@admin.register(AgencyFile)
class AgencyFileAdmin(ReadOnlyAdmin):
    list_display = ["number", "agency", "kind", "made_on", "loans"]
    list_filter = ["kind", "agency"]
    list_select_related = ["agency"]
    ordering = ["-pk"]
    fields = [("number", "agency"), ("kind", "loans"), ("made_on", "made_by")]
    readonly_fields = [name for line in fields for name in line]
    actions_detail = ["take_csv", "take_xlsx"]

    def has_export_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.export_agencyfile")

    @action(description=_("Take as CSV"), url_path="csv", permissions=["export"], icon="download")
    def take_csv(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._take(request, object_id, "csv")

    @action(description=_("Take as XLSX"), url_path="xlsx", permissions=["export"], icon="download")
    def take_xlsx(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._take(request, object_id, "xlsx")

    def _take(self, request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
        """Say what is in it and that it is noted who takes it, then hand it out."""
        file = self.get_object(request, str(pk))
        if file is None:
            raise Http404
        if request.method == "POST":
            taken = take_file(file_id=file.pk, file_format=file_format, now=lender_now(), actor=actor_of(request))
            return HttpResponse(
                taken.content,
                content_type=MEDIA[file_format],
                headers={
                    "Content-Disposition": f'attachment; filename="{taken.name}"',
                    "Cache-Control": "private, no-store",
                },
            )
        return ask_and_do(
            self,
            request,
            _plain_form(request),
            lambda _given: None,
            back=reverse("admin:collections_mgmt_agencyfile_change", args=[file.pk]),
            title=_("Take the file"),
            text=_(
                "Names, masked ID numbers, phones and amounts of whoever is still with the agency, and nothing else."
                " It is noted that you took it. Send it by the way agreed with the agency, and delete your copy."
            )
            if file.kind == AgencyFile.Kind.PLACEMENT
            else _("Numbers of placements and the days on which they came back; nobody is named."),
            done="",
        )


def _plain_form(request: HttpRequest) -> Any:
    return forms.Form(request.POST if request.method == "POST" else None)
