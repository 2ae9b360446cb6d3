"""All procedures, registered: importing this package is enough to look any of them up by name."""

from domain.cases.procedure import PROCEDURES, Procedure, open_case, procedure_of
from domain.cases.share_request import SHARE_REQUEST
from domain.procedures.demand import DEMAND
from domain.procedures.periodic_duty import PERIODIC_DUTY

__all__ = ["DEMAND", "PERIODIC_DUTY", "PROCEDURES", "SHARE_REQUEST", "Procedure", "open_case", "procedure_of"]
