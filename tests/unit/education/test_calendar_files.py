from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from education.domain.calendar_files import LONGEST_LINE, Event, calendar_file, escaped, folded

SHANGHAI = ZoneInfo("Asia/Shanghai")


def event(**changed) -> Event:
    return Event(
        **{
            "uid": "workshop-7k3m@dashu",
            "stamp": datetime(2026, 11, 30, 9, tzinfo=SHANGHAI),
            "sequence": 0,
            "starts_at": datetime(2026, 12, 5, 14, tzinfo=SHANGHAI),
            "ends_at": datetime(2026, 12, 5, 16, tzinfo=SHANGHAI),
            "summary": "看懂年化利率",
            "description": "带上合同",
            "location": "人民广场",
            "url": "https://loans.example/learn/workshops/7k3m/",
            **changed,
        }
    )


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


class TestCalendarFile:
    def test_is_one_event_in_utc(self):
        lines = unfolded(calendar_file(event()))

        assert lines == [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Dashu//Workshops//ZH",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            "BEGIN:VEVENT",
            "UID:workshop-7k3m@dashu",
            "DTSTAMP:20261130T010000Z",
            "SEQUENCE:0",
            "DTSTART:20261205T060000Z",
            "DTEND:20261205T080000Z",
            "SUMMARY:看懂年化利率",
            "DESCRIPTION:带上合同",
            "LOCATION:人民广场",
            "URL:https://loans.example/learn/workshops/7k3m/",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]

    def test_counts_summer_time_of_the_place(self):
        at = datetime(2026, 7, 1, 18, tzinfo=ZoneInfo("America/New_York"))

        assert "DTSTART:20260701T220000Z" in unfolded(calendar_file(event(starts_at=at)))

    def test_takes_a_cancelled_event_off_under_a_later_number(self):
        lines = unfolded(calendar_file(event(sequence=3, is_cancelled=True)))

        assert "SEQUENCE:3" in lines
        assert "STATUS:CANCELLED" in lines


class TestEscaped:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("a, b; c", "a\\, b\\; c"),
            ("C:\\x", "C:\\\\x"),
            ("one\r\ntwo\nthree", "one\\ntwo\\nthree"),
            ("bell\x07 and\ttab", "bell andtab"),
        ],
    )
    def test_writes_what_separates_values(self, text, written):
        assert escaped(text) == written

    def test_lets_no_text_begin_a_line_of_its_own(self):
        content = calendar_file(event(summary="x\r\nATTENDEE:mailto:eve@example.com"))

        assert not any(line.startswith("ATTENDEE") for line in unfolded(content))


class TestFolded:
    def test_leaves_75_octets_whole(self):
        assert folded("a" * LONGEST_LINE) == b"a" * 75 + b"\r\n"

    def test_goes_on_after_a_space(self):
        assert folded("a" * 76) == b"a" * 75 + b"\r\n a\r\n"

    @given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=400))
    def test_is_never_longer_and_never_parts_a_character(self, text):
        lines = folded(text).removesuffix(b"\r\n").split(b"\r\n")

        assert all(len(line) <= LONGEST_LINE for line in lines)
        assert lines[0].decode() + "".join(line[1:].decode() for line in lines[1:]) == text


def test_moments_of_any_zone_are_written_in_utc():
    at = datetime(2026, 12, 5, 6, tzinfo=UTC)

    assert calendar_file(event(starts_at=at)) == calendar_file(event(starts_at=at.astimezone(SHANGHAI)))
