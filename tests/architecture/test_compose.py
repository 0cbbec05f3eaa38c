"""docker-compose.yml names only what the project has; no Docker is needed to know."""

import base64
import importlib.util
import re
import runpy
import shlex

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import get_commands
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils.module_loading import import_string
from opentelemetry.sdk.trace import TracerProvider
from whitenoise.middleware import WhiteNoiseMiddleware

from dashu import events, uploads
from tests.architecture.source import ROOT

SAMPLER = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}
READ_BY_OTHERS = {"DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR", *SAMPLER}
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


def user_of_image() -> str:
    return re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[-1]


def seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


CALLS = [(name, words) for name, service in OURS.items() for words in commands_of(service)]


class TestShape:
    def test_has_the_servers_the_web_the_workers_and_one_clock(self):
        lending = {name for name, service in SERVICES.items() if "profiles" not in service}
        workers = {"worker", "worker-close", "worker-webhooks", "worker-bulk"}

        assert lending == {"proxy", "db", "redis", "migrate", "web", *workers, "beat"}
        assert SERVICES["web"]["deploy"]["replicas"] == 2

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
            "DASHU_TLS_KEY",
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


class TestBounds:
    """What somebody who breaks into one part finds there: nothing to write to, nothing to become, nobody to reach."""

    @pytest.mark.parametrize("name", SERVICES)
    def test_no_part_is_root_or_may_become_more_than_it_is(self, name):
        service = SERVICES[name]

        assert service["read_only"] is True
        assert (service["cap_drop"], service.get("cap_add")) == (["ALL"], None)
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))
        user = service.get("user") or user_of_image()
        assert user.partition(":")[0] not in ("", "0", "root")

    @pytest.mark.parametrize("name", SERVICES)
    def test_each_has_a_bound_of_what_it_takes(self, name):
        limits = SERVICES[name]["deploy"]["resources"]["limits"]

        assert set(limits) == {"cpus", "memory", "pids"}
        assert SERVICES[name]["logging"]["options"]["max-size"]

    def test_only_the_proxy_is_reached_from_outside_and_the_data_by_the_program_alone(self):
        published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

        assert COMPOSE["networks"]["inside"] == {"internal": True}
        assert set(published) == {"proxy", "sandbox"}
        assert all(port.startswith("127.0.0.1:") for port in published["sandbox"])
        assert {name for name, service in SERVICES.items() if service["networks"] == ["inside"]} == {
            *("db", "redis", "sandbox-db")
        }
        assert SERVICES["proxy"]["networks"] == ["outward"]

    def test_each_that_serves_is_asked_whether_it_can(self):
        asked = {name for name, service in SERVICES.items() if "healthcheck" in service}

        assert set(SERVICES) - asked == {"migrate", "beat", "sandbox-migrate", "sandbox-beat"}

    def test_each_may_end_what_it_has_begun(self):
        web, worker, proxy = (seconds(SERVICES[name]["stop_grace_period"]) for name in ("web", "worker", "proxy"))
        workers = {service["stop_grace_period"] for name, service in SERVICES.items() if "worker" in name}

        assert web > int(option(image_command(), "--graceful-timeout"))
        assert proxy >= int(option(image_command(), "--graceful-timeout"))
        # A worker ends its range, which takes about as long as this says, however slow the night is.
        assert worker >= 30 * settings.CLOSE_RANGE_SECONDS
        assert workers == {"3m"}
        # And what it could not end is not lost.
        assert (settings.CELERY_TASK_ACKS_LATE, settings.CELERY_TASK_REJECT_ON_WORKER_LOST) == (True, True)


