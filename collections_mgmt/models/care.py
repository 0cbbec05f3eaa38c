"""Borrowers who need special care: a code and days, never what somebody has or went through."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.desk import of_files_seen
from dashu.users.models import Borrower, User, Viewer


class VulnerabilityQuerySet(models.QuerySet["Vulnerability"]):
    def visible_to(self, user: Viewer) -> Self:
        """
        Staff see that somebody needs special care, whoever works on files at those they see; which kind is for those
        who may see categories.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return of_files_seen(self, user, borrower="borrower") if user.is_staff else self.filter(borrower__user=user)

    def running(self) -> Self:
        return self.filter(ended_on=None)


class Vulnerability(models.Model):
    """
    That a borrower needs special care. There is no field for words, so that no story can be written down here.

    :ivar category: a code of the rule `care.special`.
    :ivar is_specialist: whoever calls or decides is trained for it; others pass the case on.
    :ivar consented_on: when the borrower agreed to it being kept; needed for categories that are sensitive.
    :ivar review_on: the day on which somebody asks whether it still holds.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="vulnerabilities", db_index=False, verbose_name=_("borrower")
    )
    category = models.CharField(_("category"), max_length=20)
    is_specialist = models.BooleanField(_("goes to a specialist"), db_default=False, default=False)
    consented_on = models.DateField(_("consented on"), null=True, blank=True)
    noted_on = models.DateField(_("noted on"))
    noted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("noted by")
    )
    review_on = models.DateField(_("look again on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("ended by"),
    )

    objects = VulnerabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("special care")
        verbose_name_plural = _("special care")
        permissions = [
            ("note_vulnerability", "Can note that a borrower needs special care"),
            ("see_category_vulnerability", "Can see why a borrower needs special care"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "category"], condition=Q(ended_on=None), name="collections_care_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("noted_on")), name="collections_care_dates_agree"
            ),
        ]
        indexes = [
            models.Index(fields=["borrower", "-id"], name="collections_care_by_owner"),
            models.Index(fields=["review_on"], condition=Q(ended_on=None), name="collections_care_to_review"),
        ]

    def __str__(self) -> str:
        return f"{gettext('Special care')} · {date_format(self.noted_on)}"
