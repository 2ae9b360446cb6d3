"""The typed client, used by all doors: open cases, give commands, read cases.

Calls are idempotent: one repeated with the same key has no further effect and returns the first answer, also after a
crash in between and after the case was closed.
"""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from temporalio.client import Client as TemporalClient
from temporalio.client import (
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.access import EVERYWHERE
from domain.engine.commands import Command
from domain.engine.filed import Filed
from domain.engine.procedure import OneCase
from domain.engine.records import Actor
from domain.naming import request_id_for
from domain.policy import Policy, default_policy
from domain.words import ProcedureName
from ledger.engine import Engine
from ledger.queries.views import CaseDetail
from ledger.reader import Reader
from ledger.rule_text_store import RuleTextStore
from ledger.writer import Writer
from procedures.registry import DEFAULT, PROCEDURES
from procedures.share_request.application import Application
from procedures.share_request.filing import as_requester
from protocol.errors import BUSY
from protocol.messages import Answer, CaseOpening, CaseState, CaseView, caller_key
from protocol.names import TASK_QUEUE, workflow_id
from protocol.opening import IN_THE_WORLD, Played, digest_of_filing
from protocol.starting import start_case
from starter.answered_heads import AnsweredHeads
from starter.case_opening import Entered, enter_case, one_case, statute_named
from starter.engine_calls import check_key, within
from starter.engine_turns import EngineTurns
from starter.errors import (
    AlreadyOpen,
    Crowded,
    InvalidInput,
    KeyReused,
    NeedsOperator,
    NotFound,
    RequestRefused,
    Stale,
    Unavailable,
)
from starter.failures import is_final, known_error, ledger_answers, not_answering
from starter.in_force import text_in_force

PATIENCE = timedelta(seconds=20)
"""How long a caller waits for an engine that is busy, restarting or unreachable."""


AT_ONCE = 4
"""The most commands of one process in progress at one case."""
AT_ONCE_IN_ALL = 10
"""The most filings and commands of one process in progress in the engine. The others wait here, first come first
served: in a crowded engine, each of them would pass through all of its queues several times."""


class FiledCase(NamedTuple):
    """The case of a filing, whether it was filed before under the key, and how many events the filing wrote."""

    case: CaseState
    repeated: bool
    events: int


class ShareflowClient:
    """Opens cases and drives them, over Temporal and the ledger."""

    def __init__(
        self,
        temporal: TemporalClient,
        engine: Engine,
        policy: Policy | None = None,
        task_queue: str = TASK_QUEUE,
        patience: timedelta = PATIENCE,
    ) -> None:
        self.temporal = temporal
        self.reader, self.writer = Reader(engine), Writer(engine)
        self._texts = RuleTextStore(engine)
        self.policy = policy or default_policy()
        self.task_queue = task_queue
        self.patience = patience
        self._answered = AnsweredHeads(self.writer)
        self._engine_turns = EngineTurns(AT_ONCE_IN_ALL)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def close(self) -> None:
        """Flush what is still to be recorded; for doors that stay open for long."""
        await self._answered.close()

    # Opening

    async def file(
        self,
        statute: str | None,
        application: Application,
        key: str | None = None,
        person: str | None = None,
        received_at: datetime | None = None,
        shift: timedelta = timedelta(),
        jurisdiction: str | None = None,
    ) -> CaseState:
        """File a share request in its requester's name; returns when it is in the ledger.

        ``shift`` is for played cases.

        Raises RequestRefused, KeyReused, AlreadyOpen, InvalidInput, Unavailable, NeedsOperator.
        """
        actor, procedure = as_requester(application, person), DEFAULT.name
        played = Played(shift)
        filed = await self.open(
            procedure, statute, application, actor, key, received_at, played=played, jurisdiction=jurisdiction
        )
        return filed.case

    async def open(
        self,
        procedure: ProcedureName,
        statute: str | None,
        matter: Filed,
        actor: Actor,
        key: str | None = None,
        received_at: datetime | None = None,
        places: frozenset[str] = frozenset({EVERYWHERE}),
        played: Played = IN_THE_WORLD,
        jurisdiction: str | None = None,
    ) -> FiledCase:
        """Open a case of any procedure; returns when it is in the ledger.

        Without a statute, the text in force in the jurisdiction on the day of receipt applies. ``key`` is the caller's
        idempotency key. Where the procedure knows only one such case, it is opened once, under any key or none.
        Raises RequestRefused, KeyReused, AlreadyOpen, InvalidInput, Unavailable, NeedsOperator.
        """
        if key is not None:
            check_key(key)
        if statute is None:
            at = received_at or datetime.now(UTC) + played.shift
            statute = await asyncio.to_thread(text_in_force, self.reader, jurisdiction or "", key or "", at)
        one = one_case(procedure, statute_named(statute), matter, played)

        def enter(key: str) -> Entered:
            return enter_case(procedure, statute, matter, actor, self.policy, key, received_at, places, played)

        if one is None:
            try:
                entered = enter(uuid.uuid4().hex if key is None else key)
            except RequestRefused:
                # What may be opened can change with the day; what was opened before stays open.
                earlier = await self._earlier(key, procedure, statute, matter)
                if earlier is None:
                    raise
                return earlier
            return await self._start_its_own(entered)
        earlier = await self._earlier(key, procedure, statute, matter)
        if earlier is not None:
            return earlier
        return await self._open_the_one(enter, one, request_id_for(statute, one.key, procedure), key)

    async def _open_the_one(
        self, enter: Callable[[str], Entered], one: OneCase, request_id: str, key: str | None
    ) -> FiledCase:
        """Open a case of which there is only one, whoever opens it; or find the one that was opened before."""
        there = await asyncio.to_thread(self._there, request_id, one)
        if there is not None:
            return there
        entered = enter(f"opened/{request_id}" if key is None else key)
        state = await self._start(entered.opening, its_own=False)
        there = await asyncio.to_thread(self._there, request_id, one, entered.opening)
        return there or FiledCase(state, False, len(entered.events))

    async def _earlier(
        self, key: str | None, procedure: ProcedureName, statute: str, matter: Filed
    ) -> FiledCase | None:
        """The case filed before under the caller's key. Raises KeyReused if that was another filing."""
        if key is None:
            return None
        return await asyncio.to_thread(self._filed_before, key, digest_of_filing(procedure, statute, matter))

    async def _start_its_own(self, entered: Entered) -> FiledCase:
        """Start a case of this filing alone; or find it, if the same filing came before."""
        opening = entered.opening
        try:
            state = await self._start(opening)
        except WorkflowAlreadyStartedError:  # an earlier call filed it, and the case has closed since
            state = None
        if state is not None and state.asked == opening.asked:
            return FiledCase(state, False, len(entered.events))
        earlier = await asyncio.to_thread(self._filed_before, opening.key, opening.digest)
        if earlier is None:
            raise Unavailable(f"The workflow of {opening.request_id} is gone and left no case; see shareflow doctor.")
        return earlier

    def _filed_before(self, key: str, digest: str) -> FiledCase | None:
        with ledger_answers():
            earlier = self.reader.case_filed_under(key)
            if earlier is None:
                return None
            own = self.reader.events_of_key(earlier.request_id, key)
        if earlier.filing_digest != digest:
            raise KeyReused(f"The key {key} was used before to file another request.")
        return FiledCase(state_of(earlier), True, len(own))

    def _there(self, request_id: str, one: OneCase, ours: CaseOpening | None = None) -> FiledCase | None:
        """The case as it was opened before; None if there is none yet, or if it is ``ours``.

        Raises AlreadyOpen if it was opened with different contents.
        """
        with ledger_answers():
            case = self.reader.case(request_id)
            if case is None or (ours is not None and (case.filing_key, case.filing_digest) == (ours.key, ours.digest)):
                return None
            filing = self.reader.events_of_key(request_id, case.filing_key)
        procedure = PROCEDURES[ProcedureName(case.procedure)]
        said = procedure.one_case(statute_named(case.statute), procedure.matter.model_validate(case.application))
        if said is None or said.said != one.said:
            raise AlreadyOpen(request_id)
        return FiledCase(state_of(case), True, len(filing))

    async def _start(self, opening: CaseOpening, its_own: bool = True) -> CaseState:
        """Start a case, or wait for the one started by an earlier call; ``its_own``: only if that was this very filing.

        Raises WorkflowAlreadyStartedError if its own case was started before and has ended.
        """
        if not self._texts.is_kept(*opening.rule_texts):
            with ledger_answers():
                await asyncio.to_thread(self._texts.store, *opening.rule_texts)
        try:
            async with self._engine_turns.turn():
                started = start_case(self.temporal, opening, its_own, self.task_queue)
                view = await within(self.patience.total_seconds(), started)
            self._answered.note(view.request_id, view.head)
            return view
        except WorkflowAlreadyStartedError:
            if its_own:
                raise
            return state_of(await asyncio.to_thread(self.get, opening.request_id))
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise not_answering(error) from error
        except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
            raise known_error(error) from error

    # Commands

    async def command(self, request_id: str, command: Command) -> Answer:
        """Give a command; returns when it is in the ledger.

        Raises RequestRefused, InvalidInput, NotFound, KeyReused, Stale, Unavailable, NeedsOperator.
        """
        check_key(command.key)
        async with self._turn_at(request_id):
            return await self._command(request_id, command)

    async def _command(self, request_id: str, command: Command) -> Answer:
        try:
            key, asked = f"{command.key}~{command.fingerprint}", uuid.uuid4().hex[:8]
        except UnicodeEncodeError:
            raise InvalidInput(f"{command.name}: a field has half of a Unicode character.") from None
        sealed = command.model_copy(update={"key": key, "asked": asked})
        try:
            answer = await self._send(request_id, sealed)
            if answer.asked == asked:
                return answer
            # To a second call with the same key Temporal returns the first answer, with the first ``asked``.
            await asyncio.to_thread(self._done_before, request_id, command.key, sealed)
            return answer.model_copy(update={"repeated": True})
        except Crowded:
            raise
        except (RequestRefused, InvalidInput, Stale, Unavailable):
            # It may have been done before: in another run, or by a workflow task that the server has lost.
            repeated = await asyncio.to_thread(self._done_before, request_id, command.key, sealed)
            if repeated is None:
                raise
            return repeated

    def _turn_at(self, request_id: str) -> asyncio.Semaphore:
        """Take turns: the server accepts ten updates of a case at once and fails the rest."""
        turn = self._turns.get(request_id)
        if turn is None:
            turn = self._turns[request_id] = asyncio.Semaphore(AT_ONCE)
        return turn

    def _done_before(self, request_id: str, caller_key: str, command: Command) -> Answer | None:
        """The answer to a command given before, or None. Raises KeyReused if that was another's, or another command."""
        with ledger_answers():
            events = self.reader.events_of_caller_key(request_id, caller_key)
        if not events:
            return None
        persons = {event.actor.person for event in events if event.actor.role is command.actor.role}
        if events[0].key != command.key or (persons and command.actor.person not in persons):
            raise KeyReused(f"The key {caller_key} was used before for another command.")
        case = self.get(request_id)
        kinds = [event.type.value for event in events]
        head = events[-1].seq
        return Answer(head=head, events=kinds, stage=case.stage, outcome=case.outcome, repeated=True)

    async def _send(self, request_id: str, command: Command) -> Answer:
        handle = self.temporal.get_workflow_handle(workflow_id(request_id))
        deadline = asyncio.get_running_loop().time() + self.patience.total_seconds()
        pause = 0.01
        while True:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise Unavailable("The engine did not answer in time; ask again with the same key.")
            try:
                async with self._engine_turns.turn():
                    answer = await within(left, self._ask(handle, request_id, command))
                self._answered.note(request_id, answer.head)
                return answer
            except WorkflowUpdateFailedError as error:
                if not (isinstance(error.cause, ApplicationError) and error.cause.type == BUSY):
                    raise known_error(error) from error
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return await asyncio.to_thread(self._gone, request_id, command)
                passes = error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.FAILED_PRECONDITION)
                if not passes or is_final(error):
                    raise not_answering(error) from error
            except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
                raise not_answering(error) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    async def _ask(self, handle: WorkflowHandle[Any, Any], request_id: str, command: Command) -> Answer:
        try:
            return await _update(handle, command)
        except WorkflowUpdateFailedError as refusal:
            if not await self._caught_up(handle, request_id, refusal):
                raise
        return await _update(handle, command)

    async def _caught_up(
        self, handle: WorkflowHandle[Any, Any], request_id: str, refusal: WorkflowUpdateFailedError
    ) -> bool:
        """After a refusal, if a crash had left the case behind the ledger: make it catch up.

        False if it was up to date; then the refusal stands.
        """
        details = refusal.cause.details if isinstance(refusal.cause, ApplicationError) else ()
        if len(details) < 2:
            return False
        head = (await asyncio.to_thread(self.get, request_id)).seq
        if details[1] >= head:
            return False
        await handle.signal("sync_from_ledger")
        while True:
            view: CaseView = await handle.query("case", result_type=CaseView)
            if view.head >= head:
                return True
            await asyncio.sleep(0.05)

    def _gone(self, request_id: str, command: Command) -> Answer:
        """The workflow has ended or never existed; the ledger knows which."""
        case = self.get(request_id)
        repeated = self._done_before(request_id, caller_key(command.key), command)
        if repeated is not None:
            return repeated
        if case.outcome is not None:
            raise RequestRefused("case_closed", None, case.statute)
        raise NeedsOperator(f"The workflow of {request_id} is gone though its case is open; see shareflow stuck.")

    # Reading

    def get(self, request_id: str) -> CaseDetail:
        """One case as the ledger has it. Raises NotFound, Unavailable."""
        with ledger_answers():
            case = self.reader.case(request_id)
        if case is None:
            raise NotFound(f"There is no request {request_id}.")
        return case


async def _update(handle: WorkflowHandle[Any, Any], command: Command) -> Answer:
    answer: Answer = await handle.execute_update("command", command, id=command.key, result_type=Answer)
    return answer


def state_of(case: CaseDetail) -> CaseState:
    """The state of a case in the ledger, in the form in which the workflow returns it."""
    return CaseState(
        request_id=case.request_id, statute=case.statute, stage=case.stage, outcome=case.outcome, head=case.seq
    )
