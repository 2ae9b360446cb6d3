"""The access grant (共享授权) as a procedure: use, misuse, the end of service, disputes, the term, and disposal."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, C, Condition, DeclaredStage, OfCommands, Process
from domain.engine.rules import together
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage
from procedures.access_grant import disposal, disputes, endings, rules, suspension
from procedures.access_grant.case import AccessGrant, GrantCase
from procedures.common.supervision import SUPERVISED


def _disposes(statute: Statute) -> bool:
    """Whether the text regulates the disposal of data after sharing (妥善处置)."""
    return statute.access is not None and statute.access.disposal is not None


def _revokes_without_negotiation(statute: Statute) -> bool:
    """Whether unused access may be revoked without negotiation (收回授权)."""
    return statute.access is not None and statute.access.end_of_service is None


ENDS = (Stage.DISPOSAL, Stage.CLOSED)
"""Where the end of access leads: to disposal if the provider asked for it, otherwise to the end of the case."""

AT_ANY_STAGE: Final = {
    CommandName.REQUIRE_DISPOSAL: STAYS,
    CommandName.REPORT_DISPOSAL: STAYS,
    **SUPERVISED,
}
IN_SERVICE: Final = {
    CommandName.RECORD_USE: STAYS,
    CommandName.SUSPEND: (Stage.SUSPENDED,),
    CommandName.TERMINATE: ENDS,
    CommandName.RELINQUISH: CLOSES,
    **AT_ANY_STAGE,
}


# The provider may ask for disposal at any time; its limit runs from then (809 art. 27).
ASKED_EARLY: Final = (ClockId.DISPOSAL,)
# Use may resume while the end is negotiated or disputed; disuse counts from that use.
USED_MEANWHILE: Final = (*ASKED_EARLY, ClockId.UNUSED_ACCESS)
EXPIRES: Final = {ClockId.GRANT_TERM: (Stage.EXPIRED,)}
NOTHING_MORE: Final[OfCommands] = {}


def _before_disposal(
    stage: Stage,
    caption: str,
    waits_for: Sequence[Role],
    limits: Sequence[ClockId],
    also_starts: Sequence[ClockId],
    commands: Mapping[CommandName, Sequence[Stage]],
    commands_only: OfCommands = NOTHING_MORE,
    expiry: Mapping[ClockId, Sequence[Stage]] = EXPIRES,
) -> DeclaredStage:
    """A stage before disposal: the end of the grant's term ends it, unless ``expiry`` says otherwise.

    The transitions to disposal, and its limit, exist only if the text regulates disposal.
    """
    return DeclaredStage(
        stage,
        caption,
        waits_for=waits_for,
        limits=limits,
        also_starts=also_starts,
        commands=commands,
        expiry=expiry,
        commands_only={**_to_disposal(commands), **commands_only},
        limits_only={ClockId.DISPOSAL: _disposes, **_to_disposal(expiry)},
    )


def _to_disposal(ways: Mapping[C, Sequence[Stage]]) -> dict[C | tuple[C, Stage], Condition]:
    """The condition of each transition to disposal."""
    return {(cause, Stage.DISPOSAL): _disposes for cause, stages in ways.items() if Stage.DISPOSAL in stages}


PROCESS: Final = Process(
    opens=(Stage.IN_USE, Stage.EXPIRED),
    stages=(
        _before_disposal(
            Stage.IN_USE,
            "使用: uses are recorded; disuse and the term are watched",
            waits_for=(),
            limits=(ClockId.GRANT_TERM, ClockId.UNUSED_ACCESS),
            also_starts=ASKED_EARLY,
            commands={
                CommandName.REVOKE: ENDS,
                CommandName.RENEW: STAYS,
                CommandName.PROPOSE_END: (Stage.ENDING,),
                CommandName.END_SERVICE: ENDS,
                **IN_SERVICE,
            },
            commands_only={CommandName.REVOKE: _revokes_without_negotiation},
        ),
        _before_disposal(
            Stage.SUSPENDED,
            "暂停: the user puts right what was wrong, or sharing is terminated",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.RECTIFICATION, ClockId.GRANT_TERM),
            also_starts=ASKED_EARLY,
            commands={
                CommandName.NOTE_RECTIFICATION: STAYS,
                CommandName.REFUSE_RECTIFICATION: STAYS,
                CommandName.RESTORE: (Stage.IN_USE,),
                CommandName.TERMINATE: ENDS,
                CommandName.RELINQUISH: CLOSES,
                CommandName.END_SERVICE: ENDS,
                **AT_ANY_STAGE,
            },
        ),
        _before_disposal(
            Stage.ENDING,
            "终止协商: the provider negotiates the end or change with the user",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.NEGOTIATION, ClockId.GRANT_TERM),
            also_starts=USED_MEANWHILE,
            commands={
                CommandName.ANSWER_END: STAYS,
                CommandName.REVOKE: ENDS,
                CommandName.END_SERVICE: (Stage.IN_USE, Stage.EXPIRED, *ENDS),
                CommandName.REFER: (Stage.COORDINATION,),
                **IN_SERVICE,
            },
        ),
        _before_disposal(
            Stage.COORDINATION,
            "协调: the bureau coordinates the dispute; access goes on",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.COORDINATION, ClockId.GRANT_TERM),
            also_starts=USED_MEANWHILE,
            commands={
                CommandName.CONCLUDE_COORDINATION: (Stage.COORDINATION, Stage.IN_USE),
                CommandName.REFER_FINAL: (Stage.FINAL_INSTANCE,),
                CommandName.END_SERVICE: ENDS,
                **IN_SERVICE,
            },
        ),
        _before_disposal(
            Stage.FINAL_INSTANCE,
            "决定: the government decides the dispute; access goes on",
            waits_for=(Role.GOVERNMENT,),
            limits=(ClockId.FINAL_INSTANCE, ClockId.GRANT_TERM),
            also_starts=USED_MEANWHILE,
            commands={
                CommandName.DECIDE: (Stage.COORDINATION, Stage.IN_USE, Stage.ENDING),
                CommandName.END_SERVICE: ENDS,
                **IN_SERVICE,
            },
        ),
        _before_disposal(
            Stage.EXPIRED,
            "期满: the user may apply again",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.RENEWAL_WINDOW,),
            also_starts=ASKED_EARLY,
            commands={CommandName.RENEW: ENDS, CommandName.END_SERVICE: ENDS, **AT_ANY_STAGE},
            expiry={ClockId.RENEWAL_WINDOW: ENDS},
        ),
        DeclaredStage(
            Stage.DISPOSAL,
            "处置: the user reports what became of the data",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.DISPOSAL,),
            commands={CommandName.END_SERVICE: STAYS, **AT_ANY_STAGE, CommandName.REPORT_DISPOSAL: CLOSES},
        ),
    ),
)

IN_EFFECT: Final = tuple(stage for stage in PROCESS.open_stages if stage is not Stage.DISPOSAL)
"""The stages of a grant that has not ended, thus without disposal."""

ACCESS_GRANT: Final = Procedure(
    case=GrantCase,
    matter=AccessGrant,
    opened_by=(Role.PROVIDER,),
    begin=rules.begin,
    process=PROCESS,
    rules=together(disposal.RULES, disputes.RULES, endings.RULES, suspension.RULES, rules.RULES),
    on_breach=rules.on_breach,
    on_expiry=rules.on_expiry,
)
