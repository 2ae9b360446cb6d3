"""What is asked of cases by their end is found through an index, however many are older or younger."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from ledger.queries import retention

CASES = 20_000
FIRST = datetime(2006, 1, 1, tzinfo=UTC)
"""One case was filed each eight hours from then on, and closed ten days later."""

MANY_CASES = """
INSERT INTO cases (request_id, statute, statute_digest, policy_digest, procedure, requester_code, requester_name,
    provider_code, provider_name, resource_code, resource_name, sharing_class, stage, outcome, filed_at, closed_at, seq,
    head_digest, algorithm, filing_key, filing_digest, workflow_id)
SELECT 'C-' || n, 'nantong-2020', '', '', 'share_request', 'R', '', 'P', '', '', '', 'conditional', 'closed', 'granted',
    :first + n * interval '8 hours', :first + n * interval '8 hours' + interval '10 days', 0, '', 'sm3', 'K-' || n, '',
    ''
FROM generate_series(1, :cases) AS n
"""


@pytest.fixture
def crowded(own: Engine) -> Engine:
    with own.begin() as connection:
        connection.execute(text(MANY_CASES), {"cases": CASES, "first": FIRST})
        connection.execute(text("ANALYZE cases"))
    return own


def test_what_is_due_for_disposal_is_found_page_by_page(crowded: Engine) -> None:
    asked: list[tuple[str, object]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(crowded, "before_cursor_execute", listen)
    try:
        until = FIRST + timedelta(days=3650)
        page = retention.closed_until(crowded, until, None, 3)
        assert [case.request_id for case in page] == ["C-1", "C-2", "C-3"]
        last = page[-1]
        assert last.closed_at is not None
        page = retention.closed_until(crowded, until, (last.closed_at, last.request_id), 3)
        assert [case.request_id for case in page] == ["C-4", "C-5", "C-6"]
    finally:
        event.remove(crowded, "before_cursor_execute", listen)
    pages = [(statement, parameters) for statement, parameters in asked if "FROM cases" in statement]
    assert len(pages) == 2
    with crowded.connect() as connection:
        for statement, parameters in pages:
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
            assert "using cases_by_closing" in plan, plan
            assert "Seq Scan on cases" not in plan, plan
            assert "Sort" not in plan, plan
