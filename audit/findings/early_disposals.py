"""What was kept beside the record and let go of before its time was over (提前销毁)."""

from collections.abc import Iterator

from audit.dossier.let_go import EarlyDisposal, let_go_early
from audit.findings.finding import Examined, Finding, FindingKind
from audit.replay.state import HolderThen
from domain.calendar import day_of
from domain.words import Role, Stage


def early_disposals(examined: Examined) -> Iterator[Finding]:
    """Each kind of thing, histories and papers, that a recorded act let go of before the day until which a text, or the
    operator where none speaks of it, has it kept: 809 art. 29, Yima art. 12.

    It is shown by the event that ended the case, from which the time is counted, or by the last of a case that had not
    ended; its instant is that of the act.
    """
    recorded = examined.recorded
    acts = [act for act in recorded.acts if act.at <= examined.now]
    for early in let_go_early(acts, recorded.statute.id, examined.events):
        yield _early(examined, early)


def _early(examined: Examined, early: EarlyDisposal) -> Finding:
    counted_from = next((event for event in examined.events if event.stage is Stage.CLOSED), examined.events[-1])
    act, kept = early.act, early.kept
    clause = kept.clause if kept else None
    if kept is None:
        found, should = "disposed_open", "kept_while_open"
    else:
        found, should = "disposed_early", "kept_by_text" if clause else "kept_by_own_rule"
    return Finding(
        kind=FindingKind.DISPOSED_EARLY,
        request_id=examined.recorded.request_id,
        seq=counted_from.seq,
        at=act.at,
        statute=(clause.statute if clause else None) or examined.case.statute.id,
        article=clause.article if clause else None,
        who=HolderThen(Role.OPERATOR, act.by.org, None),
        found=found,
        should=should,
        facts={
            "keepsake": early.keepsake,
            "act": act.number,
            "subject": act.by.subject,
            "day": day_of(act.at),
            **({"due": kept.last_day} if kept else {}),
        },
    )
