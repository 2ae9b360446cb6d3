"""Leaving persons out of a dossier (隐去个人信息), so that all that proves it holds without them.

In an event stands the commitment that its digest covers, in the place of the name. In the histories each person is
another one, the same wherever it was the same: the case, run again, decides as it did.
"""

import json
from typing import Any, Final

from audit.dossier.contents import EVENTS, CaseDossier
from audit.dossier.persons import (
    ACCOUNT,
    SOMEWHERE,
    CannotWithhold,
    is_salted,
    messages_in,
    persons_in,
    read_history,
    rewritten,
)
from audit.verification.record import events_in
from domain.engine.records import Algorithm, RecordedEvent
from domain.evidence import canonical_json, commitment, plain

_TOLD_OF_FAILURES: Final = ("message", "stackTrace")


def without_persons(dossier: CaseDossier) -> dict[str, bytes]:
    """The files of a dossier with nobody named in its events and histories.

    Raises CannotWithhold, CheckFailed for a record that cannot be read.
    """
    algorithm = dossier.manifest.algorithm
    lines = (f"{canonical_json(plain(withheld(event, algorithm)))}\n" for event in events_in(dossier))
    return {**dossier.files, EVENTS: "".join(lines).encode(), **_histories(dossier)}


def _histories(dossier: CaseDossier) -> dict[str, bytes]:
    names = [*dossier.histories, *dossier.put_aside]
    stand_ins, said = StandIns(), {name: read_history(name, dossier.files[name]) for name in names}
    try:
        for each in said.values():
            stand_ins.learn(each)
        return {name: f"{json.dumps(stand_ins.put_into(each), indent=2)}\n".encode() for name, each in said.items()}
    except RecursionError:
        raise CannotWithhold("A history is nested too deeply to be searched.") from None


def withheld(event: RecordedEvent, algorithm: Algorithm) -> RecordedEvent:
    """The event with the commitment in the place of its person."""
    if event.actor.person is None or event.salt is None:
        return event
    actor = event.actor.model_copy(update={"person": commitment(event.actor.person, event.salt, algorithm)})
    return event.model_copy(update={"actor": actor, "salt": None})


class StandIns:
    """Who stands for whom in the histories of one case: ``withheld-1`` for whoever comes first, and so on."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}

    def learn(self, history: Any) -> None:
        """Meet the persons of a history. Raises CannotWithhold."""
        for message in messages_in(history):
            for person in persons_in(message):
                self._by_name.setdefault(person, f"{SOMEWHERE}-{len(self._by_name) + 1}")

    def put_into(self, history: Any) -> Any:
        """The history with its persons replaced, no salt in it, and no account on whose machine something ran."""
        return rewritten(history, self._in_message, self._in_text)

    def _in_message(self, message: Any) -> Any:
        if isinstance(message, list):
            return [self._in_message(each) for each in message]
        if not isinstance(message, dict):
            return message
        return {
            key: self._by_name[value] if key == "person" and isinstance(value, str) else self._in_message(value)
            for key, value in message.items()
            if not (key == "salt" and is_salted(message))
        }

    def _in_text(self, key: str, said: str) -> str:
        if key == ACCOUNT:
            return SOMEWHERE if said else said
        if key in _TOLD_OF_FAILURES:
            for name in sorted(self._by_name, key=len, reverse=True):
                said = said.replace(name, self._by_name[name])
        return said
