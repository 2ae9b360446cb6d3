"""A case at some point of its way: how it comes there, and who may do what there.

Written by hand from what users were promised. Nothing here is taken from the rules, and one thing alone from the
statute files: which missed limits a text names as grounds to order rectification.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from domain.policy import Policy
from domain.statutes.loader import get_statute
from procedures.share_request.case import ShareRequestCase
from tests.domain.engine.machine import PaperLedger, play

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

    @cached_property
    def case(self) -> ShareRequestCase:
        """The case at this point."""
        return self.ledger().case

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
        clocks = self.case.clocks.values()
        missed = [x for x in clocks if x.state.value in ("breached", "met_late") and x.basis.value != "policy"]
        found = [rules.ground_for(clock.id, clock.statute) for clock in missed]
        ordered_by = [(ground.by or "bureau") for ground in found if ground]
        return PASS if role in ordered_by else "no_breach_to_rectify"

    def elsewhere(self, command: str) -> bool:
        """Whether this text has the command in another stage than others have it."""
        nantong = self.statute == "nantong-2020"
        if self.stage != "provider_answer":
            return False
        return nantong if command == "return_for_supplement" else command == "open_negotiation" and not nantong
