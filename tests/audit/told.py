"""Histories that are forged well: the ledger is said to have told the case what stands in a forged ledger."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.persons import rewritten
from audit.verification.record import events_in
from domain.evidence import plain
from tests.audit.dossiers import resealed

Event = dict[str, Any]


def steps_of(dossier: CaseDossier) -> Sequence[tuple[int, int]]:
    """The first and the last event of each step that the first run has recorded."""
    heads = [0]

    def hear(message: Any) -> Any:
        if isinstance(message, dict) and "applied" in message and message["head"] > heads[-1]:
            heads.append(message["head"])
        return message

    rewritten(json.loads(dossier.files[HISTORY]), hear)
    return [(before + 1, head) for before, head in pairwise(heads)]


def told(dossier: CaseDossier, first: int, last: int) -> CaseDossier:
    """The dossier, whose history has the ledger tell the case the events of one step as they stand in the record.

    The caller is answered as it is then: with the events of the key, and not as the one who asked now.
    """
    events = [plain(event) for event in events_in(dossier)]

    def tell(message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        if "applied" in message and message["head"]:
            said = {**message, "digest": events[message["head"] - 1]["digest"]}
            return {**said, "events": events[first - 1 : last]} if message["head"] == last else said
        if "stage" in message and message.get("head") == last and "events" in message:
            own = [event for event in events[first - 1 : last] if event["key"] == events[last - 1]["key"]]
            return {**message, "asked": None, "events": [event["type"] for event in own], "stage": own[-1]["stage"]}
        return message

    return with_history(dossier, lambda history: rewritten(history, tell))


def with_history(dossier: CaseDossier, change: Callable[[Any], Any]) -> CaseDossier:
    """The dossier with its history changed, packed again."""
    history = change(json.loads(dossier.files[HISTORY]))
    return resealed(dossier, {**dossier.files, HISTORY: json.dumps(history).encode()})
