"""Which roles may call which endpoint, whatever they then see there: half of the permission matrix.

Written by hand from what users were promised; where a door names its roles itself, its own names stand here.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from api.assessment.sealing import SEALERS
from api.attachments.endpoints import BRINGERS
from api.audit.endpoints import AUDITORS
from api.calendar.publishing import PUBLISHERS
from api.cases.notes import WRITERS
from api.checkpoints.endpoints import COSIGNERS
from api.codec.endpoints import OPENERS, WRAPPERS
from api.events_in.receiving import SENDERS
from api.notifications.choosing import READERS_OF_LOST
from api.operator_acts.endpoints import WATCHERS
from api.stuck.endpoints import MENDERS
from api.supervision.moment import SUPERVISORS
from api.webhooks.endpoints import TOLD
from api.worklist.endpoints import OVERSEERS
from domain.words import Role


class OpenTo(Enum):
    """Who may call an endpoint, where no role decides it."""

    ANYBODY = auto()


EVERY_ROLE: Final = frozenset(Role)
COMMANDING: Final = EVERY_ROLE - {Role.AUDITOR, Role.OPERATOR}
SUBSCRIBERS: Final = frozenset(TOLD)

ENDPOINTS: Final[Mapping[str, frozenset[Role] | OpenTo]] = {
    "POST /v1/requests": frozenset({Role.REQUESTER, Role.PLATFORM}),
    "POST /v1/requests/batch": frozenset({Role.REQUESTER, Role.PLATFORM}),
    "GET /v1/requests/batch/template": frozenset({Role.REQUESTER, Role.PLATFORM}),
    "GET /v1/requests": EVERY_ROLE,
    "GET /v1/requests/{request_id}": EVERY_ROLE,
    "GET /v1/requests/{request_id}/events": EVERY_ROLE,
    "GET /v1/requests/{request_id}/clocks": EVERY_ROLE,
    "GET /v1/requests/{request_id}/notes": EVERY_ROLE,
    "POST /v1/requests/{request_id}/notes": frozenset(WRITERS),
    "GET /v1/requests/{request_id}/diagram": EVERY_ROLE,
    "GET /v1/requests/{request_id}/account": EVERY_ROLE,
    "POST /v1/requests/{request_id}/commands": COMMANDING,
    "POST /v1/requests/{request_id}/commands/preview": COMMANDING,
    "GET /v1/requests/{request_id}/documents": EVERY_ROLE,
    "GET /v1/requests/{request_id}/documents/{name}": EVERY_ROLE,
    "POST /v1/cases": frozenset({Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.GOVERNMENT, Role.PLATFORM}),
    "GET /v1/cases": EVERY_ROLE,
    "GET /v1/cases/{request_id}": EVERY_ROLE,
    "GET /v1/cases/{request_id}/events": EVERY_ROLE,
    "GET /v1/cases/{request_id}/clocks": EVERY_ROLE,
    "GET /v1/cases/{request_id}/notes": EVERY_ROLE,
    "POST /v1/cases/{request_id}/notes": frozenset(WRITERS),
    "GET /v1/cases/{request_id}/diagram": EVERY_ROLE,
    "GET /v1/cases/{request_id}/account": EVERY_ROLE,
    "POST /v1/cases/{request_id}/commands": COMMANDING,
    "POST /v1/cases/{request_id}/commands/preview": COMMANDING,
    "GET /v1/cases/{request_id}/documents": EVERY_ROLE,
    "GET /v1/cases/{request_id}/documents/{name}": EVERY_ROLE,
    "GET /v1/procedures": EVERY_ROLE,
    "GET /v1/procedures/{procedure}": EVERY_ROLE,
    "GET /v1/procedures/{procedure}/diagram": EVERY_ROLE,
    "POST /v1/attachments": frozenset(BRINGERS),
    "GET /v1/attachments/{sha256}": EVERY_ROLE,
    "HEAD /v1/attachments/{sha256}": EVERY_ROLE,
    "GET /v1/worklist": EVERY_ROLE,
    "GET /v1/worklist/done": EVERY_ROLE,
    "POST /v1/worklist/{request_id}/claim": COMMANDING,
    "POST /v1/worklist/{request_id}/release": COMMANDING,
    "POST /v1/worklist/{request_id}/hand-over": COMMANDING,
    "GET /v1/worklist/substitutes": COMMANDING,
    "POST /v1/worklist/substitutes": COMMANDING,
    "DELETE /v1/worklist/substitutes/{id}": COMMANDING,
    "GET /v1/notifications": EVERY_ROLE,
    "PUT /v1/notifications": EVERY_ROLE,
    "POST /v1/notifications/address": EVERY_ROLE,
    "POST /v1/notifications/address/confirmation": EVERY_ROLE,
    "DELETE /v1/notifications/address": EVERY_ROLE,
    "GET /v1/notifications/undelivered": frozenset(READERS_OF_LOST),
    "GET /v1/assessment": frozenset(SUPERVISORS),
    "GET /v1/assessment/cases": frozenset(SUPERVISORS),
    "GET /v1/assessment/table": frozenset(SUPERVISORS),
    "GET /v1/assessment/seals": frozenset(SUPERVISORS),
    "POST /v1/assessment/seals": frozenset(SEALERS),
    "GET /v1/assessment/seals/{number}": frozenset(SUPERVISORS),
    "POST /v1/simulations": EVERY_ROLE,
    "GET /v1/supervision": frozenset(SUPERVISORS),
    "GET /v1/supervision/cases": frozenset(SUPERVISORS),
    "GET /v1/disputes": EVERY_ROLE,
    "GET /v1/stuck": frozenset(OVERSEERS),
    "GET /v1/stuck/causes": frozenset(OVERSEERS),
    "GET /v1/stuck/troubles": frozenset(OVERSEERS),
    "GET /v1/stuck/{subject}": frozenset(MENDERS),
    "POST /v1/stuck/{subject}/retry": frozenset(MENDERS),
    "POST /v1/stuck/{subject}/reset": frozenset(MENDERS),
    "POST /v1/stuck/{subject}/note": frozenset(MENDERS),
    "POST /v1/stuck/{subject}/hand-over": frozenset(MENDERS),
    "POST /v1/stuck/batches": frozenset(MENDERS),
    "GET /v1/stuck/batches/{batch_id}": frozenset(MENDERS),
    "POST /v1/stuck/batches/{batch_id}/{what}": frozenset(MENDERS),
    "GET /v1/events": EVERY_ROLE,
    "POST /v1/events": frozenset(SENDERS),
    "GET /v1/events/received": EVERY_ROLE,
    "GET /v1/webhooks": SUBSCRIBERS,
    "POST /v1/webhooks": SUBSCRIBERS,
    "GET /v1/webhooks/{webhook_id}": SUBSCRIBERS,
    "PATCH /v1/webhooks/{webhook_id}": SUBSCRIBERS,
    "DELETE /v1/webhooks/{webhook_id}": SUBSCRIBERS,
    "POST /v1/webhooks/{webhook_id}/rotate": SUBSCRIBERS,
    "POST /v1/webhooks/{webhook_id}/test": SUBSCRIBERS,
    "GET /v1/webhooks/{webhook_id}/deliveries": SUBSCRIBERS,
    "POST /v1/webhooks/{webhook_id}/deliveries/{request_id}/{seq}/replay": SUBSCRIBERS,
    "POST /v1/webhooks/{webhook_id}/replay": SUBSCRIBERS,
    "GET /v1/calendar/due": EVERY_ROLE,
    "GET /v1/calendar/years/{year}": EVERY_ROLE,
    "GET /v1/calendar/explain": EVERY_ROLE,
    "GET /v1/calendar/editions": EVERY_ROLE,
    "GET /v1/calendar/publications/{edition}": EVERY_ROLE,
    "POST /v1/calendar/impact": frozenset(PUBLISHERS),
    "POST /v1/calendar/publications": frozenset(PUBLISHERS),
    "GET /v1/statutes": EVERY_ROLE,
    "GET /v1/statutes/{statute_id}": EVERY_ROLE,
    "GET /v1/statutes/{statute_id}/clauses": EVERY_ROLE,
    "GET /v1/resources": EVERY_ROLE,
    "GET /v1/checkpoints": EVERY_ROLE,
    "GET /v1/checkpoints/key": EVERY_ROLE,
    "GET /v1/checkpoints/{size}": EVERY_ROLE,
    "GET /v1/checkpoints/{size}/growth/{old}": EVERY_ROLE,
    "GET /v1/checkpoints/{size}/timestamp": EVERY_ROLE,
    "POST /v1/checkpoints/{size}/cosignatures": frozenset(COSIGNERS),
    "GET /v1/audit/cases": frozenset(AUDITORS),
    "GET /v1/audit/cases/{request_id}/replay": frozenset(AUDITORS),
    "GET /v1/audit/findings": frozenset(AUDITORS),
    "GET /v1/audit/findings.csv": frozenset(AUDITORS),
    "GET /v1/audit/findings.xlsx": frozenset(AUDITORS),
    "GET /v1/audit/log": frozenset(AUDITORS),
    "GET /v1/audit/cases/{request_id}/dossier": frozenset(AUDITORS),
    "POST /v1/audit/verify": frozenset(AUDITORS),
    "POST /v1/codec/decode": frozenset(OPENERS),
    "POST /v1/codec/encode": frozenset(WRAPPERS),
    "GET /v1/operator-acts": frozenset(WATCHERS),
    "GET /healthz": OpenTo.ANYBODY,
    "GET /readyz": OpenTo.ANYBODY,
    "GET /metrics": OpenTo.ANYBODY,
}
