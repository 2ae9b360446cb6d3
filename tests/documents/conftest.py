"""Papers of played cases: under every text, every kind of notice that it can make."""

import asyncio
from collections.abc import Mapping

import pytest

from embedded.simulate.player import Player
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from starter.documents.dossier import Dossier
from starter.scenarios import Scenario
from tests.documents.scenarios import PLAYED
from tests.plays import FOLDER, name_of, on_paper

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
def dossiers() -> Dossiers:
    """The cases by ``statute/scenario``, as they are when their plays end on paper; on a real server they end alike."""
    found: dict[str, Dossier] = {}
    for path in (FOLDER / statute / f"{name}.yaml" for statute, names in PLAYED.items() for name in names):
        play = on_paper(path)
        assert not play.played.unexpected, play.played.unexpected
        found[name_of(path)] = Dossier(play.detail, tuple(play.played.events))
    return found
