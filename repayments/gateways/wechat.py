"""
WeChat Pay, API version 3, paid from a phone's browser (H5): the documented shape of a real provider.

Requests are signed with the merchant's private key (`WECHATPAY2-SHA256-RSA2048`); answers and callbacks carry
WeChat Pay's signature, checked with its public key. A callback's `resource` is encrypted with the APIv3 key
(AEAD_AES_256_GCM). Amounts are in fen. docs/payments.md lists the addresses, fields and settings.

WeChat Pay tells of no chargebacks and no standing consents through this interface: a chargeback is entered by staff,
and autopay is not offered.
"""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.utils.translation import gettext_lazy as _

from repayments.gateways.base import (
    Account,
    CallbackRefused,
    Charge,
    EventKind,
    Failure,
    Order,
    PayoutOrder,
    PayoutOutcome,
    ProviderEvent,
    ProviderRefused,
    ProviderUnavailable,
)
from repayments.gateways.http import Client

BASE_URL = "https://api.mch.weixin.qq.com"
MAX_AGE = timedelta(minutes=5)
CLOSED_STATES = {"CLOSED", "REVOKED", "PAYERROR"}


@dataclass(frozen=True, slots=True)
class WeChatConfig:
    """
    What the merchant platform gives out; docs/payments.md says where.

    :param private_key, public_key: PEM: the merchant's own key, and WeChat Pay's key that `public_key_id` names.
    :param api_key: the APIv3 key, 32 characters.
    :param notify_url: where callbacks arrive; HTTPS, without parameters.
    :param return_url: where the payer comes back to; `{token}` stands for the checkout.
    """

    appid: str
    mchid: str
    serial_no: str
    private_key: str
    api_key: str
    public_key_id: str
    public_key: str
    notify_url: str
    return_url: str
    base_url: str = BASE_URL


