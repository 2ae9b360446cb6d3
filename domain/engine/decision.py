"""One decision being made: what a rule reads, asks for and writes down.

A rule is a plain function on a :class:`Decision`. It asks (:meth:`Decision.require` and its like), and then writes
down what happens (:meth:`Decision.note`, :meth:`Decision.start`, :meth:`Decision.meet`, :meth:`Decision.close`). It
changes nothing: the events it leaves behind do, once they are recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Generic, TypeVar

from domain.calendar import CHINA, day_of
from domain.clocks import ClockId, is_duty, reminds_on_the_last_day
from domain.codes import same_code
from domain.engine.case import Case
from domain.engine.filed import mistyped_codes
from domain.engine.records import Actor, Clock, ClockOrder, Event
from domain.naming import request_id_for
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import Basis, ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage, Unit

P = TypeVar("P", bound=Case)

PLATFORM = Actor(role=Role.PLATFORM)
"""Who acts when a limit ends or a rule alone decides: the platform, never a person."""

MISTYPED_CODE = "wrong_check_character"
"""The finding that a code of a department cannot be right."""


class Refused(Exception):
    """A filing or a command that the rules do not allow: the code, and the article where one applies.

    ``details`` fills the sentence of the catalogue (``domain/messages``).
    """

    def __init__(self, code: RefusalCode, clause: Clause | None = None, **details: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.clause = clause
        self.details = details

    @property
    def article(self) -> str | None:
        """The article that the refusal rests on."""
        return self.clause.article if self.clause else None

    @property
    def statute(self) -> str | None:
        """The regulation in which that article stands, where it is not the case's own statute."""
        return self.clause.statute if self.clause else None


