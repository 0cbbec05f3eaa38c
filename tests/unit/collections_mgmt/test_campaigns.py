"""Who of a campaign is left out to compare."""

from collections_mgmt.domain.campaigns import WHOLE, drawn, is_held_out


class TestTheDraw:
    def test_is_the_same_whenever_it_is_asked(self):
        assert drawn("C0000000001", 7) == 6_319
        assert drawn("C0000000001", 7) == drawn("C0000000001", 7)

    def test_falls_differently_in_another_campaign(self):
        people = range(1_000)

        both = sum(
            is_held_out("C1", person, holdout_bps=5_000) and is_held_out("C2", person, holdout_bps=5_000)
            for person in people
        )

        assert 200 < both < 300

    def test_holds_out_the_share_that_was_asked_for(self):
        held_out = sum(is_held_out("C0000000001", person, holdout_bps=1_000) for person in range(10_000))

        assert 900 < held_out < 1_100

    def test_holds_out_nobody_and_everybody_at_its_ends(self):
        assert not any(is_held_out("C1", person, holdout_bps=0) for person in range(1_000))
        assert all(is_held_out("C1", person, holdout_bps=WHOLE) for person in range(1_000))
