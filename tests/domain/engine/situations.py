"""Every stage of every statute, reached by the shortest way, and who may do what there.

Written by hand from what users were promised. Nothing here is taken from the rules, and one thing alone from the
statute files: which missed limits a text names as grounds to order rectification.
"""

from functools import cache
from typing import Final

from domain.engine.decision import Refused
from procedures.registry import decide
from procedures.share_request.case import ShareRequestCase
from tests.domain.engine.machine import command
from tests.domain.engine.situation import Situation
from tests.domain.engine.situation_terms import ALWAYS, IMPASSE_OF_TWO, NEGOTIATE_FIRST, NOTHING_PROPOSED, TABLE_OF_TWO
from tests.domain.engine.situations_of_nantong import nantong
from tests.domain.engine.situations_of_the_nation import national
from tests.domain.engine.situations_of_two import two_parties, zhejiang


@cache
def reached(situation: str) -> ShareRequestCase:
    """The case of a situation, by its printed name."""
    return next(s for s in (*SITUATIONS, *OVERLAID) if str(s) == situation).case


SITUATIONS: Final[tuple[Situation, ...]] = (
    *two_parties("changshu-2019", "leading_group"),
    *two_parties("yima-2021", "bureau"),
    *two_parties("changzhou-2018", "nobody"),
    *two_parties("changzhou-2018, provincial", "leading_group", {"involves_provincial_department": True}),
    *nantong(),
    *zhejiang(),
    *two_parties("cn-809-2025", "government"),
    *national(),
    Situation("changshu-2019", "registered", "closed", filed={"sharing_class": "unconditional"}),
    Situation("yima-2021", "withdrawn", "closed", ("withdraw:requester",)),
    Situation(
        "changshu-2019",
        "not shared, at the table",
        "negotiation",
        may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO,
        told={**NEGOTIATE_FIRST, **NOTHING_PROPOSED},
        filed={"sharing_class": "not_shared"},
    ),
)

OVERLAID: Final[tuple[Situation, ...]] = (
    *two_parties("changshu-2019+809", "government"),
    *two_parties("yima-2021+809", "government", {"item_count": 3}),
    *two_parties("changzhou-2018+809", "government"),
    *two_parties("changzhou-2018+809, with the province", "government", {"involves_provincial_department": True}),
    *two_parties("zhejiang-2014+809", "government"),
)
"""The local texts as they apply under the national regulation: its way after a refusal, for all of them."""


def refused_with(situation: Situation, name: str, role: str) -> Refused | None:
    """The refusal of a complete command in a situation, or None where it is carried out."""
    case = reached(str(situation))
    assert case.last_at is not None
    try:
        decide(case, command(name, role), case.last_at)
    except Refused as refusal:
        return refusal
    return None
