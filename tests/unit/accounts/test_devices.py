import pytest

from dashu.accounts.devices import Device, device_of

BEGINS = "Mozilla/5.0 "


class TestDeviceOf:
    @pytest.mark.parametrize(
        ("said", "device"),
        [
            ("(Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", ("Chrome", "Android")),
            ("(iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", ("Safari", "iPhone")),
            ("(iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Mobile Safari/604.1", ("Chrome", "iPhone")),
            ("(Windows NT 10.0; Win64) Chrome/126.0 Safari/537.36 Edg/126.0", ("Edge", "Windows")),
            ("(Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", ("Safari", "Mac")),
            ("(Linux; Android 13) Chrome/111 Mobile MicroMessenger/8.0.50 Safari/537.36", ("WeChat", "Android")),
            ("(Phone; OpenHarmony 5.0) ArkWeb/4.1 HuaweiBrowser/5.0 Safari", ("Huawei Browser", "HarmonyOS")),
            ("(X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", ("Firefox", "Linux")),
        ],
    )
    def test_names_browser_and_system(self, said, device):
        assert device_of(BEGINS + said) == Device(*device)

    @pytest.mark.parametrize("said", ["", "curl/8.5.0", "一个浏览器"])
    def test_leaves_empty_what_it_does_not_know(self, said):
        assert device_of(said).name == ""

    def test_writes_both_in_one_piece(self):
        assert Device("Chrome", "Android").name == "Chrome · Android"
        assert Device("", "Android").name == "Android"
