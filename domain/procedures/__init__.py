"""All procedures, registered: importing this package is enough to look any of them up by name."""

from domain.engine.procedure import PROCEDURES, Procedure, open_case, procedure_of
from domain.procedures.access_grant.process import ACCESS_GRANT
from domain.procedures.catalogue_change.process import CATALOGUE_CHANGE
from domain.procedures.data_correction.process import DATA_CORRECTION
from domain.procedures.demand.process import DEMAND
from domain.procedures.periodic_duty.process import PERIODIC_DUTY
from domain.procedures.rectification.process import RECTIFICATION
from domain.procedures.resource_withdrawal.process import RESOURCE_WITHDRAWAL
from domain.procedures.share_request.process import SHARE_REQUEST

__all__ = [
    "ACCESS_GRANT",
    "CATALOGUE_CHANGE",
    "DATA_CORRECTION",
    "DEMAND",
    "PERIODIC_DUTY",
    "PROCEDURES",
    "RECTIFICATION",
    "RESOURCE_WITHDRAWAL",
    "SHARE_REQUEST",
    "Procedure",
    "open_case",
    "procedure_of",
]
