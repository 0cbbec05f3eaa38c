"""Papers that say what somebody has learned. They are for showing to whom one likes; nobody here asks for them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dashu.documents.codes import new_code


class LearningCertificate(models.Model):
    """
    :ivar name: as the person wishes to be called on it; empty for no name at all.
    :ivar code: by which anybody to whom it is shown can check it, without its dashes.
    :ivar facts: what it says, in plain values: `lessons` and `skills` as codes. The file is made from it at each time.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    level = models.PositiveSmallIntegerField(_("level"))
    name = models.CharField(_("name on it"), max_length=60, blank=True)
    code = models.CharField(_("code"), max_length=16, unique=True, default=new_code)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    facts = models.JSONField(_("content"))
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("certificate of learning")
        verbose_name_plural = _("certificates of learning")

    def __str__(self) -> str:
        return self.code
