"""Preview (日历影响): how an edition would change the open limits."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from domain.calendar import Calendar
from domain.engine.recount import ClockChange, change_of, stage_measured
from domain.messages import label
from domain.statutes.model import Statute
from domain.words import ProcedureName, Role
from ledger.queries.calendars import OpenClock, Place, place_of
from ledger.reader import Reader
from procedures.assignees import assignees

PAGE = 500


@dataclass
class Tally:
    """Counts of clocks. ``superseded`` sums ``later``, ``earlier`` and those of which only the certainty changes.

    ``ended``: clocks that had already ended and stay as they are, although the new count gives another day; of these,
    ``would_not_be_overdue``.
    """

    superseded: int = 0
    later: int = 0
    earlier: int = 0
    becomes_certain: int = 0
    becomes_provisional: int = 0
    newly_overdue: int = 0
    ended: int = 0
    would_not_be_overdue: int = 0

    def add(self, change: ClockChange) -> None:
        """Count one clock."""
        self.superseded += change.superseded
        self.later += change.superseded and change.days > 0
        self.earlier += change.superseded and change.days < 0
        self.becomes_certain += change.becomes_certain
        self.becomes_provisional += change.becomes_provisional
        self.newly_overdue += change.newly_overdue
        self.ended += not change.superseded
        self.would_not_be_overdue += change.no_longer_overdue


@dataclass(frozen=True, order=True)
class Group:
    """A procedure under a statute and a department that must act; for organs, the role takes the place of the code."""

    procedure: str
    statute: str
    code: str
    name: str


@dataclass
class Impact:
    """The changes in total, by group, and how many limits move by how many days.

    A limit for which several departments must act counts in each of their groups, and once in the total.
    """

    as_of: datetime
    open_clocks: int = 0
    total: Tally = field(default_factory=Tally)
    groups: dict[Group, Tally] = field(default_factory=dict)
    moves: Counter[int] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """The impact of a notice as JSON data."""
        return {
            "as_of": self.as_of.isoformat(),
            "open_clocks": self.open_clocks,
            **asdict(self.total),
            "moves": {str(days): number for days, number in sorted(self.moves.items())},
            "groups": [{**asdict(group), **asdict(tally)} for group, tally in sorted(self.groups.items(), key=_first)],
        }


def _first(pair: tuple[Group, Tally]) -> Group:
    return pair[0]


def changes(reader: Reader, calendar: Calendar, now: datetime) -> Iterator[tuple[OpenClock, ClockChange | None]]:
    """Every open clock, earliest deadline first, with the change; loaded page by page."""
    days = calendar.as_known_at(now)
    after: Place | None = None
    while True:
        page = reader.open_clocks(after, PAGE)
        for clock in page:
            yield clock, change_of(clock.limit, days, now)
        if len(page) < PAGE:
            return
        after = place_of(page[-1])


class Departments:
    """Finds who must act on a clock; caches the statutes with which cases were filed."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._statutes: dict[str, Statute] = {}

    def of(self, clock: OpenClock) -> list[tuple[str, str]]:
        """Codes and names; for an organ named by the statute, its role takes the place of the code."""
        statute = self._statute(clock)
        stage = stage_measured(clock.id, clock.stage)
        roles = assignees(ProcedureName(clock.procedure), stage, statute) if stage else ()
        return [self._named(role, clock, statute) for role in roles] or [("", "")]

    def _named(self, role: Role, clock: OpenClock, statute: Statute) -> tuple[str, str]:
        if role is Role.REQUESTER:
            return clock.requester
        if role is Role.PROVIDER:
            return clock.provider
        body = statute.bodies.get(role)
        return role.value, body.name.zh if body else label("role", role, "zh")

    def _statute(self, clock: OpenClock) -> Statute:
        found = self._statutes.get(clock.statute_digest)
        if found is None:
            found = Statute.model_validate(self._reader.statute_of(clock.request_id))
            self._statutes[clock.statute_digest] = found
        return found


def impact_of(reader: Reader, calendar: Calendar, now: datetime) -> Impact:
    """How a calendar changes the clocks that are open at the instant ``now``."""
    impact, departments = Impact(now), Departments(reader)
    for clock, change in changes(reader, calendar, now):
        impact.open_clocks += 1
        if change is None:
            continue
        impact.total.add(change)
        if change.superseded and change.days:
            impact.moves[change.days] += 1
        for code, name in departments.of(clock):
            impact.groups.setdefault(Group(clock.procedure, clock.statute, code, name), Tally()).add(change)
    return impact
