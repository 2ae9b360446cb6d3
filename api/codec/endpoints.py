"""The codec server: what Temporal's own pages and command line ask to have opened, by the API's own authorization.

Whoever sees every case may have payloads opened; who keeps the engine running may have some sealed, such as those of a
signal. Nothing is looked up in the ledger: a payload does not say of which case it is before it is open.
"""

from collections.abc import Sequence
from typing import Final

from fastapi import Response

from api.codec.schemas import PayloadOut, PayloadsIn, PayloadsOut
from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.problems import Problem
from api.http.responses import answer
from domain.access import OF_ALL
from domain.messages import Language, label
from domain.words import Role
from protocol.parcels import Parcel, opened_parcels, sealed_parcels
from protocol.sealing import KeyMissing, NotOpened

OPENERS: Final = tuple(sorted(OF_ALL))
"""Who may have payloads opened."""
WRAPPERS: Final = (Role.OPERATOR,)
"""Who may have payloads sealed."""

router = Guarded("/v1/codec", "codec")


@router.post("/decode", response_model=PayloadsOut, summary="Open payloads that are sealed")
async def decode(body: PayloadsIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """For Temporal's pages and command line (Remote Codec): what was never sealed comes back as it is.

    For auditors and operators, who see every case.
    """
    require_role(caller, OPENERS)
    try:
        opened = opened_parcels(context.client.temporal, _parcels(body))
    except KeyMissing as missing:
        detail = label("codec", "key_missing", language).format(key=missing.key_id)
        raise Problem(422, "payload_sealed", detail=detail) from None
    except NotOpened:
        raise Problem(422, "payload_sealed", detail=label("codec", "altered", language)) from None
    return _answered(opened, language)


@router.post("/encode", response_model=PayloadsOut, summary="Seal payloads")
async def encode(body: PayloadsIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """For what operators send with Temporal's pages or command line; where nothing is sealed, as it came.

    For operators.
    """
    require_role(caller, WRAPPERS)
    return _answered(await sealed_parcels(context.client.temporal, _parcels(body)), language)


def _parcels(body: PayloadsIn) -> Sequence[Parcel]:
    return [Parcel(each.metadata, each.data) for each in body.payloads]


def _answered(parcels: Sequence[Parcel], language: Language) -> Response:
    told = [PayloadOut(metadata=dict(each.metadata), data=each.data) for each in parcels]
    return answer(PayloadsOut(payloads=told), language)
