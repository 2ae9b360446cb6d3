"""Decrypts payloads inside the server's own messages.

The SDK decrypts what it hands to workflows, activities and callers. Histories and descriptions of workflows are the
server's own messages, in which payloads and the texts of failures are still sealed.
"""

import json
from collections.abc import Iterator
from typing import Final

from google.protobuf.message import Message as ServerMessage
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure

from protocol.connecting import TemporalClient
from protocol.sealing import SEALED, KeyMissing, KeyRing, is_sealed, key_id_of

_MARK: Final = SEALED.encode()


def ring_of(client: TemporalClient) -> KeyRing | None:
    """The keys of a client; None if it seals nothing."""
    codec = client.data_converter.payload_codec
    return codec if isinstance(codec, KeyRing) else None


def open_all(client: TemporalClient, message: ServerMessage) -> None:
    """Open every payload in a message, and restore the texts of failures, as if nothing had been sealed.

    Raises NotOpened if a key is missing or something was altered.
    """
    missing = open_what_can_be(client, message)
    if missing:
        raise KeyMissing(min(missing))


def open_what_can_be(client: TemporalClient, message: ServerMessage) -> frozenset[str]:
    """Open what the client's keys can open and leave the rest; returns the ids of the missing keys.

    Raises NotOpened if something was altered.
    """
    if _MARK not in message.SerializeToString():  # most installations have no keys: search once instead of walking
        return frozenset()
    ring = ring_of(client)
    missing = set[str]()
    for each in _parts_of(message):
        if isinstance(each, Failure):
            _say_again(each)
        elif is_sealed(each):
            if ring is not None and key_id_of(each) in ring.ids:
                each.CopyFrom(ring.opened(each))
            else:
                missing.add(key_id_of(each))
    return frozenset(missing)


def _parts_of(message: ServerMessage) -> Iterator[Payload | Failure]:
    """Every payload and failure in a message, depth first: a failure comes after its parts."""
    if isinstance(message, Payload):
        yield message
        return
    for described, value in message.ListFields():
        if described.message_type is None:
            continue
        if described.message_type.GetOptions().map_entry:
            if described.message_type.fields_by_name["value"].message_type is not None:
                for each in value.values():
                    yield from _parts_of(each)
        elif described.is_repeated:
            for each in value:
                yield from _parts_of(each)
        else:
            yield from _parts_of(value)
    if isinstance(message, Failure):
        yield message


def _say_again(failure: Failure) -> None:
    """Put the text of a failure back into the fields where it is when nothing is sealed."""
    if not failure.HasField("encoded_attributes") or is_sealed(failure.encoded_attributes):
        return
    said = json.loads(failure.encoded_attributes.data)
    failure.message, failure.stack_trace = said["message"], said["stack_trace"]
    failure.ClearField("encoded_attributes")
