"""Every stage of every statute, reached by the shortest way, and who may do what there.

Written by hand from what users were promised. Nothing here is taken from the rules, and one thing alone from the
statute files: which missed limits a text names as grounds to order rectification.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from domain.engine.decision import Refused
from domain.policy import Policy
from domain.procedures.registry import decide
from domain.procedures.share_request.case import ShareRequestCase
from domain.statutes.loader import get_statute
from tests.domain.engine.machine import PaperLedger, command, play

PASS = "pass"
"""What is said of a command that is carried out."""

STAGES: Final = {
    "accept": "completeness_check",
    "decline": "completeness_check",
    "return_for_supplement": "completeness_check|provider_answer",
    "supplement": "supplement",
    "authorize": "platform_authorization",
    "refuse_authorization": "platform_authorization",
    "grant": "provider_answer",
    "refuse": "provider_answer",
    "request_extension": "provider_answer",
    "approve_extension": "provider_answer",
    "deny_extension": "provider_answer",
    "accept_refusal": "refused",
    "open_negotiation": "refused|provider_answer",
    "propose": "negotiation",
    "agree": "negotiation",
    "declare_impasse": "negotiation",
    "refer": "refused|negotiation|provider_answer|delivery",
    "conclude_coordination": "coordination",
    "adjudicate": "coordination",
    "refer_final": "coordination",
    "decide": "final_instance",
    "deliver": "delivery",
    "withdraw": "any",
    "urge": "any",
    "order_rectification": "any",
}
"""In which stage each command is given, under some statute at least."""

NO_EXTENSION = {f"{x}_extension": "extension_not_provided" for x in ("request", "approve", "deny")}
NO_COORDINATION = {x: "instance_not_available" for x in ("refer", "adjudicate", "refer_final", "decide")}
NO_ADJUDICATION = {"adjudicate": "instance_not_available"}
NO_FINAL = {x: "instance_not_available" for x in ("refer_final", "decide")}

LACKS: Final[dict[str, dict[str, str]]] = {
    "changshu-2019": {**NO_EXTENSION, **NO_ADJUDICATION},
    "yima-2021": {**NO_EXTENSION, **NO_FINAL},
    "changzhou-2018": {**NO_EXTENSION, **NO_ADJUDICATION, **NO_FINAL},
    "changzhou-2018, provincial": {**NO_EXTENSION, **NO_ADJUDICATION},
    "nantong-2020": {**NO_EXTENSION, **NO_COORDINATION},
    "zhejiang-2014": {**NO_EXTENSION, **NO_ADJUDICATION},
    "cn-809-2025": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
    "cn-809-2025, unconditional": {"decline": "decline_not_allowed", **NO_EXTENSION, **NO_ADJUDICATION},
    "changshu-2019+809": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
    "yima-2021+809": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
    "changzhou-2018+809": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
    "changzhou-2018+809, with the province": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
    "zhejiang-2014+809": {"decline": "decline_not_allowed", **NO_ADJUDICATION},
}
"""What a text does not have at all, and what anybody is told who asks for it in any stage."""


@dataclass(frozen=True)
class Situation:
    """A case at some point: how it comes there, who may do what, and what else somebody is told there."""

    statute: str
    name: str
    stage: str
    script: tuple[Any, ...] = ()
    may: str = ""
    told: dict[str, str] = field(default_factory=dict)
    filed: dict[str, Any] = field(default_factory=dict)
    silence: str | None = None  # the outcome when from here on nobody does anything

    def __str__(self) -> str:
        return f"{self.statute}: {self.name}".replace(" ", "_").replace(",", "")

    def ledger(self, policy: Policy | None = None) -> PaperLedger:
        """A paper ledger brought to this point."""
        ledger = PaperLedger(self.statute.split(",")[0], policy=policy, **self.filed)
        play(ledger, self.script)
        return ledger

    def expected(self, command: str, role: str) -> set[str]:
        """What the table says of a command: PASS or a refusal code; two codes where both are true."""
        if f"{command}:{role}" in self.may.split():
            return {PASS}
        if self.stage == "closed":
            return {"case_closed"}
        if command in LACKS[self.statute]:
            return {LACKS[self.statute][command]}
        if command == "order_rectification":
            return {self.rectification(role)}
        if f"{command}:{role}" in self.told:
            return {self.told[f"{command}:{role}"]}
        stages = STAGES[command].split("|")
        if self.stage not in stages and "any" not in stages:
            return {"wrong_stage"}
        if self.elsewhere(command):
            # Wrong stage under this text, though not under every one, and the wrong person besides.
            return {"wrong_stage", "not_your_turn"}
        return {"not_your_turn"}

    def rectification(self, role: str) -> str:
        """What is said of ordering rectification, by the text's own list of grounds."""
        rules = get_statute(self.statute.split(",")[0]).rectification
        if rules is None:
            return "procedure_not_available"
        if role not in ("bureau", "government"):
            return "not_your_turn"
        clocks = reached(str(self)).clocks.values()
        missed = [x.id for x in clocks if x.state.value in ("breached", "met_late") and x.basis.value != "policy"]
        found = [rules.ground_for(clock) for clock in missed]
        ordered_by = [(ground.by or "bureau") for ground in found if ground]
        return PASS if role in ordered_by else "no_breach_to_rectify"

    def elsewhere(self, command: str) -> bool:
        """Whether this text has the command in another stage than others have it."""
        nantong = self.statute == "nantong-2020"
        if self.stage != "provider_answer":
            return False
        return nantong if command == "return_for_supplement" else command == "open_negotiation" and not nantong


