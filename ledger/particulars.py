"""The particulars of a case, which never change: parties, resource, texts, filing."""

from datetime import datetime

from pydantic import Field

from domain.engine.records import Record
from domain.words import SharingClass


class CaseParticulars(Record):
    """What identifies a case and what it is about (登记信息), as filed.

    ``statute_digest`` and ``policy_digest`` identify its texts (:mod:`ledger.queries.texts`). ``opened_by`` is the case
    that opened this one, if one did. ``filing_key`` is the caller's idempotency key, ``filing_digest`` the digest of
    what was filed under it.
    """

    statute: str = Field(min_length=1)
    statute_digest: str
    policy_digest: str
    procedure: str
    requester_code: str
    requester_name: str
    provider_code: str
    provider_name: str
    resource_code: str
    resource_name: str
    sharing_class: SharingClass | None
    opened_by: str | None = None
    superior: str | None = None
    filed_at: datetime
    filing_key: str = Field(min_length=1)
    filing_digest: str
    workflow_id: str
