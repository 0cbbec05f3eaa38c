"""
What people learn and say of it. Kept for the person alone: nothing that decides on credit may read it
(docs/decisions, "Learning is never held against anyone"; import-linter keeps the direction).
"""

from education.models.feedback import LessonFeedback
from education.models.progress import LessonProgress, QuizAnswer

__all__ = ["LessonFeedback", "LessonProgress", "QuizAnswer"]
