from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CollectionsMgmtConfig(AppConfig):
    name = "collections_mgmt"
    verbose_name = _("Collections")

    def ready(self) -> None:
        from collections_mgmt import contact_facts
        from collections_mgmt import messages as _messages  # noqa: F401 – registers the templates
        from collections_mgmt.approvals import KINDS
        from collections_mgmt.contact_holds import register
        from collections_mgmt.desk.strategy import register as register_strategy
        from collections_mgmt.models.desk import reach_of
        from collections_mgmt.papers.amendment import amendment_pdf
        from collections_mgmt.papers.plan_certificate import plan_certificate_pdf
        from collections_mgmt.selectors import contact_sources
        from collections_mgmt.selectors.care import VULNERABLE
        from collections_mgmt.selectors.desk_sources import register_teams
        from collections_mgmt.selectors.desk_teams import TEAMS_OF_LOANS
        from collections_mgmt.services.compose_reminders import compose_reminders
        from collections_mgmt.services.files_sql import register_care
        from collections_mgmt.services.settlements import agreement_met
        from dashu.approvals.acts import register as register_act
        from dashu.messaging.composing import register_composer
        from dashu.messaging.models import Purpose
        from dashu.reach import register_reach
        from repayments.services.agreed_end import register_agreements
        from repayments.services.documents import register_paper

        register()
        register_reach(reach_of)
        register_strategy()
        register_care("vulnerable", VULNERABLE)
        register_teams(TEAMS_OF_LOANS)
        contact_facts.register()
        contact_sources.register()
        for kind in KINDS:
            register_act(kind)
        register_paper("AMENDMENT", {"PDF": amendment_pdf})
        register_paper("PLAN_CERTIFICATE", {"PDF": plan_certificate_pdf})
        register_agreements("settlement", agreement_met)
        register_composer(Purpose.REMINDER, compose_reminders)
