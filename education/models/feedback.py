"""What readers say of a lesson: whether it helped and, where they like, why."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MOST_WORDS = 500


class LessonFeedback(models.Model):
    """
    One reader's word on one lesson; saying it again replaces it.

    :ivar user: whoever had signed in; otherwise `visitor` is what tells one visit from another and says of nobody who
        they are.
    """

    lesson = models.SlugField(_("lesson"), max_length=60)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    visitor = models.CharField(_("visit"), max_length=32, blank=True, default="", editable=False)
    is_helpful = models.BooleanField(_("helpful"))
    words = models.TextField(_("in their own words"), max_length=MOST_WORDS, blank=True, default="")
    said_at = models.DateTimeField(_("said at"))

    class Meta:
        verbose_name = _("word on a lesson")
        verbose_name_plural = _("words on lessons")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "lesson"], condition=Q(user__isnull=False), name="education_one_word_a_person"
            ),
            models.UniqueConstraint(
                fields=["visitor", "lesson"], condition=Q(user__isnull=True), name="education_one_word_a_visit"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, visitor="") | (Q(user__isnull=True) & ~Q(visitor="")),
                name="education_word_of_a_person_or_a_visit",
            ),
        ]
        indexes = [models.Index(fields=["lesson", "is_helpful"], name="education_words_on_lesson")]

    def __str__(self) -> str:
        return self.lesson
