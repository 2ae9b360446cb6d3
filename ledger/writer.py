"""What doors write beside cases: events that came in, papers that were brought, heads that cases answered with, acts.

Cases are written by their steps alone.

Every method blocks, is one transaction, and raises one of ``ledger.failures.DATABASE_FAILED`` when the database does
not answer.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Final

from domain.calendar import Edition
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct
from domain.retention import Keepsake
from ledger.engine import Engine
from ledger.form_book import FormBook
from ledger.leases import Lease
from ledger.queries import (
    acts,
    attachments,
    calendars,
    confirmed,
    desk,
    feeds,
    notes,
    received,
    retention,
    sealing,
    sessions,
    stuck_batches,
    turns,
)
from ledger.queries.attachments import Attachment
from ledger.queries.desk import CaseClaim, StandIn
from ledger.queries.notes import NewNote, Note
from ledger.queries.received import Arrival, Received
from ledger.queries.sealing import NewSeal, Seal

_MOVES = {
    ActKind.STUCK_BATCH: stuck_batches.confirm_batch,
    ActKind.STUCK_BATCH_SUSPEND: stuck_batches.suspend_batch,
    ActKind.STUCK_BATCH_RESUME: stuck_batches.resume_batch,
    ActKind.STUCK_BATCH_CANCEL: stuck_batches.cancel_batch,
}
"""What moves a batch, by the act."""
_ROOM_FOR_A_STEP: Final = 65_536
"""Bytes of what is written to see whether there is room: more than most steps take."""


class Writer:
    """The ledger, to be written beside cases. ``engine`` is for whoever owns the connection; safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.forms = FormBook(engine)

    def try_out(self) -> None:
        """Write what needs room of its own, and take it away again: a row that fits where one was shows nothing.

        Raises one of DATABASE_FAILED.
        """
        lease = Lease(self.engine, "trying out", holder=secrets.token_hex(_ROOM_FOR_A_STEP // 2))
        lease.take()
        lease.give_back()

    def begin(self, arrival: Arrival) -> Received:
        """Note that an event came, unless one from this sender with its source and id did; what is noted there now."""
        return received.begin(self.engine, arrival)

    def withdraw(self, arrival: Arrival) -> None:
        """Forget an event whose effect was refused: its id may be used again. One that had an effect stays."""
        received.withdraw(self.engine, arrival)

    def record(self, arrival: Arrival) -> tuple[Received, bool]:
        """Keep an event that is evidence and no more; what is kept now, and whether this call did it."""
        return received.record(self.engine, arrival)

    def finish_filing(self, arrival: Arrival) -> tuple[Received, bool]:
        """Keep an event that filed ``arrival.request_id``; what is kept now, and whether this call did it."""
        return received.finish_filing(self.engine, arrival)

    def note_attachment(
        self, brought: Attachment, org: str, subject: str, store: Callable[[], None]
    ) -> tuple[Attachment, bool]:
        """Have ``store`` keep a content, and note that ``subject`` of ``org`` brought it; whether it had not before."""
        return attachments.note_attachment(self.engine, brought, org, subject, store)

    def remove_unwanted(self, sha256: str, remove: Callable[[str], bool]) -> bool:
        """Have ``remove`` let go of a content that nobody has brought, perhaps again; whether it was removed now."""
        return attachments.remove_unwanted(self.engine, sha256, remove)

    def hold_or_release(self, act: NewAct) -> OperatorAct:
        """Hold a case, of which nothing goes then, or release it; the act as it is recorded."""
        return retention.note_hold(self.engine, act)

    def dispose(self, act: NewAct, disposed: Collection[Keepsake]) -> OperatorAct:
        """Record that these are let go of, before they are; which they are stands in the act. Raises CaseHeld."""
        return retention.note_disposal(self.engine, act, disposed)

    def note_act(self, new: NewAct) -> OperatorAct:
        """Record what somebody who runs the engine is about to do outside of the ledger; the act as it stands there."""
        return acts.act_alone(self.engine, new)

    def add_note(self, new: NewNote) -> tuple[Note, bool]:
        """Note something beside a case, once by its key; the note as it stands, and whether this call wrote it."""
        return notes.add_note(self.engine, new)

    def store_edition(self, edition: Edition, by: Acting, expected: int) -> bool:
        """Put an edition of the calendar in force, with so many clocks to supersede, as an act; False: it was there."""
        return calendars.store_edition(self.engine, edition, by, expected)

    def act_once(self, new: NewAct, key: str) -> bool:
        """Record an act that is about to be done, with its caller's key; False where that key has done it before."""
        return acts.act_once(self.engine, new, key)

    def prepare_batch(
        self, batch_id: str, cause: str, reason: str, by: Acting, subjects: Sequence[str], left_out: int
    ) -> None:
        """Freeze the list of a batch of retries; one that is there already stays as it is."""
        stuck_batches.prepare_batch(self.engine, batch_id, cause, reason, by, subjects, left_out)

    def move_batch(self, batch_id: str, act: NewAct) -> bool:
        """Confirm, suspend, resume or cancel a batch, as the act says, and record it; False where it is past that."""
        return _MOVES[act.kind](self.engine, batch_id, act)

    def confirm(self, heads: Mapping[str, int]) -> None:
        """Note that the engine has each of these cases, by their ids, up to an event. Nothing is taken back."""
        confirmed.confirm(self.engine, heads)

    def seal(self, new: NewSeal, by: Acting) -> tuple[Seal, bool]:
        """Seal the figures of an assessment as an act; unchanged since its last edition, that one. Whether it did."""
        return sealing.seal(self.engine, new, by)

    def turn_to_simulate(self) -> AbstractContextManager[bool]:
        """Whether no other process plays a scenario; while inside, none does."""
        return turns.turn_to_simulate(self.engine)

    def claim(self, request_id: str, unit: str, officer: str) -> CaseClaim | None:
        """Take an open case unless a colleague has it; who has it then. None: it is closed, or not there."""
        return desk.claim(self.engine, request_id, unit, officer)

    def release(self, request_id: str, unit: str, by: str, on_behalf: Collection[str]) -> CaseClaim | None:
        """Give a case back that one of these has; who has it then."""
        return desk.release(self.engine, request_id, unit, by, on_behalf)

    def hand_over(
        self, request_id: str, unit: str, to: str, by: str, reason: str, holder: str | None
    ) -> CaseClaim | None:
        """Give a case that ``holder`` has to a colleague; who has it then. None: it is closed, or not there."""
        return desk.hand_over(self.engine, request_id, unit, to, by, reason, holder)

    def stand_in(self, unit: str, new: StandIn) -> StandIn:
        """Have somebody of a department stand in for another; the same said twice is there once."""
        return desk.stand_in(self.engine, unit, new)

    def end_stand_in(self, unit: str, number: int, by: str) -> bool:
        """End one of a department's stand-ins now; whether there is such a one."""
        return desk.end_stand_in(self.engine, unit, number, by)

    def open_session(self, digest: str, bearer: Mapping[str, Any], lasts: timedelta) -> None:
        """Begin a session at the console that lasts so long at most; ``digest`` is of what the browser holds."""
        sessions.open_session(self.engine, digest, bearer, lasts)

    def open_feed(self, digest: str, owner: str, bearer: Mapping[str, Any]) -> None:
        """Begin a feed of somebody's calendar; any other of the same owner ends."""
        feeds.open_feed(self.engine, digest, owner, bearer)

    def revoke_feed(self, owner: str) -> None:
        """End the feed of somebody's calendar for good, if there is one."""
        feeds.revoke_feed(self.engine, owner)

    def revoke_session(self, digest: str) -> None:
        """End a session now, and forget what was typed in it; one that is over already stays as it is."""
        sessions.revoke_session(self.engine, digest)
