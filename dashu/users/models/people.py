"""
People: those who sign in, those who owe, and the partners who bring loans.

A `User` is a login with one role. A `Borrower` is the person or company that owes; most have a login, a book taken
over from another lender may not. A `Partner` is a company whose programs and staff see the loans it brought.
"""

import secrets
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower, Now
from django.utils.translation import gettext_lazy as _

from dashu.kernel.masking import masked_name
from dashu.reach import of_people_given
from dashu.users.indexes import borrower_name_index, borrower_phone_end_index, borrower_phone_index
from dashu.users.roles import STAFF_ROLES, Role, join_role_group
from dashu.users.sealing import BlindIndex, SealedText


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "role": Role.ADMIN, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """
    A login. The e-mail address is kept in lower case, so one address is one person however it is typed.

    Who signs in with a phone has none until they give one.
    Staff go by their names; a borrower's name is sealed, so as text they are the address that they sign in with.
    """

    Role = Role

    email = models.EmailField(
        _("e-mail address"),
        max_length=254,
        unique=True,
        null=True,
        blank=True,
        error_messages={"unique": _("Someone already signs in with this e-mail address.")},
    )
    name = SealedText(_("name"), max_length=120, blank=True, editable=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.BORROWER)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="users_user_email_is_lower_case"),
            models.CheckConstraint(
                condition=Q(role__in=STAFF_ROLES, is_staff=True) | (~Q(role__in=STAFF_ROLES) & Q(is_staff=False)),
                name="users_user_staff_follows_role",
            ),
        ]

    def __str__(self) -> str:
        return (self.name if self.is_staff else "") or self.email or f"#{self.pk}"

    def clean(self) -> None:
        super().clean()
        self.email = _one_address(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = _one_address(self.email)
        self.is_staff = self.role in STAFF_ROLES
        super().save(*args, **kwargs)
        join_role_group(self, self.role)


Viewer = User | AnonymousUser


def _one_address(email: str | None) -> str | None:
    """Nobody's address is NULL, never empty: an empty one could stand there only once."""
    return (email or "").strip().lower() or None


def new_borrower_number() -> str:
    """Return a public reference that says nothing of how many borrowers there are."""
    return f"B{secrets.randbelow(10**10):010d}"


def brought_source(partner_code: str) -> str:
    """Return the `source` of those whom a partner brought; a code has no colon, and no other source begins so."""
    return f"partner:{partner_code}"


class BorrowerQuerySet(models.QuerySet["Borrower"]):
    def visible_to(self, user: Viewer) -> Self:
        """
        Staff see everyone, but for those who are given people one by one; a partner sees whom it brought, a borrower
        themselves, anyone else no one.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return of_people_given(self, user, borrower="pk")
        if user.role == Role.PARTNER:
            theirs = Partner.objects.filter(user=user, is_active=True)
            sources = Concat(Value(brought_source("")), "code", output_field=models.CharField())
            return self.filter(source__in=theirs.values_list(sources, flat=True))
        return self.filter(user=user)


class Borrower(models.Model):
    """
    The person or company that owes. `source` and `external_id` say who it was in the book it came from.

    Name and phone are sealed and found by the blind indexes beside them: the whole name, the whole phone, or its end.
    """

    class Kind(models.TextChoices):
        PERSON = "PERSON", _("Person")
        ENTITY = "ENTITY", _("Company")

    number = models.CharField(_("number"), max_length=32, unique=True, default=new_borrower_number)
    name = SealedText(_("name"), max_length=120, editable=True)
    name_index = BlindIndex(of="name", index=borrower_name_index)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, db_default=Kind.PERSON, default=Kind.PERSON)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, db_default="zh-hans", default="zh-hans"
    )
    phone = SealedText(_("phone"), max_length=32, blank=True, db_default="", default="", editable=True)
    phone_index = BlindIndex(of="phone", index=borrower_phone_index)
    phone_end_index = BlindIndex(of="phone", index=borrower_phone_end_index)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True, db_default="", default="")
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="borrower", verbose_name=_("user")
    )
    source = models.CharField(_("source"), max_length=60, blank=True, db_default="", default="")
    external_id = models.CharField(_("number at the source"), max_length=80, blank=True, db_default="", default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = BorrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("borrower")
        verbose_name_plural = _("borrowers")
        indexes = [
            models.Index(fields=["name_index"], condition=~Q(name_index=""), name="users_borrower_name"),
            models.Index(fields=["phone_index"], condition=~Q(phone_index=""), name="users_borrower_phone"),
            models.Index(fields=["phone_end_index"], condition=~Q(phone_end_index=""), name="users_borrower_phone_end"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="users_borrower_source_is_unique",
                violation_error_message=_("This borrower of that source is already here."),
            ),
        ]

    def __str__(self) -> str:
        return f"{masked_name(self.name)} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the indexes with what they are of, also where only some fields are saved."""
        if (fields := kwargs.get("update_fields")) is not None:
            named = {"name": ["name_index"], "phone": ["phone_index", "phone_end_index"]}
            kwargs["update_fields"] = [*fields, *(index for name in fields for index in named.get(name, []))]
        super().save(*args, **kwargs)


class PartnerQuerySet(models.QuerySet["Partner"]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff see every partner, a partner's login sees its own, anyone else sees none."""
        if user.is_authenticated and user.is_active:
            return self if user.is_staff else self.filter(user=user)
        return self.none()


class Partner(models.Model):
    """A company that brings loans and reads them back through the API."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    user = models.OneToOneField(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="partner",
        limit_choices_to={"role": Role.PARTNER},
        verbose_name=_("user"),
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
