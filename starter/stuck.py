"""Operators' acts on stuck subjects, for all doors: each has a reason and is recorded before it is carried out."""

import asyncio
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from background.remedies import Remedies
from domain.access import Visibility
from domain.field_types import Text
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct
from domain.stuck import LARGEST_BATCH, BatchState, Remedied, Trouble
from domain.validation_messages import first_problem
from ledger.queries.stuck_batches import Batch
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.batches import BatchOrder
from protocol.mending import Point
from protocol.names import STUCK_BATCH, TASK_QUEUE, batch_workflow_id
from starter.engine_client import ShareflowClient
from starter.errors import InvalidInput, NotFound, Unavailable
from starter.failures import ledger_answers

LONGEST: Final = 4_000
"""The most characters of a reason or a note."""
NAME_AT_MOST: Final = 200
ABOUT: Final = "stuck/"
"""The prefix of the target of such an act."""
EVERYTHING: Final = Visibility(everything=True)
_TEXT: Final[TypeAdapter[str]] = TypeAdapter(Text)
MOVES: Final[Mapping[str, ActKind]] = {
    "confirm": ActKind.STUCK_BATCH,
    "suspend": ActKind.STUCK_BATCH_SUSPEND,
    "resume": ActKind.STUCK_BATCH_RESUME,
    "cancel": ActKind.STUCK_BATCH_CANCEL,
}
"""The acts on a batch."""


