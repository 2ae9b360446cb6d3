"""Cases that stand on a desk by their stage, though it is somebody else's move in them now."""

from collections.abc import Mapping, Sequence

from api.cases.presenters import before_anything, waiting_after
from api.cases.schemas import HolderOut
from api.context import AppContext
from domain.access import OF_A_PLACE, Caller
from domain.engine.case import Case
from domain.engine.evolve import evolve_all
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName
from ledger.queries.views import CaseDetail, CaseSummary
from procedures.assignees import assignees


def others_turns(
    context: AppContext, caller: Caller, cases: Sequence[CaseSummary], language: Language
) -> Mapping[str, str]:
    """Whose move it is in those of a caller's cases in which it is not the caller's, by their ids; blocking.

    A stage that waits for one organ alone says so itself; of the others each case is asked.
    """
    told = {}
    for case in cases:
        detail = None if _is_sure(caller, case) else context.reader.case(case.request_id)
        if detail is None:
            continue
        holders = waiting_after(detail, case_now(context, detail), language)
        if holders and caller.roles.isdisjoint(each.role for each in holders):
            told[case.request_id] = turn_of(holders, language)
    return told


def case_now(context: AppContext, case: CaseDetail) -> Case:
    """A case as its events have it; blocking."""
    return evolve_all(before_anything(case, case.statute_then), context.reader.events(case.request_id, limit=case.seq))


def turn_of(holders: Sequence[HolderOut], language: Language) -> str:
    """Whose move it is, in a sentence."""
    who = label("console", "enumerated", language).join(each.name or each.role_label for each in holders)
    return label("console", "others_turn", language).format(who=who)


def _is_sure(caller: Caller, case: CaseSummary) -> bool:
    """Whether the stage alone says that it is the caller's move."""
    statute = packaged_statutes().get(case.statute)
    if statute is None:
        return False
    waits = assignees(ProcedureName(case.procedure), case.stage, statute)
    return len(OF_A_PLACE.intersection(waits)) < 2 and not caller.roles.isdisjoint(waits)
