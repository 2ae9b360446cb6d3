"""Whether the machinery is well, in one line: workers that ask for work, what has none, and code that fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.context import AppContext
from domain.messages import Language, label
from domain.stuck import StuckKind
from ledger.queries.stuck import Cause
from protocol.asking import TEMPORAL_FAILED
from protocol.names import TASK_QUEUE
from protocol.pollers import workers_at_work

WITHIN: Final = 2.0
"""Seconds within which Temporal says who asks for work; the page does not wait for longer."""
_ILL: Final = (StuckKind.NO_WORKER, StuckKind.VERSION_WITHOUT_WORKER, StuckKind.TASK_FAILING)


@dataclass(frozen=True)
class Machinery:
    """What the line says, and whether all is well."""

    well: bool
    said: str


async def machinery(context: AppContext, causes: Sequence[Cause], language: Language) -> Machinery:
    """How the machinery is this moment; ``causes``: why things are stuck that the reader may see."""
    try:
        workers = await asyncio.wait_for(workers_at_work(context.client.temporal, TASK_QUEUE), WITHIN)
    except (TimeoutError, *TEMPORAL_FAILED):
        return Machinery(False, label("console", "machinery_away", language))
    ill = {kind: sum(each.number for each in causes if each.kind is kind) for kind in _ILL}
    asking = label("console", "machinery_workers", language).format(number=workers)
    if not any(ill.values()):
        return Machinery(
            workers > 0, asking + label("console", "machinery_well" if workers else "machinery_idle", language)
        )
    each_told = [f"{label('stuck_kind', kind, language)} {number}" for kind, number in ill.items() if number]
    return Machinery(False, asking + label("console", "and_also", language).join(each_told))
