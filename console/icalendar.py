"""iCalendar (RFC 5545): all-day entries, with text escaped and lines folded as programs of calendars read them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

LONGEST: Final = 75
"""Octets of a line, without its end (RFC 5545, 3.1)."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class AllDay:
    """Something of one day; ``uid`` stays the same when it moves."""

    uid: str
    day: date
    summary: str
    description: str
    url: str


def calendar(name: str, entries: Iterable[AllDay], now: datetime) -> str:
    """A calendar of all-day entries as it is sent."""
    return "".join(f"{fold(line)}\r\n" for line in _lines(name, entries, now))


def _lines(name: str, entries: Iterable[AllDay], now: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Shareflow//Console//EN", "CALSCALE:GREGORIAN")
    yield from ("METHOD:PUBLISH", f"X-WR-CALNAME:{escaped(name)}", "X-WR-TIMEZONE:Asia/Shanghai")
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT1H"
    for entry in entries:
        yield from ("BEGIN:VEVENT", f"UID:{escaped(entry.uid)}", f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
        yield from (f"SUMMARY:{escaped(entry.summary)}", f"DESCRIPTION:{escaped(entry.description)}")
        yield from (f"URL:{_CONTROL.sub('', entry.url)}", "TRANSP:TRANSPARENT", "END:VEVENT")
    yield "END:VCALENDAR"


def escaped(text: str) -> str:
    """A text as a value: separators and line ends spelt out, what cannot be printed left out (3.3.11)."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    for plain, spelt in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        whole = whole.replace(plain, spelt)
    return _CONTROL.sub("", whole)


def fold(line: str) -> str:
    """A line in pieces of at most 75 octets, no character cut; each but the first begins with a blank."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode("utf-8", "replace"))
        if size + octets > LONGEST:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += octets
    return "\r\n".join([*pieces, piece])
