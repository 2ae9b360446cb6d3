"""What a case leaves in Temporal's history and in the ledger's files."""

import psycopg2
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from protocol.names import workflow_id

_BYTES = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'm')
"""


async def events_and_bytes(client: Client, request_id: str) -> tuple[int, int]:
    """How many events a case's history has, and their bytes together; what skipping time adds does not count."""
    history = await client.get_workflow_handle(workflow_id(request_id)).fetch_history()
    events = [event for event in history.events if not _of_skipping(EventType.Name(event.event_type))]
    return len(events), sum(event.ByteSize() for event in events)


def _of_skipping(name: str) -> bool:
    return "TIME_SKIPPING" in name or "OPTIONS_UPDATED" in name


def table_bytes(url: str, schema: str = "public") -> int:
    """The bytes of all tables of a schema with their indexes, as they lie on the disk."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_BYTES, (schema,))
            row = cursor.fetchone()
            return int(row[0]) if row else 0
    finally:
        connection.close()
