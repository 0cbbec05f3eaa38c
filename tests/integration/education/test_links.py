"""Where lessons lead: looked at through the guard, a few at a time, and shown without keeping anything back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from education.models import LinkCheck
from education.selectors.links import addresses_in, used_links
from education.services import check_links as service
from education.services.check_links import AT_ONCE, Outcome, check_links, look_at, note_link
from tests.integration.education.editing import NOW, begun, editor, published, saved, source
from tests.integration.staff.test_file_pages import signed_in
from tests.receivers import Receiver, receiver

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def hooks(settings) -> Iterator[Receiver]:
    """Somebody's server on this machine, which may be asked here."""
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}
    with receiver() as state:
        yield state


@pytest.fixture
def looked(monkeypatch) -> list[str]:
    """Nobody's server is asked; every address is broken."""
    seen: list[str] = []

    def look(address: str) -> tuple[Outcome, str]:
        seen.append(address)
        return Outcome.BROKEN, "404"

    monkeypatch.setattr(service, "look_at", look)
    return seen


class TestFinding:
    def test_takes_links_and_sources_of_all_languages_once(self):
        sun = editor("Sun")
        version = begun(sun)
        body = source(version).body("en") + "\n[help](/help/#how) and [law](https://example.com/law)\n"
        version = saved(version, "en", sun, body=body, sources=[{"name": "Law", "address": "https://example.com/law"}])

        found = addresses_in(source(version))

        assert found.count("https://example.com/law") == 1
        assert "/help/" in found

    def test_leads_from_each_address_to_its_lessons(self, db):
        links = used_links()

        assert links
        assert all(link.lessons and link.check is None for link in links)


class TestLooking:
    def test_a_page_of_ours_answers_or_does_not(self, db):
        assert look_at("/learn/overdue/") == (Outcome.FINE, "200")
        assert look_at("/help/") == (Outcome.FINE, "200")
        assert look_at("/learn/nothing/") == (Outcome.BROKEN, "404")
        assert look_at("/nothing/at/all/") == (Outcome.BROKEN, "404")
        assert look_at("/me/")[0] == Outcome.FINE  # behind the sign-in, and there

    @pytest.mark.parametrize(
        "address",
        [
            "https://127.0.0.1/",
            "https://10.0.0.8/admin",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://user:secret@example.com/",
            "https://example.com:22/",
            "http://example.com/",
        ],
    )
    def test_nothing_inside_a_network_is_asked(self, address, db, monkeypatch):
        monkeypatch.setattr("socket.create_connection", lambda *_args, **_more: pytest.fail("somebody was asked"))

        assert look_at(address)[0] == Outcome.REFUSED

    def test_somebody_elses_page_is_asked_for_without_following(self, db, hooks):
        hooks.manners[:] = [200, 404, "redirect"]
        address = hooks.url

        assert look_at(address) == (Outcome.FINE, "200")
        assert look_at(address) == (Outcome.BROKEN, "404")
        assert look_at(address) == (Outcome.MOVED, "302")
        assert len(hooks.received) == 3


class TestNight:
    def test_takes_some_at_a_time_and_each_once_a_night(self, looked):
        in_all = len(used_links())

        first = check_links(now=NOW, most=2)
        rest = sum(check_links(now=NOW + timedelta(minutes=10)) for _time in range(in_all))

        assert (first, first + rest) == (min(2, in_all), in_all)
        assert len(looked) == len(set(looked)) == in_all
        assert check_links(now=NOW + timedelta(days=1)) == min(AT_ONCE, in_all)

    def test_once_may_be_chance_and_fine_ends_it(self, db):
        address = used_links()[0].address
        note_link(address, Outcome.BROKEN, "404", now=NOW)
        assert used_links()[0].is_bad is False

        note_link(address, Outcome.BROKEN, "TIMEOUT", now=NOW)
        assert used_links()[0].is_bad is True

        note_link(address, Outcome.FINE, "200", now=NOW)
        assert used_links()[0].is_bad is False

    def test_what_no_lesson_names_any_more_is_forgotten(self, looked):
        note_link("https://example.com/gone", Outcome.BROKEN, "404", now=NOW)

        check_links(now=NOW)

        assert LinkCheck.objects.filter(address="https://example.com/gone").exists() is False

    def test_the_page_shows_what_does_not_answer_and_readers_read_on(self, looked, client):
        sun, tala = editor("Sun"), editor("Tala")
        published(sun, tala)
        for night in range(2):
            check_links(now=NOW + timedelta(days=night))

        page = signed_in(sun).get("/admin/education/lessonversion/links/").content.decode()

        assert "Does not answer as it should" in page
        assert "staff-row--changed" in page
        assert client.get("/learn/overdue/").status_code == 200
