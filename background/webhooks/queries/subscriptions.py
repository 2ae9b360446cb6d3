"""Webhooks of owners: create, read, change, rotate secrets, delete."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from domain.access import Visibility
from domain.codes import code_key
from domain.evidence import plain
from domain.log.acts import Acting, ActKind, NewAct
from domain.words import EventType
from ledger.codes import is_code
from ledger.queries.acts import note_act
from ledger.queries.outbox_position import newest_position
from ledger.tables import webhook_queues, webhooks


class WebhookPayload(StrEnum):
    """How much a webhook tells: where to look, or the event itself."""

    THIN = "thin"
    FULL = "full"


class WebhookState(StrEnum):
    """Whether a webhook is sent to. One that is disabled collects."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DisabledFor(StrEnum):
    """Why a webhook is disabled."""

    BY_OWNER = "by_owner"
    GONE = "gone"  # its receiver answered 410
    EXHAUSTED = "exhausted"  # a delivery failed as often as the schedule has attempts


@dataclass(frozen=True)
class Webhook:
    """Somebody who wants to be told, and of what.

    ``visibility`` covers the cases it is told of; no ``events`` stands for all types. ``checkpoints``: also of each
    checkpoint of the log. ``previous_secret`` signs beside
    ``secret`` until ``previous_until``.
    """

    id: str
    org: str
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    visibility: Visibility
    url: str
    events: tuple[EventType, ...]
    payload: WebhookPayload
    state: WebhookState
    since: datetime
    secret: str = field(repr=False)
    reason: DisabledFor | None = None
    previous_secret: str | None = field(default=None, repr=False)
    previous_until: datetime | None = None
    deleted_at: datetime | None = None
    checkpoints: bool = False

    def secrets_at(self, at: datetime) -> tuple[str, ...]:
        """The secrets that sign at an instant, the current one first."""
        rotating = self.previous_secret is not None and self.previous_until is not None and at < self.previous_until
        return (self.secret, self.previous_secret) if rotating and self.previous_secret else (self.secret,)


def add_webhook(engine: Engine, webhook: Webhook, by: Acting, from_start: bool, at_most: int) -> bool:
    """Store a new webhook; False if its organisation has ``at_most`` already.

    It gets what is recorded from now on or, with ``from_start``, everything that it may see.
    """
    with _unseen(), engine.begin() as connection:
        # Two created at once must not both be the last one allowed.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"webhooks of {code_key(webhook.org)}"))))
        mine = select(func.count()).where(is_code(webhooks.c.org, webhook.org), _there())
        if connection.execute(mine).scalar_one() >= at_most:
            return False
        connection.execute(insert(webhooks).values(**_row(webhook), reached=0 if from_start else newest_position()))
        told = {
            "url": _host(webhook.url),
            "events": plain(webhook.events),
            "payload": webhook.payload.value,
            "checkpoints": webhook.checkpoints,
        }
        note_act(connection, act_on(webhook.id, ActKind.WEBHOOK_CREATE, by, {**told, "from_start": from_start}))
        return True


def webhooks_of(engine: Engine, org: str) -> tuple[Webhook, ...]:
    """The webhooks of an organisation, oldest first."""
    query = (
        select(webhooks).where(is_code(webhooks.c.org, org), _there()).order_by(webhooks.c.created_at, webhooks.c.id)
    )
    with engine.connect() as connection:
        return tuple(webhook_from(row) for row in connection.execute(query).mappings())


def get_webhook(engine: Engine, webhook_id: str) -> Webhook | None:
    """One webhook, even if deleted; None if it never existed."""
    query = select(webhooks).where(webhooks.c.id == webhook_id)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
        return webhook_from(row) if row else None


def change_webhook(
    engine: Engine,
    webhook_id: str,
    by: Acting,
    at: datetime,
    settings: Mapping[str, Any],
    state: WebhookState | None = None,
) -> Webhook | None:
    """Change ``settings`` (url, events, payload) or the state; None if there is no such webhook.

    A webhook that becomes active continues where it stopped: everything that waits is due at once.
    """
    with engine.begin() as connection:
        row = connection.execute(_locked(webhook_id)).mappings().first()
        if row is None:
            return None
        values: dict[str, Any] = {**settings, "changed_by": by.subject, "changed_at": at}
        if "events" in values:
            values["events"] = [str(event) for event in values["events"]]
        if state is not None and state != row["state"]:
            values |= {
                "state": state,
                "reason": DisabledFor.BY_OWNER if state is WebhookState.DISABLED else None,
                "since": at,
            }
            if state is WebhookState.ACTIVE:
                hurry(connection, webhook_id, at)
        changed = update(webhooks).where(webhooks.c.id == webhook_id).values(**values).returning(webhooks)
        webhook = webhook_from(connection.execute(changed).mappings().one())
        note_act(connection, act_on(webhook_id, ActKind.WEBHOOK_CHANGE, by, _told(settings, state)))
        return webhook