@dataclass
class Decision(Generic[P]):
    """One command being decided at one instant. ``by_case``: the case that gives it, where another case does.

    ``meets_first``: the limits that it meets, whatever its rule says: what is noted first is the act that they measure.
    """

    case: P
    actor: Actor
    at: datetime
    stage: Stage
    events: list[Event] = field(default_factory=list)
    by_case: str | None = None
    meets_first: Sequence[ClockId] = ()

    # What a rule asks

    def require(self, given: object, code: RefusalCode, clause: Clause | None = None, **details: str) -> None:
        """Refuse unless something was given."""
        if not given:
            raise Refused(code, clause, **details)

    # What a rule writes down

    def note(self, type_: EventType, clause: Clause | None = None, actor: Actor | None = None, **data: Any) -> None:
        """Something happened, on the ground of ``clause``."""
        said = {**{k: v for k, v in data.items() if v is not None}, **self.case.standing_notes(self.stage)}
        self.events.append(
            Event(
                type=type_,
                at=self.at,
                actor=actor or self.actor,
                stage=self.stage,
                article=clause.article if clause else None,
                data=said,
                statute=clause.statute if clause else None,
            )
        )
        met, self.meets_first = self.meets_first, ()
        for clock_id in met:
            self.meet(clock_id)

    def file(
        self, clause: Clause | None, digests: Mapping[str, str], findings: Sequence[str] | None = None, **data: Any
    ) -> None:
        """The filing itself, with the digests of the statute and of what was filed: always the first event.

        ``findings`` are what somebody should look at (refusing nothing); codes that cannot be right are always one.
        """
        wrong = mistyped_codes(self.case.application)
        found = dict.fromkeys([*(findings or ()), *([MISTYPED_CODE] if wrong else [])])
        noted = {"findings": list(found) or None, "mistyped_codes": wrong or None}
        self.note(EventType.FILED, clause, None, **data, **noted, **digests)

    def refuse_asking_oneself(self) -> None:
        """A department asks another for data, not itself. Raises Refused."""
        if same_code(self.case.requester.code, self.case.provider.code):
            raise Refused(RefusalCode.REQUESTER_IS_PROVIDER)

    def meet(self, clock_id: ClockId) -> None:
        """The act that a clock measures was done: in time, or late when the clock had run out."""
        for clock in self.case.open_clocks(clock_id):
            late = clock.state is ClockState.BREACHED
            self._about(EventType.CLOCK_MET, clock, late=late)

    def wait_out(self, clock: Clock) -> None:
        """A period that had to pass before something may follow has passed: nobody was late."""
        self._about(EventType.CLOCK_MET, clock, late=False)

    def cancel(self, clock_id: ClockId, why: str | None = None) -> None:
        """The act that a clock measures is no longer needed."""
        said = {"reason": why} if why else {}
        for clock in self.case.open_clocks(clock_id):
            self._about(EventType.CLOCK_CANCELLED, clock, **said)

    def missed_after_all(self, clock: Clock) -> Clock:
        """A limit that ended without a breach binds after all, because the act that it measures comes now.

        It is recorded again as missed; the act itself is noted next, and then :meth:`met_late`.
        """
        again = clock.model_copy(update={"number": self._next_number()})
        self.order(clock.id, clock.basis, clause_of(clock), clock.amount, clock.unit, clock.started_at)
        self._about(EventType.CLOCK_BREACHED, again, due_date=clock.due_date.isoformat())
        return again

    def met_late(self, clock: Clock) -> None:
        """The act that a missed limit measures was done."""
        self._about(EventType.CLOCK_MET, clock, late=True)

    def start(self, clock_id: ClockId) -> None:
        """A limit begins to run: the statute's where it sets one, the operator's otherwise."""
        limit = self.case.statute.limit(clock_id, self.case.limit_class)
        if limit is not None:
            self.order(clock_id, Basis.STATUTE, limit.clause, limit.amount, limit.unit, self.at)
            return
        own = self.case.policy.limit(clock_id)
        self.order(clock_id, Basis.POLICY, None, own.amount, own.unit, self.at)

    def start_since(self, clock_id: ClockId, day: date) -> None:
        """A limit that began on a day which may lie in the past, by the text in force on that day (不溯及既往).

        Where that text sets no number, the operator's limit runs since then; where there was no text, from now.
        """
        since = datetime.combine(day, time(), CHINA)
        text = self.case.statute.text_on(day)
        limit = text.limit(clock_id, self.case.limit_class) if text else None
        if limit is not None and self.case.begins(limit):
            self.order(clock_id, Basis.STATUTE, limit.clause, limit.amount, limit.unit, since)
            return
        own = self.case.policy.limit(clock_id)
        self.order(clock_id, Basis.POLICY, None, own.amount, own.unit, since if text else self.at)

    def done_by_now(self, clock_id: ClockId, day: date) -> None:
        """What a limit of the text measures, since a day in the past, is done by this very act.

        Whether in time is worked out with the calendar, when the step is recorded. Without such a limit in the text of
        that day, nothing is written down.
        """
        text = self.case.statute.text_on(day)
        limit = text.limit(clock_id, self.case.limit_class) if text else None
        if limit is None:
            return
        number, since = self._next_number(), datetime.combine(day, time(), CHINA)
        self.order(clock_id, Basis.STATUTE, limit.clause, limit.amount, limit.unit, since, ladder=False)
        started = self.events[-1]
        about = {"number": number, "clock": clock_id.value}
        self.events.append(started.model_copy(update={"type": EventType.CLOCK_MET, "data": about, "order": None}))

    def start_within(
        self,
        clock_id: ClockId,
        working_days: int,
        clause: Clause | None,
        since: datetime | None = None,
        ladder: bool = True,
    ) -> None:
        """A limit that whoever the clause empowers sets in this very case, in working days; from now, or ``since``.

        Without ``ladder`` nobody is urged here when it ends: another case that has the same limit does that.
        """
        unit = Unit.WORKING_DAY
        self.order(clock_id, Basis.DECISION, clause, working_days, unit, since or self.at, ladder=ladder)

    def start_until(self, clock_id: ClockId, day: date, clause: Clause | None, basis: Basis = Basis.DECISION) -> None:
        """A limit that ends on a day named in the case or in the text. Refused unless that day lies in the future."""
        days = (day - day_of(self.at)).days
        if days < 1:
            raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, clause)
        self.order(clock_id, basis, clause, days, Unit.DATE, self.at)

    def open_other(self, procedure: ProcedureName, application: Mapping[str, Any], clause: Clause | None) -> None:
        """Another case follows from this one (转立新事项): it is opened once this stands in the ledger."""
        number = self.case.opened + 1 + sum(1 for event in self.events if event.type is EventType.CASE_OPENED)
        opened = request_id_for(self.case.statute.id, f"{self.case.request_id}/{number}", procedure)
        self.note(
            EventType.CASE_OPENED,
            clause,
            actor=PLATFORM,
            procedure=procedure.value,
            request_id=opened,
            application=dict(application),
        )

    def tell_other(
        self, request_id: str, command: CommandName, fields: Mapping[str, Any], actor: Actor | None = None
    ) -> None:
        """Another case must know (告知相关事项): it is told once this stands in the ledger, and keeps to its own rules.

        By the platform, or by whoever said it here and may say it there.
        """
        said = {name: value for name, value in fields.items() if value is not None}
        by = actor or PLATFORM
        self.note(EventType.CASE_TOLD, actor=by, request_id=request_id, command=command.value, fields=said)

    def replace(
        self, clock: Clock, why: str, clause: Clause | None, amount: int, started_at: datetime | None = None
    ) -> None:
        """A clock gives way to one that started when it did, or later; the old record stays, with the reason."""
        self._about(EventType.CLOCK_SUPERSEDED, clock, reason=why)
        ground = clause or clause_of(clock)
        since, climbs = started_at or clock.started_at, bool(clock.rungs)
        self.order(clock.id, clock.basis, ground, amount, clock.unit, since, clock.number, ladder=climbs)

    def order(
        self,
        clock_id: ClockId,
        basis: Basis,
        clause: Clause | None,
        amount: int,
        unit: Unit,
        started_at: datetime,
        supersedes: int | None = None,
        ladder: bool = True,
    ) -> None:
        """Order a clock; its deadline is worked out when the step is recorded."""
        policy = self.case.policy
        order = ClockOrder(
            number=self._next_number(),
            id=clock_id,
            basis=basis,
            article=clause.article if clause else None,
            quote=clause.quote if clause else None,
            started_at=started_at,
            amount=amount,
            unit=unit,
            warn_before=(*policy.warnings.before(unit, amount), *([0] if reminds_on_the_last_day(clock_id) else ())),
            ladder=policy.ladder if ladder and is_duty(clock_id) else (),
            supersedes=supersedes,
            statute=clause.statute if clause else None,
        )
        self.events.append(
            Event(
                type=EventType.CLOCK_STARTED,
                at=self.at,
                actor=PLATFORM,
                stage=self.stage,
                article=order.article,
                data={"number": order.number, "clock": clock_id.value},
                order=order,
                statute=order.statute,
            )
        )

    def close(self, outcome: Outcome) -> None:
        """The case ends: what still runs is cancelled, then nothing more happens."""
        ended = {e.data.get("number") for e in self.events if e.type in _ENDING}
        for clock in self.case.clocks.values():
            if clock.open and clock.number not in ended:
                self._about(EventType.CLOCK_CANCELLED, clock)
        self.stage = Stage.CLOSED
        self.note(EventType.CLOSED, actor=PLATFORM, outcome=outcome.value)

    def _about(self, type_: EventType, clock: Clock, **data: Any) -> None:
        self.events.append(
            Event(
                type=type_,
                at=self.at,
                actor=PLATFORM,
                stage=self.stage,
                article=clock.article,
                data={"number": clock.number, "clock": clock.id.value, **data},
                statute=clock.statute,
            )
        )

    def _next_number(self) -> int:
        ordered = [e.order.number for e in self.events if e.order is not None]
        return max([0, *self.case.clocks, *ordered]) + 1


def clause_of(clock: Clock) -> Clause | None:
    """The clause that a limit rests on, as it was recorded."""
    if clock.article and clock.quote:
        return Clause(article=clock.article, quote=clock.quote, statute=clock.statute)
    return None


_ENDING = (EventType.CLOCK_MET, EventType.CLOCK_CANCELLED, EventType.CLOCK_SUPERSEDED)
