"""What staff see of learning."""

from education.workshop_admin import PartnerOrganizationAdmin, WorkshopAdmin

__all__ = ["PartnerOrganizationAdmin", "WorkshopAdmin"]
