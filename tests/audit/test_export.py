"""Dossiers of cases that were played on the real engine: packed, read again, and every check holds."""

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.dossier.packing import unpacked
from audit.dossier.seal import seal_of
from audit.verification.verify import Trusted, verify
from embedded.demo.forgery import checked_and_forged
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.dossiers import dossier_of
from starter.errors import NotFound
from tests.audit.dossiers import packed
from tests.audit.logs import LOG_KEY
from tests.covering import few
from tests.forms import either


@pytest.mark.long
async def test_the_dossier_of_every_played_case_holds(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    """In the short form of as few as show every procedure, text, outcome and type of event."""
    reader = Reader(ground.engine)
    wrong: dict[str, list[str]] = {}
    filed = {name: played for name, played in real_plays.items() if played.request_id and played.case}
    for name in either(few({name: shown(played) for name, played in filed.items()}), list(filed)):
        played = filed[name]
        assert played.request_id is not None
        dossier = await dossier_of(reader, ground.temporal, played.request_id)
        again = unpacked(io.BytesIO(packed(dossier)))
        results = await asyncio.to_thread(verify, again)
        bad = [f"{result.check}: {result.detail}" for result in results if result.result == "FAIL"]
        if bad:
            wrong[name] = bad
    assert wrong == {}
    assert len(filed) > 10


def shown(played: PlayedCase) -> set[tuple[object, ...]]:
    """What a play shows of its procedure that its dossier has to hold."""
    assert played.case is not None
    of = played.scenario
    what = {("text", of.statute), ("procedure", of.procedure), ("outcome", played.case.outcome)}
    return what | {("event", event.type) for event in played.events}


async def test_a_case_under_a_checkpoint(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader = Reader(ground.engine)
    case = next(played.request_id for played in real_plays.values() if played.request_id and played.case)
    first = await asyncio.to_thread(reader.log.checkpoint, LOG_KEY, datetime.now(UTC))
    dossier = await dossier_of(reader, ground.temporal, case)
    dossier = replace(dossier, seal=seal_of(dossier.manifest, LOG_KEY))
    results = {
        each.check: each.result for each in await asyncio.to_thread(verify, dossier, Trusted([LOG_KEY.key], first))
    }
    assert results == dict.fromkeys(results, "ok")


async def test_the_demonstration_ends_with_a_forged_dossier_refused(
    ground: Sandbox, real_plays: dict[str, PlayedCase]
) -> None:
    played = max(real_plays.values(), key=lambda each: len(each.events))
    twice = await checked_and_forged(ground, str(played.request_id))
    assert {result.check for result in twice.checked if result.result != "ok"} == set()
    assert {result.check for result in twice.checked_again if result.result == "FAIL"} == {
        "ledger", "page", "log", "seal",
    }  # fmt: skip


async def test_no_dossier_of_a_case_that_is_not_there(ground: Sandbox) -> None:
    with pytest.raises(NotFound, match="NANTONG-NONE"):
        await dossier_of(Reader(ground.engine), ground.temporal, "NANTONG-NONE")
