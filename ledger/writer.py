"""All changes that doors make beside cases: received events, attachments, confirmations, acts, the desk, sessions.

Cases themselves are written only by their steps.

Every method blocks, is one transaction, and raises one of ``ledger.failures.DATABASE_FAILED`` if the database does not
answer.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Final

from domain.calendar import Edition
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct
from domain.retention import Keepsake
from ledger.auditor import may_write
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
"""The change of a batch that each kind of act makes."""
_ROOM_FOR_A_STEP: Final = 65_536
"""Bytes written to test for disk space: more than most steps take."""


class Writer:
    """Write access to the ledger, safe for many threads. ``engine`` is for the owner of the connections."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.forms = FormBook(engine)

    def try_out(self) -> None:
        """Write something large and delete it again, to test for disk space; a small row might fit into freed space.

        Raises one of DATABASE_FAILED.
        """
        lease = Lease(self.engine, "trying out", holder=secrets.token_hex(_ROOM_FOR_A_STEP // 2))
        lease.take()
        lease.give_back()

    def may_write(self) -> bool:
        """Whether the database lets this user write cases; an auditor it does not."""
        return may_write(self.engine)

    def begin(self, arrival: Arrival) -> Received:
        """Store an incoming event, unless one with its sender, source and id exists; returns the stored one."""
        return received.begin(self.engine, arrival)

    def withdraw(self, arrival: Arrival) -> None:
        """Delete an event whose effect was refused, so that its id can be used again; keeps one that had an effect."""
        received.withdraw(self.engine, arrival)

    def record(self, arrival: Arrival) -> tuple[Received, bool]:
        """Store an event that is only evidence; returns the stored one, and whether this call stored it."""
        return received.record(self.engine, arrival)

    def finish_filing(self, arrival: Arrival) -> tuple[Received, bool]:
        """Finish an event that filed ``arrival.request_id``; returns the stored one, and whether this call did it."""
        return received.finish_filing(self.engine, arrival)

    def note_attachment(
        self, brought: Attachment, org: str, subject: str, store: Callable[[], None]
    ) -> tuple[Attachment, bool]:
        """Store a content with ``store``; note that ``subject`` of ``org`` uploaded it; returns whether it is new."""
        return attachments.note_attachment(self.engine, brought, org, subject, store)

    def remove_unwanted(self, sha256: str, remove: Callable[[str], bool]) -> bool:
        """Remove with ``remove`` a content that nobody has uploaded (again); returns whether it was removed."""
        return attachments.remove_unwanted(self.engine, sha256, remove)

    def hold_or_release(self, act: NewAct) -> OperatorAct:
        """Place or release a hold on a case; returns the recorded act."""
        return retention.note_hold(self.engine, act)

    def dispose(self, act: NewAct, disposed: Collection[Keepsake]) -> OperatorAct:
        """Record a disposal, with a list, before it is carried out; returns the act. Raises CaseHeld."""
        return retention.note_disposal(self.engine, act, disposed)

    def note_act(self, new: NewAct) -> OperatorAct:
        """Record an operator's act before it is carried out outside the ledger; returns the recorded act."""
        return acts.act_alone(self.engine, new)

    def add_note(self, new: NewNote) -> tuple[Note, bool]:
        """Add a note on a case, once for its idempotency key; returns the note, and whether this call wrote it."""
        return notes.add_note(self.engine, new)

    def store_edition(self, edition: Edition, by: Acting, expected: int) -> bool:
        """Put a calendar edition in force, as an act, with the number of clocks to supersede; False: it exists."""
        return calendars.store_edition(self.engine, edition, by, expected)

    def act_once(self, new: NewAct, key: str) -> bool:
        """Record an act before it is carried out, under an idempotency key; False if it was recorded before."""
        return acts.act_once(self.engine, new, key)

    def prepare_batch(
        self, batch_id: str, cause: str, reason: str, by: Acting, subjects: Sequence[str], left_out: int
    ) -> None:
        """Store a batch of retries with its frozen list; an existing one stays as it is."""
        stuck_batches.prepare_batch(self.engine, batch_id, cause, reason, by, subjects, left_out)

    def move_batch(self, batch_id: str, act: NewAct) -> bool:
        """Confirm, suspend, resume or cancel a batch, and record the act; False if its state does not allow it."""
        return _MOVES[act.kind](self.engine, batch_id, act)

    def confirm(self, heads: Mapping[str, int]) -> None:
        """Record up to which event the engine has each of these cases; never moves backwards."""
        confirmed.confirm(self.engine, heads)

    def seal(self, new: NewSeal, by: Acting) -> tuple[Seal, bool]:
        """Seal the figures of an assessment, as an act; returns the seal, and whether it is new (else unchanged)."""
        return sealing.seal(self.engine, new, by)

    def turn_to_simulate(self) -> AbstractContextManager[bool]:
        """Take the installation-wide turn to play a scenario, if it is free; yields whether it was."""
        return turns.turn_to_simulate(self.engine)

    def claim(self, request_id: str, unit: str, officer: str) -> CaseClaim | None:
        """Claim an open case unless a colleague has it; returns who has it then. None: it is closed or unknown."""
        return desk.claim(self.engine, request_id, unit, officer)

    def release(self, request_id: str, unit: str, by: str, on_behalf: Collection[str]) -> CaseClaim | None:
        """Release a case that one of these officers has; returns who has it then."""
        return desk.release(self.engine, request_id, unit, by, on_behalf)

    def hand_over(
        self, request_id: str, unit: str, to: str, by: str, reason: str, holder: str | None
    ) -> CaseClaim | None:
        """Hand a case that ``holder`` has to a colleague; returns who has it then. None: it is closed or unknown."""
        return desk.hand_over(self.engine, request_id, unit, to, by, reason, holder)

    def stand_in(self, unit: str, new: StandIn) -> StandIn:
        """Add a stand-in within a department, unless it exists already."""
        return desk.stand_in(self.engine, unit, new)

    def end_stand_in(self, unit: str, number: int, by: str) -> bool:
        """End one of a department's stand-ins now; returns whether there is such a one."""
        return desk.end_stand_in(self.engine, unit, number, by)

    def open_session(self, digest: str, bearer: Mapping[str, Any], lasts: timedelta) -> None:
        """Start a console session with a maximum duration; ``digest`` is that of the browser's token."""
        sessions.open_session(self.engine, digest, bearer, lasts)

    def open_feed(self, digest: str, owner: str, bearer: Mapping[str, Any]) -> None:
        """Create an owner's calendar feed; revokes the previous one."""
        feeds.open_feed(self.engine, digest, owner, bearer)

    def revoke_feed(self, owner: str) -> None:
        """Revoke an owner's calendar feed, if there is one."""
        feeds.revoke_feed(self.engine, owner)

    def revoke_session(self, digest: str) -> None:
        """End a session now, and delete its forms; one that is over already stays as it is."""
        sessions.revoke_session(self.engine, digest)
