"""
Schemathesis against the running API: what it is told, and things at the addresses that it walks to.

Of the thousands of cases of the coverage phase one in three is sent, the same ones each time; with DASHU_WALK_EVERY=1
all of them are, which takes some minutes. DASHU_WALK_PHASES names other phases, DASHU_WALK_SECONDS another bound.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collections_mgmt.models import OfferSet
from dashu.api.fields import money_json
from dashu.kernel.dates import lender_now
from dashu.users.models import Borrower, Partner
from dashu.webhooks.models import PartnerEvent
from loans.models import Loan
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import accept_payoff_quote, quote_payoff
from tests import factories
from tests.factories import yuan
from tests.integration.api.conftest import PartnerProgram, program_of
from tests.integration.api.test_application_offers import decided
from tests.integration.bulk.files import csv_file, job_of, payment, work
from tests.integration.collections_mgmt.relief_cases import offered
from tests.integration.webhooks.conftest import deliver, enabled

LONGEST_LINE = 2000
ROOT = Path(__file__).parents[3]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SECONDS = int(os.environ.get("DASHU_WALK_SECONDS", "330"))
PHASES = os.environ.get("DASHU_WALK_PHASES", "examples,coverage,fuzzing,stateful")
# What belongs together, so that two workers share the walk and no link leads from one part to the other.
OF_LOANS = r"^/api/v1/(loans|book|payments|split-payments|refunds|overdue|restructuring-offers|relief-form)\b"


def at_loans(dana: Partner) -> dict[str, str]:
    """Return parts of addresses below a loan that there is something at."""
    loan, now = factories.running_loan(factories.borrower("Amina"), brought_by=dana), lender_now()
    about = {"loan_id": loan.pk, "actor": factories.ACTOR}
    quote = quote_payoff(today=now.date(), valid_to=now.date(), **about)
    accept_payoff_quote(token=quote.token, today=now.date(), **about)
    period = {"first": loan.starts_on, "last": now.date()}
    paper = issue_statement(now=now, site="http://localhost", language="en", **period, **about)
    program = program_of(dana)
    paid = program.pay(loan, _payment("walk-1", loan)).json()
    split = {"total": yuan_json(100), "received_on": str(now.date()), "reference": "walk-2"}
    parts = [{"loan": loan.number, "amount": yuan_json(100)}]
    together = program.post("payments", {**split, "parts": parts}, **{"Idempotency-Key": "walk-2"}).json()
    return {
        "LOAN": loan.number,
        "QUOTE": str(quote.token),
        "PAPER": paper.code,
        "PAYMENT": paid["id"],
        "SPLIT": together["id"],
        "REFUND": _refund(dana, program)["id"],
        "RELIEF": _relief(dana).reference,
    }


def elsewhere(dana: Partner, *, receiver: str) -> dict[str, str]:
    """Return parts of all other addresses. :param receiver: where the partner's webhook endpoint is."""
    loan = factories.running_loan(factories.borrower("Brook"), brought_by=dana)
    endpoint = enabled(dana, receiver)
    program = program_of(dana)
    program.post(f"webhook-endpoints/{endpoint.key}/test", {}, **{"Idempotency-Key": "walk-3"})
    deliver()
    [delivery, *_others] = program.get(f"webhook-endpoints/{endpoint.key}/deliveries").json()["results"]
    job = job_of(program.upload("jobs", {"kind": "payments", "file": csv_file(payment(loan, "walk-4"))}))
    work(job, now=lender_now())
    application = decided(program)
    return {
        "APPLICATION": application.reference,
        "BORROWER": application.borrower.external_id,
        "ENDPOINT": str(endpoint.key),
        "DELIVERY": delivery["id"],
        "EVENT": str(PartnerEvent.objects.filter(partner=dana).first().key),
        "JOB": str(job.key),
    }


def yuan_json(amount: int) -> dict[str, str]:
    return money_json(yuan(amount), "CNY")


def _payment(reference: str, loan: Loan) -> dict[str, Any]:
    return {"amount": yuan_json(100), "received_on": str(lender_now().date()), "reference": reference}


def _refund(dana: Partner, program: PartnerProgram) -> dict[str, Any]:
    """Ask for a refund of what was paid too much for a loan that has ended."""
    loan = factories.running_loan(factories.borrower("Chen"), brought_by=dana)
    factories.pay(loan, yuan(12_250), loan.starts_on, kind="SETTLEMENT")
    asked = {"amount": yuan_json(100), "reason": "paid twice", "reference": "walk-5"}
    return program.post(f"loans/{loan.number}/refunds", asked, **{"Idempotency-Key": "walk-5"}).json()


def _relief(dana: Partner) -> OfferSet:
    """Offer easier payments to a borrower without a login, whom a link is for."""
    today, hard = lender_now().date(), factories.borrower("Fei", phone="13800001237")
    Borrower.objects.filter(pk=hard.pk).update(user=None)
    loan = factories.running_loan(hard, starts_on=today - timedelta(days=10), brought_by=dana)
    return offered(loan, on=today)


def no_names(monkeypatch: Any) -> None:
    """Let no name but this machine's be asked for: addresses that are made up are nobody's to be posted to."""
    asked = socket.getaddrinfo

    def only_here(host: Any, *where: Any, **how: Any) -> Any:
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise socket.gaierror(f"{host} is not asked for in tests")
        return asked(host, *where, **how)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


def walk(site: str, token: str, seeds: dict[str, str], folder: Path, *which: str) -> str:
    """Run schemathesis and return what it says; what it finds fails the test, and a phase that it left out too."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(CONFIG)),
        *("run", f"{site}/api/v1/schema/", "--no-color", "--phases", PHASES, *which),
        *("--header", f"Authorization: Bearer {token}"),
    ]
    unused = dict.fromkeys(re.findall(r"\$\{(\w+)\}", CONFIG.read_text(encoding="utf-8")), "none")
    environment = {**os.environ, **unused, **seeds, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        try:
            told, _nothing = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)  # it says what it has found so far
            told, _nothing = running.communicate()
    done = {name.lower() for name in re.findall(r"✅\s+(\w+) \(in ", told)}
    if running.returncode != 0 or done != set(PHASES.split(",")):
        pytest.fail("\n".join(line[:LONGEST_LINE] for line in told.splitlines()), pytrace=False)
    return told
