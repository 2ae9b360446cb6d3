"""``shareflow audit`` with the ledger and the archive alone, and as a user of the database who only reads."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from background.archive.archiving import archive_next
from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from cli.errors import READS_ALONE
from domain.log.keys import write_secret_key
from embedded.simulate.sandbox import Sandbox
from ledger.archive_tables import unarchived
from ledger.auditor import AUDITOR
from ledger.reader import Reader
from protocol.names import workflow_id
from tests.api.callers import NOBODY_LISTENS
from tests.audit.logs import LOG_KEY
from tests.cli.conftest import Run, Said
from tests.cli.test_audit_engine import case
from tests.engine.test_archive import ALL

__all__ = ["case"]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HistoryArchive:
    monkeypatch.setenv("SHAREFLOW_ARCHIVE", str(tmp_path / "archive"))
    return HistoryArchive(FolderArchive(tmp_path / "archive"))


@pytest.fixture
def anna(ground: Sandbox) -> Iterator[str]:
    """The address of the ledger for an auditor, who has a user of her own there."""
    name = f"anna_{uuid.uuid4().hex[:8]}"
    with ground.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'secret' IN ROLE {AUDITOR}"))
    yield ground.engine.url.set(username=name, password="secret").render_as_string(hide_password=False)
    with ground.engine.begin() as connection:
        connection.execute(text(f"DROP ROLE {name}"))


async def test_an_auditor_needs_the_ledger_and_the_archive_alone(
    case: tuple[str, str],
    ground: Sandbox,
    shareflow: Run,
    archive: HistoryArchive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def said(*arguments: object) -> Said:
        return await asyncio.to_thread(shareflow, *arguments)

    request_id, provider = case
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY_LISTENS)
    for arguments in (
        ("replay", request_id),
        ("replay", "--department", provider),
        ("findings", "--department", provider),
        ("log", "--department", provider, "--format", "csv", "-o", tmp_path / "log.csv"),
        ("due-for-disposal",),
    ):
        assert (await said("audit", *arguments)).code == 0, arguments
    still_open = await said("audit", "export", request_id, "-o", tmp_path / "open.zip")
    assert (still_open.code, len(still_open.err.splitlines())) == (2, 2), still_open
    not_archived = f"The history of {request_id} is not archived yet, and Temporal does not answer."
    assert not_archived in still_open.err
    period = await said("audit", "export", "--department", provider, "-o", tmp_path / "period")
    left_out = json.loads((tmp_path / "period/dossiers.json").read_text("utf-8"))["left_out"]
    assert (period.code, left_out) == (1, [{"request_id": request_id, "reason": not_archived}])

    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    with ground.engine.begin() as connection:
        connection.execute(delete(unarchived))
    reason = json.dumps({"reason": "重复"})
    given = await said("request", "do", request_id, "withdraw", "--by", "requester", "--with", reason)
    assert given.code == 0, given
    await ground.temporal.get_workflow_handle(workflow_id(request_id)).result()
    await archive_next(ground.temporal, ground.engine, archive, ALL)
    monkeypatch.delenv("TEMPORAL_ADDRESS")
    packed = await said("audit", "export", request_id, "-o", tmp_path / "case.zip")
    assert packed.code == 0, packed
    assert "Temporal does not answer" in packed.err
    assert (await said("audit", "verify", tmp_path / "case.zip")).code == 0


async def test_whoever_only_reads_the_database_moves_no_case_and_packs_what_there_is(
    case: tuple[str, str], anna: str, ground: Sandbox, shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(*arguments: object) -> Said:
        return await asyncio.to_thread(shareflow, *arguments)

    request_id, _ = case
    before = await asyncio.to_thread(Reader(ground.engine).case, request_id)
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", anna)
    given = await said("request", "do", request_id, "withdraw", "--by", "requester", "--with", '{"reason": "重复"}')
    assert given.plainly_refused() == READS_ALONE
    filed = await said("request", "file", tmp_path / "request.yaml")
    assert filed.plainly_refused() == READS_ALONE
    assert await asyncio.to_thread(Reader(ground.engine).case, request_id) == before

    secret = tmp_path / "log.key"
    secret.write_text(write_secret_key(LOG_KEY.key.name, b"\x01" * 32), encoding="ascii")
    packed = await said("audit", "export", request_id, "-o", tmp_path / "case.zip", "--secret", secret)
    assert packed.code == 0, packed
    assert "this user of the database may make none" in packed.err
    assert (await said("audit", "verify", tmp_path / "case.zip")).code == 0
