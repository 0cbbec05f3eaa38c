"""The running API of loans against its own description: every operation, with right and wrong data, in sequences."""

import pytest

from dashu.users.models import Partner
from tests.integration.api.conftest import program_of
from tests.integration.api.walking import OF_LOANS, at_loans, walk

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_operation_on_loans_answers_as_described(live_server, dana: Partner, tmp_path) -> None:
    walk(live_server.url, program_of(dana).token, at_loans(dana), tmp_path, "--include-path-regex", OF_LOANS)