@cache
def reached(situation: str) -> ShareRequestCase:
    """The case of a situation, by its printed name."""
    return next(s for s in (*SITUATIONS, *OVERLAID) if str(s) == situation).ledger().case


ALWAYS = "withdraw:requester urge:bureau "
ANSWER = ALWAYS + "grant:provider refuse:provider "
REFER = "refer:requester refer:bureau "
TABLE_OF_TWO = "propose:requester propose:provider "
IMPASSE_OF_TWO = "declare_impasse:requester declare_impasse:provider "
TABLE_OF_THREE = TABLE_OF_TWO + "propose:bureau "
IMPASSE_OF_THREE = IMPASSE_OF_TWO + "declare_impasse:bureau "


def told(code: str, who: str) -> dict[str, str]:
    """The same code for each ``command:role``."""
    return dict.fromkeys(who.split(), code)


NOT_BEFORE_SILENCE = told("wrong_stage", "refer:requester refer:bureau open_negotiation:requester")
COORDINATED_SILENCE = told("wrong_stage", "open_negotiation:requester")
NEGOTIATE_FIRST = told("negotiation_must_come_first", REFER)
NOTHING_PROPOSED = told("wrong_stage", "agree:requester agree:provider")
TWICE = told("wrong_stage", IMPASSE_OF_TWO)
UNFINISHED = told("wrong_stage", "adjudicate:bureau refer_final:bureau")
CONCLUDED = told("wrong_stage", "conclude_coordination:bureau")
NO_SUCH_WAIT = {
    **told("wrong_stage", "approve_extension:bureau deny_extension:bureau"),
    **told("extension_needs_consent", "approve_extension:provider"),
}
AWAITED = {
    **told("wrong_stage", "request_extension:provider"),
    **told("extension_needs_consent", "approve_extension:provider"),
}

TO_NEGOTIATION = ("refuse:provider", "open_negotiation:requester")
TO_COORDINATION = (*TO_NEGOTIATION, "declare_impasse:provider", "refer:requester")
TO_NO_AGREEMENT = (*TO_COORDINATION, "conclude_coordination:bureau")
TO_FINAL = (*TO_NO_AGREEMENT, "refer_final:bureau")


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
