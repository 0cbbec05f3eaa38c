"""The pages of the back office."""

from education.admin import feedback
from education.editing import admin as editing
from education.effect_admin import LearningMomentAdmin
from education.workshop_admin import PartnerOrganizationAdmin, WorkshopAdmin

__all__ = ["LearningMomentAdmin", "PartnerOrganizationAdmin", "WorkshopAdmin", "editing", "feedback"]
