from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvisioningConfig(AppConfig):
    name = "dashu.provisioning"
    label = "provisioning"
    verbose_name = _("Provisions")

    def ready(self) -> None:
        from collections_mgmt.services.provision_basis import read_expected_loss_from
        from dashu.approvals.acts import register
        from dashu.provisioning.approvals import POSTING
        from dashu.provisioning.selectors.posted import posted_expected_loss

        read_expected_loss_from(posted_expected_loss)
        register(POSTING)
