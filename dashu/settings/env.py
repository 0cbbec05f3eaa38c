"""
Typed readers of the environment.

Every setting that differs between installations is read here, so a wrong value is refused at start with the
variable's name and not in the middle of a night.
"""

import json
import os
from pathlib import Path

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


def secret(name: str) -> str:
    """Read a secret from NAME, or from the file that NAME_FILE points to; refuse to start without one."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else text(name)


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


def service_url(name: str) -> str:
    """
    Return the address of a server: from the environment, else of the embedded one that runs in this home.

    `script/server` and `script/test` note the embedded servers' addresses in `run/services.json`, so that a
    command typed in a second terminal reaches the same database.
    """
    value = os.environ.get(name)
    if value:
        return value
    try:
        noted = json.loads((home() / "run" / "services.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        noted = {}
    return noted.get(name, _NOT_STARTED[name])


# Port 9 is the discard port: a connection is refused at once, and the refusal is translated for the reader.
_NOT_STARTED = {
    "DATABASE_URL": "postgres://dashu@127.0.0.1:9/dashu",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
