"""The acts that apps register and the table of authority know each other."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission

from dashu.approvals.acts import line_of_rule, registered
from dashu.policy.pack_files import pack_file
from dashu.users.roles import STAFF_ROLES
from tests.integration.approvals.conftest import KINDS

DAY = date(2026, 6, 1)


@pytest.mark.parametrize("pack", ["cn", "us"])
class TestTableOfAuthority:
    def test_has_a_line_for_every_registered_act(self, pack):
        authority = pack_file(pack).value("approvals.authority", on=DAY)

        assert {line_of_rule(kind.code) for kind in registered()} - set(authority.kinds) == set()
        assert set(KINDS) == set(authority.kinds)

    def test_names_only_roles_of_the_staff(self, pack):
        authority = pack_file(pack).value("approvals.authority", on=DAY)

        assert {role for kind in authority.kinds.values() for role in kind.roles} - set(STAFF_ROLES) == set()


@pytest.mark.django_db
class TestRegisteredActs:
    def test_need_a_permission_that_exists(self):
        known = {
            f"{row.content_type.app_label}.{row.codename}" for row in Permission.objects.select_related("content_type")
        }

        assert [kind.code for kind in registered() if kind.permission not in known] == []
        # Nothing that is asked for books a recovery: money that came in is booked, whoever sees it.
        assert {line_of_rule(kind.code) for kind in registered()} == set(KINDS) - {"recovery"}

    def test_are_undone_on_the_line_on_which_they_are_done(self):
        kinds = {kind.code: line_of_rule(kind.code) for kind in registered()}

        assert {code.removeprefix("undo.") for code in kinds if code.startswith("undo.")} == set(kinds) - {
            "refund",
            "message.wording",
            "collections.script",
            "collections.script_withdrawal",
            "education.lesson",
            "settlement.offer",
            "settlement.deep",
            "relief.outside",
            "relief.deep",
            "relief.campaign",
            "relief.list",
            "relief.list_deep",
            "warning.shock",
            "credit_reporting.file",
            "product.version",
            "application.approve",
            "loan.payout",
            "agency.place",
            "legal.file",
            "strategy.publish",
            "provision.post",
            *(code for code in kinds if code.startswith("undo.")),
        }
        assert kinds["undo.waiver.penalty"] == "waiver.penalty"
        assert kinds["undo.refund_credit"] == "refund"
