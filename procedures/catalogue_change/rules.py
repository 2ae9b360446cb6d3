"""Catalogue change (目录更新): after a change of law, function or content the department updates its entries.

The limit runs from the day of the change, not from the day on which it is filed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import Nothing, Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed, Party, Resource
from domain.engine.procedure import Digests
from domain.engine.records import Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.engine.rules import RuleBook
from domain.field_types import Code, Day, ShortText, Text, Truth
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause, Earlier, Limit, Statute
from domain.statutes.sections import CatalogueExtension, CatalogueRules
from domain.words import (
    Basis,
    ClockState,
    CommandName,
    EventType,
    Outcome,
    ProcedureName,
    Role,
    ServiceMode,
    SharingClass,
    Stage,
)
from procedures.catalogue_change.contents import findings
from procedures.common.extensions import MayBeExtended, extensions_after
from procedures.common.filing import code_and_name, refuse_unless_given, refuse_unless_past
from procedures.common.parties import OfOneDepartment
from procedures.common.supervision import may_be_supervised, take_back


class EntryBasis(Filed):
    """The legal basis (依据) of an entry that is not shared fully: its kind, and the provision."""

    kind: ShortText | None = None
    text: Text | None = None


class CatalogueEntry(Filed):
    """One entry of the catalogue (目录条目) as it shall be; ``reason``: why it is not shared fully (理由).

    Its provider (提供单位) is the department that submits it.
    """

    code: Code | None = None
    name: ShortText | None = None
    sharing_class: SharingClass | None = None
    basis: EntryBasis | None = None
    reason: Text | None = None
    scope: Text | None = None
    conditions: Text | None = None
    data_items: Text | None = None
    data_format: ShortText | None = None
    update_frequency: ShortText | None = None
    service_mode: ServiceMode | None = None
    classification: ShortText | None = None


Entries = Annotated[tuple[CatalogueEntry, ...], Field(max_length=500)]


class CatalogueChange(Filed):
    """What has changed, on which day, and the department whose part of the catalogue it concerns."""

    department: Party = Party()
    trigger: ShortText | None = None
    occurred_on: Day | None = None
    what: Text | None = None
    entries: Entries = ()


@dataclass(frozen=True)
class CatalogueChangeCase(OfOneDepartment, RuledCase[CatalogueRules]):
    """One change of the catalogue, from what made it necessary to its publication."""

    procedure: ClassVar[ProcedureName] = ProcedureName.CATALOGUE_CHANGE

    application: CatalogueChange
    extension_asked: int | None = None
    extension_days: int = 0
    entries: tuple[CatalogueEntry, ...] = ()
    """The entries last submitted."""

    @property
    def resource(self) -> Resource:
        """The first entry, or, without one, what has changed."""
        entries = self.entries or self.application.entries
        if len(entries) == 1:
            return Resource(code=entries[0].code, name=entries[0].name, sharing_class=entries[0].sharing_class)
        return Resource(name=(self.application.what or "")[:200] or None)

    def begins(self, limit: Limit) -> bool:
        """Only changes named by the text start its limit: 809 art. 17 names laws and functions, not other changes."""
        return not limit.triggers or self.application.trigger in (None, *limit.triggers)

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates the submitted entries and the extensions."""
        if event.type is EventType.UPDATE_SUBMITTED:
            return {"entries": tuple(CatalogueEntry.model_validate(entry) for entry in event.data["entries"])}
        return extensions_after(self, event)


RULES: RuleBook[CatalogueChangeCase] = RuleBook()


