"""Whether the ledger holds what the replayed case has recorded, event by event."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from audit.verification.calendar_answers import check_calendar_answers
from audit.verification.dates import listed
from audit.verification.lost_answers import Vouched, vouched_by
from audit.verification.put_aside import AsideRun
from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed, written_by
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.engine.records import NumberedEvent
from domain.evidence import GENESIS, NotCanonical, body_of
from protocol.messages import CaseOpening

Compared = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What of an event's content is compared."""
TAKEN_OVER: Final = "taken over, not decided again"
"""How events are named for which the history has nobody who asked for them."""


def check_ledger(
    record: CaseRecord,
    replayed: Replayed,
    opening: CaseOpening,
    with_persons: bool = True,
    aside: Sequence[AsideRun] = (),
) -> str:
    """The events of the ledger are those that the replayed case has decided, one by one. Raises CheckFailed.

    So are those that the ledger had told it, and their digests; and those that runs had recorded which were put
    ``aside``. Without persons it is compared whether somebody acted, not who.
    """
    body = _body if with_persons else _body_without_person
    try:
        vouched = vouched_by(replayed, opening)
    except NotCanonical as error:
        raise CheckFailed(f"what the ledger is said to have told the case was never in it: {error}") from None
    decided = vouched.events
    told = [event for heard in replayed.steps for event in heard.result.events]
    for event in (*(event for heard in replayed.steps for event in written_by(heard)), *told):
        if event.seq <= len(record.events):
            _check_same(record, body(body_of(event)), body(record.body_of(record.events[event.seq - 1])))
    if len(decided) != len(record.events):
        more = "more" if len(record.events) > len(decided) else "fewer"
        counted = f"the ledger has {len(record.events)} events, {more} than the {len(decided)} of the history"
        raise DecidesOtherwise(counted)
    heads = [(heard.result.head, heard.result.digest) for heard in replayed.steps]
    for head, digest in [*heads, *((event.seq, event.digest) for event in told)]:
        if head > len(record.events):
            raise CheckFailed(f"the ledger had told the case of event {head}, and it has {len(record.events)}")
        if digest != (record.events[head - 1].digest if head > 0 else GENESIS):
            raise CheckFailed(f"event {head}: the ledger had told the case another digest than it has here")
    if replayed.otherwise:
        raise DecidesOtherwise(replayed.otherwise[0])
    check_calendar_answers(record, vouched.ordered, replayed, opening.all_editions)
    return f"{len(decided)} events, {_how(vouched, _decided_aside(record, aside, body))}"


def _decided_aside(record: CaseRecord, aside: Sequence[AsideRun], body: Compared) -> frozenset[int]:
    """The numbers of the events that runs had decided which a reset put aside. Raises DecidesOtherwise."""
    found = set[int]()
    for run in aside:
        for heard in run.replayed.steps if run.replayed else ():
            own = written_by(heard)
            for event in (*own, *heard.result.events):
                _check_aside(record, run.name, event, body)
            found.update(event.seq for event in own)
    return frozenset(found)


def _check_aside(record: CaseRecord, name: str, event: NumberedEvent, body: Compared) -> None:
    if event.seq > len(record.events):
        raise DecidesOtherwise(f"{name}: a reset put this run aside, which had recorded event {event.seq}")
    try:
        _check_same(record, body(body_of(event)), body(record.body_of(record.events[event.seq - 1])))
    except DecidesOtherwise as error:
        raise DecidesOtherwise(f"{name}, which a reset put aside: {error.detail}", error.article) from None


def _check_same(record: CaseRecord, said: Mapping[str, Any], stands: Mapping[str, Any]) -> None:
    """What the history gives of an event is what stands there. Raises DecidesOtherwise."""
    if _written(said) == _written(stands):
        return
    seq = said["seq"]  # not what stands there: that may be anything
    wrong = next(name for name in said if _written(said[name]) != _written(stands[name]))
    raise DecidesOtherwise(
        f"event {seq}: the ledger says of {wrong}: {_short(stands[wrong])}; the history gives: {_short(said[wrong])}",
        record.events[seq - 1].article,
    )


def _how(vouched: Vouched, aside: frozenset[int]) -> str:
    """How the events were decided again, and which were not; ``aside``: those that runs had decided before a reset."""
    again, unasked = vouched.again, [seq for seq in vouched.unasked if seq not in aside]
    before = [seq for seq in vouched.unasked if seq in aside]
    lost = f"; the answer was lost of {listed(again)}" if again else ""
    lost += f"; decided in a run that a reset put aside: {listed(before)}" if before else ""
    if not unasked:
        return f"decided again one by one{lost}"
    return (
        f"{len(vouched.events) - len(unasked)} of them decided again{lost}; {TAKEN_OVER}: "
        f"{listed(unasked)}: nothing in the history asks for that when it happened, and the rules allow it"
    )


def _written(value: Any) -> str:
    """Something written down to be compared, for to Python true is 1."""
    return json.dumps(value, sort_keys=True)


def _body(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body


def _body_without_person(body: Mapping[str, Any]) -> Mapping[str, Any]:
    actor = body["actor"]
    return {**body, "actor": {**actor, "person": None if actor["person"] is None else "withheld"}}


def _short(value: Any) -> str:
    return f"{json.dumps(value, ensure_ascii=False, sort_keys=True):.120}"
