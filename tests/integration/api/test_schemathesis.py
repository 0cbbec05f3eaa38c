"""The running API against its own description: every operation, with right and wrong data, alone and in sequences."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashu.kernel.dates import lender_now
from dashu.users.models import Partner
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import accept_payoff_quote, quote_payoff
from tests import factories
from tests.integration.api.conftest import program_of
from tests.integration.api.test_application_offers import decided

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def seeds(dana: Partner) -> dict[str, str]:
    """Parts of addresses that there is something at."""
    loan, now = factories.running_loan(factories.borrower("Amina"), brought_by=dana), lender_now()
    about = {"loan_id": loan.pk, "actor": factories.ACTOR}
    quote = quote_payoff(today=now.date(), valid_to=now.date(), **about)
    accept_payoff_quote(token=quote.token, today=now.date(), **about)
    period = {"first": loan.starts_on, "last": now.date()}
    paper = issue_statement(now=now, site="http://localhost", language="en", **period, **about)
    application = decided(program_of(dana))
    return {
        "LOAN": loan.number,
        "QUOTE": str(quote.token),
        "PAPER": paper.code,
        "APPLICATION": application.reference,
    }


def test_every_operation_answers_as_described(live_server, dana, seeds, tmp_path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(CONFIG)),
        *("run", f"{live_server.url}/api/v1/schema/", "--no-color"),
        *("--header", f"Authorization: Bearer {program_of(dana).token}"),
    ]

    ended = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, **seeds, "PYTHONPATH": str(ROOT)},
        timeout=600,
    )

    assert ended.returncode == 0, ended.stdout[-20_000:]
