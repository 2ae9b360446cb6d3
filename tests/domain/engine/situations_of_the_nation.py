"""The situations that the national regulation alone has: extensions for conditional sharing, and delivery."""

from typing import Any

from tests.domain.engine.situation import Situation
from tests.domain.engine.situation_terms import (
    ALWAYS,
    ANSWER,
    AWAITED,
    COORDINATED_SILENCE,
    IMPASSE_OF_TWO,
    NEGOTIATE_FIRST,
    NO_SUCH_WAIT,
    NOT_BEFORE_SILENCE,
    NOTHING_PROPOSED,
    REFER,
    TABLE_OF_TWO,
    TO_FINAL,
    TO_NEGOTIATION,
    UNFINISHED,
    told,
)


def national() -> list[Situation]:
    """cn-809 besides what it shares: extensions, for conditional sharing alone, and delivery."""
    at: dict[str, Any] = {"statute": "cn-809-2025"}
    simple: dict[str, Any] = {
        "statute": "cn-809-2025, unconditional",
        "stage": "provider_answer",
        "filed": {"sharing_class": "unconditional"},
    }
    return [
        Situation(
            name="waiting for the answer",
            may=ANSWER + "return_for_supplement:provider",
            told=NOT_BEFORE_SILENCE,
            **simple,
        ),
        Situation(
            name="a silent provider",
            script=("lapse provider_answer",),
            may=ANSWER + REFER + "return_for_supplement:provider",
            told=COORDINATED_SILENCE,
            **simple,
        ),
        Situation(
            name="an extension is asked for",
            stage="provider_answer",
            script=("request_extension:provider",),
            may=ANSWER + "return_for_supplement:provider approve_extension:bureau deny_extension:bureau",
            told={**NOT_BEFORE_SILENCE, **AWAITED},
            **at,
        ),
        Situation(
            name="an extension is approved",
            stage="provider_answer",
            script=("request_extension:provider", "approve_extension:bureau"),
            may=ANSWER + "return_for_supplement:provider request_extension:provider",
            told={**NOT_BEFORE_SILENCE, **NO_SUCH_WAIT},
            **at,
        ),
        Situation(
            name="an extension is denied",
            stage="provider_answer",
            script=("request_extension:provider", "deny_extension:bureau"),
            may=ANSWER + "return_for_supplement:provider request_extension:provider",
            told={**NOT_BEFORE_SILENCE, **NO_SUCH_WAIT},
            **at,
        ),
        Situation(
            name="waiting for delivery",
            stage="delivery",
            script=("grant:provider",),
            may=ALWAYS + "deliver:provider",
            told=told("wrong_stage", "refer:requester"),
            **at,
        ),
        Situation(
            name="waiting for delivery after a decision",
            stage="delivery",
            script=(*TO_FINAL, "decide:government"),
            may=ALWAYS + "deliver:provider",
            told=told("wrong_stage", "refer:requester"),
            **at,
        ),
        Situation(
            name="waiting for delivery after an agreement that came after all",
            stage="delivery",
            script=(*TO_NEGOTIATION, "declare_impasse:requester", "propose:provider", "agree:requester"),
            may=ALWAYS + "deliver:provider",
            told=told("wrong_stage", "refer:requester"),
            **at,
        ),
        Situation(
            name="delivery is late",
            stage="delivery",
            script=("grant:provider", "lapse delivery"),
            may=ALWAYS + "deliver:provider refer:requester",
            **at,
        ),
        Situation(
            name="nothing was delivered, and that is being coordinated",
            stage="coordination",
            script=("grant:provider", "lapse delivery", "refer:requester"),
            may=ALWAYS + "conclude_coordination:bureau",
            told=UNFINISHED,
            **at,
        ),
        Situation(
            name="granted conditions in dispute",
            stage="negotiation",
            may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO,
            told={**NEGOTIATE_FIRST, **NOTHING_PROPOSED},
            filed={"disputes_grant": "R-0"},
            **at,
        ),
        Situation(name="delivered", stage="closed", script=("grant:provider", "deliver:provider"), **at),
    ]
