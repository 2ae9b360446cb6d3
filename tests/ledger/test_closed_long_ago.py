"""What is asked of cases of long ago is found through an index, however many are older or younger."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from ledger.queries import retention
from ledger.queries.audited import audited_cases
from ledger.queries.views import CaseFilter

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


FILED = "INSERT INTO filings (request_id, application) SELECT request_id, '{}' FROM cases"


@pytest.fixture
def crowded(own: Engine) -> Engine:
    with own.begin() as connection:
        connection.execute(text(MANY_CASES), {"cases": CASES, "first": FIRST})
        connection.execute(text(FILED))
        connection.execute(text("ANALYZE cases"))
    return own


def plans(engine: Engine, ask: Callable[[], None], table: str = "FROM cases") -> Sequence[str]:
    """How the database finds what is asked of it."""
    asked: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    with engine.connect() as connection:
        return [
            "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
            for statement, parameters in asked
            if table in statement
        ]


def walks(plan: str, index: str) -> bool:
    """Whether the cases are found along this index in its order, and neither searched through nor sorted."""
    return f"using {index}" in plan and "Seq Scan on cases" not in plan and "Sort" not in plan


def test_what_is_due_for_disposal_is_found_page_by_page(crowded: Engine) -> None:
    def ask() -> None:
        until = FIRST + timedelta(days=3650)
        page = retention.closed_until(crowded, until, None, 3)
        assert [case.request_id for case in page] == ["C-1", "C-2", "C-3"]
        last = page[-1]
        assert last.closed_at is not None
        page = retention.closed_until(crowded, until, (last.closed_at, last.request_id), 3)
        assert [case.request_id for case in page] == ["C-4", "C-5", "C-6"]

    found = plans(crowded, ask)
    assert len(found) == 2
    for plan in found:
        assert walks(plan, "cases_by_closing"), plan


@pytest.mark.parametrize(
    ("narrowed", "index"), [({}, "cases_by_filing"), ({"statute": "nantong-2020"}, "cases_by_filing|cases_by_statute")]
)
def test_cases_of_a_period_long_ago_are_listed_page_by_page(
    crowded: Engine, narrowed: dict[str, Any], index: str
) -> None:
    # Open at some time in the second month: those filed in it, and in the ten days before.
    month = CaseFilter(since=FIRST + timedelta(days=31), before=FIRST + timedelta(days=59), **narrowed)

    def ask() -> None:
        page = audited_cases(crowded, month, None, 3)
        assert [case.request_id for case in page.cases] == ["C-176", "C-175", "C-174"]
        page = audited_cases(crowded, month, page.next, 3)
        assert [case.request_id for case in page.cases] == ["C-173", "C-172", "C-171"]

    found = plans(crowded, ask, " AS position")
    assert len(found) == 2
    for plan in found:
        assert any(walks(plan, each) for each in index.split("|")), plan
