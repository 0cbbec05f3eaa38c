"""Running holds with their clocks, and who needs special care."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.agreement_acts import care_categories
from collections_mgmt.domain.clocks import clock_of
from collections_mgmt.forms import ReasonForm
from collections_mgmt.models import Hold, Vulnerability
from collections_mgmt.presenting import CLOCK_TONES, clock_words
from collections_mgmt.said_reasons import SaysReasons
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.services.care import end_care, review_care
from collections_mgmt.services.holds import end_hold, review_hold
from dashu.kernel.dates import lender_today
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from loans.admin import FoundByLoan, loan_link

WARN_DAYS = 3


class RunningFilter(admin.SimpleListFilter):
    """What runs, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("review", _("to be looked at")), ("ended", _("ended")), ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset
            case "ended":
                return queryset.filter(ended_on__isnull=False)
            case "review":
                return queryset.filter(ended_on=None, review_on__lte=lender_today())
        return queryset.filter(ended_on=None)

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("running")}
        yield from others


class ReviewedAdmin(SeenAdmin):
    """What runs until a day and is looked at again."""

    list_filter: Any = [RunningFilter]
    ordering = ["review_on", "pk"]
    sortable_by: Sequence[str] = ()
    actions_detail = ["review", "end"]

    @display(description=_("look again"), label=CLOCK_TONES)
    def clock(self, held: Any) -> tuple[str, Any]:
        if held.ended_on is not None:
            return "answered", _("ended")
        return clock_shown(held.review_on)

    def _is_running(self, object_id: str | None) -> bool:
        return object_id is None or self.model.objects.filter(pk=object_id, ended_on=None).exists()

    def _ask(self, request: HttpRequest, pk: int, act: Any, **words: Any) -> HttpResponse:
        if self.get_object(request, str(pk)) is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        form = ReasonForm(request.POST or None)
        return ask_and_do(self, request, form, lambda given: act(given["reason"]), back=back, **words)


def clock_shown(review_on: date | None) -> tuple[str, Any]:
    if review_on is None:
        return "info", "–"
    found = clock_of(review_on, lender_today(), warn_days=WARN_DAYS)
    return found.urgency.value, f"{date_format(review_on, 'SHORT_DATE_FORMAT')} · {clock_words(found)}"


@admin.register(Hold)
class HoldAdmin(SaysReasons, FoundByLoan, ReviewedAdmin):
    list_display = ["kind_shown", "loan_number", "borrower", "contact", "starts_on", "last_day", "clock"]
    list_filter = [RunningFilter, "kind"]
    list_select_related = ["loan__borrower"]
    fields = [
        ("kind_shown", "contact"),
        ("loan_number", "borrower"),
        ("starts_on", "last_day"),
        ("review_on", "mark"),
        ("pauses_count", "bars_lending"),
        ("reason_said", "actor"),
        ("end_reason_said", "ended_by"),
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]

    @admin.display(description=_("kind"))
    def kind_shown(self, hold: Hold) -> str:
        return hold.get_kind_display()

    @admin.display(description=_("loan"))
    def loan_number(self, hold: Hold) -> SafeString:
        return loan_link(hold.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, hold: Hold) -> str:
        return hold.loan.borrower.name

    @admin.display(description=_("last day"))
    def last_day(self, hold: Hold) -> Any:
        last = hold.ended_on or hold.ends_on
        return date_format(last) if last else _("until somebody ends it")

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.review_hold") and self._is_running(object_id)

    def has_end_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.end_hold_collectioncase") and self._is_running(object_id)

    @action(description=_("It is still right"), url_path="review", permissions=["review"], icon="event_repeat")
    def review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            lambda reason: review_hold(hold_id=object_id, reason=reason, today=lender_today(), actor=actor_of(request)),
            title=_("It is still right"),
            text=_("Say why it goes on. The clock begins anew, and somebody looks again then."),
            done=_("Noted. The hold goes on."),
        )

    @action(description=_("End the hold"), url_path="end", permissions=["end"], icon="play_circle")
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        today = lender_today()
        return self._ask(
            request,
            object_id,
            lambda reason: end_hold(
                hold_id=object_id, ended_on=today, reason=reason, today=today, actor=actor_of(request)
            ),
            title=_("End the hold"),
            text=_("Today is its last day. From tomorrow the days count again, unless another hold still runs."),
            done=_("The hold has ended."),
        )


@admin.register(Vulnerability)
class VulnerabilityAdmin(ReviewedAdmin):
    """Why is for those who may see it; everyone else sees that special care is needed."""

    list_display = ["borrower_name", "category_shown", "is_specialist", "noted_on", "clock"]
    list_select_related = ["borrower"]
    search_fields = ["borrower__number"]
    search_help_text = _("Number of the borrower")
    fields = [
        ("borrower_name", "category_shown"),
        ("noted_on", "noted_by"),
        ("review_on", "is_specialist"),
        ("ended_on", "ended_by"),
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vulnerability]:
        sees = request.user.has_perm("collections_mgmt.see_category_vulnerability")
        return super().get_queryset(request).annotate(shows_category=Value(sees))

    @admin.display(description=_("borrower"))
    def borrower_name(self, noted: Vulnerability) -> str:
        return str(noted.borrower)

    @admin.display(description=_("category"))
    def category_shown(self, noted: Vulnerability) -> Any:
        if not getattr(noted, "shows_category"):  # noqa: B009 – annotated
            return _("special care")
        return care_categories().get(noted.category, noted.category)

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.see_category_vulnerability") and self._is_running(object_id)

    def has_end_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_review_permission(request, object_id)

    @action(description=_("It still holds"), url_path="review", permissions=["review"], icon="event_repeat")
    def review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(
            request,
            object_id,
            review_care,
            title=_("It still holds"),
            text=_("The clock begins anew, and somebody asks again then."),
            done=_("Noted."),
        )

    @action(description=_("No longer needed"), url_path="end", permissions=["end"], icon="task_alt")
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(
            request,
            object_id,
            end_care,
            title=_("No longer needed"),
            text=_("The person is treated like everyone else from now on."),
            done=_("Noted."),
        )

    def _decide(self, request: HttpRequest, pk: int, act: Any, **words: Any) -> HttpResponse:
        if self.get_object(request, str(pk)) is None:
            raise Http404
        back = reverse("admin:collections_mgmt_vulnerability_change", args=[pk])
        form = forms.Form(request.POST if request.method == "POST" else None)
        return ask_and_do(
            self,
            request,
            form,
            lambda _given: act(care_id=pk, user=person_of(request), today=lender_today()),
            back=back,
            **words,
        )
