"""Checks that the current state of a case (row, clocks, messages) is what its events imply (现状核对).

The events are chained and append-only; but the row of a case, its clocks and the outbox can be updated by the database
role that writes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from background.archive.differing import Alteration
from domain.evidence import plain
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
LONGEST_SHOWN: Final = 64
"""Characters of a value that a sentence shows; the data have all of it."""


def altered_cases(engine: Engine, request_ids: Sequence[str]) -> Iterator[tuple[str, Sequence[Alteration]]]:
    """Those of these cases whose state differs from their events, each with what differs."""
    for start in range(0, len(request_ids), AT_ONCE):
        for case in standing_cases(engine, request_ids[start : start + AT_ONCE]):
            found = [*_differences(case, filed_as(engine, case))]
            if found:
                yield case.request_id, found


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


def _differences(case: StandingCase, filed: Mapping[str, Any]) -> Iterator[Alteration]:
    if not case.events:
        yield Alteration("seq", case.there.row.seq, None, "there is no event")
        return
    wanted = standing_of(case.events)
    yield from _fields("", "", case.there.row, wanted.row)
    for name, value in filed.items():
        there = case.filed_as[name]
        if there != value:
            yield Alteration(name, there, value, f"{name} is {_shown(repr(there))}, and was {_shown(repr(value))}")
    for number in sorted(wanted.clocks.keys() | case.there.clocks.keys()):
        clock, gives = case.there.clocks.get(number), wanted.clocks.get(number)
        if clock is not None and gives is not None:
            yield from _fields(f"clocks.{number}.", f"clock {number}: ", clock, gives)
        else:
            said = f"clock {number} is {'missing' if clock is None else 'of no event'}"
            yield Alteration(f"clocks.{number}", plain(clock), plain(gives), said)
    for digest in sorted(case.papers ^ case.papers_named):
        listed = digest in case.papers
        said = "is listed, and nothing names it" if listed else "is named, and not listed"
        yield Alteration(f"papers.{digest}", listed, not listed, f"the paper {_shown(digest)} {said}")


def _fields(path: str, of: str, there: Fixed, gives: Fixed) -> Iterator[Alteration]:
    for name in type(gives).model_fields:
        one, other = getattr(there, name), getattr(gives, name)
        if one != other:
            said = f"{of}{name} is {_shown(str(one))}, and the events give {_shown(str(other))}"
            yield Alteration(f"{path}{name}", plain(one), plain(other), said)


def _shown(value: str) -> str:
    """A value for a sentence: a digest whole, what is longer cut."""
    return value if len(value) <= LONGEST_SHOWN else f"{value[: LONGEST_SHOWN - 1]}…"
