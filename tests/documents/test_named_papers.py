"""Which cases name a digest: noted by the database itself, and found through an index however many there are."""

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, select, text

from domain.access import Visibility
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.queries.attachments import Attachment, attachment_for, note_attachment
from ledger.schema import migrate
from ledger.tables import named_papers

CASES = 5_000
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def crowded(ground: Sandbox) -> Iterator[Engine]:
    """A ledger of its own with many cases, each naming two papers."""
    name = "crowded_with_papers"
    with ground.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = connect(ground.engine.url.set(database=name).render_as_string(hide_password=False))
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(MANY_CASES), {"cases": CASES})
        connection.execute(text("ANALYZE"))
    yield engine
    engine.dispose()


MANY_CASES = """
INSERT INTO cases (request_id, statute, statute_digest, policy_digest, procedure, requester_code, requester_name,
    provider_code, provider_name, resource_code, resource_name, sharing_class, stage, filed_at, seq, head_digest,
    algorithm, filing_key, filing_digest, workflow_id)
SELECT 'C-' || n, 'nantong-2020', '', '', 'share_request', 'R-' || n, '', 'P', '', '', '', 'conditional', 'closed',
    now(), 0, '', 'sm3', 'K-' || n, '', ''
FROM generate_series(1, :cases) AS n;
INSERT INTO filings
SELECT 'C-' || n,
    jsonb_build_object('documents', jsonb_build_array(
        jsonb_build_object('name', 'a', 'sha256', lpad(to_hex(n), 64, '0')),
        jsonb_build_object('name', 'b', 'sha256', lpad(to_hex(n + 1), 64, '0')),
        jsonb_build_object('name', 'c')))
FROM generate_series(1, :cases) AS n;
INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest)
SELECT 'C-' || n, 1, now(), 'filed', jsonb_build_object('role', 'requester', 'org', 'r-' || n), '', '', '{}',
    decode(repeat('0', 64), 'hex'), ''
FROM generate_series(2, :cases) AS n
"""


def hexadecimal(number: int) -> str:
    return f"{number:064x}"


def named(engine: Engine, sha256: str) -> set[str]:
    with engine.connect() as connection:
        query = select(named_papers.c.request_id).where(named_papers.c.sha256 == sha256)
        return set(connection.execute(query).scalars())


def test_every_filing_notes_the_papers_that_it_names(crowded: Engine) -> None:
    assert named(crowded, hexadecimal(1)) == {"C-1"}
    assert named(crowded, hexadecimal(70)) == {"C-69", "C-70"}
    assert named(crowded, hexadecimal(CASES + 2)) == set()


@pytest.mark.parametrize(
    "application",
    [
        "{}",
        '{"documents": null}',
        '{"documents": []}',
        '{"documents": "x"}',
        '{"documents": [{"sha256": 7}, {"sha256": null}, 1]}',
        '{"documents": [{"sha256": "d"}, {"sha256": "d"}]}',
    ],
)
def test_whatever_is_filed_a_case_can_be_recorded(application: str, crowded: Engine) -> None:
    number = 900_000 + next(_numbers)
    with crowded.begin() as connection:
        case = MANY_CASES.partition(";")[0]
        connection.execute(text(case.replace("generate_series(1, :cases)", f"generate_series({number}, {number})")))
        connection.execute(
            text("INSERT INTO filings VALUES (:id, CAST(:application AS jsonb))"),
            {"id": f"C-{number}", "application": application},
        )
    assert (f"C-{number}" in named(crowded, "d")) == ('"d"' in application)


def test_the_case_that_names_a_paper_is_found_through_an_index(crowded: Engine) -> None:
    brought = Attachment(hexadecimal(70), "", 1, "application/pdf", "a.pdf")
    note_attachment(crowded, brought, "R-70", "subject", lambda: None)
    asked: list[tuple[str, object]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(crowded, "before_cursor_execute", listen)
    try:
        for visibility in (
            Visibility(requester="R-70"),
            Visibility(provider="P"),
            Visibility(places=frozenset({"nantong"})),
        ):
            assert attachment_for(crowded, brought.sha256, None, visibility) == brought
        for other in ("R-71", "R-69"):  # the case of the latter names it, which has not brought it
            assert attachment_for(crowded, brought.sha256, None, Visibility(requester=other)) is None
        assert attachment_for(crowded, brought.sha256, None, Visibility(places=frozenset({"yima"}))) is None
    finally:
        event.remove(crowded, "before_cursor_execute", listen)
    queries = [(statement, parameters) for statement, parameters in asked if "named_papers" in statement]
    assert len(queries) == 6
    assert attachment_for(crowded, brought.sha256, "R-70", Visibility()) == brought
    with crowded.connect() as connection:
        for statement, parameters in queries:
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
            assert "named_papers_pkey" in plan, plan
            assert "Seq Scan on cases" not in plan, plan
            assert "Seq Scan on named_papers" not in plan, plan


def test_a_supplement_notes_the_papers_that_it_brings(crowded: Engine) -> None:
    with crowded.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest) "
                "VALUES ('C-1', 1, now(), 'supplemented', '{}', '', '', :data, decode(repeat('0', 64), 'hex'), '')"
            ),
            {"data": '{"documents": [{"name": "x", "sha256": "later"}]}'},
        )
    assert named(crowded, "later") == {"C-1"}
