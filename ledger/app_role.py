"""The database role of workers and the API: its rights are listed table by table, and it has no others.

``deploy/postgres/roles.sql`` creates the role; without it, workers and API connect as the owner of the tables.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text

APP: Final = "shareflow_app"
READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"
EVERY: Final = (READ, ADD, CHANGE, REMOVE, "TRUNCATE", "REFERENCES", "TRIGGER")

READ_ALONE: Final = ("alembic_version", "backups", "outbox_base")
"""Tables that migrations, backups and restores write; the role only reads them."""
ONLY_GROW: Final = (
    "archived_histories",
    "assessment_seals",
    "brought_papers",
    "calendar_editions",
    "checkpoints",
    "console_notes",
    "cosignatures",
    "desk_moves",
    "events",
    "filings",
    "log_entries",
    "log_heads",
    "log_nodes",
    "operator_acts",
    "rule_texts",
    "timestamps",
)
STAY: Final = ("cases", "clocks")
COME_AND_GO: Final = (
    "assessed_kinds",
    "assessed_limits",
    "assessed_mark",
    "assessed_parts",
    "attachments",
    "calendar_publications",
    "case_counts",
    "confirmed",
    "console_feeds",
    "console_forms",
    "console_notification_watch",
    "console_notifications",
    "console_notified",
    "console_sessions",
    "desk_claims",
    "desk_substitutes",
    "leases",
    "named_papers",
    "outbox",
    "outbox_marks",
    "parked",
    "received_events",
    "stuck_batch_items",
    "stuck_batches",
    "stuck_watch",
    "unarchived",
    "webhook_attempts",
    "webhook_checkpoints",
    "webhook_deliveries",
    "webhook_queues",
    "webhooks",
)
MAY: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(READ_ALONE, (READ,)),
    **dict.fromkeys(ONLY_GROW, (READ, ADD)),
    **dict.fromkeys(STAY, (READ, ADD, CHANGE)),
    **dict.fromkeys(COME_AND_GO, (READ, ADD, CHANGE, REMOVE)),
}
"""The rights by table. A table that a migration adds must be listed here, or the role cannot even read it."""

# roles.sql grants it the schema by name; a role of that name of another ledger on this server has no such grant.
_IS_FOR_US = text(
    f"""
    SELECT count(*) > 0 FROM pg_roles app, pg_class tables, pg_namespace schema, aclexplode(schema.nspacl) let
        WHERE app.rolname = '{APP}' AND let.grantee = app.oid AND schema.oid = tables.relnamespace
        AND tables.oid = to_regclass('alembic_version') AND tables.relowner <> app.oid
    """
)
_HAS = text(
    f"""
    SELECT tables.relname, privilege FROM pg_class tables, unnest(:every) AS privilege
        WHERE tables.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))
        AND tables.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('{APP}', tables.oid, privilege)
    """
)
_GIVEN_BEFOREHAND = text(
    f"""
    SELECT count(*) > 0 FROM pg_default_acl beforehand, aclexplode(beforehand.defaclacl) given
        WHERE given.grantee = '{APP}'::regrole AND beforehand.defaclrole = current_user::regrole
    """
)
_NOTHING_BEFOREHAND = (
    text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {APP}"),
    text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {APP}"),
)


def let_app_work(connection: Connection) -> None:
    """Grant the role its rights on each table, and revoke all others. Idempotent.

    Called as the owner of the tables. Earlier installations granted it all future tables too: that is revoked.
    """
    if not connection.execute(_IS_FOR_US).scalar_one():
        return
    if connection.execute(_GIVEN_BEFOREHAND).scalar_one():
        for statement in _NOTHING_BEFOREHAND:
            connection.execute(statement)
    has = {(row.relname, row.privilege) for row in connection.execute(_HAS, {"every": list(EVERY)})}
    may = {(table, privilege) for table, privileges in MAY.items() for privilege in privileges}
    for table, privilege in sorted(may - has):
        connection.execute(text(f'GRANT {privilege} ON "{table}" TO {APP}'))
    for table, privilege in sorted(has - may):
        connection.execute(text(f'REVOKE {privilege} ON "{table}" FROM {APP}'))
