"""A case of the ledger as the HTTP door shows it, now or as it stood at an earlier event."""

from collections.abc import Iterable, Sequence

from api.cases.schemas import (
    AccessOut,
    CaseOut,
    ClaimOut,
    ClockOut,
    HolderOut,
    LinksOut,
    OpenedOut,
    PartyOut,
    ResourceOut,
    StuckOut,
    WaitOut,
)
from api.http.prefix import prefixed
from domain.engine.case import Case
from domain.engine.evolve import evolve_all
from domain.engine.records import NumberedEvent, ShownClock
from domain.messages import Language, label
from domain.rule_texts import KNOWN
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.words import Basis, CommandName, EventType, ProcedureName, Role, Stage
from ledger.queries.received import Access
from ledger.queries.views import CaseDetail, CaseSummary
from ledger.reader import Reader
from procedures.assignees import SETTLING, assignees, whose_move
from procedures.registry import PROCEDURES, allowed


def etag_of(case: CaseSummary) -> str:
    """The case's state as an ETag: the number of its last event, for the ledger only grows."""
    return f'"{case.seq}"'


def as_of(reader: Reader, case: CaseDetail, head: int) -> CaseDetail:
    """A case as it stood after an earlier event, worked out from its events again; blocking."""
    if case.seq <= head:
        return case
    until = reader.events(case.request_id, limit=head)
    then = evolve_all(before_anything(case, _statute_of(case)), until)
    return case.model_copy(
        update={
            "stage": then.stage,
            "outcome": then.outcome,
            "closed_at": until[-1].at if then.closed else None,
            "seq": until[-1].seq,
            "head_digest": until[-1].digest,
            "parked": (),
            "clocks": tuple(then.clocks.values()),
        }
    )


def before_anything(case: CaseDetail, statute: Statute) -> Case:
    """The case before its first event, under whichever procedure."""
    procedure = PROCEDURES[ProcedureName(case.procedure)]
    matter = procedure.matter.model_validate(case.application)
    new: Case = procedure.new_case(case.request_id, statute, case.policy_then, matter)
    return new


def path_of(case: CaseSummary) -> str:
    """Where a case stands: under the resource of its procedure."""
    return prefixed(f"/v1/{PROCEDURES[ProcedureName(case.procedure)].path}/{case.request_id}")


def opened_out(events: Sequence[NumberedEvent], language: Language) -> list[OpenedOut]:
    """The cases that follow from one, by the events that say so."""
    return [
        OpenedOut.model_construct(
            procedure=event.data["procedure"],
            procedure_label=label("procedure", event.data["procedure"], language),
            request_id=event.data["request_id"],
        )
        for event in events
        if event.type is EventType.CASE_OPENED
    ]


def case_out(
    case: CaseSummary,
    language: Language,
    access: Access | None = None,
    opens: list[OpenedOut] | None = None,
    claim: ClaimOut | None = None,
) -> CaseOut:
    """What is shown of a case; its application only when ``case`` has it."""
    path = path_of(case)
    return CaseOut.model_construct(
        request_id=case.request_id,
        procedure=case.procedure,
        procedure_label=label("procedure", case.procedure, language),
        opened_by=case.opened_by,
        opens=opens,
        statute=case.statute,
        stage=case.stage,
        stage_label=label("stage", case.stage, language),
        outcome=case.outcome,
        outcome_label=label("outcome", case.outcome, language) if case.outcome else None,
        filed_at=case.filed_at,
        closed_at=case.closed_at,
        head=case.seq,
        requester=PartyOut.model_construct(code=case.requester_code, name=case.requester_name),
        provider=PartyOut.model_construct(code=case.provider_code, name=case.provider_name),
        resource=ResourceOut.model_construct(
            code=case.resource_code, name=case.resource_name, sharing_class=case.sharing_class
        ),
        overdue=case.overdue,
        due_at=case.due_at,
        waiting_for=_waiting_for(case, language),
        clocks=clocks_out(case.clocks, language, case.statute),
        application=dict(case.application) if isinstance(case, CaseDetail) else None,
        access=AccessOut.model_validate(access, from_attributes=True) if access else None,
        stuck=_stuck(case),
        claim=claim,
        links=LinksOut.model_construct(
            self=path,
            events=f"{path}/events",
            clocks=f"{path}/clocks",
            commands=f"{path}/commands",
            documents=f"{path}/documents",
        ),
    )


def _stuck(case: CaseSummary) -> StuckOut | None:
    if not case.parked:
        return None
    waits = [WaitOut.model_construct(reason=each.reason, since=each.since) for each in case.parked]
    return StuckOut.model_construct(reason=waits[0].reason, since=waits[0].since, waits=waits)


_CLOCK_FIELDS = tuple(name for name in ClockOut.model_fields if name not in ("label", "statute"))


def clocks_out(clocks: Sequence[ShownClock], language: Language, statute: str) -> list[ClockOut]:
    """What is shown of clocks of a case under a statute."""
    return [
        ClockOut.model_construct(
            label=label("clock", clock.id, language),
            statute=clock.statute or (statute if clock.basis is Basis.STATUTE else None),
            **{name: getattr(clock, name) for name in _CLOCK_FIELDS},
        )
        for clock in clocks
    ]


def _waiting_for(case: CaseSummary, language: Language) -> list[HolderOut]:
    if case.stage is Stage.CLOSED:
        return []
    if case.awaits is not None:
        return _holders(case, case.awaits, language)
    provincial = isinstance(case, CaseDetail) and bool(case.application.get("involves_provincial_department"))
    waits = assignees(ProcedureName(case.procedure), case.stage, _statute_of(case), provincial)
    return _holders(case, waits, language)


def _holders(case: CaseSummary, roles: Iterable[Role], language: Language) -> list[HolderOut]:
    """Roles in a case with the department or body that has each."""
    statute = _statute_of(case)
    parties = {
        Role.REQUESTER: (case.requester_code, case.requester_name),
        Role.PROVIDER: (case.provider_code, case.provider_name),
    }
    found = []
    for role in roles:
        above = statute.coordination.cross_level if case.superior and statute.coordination else None
        settling = role is Role.BUREAU and case.stage in SETTLING
        body = above if above and settling else statute.bodies.get(role)
        name = (body.name.zh if language == "zh" else body.name.en) if body else None
        org, name = parties.get(role, (None, name))
        found.append(HolderOut.model_construct(role=role, role_label=label("role", role, language), org=org, name=name))
    return found


def waiting_after(case: CaseDetail, then: Case, language: Language) -> list[HolderOut]:
    """Whose move it would be in a case as it would stand then; also whoever may still answer a wish for more time."""
    roles = list(whose_move(then))
    if CommandName.DENY_EXTENSION in allowed(then, Role.BUREAU):
        roles = list(dict.fromkeys([*roles, Role.BUREAU]))
    return _holders(case.model_copy(update={"stage": then.stage}), roles, language)


def _statute_of(case: CaseSummary) -> Statute:
    """The statute as it stood for the case: the packaged one when nothing changed since, else the case's own."""
    packaged = packaged_statutes().get(case.statute)
    if packaged is not None and (KNOWN.digest(packaged) == case.statute_digest or not isinstance(case, CaseDetail)):
        return packaged
    if isinstance(case, CaseDetail):
        return case.statute_then
    raise LookupError(f"there is no statute {case.statute} here any more")