def begin(decision: Decision[CatalogueChangeCase], digests: Digests) -> None:
    """登记变化: the limit of the update runs from the day of the change, which may lie in the past."""
    rules, said = decision.case.rules, decision.case.application
    change = {"trigger": said.trigger, "occurred_on": said.occurred_on, "what": said.what}
    refuse_unless_given({**code_and_name(department=said.department), **change}, rules.clause)
    if said.trigger not in rules.triggers:
        raise Refused(RefusalCode.GROUND_NOT_LISTED, rules.clause, listed=", ".join(rules.triggers))
    assert said.occurred_on is not None
    refuse_unless_past("occurred_on", said.occurred_on, day_of(decision.at), rules.clause)
    decision.stage = Stage.CATALOGUE_UPDATE
    decision.file(
        rules.clause,
        digests,
        provider=said.department.code,
        trigger=said.trigger,
        occurred_on=said.occurred_on.isoformat(),
    )
    decision.start_since(ClockId.CATALOGUE_UPDATE, said.occurred_on)


# A longer limit (延长更新期限)


def _text_of_the_change(case: CatalogueChangeCase) -> Statute | Earlier | None:
    """The text in force on the day of the change, which governs the limit."""
    day = case.application.occurred_on
    return case.statute.text_on(day) if day else case.statute


def _extension(case: CatalogueChangeCase) -> CatalogueExtension | None:
    rules, text = case.rules, _text_of_the_change(case)
    limit = text.limit(ClockId.CATALOGUE_UPDATE, case.limit_class) if text else None
    if limit is None or not case.begins(limit):
        return None
    if text is case.statute:
        return rules.extension
    return text.extension if isinstance(text, Earlier) else None


def _update_clause(case: CatalogueChangeCase) -> Clause | None:
    text = _text_of_the_change(case)
    limit = text.limit(ClockId.CATALOGUE_UPDATE, case.limit_class) if text else None
    return limit.clause if limit and case.begins(limit) else case.rules.clause


# The update (更新, 审核, 发布)


class Submitting(Filed):
    """The entries as they shall be; may be left out if the filing has named them already.

    Also states what was done before: assessments of the risk to secrets and of the effect on personal information, and
    the consent of the department's head.
    """

    entries: Entries = ()
    secrecy_assessment: Truth = False
    privacy_assessment: Truth = False
    head_consent: Truth = False


@RULES.command(CommandName.SUBMIT_UPDATE, by=[Role.PROVIDER], says=Submitting)
def submit_update(decision: Decision[CatalogueChangeCase], said: Submitting) -> None:
    """报送更新: each entry must state what the text requires of its class; then the bureau reviews.

    What else the text asks for, in entries or as prior assessments, is noted as a finding if it is left out.
    """
    rules = decision.case.rules
    entries = said.entries or decision.case.entries or decision.case.application.entries
    refuse_unless_stated(entries, rules)
    decision.stage = Stage.CATALOGUE_REVIEW
    written = [entry.model_dump(mode="json", exclude_none=True) for entry in entries]
    noted = findings(said, entries, rules).noted()
    declared = said.model_dump(exclude={"entries"}, exclude_defaults=True)
    decision.note(EventType.UPDATE_SUBMITTED, _update_clause(decision.case), entries=written, **declared, **noted)
    unshared = [entry.code for entry in entries if entry.sharing_class is SharingClass.NOT_SHARED]
    if rules.record is not None and unshared:
        decision.note(EventType.FILED_FOR_RECORD, rules.record, to=Role.BUREAU.value, entries=unshared)
    decision.meet(ClockId.CATALOGUE_UPDATE)
    decision.start(ClockId.CATALOGUE_REVIEW)


def refuse_unless_stated(entries: Sequence[CatalogueEntry], rules: CatalogueRules) -> None:
    """Raises Refused for the first entry that does not state what the text requires of its class."""
    missing = [
        f"entries[{place}].{name}"
        for place, entry in enumerate(entries)
        for name in ("code", "name", "sharing_class")
        if not getattr(entry, name)
    ]
    if missing or not entries:
        fields = ", ".join(missing) or "entries"
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.clause, fields=fields)
    for entry in entries:
        if entry.sharing_class is SharingClass.NOT_SHARED:
            _needs_basis(entry, rules.not_shared_basis, rules.bases)
            _needs_reason(entry, rules)
        elif entry.sharing_class is SharingClass.CONDITIONAL:
            _needs_basis(entry, rules.conditional_basis, rules.conditional_bases)
            _needs_conditions(entry, rules)


