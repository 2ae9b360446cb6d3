"""Payloads as metadata and bytes, for a door that seals and opens them without using Temporal's types."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from temporalio.api.common.v1 import Payload

from protocol.connecting import TemporalClient
from protocol.opening_sealed import ring_of
from protocol.sealing import KeyMissing, KeyRing, is_sealed, key_id_of


class Parcel(NamedTuple):
    """A payload without Temporal's types."""

    metadata: Mapping[str, bytes]
    data: bytes


def opened_parcels(client: TemporalClient, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels, opened with the client's keys where they are sealed. Raises NotOpened."""
    return [_parcel(_opened(Payload(**each._asdict()), ring_of(client))) for each in parcels]


async def sealed_parcels(client: TemporalClient, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels sealed with the client's first key; unchanged if it has none."""
    ring, payloads = ring_of(client), [Payload(**each._asdict()) for each in parcels]
    return [_parcel(each) for each in (await ring.encode(payloads) if ring else payloads)]


def _opened(payload: Payload, ring: KeyRing | None) -> Payload:
    if not is_sealed(payload):
        return payload
    if ring is None:
        raise KeyMissing(key_id_of(payload))
    return ring.opened(payload)


def _parcel(payload: Payload) -> Parcel:
    return Parcel(dict(payload.metadata), payload.data)
