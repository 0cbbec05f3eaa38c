"""
Typed readers of the environment.

Every setting that differs between installations is read here, so a wrong value is refused at start with the
variable's name and not in the middle of a night.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

SOURCE_DIR = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Return the one folder that holds data, logs and caches: DASHU_HOME, or `.dashu` beside the source."""
    return Path(os.environ.get("DASHU_HOME") or SOURCE_DIR / ".dashu").resolve()


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name)
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment and start again.")
    return default


def secret(name: str, default: str | None = None) -> str:
    """
    Read a secret from NAME, or from the file that NAME_FILE points to.

    Without a default, and where the file says nothing, the start is refused.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return text(name, default)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error}.") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names a file with nothing in it.")
    return value


FieldKeys = list[tuple[str, bytes]]
KEY_BYTES = 32


def field_keys(name: str) -> FieldKeys:
    """
    Read the keys that protect fields, the one in use first: `2026b:<base64>,2026a:<base64>`, 32 bytes each.

    Each has a short name, which stands before every value that was sealed with it.
    """
    keys: FieldKeys = []
    for part in secret(name).split(","):
        key_id, _colon, encoded = part.strip().partition(":")
        if not re.fullmatch(r"[a-z0-9_-]{1,16}", key_id) or key_id in dict(keys):
            raise ImproperlyConfigured(f"{name} must be keys like 2026a:BASE64 with commas between them.")
        keys.append((key_id, _key(name, encoded)))
    return keys


def index_key(name: str) -> bytes:
    """Read the one key of 32 bytes, in base64, under which blind indexes are made."""
    return _key(name, secret(name))


def derived_key(secret_key: str, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose that follows from a secret; for machines with one secret only."""
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).digest()


