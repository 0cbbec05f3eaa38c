"""A small WeChat Pay on the loopback interface: it checks our signatures, signs its answers, may be slow or broken."""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from repayments.gateways.wechat import WeChatConfig

MCHID, APPID, SERIAL, KEY_ID = "1900007291", "wxd678efh567hg6787", "SERIAL7", "PUB_KEY_ID_0119"
API_KEY = "0123456789abcdef0123456789abcdef"


@cache
def keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """The merchant's key and WeChat Pay's."""
    return tuple(rsa.generate_private_key(65537, 2048) for _number in range(2))  # type: ignore[return-value]


def config(base_url: str) -> WeChatConfig:
    merchant, platform = keys()
    return WeChatConfig(
        appid=APPID,
        mchid=MCHID,
        serial_no=SERIAL,
        private_key=merchant.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        api_key=API_KEY,
        public_key_id=KEY_ID,
        public_key=platform.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        notify_url="https://pay.example/gateway/callbacks/wechat/",
        return_url="https://pay.example/checkouts/{token}/",
        base_url=base_url,
    )


def signed_headers(body: str, *, at: float | None = None, serial: str = KEY_ID) -> dict[str, str]:
    """The headers that WeChat Pay sends with a callback or an answer."""
    moment, nonce = str(int(at or time.time())), secrets.token_hex(16)
    signature = keys()[1].sign(f"{moment}\n{nonce}\n{body}\n".encode(), PKCS1v15(), SHA256())
    return {
        "wechatpay-timestamp": moment,
        "wechatpay-nonce": nonce,
        "wechatpay-signature": base64.b64encode(signature).decode(),
        "wechatpay-serial": serial,
    }


def callback(event_type: str, resource: dict[str, Any], *, event_id: str = "EV-1", key: str = API_KEY) -> str:
    """The body of a callback, its resource encrypted anew."""
    nonce, kind = secrets.token_hex(6), event_type.split(".")[0].lower()
    sealed = AESGCM(key.encode()).encrypt(nonce.encode(), json.dumps(resource).encode(), kind.encode())
    return json.dumps(
        {
            "id": event_id,
            "create_time": "2026-03-15T13:29:35+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": kind,
                "nonce": nonce,
                "original_type": kind,
            },
        }
    )


def transaction(token: Any, state: str = "SUCCESS", *, total: int = 1100_16, **more: Any) -> dict[str, Any]:
    found = {
        "mchid": MCHID,
        "appid": APPID,
        "out_trade_no": token.hex,
        "trade_state": state,
        "amount": {"total": total, "payer_total": total, "currency": "CNY"},
    }
    if state in ("SUCCESS", "REFUND"):
        found |= {"transaction_id": "1217752501201407033233368018", "success_time": "2026-03-15T10:34:56+08:00"}
    return found | more


@dataclass
class FakeWeChat:
    """
    Answers the calls that the adapter makes.

    :ivar troubles: statuses to answer first, before a good answer; 0 is no answer at all.
    """

    url: str = ""
    troubles: list[int] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    signs: bool = True

    def answer(self, method: str, path: str, body: str) -> tuple[int, dict[str, Any] | None]:
        if method == "POST" and path == "/v3/pay/transactions/h5":
            order = json.loads(body)
            self.orders[order["out_trade_no"]] = order
            return 200, {"h5_url": f"https://wx.tenpay.example/checkmweb?prepay_id={order['out_trade_no']}"}
        if found := re.fullmatch(r"/v3/pay/transactions/out-trade-no/(\w+)/close", path):
            return (204, None) if json.loads(body) == {"mchid": MCHID} else (400, {"code": "PARAM_ERROR"})
        if found := re.fullmatch(rf"/v3/pay/transactions/out-trade-no/(\w+)\?mchid={MCHID}", path):
            state = self.states.get(found[1])
            return (200, state) if state else (404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"})
        return 404, {"code": "RESOURCE_NOT_EXISTS"}


@contextmanager
def fake_wechat() -> Iterator[FakeWeChat]:
    state = FakeWeChat()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._take("GET")

        def do_POST(self) -> None:
            self._take("POST")

        def _take(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            state.calls.append(f"{method} {self.path}")
            if state.troubles and (trouble := state.troubles.pop(0)) != 200:
                if trouble == 0:
                    self.close_connection = True
                    return
                self._say(trouble, {"code": "SYSTEM_ERROR"})
                return
            if not _is_signed(method, self.path, body, self.headers["Authorization"]):
                self._say(401, {"code": "SIGN_ERROR"})
                return
            self._say(*state.answer(method, self.path, body))

        def _say(self, status: int, document: dict[str, Any] | None) -> None:
            text = json.dumps(document) if document is not None else ""
            self.send_response(status)
            for name, value in (signed_headers(text) if state.signs else {}).items():
                self.send_header(name.title(), value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing on the test's terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield state
        server.shutdown()
        thread.join()


def _is_signed(method: str, path: str, body: str, authorization: str) -> bool:
    schema, _space, facts = (authorization or "").partition(" ")
    given = dict(re.findall(r'(\w+)="([^"]*)"', facts))
    if schema != "WECHATPAY2-SHA256-RSA2048" or (given.get("mchid"), given.get("serial_no")) != (MCHID, SERIAL):
        return False
    signed = f"{method}\n{path}\n{given['timestamp']}\n{given['nonce_str']}\n{body}\n".encode()
    try:
        keys()[0].public_key().verify(base64.b64decode(given["signature"]), signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
