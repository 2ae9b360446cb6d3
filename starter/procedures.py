"""What each procedure takes and does, told from its rules: for those who file and act without reading code."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.clocks import ClockId
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.procedure import Procedure
from domain.engine.records import Actor
from domain.engine.rules import CommandRule
from domain.messages import Language, label
from domain.policy import default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.loader import packaged_statutes
from domain.words import Basis, CommandName, ProcedureName, Role, SharingClass, Stage, Unit
from procedures.registry import PROCEDURES


class Told(BaseModel):
    """A part of what is told of a procedure. Fields are only ever added."""

    model_config = ConfigDict(frozen=True)


class StageTold(Told):
    """A stage, and whose move it is there; no role where that differs by statute."""

    stage: Stage
    label: str
    waits_for: list[Role]


class CommandTold(Told):
    """A command: who may give it in which stages, and the JSON schema of its fields."""

    command: CommandName
    label: str
    by: list[Role]
    stages: list[Stage]
    fields: dict[str, Any]


class LimitTold(Told):
    """What a clock runs for under a statute, or by the operator's policy (`statute` null)."""

    statute: str | None
    basis: Basis
    article: str | None
    sharing_class: SharingClass | None
    amount: int
    unit: Unit


class ClockTold(Told):
    """A limit of a procedure. Without any row its length is decided in each case."""

    clock: ClockId
    label: str
    limits: list[LimitTold]


class ProcedureTold(Told):
    """A procedure (办理程序): what is filed, by whom, under which statutes, and what may be done then."""

    procedure: ProcedureName
    label: str
    opened_by: list[Role]
    required: dict[str, list[str]] = Field(
        description="The statutes that have it, each with what a filing must state there."
    )
    request: dict[str, Any] = Field(description="The JSON schema of what is filed.")
    stages: list[StageTold]
    commands: list[CommandTold]
    clocks: list[ClockTold]


@cache
def told(name: ProcedureName, language: Language) -> ProcedureTold:
    """All of one procedure, in the reader's language. Raises KeyError for one that is not there."""
    procedure = PROCEDURES[name]
    return ProcedureTold(
        procedure=name,
        label=label("procedure", name, language),
        opened_by=list(procedure.opened_by),
        required=dict(required(procedure)),
        request=schema_of(procedure.matter),
        stages=[_stage(procedure, stage, language) for stage in stages_of(procedure)],
        commands=[_command(rule, language) for rule in procedure.rules.values()],
        clocks=[_clock(clock, language) for clock in procedure.process.clocks],
    )


def stages_of(procedure: Procedure[Any]) -> Sequence[Stage]:
    """The stages of a procedure, in the order of the texts; the last is its end."""
    return [*procedure.process.open_stages, Stage.CLOSED]


def required(procedure: Procedure[Any]) -> Mapping[str, list[str]]:
    """The statutes that have a procedure, each with what a filing must state: its rules are asked with an empty one."""
    found = {}
    for statute in packaged_statutes().values():
        case = procedure.new_case("", statute, default_policy(), procedure.matter())
        decision = Decision(case, Actor(role=procedure.opened_by[0]), datetime.now(UTC), Stage.CLOSED)
        try:
            procedure.begin(decision, {})
        except Refused as refusal:
            if refusal.code is not RefusalCode.PROCEDURE_NOT_AVAILABLE:
                found[statute.id] = [name for name in refusal.details.get("fields", "").split(", ") if name]
        else:
            found[statute.id] = []
    return found


def schema_of(says: type[Filed]) -> dict[str, Any]:
    """The JSON schema of what may be said."""
    return says.model_json_schema()


def _stage(procedure: Procedure[Any], stage: Stage, language: Language) -> StageTold:
    roles = list(procedure.process[stage].waits_for) if stage in procedure.process else []
    return StageTold(stage=stage, label=label("stage", stage, language), waits_for=roles)


def _command(rule: CommandRule[Any], language: Language) -> CommandTold:
    return CommandTold(
        command=rule.name,
        label=label("command", rule.name, language),
        by=list(rule.by),
        stages=list(rule.stages),
        fields=schema_of(rule.says),
    )


def _clock(clock: ClockId, language: Language) -> ClockTold:
    limits = [
        LimitTold(
            statute=statute.id,
            basis=Basis.STATUTE,
            article=each.clause.article,
            sharing_class=limit.sharing_class,
            amount=each.amount,
            unit=each.unit,
        )
        for statute in packaged_statutes().values()
        for limit in statute.limits
        if limit.clock == clock
        for each in (limit, limit.overall)
        if each is not None
    ]
    own = default_policy().limits.get(clock)
    if own is not None:
        limits.append(
            LimitTold(
                statute=None,
                basis=Basis.POLICY,
                article=None,
                sharing_class=None,
                amount=own.amount,
                unit=own.unit,
            )
        )
    return ClockTold(clock=clock, label=label("clock", clock, language), limits=limits)
