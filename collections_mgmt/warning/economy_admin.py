"""The economy for staff: series with their chart, their import with a preview, and shocks that two people enter."""

import csv
import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collections_mgmt.models import EconomicIndicator, IndicatorValue, ShockEntry
from collections_mgmt.models.early_warning import WarningQuerySet
from collections_mgmt.selectors.economy import series_now
from collections_mgmt.services.economy import (
    COLUMNS,
    ENTER,
    IMPORT,
    ValuesFileRefused,
    ask_shock,
    end_shock,
    import_values,
    read_values,
)
from collections_mgmt.warning.economy_pages import economy_table, preview_table, series_chart, values_table
from collections_mgmt.warning.forms import ShockForm, ValuesFileForm
from collections_mgmt.warning.pages import series_name
from collections_mgmt.warning_words import place_words
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal

LIST = "admin:collections_mgmt_economicindicator_changelist"
SALT = "collections_mgmt.values_file"
SEEN_FOR = 3_600  # seconds from the preview to the import


@admin.register(EconomicIndicator)
class EconomicIndicatorAdmin(ReadOnlyAdmin):
    """The series with how they stand are one page; each has its own with its chart."""

    def get_queryset(self, request: HttpRequest) -> WarningQuerySet:
        return EconomicIndicator.objects.visible_to(person_of(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="collections_mgmt_economicindicator_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = lender_today()
        context = {"title": gettext("The economy"), "may_import": request.user.has_perm(IMPORT), "table": None}
        try:
            rules = policy.early_warning(today)
            found = series_now(self.get_queryset(request), on=today, rules=rules)
            context["table"] = economy_table(found, rules)
        except PolicyRuleMissing:  # of a country for which nobody has written thresholds yet
            pass
        return self._page(request, "collections_mgmt/economy.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        wanted = int(object_id) if object_id.isascii() and object_id.isdigit() else 0
        indicator = get_object_or_404(self.get_queryset(request), pk=wanted)
        values = list(IndicatorValue.objects.filter(indicator=indicator).order_by("date"))
        context = {
            "title": indicator.name,
            "about": " · ".join(
                [
                    series_name(indicator.kind),
                    place_words(indicator.region, indicator.sector, lender_today()),
                    indicator.source,
                ]
            ),
            "chart": series_chart(indicator, values),
            "tables": [values_table(indicator, values)],
        }
        return self._page(request, "collections_mgmt/series.html", context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, show what it says, and take over exactly what was shown."""
        if not request.user.has_perm(IMPORT):
            raise PermissionDenied
        if request.method == "POST" and "seen" in request.POST:
            return self._take_over(request)
        form = ValuesFileForm(request.POST or None, request.FILES or None)
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            file, today = form.cleaned_data["file"], lender_today()
            try:
                rows = read_values(file.read(), file_name=file.name, today=today)
            except ValuesFileRefused as refusal:
                add_refusal(form, refusal)
                shown = {"problems": refusal.problems}
            else:
                seen = signing.dumps([row.plain for row in rows], salt=SALT, compress=True)
                shown = {"preview": preview_table(rows), "seen": seen}
        context = {
            "title": gettext("Import values"),
            "form": form,
            "columns": ", ".join(COLUMNS),
            "back": reverse(LIST),
            **shown,
        }
        return self._page(request, "collections_mgmt/import_values.html", context)

    def _take_over(self, request: HttpRequest) -> HttpResponse:
        today = lender_today()
        try:
            plain = signing.loads(request.POST["seen"], salt=SALT, max_age=SEEN_FOR)
            rows = read_values(_as_csv(plain), file_name="seen.csv", today=today)
            taken = import_values(rows=rows, today=today, user=person_of(request))
        except signing.BadSignature:
            messages.error(request, gettext("What was shown is too long ago. Choose the file again."))
            return redirect("admin:collections_mgmt_economicindicator_import")
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect("admin:collections_mgmt_economicindicator_import")
        messages.success(
            request,
            gettext("New: %(new)s, changed: %(changed)s, as before: %(unchanged)s.")
            % {"new": taken.new, "changed": taken.changed, "unchanged": taken.unchanged},
        )
        return redirect(LIST)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


@admin.register(ShockEntry)
class ShockEntryAdmin(ReadOnlyAdmin):
    list_display = ["place", "reason", "from_on", "to_on", "state_shown"]
    sortable_by = ()
    ordering = ["-from_on", "-pk"]
    list_before_template = "collections_mgmt/shocks_head.html"
    change_form_outer_before_template = "collections_mgmt/shock_acts.html"

    def get_queryset(self, request: HttpRequest) -> WarningQuerySet:
        return ShockEntry.objects.visible_to(person_of(request))

    @admin.display(description=_("place"))
    def place(self, shock: ShockEntry) -> str:
        return place_words(shock.region, shock.sector, shock.from_on)

    @display(description=_("state"), label={"runs": "warning", "over": "", "later": "info"})
    def state_shown(self, shock: ShockEntry) -> tuple[str, Any]:
        today = lender_today()
        if shock.to_on < today:
            return "over", _("over")
        return ("runs", _("counts now")) if shock.from_on <= today else ("later", _("begins later"))

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_shockentry_{name}")

        return [ours("enter/", self.enter, "enter"), ours("<int:pk>/end/", self.end, "end"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"title": gettext("Shocks of regions and sectors"), "may_enter": request.user.has_perm(ENTER)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shock = self.get_object(request, object_id)
        may_end = request.user.has_perm(ENTER) and shock is not None and shock.to_on > lender_today()
        more = {"may_end": may_end, "shock_id": shock.pk if shock else None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def enter(self, request: HttpRequest) -> HttpResponse:
        self._refuse_others(request)
        today = lender_today()
        initial = {"key": uuid4(), "from_on": today}
        form = ShockForm(request.POST or None, places=policy.early_warning_places(today), initial=initial)
        return ask_and_do(
            self,
            request,
            form,
            lambda given: ask_shock(
                **{name: given[name] for name in ("region", "sector", "from_on", "to_on", "what", "reason")},
                user=person_of(request),
                today=today,
                idempotency_key=f"shock:{given['key']}",
            ),
            back=reverse("admin:collections_mgmt_shockentry_changelist"),
            title=gettext("Enter a shock"),
            text=gettext(
                "It counts once another person has approved it, for borrowers who show something else as well."
            ),
            done=gettext("It waits for another person's approval."),
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        shock = get_object_or_404(self.get_queryset(request), pk=pk)
        return ask_and_do(
            self,
            request,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: end_shock(shock_id=pk, today=lender_today(), user=person_of(request)),
            back=reverse("admin:collections_mgmt_shockentry_change", args=[pk]),
            title=gettext("End it today"),
            text=gettext("%(place)s, until %(day)s: %(what)s. From tomorrow on it is noted of nobody new.")
            % {"place": self.place(shock), "day": date_format(shock.to_on), "what": shock.reason},
            done=gettext("It ends today."),
        )

    def _refuse_others(self, request: HttpRequest) -> None:
        if not request.user.has_perm(ENTER):
            raise PermissionDenied


def _as_csv(rows: list[list[str]]) -> bytes:
    """Return what was shown as the file that it came from would say it, so that it is checked once more."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()