class WeChatPay:
    name: ClassVar[str] = "wechat"
    can_charge: ClassVar[bool] = False
    can_pay_out: ClassVar[bool] = False

    def __init__(self, config: WeChatConfig, *, client: Client | None = None, clock: Callable[[], float] = time.time):
        """:param clock: gives seconds since 1970, for signatures and the age of callbacks."""
        self._config = config
        self._client = client or Client(config.base_url)
        self._clock = clock
        key: Any = load_pem_private_key(config.private_key.encode(), password=None)
        public_key: Any = load_pem_public_key(config.public_key.encode())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(public_key, RSAPublicKey)
        self._private_key, self._public_key = key, public_key

    def accounts(self) -> Sequence[Account]:
        return ()

    def create(self, order: Order) -> str:
        config = self._config
        answer = self._call(
            "POST",
            "/v3/pay/transactions/h5",
            {
                "appid": config.appid,
                "mchid": config.mchid,
                "description": order.description[:127],
                "out_trade_no": order.token.hex,
                "time_expire": order.expires_at.astimezone(UTC).replace(microsecond=0).isoformat(),
                "notify_url": config.notify_url,
                "amount": {"total": order.amount_minor, "currency": order.currency},
                "scene_info": {"payer_client_ip": order.payer_ip or "127.0.0.1", "h5_info": {"type": "Wap"}},
            },
        )
        back = config.return_url.format(token=order.token)
        return f"{_field(answer, 'h5_url')}&{urlencode({'redirect_url': back})}"

    def read_callback(self, body: str, headers: Mapping[str, str]) -> ProviderEvent:
        self._refuse_unsigned(body, headers)
        try:
            message = json.loads(body)
            resource = self._decrypted(message["resource"])
            return self._event(message, resource)
        except CallbackRefused:
            raise
        except (KeyError, TypeError, ValueError, InvalidTag) as error:
            raise CallbackRefused(_("The callback does not say what happened.")) from error

    def query(self, order: Order) -> ProviderEvent | None:
        path = f"/v3/pay/transactions/out-trade-no/{order.token.hex}?{urlencode({'mchid': self._config.mchid})}"
        try:
            found = self._call("GET", path)
        except ProviderRefused as refusal:
            if refusal.details.get("code") in ("ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"):
                return None
            raise
        try:
            return self._transaction(f"query:{order.token}:{found['trade_state']}", found, datetime.now(UTC))
        except (KeyError, TypeError, ValueError) as error:
            raise _unreadable() from error

    def close(self, order: Order) -> None:
        path = f"/v3/pay/transactions/out-trade-no/{order.token.hex}/close"
        try:
            self._call("POST", path, {"mchid": self._config.mchid})
        except ProviderRefused as refusal:
            if refusal.details.get("code") not in ("ORDER_CLOSED", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"):
                raise

    def charge(self, charge: Charge) -> None:
        raise ProviderRefused(_("This payment provider does not collect on a standing consent."))

    def pay_out(self, order: PayoutOrder) -> PayoutOutcome:
        raise ProviderRefused(_("This payment provider does not send money."))

    def find_payout(self, order: PayoutOrder) -> PayoutOutcome | None:
        return None

    def _event(self, message: Mapping[str, Any], resource: Mapping[str, Any]) -> ProviderEvent:
        told_at = datetime.fromisoformat(message["create_time"])
        if message["event_type"] == "REFUND.SUCCESS":
            return ProviderEvent(
                event_id=message["id"],
                kind=EventKind.REFUNDED,
                checkout=UUID(hex=resource["out_trade_no"]),
                reference=f"WX-{resource['refund_id']}",
                amount_minor=_fen(resource["amount"]["refund"]),
                currency=resource["amount"].get("currency", "CNY"),
                occurred_at=_moment(resource.get("success_time")) or told_at,
            )
        event = self._transaction(message["id"], resource, told_at)
        if event is None:
            raise CallbackRefused(_("The callback does not say what happened."))
        return event

    def _transaction(self, event_id: str, found: Mapping[str, Any], told_at: datetime) -> ProviderEvent | None:
        """Read a transaction, which callbacks and the query write alike; None while it is open."""
        state = found["trade_state"]
        # Of a refunded payment the money did come; the refund has a callback of its own.
        paid = state in ("SUCCESS", "REFUND")
        if not paid and state not in CLOSED_STATES:
            return None
        amount = found.get("amount") or {}
        return ProviderEvent(
            event_id=event_id,
            kind=EventKind.PAID if paid else EventKind.DECLINED,
            checkout=UUID(hex=found["out_trade_no"]),
            reference=f"WX-{found['transaction_id']}" if paid else "",
            amount_minor=_fen(amount["total"]) if paid else 0,
            currency=amount.get("currency", "CNY"),
            occurred_at=_moment(found.get("success_time")) or told_at,
            failure="" if paid else Failure.OTHER.value,
        )

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps(document, ensure_ascii=False) if document is not None else ""
        answer = self._client.send(method, path, body=body, headers=lambda: self._headers(method, path, body))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status_code >= 400:
            raise ProviderRefused(
                _("The payment provider refuses this payment. Nothing was paid. Try again, or pay by bank transfer."),
                details={"status": answer.status_code, "code": _code_of(answer.text)},
            )
        try:
            self._refuse_unsigned(answer.text, headers)
        except CallbackRefused as refusal:
            raise _unreadable() from refusal
        if not answer.text:
            return {}
        try:
            found = json.loads(answer.text)
        except ValueError as error:
            raise _unreadable() from error
        if not isinstance(found, dict):
            raise _unreadable()
        return found

    def _headers(self, method: str, path: str, body: str) -> dict[str, str]:
        moment, nonce = str(int(self._clock())), secrets.token_hex(16).upper()
        signed = f"{method}\n{path}\n{moment}\n{nonce}\n{body}\n".encode()
        signature = base64.b64encode(self._private_key.sign(signed, PKCS1v15(), SHA256())).decode()
        facts = {
            "mchid": self._config.mchid,
            "nonce_str": nonce,
            "signature": signature,
            "timestamp": moment,
            "serial_no": self._config.serial_no,
        }
        written = ",".join(f'{name}="{value}"' for name, value in facts.items())
        return {
            "Authorization": f"WECHATPAY2-SHA256-RSA2048 {written}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Wechatpay-Serial": quote(self._config.public_key_id),
            "User-Agent": "Dashu",
        }

    def _refuse_unsigned(self, body: str, headers: Mapping[str, str]) -> None:
        """:raises CallbackRefused: signed by no key of WeChat Pay, or too long ago."""
        moment, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        try:
            age = abs(self._clock() - int(moment))
            signature = base64.b64decode(headers.get("wechatpay-signature", ""), validate=True)
            if headers.get("wechatpay-serial") != self._config.public_key_id or age > MAX_AGE.total_seconds():
                raise ValueError("another key, or too old")
            self._public_key.verify(signature, f"{moment}\n{nonce}\n{body}\n".encode(), PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature) as error:
            raise CallbackRefused(_("The callback is not signed by the payment provider.")) from error

    def _decrypted(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        if resource["algorithm"] != "AEAD_AES_256_GCM":
            raise ValueError("another algorithm")
        plain = AESGCM(self._config.api_key.encode()).decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"]),
            (resource.get("associated_data") or "").encode(),
        )
        found = json.loads(plain)
        if found.get("mchid") != self._config.mchid:
            raise ValueError("another merchant's")
        return dict(found)


def _field(answer: Mapping[str, Any], name: str) -> str:
    if not isinstance(answer.get(name), str):
        raise _unreadable()
    return str(answer[name])


def _fen(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"expected whole fen, not {value!r:.80}")
    return value


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _code_of(text: str) -> str:
    try:
        return str(json.loads(text).get("code", ""))[:60]
    except (ValueError, AttributeError):
        return ""


def _unreadable() -> ProviderUnavailable:
    return ProviderUnavailable(_("The payment provider's answer cannot be read. Nothing is lost; it is asked again."))
