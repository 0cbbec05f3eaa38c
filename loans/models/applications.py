"""Applications for loans: what is asked for, what is stated and proved, and what happened to it."""

import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower, Partner, User, Viewer
from loans.domain.application_facts import Purpose
from loans.domain.applications import OPEN, Status
from loans.domain.document_files import MOST_MEGABYTES, SENTENCES
from loans.models.products import Product


def new_application_reference() -> str:
    """Return a public reference that says nothing of how many applications there are."""
    return f"A{secrets.randbelow(10**10):010d}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the applications that this person may see: their own, those a partner brought, all for staff."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self.all()
        if user.role == User.Role.PARTNER:
            return self.filter(partner__user=user, partner__is_active=True)
        return self.filter(borrower__user=user)

    def open(self) -> Self:
        return self.filter(status__in=[status.value for status in OPEN])


class Application(models.Model):
    """
    One request for a loan, from the first question to the contract or another end.

    :ivar facts: what the applicant states, by step, see `loans.domain.application_facts`.
    :ivar verified: what staff found proved, minor units a month by name (`income`, `essentials`, `debt_payments`), each
        `{"minor", "by", "at", "note"}`.
    :ivar steps_done: names of the steps that are complete, in the order in which they were.
    :ivar due_at: by when the next word from us is promised; None where it is the applicant's turn.
    :ivar handler: the member of staff who holds it.
    """

    class State(models.TextChoices):
        DRAFT = Status.DRAFT.value, _("Being filled in")
        SUBMITTED = Status.SUBMITTED.value, _("Being checked")
        REFERRED = Status.REFERRED.value, _("With a member of our team")
        OFFERED = Status.OFFERED.value, _("Offer waiting for you")
        ACCEPTED = Status.ACCEPTED.value, _("Contract to read and sign")
        SIGNED = Status.SIGNED.value, _("Signed, payout under way")
        PAID_OUT = Status.PAID_OUT.value, _("Paid out")
        REFUSED = Status.REFUSED.value, _("No loan")
        WITHDRAWN = Status.WITHDRAWN.value, _("Withdrawn")
        EXPIRED = Status.EXPIRED.value, _("Lapsed")

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_application_reference)
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="applications", verbose_name=_("applicant")
    )
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="applications",
        verbose_name=_("partner"),
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="applications", db_index=False, verbose_name=_("product")
    )
    status = models.CharField(_("status"), max_length=10, choices=State, default=State.DRAFT)
    currency = models.CharField(_("currency"), max_length=3, default=settings.CURRENCY)
    amount_minor = models.BigIntegerField(_("amount asked for"), null=True, blank=True)
    months = models.PositiveSmallIntegerField(_("months asked for"), null=True, blank=True)
    purpose = models.CharField(
        _("purpose"),
        max_length=16,
        blank=True,
        default="",
        choices=[
            (Purpose.EDUCATION.value, _("Education or training")),
            (Purpose.HEALTH.value, _("Health")),
            (Purpose.HOME.value, _("Home and renovation")),
            (Purpose.APPLIANCE.value, _("Appliances and electronics")),
            (Purpose.TRAVEL.value, _("Travel")),
            (Purpose.WEDDING.value, _("Wedding")),
            (Purpose.VEHICLE.value, _("Vehicle")),
            (Purpose.STOCK.value, _("Stock and supplies")),
            (Purpose.EQUIPMENT.value, _("Equipment")),
            (Purpose.WORKING_CAPITAL.value, _("Working capital")),
            (Purpose.CARD.value, _("Paying off a credit card")),
            (Purpose.OTHER_LOANS.value, _("Paying off other loans")),
            (Purpose.OTHER.value, _("Something else")),
        ],
    )
    facts = models.JSONField(_("what is stated"), default=dict)
    verified = models.JSONField(_("what is proved"), default=dict)
    steps_done = models.JSONField(_("steps done"), default=list)
    handler = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("handled by"),
    )
    due_at = models.DateTimeField(_("answer promised by"), null=True, blank=True)
    created_at = models.DateTimeField(_("begun at"), db_default=Now(), editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_on = models.DateField(_("lapses after"), null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-id"]
        permissions = [
            ("review_application", "Can decide on applications"),
            ("refer_application", "Can hand applications to others"),
            ("assign_application", "Can hand over what others hold"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "product"],
                condition=Q(status__in=[status.value for status in OPEN]),
                name="loans_application_open_once",
            ),
        ]
        indexes = [
            # The desk reads what waits for a person, the longest first.
            models.Index(fields=["due_at", "id"], condition=Q(status="REFERRED"), name="loans_application_queue"),
            # The sweep finds what waits for its first decision.
            models.Index(fields=["submitted_at"], condition=Q(status="SUBMITTED"), name="loans_application_waiting"),
            models.Index(
                fields=["expires_on"],
                condition=Q(status__in=["DRAFT", "OFFERED", "ACCEPTED"]),
                name="loans_application_lapsing",
            ),
            models.Index(
                fields=["-decided_at", "-id"], condition=Q(decided_at__isnull=False), name="loans_application_decided"
            ),
            models.Index(
                fields=["partner", "-id"], condition=Q(partner__isnull=False), name="loans_application_partner"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def answers(self) -> dict[str, Any]:
        """What is stated, by step; a step that was not answered is absent."""
        answers: dict[str, Any] = self.facts
        return answers


class ApplicationEvent(models.Model):
    """
    One thing that happened to an application; rows are only ever added.

    :ivar is_internal: not shown to the applicant, such as a note of an underwriter.
    """

    class Kind(models.TextChoices):
        STARTED = "STARTED", _("Application begun")
        SUBMITTED = "SUBMITTED", _("Application submitted")
        CHECKED = "CHECKED", _("Credit report read")
        REFERRED = "REFERRED", _("Passed to a member of our team")
        OFFERED = "OFFERED", _("Offers made")
        REFUSED = "REFUSED", _("No loan for now")
        REVIEW_ASKED = "REVIEW_ASKED", _("Review by a person asked for")
        CHOSEN = "CHOSEN", _("Offer chosen")
        RECONSIDERED = "RECONSIDERED", _("Back to the offers")
        GUARANTEED = "GUARANTEED", _("A guarantor has agreed")
        NOT_GUARANTEED = "NOT_GUARANTEED", _("A guarantor has declined")
        SIGNED = "SIGNED", _("Contract signed")
        PAID_OUT = "PAID_OUT", _("Money paid out")
        PAYOUT_FAILED = "PAYOUT_FAILED", _("Payout did not arrive")
        TRANCHE_HELD = "TRANCHE_HELD", _("Payout waits")
        TRANCHE_RELEASED = "TRANCHE_RELEASED", _("Payout goes on")
        TRANCHE_ENDED = "TRANCHE_ENDED", _("Ended without a debt")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Lapsed")
        DOCUMENT_ADDED = "DOCUMENT_ADDED", _("Document added")
        DOCUMENT_REMOVED = "DOCUMENT_REMOVED", _("Document removed")
        DOCUMENT_REFUSED = "DOCUMENT_REFUSED", _("Document refused")
        FACT_VERIFIED = "FACT_VERIFIED", _("Figure checked")
        IDENTITY_CHECKED = "IDENTITY_CHECKED", _("Identity compared with the card")
        CLAIMED = "CLAIMED", _("Taken up")
        HANDED_OVER = "HANDED_OVER", _("Handed to a colleague")
        NOTE = "NOTE", _("Note")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="events", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    actor = models.TextField(_("actor"))
    is_internal = models.BooleanField(_("internal"), default=False, db_default=False)
    data = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("event of an application")
        verbose_name_plural = _("events of applications")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"


class DocumentQuerySet(models.QuerySet["ApplicationDocument"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the documents of the applications that this person may see; staff need the permission to view them."""
        if user.is_authenticated and user.is_staff and not user.has_perm("loans.view_application"):
            return self.none()
        return self.filter(application__in=Application.objects.visible_to(user))

    def kept(self) -> Self:
        """Return those that nobody has taken back, the refused ones among them."""
        return self.filter(removed_at=None)


class ApplicationDocument(models.Model):
    """
    A file that an applicant sent. Its content lies sealed in the private storage, never below static.

    :ivar name: as the applicant called it, for showing; the name in the storage is random.
    :ivar refused_because: a `loans.domain.document_files.Reason`, where the scan refused it.
    :ivar removed_at: when it was taken back; the row stays as a trace.
    :ivar erased_at: when its content was deleted, after it was taken back or refused.
    """

    class Kind(models.TextChoices):
        IDENTITY = "IDENTITY", _("Identity card")
        INCOME = "INCOME", _("Proof of income")
        BANK_STATEMENT = "BANK_STATEMENT", _("Bank statement")
        CARD_STATEMENT = "CARD_STATEMENT", _("Card statement")
        BUSINESS_LICENSE = "BUSINESS_LICENSE", _("Business license")
        TAX = "TAX", _("Tax return")
        OTHER = "OTHER", _("Something else")

    class Scan(models.TextChoices):
        WAITING = "WAITING", _("Being checked")
        CLEAN = "CLEAN", _("Checked")
        REFUSED = "REFUSED", _("Refused")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="documents", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    name = models.CharField(_("file name"), max_length=120)
    content_type = models.CharField(_("content type"), max_length=60)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    stored_as = models.CharField(_("name in the storage"), max_length=120, unique=True)
    scan = models.CharField(_("scan"), max_length=8, choices=Scan, default=Scan.WAITING)
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True)
    refused_because = models.CharField(_("reason of refusal"), max_length=16, blank=True, default="", db_default="")
    added_at = models.DateTimeField(_("added at"))
    added_by = models.TextField(_("added by"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("content deleted at"), null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document of an application")
        verbose_name_plural = _("documents of applications")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "sha256"], condition=Q(removed_at=None), name="loans_application_document_once"
            )
        ]
        indexes = [
            models.Index(fields=["added_at"], condition=Q(scan="WAITING"), name="loans_document_unscanned"),
            # The sweep finds what is to be deleted.
            models.Index(
                fields=["id"],
                condition=Q(erased_at=None) & (Q(removed_at__isnull=False) | Q(scan="REFUSED")),
                name="loans_document_to_erase",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether it may be opened: nothing harmful was found, and it was not taken back."""
        return self.scan == self.Scan.CLEAN and self.removed_at is None

    @property
    def refusal(self) -> str:
        """Why it was refused, as a sentence; empty where it was not."""
        return gettext(SENTENCES[self.refused_because]) % {"most": MOST_MEGABYTES} if self.refused_because else ""
