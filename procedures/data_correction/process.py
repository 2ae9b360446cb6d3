"""Data correction (数据校核) as a procedure: doubt, verification, explanation, dispute, and the push to all users."""

from collections.abc import Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, DeclaredStage, OfCommands, Process
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage
from procedures.common.instances import whoever_negotiates
from procedures.common.supervision import SUPERVISED, WITHDRAWN_OR_SUPERVISED
from procedures.data_correction.rules import RULES, Correction, CorrectionCase, begin, on_breach

CORRECTED = (Stage.PUSH, Stage.CLOSED)
"""Where a correction leads: to the push, if somebody has to make it, otherwise to the end of the case."""


def _whoever_finds_out(statute: Statute, _: bool) -> Sequence[Role] | None:
    """The bureau, and the government if the text has a last instance."""
    rules = statute.correction
    return (Role.BUREAU, Role.GOVERNMENT) if rules is not None and rules.last else None


def _whoever_speaks_now(case: CorrectionCase) -> Sequence[Role]:
    """The bureau, and the government once the bureau has found no agreement."""
    return (Role.GOVERNMENT,) if case.referred else (Role.BUREAU,)


def _whoever_pushes(statute: Statute, _: bool) -> Sequence[Role] | None:
    """推送的一方: the role named by the text."""
    rules = statute.correction
    return (rules.push.by,) if rules is not None and rules.push is not None else None


def _pushes(statute: Statute) -> bool:
    return statute.correction is not None and statute.correction.push is not None


def _corrected_is_done(statute: Statute) -> bool:
    return not _pushes(statute)


def _somebody_finds_out(statute: Statute) -> bool:
    return statute.correction is not None and statute.correction.dispute is not None


def _departments_negotiate(statute: Statute) -> bool:
    """Whether the departments have to negotiate, without any further instance."""
    rules = statute.correction
    return rules is not None and rules.negotiate is not None and rules.dispute is None


def _government_decides(statute: Statute) -> bool:
    return statute.correction is not None and statute.correction.last is not None


CORRECTIONS: Final[OfCommands] = {
    (CommandName.CORRECT, Stage.PUSH): _pushes,
    (CommandName.CORRECT, Stage.CLOSED): _corrected_is_done,
}

PROCESS: Final = Process(
    opens=(Stage.VERIFICATION,),
    stages=(
        DeclaredStage(
            Stage.VERIFICATION,
            "校核: the provider verifies, then corrects or explains",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.DIFFERENCE_FEEDBACK, ClockId.DATA_VERIFICATION),
            commands={
                CommandName.CORRECT: CORRECTED,
                CommandName.EXPLAIN: (Stage.EXPLAINED,),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only=CORRECTIONS,
        ),
        DeclaredStage(
            Stage.EXPLAINED,
            "说明: the requester accepts the explanation or disputes it",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.DISPUTE_WINDOW,),
            commands={
                CommandName.ACCEPT_EXPLANATION: CLOSES,
                CommandName.DISPUTE_EXPLANATION: (Stage.NEGOTIATION, Stage.VERIFICATION_DISPUTE),
                **WITHDRAWN_OR_SUPERVISED,
            },
            expiry={ClockId.DISPUTE_WINDOW: CLOSES},
            commands_only={
                (CommandName.DISPUTE_EXPLANATION, Stage.NEGOTIATION): _departments_negotiate,
                (CommandName.DISPUTE_EXPLANATION, Stage.VERIFICATION_DISPUTE): _somebody_finds_out,
            },
        ),
        DeclaredStage(
            Stage.NEGOTIATION,
            "协商: the parties agree, or nothing comes of it",
            waits_for=(Role.REQUESTER, Role.PROVIDER),
            waits_under=whoever_negotiates,
            limits=(ClockId.NEGOTIATION,),
            commands={
                CommandName.CORRECT: CORRECTED,
                CommandName.ACCEPT_EXPLANATION: CLOSES,
                CommandName.DECLARE_IMPASSE: CLOSES,
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only=CORRECTIONS,
        ),
        DeclaredStage(
            Stage.VERIFICATION_DISPUTE,
            "协调核实: whom the text names finds out",
            waits_for=(Role.BUREAU,),
            waits_under=_whoever_finds_out,
            turn=_whoever_speaks_now,
            limits=(ClockId.COORDINATION, ClockId.FINAL_INSTANCE),
            commands={
                CommandName.CONCLUDE_VERIFICATION: (Stage.VERIFICATION, Stage.VERIFICATION_DISPUTE, Stage.CLOSED),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only={
                (CommandName.CONCLUDE_VERIFICATION, Stage.VERIFICATION_DISPUTE): _government_decides,
            },
            limits_only={ClockId.FINAL_INSTANCE: _government_decides},
        ),
        DeclaredStage(
            Stage.PUSH,
            "推送: the corrected data goes to all who are authorised",
            waits_for=(Role.PROVIDER,),
            waits_under=_whoever_pushes,
            on_entry={ClockId.DATA_PUSH: (CommandName.PUSH_DATA,)},
            commands={CommandName.PUSH_DATA: CLOSES, **SUPERVISED},
        ),
    ),
)

DATA_CORRECTION: Final = Procedure(
    case=CorrectionCase,
    matter=Correction,
    opened_by=(Role.REQUESTER,),
    begin=begin,
    process=PROCESS,
    rules=RULES,
    on_breach=on_breach,
)