def rotate_secret(
    engine: Engine, webhook_id: str, by: Acting, at: datetime, secret: str, previous_until: datetime
) -> Webhook | None:
    """Sign with a new secret and, until an instant, also with the old one; None if there is no such webhook."""
    change = (
        update(webhooks)
        .where(webhooks.c.id == webhook_id, _there())
        .values(
            secret=secret,
            previous_secret=webhooks.c.secret,
            previous_until=previous_until,
            changed_by=by.subject,
            changed_at=at,
        )
        .returning(webhooks)
    )
    with _unseen(), engine.begin() as connection:
        row = connection.execute(change).mappings().first()
        if row is None:
            return None
        note_act(connection, act_on(webhook_id, ActKind.WEBHOOK_ROTATE, by))
        return webhook_from(row)


def delete_webhook(engine: Engine, webhook_id: str, by: Acting, at: datetime) -> bool:
    """Delete a webhook and its secrets; the log stays. False if there is no such webhook."""
    with engine.begin() as connection:
        if connection.execute(_locked(webhook_id)).first() is None:
            return False
        nothing = {"secret": "", "previous_secret": None, "previous_until": None}
        change = update(webhooks).where(webhooks.c.id == webhook_id)
        connection.execute(change.values(**nothing, deleted_at=at, changed_by=by.subject, changed_at=at))
        connection.execute(delete(webhook_queues).where(webhook_queues.c.webhook_id == webhook_id))
        note_act(connection, act_on(webhook_id, ActKind.WEBHOOK_DELETE, by))
        return True


def act_on(
    webhook_id: str,
    kind: ActKind,
    by: Acting,
    details: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> NewAct:
    """The act of changing a webhook."""
    return NewAct(kind=kind, by=by, target=f"webhook/{webhook_id}", request_id=request_id, details=details or {})


def _told(settings: Mapping[str, Any], state: WebhookState | None) -> dict[str, Any]:
    """What was changed, for the record of acts."""
    told = {name: _host(value) if name == "url" else plain(value) for name, value in settings.items()}
    return {**told, "state": state.value} if state else told


def _host(url: str) -> str:
    """The host of a webhook; path and query are left out, because they may be secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def hurry(connection: Connection, webhook_id: str, at: datetime) -> None:
    """Make everything that waits for a webhook due at an instant, with a new schedule. Lock the webhook first."""
    connection.execute(
        update(webhook_queues).where(webhook_queues.c.webhook_id == webhook_id).values(due_at=at, failures=0)
    )


def webhook_from(row: RowMapping) -> Webhook:
    """A webhook from its row."""
    names = (
        "id",
        "org",
        "created_by",
        "created_at",
        "changed_by",
        "changed_at",
        "url",
        "since",
        "secret",
        "checkpoints",
    )
    optional = ("previous_secret", "previous_until", "deleted_at")
    visibility = row["visibility"]
    return Webhook(
        **{name: row[name] for name in (*names, *optional)},
        visibility=Visibility(
            **{**visibility, **{name: frozenset(visibility.get(name, ())) for name in ("places", "superiors")}},
        ),
        events=tuple(EventType(event) for event in row["events"]),
        payload=WebhookPayload(row["payload"]),
        state=WebhookState(row["state"]),
        reason=DisabledFor(row["reason"]) if row["reason"] else None,
    )


def _row(webhook: Webhook) -> dict[str, Any]:
    written = ("id", "org", "created_by", "created_at", "changed_by", "changed_at", "url", "payload", "state", "since")
    names = (*written, "checkpoints")
    visibility = webhook.visibility
    return {
        **{name: getattr(webhook, name) for name in names},
        "visibility": {
            "everything": visibility.everything,
            "places": sorted(visibility.places),
            "superiors": sorted(visibility.superiors),
            "requester": visibility.requester,
            "provider": visibility.provider,
        },
        "events": [str(event) for event in webhook.events],
        "secret": webhook.secret,
    }


def _there() -> ColumnElement[bool]:
    return webhooks.c.deleted_at.is_(None)


def _locked(webhook_id: str) -> Any:
    """Select and lock the webhook's row; always before its queues."""
    return select(webhooks).where(webhooks.c.id == webhook_id, _there()).with_for_update(key_share=True)


@contextmanager
def _unseen() -> Iterator[None]:
    """Keep parameters out of the error of a failed statement: a secret must not get into logs."""
    try:
        yield
    except DBAPIError as error:
        error.hide_parameters = True
        raise
