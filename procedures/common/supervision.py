"""Rules common to several procedures: 撤回, 督办, 责令整改."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.commands import OrderRectification, Reasoned, Urge
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Party
from domain.engine.process import CLOSES, STAYS, SUPERVISES
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.messages import label
from domain.refusal_codes import RefusalCode
from domain.statutes.sections import Ground
from domain.words import Basis, ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.filing import unless_in_the_text

SUPERVISED: Final[Mapping[CommandName, Sequence[Stage]]] = dict.fromkeys(SUPERVISES, STAYS)
"""What the bureau may do in any stage about a running or missed limit, for the declaration of a process."""
WITHDRAWN_OR_SUPERVISED: Final[Mapping[CommandName, Sequence[Stage]]] = {CommandName.WITHDRAW: CLOSES, **SUPERVISED}
"""What is open in every stage of a case that its filer may withdraw: withdrawal and supervision."""

SANCTIONED = frozenset({Basis.STATUTE, Basis.DECISION})
"""The bases of limits whose breach is a ground for rectification; policy is not one."""


def may_be_withdrawn(book: RuleBook[Any], by: Role = Role.REQUESTER) -> None:
    """Enter the command 撤回: the filer no longer needs it, and says why.

    Only the filer may withdraw. A case that the platform opened because of a request in another case counts as the
    requester's own.
    """

    def who_filed_it(case: Case, role: Role) -> None:
        if case.opener not in (role, Role.PLATFORM):
            raise Refused(RefusalCode.NOT_YOUR_TURN)

    @book.command(CommandName.WITHDRAW, by=[by], says=Reasoned, when=who_filed_it)
    def withdraw(decision: Decision[Any], said: Reasoned) -> None:
        decision.require(said.reason, RefusalCode.REASON_REQUIRED)
        take_back(decision, said)


def take_back(decision: Decision[Any], said: Reasoned) -> None:
    """Close the case as withdrawn."""
    decision.note(EventType.WITHDRAWN, reason=said.reason)
    decision.close(Outcome.WITHDRAWN)


def _a_limit_runs_or_ran_out(case: Case, _: Role) -> None:
    if not any(clock.open for clock in case.clocks.values()):
        raise Refused(RefusalCode.WRONG_STAGE, why="no_clock")


def may_be_urged(book: RuleBook[Any]) -> None:
    """Enter the command 督办: the bureau urges whoever must act, while a limit runs or is missed."""

    @book.command(CommandName.URGE, by=[Role.BUREAU], says=Urge, when=_a_limit_runs_or_ran_out)
    def urge(decision: Decision[Any], said: Urge) -> None:
        decision.note(EventType.URGED, level=said.level.value, reason=said.reason)


def _no_rectification(case: Case) -> Refused | None:
    return unless_in_the_text(case.statute.rectification, None)


def breaches_to_rectify(case: Case, by: Role, named: ClockId | None = None) -> Iterator[tuple[Clock, Ground]]:
    """The missed limits for which an organ may order rectification, each with its ground in the text; latest first.

    Without those for which it was already ordered, and without limits set by the operator alone, even if the text says
    及时 without a number. ``named``: only those of this clock.
    """
    rules = case.statute.rectification
    for clock in reversed(list(case.clocks.values())):
        ground = rules.ground_for(clock.id, clock.statute) if rules else None
        missed = clock.basis in SANCTIONED and clock.state in (ClockState.BREACHED, ClockState.MET_LATE)
        missed = missed and clock.number not in case.rectified
        if rules and ground and missed and named in (None, clock.id) and rules.orders(ground) is by:
            yield clock, ground


def may_lead_to_rectification(book: RuleBook[Any]) -> None:
    """Enter the command 责令整改 for a missed limit of the text or of a decision; the ground in the text is filled in.

    The bureau gives orders to departments; the government gives them to the bureau, if the limit was the bureau's own
    and the text has a ground for that.
    """

    def some_limit_was_missed(case: Case, role: Role) -> None:
        if next(breaches_to_rectify(case, role), None) is None:
            rules = case.statute.rectification
            raise Refused(RefusalCode.NO_BREACH_TO_RECTIFY, rules.clause if rules else None)

    def missed_limits(case: Case, role: Role) -> Mapping[str, Collection[str]]:
        return {"clock": [clock.id.value for clock, _ in breaches_to_rectify(case, role)]}

    @book.command(
        CommandName.ORDER_RECTIFICATION,
        by=[Role.BUREAU, Role.GOVERNMENT],
        says=OrderRectification,
        unavailable=_no_rectification,
        when=some_limit_was_missed,
        choices=missed_limits,
    )
    def order_rectification(decision: Decision[Any], said: OrderRectification) -> None:
        case, rules = decision.case, decision.case.statute.rectification
        decision.require(said.working_days, RefusalCode.LIMIT_REQUIRED, rules.clause)
        found = next(breaches_to_rectify(case, decision.actor.role, said.clock), None)
        if found is None:
            raise Refused(RefusalCode.NO_BREACH_TO_RECTIFY, rules.clause)
        clock, ground = found
        decision.note(
            EventType.RECTIFICATION_ORDERED,
            ground.notice or rules.clause,
            number=clock.number,
            clock=clock.id.value,
            ground=ground.id,
            working_days=said.working_days,
            reason=said.reason,
        )
        notice = {
            "department": _at_fault(case, ground, clock).model_dump(mode="json"),
            "ground": ground.id,
            "facts": said.reason or missed_limit(clock),
            "working_days": said.working_days,
            "origin": {"request_id": case.request_id, "clock": clock.number},
        }
        decision.open_other(ProcedureName.RECTIFICATION, notice, ground.clause)


def may_be_supervised(book: RuleBook[Any]) -> None:
    """Enter the commands of :data:`SUPERVISED`: 督办 and 责令整改."""
    may_be_urged(book)
    may_lead_to_rectification(book)


def _at_fault(case: Case, ground: Ground, clock: Clock) -> Party:
    """Who must rectify: the department, or the bureau if the government gives the order."""
    if ground.by is not Role.GOVERNMENT:
        return case.answerable(clock.id)
    return Party(code=Role.BUREAU.value, name=case.statute.bodies[Role.BUREAU].name.zh)


def missed_limit(clock: Clock) -> str:
    """The facts of a missed limit, in one sentence."""
    basis = f"第{clock.article}条" if clock.article else label("basis", clock.basis, "zh")
    late = "missed_late" if clock.state is ClockState.MET_LATE else "missed"
    sentence = label("facts", late, "zh")
    return sentence.format(clock=label("clock", clock.id, "zh"), basis=basis, day=clock.due_date.isoformat())
