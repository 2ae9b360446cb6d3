"""Filing (申请): the checks, and the first stage of an application under its statute."""

from collections.abc import Mapping

from domain.clocks import ClockId
from domain.codes import same_code
from domain.engine.case_found import CaseFound
from domain.engine.decision import PLATFORM, Decision, Refused
from domain.engine.records import Actor
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import Basis, EventType, Outcome, ProcedureName, Role, Stage
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.completeness import findings, refuse_unless_complete
from procedures.share_request.provider_answer import close_granted

FIRST_CLOCK = {
    Stage.COMPLETENESS_CHECK: ClockId.COMPLETENESS_CHECK,
    Stage.PROVIDER_ANSWER: ClockId.PROVIDER_ANSWER,
    Stage.NEGOTIATION: ClockId.NEGOTIATION,
}


def as_requester(application: Application, person: str | None = None) -> Actor:
    """The actor of a filing: the department named as requester, with this person."""
    return Actor(role=Role.REQUESTER, org=application.requester.code, person=person)


def begin(decision: Decision[ShareRequestCase], known: Mapping[str, str]) -> None:
    """Check the filing and note it; then enter the first stage under the statute, with its limit."""
    case, application, statute = decision.case, decision.case.application, decision.case.statute
    _may_be_filed(decision)
    decision.stage = _first_stage(case)
    decision.file(_ground(case), known, findings(application, statute), provider=application.provider.code)
    if case.route.opens == "granted" and not application.disputes_grant:
        decision.note(EventType.GRANTED, case.route.clause, actor=PLATFORM, by="registration")
        close_granted(decision, None)
        return
    if decision.stage is Stage.NEGOTIATION:
        table = case.statute.negotiation
        clause = (table.granted_conditions if application.disputes_grant else None) or table.clause
        decision.note(EventType.NEGOTIATION_OPENED, clause, justification=application.justification)
    decision.start(FIRST_CLOCK[decision.stage])
    if decision.stage is Stage.COMPLETENESS_CHECK:
        _start_what_runs_from_the_filing(decision)


def _start_what_runs_from_the_filing(decision: Decision[ShareRequestCase]) -> None:
    """自收到申请之日起: a limit of a later stage may count from the filing, alone or beside the stage's own.

    A supplement neither stops nor restarts it, because no text says so.
    """
    case = decision.case
    clock = ClockId(case.route.then) if case.route.then else None
    limit = case.statute.limit(clock, case.sharing_class) if clock else None
    if clock is None or limit is None:
        return
    if limit.from_filing:
        decision.start(clock)
    if limit.overall is not None:
        whole = limit.overall
        decision.order(clock, Basis.STATUTE, whole.clause, whole.amount, whole.unit, decision.at)


def _may_be_filed(decision: Decision[ShareRequestCase]) -> None:
    case, application, statute = decision.case, decision.case.application, decision.case.statute
    if application.contains_state_secret:
        raise Refused(RefusalCode.SECRET_DATA_EXCLUDED, statute.filing.secret_data_excluded)
    refuse_unless_complete(application, statute)
    decision.refuse_asking_oneself()
    if application.disputes_grant:
        if statute.negotiation.granted_conditions is None:
            raise Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, statute.negotiation.clause)
        if case.disputed_found is False:
            clause = statute.negotiation.granted_conditions
            raise Refused(RefusalCode.ORIGIN_NOT_FOUND, clause, origin=application.disputes_grant)
    elif case.route.opens == "refused":
        raise Refused(RefusalCode.CLASS_NOT_SHAREABLE, case.route.clause)
    if _first_stage(case) is Stage.NEGOTIATION and not application.justification:
        raise Refused(RefusalCode.JUSTIFICATION_REQUIRED, _ground(case))


def disputed_grant_is_there(said: Application, found: CaseFound | None) -> bool:
    """Whether the disputed grant was found and is between the same two departments.

    It may be a request that was granted, or the access grant that followed from one.
    """
    if found is None:
        return False
    granted = found.procedure is ProcedureName.ACCESS_GRANT or found.outcome is Outcome.GRANTED
    parties = ((said.requester.code, found.requester), (said.provider.code, found.provider))
    return granted and all(same_code(own, other) for own, other in parties)


def _first_stage(case: ShareRequestCase) -> Stage:
    if case.application.disputes_grant:
        return Stage.NEGOTIATION
    return Stage.CLOSED if case.route.opens in ("granted", "refused") else Stage(case.route.opens)


def _ground(case: ShareRequestCase) -> Clause:
    """The clause of a filing: that of its route, or the one on disputes over granted conditions."""
    dispute = case.statute.negotiation.granted_conditions
    return dispute if case.application.disputes_grant and dispute else case.route.clause
