"""Checks that the current state of a case (row, clocks, messages) is what its events imply (现状核对).

The events are chained and append-only; but the row of a case, its clocks and the outbox can be updated by the database
role that writes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from domain.model import Fixed
from domain.rule_texts import KNOWN
from domain.words import ProcedureName
from ledger.engine import Engine
from ledger.queries.standing import StandingCase, standing_cases, write_standing
from ledger.rule_text_store import RuleTextStore
from ledger.standing import standing_of
from procedures.registry import PROCEDURES
from protocol.names import workflow_id

AT_ONCE: Final = 50
"""Cases kept in memory at once, with all of their events."""


def altered_cases(engine: Engine, request_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Those of these cases whose state differs from their events, each with the differences in words."""
    for start in range(0, len(request_ids), AT_ONCE):
        for case in standing_cases(engine, request_ids[start : start + AT_ONCE]):
            said = [*_differences(case, filed_as(engine, case))]
            if said:
                yield case.request_id, "; ".join(said)


def mend_case(engine: Engine, request_id: str) -> bool:
    """Rewrite a case's state from its events; returns whether it is right now. Skips a case that changes meanwhile."""
    [case] = standing_cases(engine, [request_id])
    if not case.events:
        return False
    wanted = standing_of(case.events)
    return write_standing(engine, request_id, case.events[-1].digest, wanted, filed_as(engine, case))


def filed_as(engine: Engine, case: StandingCase) -> Mapping[str, Any]:
    """The columns of a case's row that come from the filing, and the id of its workflow."""
    RuleTextStore(engine).fetch(*case.texts)
    statute, policy = case.texts
    procedure = PROCEDURES[ProcedureName(case.procedure)]
    matter = procedure.matter.model_validate(dict(case.application))
    filed = procedure.new_case(case.request_id, KNOWN.statute(statute), KNOWN.policy(policy), matter)
    return {
        "requester_name": filed.requester.name,
        "provider_name": filed.provider.name,
        "resource_name": filed.resource.name or "",
        "workflow_id": workflow_id(case.request_id),
    }


def _differences(case: StandingCase, filed: Mapping[str, Any]) -> Iterator[str]:
    if not case.events:
        yield "there is no event"
        return
    wanted = standing_of(case.events)
    yield from _fields("", case.there.row, wanted.row)
    for name, value in filed.items():
        if case.filed_as[name] != value:
            yield f"{name} is {case.filed_as[name]!r:.60}, and was {value!r:.60}"
    for number in sorted(wanted.clocks.keys() | case.there.clocks.keys()):
        there, gives = case.there.clocks.get(number), wanted.clocks.get(number)
        if there is None or gives is None:
            yield f"clock {number} is {'missing' if there is None else 'of no event'}"
        else:
            yield from _fields(f"clock {number}: ", there, gives)


def _fields(of: str, there: Fixed, gives: Fixed) -> Iterator[str]:
    for name in type(gives).model_fields:
        one, other = getattr(there, name), getattr(gives, name)
        if one != other:
            yield f"{of}{name} is {one!s:.60}, and the events give {other!s:.60}"
