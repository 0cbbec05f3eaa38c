"""How a borrower without a login answers an offer: the link that a partner hands on, and the code that opens it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.relief import OfferSet
from loans.models.codes import OneTimeCode
from loans.models.handed_links import HandedLink


class ReliefLink(HandedLink):
    """A link by which a borrower reads what is offered, and accepts or declines it."""

    PURPOSE = "collections.relief"

    offer_set = models.ForeignKey(
        OfferSet, on_delete=models.PROTECT, related_name="links", verbose_name=_("offer of relief")
    )

    class Meta:
        verbose_name = _("link to an offer of relief")
        verbose_name_plural = _("links to offers of relief")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.offer_set_id} {self.made_at:%Y-%m-%d %H:%M}"


class ReliefAccessCode(OneTimeCode):
    """A one-time code that shows that whoever opened such a link holds the borrower's phone. It accepts nothing."""

    PURPOSE = "collections.relief_access_code"

    link = models.ForeignKey(
        ReliefLink, on_delete=models.PROTECT, related_name="codes", verbose_name=_("link to an offer of relief")
    )

    class Meta:
        verbose_name = _("code of a link to an offer of relief")
        verbose_name_plural = _("codes of links to offers of relief")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="collections_access_to_forget"
            )
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.made_at:%Y-%m-%d %H:%M}"
