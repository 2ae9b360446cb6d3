"""All procedures, registered: importing this package is enough to look any of them up by name."""

from domain.cases.procedure import PROCEDURES, Procedure, open_case, procedure_of
from domain.cases.share_request import SHARE_REQUEST
from domain.procedures.access_grant import ACCESS_GRANT
from domain.procedures.catalogue_change import CATALOGUE_CHANGE
from domain.procedures.correction import DATA_CORRECTION
from domain.procedures.demand import DEMAND
from domain.procedures.periodic_duty import PERIODIC_DUTY
from domain.procedures.rectification import RECTIFICATION
from domain.procedures.withdrawal import RESOURCE_WITHDRAWAL

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
