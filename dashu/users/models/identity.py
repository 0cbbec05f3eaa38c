"""
Who a borrower is on paper.

Name, number and phone are sealed; number and phone have a blind index beside them for look-up. The date of birth is
not stored apart: `dashu.users.id_numbers` reads it from the number when it is needed.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.kernel.masking import masked_id_number, masked_name, masked_phone
from dashu.users.models.people import Borrower, Viewer
from dashu.users.sealing import SealedText


class IdentityQuerySet(models.QuerySet["Identity"]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff whose role grants it see everyone's, a borrower sees their own, anyone else sees none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self if user.has_perm("users.view_identity") else self.none()
        return self.filter(borrower__user=user)


class Identity(models.Model):
    """
    One for each borrower. Two borrowers may turn out to be one person, so the index of a number is not unique.

    `verified_at` and `verified_by` say who compared it with the paper, or with a register, and when.
    """

    class Kind(models.TextChoices):
        CN_ID = "CN_ID", _("Resident ID number")
        USCC = "USCC", _("Unified social credit code")

    borrower = models.OneToOneField(
        Borrower, on_delete=models.PROTECT, related_name="identity", verbose_name=_("borrower")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = SealedText(_("legal name"))
    number = SealedText(_("number"))
    number_index = models.CharField(max_length=64, editable=False)
    phone = SealedText(_("phone"))
    phone_index = models.CharField(max_length=64, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"))
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    verified_by = models.TextField(_("verified by"), blank=True, db_default="", default="")

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity of a borrower")
        verbose_name_plural = _("identities of borrowers")
        permissions = [("verify_identity", "Can note that an identity was compared with the card")]
        indexes = [
            models.Index(fields=["number_index"], name="users_identity_number"),
            models.Index(fields=["phone_index"], name="users_identity_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(verified_at=None, verified_by="") | (Q(verified_at__isnull=False) & ~Q(verified_by="")),
                name="users_identity_verified_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.borrower_id}"

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)

    @property
    def masked_number(self) -> str:
        return masked_id_number(self.number)

    @property
    def masked_phone(self) -> str:
        return masked_phone(self.phone)
