"""The simulated bureau over HTTP: our own adapter asks it, and strangers learn nothing."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from dashu.kernel.dates import lender_today
from loans.bureaus import simulated
from loans.bureaus.base import BureauAnswerRefused, BureauRefused, BureauUnavailable, Subject
from loans.bureaus.choosing import bureau
from loans.bureaus.http import Client
from loans.bureaus.remote import HttpBureau
from loans.bureaus.signing import signed_headers
from loans.domain.credit_files import CreditFile
from tests.unit.users.test_id_numbers import with_check_digit

ADDRESS = "/bureau/simulated/files/"


def number_with(digits: str) -> str:
    """An ID number with these digits at the places 15 and 16."""
    return with_check_digit(f"11010519900307{digits}1")


def question(number: str, asked: uuid.UUID, **facts: object) -> str:
    subject = {"kind": "CN_ID", "number": number, "name": "张三丰"}
    return json.dumps({"request_id": str(asked), "consent": "C-17", "subject": subject, **facts})


def post(client, body: str, request_id: uuid.UUID, *, secret: str = ""):
    headers = signed_headers(secret or simulated.secret(), request_id, body, now=timezone.now())
    content_type = headers.pop("Content-Type")
    return client.post(ADDRESS, body, content_type=content_type, headers=headers)


class TestOverHttp:
    """Asked by the adapter at the address of a running server, as the application's review asks it."""

    @pytest.fixture
    def ask(self, live_server, settings):
        settings.CREDIT_BUREAU_URL = f"{live_server.url}/bureau/simulated/"

        def ask(digits: str, request_id: uuid.UUID | None = None) -> CreditFile:
            subject = Subject("CN_ID", number_with(digits), "张三丰")
            return bureau().file_of(subject, request_id=request_id or uuid.uuid4(), consent="C-17")

        return ask

    def test_each_persona_has_its_file(self, ask):
        today, found = lender_today(), {}
        for digits in ("00", "01", "02", "03", "04", "05"):
            file = ask(digits)
            found[digits] = (
                len(file.open_lenders),
                file.monthly_minor,
                file.commitment_minor,
                file.worst_days_past_due,
                tuple(file.inquiries_within(days, on=today) for days in (7, 30, 90)),
                file.has_fraud_flag,
                file.is_known,
            )

        assert found == {
            "00": (1, 600_00, 20_000_00, 0, (0, 0, 0), False, True),
            "01": (3, 2_364_00, 25_000_00, 0, (0, 3, 3), False, True),
            "02": (1, 890_00, 6_200_00, 45, (0, 0, 0), False, True),
            "03": (1, 600_00, 20_000_00, 0, (0, 0, 0), True, True),
            "04": (0, 0, 0, 0, (3, 6, 9), False, True),
            "05": (0, 0, 0, 0, (0, 0, 0), False, False),
        }

    def test_the_same_question_again_has_the_same_answer(self, ask):
        request_id = uuid.uuid4()

        first = ask("01", request_id)

        assert ask("01", request_id) == first
        assert ask("01").reference != first.reference

    def test_an_id_is_of_one_question(self, ask):
        request_id = uuid.uuid4()
        ask("00", request_id)

        with pytest.raises(BureauRefused) as refusal:
            ask("01", request_id)

        assert refusal.value.details == {"status": 409}

    @pytest.mark.parametrize(
        ("digits", "problem"),
        [("93", "invalid_json"), ("94", "not signed for this question"), ("95", "somebody unknown has a file")],
    )
    def test_a_bad_answer_is_refused(self, ask, digits, problem):
        with pytest.raises(BureauAnswerRefused) as refusal:
            ask(digits)

        assert refusal.value.details == {"problem": problem}

    def test_an_answer_that_comes_too_late_is_none(self, live_server, monkeypatch):
        monkeypatch.setattr(simulated, "SLOW_SECONDS", 0.3)
        client = Client(f"{live_server.url}/bureau/simulated/", seconds=0.1, pause=lambda _seconds: None)

        with pytest.raises(BureauUnavailable):
            HttpBureau(client, simulated.secret()).file_of(
                Subject("CN_ID", number_with("91"), "张三丰"), request_id=uuid.uuid4(), consent="C-17"
            )

    def test_is_tried_three_times_while_it_is_down_and_helped_by_one_more_try_where_that_heals(
        self, live_server, monkeypatch
    ):
        pauses: list[float] = []
        adapter = HttpBureau(Client(f"{live_server.url}/bureau/simulated/", pause=pauses.append), simulated.secret())

        healed = adapter.file_of(Subject("CN_ID", number_with("96"), "张三丰"), request_id=uuid.uuid4(), consent="C-17")
        with pytest.raises(BureauUnavailable):
            adapter.file_of(Subject("CN_ID", number_with("92"), "张三丰"), request_id=uuid.uuid4(), consent="C-17")

        assert healed.is_known is True
        assert pauses == [0.2, 0.2, 0.8]


