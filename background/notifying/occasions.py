"""The occasions of which somebody would be notified now, computed from the ledger and always the same.

Each occasion has its own key. A case is notified to its officer, or today's stand-in, or, if nobody has claimed it, to
all who chose so; the group of a department is notified of everything that waits for the department.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from typing import Final

from background.notifying.robots import Robots
from background.notifying.wording import NotificationText, told_of_case, told_of_cause, told_of_day, told_of_hand_over
from background.turns import unit_of, waiting_for
from domain.access import Caller, as_it_was, visibility_of
from domain.calendar import CHINA, WorkingDays, day_of
from domain.codes import code_key
from domain.engine.lights import Light, most_pressing
from domain.engine.records import ShownClock
from domain.messages import Language
from domain.policy import Warnings
from domain.stuck import StuckKind
from domain.words import Role, Urgency
from ledger.engine import Engine
from ledger.queries.cases import worklist
from ledger.queries.desk import claims_of, stand_ins
from ledger.queries.notifications import LastUrging, handed_over_to, last_urgings
from ledger.queries.notified import NotificationChannel, NotificationKind, Notified
from ledger.queries.stuck import causes
from ledger.queries.views import CaseSummary

MOST_CASES: Final = 500
"""The most waiting cases looked at for one recipient, soonest due first."""
DIGEST_UNTIL: Final = time(18)
"""After this hour no digest is made on that day."""
OF_GROUPS: Final = frozenset(
    {NotificationKind.DUE, NotificationKind.BREACH, NotificationKind.RUNG, NotificationKind.DIGEST}
)
"""The kinds for groups; the others concern one person."""


@dataclass(frozen=True)
class Surroundings:
    """What occasions are computed from, at one instant: working days as known then, and the operator's settings."""

    now: datetime
    days: WorkingDays
    warnings: Warnings
    digest_at: time
    base: str
    robots: Robots
    mails: bool

    @property
    def today(self) -> date:
        """The day in China."""
        return day_of(self.now)

    @property
    def digests(self) -> bool:
        """Whether digests are due: a working day, within the hours for digests."""
        clock = self.now.astimezone(CHINA).time()
        return self.days.is_working_day(self.today) and self.digest_at <= clock < DIGEST_UNTIL


@dataclass(frozen=True)
class LitCase:
    """A case with its most pressing limit, the light, the claim in the department, and its last urging."""

    case: CaseSummary
    clock: ShownClock | None
    light: Light
    officer: str | None
    urged: LastUrging | None


@dataclass(frozen=True)
class Occasion:
    """Something to notify, with a text in any language; ``empty``: a digest without content."""

    key: str
    kind: NotificationKind
    told: Callable[[Language], NotificationText]
    empty: bool = False


