"""What each page asks of a crowded ledger: few rows, found in the same way however many cases there are.

Every address of the console is asked for, whatever is added. How long pages take is told by ``python -m bench lists``.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import Engine, event, text

from api.app import create_app
from api.assessment.figures import answering
from api.context import AppContext
from console.app import add_console
from domain.words import ProcedureName, Role
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.queries.assessed_parts import kept
from ledger.schema import migrate
from starter.engine_client import ShareflowClient
from tests.browser.places import filled, pages
from tests.crowded_ledger import FilledLedger, crowd
from tests.engine.cases import PROVIDER

CASES: Final = 3_000
AS_IF: Final = 100_000
"""So many cases there are by the statistics by which the database chooses how to find something."""
AT_MOST: Final = 2_000
"""Rows of large tables that a page looks at."""
AMONG_THE_NEWEST: Final = {"/statutes/{statute_id}": 10_000, "/statutes/resources": 5_000}
"""They look at the newest 500 cases of a kind, with what happened in them."""
COUNTS_A_PERIOD: Final = {"/assessment", "/assessment/cases", "/assessment/table", "/assessment/seal"}
"""They add up what is kept of the cases of a period: as many rows as these have."""
THREE_YEARS: Final = "?from=2024-01-01&to=2026-12-31"
ONE_MONTH: Final = "?from=2026-06-01&to=2026-06-30"
OF_A_CASE: Final = 6
"""Rows that a page looks at for each case of a period, in all its questions."""
WHOLE: Final = {"/audit/findings.csv", "/audit/findings.xlsx", "/audit/log/{form}"}
"""They save all cases that were asked for, piece by piece."""
KEPT: Final = frozenset({"assessed_parts", "assessed_limits"})
LARGE: Final = KEPT | {"cases", "events", "clocks", "filings", "outbox"}
WHO: Final = ((Role.BUREAU, "bureau"), (Role.OPERATOR, ""), (Role.AUDITOR, ""), (Role.PROVIDER, f"{PROVIDER[:-1]}1"))


@dataclass(frozen=True)
class FilledConsole:
    """The console over a crowded ledger, and what is asked of it."""

    door: httpx.AsyncClient
    engine: Engine
    crowd: FilledLedger
    headers: Mapping[Role, Mapping[str, str]]
    asked: list[tuple[str, Any]]

    async def ask(self, role: Role, path: str, as_if: int = AS_IF) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """The status of a page for somebody, and how each of its questions was answered."""
        self.asked.clear()
        answer = await self.door.get(path, headers=self.headers[role])
        asked = [each for each in self.asked if each[0].lstrip("( \n").startswith(("SELECT", "WITH"))]
        return answer.status_code, [_explained(self.engine, *each, as_if) for each in asked]


MANY_MORE: Final = """
UPDATE pg_class SET reltuples = reltuples * :times
WHERE relname = ANY (:tables) OR oid IN (
    SELECT i.indexrelid FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname = ANY (:tables)
)
"""


def _explained(engine: Engine, statement: str, parameters: Any, as_if: int) -> Mapping[str, Any]:
    """How a question is answered where there are so many cases, and what that is with those that there are."""
    with engine.connect() as connection:
        connection.execute(text(MANY_MORE), {"times": as_if / CASES, "tables": sorted(LARGE)})
        [found] = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalars()
        connection.rollback()
    plan: Mapping[str, Any] = found[0]["Plan"]
    return plan


@pytest.fixture(scope="module")
async def crowded(ground: Sandbox, context: AppContext) -> AsyncIterator[FilledConsole]:
    """The console over a ledger of its own, beside that of the session."""
    with ground.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE crowded"))
    url = ground.engine.url.set(drivername="postgresql", database="crowded").render_as_string(hide_password=False)
    engine, asked = connect(url), list[tuple[str, Any]]()
    migrate(engine)
    made = crowd(engine, url, CASES)
    with kept(engine, answering()):
        pass  # what each case counts for is written by whoever asks first
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Now, and not whenever the database comes to it: by this it chooses how to find something.
        connection.execute(text(f"VACUUM (ANALYZE) {', '.join(sorted(KEPT))}"))
    over_it = replace(context, client=ShareflowClient(ground.temporal, engine))
    app = create_app(over_it)
    add_console(app, over_it, demonstration=True)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", timeout=60) as door:
        headers = {role: await _signed_in(door, role, org) for role, org in WHO}
        event.listen(engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        yield FilledConsole(door, engine, made, headers, asked)
    engine.dispose()


async def _signed_in(door: httpx.AsyncClient, role: Role, org: str) -> Mapping[str, str]:
    answer = await door.post("/sign-in", data={"role": role.value, "org": org})
    door.cookies.clear()
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def scans(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parts of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


def way_of(plan: Mapping[str, Any]) -> Iterator[str]:
    """How what is kept is found: each part of a plan that reads of it, with the index by which it does.

    Whether rows are fetched one by one or page by page (a bitmap) goes by how they lie on the disk.
    """
    for scan in scans(plan):
        if scan["Relation Name"] in KEPT:
            by = scan.get("Index Name") or ", ".join(below["Index Name"] for below in scan.get("Plans", ()))
            yield f"{scan['Relation Name']} by {by or scan['Node Type']}"


def passed_over(plan: Mapping[str, Any]) -> int:
    """How many pairs of rows were compared and belonged to each other in no way."""
    inside: int = sum(map(passed_over, plan.get("Plans", ())))
    return inside + round(plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"])


def rows_of(plan: Mapping[str, Any]) -> int:
    """How many rows of large tables were looked at."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    return sum(
        round(sum(scan.get(name, 0) for name in names) * scan["Actual Loops"])
        for scan in scans(plan)
        if scan["Relation Name"] in LARGE
    )


@pytest.mark.parametrize("path", [path for path in pages() if path not in COUNTS_A_PERIOD | WHOLE])
async def test_a_page_looks_at_few_rows(crowded: FilledConsole, path: str) -> None:
    where = filled(path, crowded.crowd.opened[ProcedureName.SHARE_REQUEST])
    for role, _ in WHO:
        status, plans = await crowded.ask(role, where)
        assert status < 500
        walked = {scan["Relation Name"] for plan in plans for scan in scans(plan) if scan["Node Type"] == "Seq Scan"}
        assert walked & LARGE == set(), role
        assert sum(map(rows_of, plans)) <= AMONG_THE_NEWEST.get(path, AT_MOST), role


async def test_an_assessment_adds_up_what_is_kept_of_the_cases_of_its_period(crowded: FilledConsole) -> None:
    for page in ("/assessment", "/assessment/cases"):
        status, plans = await crowded.ask(Role.BUREAU, f"{page}{THREE_YEARS}")
        assert status == 200
        assert CASES <= sum(map(rows_of, plans)) <= OF_A_CASE * CASES
        assert sum(map(passed_over, plans)) <= 2 * CASES
        looked_up = {scan["Relation Name"] for plan in plans for scan in scans(plan)} & LARGE - KEPT
        assert looked_up <= {"cases", "clocks", "events", "outbox"}


@pytest.mark.parametrize("period", [THREE_YEARS, ONE_MONTH])
async def test_an_assessment_is_found_in_the_same_way_however_many_cases_there_are(
    crowded: FilledConsole, period: str
) -> None:
    for page in ("/assessment", "/assessment/cases"):
        ways = [
            [tuple(way_of(plan)) for plan in (await crowded.ask(Role.BUREAU, f"{page}{period}", as_if))[1]]
            for as_if in (1_000, AS_IF)
        ]
        assert ways[0] == ways[1]
