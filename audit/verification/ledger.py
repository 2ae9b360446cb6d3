"""Whether the ledger holds what the replayed case has recorded, event by event."""

import json
from collections.abc import Mapping
from typing import Any, Final

from audit.verification.calendar_answers import check_calendar_answers
from audit.verification.dates import listed
from audit.verification.lost_answers import Vouched, vouched_by
from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed, written_by
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.evidence import GENESIS, NotCanonical, body_of
from protocol.messages import CaseOpening

TAKEN_OVER: Final = "taken over, not decided again"
"""How events are named for which the history has nobody who asked for them."""


def check_ledger(record: CaseRecord, replayed: Replayed, opening: CaseOpening, with_persons: bool = True) -> str:
    """The events of the ledger are those that the replayed case has decided, one by one. Raises CheckFailed.

    So are those that the ledger had told it, and their digests. Without persons it is compared whether somebody acted,
    not who.
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
    return f"{len(decided)} events, {_how(vouched)}"


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


def _how(vouched: Vouched) -> str:
    """How the events were decided again, and which were not."""
    again, unasked = vouched.again, vouched.unasked
    lost = f"; the answer was lost of {listed(again)}" if again else ""
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
