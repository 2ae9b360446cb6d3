"""A procedure as the engine sees it: what is filed, by whom, how it begins, and the rules that carry it on.

Procedures register themselves when imported (``domain.procedures`` imports all of them); whatever runs a case, the
doors and the tests look them up here by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from domain.access import EVERYWHERE, Caller, stands_as
from domain.engine.case import Case
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.in_force import refuse_before_first_day
from domain.engine.records import Actor, Clock, Event
from domain.engine.rules import RuleBook
from domain.policy import Policy
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute
from domain.words import ProcedureName, Role, Stage

P = TypeVar("P", bound=Case)

Digests = Mapping[str, str]
"""The digests of the statute and of what was filed, which become part of the first event and so of the chain."""


def nothing_lapses(_: Any, __: Clock) -> None:
    """No window of this procedure closes anything by itself."""


def it_is_a_breach(_: Any, __: Clock) -> bool:
    """A limit that ends is a breach."""
    return False


@dataclass(frozen=True)
class OneCase:
    """What makes every opening of it the same case, whoever opens it: ``key``; ``said`` is what an opening adds."""

    key: str
    said: Any = None


def each_its_own(_: Statute, __: Any) -> OneCase | None:
    """Every opening is a case of its own, told from others by the key of whoever opens it."""
    return None


def as_everywhere(_: Statute, __: Stage) -> None:
    """The text changes nothing about whose move it is."""


@dataclass(frozen=True)
class Procedure(Generic[P]):
    """One procedure.

    ``begin`` refuses the filing or notes it and starts the first limits. ``on_expiry`` may write down what
    the end of a clock means when it is no breach (True), such as an access that was used meanwhile. ``on_breach`` adds
    what a breach brings by itself. ``waits_for``: whose move it is in each stage; ``waits_under`` says it where a
    text differs. ``one_case``: which openings are one case. ``platform_files_for_requester``: what the platform opens
    is filed in the requester's name (代为申请), and not in its own.
    """

    name: ProcedureName
    case: type[P]
    matter: type[Filed]
    opened_by: Sequence[Role]
    begin: Callable[[Decision[P], Digests], None]
    rules: RuleBook[P]
    waits_for: Mapping[Stage, Sequence[Role]]
    on_breach: Callable[[Decision[P], Clock], None] = nothing_lapses
    on_expiry: Callable[[Decision[P], Clock], bool] = it_is_a_breach
    waits_under: Callable[[Statute, Stage], Sequence[Role] | None] = as_everywhere
    one_case: Callable[[Statute, Any], OneCase | None] = each_its_own
    platform_files_for_requester: bool = False

    def new_case(self, request_id: str, statute: Statute, policy: Policy, application: Filed) -> P:
        """The case before anything has happened."""
        return self.case(request_id, statute, policy, application)

    def assignees(self, stage: Stage, statute: Statute) -> Sequence[Role]:
        """Whose move it is in a stage under a text; nobody's when the case is closed."""
        under = self.waits_under(statute, stage)
        return self.waits_for.get(stage, ()) if under is None else under


PROCEDURES: dict[ProcedureName, Procedure[Any]] = {}
"""Every procedure by its name."""


def register(procedure: Procedure[P]) -> Procedure[P]:
    """Make a procedure known to the engine."""
    PROCEDURES[procedure.name] = procedure
    return procedure


def procedure_of(case: Case) -> Procedure[Any]:
    """The procedure that a case follows."""
    return PROCEDURES[case.procedure]


def open_case(
    case: P,
    actor: Actor,
    at: datetime,
    digests: Digests | None = None,
    places: frozenset[str] = frozenset({EVERYWHERE}),
) -> list[Event]:
    """The events that open a case which nothing has happened in yet.

    The platform opens what follows from another case; everybody else must be one of those who may. Whoever does not
    say for which department it acts is told all that is missing. Raises :class:`Refused` when the rules do not let it
    be opened.
    """
    procedure = procedure_of(case)
    for_itself = actor.role is not Role.PLATFORM
    if for_itself and actor.role not in procedure.opened_by:
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    refuse_before_first_day(case.statute, at)
    if procedure.platform_files_for_requester and not for_itself:
        actor = Actor(role=Role.REQUESTER, org=case.requester.code, person=actor.person)
    decision = Decision(case, actor, at, Stage.CLOSED)
    procedure.begin(decision, digests or {})
    caller = Caller(actor.person or "", actor.org, frozenset({actor.role}), places)
    if for_itself and not stands_as(caller, actor.role, case.parties):
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    return decision.events
