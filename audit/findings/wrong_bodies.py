"""Decisions by somebody who was not to make them (无权机关作出决定)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from audit.findings.finding import Examined, Finding, FindingKind, acting
from audit.replay.state import holder
from domain.codes import same_code
from domain.engine.case import Case
from domain.engine.decide import allowed
from domain.engine.evolve import evolve
from domain.engine.records import RecordedEvent
from domain.words import CommandName, EventType, Role

DECISIONS: Final[Mapping[EventType, Sequence[CommandName]]] = {
    EventType.ACCEPTED: (CommandName.ACCEPT,),
    EventType.DECLINED: (CommandName.DECLINE,),
    EventType.SUPPLEMENT_REQUESTED: (CommandName.RETURN_FOR_SUPPLEMENT,),
    EventType.GRANTED: (CommandName.GRANT, CommandName.AUTHORIZE),
    EventType.REFUSED: (CommandName.REFUSE, CommandName.REFUSE_AUTHORIZATION),
    EventType.EXTENSION_APPROVED: (CommandName.APPROVE_EXTENSION,),
    EventType.EXTENSION_DENIED: (CommandName.DENY_EXTENSION,),
    EventType.COORDINATION_CONCLUDED: (CommandName.CONCLUDE_COORDINATION,),
    EventType.ADJUDICATED: (CommandName.ADJUDICATE,),
    EventType.DECIDED: (CommandName.DECIDE,),
    EventType.RECTIFICATION_ORDERED: (CommandName.ORDER_RECTIFICATION,),
    EventType.DISCLAIMED: (CommandName.DISCLAIM,),
    EventType.IMPOSSIBILITY_REPORTED: (CommandName.REPORT_IMPOSSIBLE,),
    EventType.SUSPENDED: (CommandName.SUSPEND,),
    EventType.TERMINATED: (CommandName.TERMINATE,),
    EventType.REVOKED: (CommandName.REVOKE,),
    EventType.COMPLETION_ACCEPTED: (CommandName.ACCEPT_COMPLETION,),
    EventType.COMPLETION_REJECTED: (CommandName.REJECT_COMPLETION,),
    EventType.WITHDRAWAL_CONSENTED: (CommandName.CONSENT_TO_WITHDRAWAL,),
    EventType.WITHDRAWAL_DENIED: (CommandName.DENY_WITHDRAWAL,),
    EventType.UPDATE_APPROVED: (CommandName.APPROVE_UPDATE,),
    EventType.UPDATE_RETURNED: (CommandName.RETURN_UPDATE,),
}
"""What decides about somebody, and the commands of which it may be the act itself."""
REGISTERED: Final = "registration"
"""What the platform itself may grant: data whose text lets everybody have it who registers."""


def wrong_bodies(examined: Examined) -> Iterator[Finding]:
    """Each decision whose actor may not give that command in that stage under the text, or stands for a department that
    is not that party, or for none: who coordinates and decides is said by 809 art. 28 and the articles of each text.

    For a decision that several events tell, the first is looked at. Which place an organ is of is not recorded.
    """
    case = examined.recorded.unfiled
    for _, step in groupby(examined.events, key=lambda event: event.key or event.seq):
        act_seen = False
        for event in step:
            if not act_seen and _is_an_act(event):
                act_seen = True
                if event.type in DECISIONS and not _may(examined, case, event):
                    yield _found(examined, case, event)
            case = evolve(case, event)


def _is_an_act(event: RecordedEvent) -> bool:
    """What somebody did, and not what time or the engine brought along."""
    if event.actor.role is Role.PLATFORM:
        return event.type in DECISIONS and event.data.get("by") != REGISTERED
    return not event.type.value.startswith("clock_")


def _may(examined: Examined, before: Case, event: RecordedEvent) -> bool:
    role, org = event.actor.role, event.actor.org
    if not set(DECISIONS[event.type]) & set(allowed(examined.recorded.procedure, before, role)):
        return False
    party = holder(before, role).org if role in (Role.REQUESTER, Role.PROVIDER) else None
    return party is None or (org is not None and same_code(org, party))


def _found(examined: Examined, before: Case, event: RecordedEvent) -> Finding:
    commands = set(DECISIONS[event.type])
    might = [role for role in Role if commands & set(allowed(examined.recorded.procedure, before, role))]
    return Finding(
        kind=FindingKind.WRONG_BODY,
        request_id=examined.recorded.request_id,
        seq=event.seq,
        at=event.at,
        statute=event.statute,
        article=event.article,
        who=acting(before, event),
        found="decided_by",
        should="decided_by_others" if might else "decided_by_nobody",
        facts={"event": event.type, "stage": before.stage, "bodies": tuple(holder(before, role) for role in might)},
    )
