"""
Strategies for whoever leads the desk: versions, a draft as a table, what it would have done, and what came of it.

Every page starts from the versions that the person may see; every act is one service call.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from collections_mgmt.models import WRITE_STRATEGY, StrategyVersion
from collections_mgmt.selectors.strategy_results import trial_of
from collections_mgmt.selectors.strategy_simulation import champion_of, played
from collections_mgmt.services.strategies import (
    StrategyRefused,
    add_strategy,
    ask_publication,
    digest_of,
    new_draft,
    save_draft,
    stop_version,
)
from collections_mgmt.strategy_forms import (
    DraftForm,
    RowForm,
    StopForm,
    StrategyForm,
    raw_of,
    raw_sent,
    rearranged,
    row_forms,
    share_shown,
)
from collections_mgmt.strategy_pages import (
    acts_table,
    compare_table,
    played_words,
    results_chart,
    results_table,
    role_words,
    rows_table,
    simulation_figures,
    simulation_tables,
    trial_figures,
    version_figures,
)
from dashu.approvals.asking import asked_for_approval
from dashu.approvals.drafts import may_be_edited
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal

PAGE = "admin:collections_mgmt_strategyversion_change"
LIST = "admin:collections_mgmt_strategyversion_changelist"
TONES = {"DRAFT": "info", "SUBMITTED": "warning", "PUBLISHED": "success", "RETIRED": ""}


@admin.register(StrategyVersion)
class StrategyVersionAdmin(ReadOnlyAdmin):
    list_display = ["named", "product_shown", "role_shown", "status_shown", "rows_shown", "files_shown", "made_by"]
    list_filter = ["status", "strategy"]
    list_select_related = ["strategy", "made_by"]
    sortable_by: Sequence[str] = ()
    ordering = ["strategy__code", "-number"]
    list_before_template = "collections_mgmt/strategies_head.html"

    @admin.display(description=_("version"))
    def named(self, version: StrategyVersion) -> str:
        return str(version)

    @admin.display(description=_("for the product"))
    def product_shown(self, version: StrategyVersion) -> Any:
        return version.strategy.get_product_display() if version.strategy.product else _("all others")

    @admin.display(description=_("role"))
    def role_shown(self, version: StrategyVersion) -> str:
        return role_words(version)

    @display(description=_("status"), label=TONES)
    def status_shown(self, version: StrategyVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    @admin.display(description=_("rows"))
    def rows_shown(self, version: Any) -> int:
        return int(version.row_count)

    @admin.display(description=_("files that follow it"))
    def files_shown(self, version: Any) -> int:
        return int(version.file_count)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StrategyVersion]:
        found = StrategyVersion.objects.visible_to(person_of(request))
        return found.select_related("strategy", "made_by").annotate(
            row_count=Count("rows", distinct=True), file_count=Count("places", distinct=True)
        )

    def has_write_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(WRITE_STRATEGY)

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_strategyversion_{name}")

        return [
            ours("begin/", self.begin, "begin"),
            ours("<int:pk>/edit/", self.edit, "edit"),
            ours("<int:pk>/again/", require_POST(self.again), "again"),
            ours("<int:pk>/simulate/", self.simulate, "simulate"),
            ours("<int:pk>/compare/", self.compare, "compare"),
            ours("<int:pk>/results/", self.results, "results"),
            ours("<int:pk>/ask/", self.ask, "ask"),
            ours("<int:pk>/stop/", self.stop, "stop"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = {"may_write": self.has_write_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        version = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        is_draft, may_write = may_be_edited(version), self.has_write_permission(request)
        champion = champion_of(version)
        context = {
            "version": version,
            "title": str(version),
            "role": role_words(version),
            "figures": version_figures(version),
            "table": rows_table(version.table()),
            "may_edit": may_write and is_draft,
            "may_ask": may_write and is_draft and version.made_by_id == person_of(request).pk,
            "may_renew": may_write and not is_draft,
            "may_stop": may_write and version.status == "PUBLISHED",
            "may_compare": champion is not None and champion.pk != version.pk,
        }
        return self._page(request, "collections_mgmt/strategy_version.html", context)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Begin a strategy with a name, a code and the product that it is for."""
        self._refuse_unless_writes(request)
        form = StrategyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                version = add_strategy(**form.cleaned_data, user=person_of(request))
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect("admin:collections_mgmt_strategyversion_edit", version.pk)
        context = {
            "title": gettext("Begin a strategy"),
            "note": gettext("Its first draft leaves everybody in peace. Nothing is done before it is published."),
            "form": form,
            "button": gettext("Begin"),
            "back": reverse(LIST),
        }
        return self._page(request, "staff/act.html", context)

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a new draft from a version."""
        self._refuse_unless_writes(request)
        draft = new_draft(version_id=self._found(request, pk).pk, user=person_of(request))
        return redirect("admin:collections_mgmt_strategyversion_edit", draft.pk)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The draft as a table; each press sends what was typed, and only saving reads it."""
        self._refuse_unless_writes(request)
        version = self._found(request, pk)
        if not may_be_edited(version):
            messages.warning(request, gettext("This version is no draft any more. Write a new one from it."))
            return redirect(PAGE, pk)
        levels = [int(band.code) for band in policy.case_levels(lender_today()).bands]
        do = request.POST.get("do", "")
        if request.method != "POST":
            given = {"share": share_shown(version), "note": version.note, "seen": digest_of(version)}
            head, raw = DraftForm(initial=given), [raw_of(row) for row in version.table()]
            return self._draft_page(request, version, head, row_forms(raw, levels=levels, is_bound=False))
        raw = raw_sent(request.POST)
        if (moved := rearranged(raw, do)) is not None:
            sent = {name: request.POST.get(name, "") for name in ("share", "note", "seen")}
            return self._draft_page(
                request, version, DraftForm(initial=sent), row_forms(moved, levels=levels, is_bound=False)
            )
        head, rows = DraftForm(request.POST), row_forms(raw, levels=levels, is_bound=True)
        if all([head.is_valid(), *(form.is_valid() for form in rows)]) and self._saved(request, version, head, rows):
            name = "simulate" if do == "simulate" else "change"
            return redirect(f"admin:collections_mgmt_strategyversion_{name}", pk)
        return self._draft_page(request, version, head, rows)

    def _saved(self, request: HttpRequest, version: StrategyVersion, head: DraftForm, rows: list[RowForm]) -> bool:
        given = head.cleaned_data
        try:
            save_draft(
                version_id=version.pk,
                rows=[form.row() for form in rows],
                share_bps=given["share"] * 100,
                note=given["note"],
                seen=given["seen"],
                user=person_of(request),
                today=lender_today(),
            )
        except StrategyRefused as refusal:
            add_refusal(head, refusal)
            for problem in refusal.problems:
                if problem.row is None:
                    continue
                rows[problem.row].add_problem(problem)
            return False
        except DomainError as refusal:
            add_refusal(head, refusal)
            return False
        return True

    def _draft_page(
        self, request: HttpRequest, version: StrategyVersion, head: DraftForm, rows: list[RowForm]
    ) -> HttpResponse:
        context = {
            "title": gettext("Draft: %(version)s") % {"version": version},
            "version": version,
            "head": head,
            "rows": rows,
            "is_wrong": head.is_bound and (bool(head.errors) or any(form.errors for form in rows)),
            "back": reverse(PAGE, args=[version.pk]),
        }
        return self._page(request, "collections_mgmt/strategy_edit.html", context)

    def simulate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the version would have done in the last four weeks; nothing is written."""
        version = self._found(request, pk)
        found = played(version, today=lender_today())
        context = {
            "title": gettext("Simulation: %(version)s") % {"version": version},
            "version": version,
            "about": played_words(found),
            "figures": simulation_figures(found),
            "tables": simulation_tables(version, found),
            "may_edit": self.has_write_permission(request) and may_be_edited(version),
        }
        return self._page(request, "collections_mgmt/strategy_report.html", context)

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A version beside the champion, or beside another one of the same strategy."""
        version = self._found(request, pk)
        wanted = request.GET.get("with", "")
        same = self.get_queryset(request).filter(strategy=version.strategy).exclude(pk=version.pk)
        other = same.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() else champion_of(version)
        if other is None or other.pk == version.pk:
            other = same.first()
        context = {
            "title": gettext("Comparison: %(version)s") % {"version": version},
            "version": version,
            "about": gettext("Another version of this strategy:") if other else gettext("There is no other version."),
            "others": [(each.pk, str(each), other is not None and each.pk == other.pk) for each in same],
            "tables": [compare_table(version, other)] if other else [],
        }
        return self._page(request, "collections_mgmt/strategy_report.html", context)

    def results(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What became of the people of a challenger and of those beside it; of a champion, what it did."""
        version = self._found(request, pk)
        tables, figures, about, chart = [acts_table(version)], version_figures(version), "", None
        if version.role == "CHALLENGER" and version.published_at:
            rule = policy.strategy_rules(lender_today()).trial
            trial = trial_of(version.pk, on=lender_today(), rule=rule)
            tables, figures = [results_table(trial, window=rule.window_days), *tables], trial_figures(version, trial)
            chart = results_chart(trial)
            about = gettext(
                "People were drawn by chance, so what differs between the sides comes from what was done for them. If"
                " fewer of the challenger's become free of arrears, or more complain, with the whole bracket on the"
                " wrong side, the night stops it."
            )
        context = {
            "title": gettext("Results: %(version)s") % {"version": version},
            "version": version,
            "about": about,
            "figures": figures,
            "chart": chart,
            "tables": tables,
            "may_stop": self.has_write_permission(request) and version.status == "PUBLISHED",
        }
        return self._page(request, "collections_mgmt/strategy_report.html", context)

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_unless_writes(request)
        version, user = self._found(request, pk), person_of(request)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: ask_publication(
                version_id=version.pk, reason=reason, user=user, today=today, idempotency_key=f"strategy:{key}"
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect(PAGE, pk)
        context = {
            "title": gettext("Ask for publication"),
            "text": f"{version} · {role_words(version)}",
            "note": gettext("Another person decides. Until then nothing changes for any borrower."),
            "form": form,
            "button": gettext("Ask for publication"),
            "back": reverse(PAGE, args=[pk]),
        }
        return self._page(request, "staff/act.html", context)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_unless_writes(request)
        version, user = self._found(request, pk), person_of(request)
        if version.role == "CHALLENGER":
            text = gettext("Whoever follows it follows the champion from the next night on.")
        else:
            text = gettext(
                "No step of this strategy is done any more; from today on its people have the schedule's reminders."
            )
        return ask_and_do(
            self,
            request,
            StopForm(request.POST or None),
            lambda given: stop_version(version_id=version.pk, reason=given["reason"], user=user, now=lender_now()),
            back=reverse(PAGE, args=[pk]),
            title=gettext("Stop %(version)s") % {"version": version},
            text=text,
            done=gettext("%(version)s is out of use.") % {"version": version},
        )

    def _found(self, request: HttpRequest, pk: int) -> StrategyVersion:
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = self.get_queryset(request).filter(pk=pk).first()
        if version is None:
            raise Http404
        return version

    def _refuse_unless_writes(self, request: HttpRequest) -> None:
        if not self.has_write_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})
