"""
What people learn and say of it. Kept for the person alone: nothing that decides on credit may read it
(docs/decisions, "Learning is never held against anyone"; import-linter keeps the direction).
"""

from education.models.certificates import LearningCertificate
from education.models.feedback import LessonFeedback
from education.models.moments import LearningMoment, LearningWish
from education.models.progress import LessonProgress, QuizAnswer
from education.models.repeats import Repeat
from education.models.versions import LessonEdit, LessonImage, LessonVersion, LinkCheck
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
    "LearningCertificate",
    "LearningMoment",
    "LearningWish",
    "LessonEdit",
    "LessonFeedback",
    "LessonImage",
    "LessonProgress",
    "LessonVersion",
    "LinkCheck",
    "Notice",
    "PartnerOrganization",
    "QuizAnswer",
    "Region",
    "Repeat",
    "Workshop",
    "WorkshopCode",
    "WorkshopFeedback",
    "WorkshopMaterial",
    "WorkshopRegistration",
]
