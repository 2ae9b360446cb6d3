"""The words of a case: procedures, stages, outcomes, roles, commands and events.

They are identifiers that outsiders rely on; people read their labels, which are in ``domain/messages``. Words of a
single procedure are grouped under its name; its process says which words it uses. The words of clocks are in
:mod:`domain.clocks`, each with what it measures.
"""

from enum import StrEnum
from typing import Self


class ProcedureName(StrEnum):
    """Which procedure a case follows (办理程序)."""

    tag: str | None
    """The tag in the ids of its cases; None for one procedure, whose ids are shorter."""

    def __new__(cls, value: str, tag: str | None = None) -> Self:
        """A name with its tag."""
        name = str.__new__(cls, value)
        name._value_, name.tag = value, tag
        return name

    SHARE_REQUEST = "share_request"  # 共享申请
    DEMAND = "demand", "DEMAND"  # 需求申请
    ACCESS_GRANT = "access_grant", "GRANT"  # 共享授权
    DATA_CORRECTION = "data_correction", "CORRECTION"  # 数据校核
    RECTIFICATION = "rectification", "RECTIFICATION"  # 督促整改
    RESOURCE_WITHDRAWAL = "resource_withdrawal", "WITHDRAWAL"  # 资源撤销
    CATALOGUE_CHANGE = "catalogue_change", "CATALOGUE"  # 目录更新
    PERIODIC_DUTY = "periodic_duty", "DUTY"  # 定期工作


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
    # demand
    DEMAND_REVIEW = "demand_review"  # 需求研判
    PUBLICATION = "publication"  # 待发布
    PUBLISHED = "published"  # 已发布待申请
    # access grant
    IN_USE = "in_use"  # 授权使用
    SUSPENDED = "suspended"  # 暂停共享
    ENDING = "ending"  # 终止或变更协商
    EXPIRED = "expired"  # 期满待续
    DISPOSAL = "disposal"  # 待处置
    # data correction
    VERIFICATION = "verification"  # 校核
    VERIFICATION_DISPUTE = "verification_dispute"  # 校核分歧
    PUSH = "push"  # 待推送
    EXPLAINED = "explained"  # 已说明待确认
    # rectification
    RECTIFYING = "rectifying"  # 整改
    RECTIFICATION_REVIEW = "rectification_review"  # 整改验收
    ESCALATED = "escalated"  # 已上报
    # resource withdrawal
    WITHDRAWAL_REVIEW = "withdrawal_review"  # 撤销审核
    WITHDRAWAL_NOTICE = "withdrawal_notice"  # 撤销告知期
    WITHDRAWING = "withdrawing"  # 撤销执行
    # catalogue change
    CATALOGUE_UPDATE = "catalogue_update"  # 目录更新
    CATALOGUE_REVIEW = "catalogue_review"  # 目录审核
    # periodic duty
    DUTY = "duty"  # 待履行
    CLOSED = "closed"  # 办结


