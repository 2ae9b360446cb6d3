"""The situations of texts under which two parties negotiate, and what follows a coordination."""

from typing import Any

from tests.domain.engine.situation import Situation
from tests.domain.engine.situation_terms import (
    ALWAYS,
    ANSWER,
    CONCLUDED,
    COORDINATED_SILENCE,
    IMPASSE_OF_TWO,
    NEGOTIATE_FIRST,
    NO_SUCH_WAIT,
    NOT_BEFORE_SILENCE,
    NOTHING_PROPOSED,
    REFER,
    TABLE_OF_TWO,
    TO_COORDINATION,
    TO_FINAL,
    TO_NEGOTIATION,
    TO_NO_AGREEMENT,
    TWICE,
    UNFINISHED,
    told,
)


def two_parties(statute: str, last: str, filed: dict[str, Any] | None = None) -> list[Situation]:
    """The situations that changshu, yima, changzhou and cn-809 share. ``last`` is who speaks last:
    ``bureau`` (adjudication), ``leading_group``, ``government`` or ``nobody``."""
    national = statute == "cn-809-2025" or "+809" in statute
    extra = "request_extension:provider " if national else ""
    waits = NO_SUCH_WAIT if national else {}
    late = {**waits, **(told("wrong_stage", "request_extension:provider") if national else {})}
    provincial = "provincial" in statute
    at: dict[str, Any] = {"statute": statute, "filed": filed or {}}
    after_impasse = "final_instance" if provincial else "coordination"
    rows = [
        Situation(
            name="waiting for the answer",
            stage="provider_answer",
            may=ANSWER + extra + "return_for_supplement:provider",
            told={**NOT_BEFORE_SILENCE, **waits},
            **at,
        ),
        Situation(
            name="a silent provider",
            stage="provider_answer",
            script=("lapse provider_answer",),
            may=ANSWER + REFER + "return_for_supplement:provider",
            told={**COORDINATED_SILENCE, **late},
            **at,
        ),
        Situation(
            name="supplement asked",
            stage="supplement",
            script=("return_for_supplement:provider",),
            may=ALWAYS + "supplement:requester",
            silence="withdrawn",
            **at,
        ),
        Situation(
            name="supplemented",
            stage="provider_answer",
            script=("return_for_supplement:provider", "supplement:requester"),
            may=ANSWER + extra,
            told={
                **NOT_BEFORE_SILENCE,
                **waits,
                **told("supplement_already_requested", "return_for_supplement:provider"),
            },
            **at,
        ),
        Situation(
            name="refused",
            stage="refused",
            script=("refuse:provider",),
            may=ALWAYS + "accept_refusal:requester open_negotiation:requester",
            told=NEGOTIATE_FIRST,
            silence="refused",
            **at,
        ),
        Situation(
            name="at the table",
            stage="negotiation",
            script=TO_NEGOTIATION,
            may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO,
            told={**NEGOTIATE_FIRST, **NOTHING_PROPOSED},
            **at,
        ),
        Situation(
            name="the provider has proposed",
            stage="negotiation",
            script=(*TO_NEGOTIATION, "propose:provider"),
            may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO + "agree:requester",
            told=NEGOTIATE_FIRST,
            **at,
        ),
        Situation(
            name="the requester has countered",
            stage="negotiation",
            script=(*TO_NEGOTIATION, "propose:provider", "propose:requester"),
            may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO + "agree:provider",
            told=NEGOTIATE_FIRST,
            **at,
        ),
        Situation(
            name="the negotiation has lapsed",
            stage="negotiation",
            script=(*TO_NEGOTIATION, "lapse negotiation"),
            may=ALWAYS + TABLE_OF_TWO + IMPASSE_OF_TWO + REFER,
            told=NOTHING_PROPOSED,
            **at,
        ),
        Situation(
            name="impasse",
            stage="negotiation",
            script=(*TO_NEGOTIATION, "declare_impasse:requester"),
            may=ALWAYS + TABLE_OF_TWO + REFER,
            told={**NOTHING_PROPOSED, **TWICE},
            silence="refused",
            **at,
        ),
        Situation(
            name="referred after silence",
            stage=after_impasse,
            script=("lapse provider_answer", "refer:bureau"),
            may=ALWAYS + ("decide:leading_group" if provincial else "conclude_coordination:bureau"),
            told=UNFINISHED,
            **at,
        ),
    ]
    if not provincial:
        rows.append(
            Situation(
                name="in coordination",
                stage="coordination",
                script=TO_COORDINATION,
                may=ALWAYS + "conclude_coordination:bureau",
                told=UNFINISHED,
                **at,
            )
        )
    return rows + last_instances(statute, last, filed or {})


def last_instances(statute: str, last: str, filed: dict[str, Any]) -> list[Situation]:
    """What follows a coordination without agreement."""
    at: dict[str, Any] = {"statute": statute, "filed": filed}
    if last == "nobody":
        return [Situation(name="no agreement", stage="closed", script=TO_NO_AGREEMENT, silence="unresolved", **at)]
    if last == "bureau":
        return [
            Situation(
                name="no agreement",
                stage="coordination",
                script=TO_NO_AGREEMENT,
                may=ALWAYS + "adjudicate:bureau",
                told=CONCLUDED,
                **at,
            )
        ]
    provincial = "provincial" in statute
    to_final = TO_COORDINATION if provincial else TO_FINAL
    back = (*to_final, (f"decide:{last}", {"decision": "return", "reason": "请再行协调"}))
    duty = provincial or statute == "cn-809-2025" or "+809" in statute
    rows = [
        Situation(
            name="before the last instance",
            stage="final_instance",
            script=to_final,
            may=ALWAYS + f"decide:{last}",
            **at,
        ),
        Situation(
            name="sent back",
            stage="coordination",
            script=back,
            may=ALWAYS + "conclude_coordination:bureau",
            told=UNFINISHED,
            **at,
        ),
        Situation(
            name="no agreement, sent back before",
            stage="coordination",
            script=(*back, "conclude_coordination:bureau"),
            may=ALWAYS + "refer_final:bureau",
            told=CONCLUDED,
            silence=None if duty else "unresolved",
            **at,
        ),
    ]
    if not provincial:
        rows.append(
            Situation(
                name="no agreement",
                stage="coordination",
                script=TO_NO_AGREEMENT,
                may=ALWAYS + "refer_final:bureau",
                told=CONCLUDED,
                silence=None if duty else "unresolved",
                **at,
            )
        )
    return rows


def zhejiang() -> list[Situation]:
    """As two parties, but the negotiation may be skipped."""
    rows = []
    for row in two_parties("zhejiang-2014", "government"):
        may = row.may
        if row.stage in ("refused", "negotiation"):
            may = may + " " + REFER
        rows.append(Situation(row.statute, row.name, row.stage, row.script, may, row.told, row.filed, row.silence))
    skipped = Situation(
        "zhejiang-2014",
        "negotiation skipped",
        "coordination",
        ("refuse:provider", "refer:requester"),
        ALWAYS + "conclude_coordination:bureau",
        UNFINISHED,
    )
    return [*rows, skipped]
