"""Complaints: what they are about, the thread of words both ways, and what they came from."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import Asked, new_reference
from collections_mgmt.models.book import Hold
from loans.models import Loan


def new_complaint_reference() -> str:
    return new_reference("C")


class Complaint(Asked):
    """
    :ivar key: sent with the form, so that sending it twice makes one complaint.
    :ivar reopened_at: the borrower was not satisfied with the answer; once.
    :ivar root_cause: a code of the rule `complaints.root_causes`, which closing it needs.
    :ivar answer: the first or, once reopened, the second answer; every word is in `messages`.
    """

    class About(models.TextChoices):
        CONTACT = "CONTACT", _("How or how often I was contacted")
        STAFF = "STAFF", _("How somebody treated me")
        AMOUNT = "AMOUNT", _("An amount, a fee or interest")
        PAYMENT = "PAYMENT", _("A payment that is missing or wrong")
        CONTRACT = "CONTRACT", _("The contract, or what was said before I signed")
        PRIVACY = "PRIVACY", _("What is done with my data")
        SERVICE = "SERVICE", _("These pages, or how long something takes")
        OTHER = "OTHER", _("Something else")

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_complaint_reference)
    key = models.UUIDField(_("key"), unique=True, default=uuid.uuid4, editable=False)
    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="complaints",
        verbose_name=_("loan"),
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints", verbose_name=_("hold")
    )
    about = models.CharField(_("about"), max_length=10, choices=About)
    wish = models.TextField(_("what they wish"), blank=True, default="")
    reopened_at = models.DateTimeField(_("reopened"), null=True, blank=True)
    root_cause = models.CharField(_("root cause"), max_length=40, blank=True, default="")
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        permissions = [("answer_complaint", "Can answer complaints")]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | (Q(answered_at__isnull=False) & ~Q(root_cause="")),
                name="collections_closed_complaint_is_answered",
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None) | Q(reopened_at__gte=F("asked_at")),
                name="collections_complaint_reopened_later",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(answered_at=None), name="collections_complaint_waiting"),
            models.Index(fields=["borrower", "-id"], name="collections_complaint_by_owner"),
            models.Index(fields=["asked_at", "id"], name="collections_complaint_by_day"),
        ]

    def __str__(self) -> str:
        return self.reference


class ComplaintMessage(models.Model):
    """One message of the thread; never changed. :ivar key: see `Complaint`."""

    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, related_name="messages", verbose_name=_("complaint")
    )
    key = models.UUIDField(_("key"), unique=True, default=uuid.uuid4, editable=False)
    is_ours = models.BooleanField(_("from us"))
    words = models.TextField(_("words"))
    written_at = models.DateTimeField(_("written"))
    actor = models.TextField(_("written by"))

    class Meta:
        verbose_name = _("message of a complaint")
        verbose_name_plural = _("messages of complaints")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.written_at:%Y-%m-%d}"