class Outcome(StrEnum):
    """How a closed case ended (结果)."""

    GRANTED = "granted"
    REFUSED = "refused"  # not disputed
    DECLINED = "declined"  # 不予受理
    WITHDRAWN = "withdrawn"
    DENIED = "denied"  # by an instance that decides
    UNRESOLVED = "unresolved"  # no agreement, and no further instance
    # demand
    NOT_OURS = "not_ours"  # 不属于本部门履职范围
    PUBLISHED = "published"
    IMPOSSIBLE = "impossible"  # 暂时无法发布
    # access grant
    EXPIRED = "expired"
    RENEWED = "renewed"
    REVOKED = "revoked"  # unused, taken back by the provider
    TERMINATED = "terminated"  # after misuse
    ENDED = "ended"  # by the provider, with reasons
    RELINQUISHED = "relinquished"  # by the user
    # data correction
    CORRECTED = "corrected"
    EXPLAINED = "explained"  # the data was right
    # rectification
    RECTIFIED = "rectified"
    HANDED_OVER = "handed_over"  # to those who hold people to account
    # resource withdrawal
    UNPUBLISHED = "unpublished"
    KEPT = "kept"
    # catalogue change
    UPDATED = "updated"
    # periodic duty
    FULFILLED = "fulfilled"
    UNFULFILLED = "unfulfilled"


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
    ORDER_RECTIFICATION = "order_rectification"
    # demand
    DISCLAIM = "disclaim"
    UNDERTAKE = "undertake"
    REPORT_IMPOSSIBLE = "report_impossible"
    PUBLISH = "publish"
    FILE_REQUEST = "file_request"
    # access grant
    RECORD_USE = "record_use"
    SUSPEND = "suspend"
    NOTE_RECTIFICATION = "note_rectification"  # told by the rectification itself
    RESTORE = "restore"
    TERMINATE = "terminate"
    REVOKE = "revoke"
    PROPOSE_END = "propose_end"
    ANSWER_END = "answer_end"
    END_SERVICE = "end_service"
    RELINQUISH = "relinquish"
    REQUIRE_DISPOSAL = "require_disposal"
    REPORT_DISPOSAL = "report_disposal"
    RENEW = "renew"
    # data correction
    CORRECT = "correct"
    EXPLAIN = "explain"
    ACCEPT_EXPLANATION = "accept_explanation"
    DISPUTE_EXPLANATION = "dispute_explanation"
    CONCLUDE_VERIFICATION = "conclude_verification"
    PUSH_DATA = "push_data"
    # rectification
    REPORT_COMPLETION = "report_completion"
    REFUSE_RECTIFICATION = "refuse_rectification"
    ACCEPT_COMPLETION = "accept_completion"
    REJECT_COMPLETION = "reject_completion"
    ESCALATE = "escalate"
    CONCLUDE_RECTIFICATION = "conclude_rectification"
    # resource withdrawal
    RECORD_NEGOTIATION = "record_negotiation"
    CONSENT_TO_WITHDRAWAL = "consent_to_withdrawal"
    DENY_WITHDRAWAL = "deny_withdrawal"
    # catalogue change
    SUBMIT_UPDATE = "submit_update"
    APPROVE_UPDATE = "approve_update"
    RETURN_UPDATE = "return_update"
    # periodic duty
    FULFIL = "fulfil"
    CLOSE_UNFULFILLED = "close_unfulfilled"


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
    RECTIFICATION_ORDERED = "rectification_ordered"
    CASE_OPENED = "case_opened"  # another case, by this one
    CASE_TOLD = "case_told"  # what another case must know
    # demand
    DISCLAIMED = "disclaimed"
    UNDERTAKEN = "undertaken"
    IMPOSSIBILITY_REPORTED = "impossibility_reported"
    FILED_FOR_RECORD = "filed_for_record"  # 备案
    RESOURCE_PUBLISHED = "resource_published"
    # access grant
    GRANT_OPENED = "grant_opened"
    USED = "used"
    SUSPENDED = "suspended"
    RECTIFICATION_NOTED = "rectification_noted"  # what came of the rectification ordered with the suspension
    RESTORED = "restored"
    TERMINATED = "terminated"
    REVOKED = "revoked"
    END_PROPOSED = "end_proposed"
    END_ANSWERED = "end_answered"
    SERVICE_CHANGED = "service_changed"
    SERVICE_ENDED = "service_ended"
    RELINQUISHED = "relinquished"
    EXPIRED = "expired"
    ACCESS_CLOSED = "access_closed"
    DISPOSAL_REQUIRED = "disposal_required"  # 要求妥善处置
    DISPOSAL_REPORTED = "disposal_reported"  # 处置情况
    # data correction
    MATTERS_CONTINUE = "matters_continue"  # 照常办理
    CORRECTED = "corrected"
    EXPLAINED = "explained"
    BUREAU_TOLD = "bureau_told"
    EXPLANATION_ACCEPTED = "explanation_accepted"
    EXPLANATION_DISPUTED = "explanation_disputed"
    VERIFICATION_CONCLUDED = "verification_concluded"
    DATA_PUSHED = "data_pushed"
    # rectification
    COMPLETION_REPORTED = "completion_reported"
    COMPLETION_ACCEPTED = "completion_accepted"
    COMPLETION_REJECTED = "completion_rejected"
    RECTIFICATION_REFUSED = "rectification_refused"  # 拒不整改
    ESCALATED = "escalated"
    RECTIFICATION_CONCLUDED = "rectification_concluded"
    # resource withdrawal
    SUBSCRIBERS_TOLD = "subscribers_told"
    NEGOTIATION_RECORDED = "negotiation_recorded"
    WITHDRAWAL_CONSENTED = "withdrawal_consented"
    WITHDRAWAL_DENIED = "withdrawal_denied"
    GRANT_ENDED = "grant_ended"
    RESOURCE_WITHDRAWN = "resource_withdrawn"
    # catalogue change
    UPDATE_SUBMITTED = "update_submitted"
    UPDATE_APPROVED = "update_approved"
    UPDATE_RETURNED = "update_returned"
    CATALOGUE_PUBLISHED = "catalogue_published"
    # periodic duty
    DUTY_FULFILLED = "duty_fulfilled"
    DUTY_UNFULFILLED = "duty_unfulfilled"
    CLOCK_STARTED = "clock_started"
    CLOCK_WARNED = "clock_warned"
    CLOCK_BREACHED = "clock_breached"
    CLOCK_MET = "clock_met"
    CLOCK_SUPERSEDED = "clock_superseded"
    CLOCK_CANCELLED = "clock_cancelled"
    CLOSED = "closed"


class ClockState(StrEnum):
    """What became of a clock. Lateness is read from here and stored nowhere else."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    MET_LATE = "met_late"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Basis(StrEnum):
    """Where a limit comes from. Never confuse them.

    A regulation; the operator's configuration; or a decision made in this very case by whoever the text empowers
    (the limit of a notice of rectification, the term of a grant), whose article is then the ground of the power.
    """

    STATUTE = "statute"
    POLICY = "policy"
    DECISION = "decision"


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working_day"
    MONTH = "month"
    DAY = "day"
    DATE = "date"  # to a fixed day: the amount is the days until then, and nothing rolls
