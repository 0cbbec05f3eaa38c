"""
What people learn and say of it. Kept for the person alone: nothing that decides on credit may read it
(docs/decisions, "Learning is never held against anyone"; import-linter keeps the direction).
"""

from education.models.progress import LessonProgress, QuizAnswer
from education.models.versions import LessonEdit, LessonImage, LessonVersion, LinkCheck

__all__ = ["LessonEdit", "LessonImage", "LessonProgress", "LessonVersion", "LinkCheck", "QuizAnswer"]
