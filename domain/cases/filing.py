"""Filing (申请): the gate, and where the statute sends an application first."""

from collections.abc import Mapping
from datetime import datetime

from domain.cases.application import Application, missing_fields
from domain.cases.case import Case
from domain.cases.records import Actor, Event
from domain.cases.turn import PLATFORM, Refused, Turn
from domain.policy import Policy
from domain.statutes.model import Clause, Statute
from domain.words import ClockId, EventType, Outcome, RefusalCode, Role, Stage

FIRST_CLOCK = {
    Stage.COMPLETENESS_CHECK: ClockId.COMPLETENESS_CHECK,
    Stage.PROVIDER_ANSWER: ClockId.PROVIDER_ANSWER,
    Stage.NEGOTIATION: ClockId.NEGOTIATION,
}


def file(
    request_id: str,
    application: Application,
    statute: Statute,
    policy: Policy,
    at: datetime,
    person: str | None = None,
    digests: Mapping[str, str] | None = None,
) -> tuple[Case, list[Event]]:
    """What filing an application does: the case before it, and the events of the filing.

    ``digests`` (of the statute, of what was filed) become part of the first event and so of the chain.
    Raises :class:`Refused` when the statute does not let it be filed.
    """
    case = Case(request_id, statute, policy, application)
    _may_be_filed(case)
    actor = Actor(role=Role.REQUESTER, org=application.requester.code, person=person)
    turn = Turn(case, actor, at, _first_stage(case))
    known = digests or {}
    turn.note(
        EventType.FILED,
        _ground(case),
        provider=application.provider.code,
        statute_digest=known.get("statute_digest"),
        filing_digest=known.get("filing_digest"),
        findings=findings(application, statute),
    )
    if case.route.opens == "granted" and not application.disputes_grant:
        turn.note(EventType.GRANTED, case.route.clause, actor=PLATFORM, by="registration")
        turn.close(Outcome.GRANTED)
        return case, turn.events
    if turn.stage is Stage.NEGOTIATION:
        turn.note(
            EventType.NEGOTIATION_OPENED, case.statute.negotiation.clause, justification=application.justification
        )
    turn.start(FIRST_CLOCK[turn.stage])
    return case, turn.events


def _may_be_filed(case: Case) -> None:
    application, statute = case.application, case.statute
    if application.contains_state_secret:
        raise Refused(RefusalCode.SECRET_DATA_EXCLUDED, statute.filing.secret_data_excluded)
    refuse_unless_complete(application, statute)
    if application.disputes_grant:
        if statute.negotiation.granted_conditions is None:
            raise Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, statute.negotiation.clause)
    elif case.route.opens == "refused":
        raise Refused(RefusalCode.CLASS_NOT_SHAREABLE, case.route.clause)
    if _first_stage(case) is Stage.NEGOTIATION and not application.justification:
        raise Refused(RefusalCode.JUSTIFICATION_REQUIRED, _ground(case))


def refuse_unless_complete(application: Application, statute: Statute) -> None:
    """Refuse an application that leaves out what the statute requires, naming all of it at once."""
    missing = list(missing_fields(application, statute))
    if missing:
        ground = next((clause for _, clause in missing if clause), None)
        names = ", ".join(name for name, _ in missing)
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, ground, fields=names)


def _first_stage(case: Case) -> Stage:
    if case.application.disputes_grant:
        return Stage.NEGOTIATION
    return Stage.CLOSED if case.route.opens in ("granted", "refused") else Stage(case.route.opens)


def _ground(case: Case) -> Clause:
    """The clause that a filing rests on: its route's, or the one on disputes over granted conditions."""
    dispute = case.statute.negotiation.granted_conditions
    return dispute if case.application.disputes_grant and dispute else case.route.clause


def findings(application: Application, statute: Statute) -> list[str] | None:
    """What the completeness check should look at (规范性审查要点): no sealed paper where the text asks for one.

    A finding refuses nothing; whether it matters is for the bureau to say. None when there is none.
    """
    unsealed = statute.filing.sealed_document is not None and not any(x.sealed for x in application.documents)
    return ["no_sealed_document"] if unsealed else None
