"""Editions for tests: whatever the day, they change a few working days that lie just ahead."""

import itertools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from domain.calendar import Calendar, Edition, load_edition
from domain.calendar.regulation import packaged_regulation, regulation_days, version_for

_numbers = itertools.count(1)


def days_off(calendar: Calendar, today: date, places: Sequence[int] = (4, 5)) -> list[date]:
    """The 4th and 5th working day after today, or others: days that an edition may yet take off."""
    days = calendar.as_known_on(today)
    return [days.add_working_days(today, place) for place in places]


def festivals(year: int) -> dict[str, str]:
    """The days off that the notice of a year cannot leave out, as an edition's file has them."""
    return {day.isoformat(): "off" for day in regulation_days(year, version_for(year, packaged_regulation()))}


def edition_off(calendar: Calendar, today: date, off: Sequence[date], **changes: Any) -> dict[str, Any]:
    """An edition published today that gives these days off, as its file has it; whole where the year has no notice."""
    year = changes.get("year") or max(off).year
    own = [edition.id for edition in calendar.editions if edition.year == year and edition.amends is None]
    return {
        "id": f"{year}-test-{next(_numbers):04d}",
        "year": year,
        "published": today.isoformat(),
        "notice": "https://www.gov.cn/test",
        "amends": own[0] if own else None,
        "days": {**({} if own else festivals(year)), **{day.isoformat(): "off" for day in off}},
        **changes,
    }


def as_edition(content: dict[str, Any]) -> Edition:
    return load_edition(json.dumps(content), "test.json")


def written(content: dict[str, Any], folder: Path) -> Path:
    """The edition's file."""
    path = folder / f"{content['id']}.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path
