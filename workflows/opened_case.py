"""A case of any procedure but the share request: how it begins, hands over when its run grows long, and ends."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.cases.carrying import carried_state, restored
    from domain.cases.decide import by_itself
    from domain.cases.passing_of_time import next_instant
    from domain.cases.turn import Refused, Turn
    from domain.procedures import PROCEDURES, open_case
    from domain.side_effects import Carried, CaseView, Opening
    from workflows.durable_case import DurableCase

MOST_COMMANDS = 1000
"""Temporal takes 2,000 updates in one run; the next run takes over well before."""


class OpenedCase(DurableCase):
    """A case that an :class:`Opening` starts. Its workflow says its stages; everything else is here."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        procedure = PROCEDURES[opening.procedure]
        matter = procedure.matter.model_validate(dict(opening.application))
        case = procedure.new_case(opening.request_id, opening.statute, opening.policy, matter)
        if opening.carried is not None:
            case = restored(case, opening.carried.state)
        super().__init__(opening, case)
        if opening.carried is not None:
            self._keys = dict(opening.carried.keys)
            self._news = list(opening.carried.news)
            self._next = next_instant(case)

    async def begin(self) -> None:
        """The gate, then the first stage; a run that takes over begins where the last one stood."""
        if self.opening.carried is not None:
            self._show()
            return
        opening = self.opening
        at = self.received(opening.filed_at)
        digests = {"statute_digest": opening.statute_digest, "filing_digest": opening.digest}
        if opening.opened_by is not None:
            digests["opened_by"] = opening.opened_by
        try:
            events = open_case(self.case, opening.actor, at, digests, opening.places)
        except Refused as refusal:
            raise self.refused(refusal) from None
        while not await self.record(events, key=opening.key):
            if self.case.filed:
                return

    async def carry_out(self, rule: Callable[[Turn[Any]], None]) -> None:
        """Record what the platform does by a rule of its own, once: a rule that finds it done writes nothing."""
        while True:
            await workflow.wait_condition(lambda: not self._recording)
            events = by_itself(self.case, self.received(None), rule)
            if not events or await self.record(events, key=None):
                return

    @property
    def long(self) -> bool:
        """Whether the next run should take over: Temporal says so, or many commands came."""
        return self._commands >= MOST_COMMANDS or workflow.info().is_continue_as_new_suggested()

    async def people_or_time(self, what: str) -> None:
        """As in every case; then hand over to the next run when this one has grown long."""
        await super().people_or_time(what)
        if self.long and not self.case.closed:
            # Commands may come while another case is opened, and what they say may open the next: nothing is left
            # behind in this run, neither an answer nor a case to open.
            while self._to_open or self._recording or not workflow.all_handlers_finished():
                await self.open_what_follows()
                await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not self._recording)
            if not self.case.closed:
                carried = Carried(state=carried_state(self.case), keys=self._keys_of_this_run(), news=self._news)
                workflow.continue_as_new(self.opening.model_copy(update={"carried": carried}))

    def _keys_of_this_run(self) -> dict[str, str]:
        """The keys that came since the last hand-over: an older one is known to the ledger."""
        before = self.opening.carried.keys if self.opening.carried else {}
        return {name: key for name, key in self._keys.items() if before.get(name) != key}

    async def end(self) -> CaseView:
        """Open what follows, let every caller have their answer, and tell how it ended."""
        while self._to_open or not workflow.all_handlers_finished():
            await self.open_what_follows()
            await workflow.wait_condition(workflow.all_handlers_finished)
        return self.view()
