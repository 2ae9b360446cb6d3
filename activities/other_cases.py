"""Activities that reach other cases: open one, give it a command, look it up. All are idempotent."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.access import place_of
from domain.calendar import day_of
from domain.engine.case_found import CaseFound
from domain.engine.decision import PLATFORM, Refused
from domain.engine.procedure import each_its_own
from domain.policy import completed
from domain.refusal_codes import RefusalCode
from domain.rule_texts import KNOWN
from domain.statutes.in_force import NothingInForce, statute_in_force
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.validation_messages import first_problem, key_path
from domain.words import Basis, ClockState, ProcedureName
from ledger.engine import Engine
from ledger.queries.cases import get_case, grants_of
from ledger.queries.events import events_by_key
from ledger.rule_text_store import RuleTextStore
from procedures.access_grant.process import IN_EFFECT
from procedures.registry import PROCEDURES
from procedures.registry import open_case as rules_open
from protocol.errors import refusal_note, told_by_the_case
from protocol.messages import CaseOpening, CaseToOpen, CommandToGive, GrantFound, GrantsWanted
from protocol.names import FIND_CASE, FIND_GRANTS, GIVE_COMMAND, OPEN_CASE, TASK_QUEUE, workflow_id
from protocol.opening import Played, case_before, opening_of
from protocol.starting import start_case

log = logging.getLogger("shareflow.other_cases")

TOLD_ALREADY: Final = ApplicationErrorCategory.BENIGN
"""Category of errors that were logged already, so that the SDK does not log them again with a traceback."""


class OtherCases:
    """The activities of one worker that reach other cases.

    ``played``: cases live in skipped time, so a new case begins at the instant of the case that opens it.
    """

    def __init__(self, client: Client, engine: Engine, task_queue: str = TASK_QUEUE, played: bool = False) -> None:
        self._client = client
        self._engine = engine
        self._texts = RuleTextStore(engine)
        self._task_queue = task_queue
        self._played = played

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.open_case, self.give_command, self.find_grants, self.find_case]

    @activity.defn(name=OPEN_CASE)
    async def open_case(self, order: CaseToOpen) -> bool:
        """Open the case of an order, and wait until its filing is in the ledger.

        False: the case exists already, opened by somebody else. Raises a non-retryable ApplicationError, with the
        refusal and its code, if the rules do not let it be opened; the id can then be used again.
        """
        opening = await asyncio.to_thread(self._opening, order)
        there = await asyncio.to_thread(get_case, self._engine, order.request_id)
        if there is None:
            ask_the_rules(opening)
            await self._start(opening)
            there = await asyncio.to_thread(get_case, self._engine, order.request_id)
        return there is not None and there.filing_key == opening.key

    async def _start(self, opening: CaseOpening) -> None:
        its_own = PROCEDURES[opening.procedure].one_case is each_its_own
        try:
            await start_case(self._client, opening, its_own, self._task_queue)
        except WorkflowAlreadyStartedError as error:
            # It was opened before and has ended since.
            if await asyncio.to_thread(get_case, self._engine, opening.request_id) is None:
                log.warning("workflow without case", extra={"case": opening.request_id, "error": str(error)})
                raise ApplicationError(
                    str(error), type="workflow_without_case", non_retryable=True, category=TOLD_ALREADY
                ) from error
        except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
            said = told_by_the_case(error)
            if said is None:
                raise
            raise ApplicationError(
                said.message, *said.details, type=said.type or "refused", non_retryable=True
            ) from error

    def _opening(self, order: CaseToOpen) -> CaseOpening:
        """The message that starts the case; blocks. Raises a non-retryable ApplicationError for an invalid filing.

        A new application is made under the text in force on its day, like one that names none. Every other follow-up
        case, and an application that the newer text would refuse, stays under the text of the case that opens it.
        """
        newer = _text_in_force(order) if PROCEDURES[order.procedure].applied_for_anew else None
        if newer is not None:
            opening = self._under(newer.id, KNOWN.digest(newer), order)
            with suppress(ApplicationError):
                ask_the_rules(opening)
                return opening
        return self._under(order.statute, order.statute_digest, order)

    def _under(self, statute: str, digest: str, order: CaseToOpen) -> CaseOpening:
        try:
            matter = PROCEDURES[order.procedure].matter.model_validate(dict(order.application))
        except ValidationError as error:
            path, reason = first_problem(error)
            said = f"{key_path(path) or 'what is filed'} {reason}."
            raise ApplicationError(said, type="invalid", non_retryable=True) from error
        self._texts.fetch(digest, order.policy_digest)
        # A policy older than this procedure does not name its limits.
        policy_digest = KNOWN.digest(completed(KNOWN.policy(order.policy_digest)))
        self._texts.store(digest, policy_digest)
        shift = order.at - datetime.now(UTC) if self._played else timedelta()
        return opening_of(
            order.procedure,
            matter,
            request_id=order.request_id,
            key=f"opened/{order.request_id}",
            actor=PLATFORM,
            statute=statute,
            statute_digest=digest,
            policy_digest=policy_digest,
            filed_at=order.at,
            played=Played(shift, order.all_editions),
            opened_by=order.opened_by,
        )

    @activity.defn(name=GIVE_COMMAND)
    async def give_command(self, order: CommandToGive) -> str | None:
        """Give another case a command. Returns None, or the code of a refusal; a closed case refuses every command."""
        command = order.command.model_copy(update={"key": f"{order.command.key}~{order.command.fingerprint}"})
        if await asyncio.to_thread(events_by_key, self._engine, order.request_id, command.key):
            return None
        handle = self._client.get_workflow_handle(workflow_id(order.request_id))
        try:
            await handle.execute_update("command", command, id=command.key)
        except WorkflowUpdateFailedError as error:
            said = told_by_the_case(error)
            if said is None:
                raise
            if said.type not in set(RefusalCode):
                # A retry under the same key would fail in the same way.
                raise ApplicationError(said.message, type=said.type, non_retryable=True) from error
            return said.type
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return RefusalCode.CASE_CLOSED.value
            raise
        return None

    @activity.defn(name=FIND_GRANTS)
    async def find_grants(self, wanted: GrantsWanted) -> list[GrantFound]:
        """The access grants of a provider's resource that have not ended, oldest first. Reads only."""
        found = await asyncio.to_thread(grants_of, self._engine, wanted.provider, wanted.resource, IN_EFFECT)
        return [GrantFound(request_id=x.request_id, code=x.requester_code, name=x.requester_name) for x in found]

    @activity.defn(name=FIND_CASE)
    async def find_case(self, request_id: str) -> CaseFound | None:
        """The facts that the ledger has of a case named by another; None if there is no such case. Reads only."""
        case = await asyncio.to_thread(get_case, self._engine, request_id)
        if case is None:
            return None
        missed = (ClockState.BREACHED, ClockState.MET_LATE)
        return CaseFound(
            request_id=case.request_id,
            statute=case.statute,
            requester=case.requester_code,
            provider=case.provider_code,
            procedure=ProcedureName(case.procedure),
            outcome=case.outcome,
            missed=tuple(c.number for c in case.clocks if c.state in missed and c.basis is not Basis.POLICY),
        )


def _text_in_force(order: CaseToOpen) -> Statute | None:
    """The text in force in the place of a case on the day of the order; None where it is the case's own, or none is."""
    try:
        named = statute_in_force(place_of(order.statute), day_of(order.at))
    except NothingInForce:
        return None
    return None if named == order.statute else packaged_statutes()[named]


def ask_the_rules(opening: CaseOpening) -> None:
    """Check that the rules let a case be opened before it is started, as every door does. Raises ApplicationError."""
    try:
        rules_open(case_before(opening), opening.actor, opening.filed_at, places=opening.places)
    except Refused as refusal:
        note = refusal_note(refusal, opening.statute)
        raise ApplicationError(note.code, note, type=note.code, non_retryable=True) from refusal
