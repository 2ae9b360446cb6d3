"""The situations of Nantong: checked by the bureau, authorised by provider or platform, negotiated by three."""

from typing import Any

from tests.domain.engine.situation import Situation
from tests.domain.engine.situation_terms import ALWAYS, ANSWER, IMPASSE_OF_THREE, TABLE_OF_THREE, TO_NEGOTIATION, told


def nantong() -> list[Situation]:
    """Checked by the bureau, authorised by provider or platform, negotiated by three; nobody coordinates."""
    at: dict[str, Any] = {"statute": "nantong-2020"}
    platform = {"authorization": "platform"}
    first = ("accept:bureau",)
    check = ALWAYS + "accept:bureau decline:bureau "
    table = ALWAYS + TABLE_OF_THREE + IMPASSE_OF_THREE
    nothing = told("wrong_stage", "agree:requester agree:provider agree:bureau")
    to_table = ("accept:bureau", *TO_NEGOTIATION)
    return [
        Situation(
            name="papers under check",
            stage="completeness_check",
            may=check + "return_for_supplement:bureau",
            **at,
        ),
        Situation(
            name="papers unchecked in time",
            stage="completeness_check",
            script=("lapse completeness_check",),
            may=check + "return_for_supplement:bureau",
            **at,
        ),
        Situation(
            name="supplement asked",
            stage="supplement",
            script=("return_for_supplement:bureau",),
            may=ALWAYS + "supplement:requester",
            silence="withdrawn",
            **at,
        ),
        Situation(
            name="papers under check again",
            stage="completeness_check",
            script=("return_for_supplement:bureau", "supplement:requester"),
            may=check,
            told=told("supplement_already_requested", "return_for_supplement:bureau"),
            **at,
        ),
        Situation(
            name="waiting for the platform",
            stage="platform_authorization",
            script=first,
            may=ALWAYS + "authorize:bureau refuse_authorization:bureau",
            filed=platform,
            **at,
        ),
        Situation(
            name="refused for the platform",
            stage="refused",
            script=("accept:bureau", "refuse_authorization:bureau"),
            may=ALWAYS + "accept_refusal:requester open_negotiation:requester",
            filed=platform,
            silence="refused",
            **at,
        ),
        Situation(
            name="waiting for the answer",
            stage="provider_answer",
            script=first,
            may=ANSWER,
            told=told(
                "wrong_stage", "open_negotiation:requester open_negotiation:bureau return_for_supplement:provider"
            ),
            **at,
        ),
        Situation(
            name="a silent provider",
            stage="provider_answer",
            script=("accept:bureau", "lapse provider_answer"),
            may=ANSWER + "open_negotiation:requester open_negotiation:bureau",
            told=told("wrong_stage", "return_for_supplement:provider"),
            **at,
        ),
        Situation(
            name="refused",
            stage="refused",
            script=("accept:bureau", "refuse:provider"),
            may=ALWAYS + "accept_refusal:requester open_negotiation:requester",
            silence="refused",
            **at,
        ),
        Situation(name="at the table", stage="negotiation", script=to_table, may=table, told=nothing, **at),
        Situation(
            name="at the table after silence",
            stage="negotiation",
            script=("accept:bureau", "lapse provider_answer", "open_negotiation:requester"),
            may=table,
            told=nothing,
            **at,
        ),
        Situation(
            name="granted conditions in dispute",
            stage="negotiation",
            may=table,
            told=nothing,
            filed={"disputes_grant": "R-0"},
            **at,
        ),
        Situation(
            name="the bureau has proposed",
            stage="negotiation",
            script=(*to_table, "propose:bureau"),
            may=table + "agree:requester agree:provider",
            **at,
        ),
        Situation(
            name="one of two others has agreed",
            stage="negotiation",
            script=(*to_table, "propose:bureau", "agree:provider"),
            may=table + "agree:requester",
            **at,
        ),
        Situation(
            name="new terms after an agreement",
            stage="negotiation",
            script=(*to_table, "propose:bureau", "agree:provider", "propose:requester"),
            may=table + "agree:provider agree:bureau",
            **at,
        ),
        Situation(
            name="the negotiation has lapsed",
            stage="negotiation",
            script=(*to_table, "lapse negotiation"),
            may=table,
            told=nothing,
            **at,
        ),
        Situation(
            name="impasse",
            stage="closed",
            script=(*to_table, "declare_impasse:bureau"),
            silence="unresolved",
            **at,
        ),
    ]
