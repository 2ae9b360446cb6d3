"""What the floor writes: the rows that one message made, as one statement."""

from collections.abc import Mapping

from bench.contestants.rows import CASE, CopiedTable, Snapshot, statement

CASES = CopiedTable("cases", ["request_id", "stage", "seq"], ["request_id"], frozenset())
EVENTS = CopiedTable("events", ["request_id", "seq", "type"], ["request_id", "seq"], frozenset())
FEED = CopiedTable("feed", ["position", "request_id", "what"], ["position"], frozenset())
NUMBERED = CopiedTable("numbered", ["id", "request_id"], ["id"], frozenset({"id"}))


def rows(
    *values: Mapping[str, str | None], key: tuple[str, ...]
) -> dict[tuple[str | None, ...], Mapping[str, str | None]]:
    """Rows by their key."""
    return {tuple(row[column] for column in key): row for row in values}


def test_a_message_is_one_statement_with_what_was_added_changed_and_taken() -> None:
    was, now = {"request_id": CASE, "stage": "refused", "seq": "1"}, {"request_id": CASE, "stage": "closed", "seq": "2"}
    first, second = ({"request_id": CASE, "seq": str(number), "type": f"it's {number}"} for number in (1, 2))
    before: Snapshot = {"cases": rows(was, key=("request_id",)), "events": rows(first, key=("request_id", "seq"))}
    after: Snapshot = {"cases": rows(now, key=("request_id",)), "events": rows(second, key=("request_id", "seq"))}
    assert statement("lean", [CASES, EVENTS], before, after) == (
        f"WITH w0 AS (UPDATE lean.\"cases\" SET stage = 'closed', seq = '2' WHERE request_id = '{CASE}'), "
        f"w1 AS (INSERT INTO lean.\"events\" (request_id, seq, type) VALUES ('{CASE}', '2', 'it''s 2')) "
        f"DELETE FROM lean.\"events\" WHERE request_id = '{CASE}' AND seq = '1'"
    )


def test_places_in_the_order_of_all_rows_are_drawn_and_what_the_database_fills_is_left_to_it() -> None:
    told = {"position": "77", "request_id": CASE, "what": None}
    after: Snapshot = {
        "feed": rows(told, key=("position",)),
        "numbered": rows({"id": "5", "request_id": CASE}, key=("id",)),
    }
    assert statement("lean", [FEED, NUMBERED], {}, after) == (
        'WITH w0 AS (INSERT INTO lean."feed" (position, request_id, what) '
        f"VALUES (((pg_current_xact_id()::text::bigint << 12) | 0), '{CASE}', NULL)) "
        f"INSERT INTO lean.\"numbered\" (request_id) VALUES ('{CASE}')"
    )
