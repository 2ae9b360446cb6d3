"""The words of a case: stages, outcomes, roles, events, clocks and refusal codes.

They are identifiers that outsiders rely on. People read their labels, which stand in ``domain/messages``.
"""

from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands (阶段)."""

    COMPLETENESS_CHECK = "completeness_check"  # 规范性审查
    SUPPLEMENT = "supplement"  # 补正
    PLATFORM_AUTHORIZATION = "platform_authorization"  # 平台授权审核
    PROVIDER_ANSWER = "provider_answer"  # 待答复
    REFUSED = "refused"  # 已答复不同意
    NEGOTIATION = "negotiation"  # 协商
    COORDINATION = "coordination"  # 协调
    FINAL_INSTANCE = "final_instance"  # 报请决定
    DELIVERY = "delivery"  # 待提供
    CLOSED = "closed"  # 办结


class Outcome(StrEnum):
    """How a closed case ended (结果)."""

    GRANTED = "granted"
    REFUSED = "refused"  # not disputed
    DECLINED = "declined"  # 不予受理
    WITHDRAWN = "withdrawn"
    DENIED = "denied"  # by an instance that decides
    UNRESOLVED = "unresolved"  # no agreement, and no further instance


class Role(StrEnum):
    """In what capacity somebody acts (角色)."""

    REQUESTER = "requester"
    PROVIDER = "provider"
    BUREAU = "bureau"
    LEADING_GROUP = "leading_group"
    GOVERNMENT = "government"
    PLATFORM = "platform"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class SharingClass(StrEnum):
    """How far a resource may be shared (共享类型)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not_shared"


class Authorization(StrEnum):
    """Who authorises the use of a resource (授权方式, nantong art. 18)."""

    PROVIDER = "provider"
    PLATFORM = "platform"


class ServiceMode(StrEnum):
    """How data is handed over (共享方式)."""

    API = "api"
    TABLE = "table"
    FILE = "file"
    COMPARE = "compare"
    QUERY = "query"
    BULK = "bulk"


class Urgency(StrEnum):
    """Rungs of the supervision ladder (督办): 提醒, 黄牌, 红牌."""

    NOTICE = "notice"
    YELLOW = "yellow"
    RED = "red"


class CommandName(StrEnum):
    """What a person may decide (办理动作)."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RETURN_FOR_SUPPLEMENT = "return_for_supplement"
    SUPPLEMENT = "supplement"
    AUTHORIZE = "authorize"
    REFUSE_AUTHORIZATION = "refuse_authorization"
    GRANT = "grant"
    REFUSE = "refuse"
    REQUEST_EXTENSION = "request_extension"
    APPROVE_EXTENSION = "approve_extension"
    DENY_EXTENSION = "deny_extension"
    ACCEPT_REFUSAL = "accept_refusal"
    OPEN_NEGOTIATION = "open_negotiation"
    PROPOSE = "propose"
    AGREE = "agree"
    DECLARE_IMPASSE = "declare_impasse"
    REFER = "refer"
    CONCLUDE_COORDINATION = "conclude_coordination"
    ADJUDICATE = "adjudicate"
    REFER_FINAL = "refer_final"
    DECIDE = "decide"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    URGE = "urge"


class EventType(StrEnum):
    """What the ledger holds (台账事件)."""

    FILED = "filed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    SUPPLEMENTED = "supplemented"
    FORWARDED = "forwarded"
    GRANTED = "granted"
    REFUSED = "refused"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_APPROVED = "extension_approved"
    EXTENSION_DENIED = "extension_denied"
    NEGOTIATION_OPENED = "negotiation_opened"
    TERMS_PROPOSED = "terms_proposed"
    TERMS_AGREED = "terms_agreed"
    IMPASSE_DECLARED = "impasse_declared"
    COORDINATION_REFERRED = "coordination_referred"
    COORDINATION_CONCLUDED = "coordination_concluded"
    ADJUDICATED = "adjudicated"
    FINAL_INSTANCE_REFERRED = "final_instance_referred"
    DECIDED = "decided"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    URGED = "urged"
    REFUSAL_ACCEPTED = "refusal_accepted"
    CLOCK_STARTED = "clock_started"
    CLOCK_WARNED = "clock_warned"
    CLOCK_BREACHED = "clock_breached"
    CLOCK_MET = "clock_met"
    CLOCK_SUPERSEDED = "clock_superseded"
    CLOCK_CANCELLED = "clock_cancelled"
    CLOSED = "closed"


class ClockId(StrEnum):
    """What a clock measures (时限)."""

    COMPLETENESS_CHECK = "completeness_check"
    PLATFORM_AUTHORIZATION = "platform_authorization"
    PROVIDER_ANSWER = "provider_answer"
    DELIVERY = "delivery"
    SUPPLEMENT = "supplement"
    DISPUTE_WINDOW = "dispute_window"
    NEGOTIATION = "negotiation"
    COORDINATION = "coordination"
    FINAL_INSTANCE = "final_instance"


class ClockState(StrEnum):
    """What became of a clock. Lateness is read from here and stored nowhere else."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    MET_LATE = "met_late"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Basis(StrEnum):
    """Where a limit comes from: a regulation, or the operator's configuration. Never confuse the two."""

    STATUTE = "statute"
    POLICY = "policy"


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working_day"
    MONTH = "month"
    DAY = "day"


class RefusalCode(StrEnum):
    """Why a filing or a command was refused."""

    WRONG_STAGE = "wrong_stage"
    NOT_YOUR_TURN = "not_your_turn"
    REASON_REQUIRED = "reason_required"
    LEGAL_BASIS_REQUIRED = "legal_basis_required"
    JUSTIFICATION_REQUIRED = "justification_required"
    NECESSITY_REQUIRED = "necessity_required"
    MISSING_LIST_REQUIRED = "missing_list_required"
    SUPPLEMENT_ALREADY_REQUESTED = "supplement_already_requested"
    DECLINE_NOT_ALLOWED = "decline_not_allowed"
    EXTENSION_NOT_PROVIDED = "extension_not_provided"
    EXTENSION_TOO_LONG = "extension_too_long"
    EXTENSION_NEEDS_CONSENT = "extension_needs_consent"
    INSTANCE_NOT_AVAILABLE = "instance_not_available"
    NEGOTIATION_MUST_COME_FIRST = "negotiation_must_come_first"
    CLASS_NOT_SHAREABLE = "class_not_shareable"
    SECRET_DATA_EXCLUDED = "secret_data_excluded"
    APPLICATION_INCOMPLETE = "application_incomplete"
    UNKNOWN_STATUTE = "unknown_statute"
    CASE_CLOSED = "case_closed"
