"""Payloads for a door that hands them on without speaking with Temporal: metadata and bytes, opened and sealed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from temporalio.api.common.v1 import Payload

from protocol.connecting import TemporalClient
from protocol.opening_sealed import ring_of
from protocol.sealing import KeyMissing, KeyRing, is_sealed, key_id_of


class Parcel(NamedTuple):
    """A payload."""

    metadata: Mapping[str, bytes]
    data: bytes


def opened_parcels(client: TemporalClient, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels as they were before the client's keys sealed them, or as they are. Raises NotOpened."""
    return [_parcel(_opened(Payload(**each._asdict()), ring_of(client))) for each in parcels]


async def sealed_parcels(client: TemporalClient, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels sealed by the client's first key; as they are where it has none."""
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
