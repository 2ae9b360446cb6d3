"""``shareflow audit`` on a real engine: cases at instants and of a period, findings and event logs of the ledger."""

import asyncio
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain.calendar import day_of
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Witness, write_secret_key
from domain.log.notes import read_note
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.looking_back import recorded_case
from tests.audit.devices import device_in
from tests.audit.logs import LOG_KEY, MemoryLog
from tests.audit.test_withholding import everything_in
from tests.cli.conftest import Run, Said

FILED_BY = "王 officer-7"
FILE = """\
statute: zhejiang-2014
request:
  requester: {{code: 113206000140000015, name: 甲局}}
  provider: {{code: {provider}, name: 乙局}}
  resource: {{code: R1, name: 人口, sharing_class: conditional}}
  purpose: 核验
  scope: 姓名
"""


@pytest.fixture
async def case(ground: Sandbox, shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A case on the session's engine, which the environment names, and its provider, whose only case it is."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("LOGNAME", FILED_BY)
    file, provider = tmp_path / "request.yaml", f"P{uuid.uuid4().hex[:16].upper()}"
    file.write_text(FILE.format(provider=provider), encoding="utf-8")
    filed = await asyncio.to_thread(shareflow, "request", "file", file, "--json")
    assert filed.code == 0, filed
    return json.loads(filed.out)["request_id"], provider


async def test_a_case_that_is_exported_at_once_is_proved_where_the_key_is_at_hand(
    case: tuple[str, str], shareflow: Run, tmp_path: Path
) -> None:
    secret, public, packed = tmp_path / "log.key", tmp_path / "log.pub", tmp_path / "case.zip"
    secret.write_text(write_secret_key(LOG_KEY.key.name, b"\x01" * 32), encoding="ascii")
    public.write_text(LOG_KEY.key.written(), encoding="ascii")
    exported = await asyncio.to_thread(shareflow, "audit", "export", case[0], "-o", packed, "--secret", secret)
    assert exported.code == 0, exported
    checked = await asyncio.to_thread(shareflow, "audit", "verify", packed, "--key", public, "--json")
    results = {each["check"]: each["result"] for each in json.loads(checked.out)}
    brought = {results.pop(check) for check in ("checkpoint", "timestamp")}
    assert (checked.code, brought, set(results.values())) == (0, {"skipped"}, {"ok"}), checked.out


async def test_a_device_may_sign_and_seal(case: tuple[str, str], shareflow: Run, tmp_path: Path) -> None:
    public, packed, device = tmp_path / "log.pub", tmp_path / "case.zip", device_in(tmp_path)
    public.write_text((await asyncio.to_thread(shareflow, "audit", "key", "--secret", device)).out, encoding="ascii")
    exported = await asyncio.to_thread(shareflow, "audit", "export", case[0], "-o", packed, "--secret", device)
    assert f"Sealed by {LOG_KEY.key.name}." in exported.out, exported
    checked = await asyncio.to_thread(shareflow, "audit", "verify", packed, "--key", public, "--json")
    results = {each["check"]: each["result"] for each in json.loads(checked.out)}
    assert (checked.code, results["log"], results["signature"], results["seal"]) == (0, "ok", "ok", "ok"), checked.out
    packed.unlink()
    device_in(tmp_path, b"\x02" * 32)
    for which in ((case[0], "-o", packed), ("--department", case[1], "-o", tmp_path / "folder")):
        told = await asyncio.to_thread(shareflow, "audit", "export", *which, "--secret", device)
        assert "wrote 64 bytes that are no signature by shareflow/test" in told.plainly_refused()
    assert not packed.exists()
    assert not [*(tmp_path / "folder").glob("*.zip")]


async def test_another_authority_cosigns_and_its_key_alone_will_do(
    case: tuple[str, str], shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness("audit.example", b"\x07" * 32, lambda: 1_800_000_000)
    secret, note, keys, packed = (tmp_path / name for name in ("log.key", "note", "witnesses", "case.zip"))
    secret.write_text(write_secret_key(LOG_KEY.key.name, b"\x01" * 32), encoding="ascii")
    slip = tmp_path / "log.kee"
    refused = await asyncio.to_thread(shareflow, "audit", "checkpoint", "--secret", slip)
    assert f"{slip} is not there: `shareflow audit key --secret" in refused.plainly_refused()
    assert not slip.exists(), "a key that is made by a slip would name the log for good"
    made = await asyncio.to_thread(shareflow, "audit", "checkpoint", "--secret", secret, "-o", note)
    assert made.code == 0, made
    note.write_text(read_note(note.read_text("utf-8")).signed(witness).written(), "utf-8")
    unknown = await asyncio.to_thread(shareflow, "audit", "cosign", note)
    assert "SHAREFLOW_WITNESSES is not set" in unknown.plainly_refused()
    monkeypatch.setenv("SHAREFLOW_WITNESSES", str(keys))
    keys.write_text(LOG_KEY.key.written(), encoding="ascii")
    wrong = await asyncio.to_thread(shareflow, "audit", "cosign", note)
    assert "is not one for cosignatures" in wrong.plainly_refused()
    keys.write_text(witness.key.written(), encoding="ascii")
    kept = await asyncio.to_thread(shareflow, "audit", "cosign", note)
    assert kept.out.endswith("entries has 1 cosignature.\n"), kept
    await asyncio.to_thread(shareflow, "audit", "export", case[0], "-o", packed)
    checked = await asyncio.to_thread(shareflow, "audit", "verify", packed, "--key", keys, "--json")
    results = {each["check"]: each["result"] for each in json.loads(checked.out)}
    assert (checked.code, results["log"], results["signature"]) == (0, "ok", "ok"), checked.out


async def test_no_dossier_goes_on_from_a_checkpoint_of_another_log_nor_is_sealed_by_it(
    case: tuple[str, str], shareflow: Run, tmp_path: Path
) -> None:
    secret, own, foreign, packed = (tmp_path / name for name in ("log.key", "own", "foreign", "case.zip"))
    secret.write_text(write_secret_key(LOG_KEY.key.name, b"\x01" * 32), encoding="ascii")
    await asyncio.to_thread(shareflow, "audit", "checkpoint", "--secret", secret, "-o", own)
    other = MemoryLog()
    for number in range(checkpoint_in(read_note(own.read_text("utf-8"))).size):
        foreign.write_text(other.checkpoint(), "utf-8")
        other.enter(str(number).encode())
    for size in (foreign.read_text("utf-8"), other.checkpoint()):  # of fewer entries, and of as many
        foreign.write_text(size, "utf-8")
        for which in ((case[0],), ("--department", case[1])):
            told = await asyncio.to_thread(shareflow, "audit", "export", *which, "-o", packed, "--checkpoint", foreign)
            said = "it is no checkpoint that this log has made: keep it, and ask how it came about."
            assert told.plainly_refused(2) == f"No dossier can go on from {foreign}: {said}"
            assert not packed.exists()
    secret.write_text(write_secret_key("shareflow/other", b"\x02" * 32), encoding="ascii")
    told = await asyncio.to_thread(shareflow, "audit", "export", case[0], "-o", packed, "--secret", secret)
    assert "and the key is that of shareflow/other" in told.plainly_refused(2), "a seal that would hold for nobody"
    assert not packed.exists()
    exported = await asyncio.to_thread(shareflow, "audit", "export", case[0], "-o", packed, "--checkpoint", own)
    assert exported.code == 0, exported


async def test_a_log_that_was_damaged_is_told_and_signs_nothing(
    case: tuple[str, str], ground: Sandbox, shareflow: Run, tmp_path: Path
) -> None:
    """The ledger remembers apart how far the log had come: here it has come less far than that."""

    async def said(*arguments: object) -> Said:
        return await asyncio.to_thread(shareflow, "audit", *arguments, "--secret", secret)

    def move(by: int) -> None:
        with ground.engine.begin() as connection:
            moved = "UPDATE outbox_marks SET position = position + :by WHERE mark = 'logged'"
            assert connection.execute(text(moved), {"by": by}).rowcount == 1

    secret, packed, folder = tmp_path / "log.key", tmp_path / "case.zip", tmp_path / "folder"
    secret.write_text(write_secret_key(LOG_KEY.key.name, b"\x01" * 32), encoding="ascii")
    assert (await said("checkpoint", "-o", tmp_path / "before")).code == 0
    move(1)
    try:
        for exported in (
            await said("export", case[0], "-o", packed),
            await said("export", "--department", case[1], "-o", folder),
        ):
            assert exported.code == 0, exported
            assert exported.err.startswith("Entries were taken out of the log: it has fewer than it had,"), exported
            assert len(exported.err.splitlines()) == 1, exported
        refused = await said("checkpoint", "-o", tmp_path / "after")
        assert refused.plainly_refused() == exported.err.strip()
        assert not (tmp_path / "after").exists()
    finally:
        move(-1)
    assert (await asyncio.to_thread(shareflow, "audit", "verify", packed, "--key", public_of(tmp_path))).code == 0


def public_of(folder: Path) -> Path:
    public = folder / "log.pub"
    public.write_text(LOG_KEY.key.written(), encoding="ascii")
    return public


async def test_a_case_is_given_away_without_those_who_acted(
    case: tuple[str, str], shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(*arguments: object) -> Said:
        told = await asyncio.to_thread(shareflow, *arguments)
        assert told.code == 0, told
        return told

    monkeypatch.setenv("LOGNAME", "李 officer-8")
    await said("request", "do", case[0], "refuse", "--by", "provider", "--with", '{"reason": "涉密"}')
    full, withheld = tmp_path / "full.zip", tmp_path / "withheld.zip"
    packed = json.loads((await said("audit", "export", case[0], "-o", full, "--json")).out)
    assert packed["withheld"] == []
    packed = json.loads((await said("audit", "export", case[0], "--without-persons", "-o", withheld, "--json")).out)
    assert (packed["withheld"], packed["papers"]) == (["persons"], 0)
    assert "Persons are withheld" in (await said("audit", "export", case[0], "--without-persons", "-o", withheld)).out
    for file in (full, withheld):
        results = {each["check"]: each for each in json.loads((await said("audit", "verify", file, "--json")).out)}
        assert {each["result"] for each in results.values()} <= {"ok", "skipped"}
        assert results["persons"]["result"] == results["ledger"]["result"] == "ok"
    for name in (FILED_BY, "李 officer-8"):
        assert name in everything_in(full.read_bytes())
        assert name not in everything_in(withheld.read_bytes())
    for given in (full, withheld):
        assert "what came after that is not recorded here" in (await said("audit", "replay", given)).out
        assert (await said("audit", "findings", given)).out == "Nothing was found.\n"
        assert (await said("audit", "log", "--format", "csv", "-o", tmp_path / f"{given.stem}.csv", given)).out
    assert (tmp_path / "full.csv").read_bytes() == (tmp_path / "withheld.csv").read_bytes()
    folder = tmp_path / "folder"
    made = json.loads(
        (await said("audit", "export", "--department", case[1], "--without-persons", "-o", folder, "--json")).out
    )
    assert (made["asked"]["withheld"], made["made"]) == ("persons", 1)
    [there] = folder.glob("*.zip")
    assert "officer-8" not in everything_in(there.read_bytes())


async def test_what_auditors_ask_of_a_ledger(
    case: tuple[str, str], ground: Sandbox, shareflow: Run, tmp_path: Path
) -> None:
    request_id, provider = case

    async def said(*arguments: object) -> Said:
        told = await asyncio.to_thread(shareflow, "audit", *arguments)
        assert told.code == 0, told
        return told

    async def listed(*options: str) -> list[str]:
        found: dict[str, Any] = json.loads((await said("replay", "--department", provider, *options, "--json")).out)
        assert found["next"] is None
        return [each["request_id"] for each in found["items"]]

    now = json.loads((await said("replay", request_id, "--json")).out)
    assert (now["stage"], now["waits_for"], now["known_now"]) == ("provider_answer", ["provider"], [])
    page = (await said("replay", request_id)).out
    assert request_id in page
    assert "Known until" not in page
    assert "Known until" in (await said("replay", request_id, "--at", "2099-01-01T00:00:00+08:00")).out
    filed = day_of(recorded_case(Reader(ground.engine), request_id).events[0].at)
    assert await listed() == await listed("--from", str(filed)) == [request_id]
    assert await listed("--to", str(filed - timedelta(days=1))) == await listed("--statute", "yima-2021") == []
    assert "乙局" in (await said("replay", "--department", provider)).out
    told = await said("findings", "--department", provider)
    assert (told.out, told.err) == ("Nothing was found.\n", "")
    mistyped = await said("findings", "--department", f"{provider}9")
    assert mistyped.err == "No case lies in that selection: look at the department, the days and the statute again.\n"
    for command in (("log", "-o", tmp_path / "none.json"), ("export", "-o", tmp_path / "none")):
        assert (await said(*command, "--statute", "nosuch")).err == mistyped.err
    assert (await said("findings", "--department", provider, "--json")).out == "[]\n"
    path = tmp_path / "log.json"
    assert (await said("log", "--department", provider, "-o", path)).out == f"1 case in {path}\n"
    assert {each["id"].partition("#")[0] for each in json.loads(path.read_text("utf-8"))["events"]} == {request_id}
    none = await asyncio.to_thread(shareflow, "audit", "replay", "ZHEJIANG-NONE")
    assert none.plainly_refused(1) == "There is no case ZHEJIANG-NONE."
