"""Rules, dashboard, runbooks and figures name each other and nothing that is not there."""

import json
import re
from itertools import chain

import pytest
import yaml

from dashu.operations.metrics.figures import FIGURES
from dashu.operations.metrics.processes import OWN
from tests.architecture.source import ROOT
from tests.architecture.test_compose import SERVICES

FOLDER = ROOT / "docs" / "operations" / "monitoring"
RUNBOOKS = ROOT / "docs" / "operations" / "runbooks"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
SCRAPES = {each["job_name"]: each for each in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
# What Prometheus itself knows of whom it asks.
BUILT_IN = {"up"}
PARTS = ["What it means", "What a borrower sees", "First look", "Mending", "Whom to wake"]


def counted() -> set[str]:
    """Return what processes count, by the names under which it is read."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {f"{family.name}{ending}" for family in OWN.collect() for ending in endings[family.type]}


def families() -> set[str]:
    return {f"{each.name}{'_total' if each.type == 'counter' else ''}" for each in OWN.collect()} | set(FIGURES)


def metrics_of(expression: str) -> set[str]:
    """Return the names of figures in PromQL: words that are no function, no keyword, no label and no duration."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    return {word for word in re.findall(r"\b[a-z_]\w*\b(?!\s*\()", bare) if word not in ("or", "and", "unless")}


def labels_of(expression: str) -> list[tuple[str, str]]:
    return [
        (name, label)
        for name, inside in re.findall(r"(\w+)\{([^}]*)\}", expression)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", inside))
    ]


def test_names_of_figures_are_found_in_expressions():
    expression = 'sum by (le, view) (rate(dashu_a_bucket{view!~"x y"}[5m])) > 1 or absent(dashu_b) and up{job="z"} == 0'

    assert metrics_of(expression) == {"dashu_a_bucket", "dashu_b", "up"}
    assert labels_of(expression) == [("dashu_a_bucket", "view"), ("up", "job")]


class TestFigures:
    @pytest.mark.parametrize("expression", [*(rule["expr"] for rule in RULES), *QUERIES])
    def test_each_that_is_asked_for_is_exported_with_its_labels(self, expression):
        names = metrics_of(expression)
        known = {family.name: set() for family in OWN.collect()}
        labels = {**{name: set(names) for name, (_says, names) in FIGURES.items()}, **known}

        assert names
        assert names <= counted() | FIGURES.keys() | BUILT_IN
        for name, label in labels_of(expression):
            if name in FIGURES:
                assert label in labels[name], (name, label)

    def test_each_that_is_exported_is_documented_and_no_other(self):
        documented = re.findall(r"^\| `(dashu_\w+)`", (FOLDER / "README.md").read_text(), flags=re.MULTILINE)

        assert set(documented) == families()
        assert len(documented) == len(set(documented))

    def test_each_is_looked_at_by_a_rule_or_on_the_dashboard(self):
        asked = set(chain.from_iterable(map(metrics_of, [*(rule["expr"] for rule in RULES), *QUERIES])))
        families_asked = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked} | asked

        assert families() - families_asked == set()


class TestRules:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
    def test_each_has_a_runbook_that_says_all_that_is_needed(self, rule):
        path = ROOT / rule["annotations"]["runbook"]
        text = path.read_text()
        kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", rule["alert"]).lower()

        assert path == RUNBOOKS / f"{kebab}.md"
        assert text.startswith(f"# {rule['alert']}\n\n{rule['annotations']['summary']}\n")
        assert f"```\n{rule['expr']}\n```" in text
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == PARTS
        assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE))

    def test_each_says_how_long_and_how_urgent(self):
        assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
        assert all(re.fullmatch(r"\d+[mh]", rule["for"]) for rule in RULES)
        assert len({rule["alert"] for rule in RULES}) == len(RULES)

    def test_no_runbook_is_without_its_rule(self):
        named = {ROOT / rule["annotations"]["runbook"] for rule in RULES}

        assert set(RUNBOOKS.glob("*.md")) == named

    def test_links_of_runbooks_lead_somewhere(self):
        for path in RUNBOOKS.glob("*.md"):
            for link in re.findall(r"\]\(([^)#]+)", path.read_text()):
                assert (path.parent / link).exists(), (path.name, link)


class TestScraping:
    def test_asks_every_host_that_counts_and_one_for_the_state(self):
        workers = {name for name, service in SERVICES.items() if "worker" in name and "profiles" not in service}
        [web] = SCRAPES["dashu-web"]["dns_sd_configs"]
        [asked] = SCRAPES["dashu-workers"]["dns_sd_configs"]

        assert (web["names"], web["port"]) == (["web"], 8000)
        assert set(asked["names"]) == workers
        assert str(asked["port"]) == SERVICES["worker"]["environment"]["DASHU_METRICS_PORT"]
        assert SCRAPES["dashu-state"]["metrics_path"] == "/metrics/state"
        assert {each["authorization"]["credentials_file"] for each in SCRAPES.values()} == {
            "/run/secrets/metrics_token"
        }
