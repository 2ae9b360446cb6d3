"""Whether the ledger holds what the replayed case has recorded, event by event."""

import json
from collections.abc import Mapping
from typing import Any

from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.evidence import GENESIS, body_of


def check_ledger(record: CaseRecord, replayed: Replayed, with_persons: bool = True) -> str:
    """The events of the ledger are those that the replayed case has recorded, one by one. Raises CheckFailed.

    So are the digests that it was told then. Without persons it is compared whether somebody acted, not who.
    """
    body = _body if with_persons else _body_without_person
    decided = replayed.events()
    for event, there in zip(decided, record.events, strict=False):
        said, stands = body(body_of(event)), body(record.body_of(there))
        if _written(said) != _written(stands):
            wrong = next(name for name in said if _written(said[name]) != _written(stands[name]))
            raise DecidesOtherwise(
                f"event {there.seq}: the ledger says of {wrong}: {_short(stands[wrong])}; "
                f"the history gives: {_short(said[wrong])}",
                there.article,
            )
    if len(decided) != len(record.events):
        more = "more" if len(record.events) > len(decided) else "fewer"
        counted = f"the ledger has {len(record.events)} events, {more} than the {len(decided)} of the history"
        raise DecidesOtherwise(counted)
    for _, told in replayed.steps:
        digest = record.events[told.head - 1].digest if 0 < told.head <= len(record.events) else GENESIS
        if digest != told.digest:
            raise CheckFailed(f"event {told.head}: the ledger had told the case another digest than it has here")
    return f"{len(decided)} events, decided again one by one"


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
