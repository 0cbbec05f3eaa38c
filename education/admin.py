"""The pages of the back office."""

from education.editing import admin as editing
from education.workshop_admin import PartnerOrganizationAdmin, WorkshopAdmin

__all__ = ["PartnerOrganizationAdmin", "WorkshopAdmin", "editing"]
