"""Which clause of its article an event carries out. One article may govern the answer, the refusal and the dispute.

Events name only their article. The clause is found by its path in the statute's data: under the part for that type of
event (such as ``refusal``), under the limit or ground that the event names, or under the stage in which it came.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from domain.engine.case import Case
from domain.engine.records import NumberedEvent
from domain.rule_texts import KNOWN, quotes
from domain.statutes.clauses import Path, clauses
from domain.statutes.model import Clause
from domain.words import Authorization, EventType, ProcedureName, SharingClass, Stage

PARTS: Final[Mapping[EventType, Set[str]]] = {
    EventType.DECLINED: {"decline"},
    EventType.REFUSED: {"refusal", "platform_refusal"},
    EventType.SUPPLEMENT_REQUESTED: {"supplement"},
    EventType.SUPPLEMENTED: {"supplement"},
    EventType.EXTENSION_REQUESTED: {"extension"},
    EventType.EXTENSION_APPROVED: {"extension"},
    EventType.EXTENSION_DENIED: {"extension"},
    EventType.NEGOTIATION_OPENED: {"negotiation", "negotiate", "granted_conditions"},
    EventType.COORDINATION_REFERRED: {"coordination", "dispute"},
    EventType.EXPLANATION_DISPUTED: {"coordination", "dispute", "negotiate"},
    EventType.VERIFICATION_CONCLUDED: {"coordination", "dispute", "last"},
    EventType.FINAL_INSTANCE_REFERRED: {"last", "provincial"},
    EventType.DECIDED: {"last", "provincial"},
    EventType.FILED_FOR_RECORD: {"record", "negotiate_end"},
    EventType.DISCLAIMED: {"not_ours"},
    EventType.UNDERTAKEN: {"ours"},
    EventType.RESOURCE_PUBLISHED: {"ours"},
    EventType.IMPOSSIBILITY_REPORTED: {"impossible"},
    EventType.EXPLAINED: {"verify"},
    EventType.MATTERS_CONTINUE: {"matters_continue"},
    EventType.BUREAU_TOLD: {"tell_bureau"},
    EventType.DATA_PUSHED: {"push"},
    EventType.UPDATE_APPROVED: {"review"},
    EventType.UPDATE_RETURNED: {"review"},
    EventType.USED: {"records"},
    EventType.EXPIRED: {"term"},
    EventType.SUSPENDED: {"misuse"},
    EventType.RESTORED: {"misuse"},
    EventType.TERMINATED: {"terminate"},
    EventType.REVOKED: {"unused"},
    EventType.END_PROPOSED: {"end_of_service"},
    EventType.END_ANSWERED: {"negotiate_end"},
    EventType.SERVICE_CHANGED: {"negotiate_end"},
    EventType.SERVICE_ENDED: {"negotiate_end"},
    EventType.RELINQUISHED: {"disposal"},
    EventType.DISPOSAL_REQUIRED: {"disposal"},
    EventType.DISPOSAL_REPORTED: {"disposal"},
    EventType.WITHDRAWAL_CONSENTED: {"consent"},
    EventType.WITHDRAWAL_DENIED: {"consent"},
    EventType.NEGOTIATION_RECORDED: {"negotiate"},
    EventType.CORRECTED: {"correct"},
    EventType.ACCESS_CLOSED: {"records"},
    EventType.SUBSCRIBERS_TOLD: {"withdrawal.notice", "withdrawal.clause"},
    EventType.RESOURCE_WITHDRAWN: {"consent", "withdrawal.clause"},
    EventType.CATALOGUE_PUBLISHED: {"catalogue.review", "catalogue.clause"},
    EventType.RECTIFICATION_ORDERED: {"rectification.clause", "notice"},
    EventType.RECTIFICATION_REFUSED: {"rectification.clause", "notice"},
    EventType.COMPLETION_REPORTED: {"rectification.clause", "notice"},
    EventType.COMPLETION_ACCEPTED: {"rectification.clause", "notice"},
    EventType.COMPLETION_REJECTED: {"rectification.clause", "notice"},
    EventType.ESCALATED: {"steps"},
    EventType.RECTIFICATION_CONCLUDED: {"steps"},
    EventType.FILED: {"routes", "granted_conditions"},
}
"""The parts of a statute in which the clause of an event stands, in any stage."""
SECTIONS: Final[Mapping[ProcedureName, Set[str]]] = {
    ProcedureName.CATALOGUE_CHANGE: {"catalogue.clause"},
    ProcedureName.DATA_CORRECTION: {"correction.clause"},
    ProcedureName.DEMAND: {"demand.clause"},
    ProcedureName.RESOURCE_WITHDRAWAL: {"withdrawal.clause"},
}
"""The clause on which a filing rests if the statute has a section on the procedure."""
INSTANCES: Final[Mapping[Stage, Set[str]]] = {
    Stage.COORDINATION: {"coordination", "dispute"},
    Stage.FINAL_INSTANCE: {"last", "provincial"},
}
"""Stages whose parts in a statute have other names; all other stages, and limits, use their own word."""
IDS: Final = ("id", "clock", "field", "sharing_class", "authorization")
"""The fields that identify an entry of a list in a statute."""


def carried_out(event: NumberedEvent, case: Case, before: Stage | None) -> Sequence[Clause]:
    """The clauses of its article that an event carries out, in order; ``before`` is the stage in which it came.

    If the statute's data do not tell, all clauses of the article; for an event without an article, none.
    """
    if event.article is None:
        return ()
    found = quotes(case.statute, event.statute, event.article)
    names = _names(KNOWN.digest(case.statute))
    for words in _ways(event, case, before):
        under = [clause for clause in found if words & names[clause.quote, clause.article]]
        if under:
            return _narrowed(under, case, names)
    return found


def _ways(event: NumberedEvent, case: Case, before: Stage | None) -> Iterator[Set[str]]:
    """The sets of names by which the clause may be found, the most reliable first."""
    if event.type is EventType.FILED:
        yield _matter(case)
        yield SECTIONS.get(case.procedure, set())
    if "step" in event.data:
        yield {str(event.data["step"])}
    yield PARTS.get(event.type, set())
    clock = event.clock.id if event.clock else event.data.get("clock")
    yield {str(clock)} if clock else set()
    yield _matter(case)
    yield set() if before is None else INSTANCES.get(before, {before.value})


def _matter(case: Case) -> Set[str]:
    """The ground or the duty of a case, as names."""
    about = (getattr(case.application, name, None) for name in ("ground", "duty"))
    return {str(each) for each in about if each is not None}


def _narrowed(under: Sequence[Clause], case: Case, names: Mapping[tuple[str, str], Set[str]]) -> Sequence[Clause]:
    """Of clauses on several classes, grounds or duties, those on the case's own."""
    other = {*SharingClass, *Authorization} - {case.resource.sharing_class, case.resource.authorization}
    fitting = [clause for clause in under if not other & names[clause.quote, clause.article]] or under
    return [clause for clause in fitting if _matter(case) & names[clause.quote, clause.article]] or fitting


# Cached: many cases share one text.
@lru_cache(maxsize=32)
def _names(digest: str) -> Mapping[tuple[str, str], Set[str]]:
    """For each quote and article of a statute, the names on the paths to it: of parts and of list entries."""
    statute = KNOWN.statute(digest)
    found: dict[tuple[str, str], set[str]] = {}
    for path, clause in clauses(statute):
        way = ".".join(step for step in path if isinstance(step, str))
        found.setdefault((clause.quote, clause.article), set()).update([way, *_on_the_way(statute, path)])
    return found


def _on_the_way(part: Any, path: Path) -> Iterator[str]:
    for step in path:
        part = getattr(part, str(step)) if isinstance(part, BaseModel) else part[step]
        if isinstance(step, str):
            yield step
        if isinstance(part, BaseModel):
            yield from (str(known) for name in IDS if (known := getattr(part, name, None)) is not None)
