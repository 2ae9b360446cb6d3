"""What a play is held against, and how it is told."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.engine.records import Clock
from domain.words import Basis, EventType
from embedded.simulate.player import PlayedCase
from protocol.names import workflow_id

CLOCK_KEYS = (
    *("id", "basis", "article", "quote", "started_at", "amount", "unit"),
    *("due_date", "due_at", "provisional", "calendar_edition", "state"),
)


def mismatches(played: PlayedCase) -> list[str]:
    """Where the play differs from what its scenario expects, one sentence each; empty: all as expected."""
    return [
        *played.unexpected,
        *_case(played),
        *_clocks(played),
        *_events(played),
        *_opened(played),
        *_findings(played),
    ]


def _case(played: PlayedCase) -> Iterator[str]:
    expect = played.scenario.expect
    if expect.refused is not None:
        code = played.refused[0].code if played.refused and played.refused[0].step == 0 else None
        if code != expect.refused:
            yield f"the filing was {f'refused with {code}' if code else 'accepted'}, not refused with {expect.refused}"
        return
    if played.case is None:
        return
    for field in ("stage", "outcome"):
        wanted, is_ = getattr(expect, field), getattr(played.case, field)
        if field in expect.model_fields_set and wanted != is_:
            yield f"{field} is {is_ or 'null'}, not {wanted or 'null'}"


def _clocks(played: PlayedCase) -> Iterator[str]:
    if played.case is None:
        return
    for number, wanted in enumerate(played.scenario.expect.clocks):
        keys = wanted.model_fields_set
        records = [_as_expected(clock, played.scenario.statute) for clock in played.clocks]
        if not any(all(record[key] == getattr(wanted, key) for key in keys) for record in records):
            there = [_brief(clock) for clock in played.clocks if clock.id == wanted.id]
            shown = ", ".join(f"{key} {getattr(wanted, key)}" for key in sorted(keys))
            yield f"expect.clocks[{number}]: no clock with {shown}; there is {'; '.join(there) or 'none of that id'}"


def _as_expected(clock: Clock, statute: str) -> Mapping[str, Any]:
    """A clock record with the regulation of its limit, which is the case's own statute where it says none."""
    own = statute if clock.basis is Basis.STATUTE else None
    return {**{name: getattr(clock, name) for name in CLOCK_KEYS}, "statute": clock.statute or own}


def _events(played: PlayedCase) -> Iterator[str]:
    found = [event.type for event in played.events]
    position = 0
    if played.case is None:
        return
    for number, wanted in enumerate(played.scenario.expect.events):
        try:
            position = found.index(wanted, position) + 1
        except ValueError:
            yield f"expect.events[{number}]: {wanted} is not there in this order; there are {', '.join(found)}"
            return


def _opened(played: PlayedCase) -> Iterator[str]:
    if "opened" not in played.scenario.expect.model_fields_set or played.case is None:
        return
    wanted = [procedure.value for procedure in played.scenario.expect.opened]
    there = [case["procedure"] for case in opened_cases(played)]
    if wanted != there:
        yield f"expect.opened: {', '.join(there) or 'none'} opened, not {', '.join(wanted) or 'none'}"


def _findings(played: PlayedCase) -> Iterator[str]:
    if "findings" not in played.scenario.expect.model_fields_set or played.case is None:
        return
    wanted = list(played.scenario.expect.findings)
    there = [str(found) for event in played.events for found in event.data.get("findings") or ()]
    if wanted != there:
        yield f"expect.findings: {', '.join(there) or 'none'} noted, not {', '.join(wanted) or 'none'}"


def opened_cases(played: PlayedCase) -> list[dict[str, str]]:
    """The cases that this one opened: their procedures and ids."""
    return [
        {"procedure": event.data["procedure"], "request_id": event.data["request_id"]}
        for event in played.events
        if event.type is EventType.CASE_OPENED
    ]


def as_json(played: PlayedCase, differences: list[str]) -> dict[str, Any]:
    """The play as plain data: what ``shareflow simulate --json`` prints for a file."""
    case = played.case
    refused = next((r.code for r in played.refused if r.step == 0), None)
    return {
        "name": played.scenario.name,
        "procedure": played.scenario.procedure,
        "statute": played.scenario.statute,
        "request_id": played.request_id,
        "stage": case.stage if case else None,
        "outcome": case.outcome if case else None,
        "refused": refused,
        "clocks": [clock_json(clock, played.scenario.statute) for clock in played.clocks],
        "events": [event.model_dump(mode="json") for event in played.events],
        "opened": opened_cases(played),
        "refused_steps": [vars(step) for step in played.refused],
        "mismatches": differences,
        "workflow": {
            "id": workflow_id(played.request_id) if played.request_id else None,
            "run_id": played.run_id,
            "history_length": played.history_length,
        },
    }


def clock_json(clock: Clock, statute: str) -> Mapping[str, Any]:
    """A clock record with the keys of the contract; ``statute`` is the case's own, for limits that stand in it."""
    data = clock.model_dump(mode="json")
    own = statute if clock.basis is Basis.STATUTE else None
    return {**{key: data[key] for key in CLOCK_KEYS}, "statute": clock.statute or own}


def _brief(clock: Clock) -> str:
    return f"due {clock.due_date} {clock.state}"
