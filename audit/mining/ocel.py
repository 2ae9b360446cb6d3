"""OCEL 2.0, the object-centric event log, as JSON: cases, clocks, departments and resources, and what befell them.

Events are written as they come. Objects stand behind them: they wait in a file of their own, so that memory grows with
the number of departments and resources alone.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, Final

from audit.mining.happenings import ABOUT_CLOCKS, Happening, happenings
from audit.replay.case import RecordedCase
from domain.codes import code_key
from domain.engine.evolve import fold_clock
from domain.engine.filed import Party
from domain.engine.records import Clock
from domain.evidence import instant_text
from domain.words import EventType, Role

OF_EVENTS: Final = ("seq", "stage", "role", "statute", "article")
OF_OBJECTS: Final[Mapping[str, Sequence[str]]] = {
    "case": ("procedure", "statute", "stage", "outcome"),
    "clock": ("kind", "basis", "article", "statute", "due_date", "provisional", "state"),
    "department": ("code", "name"),
    "resource": ("code", "name", "sharing_class"),
}
ALWAYS: Final = "1970-01-01T00:00:00Z"
"""The time of an attribute that an object has from the beginning."""

Relation = tuple[str, str]
"""The object that is meant, and in what capacity (the qualifier)."""


def ocel_text(cases: Iterable[RecordedCase]) -> Iterator[str]:
    """The log of these cases, piece by piece."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        objects = _Objects(waiting)
        yield f'{{"eventTypes":{_types({it.value: OF_EVENTS for it in EventType})},'
        yield f'"objectTypes":{_types(OF_OBJECTS)},"events":['
        before = "\n"
        for recorded in cases:
            for each in happenings(recorded):
                yield before + _json(_event(recorded, each, objects))
                before = ",\n"
            _note_case(recorded, objects)
        yield '\n],"objects":[\n'
        waiting.seek(0)
        yield from waiting
        yield "]}\n"


class _Objects:
    """The objects of a log, each written once."""

    def __init__(self, waiting: IO[str]) -> None:
        self._waiting = waiting
        self._shared: set[str] = set()
        self._begun = False

    def add(self, id_: str, type_: str, attributes: Iterable[Mapping[str, str]], relations: Iterable[Relation]) -> None:
        """Note an object that nothing else names twice."""
        said = {"id": id_, "type": type_, "attributes": list(attributes), "relationships": _relations(relations)}
        self._waiting.write(f"{',' if self._begun else ''}{_json(said)}\n")
        self._begun = True

    def shared(self, type_: str, code: str | None, **said: str | None) -> str | None:
        """The id of an object that many cases name; None for one without a code."""
        if not code:
            return None
        id_ = f"{type_}:{code_key(code) if type_ == 'department' else code}"
        if id_ not in self._shared:
            self._shared.add(id_)
            self.add(id_, type_, _attributes({"code": code, **said}), ())
        return id_

    def department(self, party: Party) -> str | None:
        """The id of a department."""
        return self.shared("department", party.code, name=party.name)


def _event(recorded: RecordedCase, each: Happening, objects: _Objects) -> Mapping[str, Any]:
    event, case = each.event, recorded.unfiled
    said = {"seq": str(event.seq), "stage": event.stage, "role": event.actor.role, "statute": event.statute}
    told = {**said, "article": event.article}
    relations: list[tuple[str | None, str]] = [(recorded.request_id, "in")]
    if each.clock is not None:
        relations.append((_clock_id(recorded, each.clock), ABOUT_CLOCKS[event.type]))
    if event.actor.role is not Role.PLATFORM:
        relations.append(
            (objects.shared("department", event.actor.org, name=_name_of(recorded, event.actor.org)), "by")
        )
    if event.type is EventType.FILED:
        relations.append((objects.department(case.provider), "to"))
        relations.append((_resource(recorded, objects), "about"))
    return {
        "id": f"{recorded.request_id}#{event.seq}",
        "type": event.type.value,
        "time": instant_text(event.at),
        "attributes": [{"name": name, "value": value} for name, value in told.items() if value is not None],
        "relationships": _relations((id_, how) for id_, how in relations if id_ is not None),
    }


def _note_case(recorded: RecordedCase, objects: _Objects) -> None:
    """The case itself and its clocks, each with what became of it."""
    case, stages, states = recorded.unfiled, [], dict[int, list[Mapping[str, str]]]()
    clocks: Mapping[int, Clock] = {}
    stage: str | None = None
    for event in recorded.events:
        if event.stage != stage:
            stage = event.stage
            stages.append(_attribute("stage", stage, event.at))
        before, clocks = clocks, fold_clock(clocks, event)
        for number, clock in clocks.items():
            if number not in before or before[number].state is not clock.state:
                states.setdefault(number, []).append(_attribute("state", clock.state, event.at))
        if event.type is EventType.CLOSED:
            stages.append(_attribute("outcome", str(event.data["outcome"]), event.at))
    said = _attributes({"procedure": recorded.procedure.name, "statute": recorded.statute.id})
    related = [
        (objects.department(case.requester), "requester"),
        (objects.department(case.provider), "provider"),
        (_resource(recorded, objects), "about"),
    ]
    objects.add(recorded.request_id, "case", (*said, *stages), ((id_, how) for id_, how in related if id_ is not None))
    for number, clock in clocks.items():
        objects.add(
            _clock_id(recorded, number),
            "clock",
            (*_of_clock(recorded, clock), *states[number]),
            [(recorded.request_id, "of")]
            + ([] if clock.supersedes is None else [(_clock_id(recorded, clock.supersedes), "in place of")]),
        )


def _of_clock(recorded: RecordedCase, clock: Clock) -> Iterator[Mapping[str, str]]:
    return _attributes(
        {
            "kind": clock.id,
            "basis": clock.basis,
            "article": clock.article,
            "statute": clock.statute or (recorded.statute.id if clock.article else None),
            "due_date": clock.due_date.isoformat(),
            "provisional": "true" if clock.provisional else "false",
        }
    )


def _clock_id(recorded: RecordedCase, number: int) -> str:
    return f"{recorded.request_id}/clock/{number}"


def _resource(recorded: RecordedCase, objects: _Objects) -> str | None:
    resource = recorded.unfiled.resource
    return objects.shared("resource", resource.code, name=resource.name, sharing_class=resource.sharing_class)


def _name_of(recorded: RecordedCase, org: str | None) -> str | None:
    parties = (recorded.unfiled.requester, recorded.unfiled.provider)
    return next((each.name for each in parties if each.code and org and code_key(each.code) == code_key(org)), None)


def _attributes(said: Mapping[str, str | None]) -> Iterator[Mapping[str, str]]:
    return ({"name": name, "value": value, "time": ALWAYS} for name, value in said.items() if value is not None)


def _attribute(name: str, value: str, at: datetime) -> Mapping[str, str]:
    return {"name": name, "value": value, "time": instant_text(at)}


def _relations(relations: Iterable[Relation]) -> list[Mapping[str, str]]:
    return [{"objectId": id_, "qualifier": how} for id_, how in relations]


def _types(attributes: Mapping[str, Sequence[str]]) -> str:
    return _json(
        [
            {"name": type_, "attributes": [{"name": name, "type": "string"} for name in names]}
            for type_, names in attributes.items()
        ]
    )


def _json(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
