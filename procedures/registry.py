"""The list of all procedures (全部程序), and the engine's functions applied with the procedure of a case."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from domain.access import EVERYWHERE
from domain.clocks import ClockId
from domain.engine import decide as deciding
from domain.engine import procedure as opening
from domain.engine import timers
from domain.engine.case import Case
from domain.engine.commands import Command
from domain.engine.decision import Decision
from domain.engine.procedure import Digests, Procedure
from domain.engine.process import InvalidProcess
from domain.engine.records import Actor, Event
from domain.words import CommandName, ProcedureName, Role
from procedures.access_grant.process import ACCESS_GRANT
from procedures.catalogue_change.process import CATALOGUE_CHANGE
from procedures.data_correction.process import DATA_CORRECTION
from procedures.demand.process import DEMAND
from procedures.periodic_duty.process import PERIODIC_DUTY
from procedures.rectification.process import RECTIFICATION
from procedures.resource_withdrawal.process import RESOURCE_WITHDRAWAL
from procedures.share_request.process import SHARE_REQUEST

P = TypeVar("P", bound=Case)

ALL: Final[tuple[Procedure[Any], ...]] = (
    SHARE_REQUEST,
    DEMAND,
    ACCESS_GRANT,
    DATA_CORRECTION,
    RECTIFICATION,
    RESOURCE_WITHDRAWAL,
    CATALOGUE_CHANGE,
    PERIODIC_DUTY,
)
"""All procedures."""


def by_name(procedures: Sequence[Procedure[Any]]) -> Mapping[ProcedureName, Procedure[Any]]:
    """Procedures by name. Raises InvalidProcess unless there is exactly one for every name."""
    count = Counter(procedure.name for procedure in procedures)
    wrong = [f"{name.value} stands in ALL {count[name]} times, not once" for name in ProcedureName if count[name] != 1]
    if wrong:
        raise InvalidProcess(f"procedures/registry.py: {'; '.join(wrong)}.")
    return {procedure.name: procedure for procedure in procedures}


PROCEDURES: Final[Mapping[ProcedureName, Procedure[Any]]] = by_name(ALL)
"""The procedures by name."""

DEFAULT: Final[Procedure[Any]] = SHARE_REQUEST
"""The procedure of a filing that names none."""
RULED_BY: Final[Mapping[str, ProcedureName]] = {each.section: each.name for each in ALL if each.section is not None}
"""The procedures by the section of a text that governs them."""

RULED_BY_THE_WHOLE: Final[Sequence[ProcedureName]] = tuple(each.name for each in ALL if each.section is None)
"""The procedures governed by the text as a whole."""


def refuse_unmeasured(procedures: Sequence[Procedure[Any]]) -> None:
    """Raises InvalidProcess for a clock that is measured in no stage of these procedures."""
    measured = {clock for procedure in procedures for clock in procedure.process.clocks}
    for clock in ClockId:
        if clock not in measured:
            said = "is measured in no stage of any procedure"
            raise InvalidProcess(f"domain/clocks.py: the clock {clock.value} {said}.")


refuse_unmeasured(ALL)


def procedure_of(case: Case) -> Procedure[Any]:
    """The procedure that a case follows."""
    return PROCEDURES[case.procedure]


def open_case(
    case: Case,
    actor: Actor,
    at: datetime,
    digests: Digests | None = None,
    places: frozenset[str] = frozenset({EVERYWHERE}),
) -> list[Event]:
    """The events that open a new case: :func:`domain.engine.procedure.open_case`.

    Raises Refused if the rules do not let it be opened.
    """
    return opening.open_case(procedure_of(case), case, actor, at, digests, places)


def decide(case: Case, command: Command, at: datetime, taken: bool = False) -> list[Event]:
    """The events of a command received at an instant: :func:`domain.engine.decide.decide`.

    Raises Refused with the code and the article, and InvalidFields for an invalid field.
    """
    return deciding.decide(procedure_of(case), case, command, at, taken)


def by_itself(case: P, at: datetime, rule: Callable[[Decision[P]], None]) -> list[Event]:
    """The events of a rule that the platform carries out: :func:`domain.engine.decide.by_itself`."""
    return deciding.by_itself(procedure_of(case), case, at, rule)


def advance(case: P, until: datetime) -> tuple[P, list[Event]]:
    """The case after time has passed, and the events on the way: :func:`domain.engine.timers.advance`."""
    return timers.advance(procedure_of(case), case, until)


def allowed(case: Case, role: Role) -> Sequence[CommandName]:
    """The commands that a role may give now; only their fields can still get them refused."""
    return deciding.allowed(procedure_of(case), case, role)


def who_may(name: CommandName, procedure: ProcedureName) -> Sequence[Role]:
    """The roles that may give a command in a procedure at all; none if it has no such command."""
    rule = PROCEDURES[procedure].rules.get(name)
    return rule.by if rule else ()
