"""
Files of borrowers who are behind. Whoever works on them gets one after the other; whoever leads the desk sees all.

Every page starts from the files that the person may see; every act is one service call.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from collections_mgmt.desk.attaching import Attaches, attachments_table
from collections_mgmt.desk.forms import CollectorForm, TeamForm
from collections_mgmt.desk.page import facts_line, file_page
from collections_mgmt.desk.queue import all_figures, file_address, own_figures, own_table
from collections_mgmt.desk.reach_acts import ReachesPeople
from collections_mgmt.desk.reaching import PAGES, ways_to_reach
from collections_mgmt.desk.steering import SteersFiles
from collections_mgmt.desk.words import SKILLS, due_words, share, state_words
from collections_mgmt.models import CaseFile, CollectorProfile, QualityReview, SavedFilter, Team, works_files
from collections_mgmt.offering.links import offer_links
from collections_mgmt.selectors.file_lines import Place
from collections_mgmt.selectors.files import in_order
from collections_mgmt.selectors.reaching import not_ended
from collections_mgmt.training.pages import training_urls
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.actors import actor_of, person_of
from dashu.web.shown_rows import shows
from dashu.web.templatetags.dashu import money

LATE = "late"


class LateFilter(admin.SimpleListFilter):
    title = _("clock")
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("contact", _("first contact is late")), ("review", _("next look is late"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        today = lender_today()
        match self.value():
            case "contact":
                return queryset.open().filter(contacted_at=None, contact_due_on__lt=today)  # type: ignore[attr-defined]
            case "review":
                return queryset.open().filter(review_due_on__lt=today)  # type: ignore[attr-defined]
        return queryset


class OpenFilter(admin.SimpleListFilter):
    """What is open, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CaseFile.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        return queryset.filter(state=self.value()) if self.value() else queryset.exclude(state="CLOSED")

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("open")}
        yield from others


