"""What a person calls the device that a session is on, from what its browser says of itself."""

from typing import NamedTuple

# The first that is found counts: most browsers also name those whose pages they can show.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("MQQBrowser", "QQ Browser"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
HANDHELD = frozenset({"HarmonyOS", "Android", "iPhone", "iPad"})


class Device(NamedTuple):
    """:param browser: and system: a product's name, empty where it cannot be told."""

    browser: str
    system: str

    @property
    def is_handheld(self) -> bool:
        return self.system in HANDHELD

    @property
    def name(self) -> str:
        """Both names in one piece, empty where neither is known."""
        return " · ".join(filter(None, self))


def device_of(user_agent: str) -> Device:
    return Device(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in known if sign in user_agent), "")
