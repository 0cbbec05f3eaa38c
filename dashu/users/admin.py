"""People in the back office: logins, borrowers and partners."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from dashu.kernel.masking import masked_phone
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.step_up import proved_of
from dashu.users.models import Borrower, Partner, User
from dashu.users.sealing import SealedText
from dashu.users.selectors import called

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """One group for each staff role; `roles.yaml` says what it may do."""

    list_display = ["name"]
    fields = ["name", "permissions"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "name", "role", "is_active", "last_login"]
    sortable_by = ["email", "role", "is_active", "last_login"]
    formfield_overrides = {SealedText: {"widget": UnfoldAdminTextInputWidget}}
    list_filter = ["role", "is_active", "language"]
    search_fields = ["email"]
    ordering = ["email"]
    filter_horizontal = []
    readonly_fields = ["last_login", "created_at", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language", "role", "is_active"]}),
        (_("Access"), {"fields": ["is_superuser", "last_login", "created_at"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["email", "name", "language", "role", "usable_password", "password1", "password2"],
            },
        )
    ]

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """People are made inactive, not deleted: the audit log names them."""
        return False

    @proved_of()
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A login, its role and its password are changed by whoever proved just now who they are."""
        return super().changeform_view(request, *args, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes a superuser, whose password would else open every door."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)


@admin.register(Borrower)
class BorrowerAdmin(ModelAdmin):
    list_display = ["number", "name", "kind", "language", "phone_shown", "email", "source"]
    list_filter = ["kind", "language"]
    search_fields = ["number", "email", "external_id"]
    search_help_text = _("Number, e-mail, number at the source, the whole name, the phone or its last four digits")
    sortable_by = ["number", "kind", "language", "email", "source"]
    ordering = ["-id"]
    formfield_overrides = {SealedText: {"widget": UnfoldAdminTextInputWidget}}
    autocomplete_fields = ["user"]
    readonly_fields = ["number", "phone_shown", "source", "external_id", "created_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Borrower]:
        return super().get_queryset(request).visible_to(request.user)

    def get_fields(self, request: HttpRequest, obj: Borrower | None = None) -> list[Any]:
        """Whoever may not correct a phone sees enough of it to compare; to call it, they ask the contact guard."""
        hidden = "phone_shown" if obj is None or self.has_change_permission(request, obj) else "phone"
        return [field for field in super().get_fields(request, obj) if field != hidden]

    @display(description=_("phone"))
    def phone_shown(self, borrower: Borrower) -> str:
        return masked_phone(borrower.phone) if borrower.phone else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Borrower], search_term: str
    ) -> tuple[QuerySet[Borrower], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        return (found | queryset.filter(called(term)) if term else found), may_repeat

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    list_display = ["code", "name", "user", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["user"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["user"]
    actions_detail = ["usage"]

    @action(description=_("Use of the API"), permissions=["view"], icon="monitoring")
    def usage(self, request: HttpRequest, object_id: str) -> HttpResponse:
        partner: Partner | None = self.get_object(request, object_id)
        if partner is None:
            raise Http404
        return redirect("console:usage_of", partner.code)

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False
