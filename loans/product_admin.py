"""Versions of products for staff: what they come to, a draft with its preview, and the way to publication."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.approvals.acts import Preview
from dashu.approvals.asking import asked_for_approval
from dashu.approvals.drafts import may_be_edited
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.models import User
from loans.forms import VersionForm
from loans.models import Product, ProductTerms
from loans.selectors.product_previews import preview_tables
from loans.services.product_versions import checked_examples, save_version, submit_version

TONES = {"DRAFT": "info", "SUBMITTED": "warning", "PUBLISHED": "success"}


@admin.register(ProductTerms)
class ProductTermsAdmin(ReadOnlyAdmin):
    list_display = ["product", "version", "effective_from", "method", "status_shown"]
    list_select_related = ["product"]
    list_filter = ["status", "product"]
    sortable_by: Sequence[str] = ()
    ordering = ["product__code", "-version"]
    actions_list = ["write"]
    actions_detail = ["edit", "ask"]

    @admin.display(description=_("method"))
    def method(self, version: ProductTerms) -> str:
        return str(version.terms["method"])

    @display(description=_("status"), label=TONES)
    def status_shown(self, version: ProductTerms) -> tuple[str, str]:
        return version.status, version.get_status_display()

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("loans.write_productterms")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The version as whoever decides on it sees it, and what can be done with it."""
        version = self._found(request, object_id)
        if request.method != "GET" or not self.has_view_permission(request, version):
            raise PermissionDenied
        person: Any = request.user
        is_draft, may_write = may_be_edited(version), self.has_write_permission(request)
        context = {
            "title": _heading(version),
            "version": version,
            "tables": _tables(version),
            "may_edit": may_write and is_draft,
            "may_renew": may_write and not is_draft,
            "may_ask": may_write and is_draft and version.made_by_id == person.pk,
        }
        return self._page(request, "loans/product_version.html", context)

    @action(description=_("Write a version"), url_path="write", permissions=["write"], icon="edit")
    def write(self, request: HttpRequest) -> HttpResponse:
        return self._edit(request, None)

    @action(description=_("Edit"), url_path="edit", permissions=["write"], icon="edit")
    def edit(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._edit(request, self._found(request, object_id))

    @action(description=_("Ask for approval"), url_path="ask", permissions=["write"], icon="approval")
    def ask(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        version = self._found(request, object_id)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: submit_version(
                version_id=version.pk,
                reason=reason,
                user=_person(request),
                today=today,
                idempotency_key=f"product:{key}",
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect(_address(version))
        context = {
            "title": gettext("Ask for approval"),
            "text": _heading(version),
            "note": gettext("Another person decides. Until then loans are made under the version in force."),
            "form": form,
            "button": gettext("Ask for approval"),
            "back": _address(version),
        }
        return self._page(request, "staff/act.html", context)

    def _edit(self, request: HttpRequest, version: ProductTerms | None) -> HttpResponse:
        """Show the form; a press on “Preview” shows what was typed comes to, and on “Save” keeps it as a draft."""
        is_draft = version is not None and may_be_edited(version)
        form = VersionForm(request.POST or None, version=version, is_draft=is_draft)
        tables: Preview = []
        if request.method == "POST" and form.is_valid():
            code, terms, day = form.cleaned_data["product"], form.terms, form.cleaned_data["effective_from"]
            try:
                if request.POST.get("step") == "save":
                    saved = save_version(
                        product_code=code,
                        terms=terms,
                        effective_from=day,
                        user=_person(request),
                        today=lender_today(),
                        version_id=version.pk if version and is_draft else None,
                    )
                    return redirect(_address(saved))
                examples = checked_examples(terms, effective_from=day, today=lender_today())
            except DomainError as error:
                form.add_error(_field_of(error, form), error.user_message)
            else:
                typed = ProductTerms(product=Product.objects.get(code=code), terms=terms, effective_from=day)
                tables = preview_tables(typed, examples)
        context = {
            "title": _heading(version) if version and is_draft else gettext("Write a version"),
            "form": form,
            "tables": tables,
            "back": _address(version) if version else reverse("admin:loans_productterms_changelist"),
        }
        return self._page(request, "loans/write_product_version.html", context)

    def _found(self, request: HttpRequest, object_id: Any) -> ProductTerms:
        version: ProductTerms | None = self.get_object(request, object_id)
        if version is None:
            raise Http404
        return version

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _field_of(error: DomainError, form: VersionForm) -> str | None:
    """Return the form's field that is to blame; a part of the schedule's terms or of a fee line on their field."""
    name = (error.field or "").partition(".")[0].partition("[")[0]
    return name if name in form.fields else None


def _tables(version: ProductTerms) -> Preview:
    try:
        return preview_tables(version)
    except DomainError:  # terms of another book that no loan of ours can be made under
        return []


def _heading(version: ProductTerms) -> str:
    return f"{version.product.label} · v{version.version}"


def _address(version: ProductTerms) -> str:
    return reverse("admin:loans_productterms_change", args=[version.pk])


def _person(request: HttpRequest) -> User:
    person: Any = request.user
    return person
