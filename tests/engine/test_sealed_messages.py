"""Messages are sealed on their way into Temporal: nobody reads them there, and everything else is as it always was."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from audit.verification.verify import verify
from background.archive.archiving import ArchivingRound, archive_case
from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from embedded.simulate.sandbox import Sandbox
from ledger.queries.archive import Unarchived
from protocol.asking import WorkflowGone
from protocol.held_up import HeldUp, what_holds
from protocol.histories import CaseHistory, history_of
from protocol.mending import points_of
from protocol.names import workflow_id
from protocol.payloads import converter_with
from protocol.sealing import NotOpened, SealKind, ring_in, written_key
from starter.dossiers import dossier_of
from starter.engine_client import ShareflowClient
from starter.errors import NeedsOperator, Unavailable
from tests.engine.cases import WHY, command
from tests.engine.looking import C, P, R, filed, in_step, until
from worker.building import build_worker, working
from worker.replaying import replay

QUEUE = "sealed"
OLD, NEW = written_key("2025", SealKind.AES_256_GCM), written_key("2026", SealKind.SM4_GCM)
SECRETS = ("低保资格核验", "姓名、身份证号码", "市公安局", WHY["reason"])
"""What a case is about, who takes part, and why it was refused."""
WENT_WRONG = b"sealed with the key 2025, which"
"""In the words of a failure that Temporal keeps."""


def door(ground: Sandbox, *keys: str, patience: float = 20) -> ShareflowClient:
    """A door to the session's Temporal with these keys, for cases that the workers here carry."""
    plain = ground.temporal
    converter = converter_with(ring_in("\n".join(keys)) if keys else None)
    temporal = Client(plain.service_client, namespace=plain.namespace, data_converter=converter)
    return ShareflowClient(temporal, ground.engine, task_queue=QUEUE, patience=timedelta(seconds=patience))


@asynccontextmanager
async def engine_with(ground: Sandbox, *keys: str, patience: float = 20) -> AsyncIterator[ShareflowClient]:
    """A door, and a worker with the same keys."""
    client = door(ground, *keys, patience=patience)
    async with working(build_worker(client.temporal, ground.engine, task_queue=QUEUE, watched=False)):
        yield client


async def kept_by_temporal(ground: Sandbox, request_id: str) -> bytes:
    """A case's history as whoever reads Temporal's database has it."""
    history = await ground.temporal.get_workflow_handle(workflow_id(request_id)).fetch_history()
    return b"\n".join(event.SerializeToString() for event in history.events)


async def held_by(client: ShareflowClient, request_id: str) -> HeldUp | None:
    """What keeps a case from going on, once its error is known."""
    try:
        found = await what_holds(client.temporal, workflow_id(request_id))
    except WorkflowGone:
        return None
    return next((each for each in found if each.error), None)


async def only(history: CaseHistory) -> AsyncIterator[CaseHistory]:
    yield history


async def test_a_case_begins_plain_is_sealed_outlives_a_key_and_waits_for_one_that_is_missing(
    ground: Sandbox, tmp_path: Path
) -> None:
    async with engine_with(ground) as client:
        request_id = await filed(client)
    plain = await kept_by_temporal(ground, request_id)
    assert [secret for secret in SECRETS[:3] if secret.encode() not in plain] == []

    async with engine_with(ground, OLD) as client:
        await client.command(request_id, command(P, C.REFUSE, WHY))

    async with engine_with(ground, NEW, patience=2) as client:
        with pytest.raises((Unavailable, NeedsOperator)):
            await client.command(request_id, command(R, C.WITHDRAW, WHY))
        held = await until(lambda: held_by(client, request_id))
        assert "sealed with the key 2025" in held.error.splitlines()[0]
        with pytest.raises(NeedsOperator, match="sealed with the key 2025, which is not in the file that SHAREFLOW_"):
            await dossier_of(client.reader, client.temporal, request_id)
        assert {point.name for point in await points_of(client.temporal, workflow_id(request_id))} >= {"first", "last"}

    async with engine_with(ground, NEW, OLD) as client:
        await client.command(request_id, command(R, C.WITHDRAW, WHY))
        await client.temporal.get_workflow_handle(workflow_id(request_id)).result()
        raw = await kept_by_temporal(ground, request_id)
        assert (b"2025" in raw, b"2026" in raw, WHY["reason"].encode() in raw) == (True, True, False)
        assert (b"Encoded failure" in raw, WENT_WRONG in raw) == (True, False)

        read = await history_of(client.temporal, workflow_id(request_id), "")
        opened = b"".join(event.SerializeToString() for event in read.events)
        assert (b"binary/encrypted" in opened, WENT_WRONG in opened) == (False, True)
        replayed = await replay(client.reader, only(read))
        assert (replayed.number, replayed.differing) == (1, {})

        archive = HistoryArchive(FolderArchive(tmp_path))
        now = datetime.now(UTC)
        of_this = Unarchived(request_id, workflow_id(request_id), now, now, tries=0)
        done = ArchivingRound()
        await archive_case(client.temporal, ground.engine, archive, of_this, done)
        assert request_id in {run.request_id for run in done.archived}
        dossier = await dossier_of(client.reader, client.temporal, request_id, archive=archive)
    assert base64.b64encode(b"binary/encrypted") not in dossier.files["history.json"]
    found = {each.check: each.result for each in await asyncio.to_thread(verify, dossier)}
    assert (found["digests"], found["history"], found["ledger"]) == ("ok", "ok", "ok")


async def test_nobody_reads_in_temporal_what_a_case_is_about(ground: Sandbox) -> None:
    async with engine_with(ground, NEW) as client:
        request_id = await filed(client)
        await client.command(request_id, command(P, C.REFUSE, WHY))
        await in_step(client, request_id)
        raw = await kept_by_temporal(ground, request_id)
    assert [secret for secret in SECRETS if secret.encode() in raw] == []


def test_a_file_of_keys_that_cannot_be_used_is_told_without_its_keys() -> None:
    secret = OLD.split()[2]
    for text, said in (
        ("", "no key"),
        (f"2025 aes-128 {secret}", "line 1: a key is an id"),
        (f"# old\n2025 sm4-gcm {secret}", "line 2: a key for sm4-gcm has 16 bytes, not 32"),
        (f"2025 aes-256-gcm {secret}!", "line 1: the key is not base64"),
        (f"{OLD}\n{OLD}", "line 2: there are two keys of the id 2025"),
    ):
        with pytest.raises(NotOpened, match=said) as refused:
            ring_in(text)
        assert secret not in str(refused.value)
