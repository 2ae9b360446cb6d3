"""The share request (政务数据共享申请) as a procedure: its stages in the order of the articles."""

from collections.abc import Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.decision import Decision
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, OfCommands, Process
from domain.engine.records import Clock
from domain.engine.rules import together
from domain.statutes.model import Statute
from domain.words import CommandName, EventType, Outcome, Role, SharingClass, Stage
from procedures.common.extensions import EXTENSION, extension_only
from procedures.common.instances import whoever_negotiates
from procedures.common.supervision import WITHDRAWN_OR_SUPERVISED
from procedures.share_request import delivery, dispute, provider_answer
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.filing import begin

SHARED = (Stage.DELIVERY, Stage.CLOSED)
"""Where sharing that was granted, agreed or decided leads: to delivery, if the text limits it, otherwise to the end."""


def _whoever_speaks_last(statute: Statute, provincial: bool) -> Sequence[Role]:
    """The role of the last instance, or of the one for provincial departments."""
    coordination = statute.coordination
    special = coordination.provincial if coordination and provincial else None
    last = special or statute.last or (coordination.provincial if coordination else None)
    return (last.by,) if last else ()


def _checks_first(statute: Statute) -> bool:
    """Whether the bureau checks the papers before anybody answers (规范性审查)."""
    return any(route.opens == Stage.COMPLETENESS_CHECK.value for route in statute.routes)


def _answers_at_once(statute: Statute) -> bool:
    return any(route.opens == Stage.PROVIDER_ANSWER.value for route in statute.routes)


def _negotiates_at_once(statute: Statute) -> bool:
    """Whether a filing may begin with negotiation: for data not shared, or in a dispute over granted conditions."""
    asked = any(route.opens == Stage.NEGOTIATION.value for route in statute.routes)
    return asked or statute.negotiation.granted_conditions is not None


def _grants_on_filing(statute: Statute) -> bool:
    """Whether unconditionally shared data is granted on filing (登记即可获取)."""
    return any(route.opens == "granted" for route in statute.routes)


def _bureau_returns(statute: Statute) -> bool:
    return statute.supplement.by == Role.BUREAU.value


def _provider_returns(statute: Statute) -> bool:
    return statute.supplement.by == Role.PROVIDER.value


def _platform_authorizes(statute: Statute) -> bool:
    return any(route.then == Stage.PLATFORM_AUTHORIZATION.value for route in statute.routes)


def _counts_from_the_filing(clock: ClockId, statute: Statute) -> bool:
    """Whether the limit of a stage counts from the filing, alone or in addition."""
    of_the_clock = [limit for limit in statute.limits if limit.clock is clock]
    return any(limit.from_filing or limit.overall is not None for limit in of_the_clock)


def _authorized_from_the_filing(statute: Statute) -> bool:
    return _counts_from_the_filing(ClockId.PLATFORM_AUTHORIZATION, statute)


def _answered_from_the_filing(statute: Statute) -> bool:
    return _counts_from_the_filing(ClockId.PROVIDER_ANSWER, statute)


def _delivers(statute: Statute) -> bool:
    """Whether the text limits the delivery (提供)."""
    return any(limit.clock is ClockId.DELIVERY for limit in statute.limits)


def _granted_is_done(statute: Statute) -> bool:
    return not _delivers(statute)


def _may_be_extended(statute: Statute) -> bool:
    return statute.extension is not None


def _coordinates(statute: Statute) -> bool:
    return statute.coordination is not None


def _knows_no_coordinator(statute: Statute) -> bool:
    return statute.coordination is None


def _skips_negotiation(statute: Statute) -> bool:
    """Whether a refused requester may go to the coordinator without negotiation."""
    return statute.coordination is not None and not statute.coordination.negotiation_first


def _goes_to_the_last_at_once(statute: Statute) -> bool:
    """Whether disputes with a provincial department go straight to the last instance (changzhou)."""
    return statute.coordination is not None and statute.coordination.provincial is not None


def _adjudicates(statute: Statute) -> bool:
    return statute.last is not None and statute.last.step == "adjudication"


def _refers_final(statute: Statute) -> bool:
    """Whether a higher organ decides after coordination, always or with provincial departments."""
    provincial = statute.coordination.provincial if statute.coordination else None
    return any(last is not None and last.step == "final_instance" for last in (statute.last, provincial))


LATER_STEPS: Final[OfCommands] = {
    (CommandName.REFER, Stage.FINAL_INSTANCE): _goes_to_the_last_at_once,
    CommandName.REFER: _coordinates,
}

