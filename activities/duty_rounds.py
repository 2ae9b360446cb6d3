"""Plans a round of a periodic duty: who is bound to it now, in which period, and whose case exists already."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.access import place_of
from domain.codes import same_code
from domain.departments import Departments
from domain.naming import request_id_for
from domain.periods import period_of
from domain.policy import Policy
from domain.rule_texts import KNOWN
from domain.statutes.in_force import NothingInForce, statute_in_force
from domain.statutes.loader import UnknownStatute, get_statute, packaged_statutes
from domain.statutes.model import Statute
from domain.statutes.sections import Duty
from domain.words import ProcedureName, Role
from ledger.engine import Engine
from ledger.queries.cases import get_case
from ledger.rule_text_store import RuleTextStore
from procedures.periodic_duty.rules import DutyOfPeriod, duty_named, in_force_from, one_case
from protocol.errors import CANNOT_BE_PLANNED
from protocol.names import PLAN_ROUND
from protocol.rounds import RoundOrder, RoundPlan, RoundWanted


class DutyRounds:
    """The activity of one worker; departments and policy are read again for every round."""

    def __init__(self, engine: Engine, departments: Callable[[], Departments], policy: Callable[[], Policy]) -> None:
        self._engine = engine
        self._texts = RuleTextStore(engine)
        self._departments = departments
        self._policy = policy

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.plan_round]

    @activity.defn(name=PLAN_ROUND)
    def plan_round(self, wanted: RoundWanted) -> RoundPlan:
        """Who is bound now, and which of their cases are not in the ledger yet. Stores the texts of these cases."""
        order = wanted.order
        try:
            statute = get_statute(_text(order.statute, wanted.day))
            duty = duty_named(statute, order.duty)
            if duty is None:
                raise UnknownStatute(f"{order.statute} has no duty {order.duty}.")
        except UnknownStatute as error:
            raise ApplicationError(str(error), type=CANNOT_BE_PLANNED, non_retryable=True) from error
        try:
            departments = self._departments().get(place_of(statute.id), ())
            policy = self._policy()
            binds = order.period is not None or _binds(statute, duty, policy, wanted.day)
            filings = dict(_filings(order, statute, duty, policy, departments, wanted.day)) if binds else {}
        except ValueError as error:  # retried: once the file is corrected, the round goes on by itself
            raise ApplicationError(str(error), type=CANNOT_BE_PLANNED) from error
        statute_digest, policy_digest = KNOWN.digest(statute), KNOWN.digest(policy)
        self._texts.store(statute_digest, policy_digest)
        there = [case for case in filings if get_case(self._engine, case) is not None]
        return RoundPlan(
            statute=statute.id,
            statute_digest=statute_digest,
            policy_digest=policy_digest,
            period=_period(order, duty, policy, wanted.day),
            to_open={case: filing for case, filing in filings.items() if case not in there},
            there=there,
        )


def _text(statute_or_place: str, day: date) -> str:
    """The text of a round: the one named, or the one in force in the named place on the day."""
    if statute_or_place in packaged_statutes():
        return statute_or_place
    try:
        return statute_in_force(statute_or_place, day)
    except NothingInForce as error:
        raise UnknownStatute(str(error)) from None


def _binds(statute: Statute, duty: Duty, policy: Policy, day: date) -> bool:
    """Whether the text was in force before the limit of that day's period ended."""
    recurrence = duty.recurrence(policy.regular_duties)
    last = duty.last_day(period_of(recurrence, day)) if recurrence else day
    return last >= in_force_from(statute, duty)


def _period(order: RoundOrder, duty: Duty, policy: Policy, day: date) -> str:
    recurrence = duty.recurrence(policy.regular_duties)
    return order.period or (period_of(recurrence, day).name if recurrence else day.isoformat())


def _filings(
    order: RoundOrder, statute: Statute, duty: Duty, policy: Policy, departments: Sequence[Any], day: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The filings of a round, by case id; a duty, a body and a period always give the same id."""
    period = _period(order, duty, policy, day)
    when = {"produced_on": period} if duty.every == "event" else {"period": period}
    for department in _bound(order, duty, departments):
        filing = {"duty": duty.id, **when, **({"department": department} if department else {})}
        one = one_case(statute, DutyOfPeriod.model_validate(filing))
        if one is None:
            raise ValueError(f"{duty.id} of {statute.id} binds nobody.")
        yield request_id_for(order.statute, one.key, ProcedureName.PERIODIC_DUTY), filing


def _bound(order: RoundOrder, duty: Duty, departments: Sequence[Any]) -> list[dict[str, str]]:
    """The departments that the duty binds, or one empty mapping for the organ that the text names."""
    if duty.by is not Role.PROVIDER:
        return [{}]
    if order.department is None:
        bound = [x for x in departments if duty.id in x.duties or not duty.on_record]
        return [{"code": x.code, "name": x.name} for x in bound]
    name = order.name or next((x.name for x in departments if same_code(x.code, order.department)), None)
    return [{"code": order.department, **({"name": name} if name else {})}]
