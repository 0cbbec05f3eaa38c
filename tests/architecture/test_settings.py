import base64
import re
import runpy
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashu.settings import env
from dashu.settings.env import document_scanner, private_storage
from tests.architecture.source import ROOT

KEY_A, KEY_B = bytes(range(32)), bytes(range(32, 64))
IN_BASE64 = base64.b64encode(KEY_A).decode(), base64.b64encode(KEY_B).decode()
PRODUCTION = {
    "DASHU_SECRET_KEY": "a-secret",
    "DASHU_FIELD_KEYS": f"2026b:{IN_BASE64[1]},2026a:{IN_BASE64[0]}",
    "DASHU_FIELD_INDEX_KEY": IN_BASE64[0],
    "DASHU_ALLOWED_HOSTS": "dashu.example",
    "DATABASE_URL": "postgres://dashu:word@db:5432/dashu",
    "REDIS_URL": "redis://:word@redis:6379/0",
}


@pytest.fixture
def production(monkeypatch):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


class TestProduction:
    def test_starts_with_every_secret_and_address(self, production):
        settings = runpy.run_module("dashu.settings.prod")

        assert settings["SECRET_KEY"] == "a-secret"
        assert settings["ALLOWED_HOSTS"] == ["dashu.example"]
        assert settings["DATABASES"]["default"]["HOST"] == "db"
        assert settings["DEBUG"] is False
        assert settings["FIELD_KEYS"] == [("2026b", KEY_B), ("2026a", KEY_A)]
        assert settings["FIELD_INDEX_KEY"] == KEY_A

    @pytest.mark.parametrize("pooled", [False, True])
    def test_keeps_nothing_of_a_session_where_connections_are_pooled(self, production, pooled):
        production.setenv("DASHU_POOLED", str(int(pooled)))

        database = runpy.run_module("dashu.settings.prod")["DATABASES"]["default"]

        assert database.get("DISABLE_SERVER_SIDE_CURSORS", False) is pooled
        assert (database["CONN_MAX_AGE"] == 0) is pooled

    @pytest.mark.parametrize("name", PRODUCTION)
    def test_refuses_to_start_without(self, production, name):
        production.delenv(name)

        with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(name)} is not set"):
            runpy.run_module("dashu.settings.prod")

    @pytest.mark.filterwarnings("ignore:.*found in sys.modules")
    def test_reads_each_secret_from_a_file(self, production, tmp_path):
        secrets = {name: value for name, value in PRODUCTION.items() if name != "DASHU_ALLOWED_HOSTS"}
        for name, value in secrets.items():
            production.delenv(name)
            (tmp_path / name).write_text(f"{value}\n")
            production.setenv(f"{name}_FILE", str(tmp_path / name))

        settings = runpy.run_module("dashu.settings.prod")

        assert settings["SECRET_KEY"] == "a-secret"
        assert settings["FIELD_KEYS"] == [("2026b", KEY_B), ("2026a", KEY_A)]
        assert settings["DATABASES"]["default"]["PASSWORD"] == "word"
        assert runpy.run_module("dashu.settings.base")["CELERY_BROKER_URL"] == PRODUCTION["REDIS_URL"]

    @pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (" \n", "nothing in it")])
    def test_refuses_to_start_with_a_file_that_holds_no_secret(self, production, tmp_path, content, says):
        production.delenv("DASHU_SECRET_KEY")
        production.setenv("DASHU_SECRET_KEY_FILE", str(tmp_path / "key"))
        if content is not None:
            (tmp_path / "key").write_text(content)

        with pytest.raises(ImproperlyConfigured, match=rf"^DASHU_SECRET_KEY_FILE names a file .*{says}"):
            runpy.run_module("dashu.settings.prod")

    def test_refuses_a_flag_that_is_neither_on_nor_off(self, production):
        production.setenv("DASHU_SSL_REDIRECT", "perhaps")

        with pytest.raises(ImproperlyConfigured, match=r"^DASHU_SSL_REDIRECT must be 1 or 0"):
            runpy.run_module("dashu.settings.prod")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DASHU_FIELD_KEYS", IN_BASE64[0]),
            ("DASHU_FIELD_KEYS", f"2026a:{IN_BASE64[0]},2026a:{IN_BASE64[1]}"),
            ("DASHU_FIELD_KEYS", "2026a:c2hvcnQ="),
            ("DASHU_FIELD_KEYS", "2026.a:" + IN_BASE64[0]),
            ("DASHU_FIELD_INDEX_KEY", "not base64"),
        ],
    )
    def test_refuses_keys_that_protect_nothing_and_does_not_repeat_them(self, production, name, value):
        production.setenv(name, value)

        with pytest.raises(ImproperlyConfigured, match=f"^{name} must") as refusal:
            runpy.run_module("dashu.settings.prod")

        assert value not in str(refusal.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DASHU_DOCUMENT_SCANNER", "none"),
            ("DASHU_CLAMD_ADDRESS", "clamav"),
            ("DASHU_CLAMD_ADDRESS", ":3310"),
            ("DASHU_CLAMD_ADDRESS", "clamav:99999"),
        ],
    )
    def test_refuses_a_scanner_that_cannot_be_asked(self, production, name, value):
        production.setenv(name, value)

        with pytest.raises(ImproperlyConfigured, match=f"^{name} must"):
            document_scanner()

    def test_keeps_private_files_below_the_home_or_where_it_is_told(self, production, tmp_path):
        production.setenv("DASHU_HOME", str(tmp_path))
        assert private_storage()["OPTIONS"]["location"] == tmp_path / "private"

        production.setenv("DASHU_PRIVATE_STORAGE", "storages.backends.s3.S3Storage")
        production.setenv("DASHU_PRIVATE_STORAGE_OPTIONS", '{"bucket_name": "papers"}')
        assert private_storage() == {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {"bucket_name": "papers"},
        }

        for options in ("bucket", "[]"):
            production.setenv("DASHU_PRIVATE_STORAGE_OPTIONS", options)
            with pytest.raises(ImproperlyConfigured, match=r"^DASHU_PRIVATE_STORAGE_OPTIONS must"):
                private_storage()