@pytest.mark.django_db
class TestAddress:
    def test_is_not_there_where_it_is_switched_off(self, client, settings):
        settings.SIMULATED_BUREAU = False
        request_id = uuid.uuid4()

        assert post(client, question(number_with("00"), request_id), request_id).status_code == 404

    def test_takes_questions_only(self, client):
        assert client.get(ADDRESS).status_code == 405

    def test_tells_nothing_to_one_without_the_secret(self, client):
        request_id = uuid.uuid4()

        answer = post(client, question(number_with("01"), request_id), request_id, secret="whsec_AAAA")

        assert (answer.status_code, answer.json()["code"]) == (400, "question_refused")
        assert client.post(ADDRESS, question(number_with("01"), request_id), "application/json").status_code == 400

    @pytest.mark.parametrize(
        "facts",
        [
            {"consent": ""},
            {"subject": {"kind": "CN_ID", "number": 7, "name": "张三丰"}},
            {"subject": {"number": number_with("00")}},
            {"subject": []},
            {"request_id": "one"},
            {"request_id": str(uuid.UUID(int=7))},
        ],
    )
    def test_refuses_a_question_that_is_not_complete(self, client, facts):
        request_id = uuid.uuid4()

        answer = post(client, question(number_with("00"), request_id, **facts), request_id)

        assert (answer.status_code, answer.json()["code"]) == (400, "question_refused")

    def test_refuses_what_no_question_is_so_long_for(self, client):
        request_id = uuid.uuid4()

        assert post(client, "x" * 65_537, request_id).status_code == 413

    def test_a_fault_can_be_switched_on_for_everybody(self, client, settings):
        settings.SIMULATED_BUREAU_FAULT = "DOWN"
        request_id = uuid.uuid4()

        assert post(client, question(number_with("00"), request_id), request_id).status_code == 500

    def test_takes_its_time(self, client, settings, monkeypatch):
        settings.SIMULATED_BUREAU_DELAY_MS = 150
        waited: list[float] = []
        monkeypatch.setattr("dashu.portal.simulated_bureau.time.sleep", waited.append)
        request_id = uuid.uuid4()

        assert post(client, question(number_with("00"), request_id), request_id).status_code == 200
        assert waited == [0.15]


class TestPersonas:
    def test_the_three_loans_of_the_over_committed_are_those_of_the_lesson(self):
        """At 2% a month over 12 months, a yuan lent costs 0.0945596 a month."""
        now = timezone.now()
        answer = simulated.answer_about(number_with("01"), request_id=uuid.uuid4(), pulled_at=now)

        assert [(loan["commitment_minor"], loan["monthly_minor"]) for loan in answer["loans"]] == [
            (amount, round(amount * 0.0945596)) for amount in (5_000_00, 8_000_00, 12_000_00)
        ]

    def test_dates_follow_from_the_day(self):
        pulled_at = datetime(2026, 3, 2, 12, tzinfo=UTC)
        answer = simulated.answer_about(number_with("02"), request_id=uuid.uuid4(), pulled_at=pulled_at)

        assert date.fromisoformat(answer["loans"][0]["opened_on"]) == date(2026, 3, 2) - timedelta(days=300)
