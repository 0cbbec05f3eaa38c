"""
What people learn and say of it. Kept for the person alone: nothing that decides on credit may read it
(docs/decisions, "Learning is never held against anyone"; import-linter keeps the direction).
"""

from education.models.certificates import LearningCertificate
from education.models.moments import LearningMoment, LearningWish
from education.models.progress import LessonProgress, QuizAnswer
from education.models.repeats import Repeat

__all__ = ["LearningCertificate", "LearningMoment", "LearningWish", "LessonProgress", "QuizAnswer", "Repeat"]
