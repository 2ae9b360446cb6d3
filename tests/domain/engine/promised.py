"""What was promised of every case, by hand and not by the rules: whose acts, which moves, what time alone may write."""

from domain.clocks import ClockId
from domain.words import ClockState, Role

DECIDING = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT)
NEVER_DECIDING = (Role.PLATFORM, Role.AUDITOR, Role.OPERATOR)
STATUTE_CLOCKS = {
    ClockId.COMPLETENESS_CHECK,
    ClockId.PLATFORM_AUTHORIZATION,
    ClockId.PROVIDER_ANSWER,
    ClockId.DELIVERY,
}
ACTS: dict[str, set[str]] = {
    "filed": {"requester"},
    "accepted": {"bureau"},
    "declined": {"bureau"},
    "supplement_requested": {"bureau", "provider"},
    "supplemented": {"requester"},
    "forwarded": {"bureau"},
    "granted": {"requester", "provider", "bureau", "leading_group", "government"},  # platform: registration, below
    "refused": {"provider", "bureau"},
    "extension_requested": {"provider"},
    "extension_approved": {"bureau"},
    "extension_denied": {"bureau"},
    "negotiation_opened": {"requester", "bureau"},
    "terms_proposed": {"requester", "provider", "bureau"},
    "terms_agreed": {"requester", "provider", "bureau"},
    "impasse_declared": {"requester", "provider", "bureau"},
    "coordination_referred": {"requester", "bureau"},
    "coordination_concluded": {"bureau"},
    "adjudicated": {"bureau"},
    "final_instance_referred": {"requester", "bureau"},
    "decided": {"leading_group", "government"},
    "delivered": {"provider"},
    "withdrawn": {"requester", "platform"},
    "urged": {"bureau", "platform"},
    "refusal_accepted": {"requester"},
    "rectification_ordered": {"bureau", "government"},
}
"""Whose act an event may be. All others are the platform's."""
MOVES: dict[str, set[tuple[str, str]]] = {
    "accepted": {("completeness_check", "platform_authorization")},
    "forwarded": {("completeness_check", "provider_answer")},
    "supplement_requested": {("completeness_check", "supplement"), ("provider_answer", "supplement")},
    "supplemented": {("supplement", "completeness_check"), ("supplement", "provider_answer")},
    "granted": {
        *((s, "delivery") for s in ("provider_answer", "negotiation", "coordination", "final_instance")),
        ("platform_authorization", "delivery"),  # nantong under the national regulation
    },
    "refused": {("provider_answer", "refused"), ("platform_authorization", "refused")},
    "negotiation_opened": {("refused", "negotiation"), ("provider_answer", "negotiation")},
    "coordination_referred": {
        *((s, "coordination") for s in ("refused", "negotiation", "provider_answer", "delivery")),
        *((s, "final_instance") for s in ("negotiation", "provider_answer")),  # changzhou, a provincial department
    },
    "final_instance_referred": {("coordination", "final_instance")},
    "decided": {("final_instance", "coordination")},
}
"""Which events move a case from stage to stage. ``closed`` moves it from anywhere to its end; others never do."""
OF_TIME = {"clock_warned", "clock_breached", "urged", "withdrawn", "clock_cancelled", "closed"}
"""All that time alone may write."""
AFTER: dict[ClockState, set[ClockState]] = {
    ClockState.RUNNING: {ClockState.MET, ClockState.BREACHED, ClockState.SUPERSEDED, ClockState.CANCELLED},
    ClockState.BREACHED: {ClockState.MET_LATE},
    ClockState.MET: set(),
    ClockState.MET_LATE: set(),
    ClockState.SUPERSEDED: set(),
    ClockState.CANCELLED: set(),
}
MOVING = ("state", "ended_at", "warned", "climbed")
