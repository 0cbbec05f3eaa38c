"""What staff see of endpoints and deliveries, and how they send again what was given up."""

import pytest
from django.test import Client
from django.urls import reverse

from dashu.audit.models import AuditRecord
from dashu.users.models import User
from dashu.webhooks.models import WebhookDelivery
from dashu.webhooks.services.positions import place_events
from tests import factories
from tests.integration.webhooks.conftest import deliver, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def given_up(dana, endpoint):
    tell(dana)
    place_events()
    WebhookDelivery.objects.update(status="DEAD", attempts=11, tried=11)
    return WebhookDelivery.objects.get()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:webhooks_{name}", args=args)


class TestPages:
    def test_show_endpoints_without_their_secrets(self, administrator, endpoint):
        shown = signed_in(administrator).get(page("webhookendpoint_change", endpoint.pk)).content.decode()

        assert endpoint.url in shown
        assert endpoint.secret not in shown
        assert "whsec_" not in shown

    def test_list_what_was_given_up(self, administrator, given_up):
        shown = signed_in(administrator).get(page("webhookdelivery_changelist") + "?status__exact=DEAD")

        assert str(given_up.key) in shown.content.decode()

    def test_send_again_what_is_chosen(self, administrator, given_up, hooks):
        signed_in(administrator).post(
            page("webhookdelivery_changelist"), {"action": "replay_chosen", "_selected_action": [given_up.pk]}
        )

        assert deliver() == {"delivered": 1}
        assert AuditRecord.objects.get(action="webhooks.replayed").actor == f"user:{administrator.pk}"

    def test_a_collector_sees_nothing_of_it_and_sends_nothing(self, chidi, given_up):
        client = signed_in(chidi)
        answers = [
            client.get(page("webhookdelivery_changelist")),
            client.post(
                page("webhookdelivery_changelist"), {"action": "replay_chosen", "_selected_action": [given_up.pk]}
            ),
        ]

        assert {answer.status_code for answer in answers} <= {302, 403}
        assert WebhookDelivery.objects.get().status == "DEAD"

    def test_of_another_partner_a_login_sees_none(self, given_up, dana):
        brook = factories.partner("Brook")

        assert [*WebhookDelivery.objects.visible_to(dana.user)] == [given_up]
        assert [*WebhookDelivery.objects.visible_to(brook.user)] == []