class StuckDesk:
    """Acts on stuck subjects, on behalf of somebody. ``key``: an idempotency key."""

    def __init__(self, client: ShareflowClient) -> None:
        self._client = client
        self._remedies = Remedies(client.temporal, client.writer)

    async def look(self, subject: str) -> Sequence[Trouble]:
        """The current troubles of a subject. Raises NotFound if it is neither a case nor stuck, and Unavailable."""
        with ledger_answers():
            known = await asyncio.to_thread(self._known, subject)
        if not known:
            raise NotFound(f"Nothing that is stuck is called {subject}.")
        try:
            return await self._remedies.look(subject)
        except TEMPORAL_FAILED as error:
            raise Unavailable(f"The engine does not answer ({error}).") from error

    def _known(self, subject: str) -> bool:
        reader = self._client.reader
        return bool(reader.troubles_of(subject)) or reader.case(subject) is not None

    async def points(self, subject: str) -> Sequence[Point]:
        """The points for a reset of a subject; none if it has no workflow or the engine does not answer."""
        try:
            return [] if ":" in subject else await self._remedies.points(subject)
        except (WorkflowGone, *TEMPORAL_FAILED):
            return []

    async def retry(
        self, subject: str, by: Acting, reason: str, cause: str | None = None, key: str | None = None
    ) -> Remedied:
        """Retry a subject, for one cause or all. Raises InvalidInput, NotFound, Unavailable."""
        said = {"cause": cause} if cause else {}
        begun = not await self._acted(ActKind.STUCK_RETRY, subject, by, _reason(reason), said, key)
        return await self._remedies.retry(subject, cause, by, begun)

    async def reset(self, subject: str, by: Acting, point: str, reason: str, key: str | None = None) -> Remedied:
        """Reset a subject to a named point. Raises InvalidInput, NotFound, Unavailable."""
        names = [each.name for each in await self.points(subject)]
        if names and point not in names:
            raise InvalidInput(f"to: must be one of {', '.join(names)}.")
        if not await self._acted(ActKind.STUCK_RESET, subject, by, _reason(reason), {"to": point}, key):
            return await self._remedies.retry(subject, None, by, begun=True)
        return await self._remedies.reset(subject, point, reason)

    async def note(self, subject: str, by: Acting, text: str, key: str | None = None) -> None:
        """Add a note for other operators. Raises InvalidInput, NotFound, Unavailable."""
        await self._acted(ActKind.STUCK_NOTE, subject, by, _reason(text, "text"), {}, key)

    async def hand_over(self, subject: str, by: Acting, to: str, reason: str, key: str | None = None) -> None:
        """Say who looks after it from now on. Raises InvalidInput, NotFound, Unavailable."""
        name = _fit(to, "to")
        if not name or len(name) > NAME_AT_MOST:
            raise InvalidInput(f"to: must name somebody, in {NAME_AT_MOST} characters at most.")
        await self._acted(ActKind.STUCK_HAND_OVER, subject, by, _reason(reason), {"to": name}, key)

    async def _acted(
        self, kind: ActKind, subject: str, by: Acting, reason: str, said: Mapping[str, Any], key: str | None
    ) -> bool:
        """Record an act; False if it was recorded before under its key."""
        with ledger_answers():
            if not await asyncio.to_thread(self._known, subject):
                raise NotFound(f"Nothing that is stuck is called {subject}.")
            case = await asyncio.to_thread(self._client.reader.case, subject)
            about = subject if case is not None else None
            act = NewAct(
                kind=kind, by=by, target=f"{ABOUT}{subject}", request_id=about, reason=reason, details=dict(said)
            )
            return await asyncio.to_thread(self._client.writer.act_once, act, key or uuid.uuid4().hex)

    # Batches

    async def prepare(self, cause: str, by: Acting, reason: str, key: str | None = None) -> Batch:
        """Freeze the list of all that share a cause now, at most 1,000; nothing is done before it is confirmed.

        Raises InvalidInput, NotFound, Unavailable.
        """
        why, reader = _reason(reason), self._client.reader
        batch_id = _batch_id(by, key)
        with ledger_answers():
            there = await asyncio.to_thread(reader.stuck_book.batch, batch_id)
            if there is not None:
                return there
            found = await asyncio.to_thread(reader.stuck_book.subjects_of, EVERYTHING, cause, LARGEST_BATCH)
            if not found:
                raise NotFound(f"Nothing is stuck for {cause}.")
            left_out = 0
            if len(found) > LARGEST_BATCH:
                causes = {each.cause: each.number for each in await asyncio.to_thread(reader.causes, EVERYTHING)}
                left_out = max(1, causes.get(cause, 0) - LARGEST_BATCH)
            listed = found[:LARGEST_BATCH]
            await asyncio.to_thread(self._client.writer.prepare_batch, batch_id, cause, why, by, listed, left_out)
        return await self.batch(batch_id)

    async def batch(self, batch_id: str) -> Batch:
        """A batch with its list and results. Raises NotFound, Unavailable."""
        with ledger_answers():
            found = await asyncio.to_thread(self._client.reader.stuck_book.batch, batch_id)
        if found is None:
            raise NotFound(f"There is no batch {batch_id}.")
        return found

    async def move(self, batch_id: str, what: str, by: Acting) -> Batch:
        """Confirm, suspend, resume or cancel a batch, if its state allows it.

        Raises NotFound, Unavailable.
        """
        there, kind = await self.batch(batch_id), MOVES[what]
        subjects = [item.subject for item in there.items]
        details: dict[str, Any] = {"cause": there.cause}
        if kind is ActKind.STUCK_BATCH:
            digest = hashlib.sha256("\n".join(subjects).encode()).hexdigest()
            details |= {"subjects": len(subjects), "list_sha256": digest}
        act = NewAct(kind=kind, by=by, target=f"{ABOUT}batch/{batch_id}", reason=there.reason, details=details)
        with ledger_answers():
            await asyncio.to_thread(self._client.writer.move_batch, batch_id, act)
        after = await self.batch(batch_id)
        try:
            await self._tell(after)
        except RPCError as error:
            raise Unavailable(f"The engine does not answer ({error.message}); ask again.") from error
        return after

    async def _tell(self, there: Batch) -> None:
        """Start the batch's workflow, or signal it to look again; an ended one needs nothing."""
        name = batch_workflow_id(there.id)
        if there.state is BatchState.RUNNING:
            await self._client.temporal.start_workflow(
                STUCK_BATCH,
                BatchOrder(batch_id=there.id),
                id=name,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal="told",
            )
            return
        try:
            await self._client.temporal.get_workflow_handle(name).signal("told")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    def acts_on(self, subjects: Sequence[str]) -> Mapping[str, Sequence[OperatorAct]]:
        """The acts and notes on subjects, newest first. Blocks."""
        found = self._client.reader.stuck_book.acts_on([f"{ABOUT}{subject}" for subject in subjects])
        return {target.removeprefix(ABOUT): acts for target, acts in found.items()}


def _reason(said: str, field: str = "reason") -> str:
    """The reason in recorded form. Raises InvalidInput."""
    text = _fit(said, field)
    if not text:
        raise InvalidInput(f"{field}: must be given.")
    if len(text) > LONGEST:
        raise InvalidInput(f"{field}: at most {LONGEST} characters.")
    return text


def _fit(text: str, field: str) -> str:
    """A text checked like texts of cases, without invisible characters. Raises InvalidInput."""
    try:
        return _TEXT.validate_python(text)
    except ValidationError as error:
        raise InvalidInput(f"{field} {first_problem(error)[1]}.") from None


def _batch_id(by: Acting, key: str | None) -> str:
    if key is None:
        return f"b{uuid.uuid4().hex[:16]}"
    return f"b{hashlib.sha256(f'{by.org}/{by.subject}/{key}'.encode()).hexdigest()[:16]}"
