"""What one case does to others: it opens those that follow from it, gives them commands, finds those it bears on.

Each goes through an activity that may be repeated: another case is opened once under its id, and a command is given
once under its key.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.engine.case_found import CaseFound
    from domain.engine.commands import Command
    from domain.engine.decision import PLATFORM
    from domain.engine.records import Actor, RecordedEvent
    from domain.naming import fingerprint
    from domain.words import CommandName, EventType, ProcedureName
    from protocol.messages import CaseToOpen, CommandToGive, GrantFound, GrantsWanted
    from protocol.names import FIND_CASE, FIND_GRANTS, GIVE_COMMAND, OPEN_CASE
    from workflows.recorded_case import OTHER_CASE_UNAVAILABLE, PATIENT, RecordedCase
    from workflows.this_run import HandingOver
    from workflows.waits import OPENING, OTHER_CASE, answered

BEFORE_IT_IS_TOLD, ONCE_IT_IS_TOLD = timedelta(seconds=20), timedelta(hours=1)
"""How long another case is tried before the wait is shown to operators, and how long at a time from then on."""


class OtherCases(RecordedCase):
    """A case among others."""

    _opening: asyncio.Task[None] | None = None

    @property
    def _nothing_is_opening(self) -> bool:
        return self._opening is None or self._opening.done()

    def begin_opening(self) -> None:
        """Open, beside everything else, the cases that events of this one say follow from it (转立新事项).

        Time and people go on meanwhile: a case that cannot be opened yet holds up nothing but its own end.
        """
        if self._nothing_is_opening:
            self._opening = asyncio.create_task(self._open_in_order())

    async def open_what_follows(self) -> None:
        """Open what follows from this case, and wait until all of it is open, or until this run has grown long."""
        while self._to_open and not self.this_run.should_continue_as_new:
            self.begin_opening()
            await workflow.wait_condition(lambda: self._nothing_is_opening)

    async def _open_in_order(self) -> None:
        while self._to_open:
            event = self._to_open[0]
            try:
                if event.type is EventType.CASE_TOLD:
                    # What the other case makes of it is its own affair: it may have ended, or be past it.
                    said = event.data
                    name, fields = CommandName(said["command"]), dict(said["fields"])
                    await self.tell_other(said["request_id"], name, fields, event.actor, event)
                else:
                    await self._ask_until_done(OPENING, OPEN_CASE, self._to_be_opened(event))
            except HandingOver:
                return
            self._to_open.pop(0)

    def _to_be_opened(self, event: RecordedEvent) -> CaseToOpen:
        return CaseToOpen(
            procedure=ProcedureName(event.data["procedure"]),
            request_id=event.data["request_id"],
            application=event.data["application"],
            opened_by=self.entry.request_id,
            statute=self.entry.statute,
            statute_digest=self.entry.statute_digest,
            policy=self.entry.policy,
            at=event.at,
            all_editions=self.entry.all_editions,
        )

    async def tell_other(
        self,
        request_id: str,
        name: CommandName,
        fields: dict[str, Any],
        actor: Actor = PLATFORM,
        event: RecordedEvent | None = None,
    ) -> str | None:
        """Give another case a command, once: the refusal's code when its rules refuse it, None when it is done.

        ``event``: what is told happened with it, and is judged there by its instant. Raises HandingOver.
        """
        own = self.entry.request_id
        about = [own, name.value, request_id, dict(fields), *([event.seq] if event else [])]
        key = f"case-{fingerprint(about)}"
        at = event.at if event else self.now()
        command = Command(name=name, actor=actor, fields=fields, key=key, received_at=at, by_case=own)
        refused: str | None = await self._ask_until_done(
            OPENING if event else OTHER_CASE, GIVE_COMMAND, CommandToGive(request_id=request_id, command=command)
        )
        return refused

    async def open_grants(self, provider: str, resource: str, stays: bool = False) -> Sequence[GrantFound]:
        """The grants of a resource that are open now, oldest first. Raises HandingOver, unless it ``stays``."""
        if self.entry.alone:
            return []
        wanted = GrantsWanted(provider=provider, resource=resource)
        found = await self._ask_until_done(OTHER_CASE, FIND_GRANTS, wanted, stays)
        return [GrantFound.model_validate(grant) for grant in found]

    async def find_case(self, request_id: str) -> CaseFound | None:
        """Another case that is named in this one's filing, as the ledger has it; a case played alone finds none."""
        if self.entry.alone:
            return None
        found = await self._ask_until_done(OTHER_CASE, FIND_CASE, request_id, stays=True)
        return CaseFound.model_validate(found) if found is not None else None

    async def wait_for_another_case(self, refused: str) -> None:
        """Another case refuses what has to be done there: be visibly stuck until an operator says to try again.

        Raises HandingOver.
        """
        wait = self.waits.begin(OTHER_CASE)
        wait.park(f"{OTHER_CASE_UNAVAILABLE}: {refused}")
        if not await wait.retried(lambda: self.this_run.should_continue_as_new):
            raise HandingOver
        wait.over()

    async def _ask_until_done(self, what: str, activity: str, said: Any, stays: bool = False) -> Any:
        """The answer of an activity. What is refused for good waits for an operator, all else is tried again.

        Raises HandingOver when the next run is to ask instead. One that ``stays`` is part of a command, and the run
        that took a command answers it.
        """
        wait, patience = self.waits.begin(what), BEFORE_IT_IS_TOLD

        def leaves() -> bool:
            return not stays and self.this_run.should_continue_as_new

        while True:
            asked = workflow.start_activity(
                activity,
                said,
                start_to_close_timeout=timedelta(seconds=30),
                schedule_to_close_timeout=patience,
                retry_policy=PATIENT,
            )
            if not await answered(asked, leaves):
                raise HandingOver
            try:
                answer = await asked
            except ActivityError as error:
                refused = refusal_for_good(error)
                wait.park(f"{OTHER_CASE_UNAVAILABLE}: {refused}" if refused else OTHER_CASE_UNAVAILABLE)
                patience = ONCE_IT_IS_TOLD
                if refused and not await wait.retried(leaves):
                    raise HandingOver from None
                continue
            wait.over()
            return answer


def refusal_for_good(error: ActivityError) -> str | None:
    """The code of a failure that no repetition mends; None where one may."""
    cause = error.cause
    final = isinstance(cause, ApplicationError) and cause.non_retryable
    return (cause.type or "refused") if final and isinstance(cause, ApplicationError) else None
