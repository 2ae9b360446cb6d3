"""What is stuck, as the HTTP door and the console show it."""

from collections.abc import Mapping, Sequence

from api.stuck.schemas import (
    BatchRetryOut,
    CauseOut,
    RemediedOut,
    RetriedItemOut,
    RetryBatchOut,
    StuckNoteOut,
    TroubleOut,
)
from domain.log.acts import ActKind, OperatorAct
from domain.messages import Language, label, words
from domain.stuck import REMEDIES, Remedied, RemedyResult, Trouble
from ledger.queries.stuck import Cause
from ledger.queries.stuck_batches import Batch, BatchRetry, RetriedItem

Acts = Mapping[str, Sequence[OperatorAct]]
Abouts = Mapping[str, str]
"""What cases are about, by id."""


def cause_out(each: Cause, language: Language) -> CauseOut:
    """A cause."""
    return CauseOut(
        cause=each.cause,
        kind=each.kind,
        kind_label=label("stuck_kind", each.kind, language),
        number=each.number,
        since=each.since,
        error=each.error,
        remedies=list(REMEDIES[each.kind]),
    )


def trouble_out(each: Trouble, acts: Acts, abouts: Abouts, language: Language) -> TroubleOut:
    """A trouble, and who looks after it."""
    return TroubleOut(
        id=each.subject,
        about=abouts.get(each.subject),
        kind=each.kind,
        kind_label=label("stuck_kind", each.kind, language),
        reason=each.reason,
        cause=each.cause,
        since=each.since,
        error=each.error,
        waits_on=each.waits_on,
        held_by=_holder(acts.get(each.subject, ())),
        remedies=list(REMEDIES[each.kind]),
    )


def note_out(act: OperatorAct, language: Language) -> StuckNoteOut:
    """An act about what is stuck."""
    known, to = words("act").get(act.kind), act.details.get("to")
    return StuckNoteOut(
        at=act.at,
        kind=act.kind,
        kind_label=known[language] if known else act.kind,
        by=act.by.subject,
        reason=act.reason,
        to=to if isinstance(to, str) else None,
    )


def retry_out(each: BatchRetry, language: Language) -> BatchRetryOut:
    """What a batch did about a subject."""
    return BatchRetryOut(
        batch=each.batch_id,
        at=each.at,
        by=each.by.subject,
        reason=each.reason,
        result=each.result,
        result_label=label("stuck_result", each.result, language),
        why=why_text(each.why, language),
    )


def remedied_out(
    subject: str, came: Remedied, now: Sequence[Trouble], acts: Acts, abouts: Abouts, language: Language
) -> RemediedOut:
    """What came of a remedy."""
    return RemediedOut(
        id=subject,
        result=came.result,
        result_label=label("stuck_result", came.result, language),
        why=why_text(came.why, language),
        troubles=[trouble_out(each, acts, abouts, language) for each in now],
    )


def batch_out(there: Batch, abouts: Abouts, language: Language) -> RetryBatchOut:
    """A batch with its list."""
    came = there.results
    return RetryBatchOut(
        id=there.id,
        cause=there.cause,
        reason=there.reason,
        by=there.by.subject,
        state=there.state,
        state_label=label("stuck_batch_state", there.state, language),
        number=len(there.items),
        left_out=there.left_out,
        recovered=came[RemedyResult.RECOVERED],
        still_stuck=came[RemedyResult.STILL_STUCK],
        not_executed=came[RemedyResult.NOT_EXECUTED],
        waiting=sum(item.result is None for item in there.items),
        prepared_at=there.prepared_at,
        confirmed_at=there.confirmed_at,
        ended_at=there.ended_at,
        items=[_item(item, abouts, language) for item in there.items],
    )


def why_text(why: str, language: Language) -> str:
    """Why nothing was done, in words; a reason for which something is still stuck stays as it is."""
    known = words("stuck_why").get(why)
    return known[language] if known else why


def _item(item: RetriedItem, abouts: Abouts, language: Language) -> RetriedItemOut:
    return RetriedItemOut(
        id=item.subject,
        about=abouts.get(item.subject),
        result=item.result,
        result_label=label("stuck_result", item.result, language) if item.result else None,
        why=why_text(item.why, language) if item.why is not None else None,
    )


def _holder(acts: Sequence[OperatorAct]) -> str | None:
    return next((str(act.details["to"]) for act in acts if act.kind == ActKind.STUCK_HAND_OVER), None)
