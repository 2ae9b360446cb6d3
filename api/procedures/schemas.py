"""What the API says of the procedures."""

from api.http.schemas import Out
from starter.procedures import ProcedureTold


class ProcedureList(Out):
    """Every procedure that a case can follow."""

    items: list[ProcedureTold]