PROCESS: Final = Process(
    opens_only={
        Stage.COMPLETENESS_CHECK: _checks_first,
        Stage.PROVIDER_ANSWER: _answers_at_once,
        Stage.NEGOTIATION: _negotiates_at_once,
        Stage.CLOSED: _grants_on_filing,
    },
    opens=(Stage.COMPLETENESS_CHECK, Stage.PROVIDER_ANSWER, Stage.NEGOTIATION, Stage.CLOSED),
    stages=(
        DeclaredStage(
            Stage.COMPLETENESS_CHECK,
            "规范性审查: the bureau accepts, declines or returns the papers",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.COMPLETENESS_CHECK,),
            # 自收到申请之日起: the limit of a later stage may count from the filing.
            also_starts=(ClockId.PLATFORM_AUTHORIZATION, ClockId.PROVIDER_ANSWER),
            limits_only={
                ClockId.PLATFORM_AUTHORIZATION: _authorized_from_the_filing,
                ClockId.PROVIDER_ANSWER: _answered_from_the_filing,
            },
            commands={
                CommandName.ACCEPT: (Stage.PLATFORM_AUTHORIZATION, Stage.PROVIDER_ANSWER),
                CommandName.DECLINE: CLOSES,
                CommandName.RETURN_FOR_SUPPLEMENT: (Stage.SUPPLEMENT,),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only={
                (CommandName.ACCEPT, Stage.PLATFORM_AUTHORIZATION): _platform_authorizes,
                CommandName.RETURN_FOR_SUPPLEMENT: _bureau_returns,
            },
        ),
        DeclaredStage(
            Stage.SUPPLEMENT,
            "补正: the requester completes the papers",
            waits_for=(Role.REQUESTER,),
            on_entry={ClockId.SUPPLEMENT: (CommandName.SUPPLEMENT,)},
            commands={
                CommandName.SUPPLEMENT: (Stage.COMPLETENESS_CHECK, Stage.PROVIDER_ANSWER),
                **WITHDRAWN_OR_SUPERVISED,
            },
            expiry={ClockId.SUPPLEMENT: CLOSES},
            commands_only={
                (CommandName.SUPPLEMENT, Stage.COMPLETENESS_CHECK): _bureau_returns,
                (CommandName.SUPPLEMENT, Stage.PROVIDER_ANSWER): _provider_returns,
            },
        ),
        DeclaredStage(
            Stage.PROVIDER_ANSWER,
            "答复: the provider grants or refuses; silence decides nothing",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.PROVIDER_ANSWER,),
            commands={
                CommandName.RETURN_FOR_SUPPLEMENT: (Stage.SUPPLEMENT,),
                **EXTENSION,
                CommandName.GRANT: SHARED,
                CommandName.REFUSE: (Stage.REFUSED,),
                CommandName.OPEN_NEGOTIATION: (Stage.NEGOTIATION,),
                CommandName.REFER: (Stage.COORDINATION, Stage.FINAL_INSTANCE),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only={
                CommandName.RETURN_FOR_SUPPLEMENT: _provider_returns,
                **extension_only(_may_be_extended),
                (CommandName.GRANT, Stage.DELIVERY): _delivers,
                (CommandName.GRANT, Stage.CLOSED): _granted_is_done,
                CommandName.OPEN_NEGOTIATION: _knows_no_coordinator,
                **LATER_STEPS,
            },
        ),
        DeclaredStage(
            Stage.PLATFORM_AUTHORIZATION,
            "平台授权: the bureau authorises or refuses for the platform",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.PLATFORM_AUTHORIZATION,),
            commands={
                CommandName.AUTHORIZE: SHARED,
                CommandName.REFUSE_AUTHORIZATION: (Stage.REFUSED,),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only={
                (CommandName.AUTHORIZE, Stage.DELIVERY): _delivers,
                (CommandName.AUTHORIZE, Stage.CLOSED): _granted_is_done,
            },
        ),
        DeclaredStage(
            Stage.REFUSED,
            "不同意: the requester accepts the refusal or disputes it",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.DISPUTE_WINDOW,),
            commands={
                CommandName.ACCEPT_REFUSAL: CLOSES,
                CommandName.OPEN_NEGOTIATION: (Stage.NEGOTIATION,),
                CommandName.REFER: (Stage.COORDINATION, Stage.FINAL_INSTANCE),
                **WITHDRAWN_OR_SUPERVISED,
            },
            expiry={ClockId.DISPUTE_WINDOW: CLOSES},
            commands_only={**LATER_STEPS, CommandName.REFER: _skips_negotiation},
        ),
        DeclaredStage(
            Stage.NEGOTIATION,
            "协商: the parties agree on terms or declare an impasse",
            waits_for=(),
            waits_under=whoever_negotiates,
            limits=(ClockId.NEGOTIATION, ClockId.DISPUTE_WINDOW),
            commands={
                CommandName.PROPOSE: STAYS,
                CommandName.AGREE: (Stage.NEGOTIATION, *SHARED),
                CommandName.DECLARE_IMPASSE: (Stage.NEGOTIATION, Stage.CLOSED),
                CommandName.REFER: (Stage.COORDINATION, Stage.FINAL_INSTANCE),
                **WITHDRAWN_OR_SUPERVISED,
            },
            expiry={ClockId.DISPUTE_WINDOW: CLOSES},
            commands_only={
                (CommandName.AGREE, Stage.DELIVERY): _delivers,
                (CommandName.AGREE, Stage.CLOSED): _granted_is_done,
                (CommandName.DECLARE_IMPASSE, Stage.CLOSED): _knows_no_coordinator,
                **LATER_STEPS,
            },
            limits_only={ClockId.DISPUTE_WINDOW: _coordinates},
        ),
        DeclaredStage(
            Stage.COORDINATION,
            "协调: the bureau coordinates, adjudicates or refers",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.COORDINATION, ClockId.FINAL_INSTANCE, ClockId.DISPUTE_WINDOW),
            commands={
                CommandName.CONCLUDE_COORDINATION: (Stage.COORDINATION, *SHARED),
                CommandName.ADJUDICATE: SHARED,
                CommandName.REFER_FINAL: (Stage.FINAL_INSTANCE,),
                **WITHDRAWN_OR_SUPERVISED,
            },
            expiry={ClockId.DISPUTE_WINDOW: CLOSES},
            commands_only={
                (CommandName.CONCLUDE_COORDINATION, Stage.DELIVERY): _delivers,
                CommandName.ADJUDICATE: _adjudicates,
                (CommandName.ADJUDICATE, Stage.DELIVERY): _delivers,
                CommandName.REFER_FINAL: _refers_final,
            },
            limits_only={ClockId.FINAL_INSTANCE: _adjudicates, ClockId.DISPUTE_WINDOW: _refers_final},
        ),
        DeclaredStage(
            Stage.FINAL_INSTANCE,
            "决定: the last instance grants, denies or sends back",
            waits_for=(),
            waits_under=_whoever_speaks_last,
            limits=(ClockId.FINAL_INSTANCE,),
            commands={CommandName.DECIDE: (Stage.COORDINATION, *SHARED), **WITHDRAWN_OR_SUPERVISED},
            commands_only={(CommandName.DECIDE, Stage.DELIVERY): _delivers},
        ),
        DeclaredStage(
            Stage.DELIVERY,
            "提供: the provider hands the data over",
            waits_for=(Role.PROVIDER,),
            on_entry={ClockId.DELIVERY: (CommandName.DELIVER,)},
            commands={CommandName.DELIVER: CLOSES, CommandName.REFER: (Stage.COORDINATION,), **WITHDRAWN_OR_SUPERVISED},
            commands_only={CommandName.REFER: _coordinates},
        ),
    ),
)