class TestProxy:
    CONFIGURATION = (ROOT / "docs" / "operations" / "proxy" / "nginx.conf").read_text()

    def said(self, directive: str) -> list[str]:
        return re.findall(rf"^\s*{directive}\s+(.+);$", self.CONFIGURATION, flags=re.MULTILINE)

    def test_is_the_one_that_runs(self):
        mounted = "./docs/operations/proxy/nginx.conf:/etc/nginx/nginx.conf:ro"

        assert mounted in SERVICES["proxy"]["volumes"]
        assert set(SERVICES["proxy"]["secrets"]) == set(COMPOSE["secrets"])
        for secret in COMPOSE["secrets"]:
            assert f"/run/secrets/{secret};" in self.CONFIGURATION

    def test_replaces_what_callers_say_about_themselves(self):
        set_by_us = dict(said.split(maxsplit=1) for said in self.said("proxy_set_header"))

        assert set_by_us["X-Forwarded-For"] == "$remote_addr"
        assert set_by_us["X-Forwarded-Proto"] == "https"
        assert set_by_us["X-Request-ID"] == "$request_id"
        assert {set_by_us[name] for name in ("Forwarded", "X-Client-Certificate")} == {'""'}
        # In a place of its own these would all be forgotten.
        places = re.findall(r"location [^{]+\{[^}]*\}", self.CONFIGURATION)
        assert len(places) == 3
        assert not any("proxy_set_header" in place for place in places)

    def test_takes_what_the_program_takes_and_little_more(self):
        [most] = self.said("client_max_body_size")
        [(count, size)] = [said.split() for said in self.said("large_client_header_buffers")]
        megabytes = int(most.removesuffix("m"))

        assert uploads.MOST_BYTES < megabytes * 1024**2 < 1.1 * uploads.MOST_BYTES
        assert int(size.removesuffix("k")) * 1024 > int(option(image_command(), "--limit-request-line"))
        assert int(count) <= 4

    @pytest.mark.parametrize("name", ["live", "ready"])
    def test_shows_nobody_what_only_the_inside_may_ask(self, name):
        [hidden] = re.findall(r"location ~ (\S+) \{\s*return 404;", self.CONFIGURATION)

        assert re.match(hidden, reverse(name))
        assert not re.match(hidden, "/")

    def test_ends_tls_of_today_and_sends_all_else_there(self):
        assert self.said("ssl_protocols") == ["TLSv1.2 TLSv1.3"]
        assert self.said("return") == ["308 https://$host$request_uri", "204", "404"]


class TestStaticFiles:
    @pytest.mark.filterwarnings("ignore:.*found in sys.modules")
    def test_are_named_by_their_content_and_kept_for_good(self, tmp_path, settings):
        settings.STATIC_ROOT = tmp_path
        settings.STORAGES = runpy.run_module("dashu.settings.base")["STORAGES"]
        files = storages["staticfiles"]
        files.save("page.css", ContentFile(b"p { margin: 0 }"))
        list(files.post_process({"page.css": (files, "page.css")}))

        answer = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))(
            RequestFactory().get(files.url("page.css"))
        )

        assert re.fullmatch(r"/static/page\.[0-9a-f]{12}\.css", files.url("page.css"))
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "max-age=315360000, public, immutable"


class TestSettings:
    def test_each_variable_is_read_by_the_settings(self):
        read = "".join(path.read_text() for path in (ROOT / "dashu" / "settings").glob("*.py"))
        given = {variable for service in OURS.values() for variable in service["environment"]} - READ_BY_OTHERS

        assert {variable for variable in given if f'"{variable}"' not in read} == set()

    def test_the_settings_are_the_production_ones(self):
        modules = {service["environment"]["DJANGO_SETTINGS_MODULE"] for service in OURS.values()}

        assert modules == {"dashu.settings.prod"}

    @pytest.mark.parametrize("name", ["web", "worker", "worker-close", "worker-webhooks", "worker-bulk", "beat"])
    def test_each_traces_only_where_a_collector_is_named(self, name, monkeypatch):
        given = SERVICES[name]["environment"]
        for variable, default in SAMPLER.items():
            assert given[variable] == f"${{{variable}:-{default}}}"
            monkeypatch.setenv(variable, default)

        assert given["OTEL_EXPORTER_OTLP_ENDPOINT"] == "${OTEL_EXPORTER_OTLP_ENDPOINT:-}"
        # The library understands what is said where nobody says anything.
        assert "TraceIdRatioBased{0.1}" in TracerProvider().sampler.get_description()

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
