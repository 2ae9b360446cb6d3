"""Extensions (延期), requested and approved while a limit runs, with the same rules in all procedures.

All extensions of a case together stay within the text's maximum, and nobody approves an own request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from domain.clocks import ClockId
from domain.engine.commands import Nothing, Reasoned, RequestExtension
from domain.engine.decision import Decision, Refused
from domain.engine.process import STAYS, Condition, OfCommands
from domain.engine.records import Clock, Event, NumberedEvent
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import Basis, ClockState, CommandName, EventType, Role, Stage

EXTENSION: Final[Mapping[CommandName, Sequence[Stage]]] = {
    CommandName.REQUEST_EXTENSION: STAYS,
    CommandName.APPROVE_EXTENSION: STAYS,
    CommandName.DENY_EXTENSION: STAYS,
}
"""The three commands, for the declaration of a stage whose limit may be extended."""


def extension_only(may_be_extended: Condition) -> OfCommands:
    """The condition under which the three commands exist, for the declaration of a stage."""
    return dict.fromkeys(EXTENSION, may_be_extended)


class ExtensionRule(Protocol):
    """How far a text lets a limit be extended, and the clause."""

    @property
    def at_most(self) -> int:
        """The maximum of all extensions together, in working days."""

    @property
    def clause(self) -> Clause:
        """The clause that allows it."""


class Extended(Protocol):
    """Part of a case: the requested and the approved extensions, in working days."""

    @property
    def extension_asked(self) -> int | None:
        """The request that waits for an answer."""

    @property
    def extension_days(self) -> int:
        """The extensions approved so far."""


P = TypeVar("P", bound=Any)
"""A case whose facts are those of :class:`Extended` as well."""


@dataclass(frozen=True)
class MayBeExtended(Generic[P]):
    """Which limit of a procedure may be extended, and how to find the rule in the text of a case.

    ``otherwise``: the clause of the limit itself, cited if the text allows no extension.
    """

    clock: ClockId
    rule: Callable[[P], ExtensionRule | None]
    otherwise: Callable[[P], Clause | None]

    def enter(self, book: RuleBook[P]) -> None:
        """Enter the three commands in a procedure's book."""
        common: dict[str, Any] = {"unavailable": self._not_provided}
        book.command(
            CommandName.REQUEST_EXTENSION,
            by=[Role.PROVIDER],
            says=RequestExtension,
            when=self._none_asked_yet,
            **common,
        )(self.request_extension)
        book.command(
            CommandName.APPROVE_EXTENSION,
            by=[Role.BUREAU, Role.PROVIDER],
            says=Nothing,
            when=self._asked_of_somebody_else,
            **common,
        )(self.approve_extension)
        book.command(
            CommandName.DENY_EXTENSION,
            by=[Role.BUREAU],
            says=Reasoned,
            when=self._asked,
            **common,
        )(self.deny_extension)

    def request_extension(self, decision: Decision[P], said: RequestExtension) -> None:
        """申请延期, before the limit ends; all extensions together stay within the text's maximum."""
        rule = self._rule(decision.case)
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, rule.clause)
        if decision.case.extension_days + said.working_days > rule.at_most:
            raise Refused(RefusalCode.EXTENSION_TOO_LONG, rule.clause, at_most=str(rule.at_most))
        decision.note(EventType.EXTENSION_REQUESTED, rule.clause, reason=said.reason, working_days=said.working_days)

    def approve_extension(self, decision: Decision[P], _: Nothing) -> None:
        """同意延期: a longer clock supersedes the running one. A provider cannot approve its own request."""
        clause, clock = self._rule(decision.case).clause, self._running(decision.case)
        days = decision.case.extension_asked or 0
        decision.note(EventType.EXTENSION_APPROVED, clause, working_days=days)
        decision.replace(clock, "extension", clause, clock.amount + days)

    def deny_extension(self, decision: Decision[P], said: Reasoned) -> None:
        """不同意延期, with the reason; the limit stays."""
        clause = self._rule(decision.case).clause
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
        decision.note(EventType.EXTENSION_DENIED, clause, reason=said.reason)

    # Preconditions

    def _not_provided(self, case: P) -> Refused | None:
        if self.rule(case) is not None:
            return None
        return Refused(RefusalCode.EXTENSION_NOT_PROVIDED, self.otherwise(case))

    def _rule(self, case: P) -> ExtensionRule:
        rule = self.rule(case)
        if rule is None:
            raise LookupError(f"{case.statute.id} knows no extension")
        return rule

    def _running(self, case: P) -> Clock:
        """The text's own limit while it runs: one that has passed, or was kept, cannot be extended."""
        clock: Clock | None = case.open_clock(self.clock)
        if clock is None or clock.state is not ClockState.RUNNING or clock.basis is not Basis.STATUTE:
            raise Refused(RefusalCode.WRONG_STAGE, self._rule(case).clause, why="limit_has_passed")
        return clock

    def _none_asked_yet(self, case: P, _: Role) -> None:
        self._running(case)
        if case.extension_asked is not None:
            raise Refused(RefusalCode.WRONG_STAGE, self._rule(case).clause, why="extension_pending")

    def _asked(self, case: P, _: Role) -> None:
        if case.extension_asked is None:
            raise Refused(RefusalCode.WRONG_STAGE, self._rule(case).clause, why="no_extension_asked")

    def _asked_of_somebody_else(self, case: P, role: Role) -> None:
        if role is Role.PROVIDER:
            raise Refused(RefusalCode.EXTENSION_NEEDS_CONSENT, self._rule(case).clause)
        self._asked(case, role)
        self._running(case)


def extensions_after(case: Extended, event: Event | NumberedEvent) -> dict[str, Any]:
    """The changes that an event about extensions makes to a case; none for any other event."""
    match event.type:
        case EventType.EXTENSION_REQUESTED:
            return {"extension_asked": event.data["working_days"]}
        case EventType.EXTENSION_APPROVED:
            return {"extension_asked": None, "extension_days": case.extension_days + event.data["working_days"]}
        case EventType.EXTENSION_DENIED:
            return {"extension_asked": None}
        case _:
            return {}
