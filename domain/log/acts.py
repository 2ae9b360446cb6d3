"""Operators' acts (运维操作): who did what to what and why, each chained to the one before.

Operators act on the running engine, never on the merits of cases. Acts are entered in the log beside the events of
cases, so that checkpoints cover them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.evidence import digest_of, plain
from domain.field_types import Sha256
from domain.model import Fixed
from domain.words import Role

ALGORITHM: Final = "sm3"
"""The digest algorithm of the chain of acts."""


class ActKind(StrEnum):
    """What was done; the words are those of the catalogue (kind ``act``)."""

    CALENDAR_PUBLISH = "calendar_publish"
    DUTIES_SYNC = "duties_sync"
    DUTIES_OPEN = "duties_open"
    HOLD = "hold"
    RELEASE = "release"
    DISPOSE = "dispose"
    ARCHIVE_REPAIR = "archive_repair"
    BEGIN_ANEW = "begin_anew"
    ROW_REPAIR = "row_repair"
    SETTLE = "settle"
    STUCK_RETRY = "stuck_retry"
    STUCK_RESET = "stuck_reset"
    STUCK_NOTE = "stuck_note"
    STUCK_HAND_OVER = "stuck_hand_over"
    STUCK_BATCH = "stuck_batch"
    STUCK_BATCH_SUSPEND = "stuck_batch_suspend"
    STUCK_BATCH_RESUME = "stuck_batch_resume"
    STUCK_BATCH_CANCEL = "stuck_batch_cancel"
    WEBHOOK_CREATE = "webhook_create"
    WEBHOOK_CHANGE = "webhook_change"
    WEBHOOK_ROTATE = "webhook_rotate"
    WEBHOOK_DELETE = "webhook_delete"
    WEBHOOK_REPLAY = "webhook_replay"
    ASSESSMENT_SEAL = "assessment_seal"


class Acting(Fixed):
    """The author of an act: the name known to the door and, if any, the organisation's code and the roles."""

    subject: str
    org: str | None = None
    roles: tuple[Role, ...] = ()


class NewAct(Fixed):
    """An act about to be carried out: ``target`` is what it affects, ``request_id`` the case it is about.

    ``reason`` is in the author's words, ``details`` are JSON values without secrets.
    """

    kind: ActKind
    by: Acting
    target: str
    request_id: str | None = None
    reason: str | None = None
    details: Mapping[str, Any] = {}


class OperatorAct(Fixed):
    """A recorded act: numbered without gaps, with the digest of the one before.

    ``kind`` is plain text, so that acts of later versions stay readable.
    """

    number: int
    at: datetime
    kind: str
    by: Acting
    target: str
    request_id: str | None
    reason: str | None
    details: Mapping[str, Any]
    prev: Sha256
    digest: Sha256


def recorded_act(new: NewAct, number: int, at: datetime, prev: str) -> OperatorAct:
    """The recorded act, with number, instant and digest. Raises NotCanonical for details without canonical JSON."""
    said = {**{name: getattr(new, name) for name in NewAct.model_fields}, "number": number, "at": at, "prev": prev}
    act = OperatorAct.model_construct(**{**said, "kind": new.kind.value, "digest": ""})
    return act.model_copy(update={"digest": digest_of_act(act)})


def digest_of_act(act: OperatorAct) -> str:
    """The digest of an act, over all of its other fields."""
    return digest_of({name: value for name, value in plain(act).items() if name != "digest"}, ALGORITHM)
