"""The rest of the API against its description; beside test_schemathesis.py, so that two workers share the walk."""

import pytest

from dashu.users.models import Partner
from tests.integration.api.conftest import program_of
from tests.integration.api.walking import OF_LOANS, elsewhere, no_names, walk
from tests.receivers import receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_else_is_posted_to(settings, monkeypatch) -> None:
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}
    no_names(monkeypatch)


def test_every_other_operation_answers_as_described(live_server, dana: Partner, tmp_path) -> None:
    with receiver(usually="echo") as posted_to:
        seeds = elsewhere(dana, receiver=posted_to.url)
        walk(live_server.url, program_of(dana).token, seeds, tmp_path, "--exclude-path-regex", OF_LOANS)
