"""When which question comes again to whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from education.models.progress import LessonProgress


class Repeat(models.Model):
    """
    Where a question stands for one person.

    :ivar stage: how often it was right in a row, each time when it was due; 0 after it was wrong.
    :ivar due_on: the day from which it comes again; None while it rests, because it was right often enough.
    :ivar repeated_on: the latest day on which it was answered as a repeat.
    """

    progress = models.ForeignKey(
        LessonProgress,
        on_delete=models.CASCADE,
        related_name="repeats",
        db_index=False,
        verbose_name=_("lesson progress"),
    )
    question = models.SlugField(_("question"), max_length=60, db_index=False)
    stage = models.PositiveSmallIntegerField(_("right in a row"))
    due_on = models.DateField(_("comes again on"), null=True, blank=True)
    repeated_on = models.DateField(_("repeated on"), null=True, blank=True)

    class Meta:
        verbose_name = _("repeated question")
        verbose_name_plural = _("repeated questions")
        constraints = [models.UniqueConstraint(fields=["progress", "question"], name="education_one_repeat_a_question")]

    def __str__(self) -> str:
        return f"{self.question}: {self.stage}"
