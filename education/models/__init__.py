"""
What people learn and say of it. Kept for the person alone: nothing that decides on credit may read it
(docs/decisions, "Learning is never held against anyone"; import-linter keeps the direction).
"""

from education.models.progress import LessonProgress, QuizAnswer
from education.models.workshops import (
    GuestNotice,
    Notice,
    PartnerOrganization,
    Region,
    Workshop,
    WorkshopCode,
    WorkshopFeedback,
    WorkshopMaterial,
    WorkshopRegistration,
)

__all__ = [
    "GuestNotice",
    "LessonProgress",
    "Notice",
    "PartnerOrganization",
    "QuizAnswer",
    "Region",
    "Workshop",
    "WorkshopCode",
    "WorkshopFeedback",
    "WorkshopMaterial",
    "WorkshopRegistration",
]
