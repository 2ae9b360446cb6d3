"""The single entry point for commands: is this command allowed now, and which events does it produce?

Running cases, the API, the permission matrix and the tests all use it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from domain.access import Caller, stands_as
from domain.engine.bounds import refuse_days_out_of_range
from domain.engine.case import Case
from domain.engine.commands import Command
from domain.engine.decision import PLATFORM, Decision, Refused
from domain.engine.procedure import Procedure
from domain.engine.records import Event
from domain.engine.rules import CommandRule
from domain.engine.timers import advance
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, Role

P = TypeVar("P", bound=Case)
Rule = CommandRule[Any]


def decide(procedure: Procedure[P], case: P, command: Command, at: datetime, taken: bool = False) -> list[Event]:
    """The events of a command received at ``at``, preceded by what time alone brought until then.

    Raises :class:`Refused` with the code and the article, and InvalidFields for an invalid field; whatever does not
    depend on the fields is checked first. The case is not changed: the events are to be recorded and then evolved.
    ``taken``: the command was accepted before, perhaps by a version with other date bounds, and its dates stand.
    """
    case, passed = advance(procedure, case, at)
    rule = procedure.rules.get(command.name)
    if rule is None:
        raise Refused(RefusalCode.WRONG_PROCEDURE)
    refuse_unless_allowed(case, rule, command)
    measured = procedure.process.met_by(command.name, case.stage, case.statute)
    decision = Decision(case, command.actor, at, case.stage, by_case=command.by_case, meets_first=measured)
    said = command.said(rule.says)
    if not taken:
        refuse_days_out_of_range(said)
    rule.rule(decision, said)
    procedure.complete(decision, case.stage, command.name)
    return [*passed, *decision.events]


def by_itself(procedure: Procedure[P], case: P, at: datetime, rule: Callable[[Decision[P]], None]) -> list[Event]:
    """The events of a rule that the platform carries out, preceded by what time alone brought until then.

    If the rule finds its work done already it notes nothing, and the result is empty.
    """
    case, passed = advance(procedure, case, at)
    decision = Decision(case, PLATFORM, at, case.stage)
    if not case.closed:
        rule(decision)
        procedure.complete(decision, case.stage, None)
    return [*passed, *decision.events] if decision.events else []


def refuse_unless_allowed(case: Case, rule: Rule, command: Command) -> None:
    """What is checked before the command's own rule: case closed, known here, stage, role, party. Raises Refused."""
    if case.closed:
        raise Refused(RefusalCode.CASE_CLOSED)
    missing_here = rule.unavailable(case)
    if missing_here is not None:
        raise missing_here
    if case.stage not in rule.stages:
        raise Refused(RefusalCode.WRONG_STAGE)
    if command.actor.role not in rule.by or (rule.between_cases and command.by_case is None):
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    actor = command.actor
    caller = Caller(actor.person or "", actor.org, frozenset({actor.role}), command.places)
    if not stands_as(caller, actor.role, case.parties, rule.settles):
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    rule.when(case, command.actor.role)


def allowed(procedure: Procedure[Any], case: Case, role: Role) -> Sequence[CommandName]:
    """The commands that a role may give now; only their fields can still get them refused."""
    return [name for name, rule in procedure.rules.items() if not case.closed and _may(case, rule, role)]


def _may(case: Case, rule: Rule, role: Role) -> bool:
    if case.stage not in rule.stages or role not in rule.by or rule.between_cases:
        return False
    if rule.unavailable(case) is not None:
        return False
    try:
        rule.when(case, role)
    except Refused:
        return False
    return True
