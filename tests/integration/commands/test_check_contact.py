"""`manage.py check_contact`, document by document; the rules are in tests/unit/policy/test_contact_guard.py."""

import json

import pytest

QUESTION = {
    "pack": "cn",
    "now": "2026-05-04T12:00:00+08:00",
    "debtor_tz": "Asia/Shanghai",
    "attempt": {
        "channel": "call",
        "party": "borrower",
        "address": "n1",
        "purpose": "collection",
        "operator": "user:7",
    },
    "case": {"dpd": 12, "flags": []},
    "history": [],
}
ALLOWED = {"decision": "allow", "reasons": [], "conditions": [], "next_allowed_at": None}


def asked(**attempt) -> dict:
    return QUESTION | {"attempt": QUESTION["attempt"] | attempt}


class TestAnswer:
    def test_allows_blocks_and_names_conditions(self, run):
        answers, code = run(
            "check_contact",
            QUESTION,
            QUESTION | {"now": "2026-05-04T23:00:00+08:00"},
            asked(channel="sms", purpose="reminder"),
        )

        assert answers == [
            ALLOWED,
            {
                "decision": "block",
                "reasons": ["quiet_hours"],
                "conditions": [],
                "next_allowed_at": "2026-05-05T08:00:00+08:00",
            },
            {
                "decision": "allow_with_conditions",
                "reasons": [],
                "conditions": ["opt_out_words"],
                "next_allowed_at": None,
            },
        ]
        assert code == 0

    def test_tells_the_next_moment_in_the_zone_of_the_person(self, run):
        question = QUESTION | {"pack": "us", "debtor_tz": "America/New_York"}

        (answer,), _code = run("check_contact", question)

        assert answer["reasons"] == ["quiet_hours"]
        assert answer["next_allowed_at"] == "2026-05-04T08:00:00-04:00"

    def test_counts_days_of_rest_by_debt_in_the_united_states(self, run):
        spoken = {
            "at": "2026-05-03T21:00:00+08:00",
            "channel": "call",
            "party": "borrower",
            "address": "n1",
            "outcome": "right_party",
            "inbound": True,
            "debts": ["L1"],
        }
        question = QUESTION | {
            "pack": "us",
            "now": "2026-05-04T21:00:00+08:00",
            "debtor_tz": "America/New_York",
            "history": [spoken],
        }
        attempt = QUESTION["attempt"]

        (same, other), _code = run(
            "check_contact",
            question | {"attempt": attempt | {"debts": ["L1"]}},
            question | {"attempt": attempt | {"debts": ["L2"]}},
        )

        assert same["reasons"] == ["conversation_rest"]
        assert same["next_allowed_at"] == "2026-05-10T08:00:00-04:00"
        assert other["decision"] == "allow"

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (asked(channel="pigeon"), "unknown_channel"),
            (asked(party="neighbor"), "unknown_party"),
            (asked(purpose="shame"), "unknown_purpose"),
            (QUESTION | {"case": {"dpd": 12, "flags": ["odd"]}}, "unknown_flag"),
            (QUESTION | {"case": {"flags": []}}, "case_unknown"),
        ],
    )
    def test_blocks_what_it_does_not_know(self, run, change, reason):
        (answer,), code = run("check_contact", change)

        assert (answer["decision"], answer["reasons"], answer["next_allowed_at"]) == ("block", [reason], None)
        assert code == 0

    def test_takes_agreed_and_liked_hours(self, run):
        late = QUESTION | {"now": "2026-05-04T22:30:00+08:00"}
        case = {"dpd": 12, "agreed_hours": {"from": "22:00", "to": "23:00"}}
        liked = {"dpd": 12, "liked_hours": {"from": "18:00", "to": "20:00"}}

        (agreed, wished), _code = run("check_contact", late | {"case": case}, QUESTION | {"case": liked})

        assert agreed == ALLOWED
        assert wished["next_allowed_at"] == "2026-05-04T18:00:00+08:00"


class TestRefusal:
    @pytest.mark.parametrize(
        ("document", "code", "field"),
        [
            (QUESTION | {"now": "2026-05-04T12:00:00"}, "invalid_input", "now"),
            (QUESTION | {"now": "noon"}, "invalid_input", "now"),
            (QUESTION | {"debtor_tz": "Asia/Nowhere"}, "invalid_input", "debtor_tz"),
            (QUESTION | {"debtor_tz": "../etc/passwd"}, "invalid_input", "debtor_tz"),
            (QUESTION | {"pack": "zz"}, "unknown_pack", "pack"),
            (QUESTION | {"pack": "cn_private"}, "policy_rule_missing", None),
            (QUESTION | {"colour": "red"}, "unknown_field", "colour"),
            (asked(shoe=1), "unknown_field", "attempt.shoe"),
            ({**QUESTION, "attempt": {"channel": "call"}}, "missing_field", "attempt.party"),
            (QUESTION | {"case": {"dpd": "12"}}, "invalid_input", "case.dpd"),
            (QUESTION | {"case": {"dpd": 1, "flags": [3]}}, "invalid_input", "case.flags[0]"),
            (QUESTION | {"case": {"dpd": 1, "flags": "complaint"}}, "invalid_input", "case.flags"),
            (
                QUESTION | {"case": {"dpd": 1, "agreed_hours": {"from": "23:00", "to": "22:00"}}},
                "invalid_input",
                "case.agreed_hours",
            ),
            (
                QUESTION | {"history": [{"at": "2026-05-04T12:00:01+08:00", "channel": "call"}]},
                "invalid_input",
                "history[0].at",
            ),
        ],
    )
    def test_names_code_and_field(self, run, document, code, field):
        (answer,), exit_code = run("check_contact", document)

        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
        assert exit_code == 1

    def test_of_one_document_leaves_the_others(self, run):
        lines = "\n".join(json.dumps(line) for line in (QUESTION, {"pack": "cn"}, QUESTION))

        answers, code = run("check_contact", lines.encode())

        assert answers[0] == answers[2] == ALLOWED
        assert answers[1]["error"]["code"] == "missing_field"
        assert code == 1
