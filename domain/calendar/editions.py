"""The yearly notices of the General Office of the State Council, as dated editions (放假安排通知)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from domain.calendar._reading import data_directory, parse_date, read_object
from domain.calendar.errors import CalendarError

DayKind = Literal["off", "work"]
"""What a notice says of a day: "off" 放假 or 调休放假, "work" 上班."""

_REQUIRED = ("id", "published", "notice", "days")
_OPTIONAL = ("year", "title", "document", "amends")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_SATURDAY = 5


@dataclass(frozen=True)
class Edition:
    """One notice on the holidays of a year (国务院办公厅关于某年部分节假日安排的通知).

    ``id`` is ours and unique. The notice is known from 00:00 Beijing time of ``published``.
    ``amends`` is the id of the edition that it changes during the year, or None for the year's own
    notice. ``days`` holds what it states, day by day; it may reach into the December before
    ``year``. ``notice`` is the address of the text, ``document`` its number (发文字号) if known.
    """

    id: str
    year: int
    published: date
    title: str
    notice: str
    document: str | None = None
    amends: str | None = None
    days: Mapping[date, DayKind] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", MappingProxyType(dict(sorted(self.days.items()))))

    def __reduce__(self) -> tuple[type[Edition], tuple[object, ...]]:
        # A read-only mapping can be neither copied nor pickled; a plain one goes in its place.
        values = (self.id, self.year, self.published, self.title, self.notice, self.document, self.amends)
        return (Edition, (*values, dict(self.days)))

    @property
    def order(self) -> tuple[date, bool, str]:
        """Sort key of publication; on one day the year's own notice comes before an amendment."""
        return (self.published, self.amends is not None, self.id)

    def to_json(self) -> str:
        """The edition as a JSON text that ``load_edition`` reads back to an equal edition."""
        content = {
            "id": self.id,
            "year": self.year,
            "published": self.published.isoformat(),
            "title": self.title,
            "document": self.document,
            "notice": self.notice,
            "amends": self.amends,
            "days": {day.isoformat(): kind for day, kind in self.days.items()},
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def load_edition(text: str, where: str) -> Edition:
    """The edition written in the JSON ``text``; ``where`` is the file's name for messages.

    Required: id, published, notice, days (date -> "off" or "work"). May be left out: year (then that
    of the latest day), title, document, amends. Raises CalendarError with file, key and reason for
    anything else: unknown or repeated keys, what is not a date, days outside December of the year
    before up to the end of the year.
    """
    content = read_object(text, where)
    for key in content:
        if key not in _REQUIRED and key not in _OPTIONAL:
            known = ", ".join(_REQUIRED + _OPTIONAL)
            raise CalendarError(f"{where}: {key}: this key is not known (known are {known}).")
    for key in _REQUIRED:
        if key not in content:
            raise CalendarError(f"{where}: {key}: this key is missing.")
    edition_id = _text(content, "id", where)
    if not _ID.fullmatch(edition_id):
        raise CalendarError(
            f"{where}: id: {edition_id!r} must begin with a letter or digit and hold only ASCII letters, "
            "digits, dot, dash and underscore."
        )
    days = _days(content["days"], where)
    year = _year(content.get("year", max(days).year), where)
    published = parse_date(content["published"], where, "published")
    if not year - 1 <= published.year <= year:
        raise CalendarError(
            f"{where}: published: {published.isoformat()} is neither in {year - 1} nor in {year}, the years "
            f"in which a notice for {year} is published."
        )
    for day in days:
        if not date(year - 1, 12, 1) <= day <= date(year, 12, 31):
            raise CalendarError(
                f"{where}: days {day.isoformat()}: a notice for {year} states days from {year - 1}-12-01 "
                f"to {year}-12-31."
            )
    amends = _optional_text(content, "amends", where)
    if amends == edition_id:
        raise CalendarError(f"{where}: amends: an edition cannot amend itself.")
    return Edition(
        id=edition_id,
        year=year,
        published=published,
        title=_optional_text(content, "title", where) or f"国务院办公厅关于{year}年部分节假日安排的通知",
        notice=_text(content, "notice", where),
        document=_optional_text(content, "document", where),
        amends=amends,
        days=days,
    )


def _text(content: Mapping[str, object], key: str, where: str) -> str:
    value = content[key]
    # What cannot be printed (a zero-width blank, a byte order mark) says nothing either.
    if not isinstance(value, str) or not any(x.isprintable() and not x.isspace() for x in value):
        raise CalendarError(f"{where}: {key}: a text that is not empty is needed, not {value!r}.")
    return value


def _optional_text(content: Mapping[str, object], key: str, where: str) -> str | None:
    return None if content.get(key) is None else _text(content, key, where)


def _year(value: object, where: str) -> int:
    # bool is an int in Python, and true is no year.
    if not isinstance(value, int) or isinstance(value, bool) or not 1970 <= value <= 2100:
        raise CalendarError(f"{where}: year: {value!r} is not a year between 1970 and 2100.")
    return value


def _days(value: object, where: str) -> dict[date, DayKind]:
    if not isinstance(value, dict) or not value:
        raise CalendarError(f"{where}: days: an object of at least one date with off or work is needed.")
    days: dict[date, DayKind] = {}
    for key, kind in value.items():
        day = parse_date(key, where, "days")
        if kind == "off":
            days[day] = "off"
        elif kind == "work":
            days[day] = "work"
        else:
            raise CalendarError(f"{where}: days {key}: the value must be off or work, not {kind!r}.")
    return days


def in_order(editions: Iterable[Edition]) -> tuple[Edition, ...]:
    """``editions`` in order of publication, checked against one another.

    Raises CalendarError when two share an id, a year has two notices of its own, an amendment has
    nothing to amend or comes before it, or "work" is said of a Monday to Friday that no earlier
    edition gave off (the sign of a mistyped date).
    """
    ordered = tuple(sorted(editions, key=lambda edition: edition.order))
    by_id: dict[str, Edition] = {}
    own: dict[int, str] = {}
    stated: dict[date, DayKind] = {}
    for edition in ordered:
        if edition.id in by_id:
            raise CalendarError(f"Edition {edition.id}: another edition has the same id.")
        if edition.amends is None:
            if edition.year in own:
                raise CalendarError(
                    f"Edition {edition.id}: {edition.year} already has its notice, edition "
                    f"{own[edition.year]}, so a further one must say that it amends it."
                )
            own[edition.year] = edition.id
        else:
            _check_amended(edition, by_id)
        _check_days(edition, stated)
        by_id[edition.id] = edition
    return ordered


def _check_amended(edition: Edition, earlier: Mapping[str, Edition]) -> None:
    amended = earlier.get(edition.amends or "")
    if amended is None:
        raise CalendarError(f"Edition {edition.id}: amends: no edition {edition.amends} was published before it.")
    if amended.year != edition.year:
        raise CalendarError(
            f"Edition {edition.id}: amends: edition {amended.id} is for {amended.year}, not for {edition.year}."
        )


def _check_days(edition: Edition, stated: dict[date, DayKind]) -> None:
    for day, kind in edition.days.items():
        if kind == "work" and day.weekday() < _SATURDAY and stated.get(day) != "off":
            raise CalendarError(
                f"Edition {edition.id}: days {day.isoformat()}: this {day:%A} is a working day anyway, "
                "so the date is probably mistyped."
            )
        stated[day] = kind


@lru_cache(maxsize=1)
def packaged_editions() -> tuple[Edition, ...]:
    """The editions that come with the package, 2018 to 2026, in order of publication."""
    directory = data_directory().joinpath("editions")
    return in_order(
        load_edition(entry.read_text(encoding="utf-8"), entry.name)
        for entry in directory.iterdir()
        if entry.name.endswith(".json")
    )
