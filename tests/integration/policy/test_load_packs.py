from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dashu.policy.models import PolicyRule
from dashu.policy.rules import rate_cap
from dashu.policy.selectors import forget_rules
from dashu.policy.services import InvalidPack, load_packs

RULE = """
  - code: rate.cap
    effective_from: 2020-01-01
    effective_to: null
    value: "0.24"
    source: A statute
    confidence: V
"""


@pytest.fixture(autouse=True)
def _no_rules(db):
    PolicyRule.objects.all().delete()
    forget_rules()
    yield
    forget_rules()


@pytest.fixture
def write(tmp_path):
    def write(rules: str, name: str = "zz"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"pack: {name}\nrules:\n{rules}", encoding="utf-8")
        return path

    return write


class TestLoadPacks:
    def test_loads_the_packs_of_the_program_and_again_changes_nothing(self):
        first, again = StringIO(), StringIO()

        call_command("load_policy", stdout=first)
        rows = list(PolicyRule.objects.order_by("pk").values())
        call_command("load_policy", stdout=again)

        rules = sum(row["pack"] == "cn" for row in rows)
        assert first.getvalue().splitlines()[0] == f"cn: {rules} added, 0 changed, 0 removed, 0 unchanged"
        assert again.getvalue().splitlines()[0] == f"cn: 0 added, 0 changed, 0 removed, {rules} unchanged"
        assert list(PolicyRule.objects.order_by("pk").values()) == rows

    def test_follows_the_file_when_it_changes(self, write):
        load_packs([write(RULE + RULE.replace("2020", "2010").replace("null", "2019-12-31"))])

        loaded = load_packs([write(RULE.replace("0.24", "0.36"))])

        assert (loaded[0].added, loaded[0].changed, loaded[0].removed, loaded[0].unchanged) == (0, 1, 1, 0)
        assert PolicyRule.objects.get().value == "0.36"

    def test_a_loaded_rule_is_read_at_once(self, write):
        load_packs([write(RULE)])
        before = rate_cap(date(2026, 1, 1), pack="zz")

        load_packs([write(RULE.replace("0.24", "0.36"))])

        assert (str(before), str(rate_cap(date(2026, 1, 1), pack="zz"))) == ("0.24", "0.36")

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            (RULE.replace('"0.24"', "0.24"), "write rates as text"),
            (RULE.replace("0.24", "a quarter"), "expected a rate"),
            (RULE.replace('"0.24"', '{times: "4", table: LPR}'), "there is no rate table 'LPR'"),
            (RULE.replace('"0.24"', '{times: "-4", table: LPR_1Y}'), "expected a rate"),
            (RULE.replace('"0.24"', '{times: "4"}'), "lacks 'table'"),
            (RULE.replace('"0.24"', '{times: "4", table: LPR_1Y, plus: "1"}'), "expected `times` and `table`"),
            (RULE.replace("confidence: V", "confidence: X"), "confidence must be one of V, S, M, P"),
            (RULE.replace("2020-01-01", "soon"), "must be dates"),
            (RULE.replace("null", "2019-01-01"), "effective_to lies before effective_from"),
            (RULE.replace("source: A statute", 'source: ""'), "code and source must be texts"),
            (RULE.replace("    source: A statute\n", ""), r"missing \['source'\]"),
            (RULE + RULE.replace("2020-01-01", "2021-01-01"), "overlaps the one from 2020-01-01"),
            (RULE.replace("rate.cap", "contact.hours").replace('"0.24"', "{opens: '08:00'}"), "lacks 'zone'"),
            (
                RULE.replace("rate.cap", "messages.retry").replace('"0.24"', "{minutes: [soon]}"),
                "expected a whole number",
            ),
            (
                RULE.replace("rate.cap", "reminders.holdout").replace('"0.24"', "{experiment: '', share_bps: 100}"),
                "an experiment has a name",
            ),
            (
                RULE.replace("rate.cap", "contact.caps").replace('"0.24"', "{REMINDER: {day: 1, week: 1, month: 2}}"),
                "expected caps of REMINDER, MARKETING and LEARNING",
            ),
            (
                RULE.replace("rate.cap", "reminders.schedule").replace(
                    '"0.24"', "{new_within_days: 90, late_within_days: 90, segments: {NEW: [1]}}"
                ),
                "expected the segments BEHIND, PREVIOUSLY_LATE, NEW, STANDARD",
            ),
            (
                RULE.replace("rate.cap", "delinquency.buckets").replace('"0.24"', "[{from_days: 1, code: A}]"),
                "rise from 0",
            ),
            (
                RULE.replace("rate.cap", "credit.payout").replace(
                    '"0.24"',
                    '{currency: CNY, automatic_up_to: "1", compared_identity: 1, give_up_days: 7, return_days: 7}',
                ),
                "expected true or false",
            ),
            ("  - nonsense\n", "missing"),
        ],
    )
    def test_refuses_a_wrong_pack_and_writes_nothing(self, write, wrong, problem):
        good, bad = write(RULE, "aa"), write(wrong, "bb")

        with pytest.raises(CommandError, match=problem) as refusal:
            call_command("load_policy", str(good), str(bad))

        assert "bb.yaml: rule 1" in str(refusal.value) or "bb.yaml: rate.cap from 2021-01-01" in str(refusal.value)
        assert "aa.yaml" not in str(refusal.value)
        assert PolicyRule.objects.exists() is False

    def test_refuses_what_is_not_a_pack(self, tmp_path):
        (tmp_path / "broken.yaml").write_text("pack: [", encoding="utf-8")
        (tmp_path / "empty.yaml").write_text("", encoding="utf-8")

        with pytest.raises(InvalidPack) as refusal:
            load_packs([tmp_path / "broken.yaml", tmp_path / "empty.yaml", tmp_path / "absent.yaml"])

        absent, broken, empty = refusal.value.problems
        assert "absent.yaml: the file cannot be read" in absent
        assert "broken.yaml: the file cannot be read" in broken
        assert "empty.yaml: a pack needs `pack`" in empty

    def test_refuses_two_files_of_one_pack(self, write, tmp_path):
        twin = tmp_path / "twin.yaml"
        twin.write_text(write(RULE).read_text(encoding="utf-8"), encoding="utf-8")

        with pytest.raises(InvalidPack, match="the pack zz is in two files"):
            load_packs([tmp_path / "zz.yaml", twin])

        assert PolicyRule.objects.exists() is False
