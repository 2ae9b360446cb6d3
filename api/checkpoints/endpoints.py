"""Checkpoints of the log (检查点): public facts, meant to be kept by others than whoever runs the engine."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

from fastapi import Path, Response

from api.checkpoints.schemas import (
    CheckpointLinks,
    CheckpointOut,
    CheckpointPage,
    CosignatureOut,
    CosignedIn,
    GrowthOut,
    LogKeyOut,
    RootsOut,
)
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.guarded import Guarded
from api.http.downloads import BINARY
from api.http.prefix import prefixed
from api.http.problems import Problem
from api.http.responses import HEADERS, answer
from domain.calendar import CHINA
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import cosigned_at, read_public_key
from domain.log.notes import NoteWrong, read_note
from domain.messages import label
from domain.words import Role
from ledger.queries.log import KeptCheckpoint

router = Guarded("/v1/checkpoints", "checkpoints")

COSIGNERS: Final = (Role.AUDITOR, Role.OPERATOR)
"""Who may bring what a witness wrote: the signature itself proves whose it is."""

REPLY: Final = "application/timestamp-reply"
Size = Annotated[int, Path(ge=0, le=2**63 - 1, description="How many entries the checkpoint covers.")]


@router.get("", response_model=CheckpointPage, summary="Checkpoints of the log")
async def list_(
    context: ContextIn, _: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The newest first (检查点). Keep them: what is rewritten afterwards, by whomever, fits none of them any more."""
    page, following = await asyncio.to_thread(context.reader.log.checkpoints, cursor, limit)
    return answer(CheckpointPage(items=[checkpoint_out(each) for each in page], next=following), language)


@router.get("/key", response_model=LogKeyOut, summary="The log's public key")
async def key(context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """With it anybody checks a checkpoint. Compare it with the one that you were given in another way."""
    newest = await asyncio.to_thread(context.reader.log.newest_checkpoint)
    if newest is None:
        raise Problem(404, "not_found", detail=label("checkpoint", "none_yet", language))
    return answer(LogKeyOut(name=read_public_key(newest.key).name, key=newest.key), language)


@router.get("/{size}", response_model=CheckpointOut, summary="One checkpoint")
async def show(size: Size, context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """The checkpoint that covers exactly so many entries."""
    found = await asyncio.to_thread(context.reader.log.checkpoint_of, size)
    if found is None:
        raise Problem(404, "not_found", detail=label("checkpoint", "not_there", language))
    return answer(checkpoint_out(found), language)


@router.post("/{size}/cosignatures", response_model=CheckpointOut, summary="Bring the cosignature of a witness")
async def cosign(size: Size, body: CosignedIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Keep what a witness wrote below a checkpoint (见证联署): the checkpoint with all that it has then.

    Kept are signatures of the witnesses whose keys the operator has set; of each key the first. 422 `not_cosigned` for
    a note that is not this checkpoint's, one that no such witness has signed, and a signature that is not theirs.
    """
    require_role(caller, COSIGNERS)
    try:
        said = checkpoint_in(read_note(body.note))
        if said.size != size:
            raise NoteWrong(f"it covers {said.size} entries")
        kept = await asyncio.to_thread(context.reader.log.cosign, body.note, context.settings.witnesses)
    except NoteWrong as error:
        raise Problem(422, "not_cosigned", detail=f"The note cannot be kept: {error}.") from None
    return answer(checkpoint_out(kept), language)


@router.get(
    "/{size}/timestamp",
    response_class=Response,
    summary="The timestamp of a checkpoint",
    responses={200: {"content": {REPLY: {"schema": BINARY}}, "description": "The authority's answer"}},
)
async def timestamp(size: Size, context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """What an authority for timestamps answered (可信时间戳, RFC 3161), as it came: over the text of `note`.

    The text is what stands before the signatures, its last line end included, by SHA-256. Check it with the
    authority's own certificate.
    """
    found = await asyncio.to_thread(context.reader.log.stamped, size)
    if found is None or found.size != size:
        raise Problem(404, "not_found", detail=label("checkpoint", "not_stamped", language))
    return Response(found.response, headers=HEADERS, media_type=REPLY)


@router.get("/{size}/growth/{old}", response_model=GrowthOut, summary="That the log has only grown")
async def growth(size: Size, old: Size, context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """The consistency proof from one checkpoint to a later one (RFC 6962): for a witness to check.

    Every log has grown from none: of 0 entries there is nothing to show, and the proof is empty.
    """
    log = context.reader.log
    both = [await asyncio.to_thread(log.checkpoint_of, each) for each in (old or size, size)]
    if None in both or old > size:
        raise Problem(404, "not_found", detail=label("checkpoint", "not_there", language))
    sha256, sm3 = await asyncio.to_thread(log.consistency, old, size)
    hashes = [[each.hex() for each in way] for way in (sha256, sm3)]
    return answer(GrowthOut(old_size=old, size=size, sha256=hashes[0], sm3=hashes[1]), language)


def checkpoint_out(kept: KeptCheckpoint) -> CheckpointOut:
    """A checkpoint with its roots and with whoever cosigned it."""
    said = checkpoint_in(read_note(kept.note))
    return CheckpointOut(
        log=said.origin,
        size=kept.size,
        made_at=said.at or kept.made_at,
        roots=RootsOut(sha256=said.root.hex(), sm3=(said.sm3_root or b"").hex()),
        note=kept.cosigned,
        cosignatures=[
            CosignatureOut(name=each.name, at=datetime.fromtimestamp(cosigned_at(each.content), CHINA))
            for each in read_note(kept.cosigned).signatures[len(read_note(kept.note).signatures) :]
        ],
        stamped_at=kept.stamped_at,
        links=CheckpointLinks(
            self=prefixed(f"/v1/checkpoints/{kept.size}"),
            timestamp=prefixed(f"/v1/checkpoints/{kept.size}/timestamp") if kept.stamped_at else None,
        ),
    )
