"""Dossiers of cases that were played on the real engine: packed, read again, and every check holds."""

import asyncio
import io

import pytest

from audit.dossier.packing import packed, unpacked
from audit.verification.verify import verify
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.dossiers import dossier_of
from starter.errors import NotFound


async def test_the_dossier_of_every_played_case_holds(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader = Reader(ground.engine)
    wrong: dict[str, list[str]] = {}
    for name, played in real_plays.items():
        if played.request_id is None or played.case is None:
            continue
        dossier = await dossier_of(reader, ground.temporal, played.request_id)
        again = unpacked(io.BytesIO(packed(dossier.manifest, dossier.files)))
        results = await asyncio.to_thread(verify, again)
        bad = [f"{result.check}: {result.detail}" for result in results if result.result != "ok"]
        if bad:
            wrong[name] = bad
    assert wrong == {}
    assert len(real_plays) > 10


async def test_no_dossier_of_a_case_that_is_not_there(ground: Sandbox) -> None:
    with pytest.raises(NotFound, match="NANTONG-NONE"):
        await dossier_of(Reader(ground.engine), ground.temporal, "NANTONG-NONE")