@dataclass
class Lookout:
    """One look at the ledger on behalf of many recipients, who share the results for the same cases."""

    engine: Engine
    around: Surroundings
    _found: dict[tuple[object, ...], Sequence[LitCase]] = field(default_factory=dict)

    def recipient(self, owner: Notified, channel: NotificationChannel) -> str | None:
        """The recipient on a channel; None if there is none."""
        if channel is NotificationChannel.MAIL:
            return owner.owner if owner.address and self.around.mails else None
        department = code_key(owner.bearer["org"] or "")
        return department if department in self.around.robots else None

    def occasions(self, owner: Notified, channel: NotificationChannel) -> Iterator[Occasion]:
        """All current occasions that somebody chose for a channel."""
        wanted, caller = owner.wanted.get(channel, frozenset()), as_it_was(owner.bearer)
        if channel is NotificationChannel.GROUP:
            cases = self._cases(caller)
            yield from self._of_cases(cases, wanted & OF_GROUPS, mine=None)
            return
        mine = self._on_behalf_of(caller)
        cases = [each for each in self._cases(caller) if each.officer is None or each.officer in mine]
        yield from self._of_cases(cases, wanted, mine)
        if NotificationKind.HANDED_OVER in wanted:
            yield from self._handed_over(caller)
        if NotificationKind.STUCK in wanted and Role.OPERATOR in caller.roles:
            yield from self._stuck(caller)

    def _cases(self, caller: Caller) -> Sequence[LitCase]:
        """The cases that wait for a caller's department."""
        alike = (caller.org, caller.roles, caller.places)
        if alike not in self._found:
            self._found[alike] = self._looked_at(caller)
        return self._found[alike]

    def _looked_at(self, caller: Caller) -> Sequence[LitCase]:
        around = self.around
        cases = worklist(self.engine, waiting_for(caller), None, MOST_CASES).cases
        ids = [case.request_id for case in cases]
        claims, urgings = claims_of(self.engine, unit_of(caller), ids), last_urgings(self.engine, ids)
        found = []
        for case in cases:
            clock, light = most_pressing(case.clocks, around.now, around.days, around.warnings)
            claim, urged = claims.get(case.request_id), urgings.get(case.request_id)
            here = urged if urged and urged.stage == case.stage.value else None
            found.append(LitCase(case, clock, light, claim.officer if claim else None, here))
        return found

    def _on_behalf_of(self, caller: Caller) -> frozenset[str]:
        day = self.around.today
        found = stand_ins(self.engine, unit_of(caller), day)
        absent = {each.absent for each in found if each.substitute == caller.subject and each.first_day <= day}
        return frozenset({caller.subject, *absent})

    def _of_cases(
        self, cases: Iterable[LitCase], wanted: frozenset[NotificationKind], mine: frozenset[str] | None
    ) -> Iterator[Occasion]:
        """The occasions of cases; ``mine``: the officers whose cases are the recipient's own (None: for a group)."""
        cases = list(cases)
        for each in cases:
            for key, kind, level in _of_case(each):
                if kind in wanted:
                    yield Occasion(key, kind, partial(self._told_of_case, each, kind, level))
        if NotificationKind.DIGEST in wanted and self.around.digests:
            yield self._digest(cases, mine)

    def _told_of_case(
        self, lit: LitCase, kind: NotificationKind, level: Urgency | None, language: Language
    ) -> NotificationText:
        return told_of_case(kind, lit.case, lit.clock, lit.light, level, self.around.today, self.around.base, language)

    def _digest(self, cases: Sequence[LitCase], mine: frozenset[str] | None) -> Occasion:
        told = partial(
            told_of_day,
            [(each.case, each.clock, each.light, mine is not None and each.officer in mine) for each in cases],
            self.around.today,
            self.around.base,
        )
        return Occasion(f"digest:{self.around.today}", NotificationKind.DIGEST, told, empty=not cases)

    def _handed_over(self, caller: Caller) -> Iterator[Occasion]:
        for each in handed_over_to(self.engine, unit_of(caller), caller.subject, visibility_of(caller)):
            told = partial(told_of_hand_over, each.request_id, each.by, self.around.base)
            yield Occasion(f"handed_over:{each.number}", NotificationKind.HANDED_OVER, told)

    def _stuck(self, caller: Caller) -> Iterator[Occasion]:
        """What is stuck, by cause: a cause that many share is notified once a day, not for each case."""
        for each in causes(self.engine, visibility_of(caller)):
            if each.kind is not StuckKind.OVERDUE:
                told = partial(told_of_cause, each, self.around.base)
                yield Occasion(f"stuck:{self.around.today}:{each.cause}", NotificationKind.STUCK, told)


def _of_case(lit: LitCase) -> Iterator[tuple[str, NotificationKind, Urgency | None]]:
    """The keys and kinds of the occasions of one case."""
    case, clock, urged = lit.case.request_id, lit.clock, lit.urged
    if clock is not None and lit.light.colour == "amber":
        yield f"due:{case}:{clock.number}", NotificationKind.DUE, None
    if clock is not None and lit.light.colour == "red":
        yield f"breach:{case}:{clock.number}", NotificationKind.BREACH, None
    if urged is not None:
        yield f"rung:{case}:{urged.seq}", NotificationKind.RUNG, Urgency(urged.level)
