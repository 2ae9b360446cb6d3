"""One decision in the making: what a rule reads, checks and notes.

A rule is a plain function on a :class:`Decision`. It first checks (:meth:`Decision.require` and others) and then notes
what happens (:meth:`Decision.note`, :meth:`Decision.start`, :meth:`Decision.meet`, :meth:`Decision.close`). The case
itself does not change until the resulting events are recorded.
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
"""The actor when a limit ends or a rule decides by itself: the platform, never a person."""

MISTYPED_CODE = "wrong_check_character"
"""The finding that the code of a department is mistyped."""


class Refused(Exception):
    """The rules do not allow a filing or a command: has the code and, where one applies, the article.

    ``details`` fills in the sentence of the catalogue (``domain/messages``).
    """

    def __init__(self, code: RefusalCode, clause: Clause | None = None, **details: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.clause = clause
        self.details = details

    @property
    def article(self) -> str | None:
        """The article on which the refusal is based."""
        return self.clause.article if self.clause else None

    @property
    def statute(self) -> str | None:
        """The regulation that has that article, if it is not the case's own statute."""
        return self.clause.statute if self.clause else None


@dataclass
class Decision(Generic[P]):
    """One command being decided at one instant. ``by_case``: the other case that gives it, if one does.

    ``meets_first``: limits that the command meets by declaration; the first event noted is the act that they measure.
    """

    case: P
    actor: Actor
    at: datetime
    stage: Stage
    events: list[Event] = field(default_factory=list)
    by_case: str | None = None
    meets_first: Sequence[ClockId] = ()

    # Checks

    def require(self, given: object, code: RefusalCode, clause: Clause | None = None, **details: str) -> None:
        """Refuse unless something was given."""
        if not given:
            raise Refused(code, clause, **details)

    # What happens

    def note(self, type_: EventType, clause: Clause | None = None, actor: Actor | None = None, **data: Any) -> None:
        """Note an event, based on ``clause``."""
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
        """Note the filing, with the digests of the statute and of what was filed: always the first event.

        ``findings`` are for people to look at and refuse nothing; mistyped codes are always added to them.
        """
        wrong = mistyped_codes(self.case.application)
        found = dict.fromkeys([*(findings or ()), *([MISTYPED_CODE] if wrong else [])])
        noted = {"findings": list(found) or None, "mistyped_codes": wrong or None}
        self.note(EventType.FILED, clause, None, **data, **noted, **digests)

    def refuse_asking_oneself(self) -> None:
        """Raises Refused if requester and provider are the same department."""
        if same_code(self.case.requester.code, self.case.provider.code):
            raise Refused(RefusalCode.REQUESTER_IS_PROVIDER)

    def meet(self, clock_id: ClockId) -> None:
        """The act that a clock measures was done: in time, or late if the clock had run out."""
        for clock in self.case.open_clocks(clock_id):
            late = clock.state is ClockState.BREACHED
            self._about(EventType.CLOCK_MET, clock, late=late)

    def wait_out(self, clock: Clock) -> None:
        """A waiting period has passed, as it had to before something else may follow; nobody was late."""
        self._about(EventType.CLOCK_MET, clock, late=False)

    def cancel(self, clock_id: ClockId, why: str | None = None) -> None:
        """The act that a clock measures is no longer needed."""
        said = {"reason": why} if why else {}
        for clock in self.case.open_clocks(clock_id):
            self._about(EventType.CLOCK_CANCELLED, clock, **said)

    def missed_after_all(self, clock: Clock) -> Clock:
        """A limit that ended without a breach was binding after all, because the act that it measures comes now.

        The limit is recorded again, as missed; next comes the act itself, and then :meth:`met_late`.
        """
        again = clock.model_copy(update={"number": self._next_number()})
        self.order(clock.id, clock.basis, clause_of(clock), clock.amount, clock.unit, clock.started_at)
        self._about(EventType.CLOCK_BREACHED, again, due_date=clock.due_date.isoformat())
        return again

    def met_late(self, clock: Clock) -> None:
        """The act that a missed limit measures was done, late."""
        self._about(EventType.CLOCK_MET, clock, late=True)

    def start(self, clock_id: ClockId) -> None:
        """Start a limit: the statute's if it sets one, otherwise the operator's."""
        limit = self.case.statute.limit(clock_id, self.case.limit_class)
        if limit is not None:
            self.order(clock_id, Basis.STATUTE, limit.clause, limit.amount, limit.unit, self.at)
            return
        own = self.case.policy.limit(clock_id)
        self.order(clock_id, Basis.POLICY, None, own.amount, own.unit, self.at)

    def start_since(self, clock_id: ClockId, day: date) -> None:
        """Start a limit on a day that may be past, by the text in force on that day (不溯及既往).

        If that text sets no number, the operator's limit runs from that day; if there was no text, it runs from now.
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
        """This act does what a limit of the text has measured since a day in the past.

        Whether it was in time is computed from the calendar when the step is recorded. If the text of that day has no
        such limit, nothing is noted.
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
        """Start a limit in working days, set in this case by whoever the clause empowers; from now, or ``since``.

        Without ``ladder`` nobody is urged in this case when it ends: another case with the same limit does that.
        """
        unit = Unit.WORKING_DAY
        self.order(clock_id, Basis.DECISION, clause, working_days, unit, since or self.at, ladder=ladder)

    def start_until(self, clock_id: ClockId, day: date, clause: Clause | None, basis: Basis = Basis.DECISION) -> None:
        """Start a limit that ends on a day that case or text name. Raises Refused if the day is not in the future."""
        days = (day - day_of(self.at)).days
        if days < 1:
            raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, clause)
        self.order(clock_id, basis, clause, days, Unit.DATE, self.at)

    def open_other(self, procedure: ProcedureName, application: Mapping[str, Any], clause: Clause | None) -> None:
        """Open another case that follows from this one (转立新事项), once this step is in the ledger."""
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
        """Tell another case (告知相关事项), once this step is in the ledger; that case applies its own rules.

        Told by the platform, or by the actor of this command if it may also act there.
        """
        said = {name: value for name, value in fields.items() if value is not None}
        by = actor or PLATFORM
        self.note(EventType.CASE_TOLD, actor=by, request_id=request_id, command=command.value, fields=said)

    def replace(
        self, clock: Clock, why: str, clause: Clause | None, amount: int, started_at: datetime | None = None
    ) -> None:
        """Supersede a clock by one that started when it did, or later; the old record stays, with the reason."""
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
        """Order a clock; its deadline is computed when the step is recorded."""
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
        """Close the case: cancel all running clocks first; nothing may follow."""
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
    """The clause on which a limit is based, as it was recorded."""
    if clock.article and clock.quote:
        return Clause(article=clock.article, quote=clock.quote, statute=clock.statute)
    return None


_ENDING = (EventType.CLOCK_MET, EventType.CLOCK_CANCELLED, EventType.CLOCK_SUPERSEDED)
