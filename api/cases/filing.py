"""Under which text a filing goes: the one that it names, else the one of a place (适用法规)."""

from api.cases.filing_schemas import FilingIn
from api.cases.schemas import OpeningIn
from api.http.problems import Problem
from domain.access import EVERYWHERE, Caller
from domain.messages import Language, label


def place_of_filing(
    body: FilingIn | OpeningIn, caller: Caller, language: Language, field: str = "statute"
) -> str | None:
    """The place whose text in force applies; None where the filing names its statute.

    Raises Problem 422, naming the ``field`` that would say it, where neither the filing nor the caller's token tells.
    """
    if body.statute is not None or body.jurisdiction is not None:
        return body.jurisdiction if body.statute is None else None
    places = caller.places - {EVERYWHERE}
    if len(places) == 1 and EVERYWHERE not in caller.places:
        return next(iter(places))
    raise Problem(422, "invalid", errors=[{"path": field, "reason": label("input", "which_text", language)}])
