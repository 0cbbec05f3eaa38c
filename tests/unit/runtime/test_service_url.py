import json

import pytest

from dashu.settings import env


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DASHU_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "run").mkdir()
    return tmp_path


def note(home, text):
    (home / "run" / "services.json").write_text(text)


class TestServiceUrl:
    def test_is_that_of_the_embedded_server_which_runs_in_the_home(self, home):
        note(home, json.dumps({"DATABASE_URL": "postgres://dashu:word@127.0.0.1:54321/dashu"}))

        assert env.service_url("DATABASE_URL") == "postgres://dashu:word@127.0.0.1:54321/dashu"

    def test_the_environment_wins(self, home, monkeypatch):
        note(home, json.dumps({"DATABASE_URL": "postgres://noted"}))
        monkeypatch.setenv("DATABASE_URL", "postgres://set")

        assert env.service_url("DATABASE_URL") == "postgres://set"

    @pytest.mark.parametrize("text", ["", "{", "{}"])
    def test_is_one_that_refuses_when_nothing_runs(self, home, text):
        note(home, text)

        assert env.service_url("DATABASE_URL") == "postgres://dashu@127.0.0.1:9/dashu"
