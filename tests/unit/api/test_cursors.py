"""Cursors say nothing: neither where in a list they stand nor, by that, how much is in it."""

import base64

import pytest

from dashu.api.pagination import InvalidCursor, opened, sealed

PLACES = [7, 4_711_021, "2026-03-01", [4_711_021, "2026-03-01T10:00:00+08:00"]]


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_leads_to_its_place(place):
    assert opened(sealed(place, of="loans"), of="loans") == place


@pytest.mark.parametrize("place", PLACES)
def test_nobody_reads_the_place_from_it(place):
    cursor = sealed(place, of="loans")

    written = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert b"4711021" not in written
    assert b"2026" not in written
    assert all(str(part) not in cursor for part in (place if isinstance(place, list) else [place]) if part != 7)


def test_neither_its_length_nor_its_beginning_tells_how_large_a_number_is():
    small, large = sealed(7, of="loans"), sealed(4_711_021, of="loans")

    assert len(small) == len(large)
    assert small[:8] != sealed(8, of="loans")[:8]


def test_the_same_place_has_the_same_cursor():
    assert sealed(7, of="loans") == sealed(7, of="loans")
    assert len({sealed(7, of="loans"), sealed(8, of="loans"), sealed(7, of="events")}) == 3


@pytest.mark.parametrize("cursor", ["", "x", "guessed", "樹", "=", "A" * 200])
def test_what_was_not_given_out_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        opened(cursor, of="loans")


def test_of_another_list_or_altered_it_is_refused():
    cursor = sealed(7, of="loans")
    altered = ("B" if cursor[0] == "A" else "A") + cursor[1:]

    for wrong in (lambda: opened(cursor, of="events"), lambda: opened(altered, of="loans")):
        with pytest.raises(InvalidCursor):
            wrong()


def test_a_key_that_was_changed_still_opens(settings):
    cursor = sealed(7, of="loans")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert opened(cursor, of="loans") == 7
    assert sealed(7, of="loans") != cursor
