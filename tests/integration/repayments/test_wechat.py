"""The WeChat Pay adapter against a server that behaves as the documents say, good and bad days included."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from repayments.gateways.base import CallbackRefused, EventKind, Order, ProviderRefused, ProviderUnavailable
from repayments.gateways.choosing import provider
from repayments.gateways.http import Client
from repayments.gateways.wechat import WeChatPay
from repayments.models import AutopayMandate, Checkout, GatewayCallback, Payment
from repayments.services.gateway import checkout_address, start_checkout
from repayments.services.mandates import AutopayNotOffered
from repayments.services.sweep_checkouts import sweep_checkouts
from tests.integration.repayments.fake_wechat import callback, config, fake_wechat, signed_headers, transaction
from tests.integration.repayments.test_autopay import sign

TODAY = date(2026, 3, 20)
ORDER = Order(
    token=uuid.UUID("0b9e2b34-6f0e-4c1e-9d6f-d3b1fd1a7c55"),
    amount_minor=1100_16,
    currency="CNY",
    description="贷款 DS20260000123",
    expires_at=datetime(2026, 3, 20, 6, 0, 0, 7, tzinfo=UTC),
    payer_ip="14.23.150.211",
)


@pytest.fixture
def wechat():
    with fake_wechat() as server:
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def adapter(wechat, pauses):
    return WeChatPay(config(wechat.url), client=Client(wechat.url, timeout=(0.5, 0.5), pause=pauses.append))


class TestCreating:
    def test_orders_in_fen_and_returns_the_page_with_the_way_back(self, wechat, adapter):
        address = adapter.create(ORDER)

        assert address == (
            "https://wx.tenpay.example/checkmweb?prepay_id=0b9e2b346f0e4c1e9d6fd3b1fd1a7c55"
            "&redirect_url=https%3A%2F%2Fpay.example%2Fcheckouts%2F0b9e2b34-6f0e-4c1e-9d6f-d3b1fd1a7c55%2F"
        )
        assert wechat.orders[ORDER.token.hex] == {
            "appid": "wxd678efh567hg6787",
            "mchid": "1900007291",
            "description": "贷款 DS20260000123",
            "out_trade_no": "0b9e2b346f0e4c1e9d6fd3b1fd1a7c55",
            "time_expire": "2026-03-20T06:00:00+00:00",
            "notify_url": "https://pay.example/gateway/callbacks/wechat/",
            "amount": {"total": 1100_16, "currency": "CNY"},
            "scene_info": {"payer_client_ip": "14.23.150.211", "h5_info": {"type": "Wap"}},
        }

    @pytest.mark.parametrize("troubles", [[500], [503, 0], [0], [429]])
    def test_tries_again_what_can_heal(self, wechat, adapter, pauses, troubles):
        wechat.troubles = [*troubles]

        adapter.create(ORDER)

        assert len(wechat.calls) == len(troubles) + 1
        assert len(pauses) == len(troubles)

    def test_gives_up_after_three_tries(self, wechat, adapter):
        wechat.troubles = [500] * 9

        with pytest.raises(ProviderUnavailable):
            adapter.create(ORDER)

        assert len(wechat.calls) == 3

    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_tries_no_refusal_again(self, wechat, adapter, status):
        wechat.troubles = [status]

        with pytest.raises(ProviderRefused) as refusal:
            adapter.create(ORDER)

        assert refusal.value.details == {"status": status, "code": "SYSTEM_ERROR"}
        assert len(wechat.calls) == 1

    def test_believes_no_answer_that_is_not_signed(self, wechat, adapter):
        wechat.signs = False

        with pytest.raises(ProviderUnavailable):
            adapter.create(ORDER)

    def test_is_refused_there_with_another_key(self, wechat):
        wrong = replace(config(wechat.url), serial_no="OTHER")

        with pytest.raises(ProviderRefused) as refusal:
            WeChatPay(wrong, client=Client(wechat.url, pause=lambda _seconds: None)).create(ORDER)

        assert refusal.value.details["code"] == "SIGN_ERROR"


class TestCallbacks:
    def test_of_a_payment_says_how_much_and_when(self, adapter):
        body = callback("TRANSACTION.SUCCESS", transaction(ORDER.token))

        event = adapter.read_callback(body, signed_headers(body))

        assert (event.event_id, event.kind, event.checkout) == ("EV-1", EventKind.PAID, ORDER.token)
        assert (event.amount_minor, event.currency) == (1100_16, "CNY")
        assert event.reference == "WX-1217752501201407033233368018"
        assert event.occurred_at == datetime(2026, 3, 15, 2, 34, 56, tzinfo=UTC)

    def test_of_a_refund_says_what_went_back(self, adapter):
        refund = {
            "mchid": "1900007291",
            "out_trade_no": ORDER.token.hex,
            "transaction_id": "121775",
            "refund_id": "503011",
            "refund_status": "SUCCESS",
            "success_time": "2026-03-16T10:00:00+08:00",
            "amount": {"total": 1100_16, "refund": 100_00, "payer_total": 1100_16, "payer_refund": 100_00},
        }
        body = callback("REFUND.SUCCESS", refund)

        event = adapter.read_callback(body, signed_headers(body))

        assert (event.kind, event.amount_minor, event.reference) == (EventKind.REFUNDED, 100_00, "WX-503011")

    def test_of_a_closed_order_is_a_decline(self, adapter):
        body = callback("TRANSACTION.SUCCESS", transaction(ORDER.token, "CLOSED"))

        event = adapter.read_callback(body, signed_headers(body))

        assert (event.kind, event.failure, event.amount_minor) == (EventKind.DECLINED, "OTHER", 0)

    @pytest.mark.parametrize(
        "wrong", ["body", "signature", "age", "serial", "nothing", "api key", "merchant", "amount", "not json", "open"]
    )
    def test_are_refused_when_anything_is_wrong(self, adapter, wrong):
        resource = transaction(ORDER.token)
        if wrong == "merchant":
            resource["mchid"] = "1900009999"
        if wrong == "amount":
            resource["amount"]["total"] = "1100.16"
        if wrong == "open":
            resource["trade_state"] = "USERPAYING"
        body = callback("TRANSACTION.SUCCESS", resource, key="f" * 32 if wrong == "api key" else config("").api_key)
        if wrong == "not json":
            body = "<xml>"
        headers = signed_headers(
            body,
            at=1_700_000_000 if wrong == "age" else None,
            serial="X" if wrong == "serial" else config("").public_key_id,
        )
        if wrong == "body":
            body = body.replace("EV-1", "EV-2")
        if wrong == "signature":
            headers["wechatpay-signature"] = "AAAA"
        if wrong == "nothing":
            headers = {}

        with pytest.raises(CallbackRefused):
            adapter.read_callback(body, headers)


class TestQuery:
    @pytest.mark.parametrize(
        ("state", "kind"),
        [
            ("SUCCESS", EventKind.PAID),
            ("REFUND", EventKind.PAID),
            ("CLOSED", EventKind.DECLINED),
            ("REVOKED", EventKind.DECLINED),
            ("PAYERROR", EventKind.DECLINED),
        ],
    )
    def test_says_what_became_of_an_order(self, wechat, adapter, state, kind):
        wechat.states[ORDER.token.hex] = transaction(ORDER.token, state)

        event = adapter.query(ORDER)

        assert (event.kind, event.event_id) == (kind, f"query:{ORDER.token}:{state}")

    @pytest.mark.parametrize("state", ["NOTPAY", "USERPAYING", None])
    def test_says_nothing_of_one_that_is_open_or_unknown(self, wechat, adapter, state):
        if state:
            wechat.states[ORDER.token.hex] = transaction(ORDER.token, state)

        assert adapter.query(ORDER) is None

    def test_closes_an_order(self, wechat, adapter):
        adapter.close(ORDER)

        assert wechat.calls == [f"POST /v3/pay/transactions/out-trade-no/{ORDER.token.hex}/close"]


class TestInUse:
    @pytest.fixture(autouse=True)
    def _chosen(self, settings, wechat):
        given = config(wechat.url)
        settings.PAYMENT_PROVIDER = "wechat"
        settings.SIMULATED_GATEWAY = False
        settings.WECHAT_PAY = {name: getattr(given, name) for name in given.__slots__}

    @pytest.fixture
    def checkout(self, loan):
        return start_checkout(loan_id=loan.pk, amount_minor=1100_16, today=TODAY)

    def test_is_chosen_by_the_setting(self, checkout):
        assert isinstance(provider(), WeChatPay)
        assert checkout.provider == "wechat"
        assert checkout_address(checkout).startswith("https://wx.tenpay.example/")

    def test_books_a_callback_from_outside_once(self, client, checkout):
        for _again in range(2):
            body = callback("TRANSACTION.SUCCESS", transaction(checkout.token))
            answer = client.post(
                "/gateway/callbacks/wechat/", body, content_type="application/json", headers=signed_headers(body)
            )
            assert answer.status_code == 200

        payment = Payment.objects.get()
        assert (payment.reference, payment.amount_minor) == ("WX-1217752501201407033233368018", 1100_16)
        assert payment.received_on == date(2026, 3, 15)
        assert GatewayCallback.objects.get().deliveries == 2

    def test_refuses_a_callback_of_another_provider(self, client, checkout):
        body = json.dumps({"checkout": str(checkout.token), "outcome": "PAID"})

        answers = [
            client.post(f"/gateway/callbacks/{name}/", body, content_type="application/json").status_code
            for name in ("wechat", "simulated", "stripe")
        ]

        assert answers == [400, 503, 503]
        assert Payment.objects.exists() is False

    def test_the_sweep_finds_a_payment_whose_callback_never_came(self, wechat, checkout):
        wechat.states[checkout.token.hex] = transaction(checkout.token)
        Checkout.objects.update(created_at=datetime(2026, 3, 15, 2, 0, tzinfo=UTC))

        counts = sweep_checkouts(now=datetime(2026, 3, 15, 2, 40, tzinfo=UTC), today=TODAY)

        assert counts == {"PAID": 1}
        assert Payment.objects.get().received_on == date(2026, 3, 15)

    def test_the_sweep_and_a_late_callback_book_once(self, client, wechat, checkout):
        wechat.states[checkout.token.hex] = transaction(checkout.token)
        Checkout.objects.update(created_at=datetime(2026, 3, 15, 2, 0, tzinfo=UTC))
        sweep_checkouts(now=datetime(2026, 3, 15, 2, 40, tzinfo=UTC), today=TODAY)
        body = callback("TRANSACTION.SUCCESS", transaction(checkout.token))

        client.post("/gateway/callbacks/wechat/", body, content_type="application/json", headers=signed_headers(body))

        assert Payment.objects.count() == 1

    def test_the_sweep_goes_on_when_one_answer_cannot_be_had(self, wechat, checkout, loan):
        other = start_checkout(loan_id=loan.pk, amount_minor=5_00, today=TODAY)
        Checkout.objects.update(created_at=datetime(2026, 3, 15, 2, 0, tzinfo=UTC))
        wechat.states[other.token.hex] = transaction(other.token, total=5_00)
        wechat.troubles = [400]

        counts = sweep_checkouts(now=datetime(2026, 3, 15, 2, 40, tzinfo=UTC), today=TODAY)

        assert counts == {"failed": 1, "PAID": 1}

    def test_takes_no_standing_consent(self, loan):
        with pytest.raises(AutopayNotOffered):
            sign(loan)

        assert AutopayMandate.objects.exists() is False
