"""How an offer is shown, as a pack writes it, and what a pack cannot say."""

import pytest

from dashu.policy.credit_rules import DisclosureRules, disclosure_rules_of

RULE = {"reading_seconds": 20, "offer_days": 14, "cooling_off_days": 7}


def test_reads_seconds_and_days():
    assert disclosure_rules_of(RULE) == DisclosureRules(20, 14, 7)
    assert disclosure_rules_of(RULE | {"cooling_off_days": 0}).cooling_off_days == 0


@pytest.mark.parametrize(
    "change",
    [
        {"reading_seconds": 0},
        {"reading_seconds": 601},
        {"offer_days": 0},
        {"cooling_off_days": -1},
        {"offer_days": "14"},
        {"cooling_off_days": 61},
        {"tries": 3},
    ],
)
def test_refuses_what_no_one_could_mean(change):
    with pytest.raises((ValueError, TypeError)):
        disclosure_rules_of(RULE | change)


def test_lacks_nothing():
    with pytest.raises(TypeError):
        disclosure_rules_of({"offer_days": 14})
