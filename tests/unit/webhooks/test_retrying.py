"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

from dashu.webhooks.catalog import CATALOG
from dashu.webhooks.retrying import DELAYS, MOST_TRIES, next_try

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def waits(chance: int) -> list[timedelta]:
    found = [next_try(tries=tries, at=NOW, chance=chance) for tries in range(1, MOST_TRIES)]
    return [moment - NOW for moment in found if moment]


class TestNextTry:
    def test_waits_longer_each_time_for_nearly_a_day(self):
        assert waits(0) == list(DELAYS)
        assert timedelta(hours=23) < sum(DELAYS, timedelta()) < timedelta(hours=24)
        assert sorted(DELAYS) == list(DELAYS)

    def test_is_up_to_a_tenth_sooner_by_chance(self):
        assert [wait / delay for wait, delay in zip(waits(500), DELAYS, strict=True)] == [0.95] * 10
        assert min(wait / delay for wait, delay in zip(waits(999), DELAYS, strict=True)) > 0.9

    def test_gives_up_after_the_last(self):
        assert next_try(tries=MOST_TRIES, at=NOW, chance=0) is None

    def test_grants_what_the_receiver_asks_for_up_to_an_hour(self):
        assert next_try(tries=1, at=NOW, chance=0, retry_after=600) == NOW + timedelta(minutes=10)
        assert next_try(tries=1, at=NOW, chance=0, retry_after=86_400) == NOW + timedelta(hours=1)
        assert next_try(tries=10, at=NOW, chance=0, retry_after=1) == NOW + timedelta(hours=8)


class TestCatalog:
    def test_each_type_says_when_it_happens_what_it_is_about_and_gives_an_example(self):
        assert all(each.about.endswith(".") and each.subject and each.example for each in CATALOG.values())