def on_breach(decision: Decision[ShareRequestCase], clock: Clock) -> None:
    """The consequence of a closed window: nobody supplemented, disputed or referred."""
    if clock.id is ClockId.SUPPLEMENT:
        decision.note(EventType.WITHDRAWN, lapsed=clock.id.value)
        decision.close(Outcome.WITHDRAWN)
    elif clock.id is ClockId.DISPUTE_WINDOW:
        decision.close(Outcome.UNRESOLVED if decision.stage is Stage.COORDINATION else Outcome.REFUSED)


def _classes_opening(statute: Statute, stage: Stage) -> Sequence[SharingClass]:
    """The sharing classes whose requests begin in a stage, or are granted at once, by the routes of the text."""
    opens = "granted" if stage is Stage.CLOSED else stage.value
    return tuple(dict.fromkeys(route.sharing_class for route in statute.routes if route.opens == opens))


SHARE_REQUEST: Final = Procedure(
    case=ShareRequestCase,
    matter=Application,
    opened_by=(Role.REQUESTER, Role.PLATFORM),
    begin=begin,
    process=PROCESS,
    rules=together(provider_answer.RULES, dispute.RULES, delivery.RULES),
    on_breach=on_breach,
    platform_files_for_requester=True,
    applied_for_anew=True,
    path="requests",
    has_papers=True,
    classes_opening=_classes_opening,
)
