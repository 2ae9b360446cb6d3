"""A case of any procedure: how it begins."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.decision import Decision
    from domain.procedures.registry import by_itself, open_case
    from protocol.messages import CaseOpening
    from protocol.opening import case_before
    from workflows.durable_case import DurableCase


class OpenedCase(DurableCase):
    """A case that an :class:`CaseOpening` starts. Its workflow says its stages; everything else is here."""

    def __init__(self, opening: CaseOpening) -> None:
        self.opening = opening
        super().__init__(opening, case_before(opening))

    async def begin(self) -> None:
        """The gate, then the first stage."""
        opening = self.opening
        at = self.received(opening.filed_at)
        digests = {"statute_digest": opening.statute_digest, "filing_digest": opening.digest}
        if opening.opened_by is not None:
            digests["opened_by"] = opening.opened_by
        await self.take_up(lambda: open_case(self.case, opening.actor, at, digests, opening.places))

    async def carry_out(self, rule: Callable[[Decision[Any]], None]) -> None:
        """Record what the platform does by a rule of its own, once: a rule that finds it done writes nothing."""
        while True:
            await workflow.wait_condition(lambda: not self._recording)
            events = by_itself(self.case, self.received(None), rule)
            if not events or await self.record(events, key=None):
                return
