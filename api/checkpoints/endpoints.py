"""Checkpoints of the log (检查点): public facts, meant to be kept by others than whoever runs the engine."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.checkpoints.schemas import CheckpointLinks, CheckpointOut, CheckpointPage, LogKeyOut, RootsOut
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit
from api.http.prefix import prefixed
from api.http.problems import RESPONSES, Problem
from api.http.responses import answer
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import read_public_key
from domain.log.notes import read_note
from domain.messages import label
from ledger.queries.log import KeptCheckpoint

router = APIRouter(prefix="/v1/checkpoints", tags=["checkpoints"], responses=RESPONSES)

Size = Annotated[int, Path(ge=0, le=2**63 - 1, description="How many entries the checkpoint covers.")]


@router.get("", response_model=CheckpointPage, summary="Checkpoints of the log")
async def list_(
    context: ContextIn, _: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The newest first (检查点). Keep them: what is rewritten afterwards, by whomever, fits none of them any more."""
    page, following = await asyncio.to_thread(context.reader.log.checkpoints, cursor, limit)
    return answer(CheckpointPage(items=[_shown(each) for each in page], next=following), language)


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
    return answer(_shown(found), language)


def _shown(kept: KeptCheckpoint) -> CheckpointOut:
    said = checkpoint_in(read_note(kept.note))
    return CheckpointOut(
        log=said.origin,
        size=kept.size,
        made_at=said.at or kept.made_at,
        roots=RootsOut(sha256=said.root.hex(), sm3=(said.sm3_root or b"").hex()),
        note=kept.note,
        links=CheckpointLinks(self=prefixed(f"/v1/checkpoints/{kept.size}")),
    )
