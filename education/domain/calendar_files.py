"""
One event as a calendar file (iCalendar, RFC 5545).

Moments are written in UTC, so that no calendar has to know our time zones. The same event keeps its UID; a later
`sequence` replaces an earlier one, and a cancelled one takes it off the calendar. Lines end in CRLF and are folded at
75 octets, never within a character (section 3.1); texts are escaped (section 3.3.11).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LINE = 75  # octets, without the line's end
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True, slots=True)
class Event:
    """
    :param uid: of this event for good, unique in the world.
    :param stamp: when this version of the event was made.
    :param sequence: 0 at first, larger after each change that matters.
    """

    uid: str
    stamp: datetime
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str
    url: str
    is_cancelled: bool = False


def calendar_file(event: Event) -> bytes:
    """Return the file, in UTF-8."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Dashu//Workshops//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{_utc(event.stamp)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{escaped(event.summary)}",
        f"DESCRIPTION:{escaped(event.description)}",
        f"LOCATION:{escaped(event.location)}",
        f"URL:{event.url}",
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """Write a text value: what separates values is escaped, line ends become `\\n`, other control signs go."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_ESCAPED.get(sign, sign) for sign in plain if sign == "\n" or (sign >= " " and sign != "\x7f"))


def folded(line: str) -> bytes:
    """Return a line with its end; a long one goes on in lines that begin with a space."""
    parts: list[bytes] = []
    part = b""
    for sign in line:
        octets = sign.encode()
        room = LONGEST_LINE - (1 if parts else 0)
        if len(part) + len(octets) > room:
            parts.append(part)
            part = b""
        part += octets
    parts.append(part)
    return b"\r\n ".join(parts) + b"\r\n"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
