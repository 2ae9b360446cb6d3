"""What one case asks of others: to be opened, to take a command, to be looked up.

Each request is an idempotent activity: another case is opened once under its id, and a command is given once under its
key.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.engine.case_found import CaseFound
    from domain.engine.commands import Command
    from domain.engine.decision import PLATFORM
    from domain.engine.records import Actor, NumberedEvent
    from domain.naming import fingerprint
    from domain.words import CommandName
    from protocol.errors import OTHER_CASE_UNAVAILABLE
    from protocol.messages import CaseOpening, CaseToOpen, CommandToGive, GrantFound, GrantsWanted
    from protocol.names import FIND_CASE, FIND_GRANTS, GIVE_COMMAND, OPEN_CASE
    from workflows import instants
    from workflows.retries import PATIENT, PATIENT_IN_ALL, PATIENT_TRY, refused_for_good
    from workflows.this_run import HandingOver, ThisRun
    from workflows.waits import OPENING, OTHER_CASE, Waits, answered

BEFORE_IT_IS_TOLD = timedelta(seconds=20)
"""How long a request is retried before the wait is shown to operators."""


class Correspondence:
    """The requests of one case to others."""

    def __init__(self, opening: CaseOpening, waits: Waits, this_run: ThisRun) -> None:
        self._opening = opening
        self._waits = waits
        self._this_run = this_run

    async def open(self, order: CaseToOpen) -> None:
        """Open a case that follows from this one. Raises HandingOver."""
        await self._ask(OPENING, OPEN_CASE, order)

    async def tell(
        self,
        request_id: str,
        name: CommandName,
        fields: dict[str, Any],
        actor: Actor = PLATFORM,
        event: NumberedEvent | None = None,
    ) -> str | None:
        """Give another case a command, once. Returns the code of the refusal, or None when it is done.

        ``event``: the event of this case that the command reports; its instant counts as the time of receipt. Raises
        HandingOver.
        """
        own = self._opening.request_id
        about = [own, name.value, request_id, dict(fields), *([event.seq] if event else [])]
        key = f"case-{fingerprint(about)}"
        at = event.at if event else instants.now(self._opening)
        command = Command(name=name, actor=actor, fields=fields, key=key, received_at=at, by_case=own)
        refused: str | None = await self._ask(
            OPENING if event else OTHER_CASE, GIVE_COMMAND, CommandToGive(request_id=request_id, command=command)
        )
        return refused

    async def open_grants(self, provider: str, resource: str, stays: bool = False) -> Sequence[GrantFound]:
        """The open grants of a resource, oldest first; a case played alone finds none.

        Raises HandingOver, unless ``stays``.
        """
        if self._opening.alone:
            return []
        wanted = GrantsWanted(provider=provider, resource=resource)
        found = await self._ask(OTHER_CASE, FIND_GRANTS, wanted, stays)
        return [GrantFound.model_validate(grant) for grant in found]

    async def find_case(self, request_id: str) -> CaseFound | None:
        """A case named in this one's filing, as the ledger has it; a case played alone finds none."""
        if self._opening.alone:
            return None
        found = await self._ask(OTHER_CASE, FIND_CASE, request_id, stays=True)
        return CaseFound.model_validate(found) if found is not None else None

    async def wait_for_another_case(self, refused: str) -> None:
        """Another case refused what has to be done there: stay visibly stuck until an operator says to try again.

        Raises HandingOver.
        """
        wait = self._waits.begin(OTHER_CASE)
        wait.park(f"{OTHER_CASE_UNAVAILABLE}: {refused}")
        if not await wait.retried(lambda: self._this_run.should_continue_as_new):
            raise HandingOver
        wait.over()

    async def _ask(self, what: str, activity: str, said: Any, stays: bool = False) -> Any:
        """The answer of an activity. After a non-retryable failure an operator must act; everything else is retried.

        Raises HandingOver if the next run is to ask instead. ``stays``: the request is part of a command or a filing,
        which the run that accepted it must answer.
        """
        wait, patience = self._waits.begin(what), BEFORE_IT_IS_TOLD

        def leaves() -> bool:
            return not stays and self._this_run.should_continue_as_new

        while True:
            asked = workflow.start_activity(
                activity,
                said,
                start_to_close_timeout=PATIENT_TRY,
                schedule_to_close_timeout=patience,
                retry_policy=PATIENT,
            )
            if not await answered(asked, leaves):
                raise HandingOver
            try:
                answer = await asked
            except ActivityError as error:
                refused = refused_for_good(error)
                wait.park(f"{OTHER_CASE_UNAVAILABLE}: {refused}" if refused else OTHER_CASE_UNAVAILABLE)
                patience = PATIENT_IN_ALL
                if refused and not await wait.retried(leaves):
                    raise HandingOver from None
                continue
            wait.over()
            return answer
