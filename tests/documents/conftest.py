"""Papers of cases that were really played: under every text, every kind of notice that it can make."""

import asyncio
from collections.abc import Mapping

import pytest

from embedded.simulate.player import Player
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.scenario import Scenario
from ledger.queries.cases import get_case
from ledger.queries.views import CaseDetail
from starter.documents.dossier import Dossier
from tests.documents.scenarios import PLAYED
from tests.plays import FOLDER, Plays, name_of

Dossiers = Mapping[str, Dossier]


async def played(ground: Sandbox, scenario: Scenario) -> Dossier:
    """Play a scenario; its case as the ledger has it."""
    play = await Player(ground, scenario).play()
    assert not play.unexpected, play.unexpected
    assert play.request_id is not None
    detail = await asyncio.to_thread(get_case, ground.engine, play.request_id)
    assert detail is not None
    return Dossier(detail, tuple(play.events))


@pytest.fixture(scope="session")
async def dossiers(plays: Plays, details: Mapping[str, CaseDetail]) -> Dossiers:
    """The cases by ``statute/scenario``, as they were when their plays ended."""
    found: dict[str, Dossier] = {}
    for path in (FOLDER / statute / f"{name}.yaml" for statute, names in PLAYED.items() for name in names):
        play = await plays[path]
        assert not play.unexpected, play.unexpected
        found[name_of(path)] = Dossier(details[name_of(path)], tuple(play.events))
    return found
