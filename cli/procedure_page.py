"""A procedure on a page: what is filed, its stages, commands and limits."""

import typer

from cli.options import word
from cli.output import print_json, print_table
from domain.messages import label
from domain.words import Basis, ProcedureName
from procedures.registry import PROCEDURES
from starter.errors import InvalidInput
from starter.procedures import ClockTold, LimitTold, ProcedureTold, told


def list_all(as_json: bool) -> None:
    """All procedures."""
    found = [told(name, "zh") for name in PROCEDURES]
    if as_json:
        print_json([procedure.model_dump(mode="json") for procedure in found])
        return
    print_table(
        "办理程序 Procedures",
        ("procedure", "名称", "opened by", "statutes"),
        ((x.procedure, x.label, ", ".join(x.opened_by), ", ".join(x.required)) for x in found),
    )


def show(text: str, as_json: bool) -> None:
    """One procedure. Raises InvalidInput for one that is not there."""
    name = word(ProcedureName, text, "procedure")
    if name not in PROCEDURES:
        raise InvalidInput(f"There is no procedure {name} here.")
    procedure = told(name, "zh")
    if as_json:
        print_json(procedure.model_dump(mode="json"))
        return
    typer.echo(f"{procedure.procedure} {procedure.label} {label('procedure', name, 'en')}")
    typer.echo(f"opened by {', '.join(procedure.opened_by)}")
    _filing(procedure)
    print_table(
        "阶段 Stages",
        ("stage", "名称", "waits for"),
        ((x.stage, x.label, ", ".join(x.waits_for)) for x in procedure.stages),
    )
    print_table(
        "办理动作 Commands",
        ("command", "名称", "by", "in stage", "fields"),
        (
            (x.command, x.label, ", ".join(x.by), ", ".join(x.stages), ", ".join(x.fields.get("properties", {})))
            for x in procedure.commands
        ),
    )
    print_table("时限 Limits", ("clock", "名称", "runs"), ((x.clock, x.label, _limits(x)) for x in procedure.clocks))


def _filing(procedure: ProcedureTold) -> None:
    print_table(
        "申请内容 What is filed",
        ("statute", "must state"),
        ((statute, ", ".join(fields)) for statute, fields in procedure.required.items()),
    )
    typer.echo(f"may state: {', '.join(procedure.request.get('properties', {}))}")


def _limits(clock: ClockTold) -> str:
    return "\n".join(_limit(limit) for limit in clock.limits) or label("basis", Basis.DECISION, "zh")


def _limit(limit: LimitTold) -> str:
    amount = f"{limit.amount}{label('unit', limit.unit, 'zh')}"
    if limit.statute is None:
        return f"{amount} {label('basis', limit.basis, 'zh')} policy"
    only = f" {label('sharing_class', limit.sharing_class, 'zh')}" if limit.sharing_class else ""
    return f"{amount} {limit.statute} 第{limit.article}条{only}"
