"""A procedure as the engine sees it: what is filed, by whom, how a case begins, and the rules of its commands.

The engine knows no procedure by name; it is given the procedure of the case. :mod:`procedures.registry` lists them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from domain.access import EVERYWHERE, Caller, opens_as
from domain.engine.case import Case
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.in_force import refuse_before_first_day
from domain.engine.process import Cause, InvalidProcess, Process, faults
from domain.engine.records import Actor, Clock, Event
from domain.engine.rules import CommandRule
from domain.policy import Policy, default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute
from domain.words import CommandName, ProcedureName, Role, SharingClass, Stage

P = TypeVar("P", bound=Case)

Digests = Mapping[str, str]
"""The digests of the statute and of what was filed; the first event records them, so the hash chain covers them."""


def nothing_lapses(_: Any, __: Clock) -> None:
    """A missed limit has no consequence of its own in this procedure."""


def it_is_a_breach(_: Any, __: Clock) -> bool:
    """The end of a limit is always a breach."""
    return False


@dataclass(frozen=True)
class OneCase:
    """Identifies a case by ``key``: whoever opens it again opens no other. ``said`` is what an opening adds."""

    key: str
    said: Any = None


def each_its_own(_: Statute, __: Any) -> OneCase | None:
    """Every opening is a case of its own, identified by the caller's key."""
    return None


def whatever_the_class(_: Statute, __: Stage) -> Sequence[SharingClass]:
    """The first stage does not depend on the sharing class."""
    return ()


@dataclass(frozen=True)
class Procedure(Generic[P]):
    """The declaration of one procedure: what is filed, by whom, its process, and the rules of its commands.

    ``begin`` refuses the filing, or notes it and starts the first limits.
    ``on_expiry`` may note what the end of a clock means and return True if that is not a breach, such as when an access
    was used in the meantime.
    ``on_breach`` adds the consequences of a breach.
    ``one_case``: which openings are one case.
    ``platform_files_for_requester``: the platform files in the requester's name (代为申请), not in its own.
    ``applied_for_anew``: a case of it that another case opens is a new application, under the text in force on its day.
    ``path``: the API resource under which its cases are found.
    ``has_papers``: an application form and notices are produced for its cases.
    ``classes_opening``: for texts that distinguish them, the sharing classes whose filings begin in a given stage, or
    are closed at once.

    Raises InvalidProcess, when the program starts, for a process that contradicts itself or the rules.
    """

    case: type[P]
    matter: type[Filed]
    opened_by: Sequence[Role]
    begin: Callable[[Decision[P], Digests], None]
    process: Process
    rules: Mapping[CommandName, CommandRule[P]]
    on_breach: Callable[[Decision[P], Clock], None] = nothing_lapses
    on_expiry: Callable[[Decision[P], Clock], bool] = it_is_a_breach
    one_case: Callable[[Statute, Any], OneCase | None] = each_its_own
    platform_files_for_requester: bool = False
    applied_for_anew: bool = False
    path: str = "cases"
    has_papers: bool = False
    classes_opening: Callable[[Statute, Stage], Sequence[SharingClass]] = whatever_the_class

    def __post_init__(self) -> None:
        """Check the process against the rules, and give each rule the stages in which its command is open."""
        wrong = "; ".join(faults(self.process, {name: rule.by for name, rule in self.rules.items()}))
        if wrong:
            folder = self.begin.__module__.rpartition(".")[0].replace(".", "/")
            raise InvalidProcess(f"{folder}/process.py ({self.name.value}): {wrong}.")
        placed = {name: replace(rule, stages=self.process.stages_of(name)) for name, rule in self.rules.items()}
        object.__setattr__(self, "rules", placed)

    @property
    def name(self) -> ProcedureName:
        """The name of the procedure, as in its cases."""
        return self.case.procedure

    @property
    def section(self) -> str | None:
        """Name of the section of a text that alone governs it; None if the text as a whole does."""
        return self.case.section

    def in_the_text(self, statute: Statute) -> bool:
        """Whether the procedure exists under a text."""
        return self.section is None or bool(statute.section(self.section))

    def complete(self, decision: Decision[P], start: Stage | None, cause: Cause | None) -> None:
        """Start what begins on entry to the new stage. ``start`` None: the filing; ``cause`` None: the platform.

        Raises UndeclaredStep, which is a bug, if a rule did something that the process does not declare.
        """
        text = decision.case.statute
        if start is None:
            self.process.refuse_undeclared_opening(decision.stage, text)
        else:
            self.process.refuse_undeclared(start, cause, decision.stage, text)
        for clock in self.process.begins(start, decision.stage, text):
            decision.start(clock)
        self.process.refuse_undeclared_clocks(start, decision.stage, decision.events, text)

    def new_case(self, request_id: str, statute: Statute, policy: Policy, application: Filed) -> P:
        """The case before anything has happened."""
        return self.case(request_id, statute, policy, application)

    def under(self, statute: Statute) -> Process:
        """The process under a text, without the commands that do not exist under it."""
        case = self.new_case("", statute, default_policy(), self.matter())

        def unknown(command: CommandName) -> bool:
            try:
                return self.rules[command].unavailable(case) is not None
            except (LookupError, Refused):
                return False  # depends on what is filed

        return self.process.without(unknown).under(statute)


def open_case(
    procedure: Procedure[P],
    case: P,
    actor: Actor,
    at: datetime,
    digests: Digests | None = None,
    places: frozenset[str] = frozenset({EVERYWHERE}),
) -> list[Event]:
    """The events that open a new case.

    The platform may open any procedure, as a case that follows from another; other roles must be in ``opened_by``. The
    party check comes last, so a caller that names no department learns first of everything else that is missing.
    Raises :class:`Refused` if the rules do not let the case be opened.
    """
    for_itself = actor.role is not Role.PLATFORM
    if for_itself and actor.role not in procedure.opened_by:
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    refuse_before_first_day(case.statute, at)
    if procedure.platform_files_for_requester and not for_itself:
        actor = Actor(role=Role.REQUESTER, org=case.requester.code, person=actor.person)
    decision = Decision(case, actor, at, Stage.CLOSED)
    procedure.begin(decision, digests or {})
    procedure.complete(decision, None, None)
    caller = Caller(actor.person or "", actor.org, frozenset({actor.role}), places)
    if for_itself and not opens_as(caller, actor.role, case.parties):
        raise Refused(RefusalCode.NOT_YOUR_TURN)
    return decision.events
