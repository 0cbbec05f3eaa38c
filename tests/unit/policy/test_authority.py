"""Tables of authority as a pack writes them, and those that contradict themselves."""

import copy

import pytest

from dashu.kernel.money import Money
from dashu.policy.authority import Bounds, authority_of

RULE = {
    "currency": "CNY",
    "expires_days": 14,
    "longest_delegation_days": 92,
    "kinds": {
        "refund": {"four_eyes": True, "roles": {"ADMIN": {"alone_up_to": "0", "approves_up_to": None}}},
        "waiver.fee": {
            "four_eyes": False,
            "expires_days": 3,
            "roles": {
                "COLLECTOR": {"alone_up_to": "100.00", "approves_up_to": "0"},
                "ADMIN": {"alone_up_to": None, "approves_up_to": None},
            },
        },
    },
}


def changed(**kind: object) -> dict:
    rule = copy.deepcopy(RULE)
    rule["kinds"]["refund"] |= kind
    return rule


class TestAuthorityOf:
    def test_reads_bounds_as_minor_units(self):
        authority = authority_of(RULE)

        assert (authority.currency, authority.longest_delegation_days) == ("CNY", 92)
        assert (authority.kinds["refund"].four_eyes, authority.kinds["refund"].expires_days) == (True, 14)
        assert authority.kinds["waiver.fee"].expires_days == 3
        assert authority.kinds["waiver.fee"].roles["COLLECTOR"] == Bounds(alone_up_to=100_00, approves_up_to=0)

    @pytest.mark.parametrize(
        ("rule", "problem"),
        [
            (changed(four_eyes="yes"), "true or false"),
            (changed(expires_days=0), "1 to 366 days"),
            (changed(expires_day=3), r"unknown entries \['expires_day'\]"),
            (changed(roles={"ADMIN": {"alone_up_to": "1", "approves_up_to": None}}), "needs four eyes"),
            (changed(roles={"ADMIN": {"alone_up_to": None, "approves_up_to": None}}), "needs four eyes"),
            (changed(roles={"ADMIN": {"alone_up_to": "0", "approves_up_to": "9.00"}}), "nobody may approve"),
            (changed(roles={}), "nobody may approve"),
            (changed(roles={"ADMIN": {"alone_up_to": "0.001", "approves_up_to": None}}), "more decimals"),
            (changed(roles={"ADMIN": {"alone_up_to": 0, "approves_up_to": None}}), "not an amount"),
            ({**RULE, "currency": "XXX"}, "currency"),
            ({**RULE, "longest_delegation_days": "92"}, "1 to 366 days"),
        ],
    )
    def test_refuses_what_contradicts_itself(self, rule, problem):
        with pytest.raises((ValueError, TypeError), match=problem):
            authority_of(rule)

    def test_names_what_is_missing(self):
        with pytest.raises(KeyError, match="alone_up_to"):
            authority_of(changed(roles={"ADMIN": {"approves_up_to": None}}))


class TestAuthority:
    @pytest.mark.parametrize(
        ("kind", "role", "amount", "alone", "approves"),
        [
            ("waiver.fee", "COLLECTOR", Money(100_00), True, False),
            ("waiver.fee", "COLLECTOR", Money(100_01), False, False),
            ("waiver.fee", "COLLECTOR", Money(0), True, False),
            ("waiver.fee", "COLLECTOR", Money(1, "USD"), False, False),
            ("waiver.fee", "ADMIN", Money(1, "USD"), True, True),
            ("waiver.fee", "UNDERWRITER", Money(1), False, False),
            ("refund", "ADMIN", Money(0), False, True),
            ("refund", "ADMIN", Money(9_000_000_00), False, True),
            ("unheard of", "ADMIN", Money(1), False, False),
        ],
    )
    def test_ends_at_the_bound(self, kind, role, amount, alone, approves):
        authority = authority_of(RULE)

        assert authority.may_do_alone(kind, role, amount) is alone
        assert authority.may_approve(kind, role, amount) is approves

    def test_to_lend_is_authority_to_approve(self):
        authority = authority_of(RULE)

        assert [authority.approves_anything(role) for role in ("ADMIN", "COLLECTOR", "NOBODY")] == [True, False, False]
