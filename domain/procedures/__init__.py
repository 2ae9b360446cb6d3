"""All procedures, registered: importing this package is enough to look any of them up by name."""

from domain.cases.procedure import PROCEDURES, Procedure, open_case, procedure_of
from domain.cases.share_request import SHARE_REQUEST
from domain.procedures.correction import DATA_CORRECTION
from domain.procedures.demand import DEMAND
from domain.procedures.withdrawal import RESOURCE_WITHDRAWAL

__all__ = [
    "DATA_CORRECTION",
    "DEMAND",
    "PROCEDURES",
    "RESOURCE_WITHDRAWAL",
    "SHARE_REQUEST",
    "Procedure",
    "open_case",
    "procedure_of",
]
