"""Leaving persons out of a dossier (隐去个人信息), so that all that proves it holds without them.

In an event stands the commitment that its digest covers, in the place of the name. In the histories each person is
another one, the same wherever it was the same: the case, run again, decides as it did.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from audit.dossier.contents import EVENTS, CaseDossier
from audit.verification.record import events_in
from domain.engine.records import Algorithm, RecordedEvent
from domain.evidence import canonical_json, commitment, plain

STAND_IN: Final = re.compile(r"withheld-[1-9][0-9]*", re.ASCII)
"""What stands in a history in the place of a person."""
_SOMEWHERE: Final = "withheld"
_JSON: Final = b"json/"
_NOTHING: Final = b"binary/null"
_TOLD_OF_FAILURES: Final = ("message", "stackTrace")


class CannotWithhold(Exception):
    """A record that cannot be searched for persons: one sentence says why."""


def without_persons(dossier: CaseDossier) -> dict[str, bytes]:
    """The files of a dossier with nobody named in its events and histories.

    Raises CannotWithhold, CheckFailed for a record that cannot be read.
    """
    algorithm = dossier.manifest.algorithm
    lines = (f"{canonical_json(plain(withheld(event, algorithm)))}\n" for event in events_in(dossier))
    return {**dossier.files, EVENTS: "".join(lines).encode(), **_histories(dossier)}


def _histories(dossier: CaseDossier) -> dict[str, bytes]:
    stand_ins, said = StandIns(), {name: read_history(name, dossier.files[name]) for name in dossier.histories}
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


def read_history(name: str, content: bytes) -> Any:
    """A history as JSON. Raises CannotWithhold."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise CannotWithhold(f"{name} is no JSON.") from None


def messages_in(history: Any) -> Iterator[Any]:
    """What the payloads of a history say. Raises CannotWithhold for one that is no JSON."""
    if isinstance(history, dict):
        if _is_payload(history):
            yield from _message(history)
        else:
            yield from (message for each in history.values() for message in messages_in(each))
    elif isinstance(history, list):
        yield from (message for each in history for message in messages_in(each))


def persons_in(message: Any) -> Iterator[str]:
    """Every person that a message names."""
    if isinstance(message, dict):
        for key, value in message.items():
            if key == "person" and isinstance(value, str):
                yield value
            else:
                yield from persons_in(value)
    elif isinstance(message, list):
        for each in message:
            yield from persons_in(each)


def has_salt(message: Any) -> bool:
    """Whether an event in a message has a salt, with which names could be tried."""
    if isinstance(message, dict):
        return _is_salted(message) or any(map(has_salt, message.values()))
    return isinstance(message, list) and any(map(has_salt, message))


def rewritten(
    history: Any, change: Callable[[Any], Any], text: Callable[[str, str], str] = lambda _, said: said
) -> Any:
    """A history in which each message is what ``change`` makes of it; one that it leaves alone stays to the byte.

    ``text`` makes of each other text, by the name of its field, what shall stand there.
    """
    if isinstance(history, list):
        return [rewritten(each, change, text) for each in history]
    if not isinstance(history, dict):
        return history
    if _is_payload(history):
        return _payload(history, change)
    return {
        key: text(key, value) if isinstance(value, str) else rewritten(value, change, text)
        for key, value in history.items()
    }


class StandIns:
    """Who stands for whom in the histories of one case: ``withheld-1`` for whoever comes first, and so on."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}

    def learn(self, history: Any) -> None:
        """Meet the persons of a history. Raises CannotWithhold."""
        for message in messages_in(history):
            for person in persons_in(message):
                self._by_name.setdefault(person, f"{_SOMEWHERE}-{len(self._by_name) + 1}")

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
            if not (key == "salt" and _is_salted(message))
        }

    def _in_text(self, key: str, said: str) -> str:
        if key == "identity":
            return _SOMEWHERE if said else said
        if key in _TOLD_OF_FAILURES:
            for name in sorted(self._by_name, key=len, reverse=True):
                said = said.replace(name, self._by_name[name])
        return said


def _is_salted(message: dict[str, Any]) -> bool:
    """Whether a message is an event of the ledger with its salt."""
    return "salt" in message and "digest" in message


def _is_payload(said: dict[str, Any]) -> bool:
    return isinstance(said.get("metadata"), dict) and "encoding" in said["metadata"]


def _message(payload: dict[str, Any]) -> Iterator[Any]:
    """What a payload says, where it says anything."""
    try:
        encoding, data = (base64.b64decode(each) for each in (payload["metadata"]["encoding"], payload.get("data", "")))
        if encoding != _NOTHING:
            if not encoding.startswith(_JSON):
                raise CannotWithhold(
                    f"A message of the history is of the kind {encoding!r:.60}, which may name anybody."
                )
            yield json.loads(data)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise CannotWithhold("A message of the history is no JSON.") from None


def _payload(payload: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    for said in _message(payload):
        made = change(said)
        if made != said:
            text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
            return {**payload, "data": base64.b64encode(text.encode()).decode()}
    return payload
