"""Which limits each procedure runs under (各程序的时限). What they amount to stands in statutes and policy."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.words import ClockId, ProcedureName

CLOCKS: Final[Mapping[ProcedureName, Sequence[ClockId]]] = {
    ProcedureName.SHARE_REQUEST: (
        ClockId.COMPLETENESS_CHECK,
        ClockId.SUPPLEMENT,
        ClockId.PLATFORM_AUTHORIZATION,
        ClockId.PROVIDER_ANSWER,
        ClockId.DISPUTE_WINDOW,
        ClockId.NEGOTIATION,
        ClockId.COORDINATION,
        ClockId.FINAL_INSTANCE,
        ClockId.DELIVERY,
    ),
    ProcedureName.DEMAND: (ClockId.DEMAND_FEEDBACK, ClockId.DEMAND_PUBLICATION, ClockId.FOLLOW_UP_WINDOW),
    ProcedureName.ACCESS_GRANT: (
        ClockId.GRANT_TERM,
        ClockId.UNUSED_ACCESS,
        ClockId.NEGOTIATION,
        ClockId.COORDINATION,
        ClockId.FINAL_INSTANCE,
        ClockId.RECTIFICATION,
        ClockId.RENEWAL_WINDOW,
        ClockId.DISPOSAL,
    ),
    ProcedureName.DATA_CORRECTION: (
        ClockId.DIFFERENCE_FEEDBACK,
        ClockId.DATA_VERIFICATION,
        ClockId.DISPUTE_WINDOW,
        ClockId.NEGOTIATION,
        ClockId.COORDINATION,
        ClockId.FINAL_INSTANCE,
        ClockId.DATA_PUSH,
    ),
    ProcedureName.RECTIFICATION: (ClockId.RECTIFICATION, ClockId.RECTIFICATION_REVIEW),
    ProcedureName.RESOURCE_WITHDRAWAL: (
        ClockId.WITHDRAWAL_REVIEW,
        ClockId.NEGOTIATION,
        ClockId.WITHDRAWAL_NOTICE,
        ClockId.COORDINATION,
        ClockId.FINAL_INSTANCE,
    ),
    ProcedureName.CATALOGUE_CHANGE: (ClockId.CATALOGUE_UPDATE, ClockId.CATALOGUE_REVIEW),
    ProcedureName.PERIODIC_DUTY: (ClockId.DUTY,),
}
"""In the order in which a case may meet them."""
