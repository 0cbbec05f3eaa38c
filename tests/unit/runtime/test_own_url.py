import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashu.settings import env


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("DASHU_OWN_URL", "DASHU_CREDIT_BUREAU", "DASHU_CREDIT_BUREAU_URL", "DASHU_CREDIT_BUREAU_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DASHU_HOME", str(tmp_path))
    (tmp_path / "run").mkdir()
    return tmp_path


class TestOwnUrl:
    def test_is_what_the_start_tells_its_parts(self, home, monkeypatch):
        (home / "run" / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:8001/"}))
        monkeypatch.setenv("DASHU_OWN_URL", "http://127.0.0.1:8002/")

        assert env.own_url() == "http://127.0.0.1:8002/"

    def test_is_what_the_start_noted(self, home):
        (home / "run" / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:8001/"}))

        assert env.own_url() == "http://127.0.0.1:8001/"

    @pytest.mark.parametrize("noted", ['{"url": null}', "", None])
    def test_is_the_first_choice_of_a_start_while_nothing_runs(self, home, noted):
        if noted is not None:
            (home / "run" / "server.json").write_text(noted)

        assert env.own_url() == "http://127.0.0.1:8000/"


class TestCreditBureau:
    def test_is_our_own_unless_another_is_named(self, home):
        assert env.credit_bureau() == ("", "http://127.0.0.1:8000/bureau/simulated/", "")

    def test_of_another_company_needs_its_address_and_its_secret(self, home, monkeypatch):
        monkeypatch.setenv("DASHU_CREDIT_BUREAU", "http")
        with pytest.raises(ImproperlyConfigured, match=r"^DASHU_CREDIT_BUREAU_URL is not set"):
            env.credit_bureau()
        monkeypatch.setenv("DASHU_CREDIT_BUREAU_URL", "https://bureau.example/v1")
        with pytest.raises(ImproperlyConfigured, match=r"^DASHU_CREDIT_BUREAU_SECRET is not set"):
            env.credit_bureau()
        monkeypatch.setenv("DASHU_CREDIT_BUREAU_SECRET", "whsec_AAAA")

        assert env.credit_bureau() == ("http", "https://bureau.example/v1/", "whsec_AAAA")

    def test_refuses_a_name_that_it_does_not_know(self, home, monkeypatch):
        monkeypatch.setenv("DASHU_CREDIT_BUREAU", "baihang")

        with pytest.raises(ImproperlyConfigured, match=r"^DASHU_CREDIT_BUREAU must be"):
            env.credit_bureau()