class TestWebhooks:
    @pytest.mark.filterwarnings("ignore:.*found in sys.modules")
    @pytest.mark.parametrize("sandbox", ["0", "1"])
    def test_production_never_posts_to_the_machine_itself(self, production, sandbox):
        production.setenv("DASHU_WEBHOOKS_ALLOW_LOOPBACK", "1")
        production.setenv("DASHU_SANDBOX", sandbox)

        for module in ("dashu.settings.base", "dashu.settings.prod"):
            assert runpy.run_module(module)["WEBHOOKS"] == {"ALLOW_LOOPBACK": False}

    @pytest.mark.parametrize(("sandbox", "given", "allowed"), [("0", "", False), ("1", "", True), ("0", "1", True)])
    def test_one_machine_does_in_a_sandbox_or_where_it_is_told(self, monkeypatch, tmp_path, sandbox, given, allowed):
        told = {"DASHU_HOME": str(tmp_path), "DASHU_SANDBOX": sandbox, "DASHU_WEBHOOKS_ALLOW_LOOPBACK": given}
        dev = (
            "from dashu.settings import dev; from dashu.settings.base import WEBHOOKS as base;"
            "print(dev.WEBHOOKS['ALLOW_LOOPBACK'], base['ALLOW_LOOPBACK'])"
        )
        for name, value in told.items():
            monkeypatch.setenv(name, value)

        said = subprocess.run([sys.executable, "-c", dev], cwd=ROOT, capture_output=True, text=True, check=True)

        assert said.stdout.split() == [str(allowed), "False"]


class TestSandbox:
    def test_starts_with_nothing_real_behind_it_and_signs_with_a_key_of_its_own(self, production):
        production.setenv("DASHU_SANDBOX", "1")

        settings = runpy.run_module("dashu.settings.prod")

        assert (settings["SIMULATED_GATEWAY"], settings["SIMULATED_BUREAU"]) == (True, True)
        assert settings["SECRET_KEY"] != "a-secret"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DASHU_EMAIL_TRANSPORT", "smtp"),
            ("DASHU_EMAIL_TRANSPORT", "http"),
            ("DASHU_SMS_TRANSPORT", "http"),
            ("DASHU_PAYMENT_PROVIDER", "wechat"),
            ("DASHU_PAYOUT_PROVIDER", "wechat"),
            ("DASHU_CREDIT_BUREAU", "http"),
        ],
    )
    def test_refuses_to_start_with(self, production, name, value):
        production.setenv("DASHU_SANDBOX", "1")
        production.setenv(name, value)

        with pytest.raises(ImproperlyConfigured, match=f"^{name} must be "):
            env.sandbox()