class NeedsFilter(admin.SimpleListFilter):
    title = _("needs")
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("care", _("special care")), ("sme", _("Businesses")), ("legal", _("Legal questions"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        if self.value() == "care":
            return queryset.filter(is_care=True)
        return queryset.filter(skills__contains=[self.value()]) if self.value() else queryset


@admin.register(CaseFile)
class CaseFileAdmin(Attaches, ReachesPeople, SteersFiles):
    list_display = [
        "number",
        "borrower_shown",
        "owed",
        "place",
        "whose",
        "state_shown",
        "clock",
    ]
    list_filter = [
        OpenFilter,
        LateFilter,
        NeedsFilter,
        "team",
        "level",
        "language",
        ("collector", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["number", "borrower__number"]
    search_help_text = _("Number of the file or of the borrower")
    sortable_by = ()
    ordering = ["-priority", "pk"]
    actions = ["give_many", "move_many", "put_off_many", "call_back_many"]
    list_before_template = "collections_mgmt/files_head.html"

    class Media:
        js = ("js/desk_keys.js",)

    @admin.display(description=_("borrower"))
    def borrower_shown(self, file: CaseFile) -> str:
        return str(file.borrower)

    @admin.display(description=_("overdue"))
    def owed(self, file: CaseFile) -> SafeString:
        days = ngettext("%(days)s day past due", "%(days)s days past due", file.days) % {"days": file.days}
        return _lines(money(file.value_minor, file.currency), days)

    @admin.display(description=_("place · cure · harm"))
    def place(self, file: CaseFile) -> SafeString:
        return _lines(money(file.priority, file.currency), f"{share(file.cure_bps)} · {share(file.harm_bps)}")

    @admin.display(description=_("team and person"))
    def whose(self, file: CaseFile) -> SafeString:
        return _lines(*(str(each) for each in (file.team, file.collector) if each)) or SafeString("–")

    @admin.display(description=_("state"))
    def state_shown(self, file: CaseFile) -> SafeString:
        return _lines(state_words(file))

    @display(description=_("next look"), label={"plain": "info", "soon": "warning", "late": "danger"})
    def clock(self, file: CaseFile) -> tuple[str, str]:
        if not file.is_open:
            return "plain", "–"
        words, tone = due_words(file.review_due_on, lender_today())
        return tone, words

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str, **more: Any) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), more, name=f"collections_mgmt_casefile_{name}")

        many = [
            ours(f"many/{act}/", require_POST(self.many), act.replace("-", "_"), act=act)
            for act in ("give", "move", "put-off", "call-back")
        ]
        return [
            ours("next/", require_POST(self.take), "next"),
            ours("caller/", self.caller, "caller"),
            ours("counts/", self.counts, "counts"),
            ours("rebalance/", self.rebalance, "rebalance"),
            ours("share-out/", require_POST(self.share_out), "share_out"),
            ours("save-filter/", require_POST(self.save_filter), "save_filter"),
            ours("<int:pk>/renew/", require_POST(self.renew), "renew"),
            ours("<int:pk>/promise/", self.promise, "promise"),
            ours("<int:pk>/hold/", self.hold, "hold"),
            ours("<int:pk>/put-off/", self.put_off, "wait"),
            ours("<int:pk>/note/", self.note, "note"),
            ours("<int:pk>/give-back/", self.give_back, "give_back"),
            ours("<int:pk>/more/<slug:code>/", require_GET(self.more), "more"),
            *self.reaching_urls(ours),
            *self.attaching_urls(ours),
            *many,
            *training_urls(self),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if self._has_own_desk(request):
            return self._own_desk(request)
        saved = SavedFilter.objects.filter(user=person_of(request))
        shown = {
            "figures": all_figures(today=lender_today()),
            "may_work": self.has_work_permission(request),
            "may_steer": self.has_steer_permission(request),
            "saved_filters": saved,
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def _has_own_desk(self, request: HttpRequest) -> bool:
        """Whoever works on files without leading the desk has a desk of their own."""
        return works_files(person_of(request))

    def _own_desk(self, request: HttpRequest) -> HttpResponse:
        user, today = person_of(request), lender_today()
        files = list(in_order(self.get_queryset(request))[:50])
        shows(request, files)
        context = {
            "title": gettext("Your desk"),
            "figures": own_figures(user, today=today),
            "table": own_table(files, today=today),
            "not_ended": not_ended(operator=actor_of(request)),
            "reviews": QualityReview.objects.to_read(user),
        }
        return self._render(request, "collections_mgmt/own_files.html", context)

    def counts(self, request: HttpRequest) -> HttpResponse:
        """The figures at the head of the desk, which are fetched again while it is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user, today = person_of(request), lender_today()
        figures = own_figures(user, today=today) if self._has_own_desk(request) else all_figures(today=today)
        return render(request, "staff/figures.html", {"figures": figures})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        file = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        user, now = person_of(request), lender_now()
        group, after = request.GET.get("kind", ""), Place.read(request.GET.get("after", ""))
        holds = file.state == CaseFile.State.HELD and file.holder_id == user.pk
        context = {
            **file_page(file, group=group, after=after, now=now),
            "title": gettext("File %(number)s") % {"number": file.number},
            "facts": facts_line(file),
            "is_held": holds,
            "may_work": self.has_work_permission(request),
            "ways": ways_to_reach(request, file),
            "attached": attachments_table(request, file),
            "offer_on": offer_links(person_of(request), file.borrower_id),
            "pages": [(page.code, page.title) for page in PAGES.values()],
        }
        return self._render(request, "collections_mgmt/file.html", context)

    def more(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """A page that an app above has at every file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        file, page = self._found(request, pk), PAGES.get(code)
        if page is None:
            raise Http404
        context = {"title": page.title, "file": file, "page": page.make(request, file), "back": file_address(file)}
        return self._render(request, "collections_mgmt/page_at_file.html", context)


def _lines(*lines: str) -> SafeString:
    """One below the other, so that the list needs no more room than a desk's screen has."""
    return format_html_join("", '<span class="file-line">{}</span>', ((line,) for line in lines))


class _OfLeaders(ModelAdmin):
    """Changed by whoever leads the desk; nothing is deleted, because files and notes name it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("skills"))
    def skills_named(self, row: Team | CollectorProfile) -> str:
        return ", ".join(str(SKILLS.get(skill, skill)) for skill in row.skills) or "–"


@admin.register(Team)
class TeamAdmin(_OfLeaders):
    form = TeamForm
    list_display = ["name", "code", "first_level", "last_level", "skills_named", "is_active"]
    fields = ["name", "code", ("first_level", "last_level"), "skills", "is_active"]


@admin.register(CollectorProfile)
class CollectorProfileAdmin(_OfLeaders):
    form = CollectorForm
    list_display = ["user", "team", "languages_named", "skills_named", "capacity", "is_working", "trained_at"]
    list_filter = ["team", "is_working"]
    list_select_related = ["user", "team"]
    fields = ["user", "team", "languages", "skills", "capacity", "is_working"]

    @admin.display(description=_("languages"))
    def languages_named(self, profile: CollectorProfile) -> str:
        return ", ".join(get_language_info(code)["name_local"] for code in profile.languages)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user"] if obj else []
