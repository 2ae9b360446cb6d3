"""Resource withdrawal (资源撤销) as a procedure: review, notice, perhaps a dispute, and the end of the grants."""

from collections.abc import Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, Process
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage
from procedures.resource_withdrawal.case import Withdrawal, WithdrawalCase
from procedures.resource_withdrawal.rules import RULES, begin, on_expiry

AT_ANY_STAGE: Final = {CommandName.WITHDRAW: CLOSES, CommandName.URGE: STAYS}


def _whoever_consents_or_negotiates(statute: Statute, _: bool) -> Sequence[Role] | None:
    """If the text requires negotiation: the provider, and the bureau if its consent is required too."""
    rules = statute.withdrawal
    if rules is None or not rules.negotiate:
        return None
    return (Role.PROVIDER, Role.BUREAU) if rules.consent else (Role.PROVIDER,)


def _reviewed(statute: Statute) -> bool:
    """Whether the text has a review: the bureau's consent, or negotiation with the users."""
    return _consents(statute) or _negotiates(statute)


def _consents(statute: Statute) -> bool:
    return statute.withdrawal is not None and statute.withdrawal.consent is not None


def _negotiates(statute: Statute) -> bool:
    return statute.withdrawal is not None and statute.withdrawal.negotiate is not None


def _notified_at_once(statute: Statute) -> bool:
    """Whether the text asks for no consent; then, without users or negotiation, the notice runs at once."""
    return not _consents(statute)


PROCESS: Final = Process(
    opens_only={Stage.WITHDRAWAL_REVIEW: _reviewed, Stage.WITHDRAWAL_NOTICE: _notified_at_once},
    opens=(Stage.WITHDRAWAL_REVIEW, Stage.WITHDRAWAL_NOTICE),
    stages=(
        DeclaredStage(
            Stage.WITHDRAWAL_REVIEW,
            "审核: negotiated with the users, and consented to by the bureau",
            waits_for=(Role.BUREAU,),
            waits_under=_whoever_consents_or_negotiates,
            limits=(ClockId.WITHDRAWAL_REVIEW, ClockId.NEGOTIATION),
            # The notice runs from the day on which all users were told: the day of the filing.
            also_starts=(ClockId.WITHDRAWAL_NOTICE,),
            commands={
                CommandName.RECORD_NEGOTIATION: (
                    Stage.WITHDRAWAL_REVIEW,
                    Stage.WITHDRAWAL_NOTICE,
                    Stage.WITHDRAWING,
                ),
                CommandName.CONSENT_TO_WITHDRAWAL: (Stage.WITHDRAWAL_NOTICE, Stage.WITHDRAWING),
                CommandName.DENY_WITHDRAWAL: CLOSES,
                CommandName.REFER: (Stage.COORDINATION,),
                **AT_ANY_STAGE,
            },
            limits_only={ClockId.WITHDRAWAL_REVIEW: _consents, ClockId.NEGOTIATION: _negotiates},
        ),
        DeclaredStage(
            Stage.WITHDRAWAL_NOTICE,
            "告知期: those who use it prepare; then what was consented to is done",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.WITHDRAWAL_NOTICE,),
            commands={CommandName.REFER: (Stage.COORDINATION,), **AT_ANY_STAGE},
            expiry={ClockId.WITHDRAWAL_NOTICE: (Stage.WITHDRAWAL_NOTICE, Stage.WITHDRAWING)},
        ),
        DeclaredStage(
            Stage.COORDINATION,
            "协调: the bureau coordinates the dispute; nothing is withdrawn",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.COORDINATION,),
            commands={
                CommandName.CONCLUDE_COORDINATION: (Stage.COORDINATION, Stage.CLOSED),
                CommandName.REFER_FINAL: (Stage.FINAL_INSTANCE,),
                **AT_ANY_STAGE,
            },
        ),
        DeclaredStage(
            Stage.FINAL_INSTANCE,
            "决定: the government decides the dispute; nothing is withdrawn",
            waits_for=(Role.GOVERNMENT,),
            limits=(ClockId.FINAL_INSTANCE,),
            commands={
                CommandName.DECIDE: (
                    Stage.COORDINATION,
                    Stage.WITHDRAWAL_REVIEW,
                    Stage.WITHDRAWAL_NOTICE,
                    Stage.WITHDRAWING,
                    Stage.CLOSED,
                ),
                **AT_ANY_STAGE,
            },
        ),
        DeclaredStage(
            Stage.WITHDRAWING,
            "撤销: the grants end one after the other, then the resource is withdrawn",
            waits_for=(Role.PLATFORM,),
            commands={},
            by_itself=(Stage.WITHDRAWING, Stage.CLOSED),
        ),
    ),
)

RESOURCE_WITHDRAWAL: Final = Procedure(
    case=WithdrawalCase,
    matter=Withdrawal,
    opened_by=(Role.PROVIDER,),
    begin=begin,
    process=PROCESS,
    rules=RULES,
    on_expiry=on_expiry,
)
