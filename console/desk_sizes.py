"""How much lies on the desk: the views with their numbers, and what a requester's department has asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from api.context import AppContext
from api.worklist.division import Tab, held_in, today
from background.turns import waiting_for
from domain.access import Caller, visibility_of
from domain.calendar import end_of
from domain.words import Role
from ledger.queries.views import CaseFilter, ListSize


def sizes(context: AppContext, caller: Caller) -> Mapping[str, ListSize | None]:
    """The views of a visitor's desk in their order, each with how long it is; None: not counted; blocking."""
    filters, now, ends = waiting_for(caller), context.known_on(), end_of(today(context))
    counted: dict[str, ListSize | None] = {
        view: context.reader.size_of_worklist(filters, held_in(context, caller, view), now, ends)
        for view in get_args(Tab)
    }
    asks = of_requester(caller)
    if asks is not None:
        counted["filed"] = context.reader.size_of_list(replace(asks, open=True))
    return {**counted, "done": None}


def of_requester(caller: Caller) -> CaseFilter | None:
    """The cases in which the visitor's department asks another for something; None where it asks for nothing."""
    if Role.REQUESTER not in caller.roles or caller.org is None:
        return None
    return CaseFilter(requester=caller.org, between_two=True, visibility=visibility_of(caller))
