"""docker-compose.yml names only what the project has; no Docker is needed to know."""

import base64
import importlib.util
import re
import runpy
import shlex

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.urls import resolve
from django.utils.module_loading import import_string

from dashu import events
from tests.architecture.source import ROOT

READ_BY_DJANGO = {"DJANGO_SETTINGS_MODULE"}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}

# Of the sandbox, by the variable that its program reads.
SANDBOX_SECRETS = {
    name: name.replace("DASHU_", "DASHU_SANDBOX_")
    for name in ("DASHU_SECRET_KEY", "DASHU_FIELD_KEYS", "DASHU_FIELD_INDEX_KEY")
}
KEY = base64.b64encode(bytes(32)).decode()


def named(environment: dict, *only: str) -> list[str]:
    """Return which secrets are put into these variables, or into all."""
    given = [str(value) for name, value in environment.items() if not only or name in only]
    return [name for value in given for name in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)", value)]


def commands_of(service: dict) -> list[list[str]]:
    """Return each program call of a service: its command, the image's when it has none, and its health check."""
    calls = [service.get("command") or image_command()]
    if "healthcheck" in service:
        calls.append(service["healthcheck"]["test"][1:])
    flat = []
    for call in calls:
        words = shlex.split(call[-1]) if call[:2] == ["sh", "-c"] or len(call) == 1 else list(call)
        while "&&" in words:
            flat.append(words[: words.index("&&")])
            words = words[words.index("&&") + 1 :]
        flat.append(words)
    return flat


def image_command() -> list[str]:
    line = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert line is not None
    return yaml.safe_load(line[1])


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


CALLS = [(name, words) for name, service in OURS.items() for words in commands_of(service)]


class TestShape:
    def test_has_the_servers_the_web_the_workers_and_one_clock(self):
        lending = {name for name, service in SERVICES.items() if "profiles" not in service}
        workers = {"worker", "worker-close", "worker-webhooks", "worker-bulk"}

        assert lending == {"db", "redis", "migrate", "web", *workers, "beat"}

    def test_has_a_sandbox_beside_them_with_a_database_of_its_own(self):
        beside = {name: service for name, service in SERVICES.items() if service.get("profiles") == ["sandbox"]}
        given = [service["environment"] for service in beside.values() if "build" in service]

        assert set(beside) == {f"sandbox{part}" for part in ("", "-db", "-migrate", "-worker", "-beat")}
        assert {each["DASHU_SANDBOX"] for each in given} == {"1"}
        assert {each["DATABASE_URL"].rpartition("@")[2] for each in given} == {"sandbox-db:5432/dashu"}
        assert {each["REDIS_URL"].rpartition("@")[2] for each in given} == {"redis:6379/1"}
        assert "DASHU_SANDBOX" not in SERVICES["web"]["environment"]

    def test_waits_only_for_what_can_become_ready(self):
        for name, service in SERVICES.items():
            for needed, how in service.get("depends_on", {}).items():
                is_checked = "healthcheck" in SERVICES[needed]
                assert how["condition"] == ("service_healthy" if is_checked else "service_completed_successfully"), name

    def test_every_secret_must_be_given(self):
        text = (ROOT / "docker-compose.yml").read_text()

        secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)(:[-?])?", text)

        # Only whoever starts the sandbox has to give those of the sandbox; it refuses to start without.
        assert {name for name, mode in secrets if mode == ":-"} == {
            "SANDBOX_POSTGRES_PASSWORD",
            *SANDBOX_SECRETS.values(),
        }
        assert {name for name, mode in secrets if mode == ":?"} == {
            "POSTGRES_PASSWORD",
            "REDIS_PASSWORD",
            *SANDBOX_SECRETS,
        }

    def test_the_sandbox_shares_no_secret_with_the_book_but_the_password_of_the_cache(self):
        lending, sandbox = (SERVICES[name]["environment"] for name in ("web", "sandbox"))

        assert set(named(lending)) & set(named(sandbox)) == {"REDIS_PASSWORD"}
        assert {given: named(sandbox, given) for given in SANDBOX_SECRETS} == {
            given: [own] for given, own in SANDBOX_SECRETS.items()
        }
        assert named(SERVICES["sandbox-db"]["environment"]) == ["SANDBOX_POSTGRES_PASSWORD"]

    @pytest.mark.parametrize("missing", SANDBOX_SECRETS)
    def test_the_sandbox_does_not_start_without_a_secret_of_its_own(self, missing, monkeypatch):
        for given in SERVICES["sandbox"]["environment"]:
            monkeypatch.setenv(given, "given")
        for given, value in {"FIELD_KEYS": f"a:{KEY}", "FIELD_INDEX_KEY": KEY, "SANDBOX": "1"}.items():
            monkeypatch.setenv(f"DASHU_{given}", value)
        monkeypatch.setenv(missing, "")

        with pytest.raises(ImproperlyConfigured, match=f"^{missing} is not set"):
            runpy.run_module("dashu.settings.prod")


class TestSettings:
    def test_each_variable_is_read_by_the_settings(self):
        read = "".join(path.read_text() for path in (ROOT / "dashu" / "settings").glob("*.py"))
        given = {variable for service in OURS.values() for variable in service["environment"]} - READ_BY_DJANGO

        assert {variable for variable in given if f'"{variable}"' not in read} == set()

    def test_the_settings_are_the_production_ones(self):
        modules = {service["environment"]["DJANGO_SETTINGS_MODULE"] for service in OURS.values()}

        assert modules == {"dashu.settings.prod"}

    def test_each_believes_the_proxy_in_front_about_addresses(self):
        believed = {service["environment"]["DASHU_TRUSTED_PROXIES"] for service in OURS.values()}

        assert believed == {"${DASHU_TRUSTED_PROXIES:-1}"}


class TestCommands:
    @pytest.mark.parametrize(("name", "words"), CALLS, ids=lambda value: value if isinstance(value, str) else value[-1])
    def test_each_leads_to_a_program_of_the_project(self, name, words):
        assert words[0] == "python"
        if words[1] == "manage.py":
            assert words[2] in get_commands()
        else:
            assert words[1] == "-m"
            assert importlib.util.find_spec(words[2]) is not None

    def test_gunicorn_is_given_an_application(self):
        words = commands_of(SERVICES["web"])[0]

        assert callable(import_string(words[3].replace(":", ".")))

    def test_celery_is_given_the_application(self):
        named = {option(words, "-A") for _name, words in CALLS if "celery" in words}

        assert named == {"dashu.celery"}

    def test_the_workers_read_every_queue_once(self):
        for is_sandbox in (False, True):
            commands = [words for name, words in CALLS if "worker" in words and ("sandbox" in name) is is_sandbox]
            read = [queue for words in commands for queue in option(words, "--queues").split(",")]

            assert sorted(read) == sorted(events.QUEUES)

    def test_the_web_is_asked_at_an_address_it_has(self):
        assert resolve(SERVICES["web"]["healthcheck"]["test"][-1]).url_name == "ready"
