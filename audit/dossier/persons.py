"""Where the histories of a dossier name persons: in the messages that travelled, each a payload in JSON."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

STAND_IN: Final = re.compile(r"withheld-[1-9][0-9]*", re.ASCII)
"""What stands in a history in the place of a person."""
SOMEWHERE: Final = "withheld"
"""What stands in a history in the place of an account on whose machine something ran."""
ACCOUNT: Final = "identity"
"""The field of a history that has such an account."""
_JSON: Final = b"json/"
_NOTHING: Final = b"binary/null"


class CannotWithhold(Exception):
    """A record that cannot be searched for persons: one sentence says why."""


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


def accounts_in(history: Any) -> Iterator[str]:
    """Every account on whose machine something ran, besides the messages."""
    if isinstance(history, dict):
        for key, value in history.items():
            if key == ACCOUNT and isinstance(value, str):
                yield value
            elif not _is_payload(history):
                yield from accounts_in(value)
    elif isinstance(history, list):
        for each in history:
            yield from accounts_in(each)


def has_salt(message: Any) -> bool:
    """Whether an event in a message has a salt, with which names could be tried."""
    if isinstance(message, dict):
        return is_salted(message) or any(map(has_salt, message.values()))
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


def is_salted(message: dict[str, Any]) -> bool:
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
