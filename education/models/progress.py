"""How far a person has come: which lessons, and what they answered."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LessonProgress(models.Model):
    """One person's way through one lesson. `mastered_at` is when every question was first answered rightly."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    lesson = models.SlugField(_("lesson"), max_length=60)
    started_at = models.DateTimeField(_("started at"))
    mastered_at = models.DateTimeField(_("mastered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("lesson progress")
        verbose_name_plural = _("lesson progress")
        constraints = [models.UniqueConstraint(fields=["user", "lesson"], name="education_one_progress_a_lesson")]

    def __str__(self) -> str:
        return self.lesson


class QuizAnswer(models.Model):
    """One answer as it was given; a later answer is a new row."""

    progress = models.ForeignKey(
        LessonProgress, on_delete=models.CASCADE, related_name="answers", verbose_name=_("lesson progress")
    )
    question = models.SlugField(_("question"), max_length=60)
    option = models.SlugField(_("option"), max_length=60)
    is_right = models.BooleanField(_("right"))
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("quiz answer")
        verbose_name_plural = _("quiz answers")
        indexes = [models.Index(fields=["progress", "question", "-id"], name="education_latest_answer")]

    def __str__(self) -> str:
        return f"{self.question}: {self.option}"
