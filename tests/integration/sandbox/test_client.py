"""The Python package for partners: written from the description as it is now, and walking through a first loan."""

import importlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from dashu.bulk.models import BulkJob
from dashu.kernel.dates import lender_now
from dashu.portal.demo.applicants import USUAL, id_number
from dashu.runtime.api_client import BY_HAND, write_client
from dashu.sandbox.cast import LOANS
from dashu.sandbox.seeding import Keys, seed_sandbox
from repayments.models import Payment
from tests.integration.bulk.files import work
from tests.receivers import receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keys(sandbox) -> Keys:
    return seed_sandbox(code="acme", name="Acme", now=lender_now())


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Where the package lies once it is written; writing it takes far longer than any walk."""
    return tmp_path_factory.mktemp("client")


@pytest.fixture
def package(live_server, keys, written, monkeypatch) -> Iterator[Any]:
    """Return a function that imports a module of the package as it is written from the running server."""
    if not any(written.iterdir()):
        write_client(written, schema=httpx.get(f"{live_server.url}/api/v1/schema/", timeout=60).text)
    monkeypatch.syspath_prepend(str(written))

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"dashu_client.{name}")

    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] == "dashu_client"]:
        del sys.modules[name]


@pytest.fixture
def client(package, live_server, keys) -> Iterator[Any]:
    with package("session").connect(live_server.url, keys.client_id, keys.client_secret) as client:
        yield client


def test_reads_all_pages_and_books_a_payment_once(package, client) -> None:
    session, models = package("session"), package("models")
    payments, loans = package("api.payments.record_payment"), package("api.loans.list_loans")
    listed = [loan.id for loan in session.each(loans.sync, client=client, limit=3)]
    before = Payment.objects.count()

    key = session.new_key()
    sent = models.PaymentInRequest.from_dict(
        {
            "amount": {"amount": "100.00", "currency": "CNY"},
            "received_on": str(lender_now().date()),
            "reference": "walk-1",
        }
    )
    told = [
        session.told(payments.sync("SBX-ACME-LATE-10", client=client, body=sent, idempotency_key=key)) for _try in "12"
    ]

    signed_for = ["SBX-ACME-PAID-OUT", "SBX-ACME-SIGNED"]
    assert listed == [*signed_for, *(f"SBX-ACME-{each.key}" for each in reversed(LOANS))]
    assert told[0].to_dict() == told[1].to_dict()
    assert told[0].amount.to_dict() == {"amount": "100.00", "currency": "CNY"}
    assert Payment.objects.count() == before + 1


def test_walks_to_a_first_loan(package, client) -> None:
    told, new_key, models = package("session").told, package("session").new_key, package("models")

    def act(operation: str, *where: Any, **body: Any) -> Any:
        return told(package(f"api.{operation}").sync(*where, client=client, idempotency_key=new_key(), **body))

    products = told(package("api.products.list_products").sync(client=client)).products
    consumer = next(product for product in products if product.code == "consumer")
    texts = told(package("api.applications.list_consent_texts").sync(client=client)).texts
    agreed = {"texts": [text.id for text in texts], "language": "zh-hans", "given_at": lender_now().isoformat()}
    person = {"name": "林小满", "number": id_number("19920305"), "phone": "15600000001"}
    steps = [step for step in USUAL if step in consumer.steps]
    answers = {step: dict(USUAL[step]) for step in steps} | {"consents": agreed}
    answers["person"] |= person
    asked = {"product": "consumer", "borrower": {"reference": "first", "name": "林小满"}, "answers": answers}

    applied = act("applications.apply", body=models.ApplicationInRequest.from_dict(asked))
    submitted = act("applications.submit_application", applied.id)
    decided = act("sandbox.sandbox_decide_application", applied.id)
    chosen = act("applications.choose_offer", applied.id, "1")
    signed = act("sandbox.sandbox_sign_application", applied.id)
    [loan] = told(package("api.loans.list_loans").sync(client=client, borrower="first")).results
    paid_out = act("sandbox.sandbox_pay_out_loan", loan.id)
    progress = told(package("api.signatures.get_signature").sync(applied.id, client=client))

    assert (applied.status, submitted.status, decided.status) == ("DRAFT", "SUBMITTED", "OFFERED")
    assert (chosen.status, signed.status, loan.status, paid_out.status) == ("ACCEPTED", "SIGNED", "APPROVED", "ACTIVE")
    assert progress.state == "SIGNED"


def test_walks_to_a_verified_endpoint_and_what_happened(package, client) -> None:
    told, new_key, models = package("session").told, package("session").new_key, package("models")

    def act(operation: str, *where: Any, **body: Any) -> Any:
        return told(package(f"api.webhooks.{operation}").sync(*where, client=client, idempotency_key=new_key(), **body))

    with receiver(usually="echo") as posted_to:
        made = act("create_webhook_endpoint", body=models.EndpointInRequest(url=posted_to.url))
        verified = act("verify_webhook_endpoint", made.id)
    queued = act("test_webhook_endpoint", made.id)
    events = told(package("api.events.list_events").sync(client=client)).results

    assert (made.status, verified.status, queued.queued) == ("UNVERIFIED", "ENABLED", 1)
    assert [(event.type_, event.subject) for event in events] == [("webhook.test", str(made.id))]


def test_walks_through_a_bulk_job(package, client) -> None:
    told, jobs, models = package("session").told, "api.jobs", package("models")
    lines = b"loan,amount,currency,received_on,reference\nSBX-NOBODY,10.00,CNY,2026-02-15,of-a-file\n"
    file = package("types").File(payload=io.BytesIO(lines), file_name="payments.csv", mime_type="text/csv")

    sent = models.JobInRequest.from_dict({"kind": "payments", "file": None})
    sent.file = file
    upload = package(f"{jobs}.upload_job")
    queued = told(upload.sync(client=client, body=sent, idempotency_key=package("session").new_key()))
    work(BulkJob.objects.get(key=queued.id), now=lender_now())
    ended = told(package(f"{jobs}.get_job").sync(str(queued.id), client=client))

    assert (queued.status, ended.status, ended.lines.refused) == ("QUEUED", "DONE_WITH_REFUSALS", 1)


def test_does_what_its_readme_shows(package, live_server, keys, capsys) -> None:
    [shown] = re.findall(r"```python\n(.*?)```", (BY_HAND / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    shown = shown.replace("https://sandbox.example", live_server.url).replace("sbx_…", keys.client_secret or "")

    exec(shown, {})  # noqa: S102 - the example is our own

    assert "SBX-ACME-RUNNING ACTIVE\n" in capsys.readouterr().out


def test_says_by_which_code_something_was_refused(package, client) -> None:
    session, schedule = package("session"), package("api.loans.get_schedule")

    with pytest.raises(session.Refused, match=r"^loan_not_found: ") as refused:
        session.told(schedule.sync("nobody", client=client))

    assert refused.value.problem.status == 404


def test_sends_a_write_again_with_the_same_key_and_gets_another_token(package) -> None:
    session, seen = package("session"), []
    answers = [httpx.Response(503, headers={"Retry-After": "7"}), httpx.ConnectError("gone"), httpx.Response(201)]

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Idempotency-Key"])
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    waits: list[float] = []
    patient = session.Patient(httpx.MockTransport(answer), attempts=3, sleep=waits.append)

    with httpx.Client(transport=patient) as client:
        told = client.post("http://api.example/payments", headers={"Idempotency-Key": "k1"})

    assert (told.status_code, seen, waits) == (201, ["k1", "k1", "k1"], [7.0, 1.0])


def test_sends_a_write_without_a_key_once(package) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return httpx.Response(503)

    patient = package("session").Patient(httpx.MockTransport(answer), attempts=3, sleep=lambda _wait: None)

    with httpx.Client(transport=patient) as client:
        assert client.post("http://api.example/payments").status_code == 503

    assert seen == ["POST"]