def _needs_basis(entry: CatalogueEntry, clause: Clause | None, kinds: Sequence[str]) -> None:
    basis = entry.basis
    if clause is None or (basis is not None and basis.kind in kinds and basis.text):
        return
    raise Refused(RefusalCode.CATALOGUE_BASIS_REQUIRED, clause, entry=entry.code or "", listed=", ".join(kinds))


def _needs_reason(entry: CatalogueEntry, rules: CatalogueRules) -> None:
    if rules.not_shared_reason is not None and not entry.reason:
        said = {"entry": entry.code or "", "listed": ", ".join(rules.bases)}
        code, clause = RefusalCode.CATALOGUE_BASIS_REQUIRED, rules.not_shared_reason
        raise Refused(code, clause, why="reason_not_stated", **said)


def _needs_conditions(entry: CatalogueEntry, rules: CatalogueRules) -> None:
    missing = [name for name in rules.conditional_states if not getattr(entry, name)]
    if rules.conditional is not None and missing:
        code = RefusalCode.CATALOGUE_CONDITIONS_REQUIRED
        raise Refused(code, rules.conditional, entry=entry.code or "", listed=", ".join(missing))


MayBeExtended(ClockId.CATALOGUE_UPDATE, _extension, _update_clause).enter(RULES)


@RULES.command(CommandName.APPROVE_UPDATE, by=[Role.BUREAU], says=Nothing)
def approve_update(decision: Decision[CatalogueChangeCase], _: Nothing) -> None:
    """审核通过并发布: the catalogue has the entries from now on."""
    review = _review_clause(decision.case)
    decision.note(EventType.UPDATE_APPROVED, review)
    codes = [entry.code for entry in decision.case.entries]
    decision.note(EventType.CATALOGUE_PUBLISHED, review, entries=codes)
    decision.meet(ClockId.CATALOGUE_REVIEW)
    decision.close(Outcome.UPDATED)


@RULES.command(CommandName.RETURN_UPDATE, by=[Role.BUREAU], says=Reasoned)
def return_update(decision: Decision[CatalogueChangeCase], said: Reasoned) -> None:
    """退回修改, with the reason. Submitting met the text's limit; the correction gets the operator's limit."""
    review = _review_clause(decision.case)
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, review)
    decision.stage = Stage.CATALOGUE_UPDATE
    decision.note(EventType.UPDATE_RETURNED, review, reason=said.reason)
    decision.meet(ClockId.CATALOGUE_REVIEW)
    own = decision.case.policy.limit(ClockId.CATALOGUE_UPDATE)
    decision.order(ClockId.CATALOGUE_UPDATE, Basis.POLICY, None, own.amount, own.unit, decision.at)


def _review_clause(case: CatalogueChangeCase) -> Clause:
    rules = case.rules
    return rules.review or rules.clause


def _lets_nobody_off(case: CatalogueChangeCase, role: Role) -> None:
    """Neither side may release itself from its duty: the department from the update, the bureau from its review.

    A department may withdraw only its own filing (误报), and not once its limit was missed. The bureau may withdraw any
    as long as the department has to act, but none that waits for its own review.
    """
    rules = case.rules
    if role is Role.BUREAU:
        if case.stage is Stage.CATALOGUE_REVIEW:
            raise Refused(RefusalCode.NOT_YOUR_TURN, rules.review or rules.clause)
        return
    late = (ClockState.BREACHED, ClockState.MET_LATE)
    missed = any(x.id is ClockId.CATALOGUE_UPDATE and x.state in late for x in case.clocks.values())
    if case.opener is not Role.PROVIDER or missed:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rules.clause)


@RULES.command(CommandName.WITHDRAW, by=[Role.PROVIDER, Role.BUREAU], says=Reasoned, when=_lets_nobody_off)
def withdraw(decision: Decision[CatalogueChangeCase], said: Reasoned) -> None:
    """撤回: the change was filed in error, and why."""
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, decision.case.rules.clause)
    take_back(decision, said)


may_be_supervised(RULES)