def is_given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _key(name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must hold keys of {KEY_BYTES} bytes in base64.")
    return key


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value == "":
        return default
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def wechat_pay(public_url: str) -> dict[str, str]:
    """Return what the WeChat Pay adapter needs (docs/payments.md), empty where no merchant number is given."""
    if not os.environ.get("DASHU_WECHAT_MCHID"):
        return {}
    return {
        "appid": text("DASHU_WECHAT_APPID"),
        "mchid": text("DASHU_WECHAT_MCHID"),
        "serial_no": text("DASHU_WECHAT_SERIAL_NO"),
        "private_key": secret("DASHU_WECHAT_PRIVATE_KEY"),
        "api_key": secret("DASHU_WECHAT_API_KEY"),
        "public_key_id": text("DASHU_WECHAT_PUBLIC_KEY_ID"),
        "public_key": secret("DASHU_WECHAT_PUBLIC_KEY"),
        "notify_url": f"{public_url}/gateway/callbacks/wechat/",
        "return_url": f"{public_url}/checkouts/{{token}}/",
        "base_url": text("DASHU_WECHAT_BASE_URL", "https://api.mch.weixin.qq.com"),
    }


def private_storage() -> dict[str, Any]:
    """
    Return where files that people send are kept, for `STORAGES`: below the home, or in another backend of Django's.

    DASHU_PRIVATE_STORAGE is the backend's dotted name, DASHU_PRIVATE_STORAGE_OPTIONS its options as a JSON object.
    """
    backend = text("DASHU_PRIVATE_STORAGE", "")
    if not backend:
        own = {"location": home() / "private", "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {**own, "base_url": None}}
    try:
        options = json.loads(text("DASHU_PRIVATE_STORAGE_OPTIONS", "{}"))
    except ValueError as error:
        raise ImproperlyConfigured("DASHU_PRIVATE_STORAGE_OPTIONS must be a JSON object.") from error
    if not isinstance(options, dict):
        raise ImproperlyConfigured("DASHU_PRIVATE_STORAGE_OPTIONS must be a JSON object.")
    return {"BACKEND": backend, "OPTIONS": options}


def document_scanner() -> tuple[str, tuple[str, int]]:
    """Return the name of what looks at files for harm, and host and port of a ClamAV daemon (docs/documents.md)."""
    name = text("DASHU_DOCUMENT_SCANNER", "structure")
    if name not in ("structure", "clamd"):
        raise ImproperlyConfigured(f"DASHU_DOCUMENT_SCANNER must be structure or clamd, not {name!r}.")
    host, colon, port = text("DASHU_CLAMD_ADDRESS", "127.0.0.1:3310").rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65_536):
        raise ImproperlyConfigured("DASHU_CLAMD_ADDRESS must be HOST:PORT, such as clamav:3310.")
    return name, (host.strip("[]"), int(port))


def credit_bureau() -> tuple[str, str, str]:
    """Return name, address and secret of the credit bureau (docs/credit-bureau.md); the simulated one is our own."""
    name = text("DASHU_CREDIT_BUREAU", "")
    if name == "http":
        return name, f"{text('DASHU_CREDIT_BUREAU_URL').rstrip('/')}/", secret("DASHU_CREDIT_BUREAU_SECRET")
    if name not in ("", "simulated"):
        raise ImproperlyConfigured(f"DASHU_CREDIT_BUREAU must be http, simulated or nothing, not {name!r}.")
    url = text("DASHU_CREDIT_BUREAU_URL", f"{own_url()}bureau/simulated/")
    given = secret("DASHU_CREDIT_BUREAU_SECRET") if is_given("DASHU_CREDIT_BUREAU_SECRET") else ""
    return name, f"{url.rstrip('/')}/", given


# What a sandbox may be given: nothing that reaches a person, a bank or a bureau.
_HARMLESS = {
    "DASHU_EMAIL_TRANSPORT": ("database", "simulated"),
    "DASHU_SMS_TRANSPORT": ("database", "simulated"),
    "DASHU_PAYMENT_PROVIDER": ("simulated",),
    "DASHU_PAYOUT_PROVIDER": ("simulated",),
    "DASHU_CREDIT_BUREAU": ("simulated",),
}


def sandbox() -> bool:
    """Whether this installation is a sandbox (DASHU_SANDBOX); refuse to start as one with anything real behind it."""
    is_sandbox = flag("DASHU_SANDBOX", default=False)
    for name, harmless in _HARMLESS.items():
        if is_sandbox and (given := text(name, "")) and given not in harmless:
            raise ImproperlyConfigured(f"{name} must be {' or '.join(harmless)} in a sandbox, not {given!r}.")
    return is_sandbox


def own_url() -> str:
    """
    Return the address at which this installation reaches itself, with a slash at its end.

    `script/server` tells its parts by DASHU_OWN_URL, and notes it in `run/server.json` for other commands.
    """
    url = os.environ.get("DASHU_OWN_URL") or _noted("server.json").get("url") or "http://127.0.0.1:8000"
    return f"{url.rstrip('/')}/"


# A server that is gone without a word is noticed: when connecting after 5 seconds, in a connection after about 25.
_NOTICING = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


def database(url: str, *, is_pooled: bool = False) -> dict[str, Any]:
    """
    Return what Django is to know of a database.

    :param is_pooled: PgBouncer stands between in transaction mode, so that nothing of a session is there for the next
        statement.
    """
    found: dict[str, Any] = dict(
        dj_database_url.parse(
            url,
            conn_max_age=0 if is_pooled else 60,
            conn_health_checks=not is_pooled,
            disable_server_side_cursors=is_pooled,
        )
    )
    found["OPTIONS"] = {**_NOTICING, **found.get("OPTIONS", {})}
    return found


def service_url(name: str) -> str:
    """
    Return the address of a server: from the environment, else of the embedded one that runs in this home.

    `script/server` and `script/test` note the embedded servers' addresses in `run/services.json`, so that a
    command typed in a second terminal reaches the same database.
    """
    if is_given(name):
        return secret(name)
    return _noted("services.json").get(name, _NOT_STARTED[name])


def _noted(file: str) -> dict[str, str]:
    try:
        return json.loads((home() / "run" / file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


# Port 9 is the discard port: a connection is refused at once, and the refusal is translated for the reader.
_NOT_STARTED = {
    "DATABASE_URL": "postgres://dashu@127.0.0.1:9/dashu",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
